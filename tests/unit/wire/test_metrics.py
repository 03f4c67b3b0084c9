"""Interface metrics: their bounds, and a name that is never empty."""

from __future__ import annotations

import json

import pytest

from dpf_edge.wire import limits, metrics, times
from dpf_edge.wire.refusals import Refusal
from tests.unit.wire.recorded import recorded

ROUND = recorded("metrics/samples").request["body"]
PORT = ROUND["interfaces"][0]
NOW = times.seconds(ROUND["observedAt"])


def decoded(**fields: object) -> metrics.Request:
    return metrics.decode(json.dumps({**ROUND, **fields}).encode())


def refused(**fields: object) -> tuple[int, str]:
    with pytest.raises(Refusal) as refusal:
        decoded(**fields)
    return refusal.value.status, refusal.value.code


@pytest.mark.parametrize(
    ("alias", "description", "name"),
    [
        ("uplink", "GigabitEthernet0/3", "uplink"),
        ("", "GigabitEthernet0/3", "GigabitEthernet0/3"),
        ("  ", "GigabitEthernet0/3", "GigabitEthernet0/3"),
        (None, "GigabitEthernet0/3", "GigabitEthernet0/3"),
        ("", "", "if3"),
        (None, None, "if3"),
    ],
)
def test_an_interface_without_an_alias_still_has_a_name(
    alias: str | None, description: str | None, name: str
) -> None:
    """W5: an empty alias was sent as the name, and the whole round was refused."""
    named = metrics.interface_name(alias, description, 3)

    assert named == name
    assert decoded(interfaces=[{**PORT, "ifName": named}]).interfaces[0].if_name == name


def test_an_empty_name_refuses_the_round() -> None:
    assert refused(interfaces=[PORT, {**PORT, "ifName": ""}]) == (422, "invalid_envelope")


@pytest.mark.parametrize("count", [0, 2000])
def test_a_round_may_be_empty_and_has_two_thousand_at_most(count: int) -> None:
    assert len(decoded(interfaces=[PORT] * count).interfaces) == count
    assert refused(interfaces=[PORT] * 2001) == (422, "invalid_envelope")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("deviceKey", ""),
        ("rxBps", -1),
        ("txBps", "5"),
        ("operStatus", "testing"),
        ("ifIndex", 0),
        ("ifIndex", 1.5),
        ("rxErrors", -1),
        ("txErrors", 0.5),
        ("speedMbps", 0),
        ("rawData", []),
    ],
)
def test_an_interface_beyond_its_bounds_is_refused(field: str, value: object) -> None:
    assert refused(interfaces=[{**PORT, field: value}]) == (422, "invalid_envelope")


def test_a_whole_number_may_be_written_with_a_point() -> None:
    (port,) = decoded(interfaces=[{**PORT, "ifIndex": 3.0, "rxErrors": 1e3}]).interfaces

    assert (3, 1000) == (port.if_index, port.rx_errors)
    assert isinstance(port.if_index, int)


def test_the_body_of_the_first_nodes_is_refused() -> None:
    old = {"nodeId": "edge_1", "timestamp": ROUND["observedAt"], "metrics": {"network": []}}

    with pytest.raises(Refusal) as refusal:
        metrics.decode(json.dumps(old).encode())

    assert (422, "invalid_envelope") == (refusal.value.status, refusal.value.code)


def test_a_round_is_fresh_for_five_minutes() -> None:
    metrics.check_fresh(decoded(), NOW + 300)

    with pytest.raises(Refusal) as refusal:
        metrics.check_fresh(decoded(), NOW + 301)

    assert (422, "stale_payload") == (refusal.value.status, refusal.value.code)


def test_a_round_comes_five_seconds_after_the_last_that_was_accepted() -> None:
    assert limits.METRICS_SPACING_SECONDS == metrics.ROUTE.spacing_seconds == 5
    assert metrics.ROUTE.ceilings == ()
