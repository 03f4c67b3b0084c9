"""The limiter: exact windows, shared by all processes, and only what is let through counts."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from dpf_edge.wire.limits import DISCOVERY, HEARTBEAT, Ceiling

if TYPE_CHECKING:
    from dpf_edge.store.kept import Store

    from .fleet import Clock

NODE = "edge_0123456789ab4def"


def test_calls_are_let_through_up_to_the_ceiling_and_then_told_how_long_to_wait(
    store: Store, clock: Clock
) -> None:
    for left in range(11, -1, -1):
        taken = store.limits.take(NODE, "heartbeat", HEARTBEAT)
        assert (None, left) == (taken.wait, taken.remaining)
        clock.on(1)

    refused = store.limits.take(NODE, "heartbeat", HEARTBEAT)

    assert (48, 0) == (refused.wait, refused.remaining)


def test_who_waits_as_told_is_let_through(store: Store, clock: Clock) -> None:
    for _ in range(4):
        store.limits.take(NODE, "discovery-runs", DISCOVERY)
        clock.on(0.5)
    wait = store.limits.take(NODE, "discovery-runs", DISCOVERY).wait
    assert wait is not None

    clock.on(wait)

    assert None is store.limits.take(NODE, "discovery-runs", DISCOVERY).wait


def test_a_call_that_is_refused_takes_no_slot(store: Store, clock: Clock) -> None:
    one = (Ceiling(1, 60),)
    store.limits.take(NODE, "r", one)
    for _ in range(50):
        clock.on(1)
        assert store.limits.take(NODE, "r", one).wait

    clock.on(10)

    assert None is store.limits.take(NODE, "r", one).wait


def test_every_ceiling_holds(store: Store, clock: Clock) -> None:
    for _ in range(60):
        assert None is store.limits.take(NODE, "discovery-runs", DISCOVERY).wait
        clock.on(15)

    refused = store.limits.take(NODE, "discovery-runs", DISCOVERY)

    assert 3600 - 60 * 15 == refused.wait
    assert 0 < refused.remaining, "there is room in this minute, and none in this hour"


def test_nodes_and_routes_have_windows_of_their_own(store: Store) -> None:
    one = (Ceiling(1, 60),)
    store.limits.take(NODE, "r", one)

    assert None is store.limits.take(NODE, "s", one).wait
    assert None is store.limits.take("edge_other", "r", one).wait
    assert store.limits.take(NODE, "r", one).wait


@pytest.mark.parametrize("step", [-86_400, -30, 86_400])
def test_a_clock_that_steps_shuts_nobody_out_for_longer_than_a_window(
    store: Store, clock: Clock, step: float
) -> None:
    for _ in range(12):
        store.limits.take(NODE, "heartbeat", HEARTBEAT)

    clock.on(step)
    wait = store.limits.take(NODE, "heartbeat", HEARTBEAT).wait or 0.0

    assert 0 <= wait <= 90
    clock.on(wait)
    assert None is store.limits.take(NODE, "heartbeat", HEARTBEAT).wait


def test_at_once_no_more_are_let_through_than_may(store: Store) -> None:
    """W39: the window is in the store, so it is one for all who ask."""
    line = threading.Barrier(6)
    waits: list[float | None] = []

    def knock() -> None:
        line.wait()
        for _ in range(4):
            waits.append(store.limits.take(NODE, "heartbeat", HEARTBEAT).wait)

    threads = [threading.Thread(target=knock) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    assert 24 == len(waits)
    assert 12 == waits.count(None)


def test_looking_at_a_spacing_takes_nothing(store: Store, clock: Clock) -> None:
    assert None is store.limits.spaced(NODE, "metrics", 5)
    assert None is store.limits.spaced(NODE, "metrics", 5)
