"""What a sweep makes of a machine's tables, in the contract's own taxonomy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from dpf_edge.discovery.collectors import collector
from dpf_edge.discovery.items import Link, Seen, Thing, merged
from dpf_edge.level import Level
from dpf_edge.model import Address, Answer, Interface, Neighbour, Route
from dpf_edge.node import sweeps
from dpf_edge.observed import Status
from tests.node.running import BLIND, SEES, UNSURE, machine
from tests.unit.node.machines import (
    BRIDGE,
    CARD,
    DEFAULT,
    GATEWAY,
    LISTENING,
    LOOPBACK,
    OWN,
    captured,
    renamed,
    seen_from,
    sight,
    swept,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dpf_edge.discovery.job import Job
    from dpf_edge.host.net import Net
    from dpf_edge.node.sweeps import Sweep
    from dpf_edge.observed import Observation

HOST = OWN.key


def keys(found: Sweep) -> list[str]:
    return [thing.key for thing in found.seen.things]


def thing(found: Sweep, key: str) -> Thing:
    return next(each for each in found.seen.things if each.key == key)


def links(found: Sweep) -> set[tuple[str, str, str]]:
    return {link[:3] for link in found.seen.links}


def test_the_host_is_said_as_published() -> None:
    host = thing(swept(), HOST)

    assert ("host", "warehouse-2", 1.0) == (host.kind, host.name, host.confidence)
    told = host.attributes
    assert {
        "hostname": "warehouse-2",
        "platform": "linux",
        "release": "6.8.0-45",
        "arch": "x86_64",
        "cpuCount": 4,
        "totalmemBytes": 8 << 30,
        "os": "Debian GNU/Linux 12",
        "hostFingerprint": "f" * 64,
    }.items() <= told.items()
    card = next(each for each in told["networkInterfaces"] if each["name"] == "enp3s0")
    assert {"name", "mac", "mtu", "up", "kind", "internal", "addresses"} == card.keys()
    assert {
        "family": "IPv4",
        "address": "192.168.50.7",
        "cidr": "192.168.50.7/24",
        "internal": False,
    } in card["addresses"]
    assert {"IPv4", "IPv6"} == {each["family"] for each in card["addresses"]}
    assert told["networkInterfaces"][-1]["internal"]


def test_a_neighbour_is_said_as_published() -> None:
    found = thing(swept(), "arp:192.168.50.1")

    assert ("host", "Ubiquiti 192.168.50.1", 0.7) == (found.kind, found.name, found.confidence)
    assert {
        "address": "192.168.50.1",
        "mac": "24:5a:4c:00:00:01",
        "vendor": "Ubiquiti Inc",
        "vendorOui": "245A4C",
        "vendorShort": "Ubiquiti",
        "iface": "enp3s0",
        "osiLayer": 3,
        "osiLayerName": "network",
        "protocolFamily": "ipv4",
        "discoveredVia": "arp_table",
        "isGateway": True,
    }.items() <= found.attributes.items()


def test_networks_and_who_is_on_them() -> None:
    found = swept()

    assert [
        "arp:192.168.50.1",
        HOST,
        "subnet:192.168.50.0/24",
        "subnet:fd00:50::/64",
    ] == keys(found)
    assert {
        (HOST, "subnet:192.168.50.0/24", "MEMBER_OF"),
        (HOST, "subnet:fd00:50::/64", "MEMBER_OF"),
        ("arp:192.168.50.1", "subnet:192.168.50.0/24", "MEMBER_OF"),
        (HOST, "arp:192.168.50.1", "ROUTES_THROUGH"),
    } == links(found)


def test_ipv6_neighbours_are_seen_and_one_station_is_one() -> None:
    """W29: no published node looks at the IPv6 table."""
    mac = "24:5a:4c:00:00:09"
    found = swept(
        captured(
            [
                GATEWAY,
                Neighbour("192.168.50.9", mac, "enp3s0", "stale"),
                Neighbour("fd00:50::9", mac, "enp3s0", "stale"),
                Neighbour("fe80::9", mac, "enp3s0", "reachable"),
            ]
        )
    )

    assert {"ndp:fd00:50::9", "ndp:fe80::9%enp3s0", "arp:192.168.50.9"} <= set(keys(found))
    assert {
        ("ndp:fd00:50::9", "arp:192.168.50.9", "SAME_AS"),
        ("ndp:fe80::9%enp3s0", "arp:192.168.50.9", "SAME_AS"),
    } == {link for link in links(found) if link[2] == "SAME_AS"}
    attributes = thing(found, "ndp:fe80::9%enp3s0").attributes
    assert ("ndp_table", "ipv6") == (attributes["discoveredVia"], attributes["protocolFamily"])


def test_a_router_that_answers_for_many_makes_them_not_one() -> None:
    """Proxy ARP: one MAC, more IPv4 addresses than a station has; of none of them is more known."""
    mac = "24:5a:4c:00:00:01"
    found = swept(
        captured(
            [
                *(Neighbour(f"192.168.50.{n}", mac, "enp3s0", "reachable") for n in range(1, 20)),
                Neighbour("fe80::1", mac, "enp3s0", "reachable"),
            ]
        )
    )

    assert set() == {link for link in links(found) if link[2] == "SAME_AS"}
    router = thing(found, "arp:192.168.50.1").attributes
    assert "19: 192.168.50.2-192.168.50.19, fe80::1" == router["answers_for"]
    assert "arp:192.168.50.2" not in keys(found)


def test_a_drawn_mac_is_marked() -> None:
    """W29: a phone's address of today is no maker's."""
    found = swept(
        captured([GATEWAY, Neighbour("192.168.50.8", "da:a1:19:00:00:08", "enp3s0", "stale")])
    )

    assert True is thing(found, "arp:192.168.50.8").attributes["macLocallyAdministered"]
    assert "macLocallyAdministered" not in thing(found, "arp:192.168.50.1").attributes


NOBODY = [
    Neighbour("192.168.50.20", None, "enp3s0", "incomplete"),
    Neighbour("192.168.50.21", "24:5a:4c:00:00:21", "enp3s0", "failed"),
    Neighbour("192.168.50.22", "00:00:00:00:00:00", "enp3s0", "stale"),
    Neighbour("192.168.50.255", "ff:ff:ff:ff:ff:ff", "enp3s0", "permanent"),
    Neighbour("224.0.0.251", "01:00:5e:00:00:fb", "enp3s0", "permanent"),
    Neighbour("ff02::fb", "33:33:00:00:00:fb", "enp3s0", "permanent"),
    Neighbour("169.254.7.7", "24:5a:4c:00:00:22", "enp3s0", "stale"),
    Neighbour("0.0.0.1", "24:5a:4c:00:00:23", "enp3s0", "stale"),
    Neighbour("255.255.255.255", "24:5a:4c:00:00:24", "enp3s0", "stale"),
    Neighbour("172.17.0.2", "02:42:ac:11:00:02", "docker0", "reachable"),
    Neighbour("127.0.0.2", "24:5a:4c:00:00:25", "lo", "permanent"),
    Neighbour("nonsense", "24:5a:4c:00:00:26", "enp3s0", "stale"),
]


@pytest.mark.parametrize("entry", NOBODY, ids=lambda each: each.address)
def test_what_is_no_station_of_the_lan_is_left_out(entry: Neighbour) -> None:
    """W30: a published node keeps multicast and link-local rows."""
    assert keys(swept()) == keys(swept(captured([GATEWAY, entry])))


def test_a_router_that_only_a_route_names_is_less_sure() -> None:
    found = swept(
        captured(
            routes=[
                DEFAULT,
                Route("10.9.0.0/16", via="192.168.50.254", dev="enp3s0"),
                Route("198.51.100.0/24", via="192.168.50.254", dev="enp3s0"),
                Route("default", via="172.17.0.9", dev="docker0"),
                Route("10.8.0.0/16", via="192.168.50.253", dev="enp3s0", table="vpn"),
            ]
        )
    )

    router = thing(found, "arp:192.168.50.254")
    assert (0.6, "route_table") == (router.confidence, router.attributes["discoveredVia"])
    assert ("subnet:10.9.0.0/16", "arp:192.168.50.254", "ROUTES_THROUGH") in links(found)
    assert "subnet:198.51.100.0/24" not in keys(found)
    assert not {"arp:172.17.0.9", "arp:192.168.50.253"} & set(keys(found))


def test_nothing_dangles() -> None:
    """W24: a relationship whose end nobody saw is a bare key for ever."""
    for case in (SEES, UNSURE, BLIND):
        seen = swept(machine(case)._capture).seen
        known = {each.key for each in seen.things}

        assert {end for link in seen.links for end in link[:2]} <= known


def made(key: str, confidence: float, *, named: bool = False, **attributes: Any) -> Thing:
    return Thing(key, "host", f"name-{confidence}", confidence, attributes, named)


def test_what_was_seen_twice_is_said_once_with_all_that_is_known() -> None:
    """W23: the later and poorer of two items won at a published Authority."""
    arp = made("arp:1", 0.7, mac="aa", address="1")
    ping = made("arp:1", 0.85, address="1", hostname="printer", mac=None)
    for order in ([arp, ping], [ping, arp]):
        [one] = merged([Seen((each,)) for each in order]).things

        assert 0.85 == one.confidence
        assert {"address": "1", "hostname": "printer", "mac": "aa"} == one.attributes


def test_a_name_of_its_own_beats_one_that_was_made_from_an_address() -> None:
    sure, named = made("arp:1", 0.9), made("arp:1", 0.5, named=True)

    [one] = merged([Seen((sure,)), Seen((named,))]).things

    assert ("name-0.5", 0.9, True) == (one.name, one.confidence, one.is_named)


def test_relationships_are_said_once_and_dangling_ones_not() -> None:
    things = (made("a", 1.0), made("b", 1.0))
    seen = merged(
        [
            Seen(
                things,
                (
                    Link("a", "b", "X"),
                    Link("a", "b", "X"),
                    Link("a", "c", "X"),
                    Link("d", "b", "X"),
                ),
            )
        ]
    )

    assert (Link("a", "b", "X"),) == seen.links


def test_an_unchanged_network_gives_an_equal_sweep_whatever_the_order() -> None:
    """So that an Authority can tell at once that nothing changed."""
    neighbours = [
        Neighbour(f"192.168.50.{n}", f"24:5a:4c:00:00:{n:02x}", "enp3s0", "stale")
        for n in range(10, 30)
    ]
    once = swept(captured([GATEWAY, *neighbours]))
    again = swept(
        captured(
            [
                *(Neighbour(n.address, n.mac, n.dev, "reachable") for n in reversed(neighbours)),
                GATEWAY,
            ],
            interfaces=(BRIDGE, CARD, LOOPBACK),
        )
    )

    assert once.seen == again.seen


def test_a_blind_machine_is_asked_for_itself_alone_and_the_reason_is_said() -> None:
    found = swept(machine(BLIND)._capture)

    assert [HOST] == keys(found)
    statuses = {each.name: each.status for each in found.outcomes}
    assert Status.FOUND is statuses.pop("host")
    assert {Status.SKIPPED} == {*statuses.values()}
    assert {"neighbours", "routes"} <= statuses.keys()
    assert 1 == len(found.warnings)
    assert "does not see the LAN" in found.warnings[0]
    assert "docker-desktop-container" in found.warnings[0]
    attributes = thing(found, HOST).attributes
    assert ("no", "docker-desktop-host") == (attributes["lanAnswer"], attributes["vantage"])


def test_a_machine_that_cannot_tell_sweeps_and_says_so() -> None:
    found = swept(machine(UNSURE)._capture)

    assert Answer.UNKNOWN is found.diagnosis.lan.answer
    assert len(keys(found)) > 1
    assert ["unknown" in line for line in found.warnings] == [True]


def test_a_lan_without_a_single_neighbour_is_said() -> None:
    found = swept(captured([], routes=[]))

    assert any("no neighbour is known" in line for line in found.warnings) or (
        found.diagnosis.lan.answer is not Answer.YES
    )


def test_a_collector_that_breaks_costs_its_own_findings_and_is_named() -> None:
    def breaks(job: Job, net: Net) -> Iterator[Observation]:
        raise KeyError("enp3s0")

    found = seen_from(sight(), {**collector.all(), "neighbours": breaks})

    outcome = next(each for each in found.outcomes if each.name == "neighbours")
    assert (Status.FAILED, "KeyError: 'enp3s0'") == (outcome.status, outcome.reason)
    assert sweeps.is_fatal(outcome)
    assert "subnet:192.168.50.0/24" in keys(found)
    assert any("neighbours failed" in line for line in found.warnings)


def test_a_collector_of_the_network_that_breaks_is_borne() -> None:
    """A switch that answers nonsense is no reason to tell the Authority nothing at all."""

    def breaks(job: Job, net: Net) -> Iterator[Observation]:
        raise KeyError("mdns")

    asked = LISTENING._replace(level=Level.ASK, only=("host", "neighbours", "routes", "mdns"))
    found = seen_from(sight(), {**collector.all(), "mdns": breaks}, asked)

    outcome = next(each for each in found.outcomes if each.name == "mdns")
    assert Status.FAILED is outcome.status
    assert not any(map(sweeps.is_fatal, found.outcomes))
    assert any("mdns failed" in line for line in found.warnings)


def test_a_card_that_is_down_and_a_tunnel_give_no_network() -> None:
    down = Interface(name="eno2", addresses=(Address("10.5.0.1/24"),), up=False, kind="ether")
    tunnel = Interface(name="wg0", addresses=(Address("10.6.0.1/24"),), up=True, kind="wireguard")

    found = swept(captured(interfaces=(LOOPBACK, CARD, down, tunnel)))

    assert not {"subnet:10.5.0.0/24", "subnet:10.6.0.0/24"} & set(keys(found))
    names = [each["name"] for each in thing(found, HOST).attributes["networkInterfaces"]]
    assert {"eno2", "wg0"} <= set(names)


def test_the_name_of_the_host_may_change_and_its_key_does_not() -> None:
    before, after = swept(), swept(renamed(captured(), "another"))

    assert thing(before, HOST).name != thing(after, HOST).name
