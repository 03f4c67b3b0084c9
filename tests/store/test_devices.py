"""Devices: merged within a site by what lasts, and told apart again when the link is gone."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from dpf_edge.errors import StoreMissing
from dpf_edge.store.schema import device_key, item

from .fleet import same, thing

if TYPE_CHECKING:
    from dpf_edge.store.kept import Store

    from .fleet import Clock, Fleet

MAC1, MAC2, MAC3 = (f"24:5a:4c:00:00:0{n}" for n in (1, 2, 3))
PRIVATE = "2a:5a:4c:00:00:01"


@pytest.fixture
def node(fleet: Fleet) -> str:
    return fleet.enrolled().node_id


def test_one_hardware_address_is_one_device(fleet: Fleet, node: str) -> None:
    fleet.submit(
        node,
        thing("arp:192.168.50.2", mac=MAC1, address="192.168.50.2"),
        thing("unifi:1", "core", kind="switch", confidence=1.0, mac=MAC1, vendor="Ubiquiti"),
    )

    device = fleet.one()
    assert ("core", "switch", ("192.168.50.2",), (MAC1,), {"vendor": "Ubiquiti"}) == (
        device.name,
        device.kind,
        device.addresses,
        device.macs,
        device.attributes,
    )


def test_what_is_said_to_be_the_same_is_one_device(fleet: Fleet, node: str) -> None:
    fleet.submit(
        node,
        thing("snmp:192.168.50.2", "core", kind="switch", address="192.168.50.2"),
        thing("arp:192.168.50.2", mac=MAC1, address="192.168.50.2"),
        thing("wan", mac=MAC2),
        links=[
            same("snmp:192.168.50.2", "arp:192.168.50.2"),
            same("wan", "snmp:192.168.50.2"),
        ],
    )

    assert {MAC1, MAC2} == set(fleet.one().macs)


def test_a_link_to_what_is_not_there_links_nothing(fleet: Fleet, node: str) -> None:
    """W24: endpoints that no item has."""
    fleet.submit(node, thing("a", mac=MAC1), links=[same("a", "arp:192.168.50.9"), same("x", "y")])

    assert (MAC1,) == fleet.one().macs


def test_two_nodes_of_a_site_see_one_device(fleet: Fleet, node: str) -> None:
    other = fleet.enrolled().node_id
    fleet.submit(node, thing("arp:192.168.50.2", mac=MAC1, address="192.168.50.2"))
    fleet.submit(other, thing("unifi-client:1", "till", mac=MAC1))

    device = fleet.one()
    assert ("till", tuple(sorted([node, other]))) == (device.name, device.nodes)


def test_no_device_belongs_to_two_sites(fleet: Fleet, node: str) -> None:
    """Private addresses repeat from site to site, and so do the MACs of a cloned machine."""
    other = fleet.enrolled("depot").node_id
    for who in (node, other):
        fleet.submit(who, thing("a", mac=MAC1, address="192.168.50.2", uuid="u"))

    assert fleet.one("default").device_id != fleet.one("depot").device_id


def test_who_only_knows_an_address_means_whoever_has_it(fleet: Fleet, node: str) -> None:
    """A node behind a router sees no MACs."""
    routed = fleet.enrolled().node_id
    fleet.submit(node, thing("arp:192.168.50.2", mac=MAC1, address="192.168.50.2"))
    fleet.submit(routed, thing("ping:192.168.50.2", "till", address="192.168.50.2"))

    assert ("till", (MAC1,)) == (fleet.one().name, fleet.one().macs)


def test_an_address_passes_from_one_device_to_the_next(
    fleet: Fleet, node: str, clock: Clock
) -> None:
    fleet.submit(node, thing("arp:192.168.50.2", mac=MAC1, address="192.168.50.2"))
    first = fleet.one()
    clock.on(300)

    fleet.submit(node, thing("arp:192.168.50.2", mac=MAC2, address="192.168.50.2"))

    there = {device.macs: device for device in fleet.devices()}
    assert (first.device_id, False, first.last_seen) == (
        there[MAC1,].device_id,
        there[MAC1,].present,
        there[MAC1,].last_seen,
    )
    assert (True, ("192.168.50.2",)) == (there[MAC2,].present, there[MAC2,].addresses)


def test_a_device_that_comes_back_elsewhere_is_the_same(
    fleet: Fleet, node: str, clock: Clock
) -> None:
    """Its address was another's meanwhile; what it is known by is its own."""
    fleet.submit(node, thing("arp:192.168.50.2", mac=MAC1, address="192.168.50.2"))
    first = fleet.one()
    clock.on(300)
    fleet.submit(node, thing("arp:192.168.50.2", mac=MAC2, address="192.168.50.2"))
    clock.on(300)

    fleet.submit(
        node,
        thing("arp:192.168.50.2", mac=MAC2, address="192.168.50.2"),
        thing("arp:192.168.50.7", mac=MAC1, address="192.168.50.7"),
    )

    there = {device.macs: device for device in fleet.devices()}
    assert first.device_id == there[MAC1,].device_id
    assert (("192.168.50.7",), first.first_seen) == (
        there[MAC1,].addresses,
        there[MAC1,].first_seen,
    )


