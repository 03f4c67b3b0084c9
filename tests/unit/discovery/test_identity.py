"""Which observations are of one device, and what it is then said to be."""

from __future__ import annotations

import pytest

from dpf_edge.discovery.identity.merging import condensed, merge
from dpf_edge.observed import Observation, Service, Source
from tests.unit.discovery.seen import (
    AT,
    LAMP,
    NAS,
    OTHER,
    PHONE,
    ROUTER,
    SERVER,
    itself,
    one,
    saw,
    shown,
)

# -- one device -------------------------------------------------------------------------------


def test_two_addresses_behind_one_mac_are_one_device() -> None:
    device = one(saw("arp", "192.168.0.10", NAS), saw("arp", "192.168.0.11", NAS))

    assert device.addresses == ("192.168.0.10", "192.168.0.11")
    assert device.macs == (NAS,)
    assert device.key == f"mac:{NAS}"


def test_two_cards_that_show_one_identifier_are_one_device() -> None:
    device = one(
        saw("arp", "192.168.0.12", SERVER),
        saw("arp", "192.168.0.13", OTHER),
        saw("wsd", "192.168.0.12", ids=("uuid:AB-1",)),
        saw("wsd", "192.168.0.13", ids=("uuid:ab-1",)),
    )

    assert device.addresses == ("192.168.0.12", "192.168.0.13")
    assert set(device.macs) == {SERVER, OTHER}
    assert device.ids == ("uuid:ab-1",)


def test_two_cards_of_which_the_agent_itself_tells_are_one_device() -> None:
    told = Observation(
        "snmp",
        AT,
        0.9,
        addresses=("192.168.0.12", "192.168.0.13"),
        macs=(SERVER, OTHER),
    )

    assert shown(saw("arp", "192.168.0.12", SERVER), saw("arp", "192.168.0.13", OTHER), told) == [
        ("192.168.0.12", "192.168.0.13")
    ]


def test_a_switch_with_a_mac_on_each_port_keeps_its_identifier() -> None:
    ports = tuple(f"9c:3d:cf:40:00:{number:02x}" for number in range(24))
    told = Observation(
        "snmp",
        AT,
        0.9,
        addresses=("192.168.0.2",),
        macs=ports,
        ids=("snmp-engine:80001f88039c3dcf400000",),
    )

    assert one(saw("arp", "192.168.0.2", ports[0]), told).ids == told.ids


def test_two_cards_of_one_host_that_each_answers_for_both_addresses_are_one_device() -> None:
    answers = [
        saw("arp", address, mac)
        for address in ("192.168.0.12", "192.168.0.13")
        for mac in (SERVER, OTHER)
    ]

    assert shown(*answers) == [("192.168.0.12", "192.168.0.13")]


def test_two_cards_are_one_device_where_one_says_so_and_both_give_one_name() -> None:
    cards = [saw("arp", "192.168.0.12", SERVER), saw("arp", "192.168.0.13", OTHER)]
    says_so = saw("mdns", names=("srv.local",), addresses=("192.168.0.12", "192.168.0.13"))
    also = saw("netbios", "192.168.0.13", names=("SRV",))

    assert shown(*cards, says_so, also) == [("192.168.0.12", "192.168.0.13")]
    assert len(shown(*cards, says_so)) == 2


def test_an_address_that_was_made_of_a_mac_is_that_mac_s() -> None:
    device = one(
        saw("arp", "192.168.0.10", NAS),
        saw("mdns", "fe80::211:32ff:fe40:10", names=("nas.local",), interface="eth0"),
    )

    assert device.addresses == ("192.168.0.10", "fe80::211:32ff:fe40:10")


def test_a_device_s_further_addresses_lead_to_more_of_its_words() -> None:
    device = one(
        saw("arp", "192.168.0.10", NAS),
        saw("mdns", names=("nas.local",), addresses=("192.168.0.10", "fd00::10")),
        saw("tcp", "fd00::10", services=(Service("ssh", 22),)),
    )

    assert device.addresses == ("192.168.0.10", "fd00::10")
    assert [each.port for each in device.services] == [22]


