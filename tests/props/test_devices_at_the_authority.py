"""What the node made one device, the Authority makes one device, and of two it makes two."""

from __future__ import annotations

from collections import defaultdict
from itertools import count

from hypothesis import given

from dpf_edge.authority.identity import sighting
from dpf_edge.discovery.identity.keys import is_shared
from dpf_edge.discovery.identity.merging import merge
from dpf_edge.discovery.item_things import SAME_AS
from dpf_edge.discovery.items import Own, items
from dpf_edge.macs import STACKS
from dpf_edge.node import runs
from dpf_edge.observed import Device, Observation, Service
from dpf_edge.store.identity import Known, Member, clusters
from dpf_edge.store.sighting import is_lasting
from tests.props.test_identity import SETS
from tests.unit.discovery.seen import LAMP, NAS, OTHER, PHONE, ROUTER, SERVER, itself, saw

OWN = Own("host:linux:ebd9a7c0bfa4624e", "linux", "fingerprint")


def at_the_authority(observations: list[Observation]) -> list[set[str]]:
    """The items of a run that the Authority takes to be of one device, by their keys."""
    seen = items(merge(observations), observations, OWN)
    members = []
    for thing in seen.things:
        found = sighting(runs.item(thing))
        if found is not None:
            lasting = [key for key in found.keys if is_lasting(key)]
            passing = [key for key in found.keys if not is_lasting(key)]
            ref = ("node", thing.key)
            members.append(Member(ref, thing.kind, lasting, passing, None, True, True))
    same = [
        (("node", each.source), ("node", each.target))
        for each in seen.links
        if each.kind == SAME_AS
    ]
    ids = count()
    told = clusters(members, same, Known({}, frozenset(), {}), lambda: str(next(ids)))
    groups: dict[str, set[str]] = defaultdict(set)
    for (_, key), device in told.device_of.items():
        groups[device].add(key)
    return list(groups.values())


def test_an_office_is_as_many_devices_there_as_here() -> None:
    observations: list[Observation] = [
        itself(),
        saw("routes", "192.168.0.1", roles=("gateway",)),
        saw("neighbours", "192.168.0.1", ROUTER, interface="eth0"),
        saw("ndp", "fe80::3ea6:2fff:fe40:1", ROUTER, interface="eth0"),
        saw("arp", "192.168.0.10", NAS),
        saw("arp", "192.168.0.11", NAS),
        saw("arp", "192.168.0.12", SERVER),
        saw("arp", "192.168.0.13", "a0:36:9f:40:00:13"),
        saw("wsd", "192.168.0.12", ids=("uuid:ab-1",)),
        saw("wsd", "192.168.0.13", ids=("uuid:ab-1",)),
        saw("snmp", "192.168.0.12", names=("srv",), ids=("snmp-engine:80001f88",)),
        saw("arp", "192.168.0.60", OTHER),
        saw("arp", "192.168.0.60", LAMP),
        saw("arp", "192.168.0.50", PHONE),
        saw("tcp", "10.8.0.7", services=(Service("ssh", 22),)),
    ]

    found = at_the_authority(observations)

    assert len(found) == len(merge(observations)) == 8
    assert {
        "arp:192.168.0.12",
        "arp:192.168.0.13",
        "snmp:192.168.0.12",
    } in found


def has_a_mark_of_its_own(device: Device) -> bool:
    """Whether a device has a key that no other has and that it keeps.

    A virtual router's MAC is whoever's has its address now, an engine's stack's everybody's.
    """
    own = [mac for mac in device.macs if not is_shared(mac) and mac not in STACKS]
    return bool(device.self or device.ids or own)


@given(SETS)
def test_whatever_was_seen_the_authority_tells_as_many_devices_apart(
    observations: list[Observation],
) -> None:
    devices = merge(observations)

    found = at_the_authority(observations)

    assert len(found) <= len(devices)
    assert len(found) >= len([each for each in devices if has_a_mark_of_its_own(each)])