def known_keys(store: Store) -> set[str]:
    with store._database.reading() as connection:
        return {row.key for row in connection.execute(device_key.select())}


def test_an_address_of_nobody_now_tells_nothing(
    store: Store, fleet: Fleet, node: str, clock: Clock
) -> None:
    """What is absent has given up its address: whoever answers there may be anybody."""
    routed = fleet.enrolled().node_id
    fleet.submit(node, thing("a", mac=MAC1, address="192.168.50.2"))
    assert {f"mac:{MAC1}", "address:192.168.50.2"} == known_keys(store)
    clock.on(300)
    fleet.submit(node)
    assert {f"mac:{MAC1}"} == known_keys(store)

    fleet.submit(routed, thing("ping:192.168.50.2", address="192.168.50.2"))

    assert [(), (MAC1,)] == sorted(device.macs for device in fleet.devices())


def test_of_two_that_claim_an_address_the_last_to_say_so_keeps_it(
    fleet: Fleet, node: str, clock: Clock
) -> None:
    """Two nodes disagree for a while: one of them has an old entry."""
    other, routed = fleet.enrolled().node_id, fleet.enrolled().node_id
    fleet.submit(node, thing("a", "old", mac=MAC1, address="192.168.50.2"))
    fleet.submit(other, thing("b", "new", mac=MAC2, address="192.168.50.2"))
    clock.on(300)
    # News of the one that lost the address, and none about the address.
    same_device = thing("a", "old", mac=MAC1, address="192.168.50.2"), thing("a2", mac=MAC1)
    fleet.submit(node, *same_device)

    fleet.submit(routed, thing("ping:192.168.50.2", kind="printer", address="192.168.50.2"))

    assert {"old": "host", "new": "printer"} == {each.name: each.kind for each in fleet.devices()}


def test_a_thing_that_shows_its_hardware_address_at_last_stays_who_it_is(
    fleet: Fleet, node: str, clock: Clock
) -> None:
    fleet.submit(node, thing("arp:192.168.50.2", address="192.168.50.2"))
    first = fleet.one()
    clock.on(300)

    fleet.submit(node, thing("arp:192.168.50.2", address="192.168.50.2", mac=MAC1))

    assert (first.device_id, (MAC1,)) == (fleet.one().device_id, fleet.one().macs)


def test_a_thing_that_hides_its_hardware_address_stays_who_it_is(
    fleet: Fleet, node: str, clock: Clock
) -> None:
    fleet.submit(node, thing("arp:192.168.50.2", address="192.168.50.2", mac=MAC1))
    first = fleet.one()
    clock.on(300)

    fleet.submit(node, thing("arp:192.168.50.2", address="192.168.50.2"))

    assert first.device_id == fleet.one().device_id


def test_a_uuid_holds_two_hardware_addresses_together(fleet: Fleet, node: str) -> None:
    fleet.submit(node, thing("wired", mac=MAC1, uuid="u"), thing("wifi", mac=MAC2, uuid="u"))

    assert {MAC1, MAC2} == set(fleet.one().macs)


def test_devices_that_turn_out_to_be_one_become_the_older(
    store: Store, fleet: Fleet, node: str, clock: Clock
) -> None:
    fleet.submit(node, thing("wired", "old", mac=MAC1))
    old = fleet.one()
    clock.on(300)
    fleet.submit(node, thing("wired", "old", mac=MAC1), thing("wifi", mac=MAC2))
    clock.on(300)

    fleet.submit(
        node,
        thing("wired", "old", mac=MAC1),
        thing("wifi", mac=MAC2),
        links=[same("wired", "wifi")],
    )

    assert (old.device_id, old.first_seen) == (fleet.one().device_id, fleet.one().first_seen)
    assert {old.device_id} == {row.device_id for row in store.inventory.changes().rows}