def test_the_machine_that_looks_is_one_device_with_all_its_cards() -> None:
    device = one(
        itself(),
        saw("host", "10.9.0.2", "a0:36:9f:40:00:c9", is_self=True),
        saw("snmp", "192.168.0.200", "a0:36:9f:40:00:c8", told_by="192.168.0.1"),
        saw("mdns", "192.168.0.200", names=("edge-1.local",)),
    )

    assert device.self
    assert device.addresses == ("10.9.0.2", "192.168.0.200")


def test_an_ipv4_and_an_ipv6_address_without_macs_that_alone_have_one_name_are_one() -> None:
    assert shown(
        saw("mdns", "10.7.0.5", names=("till.local",)),
        saw("mdns", "fd07::5", names=("till.local",)),
    ) == [("10.7.0.5", "fd07::5")]


def test_an_address_without_a_name_is_whose_other_family_says_that_it_is_its_own() -> None:
    till = saw("mdns", names=("till.local",), addresses=("fd07::5", "10.7.0.5"))

    assert shown(till, saw("icmp", "10.7.0.5")) == [("10.7.0.5", "fd07::5")]


def test_two_words_of_one_name_that_both_tell_of_one_address_are_one_device() -> None:
    assert shown(
        saw("mdns", names=("till.local",), addresses=("10.7.0.5", "fd07::9")),
        saw("llmnr", names=("till",), addresses=("fe80::5:6:7:8", "fd07::9")),
    ) == [("10.7.0.5", "fd07::9", "fe80::5:6:7:8")]


def test_an_ipv4_address_in_ipv6_s_clothes_is_that_address() -> None:
    assert shown(saw("arp", "10.0.0.1", NAS), saw("tcp", "::ffff:10.0.0.1")) == [("10.0.0.1",)]


def test_a_name_alone_is_the_only_device_s_of_that_name() -> None:
    device = one(saw("mdns", "10.7.0.5", names=("till.local",)), saw("ssdp", names=("TILL",)))

    assert device.addresses == ("10.7.0.5",)


# -- two devices ------------------------------------------------------------------------------


def test_two_devices_with_one_name_are_two() -> None:
    assert shown(
        saw("arp", "192.168.0.71", LAMP),
        saw("arp", "192.168.0.72", OTHER),
        saw("mdns", "192.168.0.71", names=("lamp",)),
        saw("mdns", "192.168.0.72", names=("lamp",)),
    ) == [("192.168.0.71",), ("192.168.0.72",)]


def test_one_name_at_two_ipv4_addresses_without_macs_is_two_devices() -> None:
    assert (
        len(shown(saw("ptr", "10.7.0.5", names=("a",)), saw("ptr", "10.7.0.6", names=("a",)))) == 2
    )


def test_an_ipv4_and_an_ipv6_address_of_two_macs_are_two_whatever_they_are_called() -> None:
    assert shown(
        saw("arp", "192.168.0.71", LAMP),
        saw("ndp", "fd00::72", OTHER),
        saw("mdns", "192.168.0.71", names=("lamp",)),
        saw("mdns", "fd00::72", names=("lamp",)),
    ) == [("192.168.0.71",), ("fd00::72",)]


def test_two_that_answer_at_one_address_both_keep_it() -> None:
    devices = merge([saw("arp", "192.168.0.60", OTHER), saw("arp", "192.168.0.60", LAMP)])

    assert [device.addresses for device in devices] == [("192.168.0.60",)] * 2
    assert {device.macs[0] for device in devices} == {OTHER, LAMP}


def test_what_is_seen_at_a_disputed_address_is_nobody_s_and_no_third_device() -> None:
    devices = merge(
        [
            saw("arp", "192.168.0.60", OTHER),
            saw("arp", "192.168.0.60", LAMP),
            saw("tcp", "192.168.0.60", services=(Service("ssh", 22),)),
            saw("wsd", "192.168.0.60", ids=("uuid:1",)),
        ]
    )

    assert [(device.services, device.ids) for device in devices] == [((), ())] * 2


def test_what_is_seen_at_a_disputed_address_is_whose_the_kernel_sends_to() -> None:
    devices = merge(
        [
            saw("arp", "192.168.0.60", OTHER),
            saw("arp", "192.168.0.60", LAMP),
            saw("neighbours", "192.168.0.60", LAMP),
            saw("tcp", "192.168.0.60", services=(Service("ssh", 22),)),
        ]
    )

    assert [device.macs[0] for device in devices if device.services] == [LAMP]


