"""What multicast DNS comes to, one responder at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from dpf_edge.discovery import dns, links
from dpf_edge.discovery.job import Place
from dpf_edge.discovery.mdns import MOST_FOLLOWING_ONE, MOST_OF_ONE, SERVICES, Told

from .dns_messages import message

if TYPE_CHECKING:
    from dpf_edge.observed import Observation

LINKS = links.links([Place("eth0", 2, None, ("192.168.0.200/24", "fe80::200/64"))])
HOST = dns.name("reception.local")
PRINTER = (b"Reception", b"_ipp", b"_tcp", b"local")
CAST = (b"Chromecast-8f2a", b"_googlecast", b"_tcp", b"local")
NO_TYPES: frozenset[dns.Name] = frozenset()


def told(*answers: tuple[str, bytes]) -> Told:
    """What some answers came to, each with its source."""
    made = Told(LINKS)
    for source, data in answers:
        made.hear(data, source, 5353, "eth0", 1_767_225_600.0)
    return made


def only(made: Told) -> Observation:
    """The one observation that there is."""
    (seen,) = made.news()
    return seen


def test_a_printer_is_what_its_records_say() -> None:
    seen = only(
        told(
            (
                "192.168.0.9",
                message(
                    (PRINTER[1:], dns.PTR, PRINTER),
                    (PRINTER, dns.SRV, (631, HOST)),
                    (
                        PRINTER,
                        dns.TXT,
                        [
                            b"txtvers=1",
                            b"ty=LaserJet 400",
                            b"note=Hall",
                            b"UUID=4d696e69-444c-164e-9d41-001132400020",
                        ],
                    ),
                    (HOST, dns.A, "192.168.0.9"),
                    (HOST, dns.AAAA, "fe80::9"),
                ),
            )
        )
    )

    assert seen.addresses == ("192.168.0.9", "fe80::9")
    assert seen.names == ("reception.local", "Reception")
    assert seen.ids == ("uuid:4d696e69-444c-164e-9d41-001132400020",)
    assert seen.hints == ("mdns:_ipp._tcp",)
    assert seen.attributes == {"model": "LaserJet 400", "location": "Hall"}
    (service,) = seen.services
    assert (service.name, service.port, service.transport) == ("_ipp._tcp", 631, "tcp")
    assert service.details["note"] == "Hall"
    assert seen.told_by is None


def test_what_comes_in_two_answers_is_put_together_and_given_when_it_is_more() -> None:
    made = told(("192.168.0.9", message((PRINTER[1:], dns.PTR, PRINTER))))
    first = list(made.news())
    assert [each.names for each in first] == [()]
    assert list(made.news()) == []

    made.hear(
        message((PRINTER, dns.SRV, (631, HOST)), (HOST, dns.A, "192.168.0.9")),
        "192.168.0.9",
        5353,
        "eth0",
        1_767_225_601.0,
    )

    assert only(made).names == ("reception.local", "Reception")


def test_a_service_whose_host_is_not_known_is_not_the_responders() -> None:
    # A router that reflects between networks would become a printer.
    data = message((PRINTER[1:], dns.PTR, PRINTER), (SERVICES, dns.PTR, PRINTER[1:]))

    seen = only(told(("192.168.0.1", data)))

    assert (seen.names, seen.hints, seen.services) == ((), (), ())


def test_two_responders_of_one_name_stay_two() -> None:
    made = told(
        *((f"192.168.0.{n}", message((HOST, dns.A, f"192.168.0.{n}"))) for n in (7, 8)),
    )

    assert [each.addresses for each in made.news()] == [("192.168.0.7",), ("192.168.0.8",)]


def test_who_speaks_for_others_is_not_taken_for_them() -> None:
    other = dns.name("asleep.local")
    seen = list(
        told(
            (
                "192.168.0.5",
                message(
                    (dns.name("proxy.local"), dns.A, "192.168.0.5"),
                    (CAST, dns.SRV, (8009, other)),
                    (other, dns.A, "192.168.0.6"),
                ),
            )
        ).news()
    )

    assert [(each.addresses, each.told_by) for each in seen] == [
        (("192.168.0.5",), None),
        (("192.168.0.6",), "192.168.0.5"),
    ]
    assert [len(each.services) for each in seen] == [0, 1]
    assert seen[1].confidence < seen[0].confidence


def test_a_reflector_tells_of_hosts_on_networks_that_are_not_ours() -> None:
    seen = list(told(("192.168.0.1", message((HOST, dns.A, "10.9.9.9")))).news())

    assert [(each.addresses, each.told_by) for each in seen] == [
        (("192.168.0.1",), None),
        (("10.9.9.9",), "192.168.0.1"),
    ]


def test_an_address_that_thousands_have_is_told_and_not_believed() -> None:
    data = message((HOST, dns.A, "192.168.0.9"), (HOST, dns.A, "172.17.0.1"))

    seen = only(told(("192.168.0.9", data)))

    assert seen.addresses == ("192.168.0.9",)
    assert seen.attributes == {"other_addresses": ["172.17.0.1"]}


@pytest.mark.parametrize("address", ["127.0.0.1", "0.0.0.0", "224.0.0.251", "::1", "ff02::fb"])  # noqa: S104
def test_an_address_that_is_no_stations_is_nobodys(address: str) -> None:
    kind = dns.AAAA if ":" in address else dns.A
    data = message((HOST, dns.A, "192.168.0.9"), (HOST, kind, address))

    seen = only(told(("192.168.0.9", data)))

    assert seen.addresses == ("192.168.0.9",)
    assert "other_addresses" not in seen.attributes


@pytest.mark.parametrize(
    ("source", "port"), [("192.168.0.9", 5354), ("203.0.113.7", 5353), ("127.0.0.1", 5353)]
)
def test_an_answer_from_elsewhere_is_none(source: str, port: int) -> None:
    made = Told(LINKS)

    assert made.hear(message((HOST, dns.A, "192.168.0.9")), source, port, "eth0", 0.0) is None
    assert list(made.news()) == []


@pytest.mark.parametrize("flags", [0x0000, 0x8403, 0xA400])
def test_questions_and_errors_are_no_answers(flags: int) -> None:
    data = message((HOST, dns.A, "192.168.0.9"), flags=flags)

    assert list(told(("192.168.0.9", data)).news()) == []


def test_a_record_that_says_good_bye_is_not_kept() -> None:
    data = message((PRINTER[1:], dns.PTR, PRINTER), ttl=0)

    made = told(("192.168.0.9", data))

    assert made.following(NO_TYPES) == [(dns.reverse("192.168.0.9"), dns.PTR)]


def test_what_is_left_open_is_asked_for_and_twice_at_most() -> None:
    other = dns.name("_scanner._tcp.local")
    made = told(
        (
            "192.168.0.9",
            message(
                (SERVICES, dns.PTR, other), (CAST[1:], dns.PTR, CAST), (PRINTER, dns.SRV, (1, HOST))
            ),
        )
    )

    wanted = made.following(NO_TYPES)

    assert set(wanted) == {
        (other, dns.PTR),
        (CAST, dns.SRV),
        (CAST, dns.TXT),
        (PRINTER, dns.TXT),
        (HOST, dns.A),
        (HOST, dns.AAAA),
    }
    assert set(made.following(NO_TYPES)) == set(wanted)
    assert made.following(NO_TYPES) == []


def test_who_says_no_name_is_asked_for_the_name_of_his_address() -> None:
    made = told(("192.168.0.9", message((SERVICES, dns.PTR, dns.name("_ipp._tcp.local")))))

    assert (dns.reverse("192.168.0.9"), dns.PTR) in made.following(NO_TYPES)

    made.hear(
        message((dns.reverse("192.168.0.9"), dns.PTR, HOST)), "192.168.0.9", 5353, "eth0", 1.0
    )
    assert only(made).names == ("reception.local",)


def test_what_is_known_is_named_so_that_nobody_tells_it_again() -> None:
    made = told(("192.168.0.9", message((PRINTER[1:], dns.PTR, PRINTER))))

    assert list(made.known()) == [(PRINTER[1:], PRINTER)]


def test_a_flood_from_one_source_is_cut_and_costs_the_others_nothing() -> None:
    flood = [
        message(
            *[
                ((b"x%d-%d" % (n, m), b"_ipp", b"_tcp", b"local"), dns.SRV, (1, HOST))
                for m in range(400)
            ]
        )
        for n in range(20)
    ]
    made = told(
        *[("192.168.0.66", each) for each in flood],
        ("192.168.0.9", message((dns.name("honest.local"), dns.A, "192.168.0.9"))),
    )

    seen = {each.addresses[0]: each for each in made.news() if each.told_by is None}

    assert seen["192.168.0.9"].names == ("honest.local",)
    assert len(seen["192.168.0.66"].services) <= 64
    assert len(made.following(NO_TYPES)) == MOST_FOLLOWING_ONE
    responder = made.hear(flood[0], "192.168.0.66", 5353, "eth0", 2.0)
    assert responder is not None
    assert responder.kept <= MOST_OF_ONE


def test_a_flood_of_open_questions_leaves_room_for_the_others() -> None:
    flood = message(
        *[((b"_ipp", b"_tcp", b"local"), dns.PTR, (b"x%d" % n, *PRINTER[1:])) for n in range(400)]
    )
    honest = message((PRINTER[1:], dns.PTR, PRINTER))

    made = told(("192.168.0.66", flood), ("192.168.0.9", honest))

    assert {(PRINTER, dns.SRV), (PRINTER, dns.TXT)} <= set(made.following(NO_TYPES))


def test_names_lose_what_steers_a_reader() -> None:
    nasty = (b"\x1b]0;owned\x07pri\xe2\x80\xaente\xffr", b"_ipp", b"_tcp", b"local")
    data = message((nasty, dns.SRV, (631, HOST)), (nasty, dns.TXT, [b"ty=<b>=\x00\x1b[2J"]))

    seen = only(told(("192.168.0.9", data)))

    assert seen.names == ("reception.local", "printe\ufffdr")
    assert seen.attributes["model"] == "<b>="


@pytest.mark.parametrize(
    ("service", "label", "texts", "names", "attributes"),
    [
        (
            b"_googlecast",
            b"Chromecast-8f2a",
            [b"fn=Living room", b"md=Chromecast Ultra"],
            ("Living room",),
            {"model": "Chromecast Ultra"},
        ),
        (b"_raop", b"5CAAFD400014@Kitchen", [b"am=One"], ("Kitchen",), {"model": "One"}),
        (
            b"_airplay",
            b"Bedroom",
            [b"deviceid=5C:AA:FD:40:00:14", b"model=AppleTV6,2", b"osvers=17.1"],
            ("Bedroom",),
            {"model": "AppleTV6,2", "os": "17.1", "mac": "5C:AA:FD:40:00:14"},
        ),
        (b"_device-info", b"imac", [b"model=iMac21,1"], ("imac",), {"model": "iMac21,1"}),
        (b"_http", b"Web interface of it", [b"path=/"], (), {}),
        (b"_hap", b"Lamp", [b"md=Hue", b"ID=AA:BB:CC:DD:EE:FF"], ("Lamp",), {"model": "Hue"}),
    ],
)
def test_services_tell_names_and_models_each_in_its_own_way(
    service: bytes,
    label: bytes,
    texts: list[bytes],
    names: tuple[str, ...],
    attributes: dict[str, str],
) -> None:
    instance = (label, service, b"_tcp", b"local")
    data = message((instance, dns.SRV, (1, HOST)), (instance, dns.TXT, texts))

    seen = only(told(("192.168.0.9", data)))

    assert seen.names == ("reception.local", *names)
    assert seen.attributes == attributes


def test_a_nas_that_shows_itself_as_a_mac_is_of_its_own_model() -> None:
    info = (b"nas", b"_device-info", b"_tcp", b"local")
    files = (b"nas", b"_smb", b"_tcp", b"local")
    web = (b"Office NAS", b"_http", b"_tcp", b"local")
    data = message(
        (info, dns.TXT, [b"model=RackMac"]),
        (files, dns.SRV, (445, HOST)),
        (web, dns.SRV, (5000, HOST)),
        (web, dns.TXT, [b"vendor=Synology", b"model=DS220+"]),
    )

    assert only(told(("192.168.0.9", data))).attributes == {"model": "DS220+", "maker": "Synology"}
