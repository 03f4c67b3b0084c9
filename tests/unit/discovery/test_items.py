"""A sweep as the contract's items: published keys and types, merged, nothing dangling."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from dpf_edge.discovery.identity.merging import merge
from dpf_edge.discovery.items import Own, Seen, Thing, items
from dpf_edge.observed import Observation, Service, Tie
from tests.unit.discovery.seen import LAMP, NAS, OTHER, PHONE, ROUTER, itself, saw

if TYPE_CHECKING:
    from collections.abc import Iterable

OWN = Own("host:linux:ebd9a7c0bfa4624e", "linux", "uuid-of-this-machine")
LAN = "192.168.0.0/24"
MEMBER = Tie("MEMBER_OF", network=LAN)


def sent(*observations: Observation) -> Seen:
    """What observations come to on the wire."""
    return items(merge(observations), observations, OWN)


def thing(seen: Seen, key: str) -> Thing:
    """One thing by its key."""
    (found,) = [each for each in seen.things if each.key == key]
    return found


def links(seen: Seen) -> set[tuple[str, str, str]]:
    """The relationships, without what they carry."""
    return {(each.source, each.target, each.kind) for each in seen.links}


def keys(seen: Seen) -> list[str]:
    """The keys, in the order in which they are sent."""
    return [each.key for each in seen.things]


def test_the_machine_is_one_host_with_the_published_key() -> None:
    seen = sent(itself(attributes={"arch": "x86_64"}), saw("routes", network=LAN, interface="eth0"))

    host = thing(seen, OWN.key)
    assert (host.kind, host.name, host.confidence) == ("host", "edge-1", 1.0)
    assert host.attributes == {
        "arch": "x86_64",
        "discoveredVia": "host_info",
        "hostFingerprint": "uuid-of-this-machine",
        "hostname": "edge-1",
        "platform": "linux",
    }
    assert keys(seen) == [OWN.key, f"subnet:{LAN}"]


def test_a_neighbour_has_the_published_item() -> None:
    seen = sent(saw("neighbours", "192.168.0.10", NAS, interface="eth0", ties=(MEMBER,)))

    found = thing(seen, "arp:192.168.0.10")
    assert (found.kind, found.name, found.confidence) == ("host", "Synology 192.168.0.10", 0.7)
    assert found.attributes == {
        "address": "192.168.0.10",
        "deviceKind": "nas",
        "discoveredVia": "arp_table",
        "iface": "eth0",
        "mac": NAS,
        "osiLayer": 3,
        "osiLayerName": "network",
        "protocolFamily": "ipv4",
        "vendor": "Synology Incorporated",
        "vendorOui": "001132",
        "vendorShort": "Synology",
    }
    assert links(seen) == {("arp:192.168.0.10", f"subnet:{LAN}", "MEMBER_OF")}


def test_the_addresses_of_one_device_are_the_same_as_its_first() -> None:
    seen = sent(
        saw("arp", "192.168.0.11", NAS),
        saw("arp", "192.168.0.10", NAS),
        saw("ndp", "fe80::211:32ff:fe40:10", NAS, interface="eth0"),
        saw("mdns", "192.168.0.11", names=("nas.local",), services=(Service("_smb._tcp", 445),)),
    )

    assert keys(seen) == [
        "arp:192.168.0.10",
        "arp:192.168.0.11",
        "ndp:fe80::211:32ff:fe40:10%eth0",
    ]
    assert links(seen) == {
        ("arp:192.168.0.11", "arp:192.168.0.10", "SAME_AS"),
        ("ndp:fe80::211:32ff:fe40:10%eth0", "arp:192.168.0.10", "SAME_AS"),
    }
    assert {each.name for each in seen.things} == {"nas.local"}
    whole = thing(seen, "arp:192.168.0.10").attributes
    assert whole["services"] == [{"name": "_smb._tcp", "port": 445, "transport": "tcp"}]
    assert "services" not in thing(seen, "arp:192.168.0.11").attributes


def test_a_drawn_mac_is_said_to_be_one_and_has_no_vendor() -> None:
    told = thing(sent(saw("arp", "192.168.0.50", PHONE)), "arp:192.168.0.50").attributes

    assert told["macLocallyAdministered"] is True
    assert "vendor" not in told


def test_an_snmp_agent_has_the_published_item_beside_its_address() -> None:
    seen = sent(
        saw("arp", "192.168.0.2", NAS),
        saw(
            "snmp",
            "192.168.0.2",
            names=("sw-1",),
            hints=("snmp-descr:GS724T Smart Switch",),
            attributes={
                "sysName": "sw-1",
                "description": "GS724T Smart Switch",
                "sysObjectID": "1.3.6.1.4.1.4526.100.4.1",
                "snmpVersion": "2c",
                "snmpPort": 161,
                "interfaceCount": 25,
            },
        ),
    )

    agent = thing(seen, "snmp:192.168.0.2")
    assert (agent.kind, agent.name, agent.confidence) == ("switch", "sw-1", 0.95)
    assert agent.attributes == {
        "address": "192.168.0.2",
        "discoveredVia": "snmp_poll",
        "interfaceCount": 25,
        "osiLayer": 2,
        "osiLayerName": "data-link",
        "port": 161,
        "protocolFamily": "ipv4",
        "snmpVersion": "2c",
        "sysDescr": "GS724T Smart Switch",
        "sysName": "sw-1",
        "sysObjectID": "1.3.6.1.4.1.4526.100.4.1",
        "vendorOidPrefix": "1.3.6.1.4.1.4526",
    }
    (link,) = seen.links
    assert link[:3] == ("snmp:192.168.0.2", "arp:192.168.0.2", "SAME_AS")
    assert dict(link.attributes) == {"reason": "snmp_target_matches_l3_host"}


@pytest.mark.parametrize(
    ("told", "kind"),
    [
        ({"attributes": {"description": "Cisco IOS Software"}}, "router"),
        ({"attributes": {"description": "RouterOS RB4011"}}, "router"),
        ({"attributes": {"description": "Wireless controller"}}, "wireless_ap"),
        ({"attributes": {"description": "Linux srv 6.1"}}, "network_device"),
        ({"roles": ("switch",)}, "switch"),
        ({}, "network_device"),
    ],
)
def test_an_agent_s_type_is_the_published_one(told: dict[str, Any], kind: str) -> None:
    assert thing(sent(saw("snmp", "192.168.0.2", **told)), "snmp:192.168.0.2").kind == kind


def test_what_a_controller_knows_has_the_published_items() -> None:
    seen = sent(
        saw("unifi", "192.168.0.4", OTHER, hints=("unifi:access_point",), names=("hall",)),
        saw(
            "unifi",
            "192.168.0.50",
            PHONE,
            hints=("unifi:client",),
            ties=(Tie("CONNECTS_TO", mac=OTHER),),
        ),
    )

    assert thing(seen, f"unifi:{OTHER}").kind == "access_point"
    assert thing(seen, f"unifi-client:{PHONE}").kind == "network_client"
    assert links(seen) == {
        (f"unifi:{OTHER}", "arp:192.168.0.4", "SAME_AS"),
        (f"unifi-client:{PHONE}", "arp:192.168.0.50", "SAME_AS"),
        ("arp:192.168.0.50", "arp:192.168.0.4", "CONNECTS_TO"),
    }


def test_a_cable_has_both_its_ends() -> None:
    tie = Tie("PEER_OF", address="192.168.0.2", port="eth0", far_port="port3")

    seen = sent(
        saw("arp", "192.168.0.2", NAS),
        saw("snmp", "192.168.0.4", OTHER, told_by="192.168.0.2", ties=(tie,)),
    )

    (link,) = seen.links
    assert link == (
        "arp:192.168.0.4",
        "arp:192.168.0.2",
        "PEER_OF",
        (("port", "eth0"), ("farPort", "port3")),
    )


def test_a_network_behind_a_router_leads_through_it() -> None:
    seen = sent(
        itself(ties=(Tie("ROUTES_THROUGH", address="192.168.0.1"),)),
        saw("routes", "192.168.0.1", roles=("gateway",)),
        saw("routes", network="10.8.0.0/24", ties=(Tie("ROUTES_THROUGH", address="192.168.0.1"),)),
    )

    assert thing(seen, "arp:192.168.0.1").attributes["isGateway"] is True
    assert thing(seen, "subnet:10.8.0.0/24").attributes["discoveredVia"] == "route_table"
    assert links(seen) == {
        (OWN.key, "arp:192.168.0.1", "ROUTES_THROUGH"),
        ("subnet:10.8.0.0/24", "arp:192.168.0.1", "ROUTES_THROUGH"),
    }


def test_a_station_without_an_address_is_known_by_its_mac() -> None:
    seen = sent(
        saw("arp", "192.168.0.2", NAS),
        saw(
            "snmp",
            None,
            LAMP,
            told_by="192.168.0.2",
            ties=(Tie("CONNECTS_TO", address="192.168.0.2"),),
        ),
    )

    assert thing(seen, f"mac:{LAMP}").kind == "host"
    assert links(seen) == {(f"mac:{LAMP}", "arp:192.168.0.2", "CONNECTS_TO")}


def test_two_devices_at_one_address_are_two_items() -> None:
    seen = sent(saw("arp", "192.168.0.60", OTHER, ties=(MEMBER,)), saw("arp", "192.168.0.60", LAMP))

    assert keys(seen) == ["arp:192.168.0.60", f"mac:{LAMP}", f"subnet:{LAN}"]
    for each in seen.things[:2]:
        assert each.attributes["duplicateAddresses"] == ["192.168.0.60"]
        assert each.attributes["address"] == "192.168.0.60"


def test_what_leads_nowhere_is_left_out() -> None:
    seen = sent(
        saw(
            "snmp",
            "192.168.0.4",
            OTHER,
            told_by="192.168.0.2",
            ties=(
                Tie("PEER_OF", address="192.168.0.2"),
                Tie("PEER_OF", name="nobody"),
                Tie("MEMBER_OF", network="not a network"),
                Tie("CONNECTS_TO", mac=OTHER),
            ),
        ),
        saw("routes", network="nonsense"),
    )

    assert keys(seen) == ["arp:192.168.0.4"]
    assert seen.links == ()


def test_a_name_that_two_have_means_neither() -> None:
    seen = sent(
        saw("arp", "192.168.0.71", LAMP, names=("lamp",)),
        saw("arp", "192.168.0.72", OTHER, names=("lamp",)),
        saw("arp", "192.168.0.5", NAS, ties=(Tie("PEER_OF", name="lamp"),)),
    )

    assert seen.links == ()


def test_two_sweeps_of_a_network_that_did_not_change_are_equal() -> None:
    def sweep(at: str, title: str, uptime: int) -> Seen:
        return sent(
            itself(seen_at=at),
            saw("arp", "192.168.0.10", NAS, seen_at=at),
            saw(
                "tcp",
                "192.168.0.10",
                seen_at=at,
                services=(Service("http", 80, product="nginx", says=title),),
                attributes={"uptime": uptime},
            ),
        )

    one = sweep("2026-01-02T03:04:05.000Z", "3 alarms", 1)
    other = sweep("2026-01-02T03:09:05.000Z", "4 alarms", 301)
    assert one == other
    assert "nginx" in str(one)


def nothing_dangles(seen: Seen) -> bool:
    """Whether every relationship has both its ends, and every key is there once."""
    every = keys(seen)
    ends: Iterable[str] = (end for each in seen.links for end in each[:2])
    return len(set(every)) == len(every) and set(ends) <= set(every)


def test_a_whole_network_has_every_key_once_and_nothing_dangling() -> None:
    seen = sent(
        itself(ties=(MEMBER, Tie("ROUTES_THROUGH", address="192.168.0.1"))),
        *(saw("arp", f"192.168.0.{number}", ROUTER) for number in range(1, 40)),
        saw("routes", "192.168.0.1", roles=("gateway",)),
        saw("icmp", "192.168.0.7", ties=(Tie("CONNECTS_TO", address="192.168.0.9"),)),
    )

    assert nothing_dangles(seen)
    assert keys(seen) == ["arp:192.168.0.1", "arp:192.168.0.7", OWN.key, f"subnet:{LAN}"]