def test_an_old_entry_of_a_table_disputes_nothing_with_who_answers_now() -> None:
    devices = merge(
        [
            saw("neighbours", "192.168.0.60", OTHER),
            saw("snmp", "192.168.0.60", SERVER, told_by="192.168.0.1"),
            saw("arp", "192.168.0.60", LAMP),
        ]
    )

    assert {device.macs: device.addresses for device in devices} == {
        (LAMP,): ("192.168.0.60",),
        (OTHER,): (),
        (SERVER,): (),
    }


def test_clones_of_one_image_are_as_many_devices_as_call_themselves_differently() -> None:
    seen = [
        each
        for number, mac in ((5, SERVER), (6, OTHER))
        for each in (
            saw("arp", f"192.168.0.{number}", mac),
            saw("snmp", f"192.168.0.{number}", ids=("snmp-engine:8000",), names=(f"pi-{number}",)),
        )
    ]

    assert [device.ids for device in merge(seen)] == [(), ()]


def test_an_identifier_that_a_whole_series_was_made_with_is_nobody_s() -> None:
    series = [
        saw("arp", f"192.168.0.{number}", f"24:0a:c4:40:00:{number:02x}", ids=("uuid:38-1",))
        for number in range(20)
    ]

    assert [device.ids for device in merge(series)] == [()] * 20


def test_an_identifier_of_zeros_is_nobody_s() -> None:
    nothing = "uuid:00000000-0000-0000-0000-000000000000"

    devices = merge(
        [
            saw("arp", "192.168.0.5", SERVER, ids=(nothing,)),
            saw("arp", "192.168.0.6", OTHER, ids=(nothing,)),
        ]
    )

    assert [device.ids for device in devices] == [(), ()]


def test_two_hosts_that_both_tell_of_their_docker_bridge_are_two() -> None:
    seen = [
        saw("mdns", names=(f"{name}.local",), addresses=(address, "172.17.0.1"))
        for name, address in (("one", "192.168.0.5"), ("two", "192.168.0.6"))
    ]

    assert len(merge(seen)) == 2


def test_a_link_local_address_that_people_type_is_another_on_each_link() -> None:
    assert (
        len(
            merge(
                [
                    saw("ndp", "fe80::1", ROUTER, interface="eth0"),
                    saw("icmp", "fe80::1", interface="eth1"),
                ]
            )
        )
        == 2
    )


# -- MACs that are not one device's -----------------------------------------------------------


def test_a_router_that_answers_for_everybody_is_one_device_and_nobody_is_made_up() -> None:
    answers = [saw("arp", f"192.168.0.{number}", ROUTER) for number in range(1, 101)]
    seen = [
        *answers,
        saw("routes", "192.168.0.1", roles=("gateway",)),
        saw("icmp", "192.168.0.50"),
        saw("ptr", "192.168.0.60", names=("till",)),
    ]

    devices = {device.addresses: device for device in merge(seen)}

    assert set(devices) == {("192.168.0.1",), ("192.168.0.50",), ("192.168.0.60",)}
    router = devices["192.168.0.1",]
    assert router.macs == (ROUTER,)
    assert router.attributes["answers_for"] == "99: 192.168.0.2-192.168.0.100"
    assert devices["192.168.0.60",].macs == ()


def test_a_service_that_a_stand_in_shows_is_of_who_stands_behind_it() -> None:
    answers = [saw("arp", f"192.168.0.{number}", ROUTER) for number in range(1, 101)]
    seen = saw("heard", "192.168.0.7", ROUTER, names=("phone",))

    (behind,) = [device for device in merge([*answers, seen]) if device.names]

    assert behind.addresses == ("192.168.0.7",)
    assert behind.attributes == {"behind": ROUTER}


