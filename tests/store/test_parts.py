"""Sweeps that come in parts, and runs of nodes that see nothing: what they leave alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from .fleet import thing

if TYPE_CHECKING:
    from .fleet import Clock, Fleet

ONE: dict[str, Any] = {"mac": "24:5a:4c:00:00:01", "address": "192.168.50.1"}
TWO: dict[str, Any] = {"mac": "24:5a:4c:00:00:02", "address": "192.168.50.2"}


@pytest.fixture
def node(fleet: Fleet) -> str:
    return fleet.enrolled().node_id


def test_the_parts_of_one_sweep_leave_each_other_alone(
    fleet: Fleet, node: str, clock: Clock
) -> None:
    """W17: what is too large for one run comes as several of one observedAt."""
    at = clock.now
    fleet.submit(node, thing("a", **ONE), observed_at=at)
    second = fleet.submit(node, thing("b", **TWO), observed_at=at)

    assert (0, 1) == (second.persisted.stale_entities, second.persisted.created_entities)
    assert [True, True] == [device.present for device in fleet.devices()]


def test_the_next_sweep_in_parts_is_as_cheap_as_one_that_is_whole(
    fleet: Fleet, node: str, clock: Clock
) -> None:
    for _ in range(2):
        at = clock.on(300)
        first = fleet.submit(node, thing("a", **ONE), observed_at=at)
        clock.on(15)
        second = fleet.submit(node, thing("b", **TWO), observed_at=at)

    assert (True, True) == (first.unchanged, second.unchanged)
    assert {at} == {device.last_seen for device in fleet.devices()}


def test_a_thing_that_slips_into_the_next_part_is_there_all_the_time(
    fleet: Fleet, node: str, clock: Clock
) -> None:
    first = clock.now
    for parts in (("ab", "c"), ("a", "bc"), ("ab", "c")):
        at = clock.on(300)
        for part in parts:
            things = [thing(key, mac=f"24:5a:4c:00:00:0{ord(key) - 96}") for key in part]
            fleet.submit(node, *things, observed_at=at)

    devices = fleet.devices()
    assert [(True, first + 300, at)] * 3 == [
        (device.present, device.first_seen, device.last_seen) for device in devices
    ]
    assert ["new", "new", "new"] == [kind for kind, _, _ in fleet.told()]


def test_a_thing_that_two_parts_have_is_there_while_one_of_them_has_it(
    fleet: Fleet, node: str, clock: Clock
) -> None:
    """The first part says what it said before, but some of that was counted to the second."""
    for second in ("bc", "c", "c"):
        at = clock.on(300)
        for part in ("ab", second):
            things = [thing(key, mac=f"24:5a:4c:00:00:0{ord(key) - 96}") for key in part]
            fleet.submit(node, *things, observed_at=at)

    assert [(True, at)] * 3 == [(each.present, each.last_seen) for each in fleet.devices()]


def test_a_sweep_that_shrinks_to_one_part_leaves_the_other_behind(
    fleet: Fleet, node: str, clock: Clock
) -> None:
    at = clock.now
    fleet.submit(node, thing("a", **ONE), observed_at=at)
    fleet.submit(node, thing("b", **TWO), observed_at=at)

    for _ in range(2):
        clock.on(300)
        fleet.submit(node, thing("a", **ONE))

    there = {device.macs[0]: (device.present, device.last_seen) for device in fleet.devices()}
    assert {ONE["mac"]: (True, clock.now), TWO["mac"]: (False, at)} == there


def test_a_blind_run_makes_nothing_stale_and_nothing_fresh(
    fleet: Fleet, node: str, clock: Clock
) -> None:
    seen = clock.now
    fleet.submit(node, thing("host", "me", uuid="h"), thing("a", **ONE))
    for _ in range(10):
        clock.on(300)
        stored = fleet.submit(node, thing("host", "me", uuid="h"), complete=False)

    told = {device.name: (device.present, device.last_seen) for device in fleet.devices()}
    assert {"me": (True, clock.now), None: (True, seen)} == told
    assert stored.unchanged
    assert 0 == stored.persisted.stale_entities


def test_who_sees_again_after_being_blind_sees_what_is_missing(
    fleet: Fleet, node: str, clock: Clock
) -> None:
    seen = clock.now
    me = thing("host", "me", uuid="h")
    fleet.submit(node, me, thing("a", **ONE), thing("b", **TWO))
    clock.on(300)
    fleet.submit(node, me, complete=False)
    clock.on(300)

    fleet.submit(node, me, thing("a", **ONE))

    told = {device.macs: (device.present, device.last_seen) for device in fleet.devices()}
    assert {
        (): (True, clock.now),
        (ONE["mac"],): (True, clock.now),
        (TWO["mac"],): (False, seen),
    } == told