def test_devices_come_apart_when_nobody_says_any_more_that_they_are_one(
    fleet: Fleet, node: str, clock: Clock
) -> None:
    both = thing("wired", mac=MAC1), thing("wifi", mac=MAC2)
    fleet.submit(node, *both, links=[same("wired", "wifi")])
    assert {MAC1, MAC2} == set(fleet.one().macs)
    clock.on(300)

    fleet.submit(node, *both)

    assert [(MAC1,), (MAC2,)] == sorted(device.macs for device in fleet.devices())


def test_a_controller_that_lags_behind_merges_no_client_with_another(
    fleet: Fleet, node: str, clock: Clock
) -> None:
    """It says that its client is whoever has the address, and somebody else has it by now."""
    client = thing("unifi-client:1", "till", kind="network_client", mac=MAC1)
    fleet.submit(
        node,
        client,
        thing("arp:192.168.50.2", mac=MAC2, address="192.168.50.2"),
        links=[same("unifi-client:1", "arp:192.168.50.2")],
    )

    assert [(MAC1,), (MAC2,)] == sorted(device.macs for device in fleet.devices())


def test_a_phone_with_a_private_address_is_known_by_it(fleet: Fleet, node: str) -> None:
    fleet.submit(node, thing("a", mac=PRIVATE), thing("b", "phone", mac=PRIVATE))

    assert ("phone", (PRIVATE,)) == (fleet.one().name, fleet.one().macs)


def test_what_tells_of_no_device_makes_none(fleet: Fleet, node: str) -> None:
    fleet.submit(node, thing("subnet:192.168.50.0/24", kind="subnet"))

    assert () == fleet.devices()


def test_two_nodes_that_see_a_device_at_the_same_moment_make_one_of_it(
    fleet: Fleet, node: str
) -> None:
    others = [node, *(fleet.enrolled().node_id for _ in range(3))]
    for who in others:
        fleet.submit(who)  # so that the site is there, and its row can be locked
    things = [thing(f"t{n}", mac=f"24:5a:4c:00:01:{n:02x}") for n in range(30)]
    line = threading.Barrier(len(others))

    def submit(who: str) -> None:
        line.wait()
        fleet.submit(who, *things)

    threads = [threading.Thread(target=submit, args=[who]) for who in others]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    assert 30 == len(fleet.devices())
    assert {tuple(sorted(others))} == {device.nodes for device in fleet.devices()}


def test_a_device_shows_all_that_nodes_say_of_it(
    store: Store, fleet: Fleet, node: str, clock: Clock
) -> None:
    fleet.submit(node, thing("arp:1", mac=MAC1, n=1), thing("snmp:1", kind="switch", mac=MAC1))
    seen = clock.now
    clock.on(300)
    fleet.submit(node, thing("arp:1", mac=MAC1, n=2))

    detail = store.inventory.device(fleet.one().device_id)

    told = [(each.observed_key, each.present, each.last_seen) for each in detail.observations]
    assert [("arp:1", True, clock.now), ("snmp:1", False, seen)] == told
    assert '{"mac":"24:5a:4c:00:00:01","n":2}' == detail.observations[0].raw
    assert ["new"] == [change.kind for change in detail.changes]


def test_a_forgotten_device_leaves_nothing_and_is_new_when_it_is_seen_again(
    store: Store, fleet: Fleet, node: str, clock: Clock
) -> None:
    other = fleet.enrolled().node_id
    for who in (node, other):
        fleet.submit(who, thing("a", "secret", mac=MAC1, address="192.168.50.2"))
    old = fleet.one()

    store.inventory.forget(old.device_id, by="ann")

    with store._database.reading() as connection:
        left = [connection.execute(table.select()).all() for table in (item, device_key)]
    assert [[], []] == left
    assert ((), []) == (fleet.devices(), fleet.told())
    with pytest.raises(StoreMissing):
        store.inventory.device(old.device_id)

    clock.on(300)
    fleet.submit(node, thing("a", "secret", mac=MAC1, address="192.168.50.2"))

    assert old.device_id != fleet.one().device_id
    assert [("new", None, "secret")] == fleet.told()


def test_nobody_forgets_what_is_not_there(store: Store) -> None:
    with pytest.raises(StoreMissing):
        store.inventory.forget("device_none", by="ann")