def test_stations_behind_a_repeater_that_give_their_own_names_are_themselves() -> None:
    devices = merge(
        [
            saw("arp", "192.168.0.2", ROUTER),
            saw("arp", "192.168.0.3", ROUTER),
            saw("arp", "192.168.0.4", ROUTER),
            saw("mdns", "192.168.0.3", names=("anna.local",)),
            saw("mdns", "192.168.0.4", names=("ben.local",)),
        ]
    )

    assert [(device.addresses, device.macs) for device in devices] == [
        (("192.168.0.2",), (ROUTER,)),
        (("192.168.0.3",), ()),
        (("192.168.0.4",), ()),
    ]


def test_an_engine_s_own_stack_that_answers_for_everybody_is_one_device() -> None:
    stack = "52:55:0a:00:02:02"

    devices = merge(
        [
            saw("arp", "10.0.2.2", stack),
            saw("arp", "10.0.2.3", stack),
            saw("routes", "10.0.2.2", roles=("gateway",)),
        ]
    )

    assert [(device.addresses, device.macs) for device in devices] == [(("10.0.2.2",), (stack,))]


def test_a_proxy_for_ipv6_is_told_from_a_host_with_a_few_temporary_addresses() -> None:
    def seen(count: int) -> list[Observation]:
        return [saw("ndp", f"fd00::{number:x}", ROUTER) for number in range(1, count + 1)]

    assert len(one(*seen(16)).addresses) == 16
    assert one(*seen(100)).attributes == {"answers_for": "100: fd00::1-fd00::64"}


def test_what_another_calls_two_addresses_of_one_mac_does_not_part_them() -> None:
    assert shown(
        saw("arp", "192.168.0.10", NAS),
        saw("arp", "192.168.0.11", NAS),
        saw("snmp", "192.168.0.10", names=("nas",), told_by="192.168.0.2"),
        saw("snmp", "192.168.0.11", names=("backup",), told_by="192.168.0.2"),
    ) == [("192.168.0.10", "192.168.0.11")]


def test_a_virtual_router_is_a_device_by_itself_and_joins_no_two() -> None:
    vrrp = "00:00:5e:00:01:01"

    devices = merge(
        [
            saw("arp", "192.168.0.1", vrrp),
            saw("arp", "192.168.0.2", ROUTER),
            saw("snmp", addresses=("192.168.0.2", "192.168.0.1"), macs=(ROUTER,)),
            saw("snmp", "192.168.9.1", vrrp, told_by="192.168.0.2"),
        ]
    )

    assert [(device.key, device.addresses) for device in devices] == [
        (f"mac:{vrrp}@192.168.0.1", ("192.168.0.1",)),
        (f"mac:{ROUTER}", ("192.168.0.2",)),
        (f"mac:{vrrp}@192.168.9.1", ("192.168.9.1",)),
    ]
    assert devices[0].attributes["virtual_router"] == "VRRP"


def test_a_mac_that_a_phone_drew_is_known_as_such() -> None:
    assert one(saw("arp", "192.168.0.50", PHONE)).private_mac
    assert not one(saw("arp", "192.168.0.50", NAS)).private_mac
    assert not one(saw("arp", "192.168.0.50", "52:54:00:12:34:56")).private_mac


@pytest.mark.parametrize("mac", ["01:00:5e:00:00:fb", "ff:ff:ff:ff:ff:ff", "00:00:00:00:00:00"])
def test_a_mac_that_is_no_station_s_is_no_device_s(mac: str) -> None:
    assert one(saw("arp", "192.168.0.50", mac)).macs == ()


# -- liars ------------------------------------------------------------------------------------


def test_who_says_that_everybody_s_addresses_are_its_own_takes_none() -> None:
    honest = [
        saw("arp", f"192.168.0.{number}", f"00:11:32:00:00:{number:02x}") for number in range(1, 40)
    ]
    words = [saw("icmp", f"192.168.0.{number}") for number in range(1, 40)]
    liar = saw(
        "mdns",
        names=("evil.local",),
        addresses=("192.168.0.66", *(f"192.168.0.{number}" for number in range(1, 40))),
    )

    devices = merge([*honest, *words, saw("arp", "192.168.0.66", OTHER), liar])

    assert len(devices) == 40
    (found,) = [device for device in devices if device.names]
    assert (found.addresses, found.macs) == (("192.168.0.66",), (OTHER,))


