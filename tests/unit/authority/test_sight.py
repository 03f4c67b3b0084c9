"""What is read out of a node's report, whatever the node put there."""

from __future__ import annotations

import pytest

from dpf_edge.authority.sight import (
    LARGEST,
    MOST,
    TEXT,
    Outbox,
    Step,
    counted,
    doubted,
    measured,
    number,
    outbox,
    steps,
)


@pytest.mark.parametrize("trust", ["trusted", "pending", "quarantined", "revoked", "of a new kind"])
@pytest.mark.parametrize("is_old", [True, False])
def test_only_a_fresh_word_of_a_trusted_node_is_a_yes(trust: str, *, is_old: bool) -> None:
    assert (doubted(trust, is_old=is_old) is None) == (trust == "trusted" and not is_old)


@pytest.mark.parametrize(
    "told", [None, 3, "x", [], {}, {"runs": "1"}, {"runs": -1}, {"runs": True}]
)
def test_an_outbox_of_another_shape_is_none(told: object) -> None:
    assert outbox(told) is None


def test_what_an_outbox_dropped_is_bounded() -> None:
    assert Outbox(1) == outbox({"runs": 1, "dropped": [1]})
    assert Outbox(1) == outbox({"runs": 1, "dropped": {"a": "many", "b": 10**400, "c": -1}})
    found = outbox({"runs": 1, "dropped": {f"{each:0500}": 1 for each in range(99)}})
    assert found is not None
    assert [TEXT] * MOST == [len(why) for why, _ in found.dropped]


@pytest.mark.parametrize(
    "told",
    [
        *(True, None, "1", LARGEST * 2, 1e308),
        pytest.param(10**400, id="400 digits"),
        pytest.param(-(10**400), id="less than nothing by 400 digits"),
    ],
)
def test_what_is_no_number_that_can_be_is_none(told: object) -> None:
    assert number({"a": told}, "a") is None
    assert counted(told) is None


@pytest.mark.parametrize("told", [float("inf"), float("-inf"), float("nan")])
def test_a_number_without_end_is_none(told: float) -> None:
    assert not measured(told)


def test_a_layer_is_a_name_and_a_kind_and_may_be_told_in_words() -> None:
    told = [["host", "linux"], ["vm", "kvm", "a virtual machine"], ["vm"], ["a"] * 4, "engine"]

    assert (Step("host", "linux"), Step("vm", "kvm", "a virtual machine")) == steps(told)
    assert () == steps("host")
