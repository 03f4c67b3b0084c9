"""What is said of a body that does not fit: all of it, in the published shapes, no word of it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from dpf_edge.wire import discovery, events, issues, metrics
from dpf_edge.wire.refusals import Refusal
from tests.unit.wire.recorded import recorded

RUN = recorded("discovery-runs/stored").request["body"]
BATCH = recorded("events/batch").request["body"]
ROUND = recorded("metrics/samples").request["body"]
LARGEST = 2**53 - 1


def told(decode: Any, body: dict[str, Any]) -> Any:
    """The ``issues`` of a body that is refused."""
    with pytest.raises(Refusal) as refusal:
        decode(json.dumps(body).encode())
    return refusal.value.body()["issues"]


def test_every_problem_of_a_run_is_told_at_its_place() -> None:
    items = [
        {**RUN["items"][0], "confidence": 1.5, "sourcePath": 7},
        {**RUN["items"][1], "rawData": []},
        "an item",
        {},
    ]
    links = [{"fromObservedKey": "a", "toObservedKey": "", "relationshipType": None}]

    said = told(
        discovery.decode,
        {**RUN, "items": items, "relationships": links, "capabilities": [], "warnings": ["a", 5]},
    )

    def only(text: str) -> dict[str, Any]:
        return {"_errors": [text]}

    missing = {name: only("is missing") for name in ("observedKey", "itemType", "name", "rawData")}
    assert said == {
        "_errors": [],
        "capabilities": only("must be at least 1 long"),
        "items": {
            "_errors": [],
            "0": {
                "_errors": [],
                "sourcePath": only("a text is wanted"),
                "confidence": only("at most 1 is wanted"),
            },
            "1": {"_errors": [], "rawData": only("an object is wanted")},
            "2": only("an object is wanted"),
            "3": {"_errors": [], **missing},
        },
        "relationships": {
            "_errors": [],
            "0": {
                "_errors": [],
                "toObservedKey": only("must be at least 1 characters long"),
                "relationshipType": only("a text is wanted"),
            },
        },
        "warnings": {"_errors": [], "1": only("a text is wanted")},
    }


def test_the_problems_of_a_round_are_told_by_top_level_field() -> None:
    port = {**ROUND["interfaces"][0], "ifIndex": 0, "rxBps": -1, "operStatus": "testing"}

    said = told(
        metrics.decode,
        {
            **ROUND,
            "runKey": "r",
            "metricsVersion": "2",
            "interfaces": [ROUND["interfaces"][0], port],
        },
    )

    assert said == {
        "formErrors": [],
        "fieldErrors": {
            "runKey": ["is not written as the contract says"],
            "metricsVersion": ["one of these is wanted: 1"],
            "interfaces": [
                "1.rxBps: at least 0 is wanted",
                "1.operStatus: one of these is wanted: up, down, unknown",
                "1.ifIndex: more than 0 is wanted",
            ],
        },
    }


def test_a_body_that_is_no_object_is_told_as_a_whole() -> None:
    assert told(metrics.decode, []) == {"formErrors": ["an object is wanted"], "fieldErrors": {}}  # type: ignore[arg-type]
    assert told(discovery.decode, 5) == {"_errors": ["an object is wanted"]}  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("value", "says"),
    [
        (1.5, "a whole number is wanted"),
        ("3", "a number is wanted"),
        (True, "a number is wanted"),
        (None, "a number is wanted"),
        (LARGEST + 1, f"at most {LARGEST} is wanted"),
        (1e20, f"at most {LARGEST} is wanted"),
    ],
)
def test_what_is_no_whole_number_is_refused(value: object, says: str) -> None:
    port = {**ROUND["interfaces"][0], "ifIndex": value}

    said = told(metrics.decode, {**ROUND, "interfaces": [port]})

    assert said["fieldErrors"] == {"interfaces": [f"0.ifIndex: {says}"]}


@pytest.mark.parametrize(
    ("kind", "says"),
    [
        ("trap", "one of these is wanted: alert, change, security"),
        (None, "one of these is wanted: alert, change, security"),
        (["alert"], "one of these is wanted: alert, change, security"),
    ],
)
def test_an_event_of_no_known_kind_is_refused(kind: object, says: str) -> None:
    event = {**BATCH["events"][0], "eventType": kind}

    said = told(events.decode, {**BATCH, "events": [event]})

    assert said["fieldErrors"] == {"events": [f"0.eventType: {says}"]}


def test_what_may_be_left_out_may_not_be_null() -> None:
    said = told(discovery.decode, {**RUN, "relationships": None, "warnings": None})

    assert said["relationships"] == {"_errors": ["an array is wanted"]}
    assert said["warnings"] == {"_errors": ["an array is wanted"]}


def test_so_many_problems_are_told_and_no_more() -> None:
    said = told(events.decode, {**BATCH, "events": [{}] * 300})

    assert len(said["fieldErrors"]["events"]) == issues.MOST


def test_nothing_of_what_was_sent_is_repeated() -> None:
    token = "dpfedge_" + "S" * 39
    body = {
        **RUN,
        token: token,
        "runKey": [token],
        "observedAt": token,
        "agentMode": token * 3,
        "items": [{token: token, "rawData": token, "confidence": token}],
    }

    with pytest.raises(Refusal) as refusal:
        discovery.decode(json.dumps(body).encode())

    assert "SSSS" not in json.dumps(refusal.value.body()) + str(refusal.value)


def test_the_largest_whole_number_may_be_written_with_a_point() -> None:
    port = {**ROUND["interfaces"][0], "ifIndex": float(LARGEST)}

    (read,) = metrics.decode(json.dumps({**ROUND, "interfaces": [port]}).encode()).interfaces

    assert read.if_index == LARGEST