def test_who_claims_the_addresses_of_two_others_without_names_takes_neither() -> None:
    liar = saw("mdns", names=("evil.local",), addresses=("fd07::66", "10.7.0.1", "10.7.0.2"))

    assert shown(liar, saw("icmp", "10.7.0.1"), saw("icmp", "10.7.0.2")) == [
        ("10.7.0.1",),
        ("10.7.0.2",),
        ("fd07::66",),
    ]


def test_a_thousand_names_are_no_more_than_a_device_may_have() -> None:
    seen = [saw("mdns", "192.168.0.66", OTHER, names=(f"n{number}",)) for number in range(1000)]

    device = one(*seen)

    assert len(device.names) == 32
    assert len(device.sources["names"]) == 64


# -- what is said of a device -----------------------------------------------------------------


def test_every_value_says_who_saw_it_when_and_how_sure() -> None:
    early, late = "2026-01-02T03:04:05.000Z", "2026-01-02T03:09:05.000Z"

    device = one(
        saw("ssdp", "192.168.0.10", attributes={"model": "DS220+"}, seen_at=early, confidence=0.9),
        saw("ssdp", "192.168.0.10", attributes={"model": "DS220+"}, seen_at=late, confidence=0.5),
        saw("ptr", "192.168.0.10", attributes={"model": "DS"}, seen_at=late),
    )

    assert device.attributes == {"model": "DS220+"}
    assert device.sources["model"] == (
        Source("ssdp", late, 0.9, "DS220+"),
        Source("ptr", late, 0.6, "DS"),
    )


def test_of_values_as_sure_as_each_other_the_later_hour_s_counts() -> None:
    device = one(
        saw("mdns", "10.0.0.1", attributes={"os": "new"}, seen_at="2026-01-02T04:00:00.000Z"),
        saw("ssdp", "10.0.0.1", attributes={"os": "old"}, seen_at="2026-01-02T03:00:00.000Z"),
    )

    assert device.attributes == {"os": "new"}


def test_who_answered_last_within_a_sweep_names_nobody() -> None:
    def names(first: str, second: str) -> tuple[str, ...]:
        return one(
            saw("mdns", "10.0.0.1", names=("b", "a"), seen_at=first),
            saw("netbios", "10.0.0.1", names=("c",), seen_at=second),
        ).names

    early, late = "2026-01-02T03:04:05.000Z", "2026-01-02T03:04:06.000Z"
    assert names(early, late) == names(late, early) == ("b", "c", "a")


def test_a_service_whose_port_was_not_told_is_the_one_whose_port_was() -> None:
    device = one(
        saw("mdns", "10.0.0.1", services=(Service("_smb._tcp"), Service("_device-info._tcp"))),
        saw("mdns", "10.0.0.1", services=(Service("_smb._tcp", 445),)),
    )

    assert device.services == (Service("_smb._tcp", 445), Service("_device-info._tcp"))


def test_one_service_is_told_once_whoever_tells_of_it() -> None:
    device = one(
        saw("mdns", "10.0.0.1", services=(Service("_ssh._tcp", 22, details={"u": "pi"}),)),
        saw("tcp", "10.0.0.1", services=(Service("ssh", 22, product="OpenSSH_9.2p1"),)),
        saw(
            "mdns", "10.0.0.1", services=(Service("_ipp._tcp", 631), Service("_printer._tcp", 631))
        ),
    )

    assert device.services == (
        Service("ssh", 22, product="OpenSSH_9.2p1", details={"u": "pi"}),
        Service("_ipp._tcp", 631),
        Service("_printer._tcp", 631),
    )


def test_a_network_is_no_device() -> None:
    assert merge([saw("routes", network="192.168.0.0/24", interface="eth0")]) == ()


def test_what_says_nothing_of_what_it_is_of_is_no_device() -> None:
    assert merge([saw("mdns", hints=("mdns:_ipp._tcp",)), saw("arp", "224.0.0.251")]) == ()


# -- what is kept -----------------------------------------------------------------------------


def test_what_is_heard_for_hours_is_kept_once() -> None:
    heard = [
        saw("heard", "192.168.0.10", NAS, seen_at=f"2026-01-02T{hour:02}:00:00.000Z")
        for hour in range(24)
    ]

    (kept,) = condensed(heard)

    assert kept.seen_at == "2026-01-02T23:00:00.000Z"
