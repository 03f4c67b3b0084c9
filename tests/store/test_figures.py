"""What is only shown while it is fresh: interface figures, other installations, comparisons."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from dpf_edge.store.federation import MOST_OF_A_NODE
from dpf_edge.store.metrics import MOST_INTERFACES
from dpf_edge.wire import federation, metrics, times

if TYPE_CHECKING:
    from dpf_edge.store.kept import Store

    from .fleet import Clock, Fleet


@pytest.fixture
def node(fleet: Fleet) -> str:
    return fleet.enrolled().node_id


def interface(name: str = "Gi0/3", device: str = "snmp:192.168.50.2", **more: Any) -> Any:
    return {
        "deviceKey": device,
        "ifName": name,
        "rxBps": 812345.5,
        "txBps": 1200,
        "operStatus": "up",
        **more,
    }


def put(store: Store, clock: Clock, node: str, *each: Any) -> float | None:
    body = {
        "runKey": str(uuid.uuid4()),
        "observedAt": times.stamp(clock.now),
        "metricsVersion": "1",
        "interfaces": each,
    }
    envelope = metrics.decode(msgspec.json.encode(body))
    return store.metrics.put(node, envelope, observed_at=clock.now)


def test_the_latest_of_each_interface_is_shown(store: Store, clock: Clock, node: str) -> None:
    put(store, clock, node, interface(rxBps=1), interface("Gi0/4"), interface(ifIndex=7))
    clock.on(10)
    put(store, clock, node, interface(rxBps=2, rawData={"ifAlias": "\0"}))

    shown = {
        (row.document["ifName"], row.document.get("ifIndex")): row
        for row in store.metrics.latest(node)
    }

    assert {("Gi0/3", None), ("Gi0/4", None), ("Gi0/3", 7)} == shown.keys()
    row = shown["Gi0/3", None]
    assert (2, {"ifAlias": "\0"}, clock.now) == (
        row.document["rxBps"],
        row.document["rawData"],
        row.observed_at,
    )


def test_figures_are_shown_for_90_seconds(store: Store, clock: Clock, node: str) -> None:
    put(store, clock, node, interface())
    clock.on(89)
    assert store.metrics.latest(node)

    clock.on(1)

    assert () == store.metrics.latest(node)


def test_figures_are_accepted_five_seconds_apart(store: Store, clock: Clock, node: str) -> None:
    assert None is put(store, clock, node, interface())
    clock.on(2)

    assert 3 == store.limits.spaced(node, "metrics", 5)
    assert 3 == put(store, clock, node, interface("refused"))

    clock.on(3)
    assert None is store.limits.spaced(node, "metrics", 5)
    assert None is put(store, clock, node, interface())
    assert ["Gi0/3"] == [row.document["ifName"] for row in store.metrics.latest(node)]


def test_a_node_keeps_no_more_figures_than_two_rounds_have(
    store: Store, clock: Clock, node: str
) -> None:
    for round_ in range(3):
        put(store, clock, node, *(interface(f"{round_}/{n}") for n in range(metrics.INTERFACES)))
        clock.on(10)

    assert len(store.metrics.latest(node)) <= MOST_INTERFACES
    assert {"2"} <= {row.document["ifName"][0] for row in store.metrics.latest(node)}


def test_a_name_of_any_length_is_a_name(store: Store, clock: Clock, node: str) -> None:
    put(store, clock, node, interface("x" * 10_000, "\0" * 10_000))

    assert 1 == len(store.metrics.latest(node))


def candidate(number: int = 0, endpoint: str = "https://192.168.50.20:443") -> federation.Candidate:
    return federation.Candidate(
        discovery_id=f"5MWLT4K76BG2vy{number:04}",
        endpoint=endpoint,
        protocol="1",
        capability_digest=federation.CAPABILITY_DIGEST,
        pair_path="/connect/pair",
        organization_ref="acme",
    )


def test_candidates_are_shown_for_two_minutes_and_never_trusted(
    store: Store, clock: Clock, node: str
) -> None:
    plain = candidate(1, "http://192.168.50.21:3000")

    assert 2 == store.federation.put(node, [candidate(), plain])

    shown = {row.document["endpoint"]: row.state for row in store.federation.candidates()}
    assert {
        "https://192.168.50.20:443": "tls-validation-required",
        "http://192.168.50.21:3000": "blocked-insecure-transport",
    } == shown
    clock.on(119)
    assert 0 == store.federation.put(node, [])
    assert 2 == len(store.federation.candidates()), "an empty snapshot takes nothing back"
    clock.on(1)
    assert () == store.federation.candidates()


def test_ones_own_address_is_no_other_installation(store: Store, node: str) -> None:
    own = ["https://192.168.50.20:443/"]

    assert 0 == store.federation.put(node, [candidate()], own=own)


def test_a_node_cannot_fill_the_store_with_candidates(
    store: Store, clock: Clock, node: str
) -> None:
    for start in range(0, 500, 50):
        clock.on(1)
        store.federation.put(node, [candidate(start + n) for n in range(50)])

    assert MOST_OF_A_NODE == len(store.federation.candidates())


def test_one_candidate_twice_in_a_snapshot_is_one(store: Store, node: str) -> None:
    store.federation.put(node, [candidate(), candidate()])

    assert 1 == len(store.federation.candidates(site="default"))
    assert 0 == len(store.federation.candidates(site="depot"))


def test_the_latest_comparison_of_a_node_is_kept(store: Store, clock: Clock, node: str) -> None:
    assert None is store.comparisons.latest(node)
    store.comparisons.put(node, b'{"comparison":1}')
    clock.on(60)
    store.comparisons.put(node, b'{"comparison":1,"text":"\xff\x00"}')

    kept = store.comparisons.latest(node)

    assert kept is not None
    assert ('{"comparison":1,"text":"��"}', clock.now) == (kept.document, kept.received_at)
