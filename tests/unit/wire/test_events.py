"""Events: three kinds in one batch, the kind that may be left out, and their bounds."""

from __future__ import annotations

import json
from typing import Any

import pytest

from dpf_edge.wire import events, times
from dpf_edge.wire.refusals import Refusal
from tests.unit.wire.recorded import recorded

BATCH = recorded("events/batch").request["body"]
ALERT, CHANGE = BATCH["events"]
SECURITY = recorded("events/security").request["body"]["events"][0]
NOW = times.seconds(BATCH["observedAt"])
BARE = {"eventType", "eventKey", "ocsfVersion", "ocsfClassUid", "time", "sourceKind", "sourceName"}


def decoded(**fields: object) -> events.Request:
    return events.decode(json.dumps({**BATCH, **fields}).encode())


def refused(**fields: object) -> tuple[int, str]:
    with pytest.raises(Refusal) as refusal:
        decoded(**fields)
    return refusal.value.status, refusal.value.code


def test_an_event_of_no_kind_is_an_alert() -> None:
    kinds = [type(event) for event in decoded(events=[ALERT, CHANGE, SECURITY]).events]

    assert kinds == [events.Alert, events.Change, events.Security]


def test_an_alert_may_name_its_kind() -> None:
    named = decoded(events=[{**ALERT, "eventType": "alert"}])

    assert named == decoded(events=[ALERT])


@pytest.mark.parametrize(
    ("event", "field", "least", "most"),
    [
        (ALERT, "dedupKey", 1, 255),
        (ALERT, "source", 1, 100),
        (ALERT, "component", 0, 200),
        (ALERT, "eventGroup", 0, 100),
        (ALERT, "eventClass", 0, 100),
        (ALERT, "summary", 1, 500),
        (CHANGE, "summary", 1, 500),
        (SECURITY, "eventKey", 1, 255),
        (SECURITY, "ocsfVersion", 1, 20),
        (SECURITY, "sourceKind", 1, 100),
        (SECURITY, "sourceName", 1, 200),
        (SECURITY, "actorPrincipalId", 0, 255),
    ],
)
def test_the_lengths_of_an_event_s_texts(
    event: dict[str, Any], field: str, least: int, most: int
) -> None:
    for length in (least, most):
        decoded(events=[{**event, field: "x" * length}])
    for length in {max(0, least - 1), most + 1} - {least, most}:
        assert refused(events=[{**event, field: "x" * length}]) == (422, "invalid_envelope")
    assert refused(events=[{**event, field: "😀" * (most // 2 + 1)}]) == (422, "invalid_envelope")


@pytest.mark.parametrize("count", [1, 500])
def test_a_batch_has_one_event_to_five_hundred(count: int) -> None:
    assert len(decoded(events=[ALERT] * count).events) == count


@pytest.mark.parametrize("count", [0, 501])
def test_and_neither_none_nor_more(count: int) -> None:
    assert refused(events=[ALERT] * count) == (422, "invalid_envelope")


@pytest.mark.parametrize("field", ["dedupKey", "source", "severity", "action", "summary"])
def test_a_change_wants_what_an_alert_wants(field: str) -> None:
    for event in (ALERT, CHANGE):
        without = {key: value for key, value in event.items() if key != field}

        assert refused(events=[without]) == (422, "invalid_envelope")


def test_a_security_event_wants_seven_fields_and_is_reported_by_its_source() -> None:
    bare = {key: SECURITY[key] for key in BARE}

    (event,) = decoded(events=[bare]).events

    assert isinstance(event, events.Security)
    assert event.confidence is events.Confidence.SOURCE_REPORTED


@pytest.mark.parametrize("field", sorted(BARE - {"eventType"}))
def test_each_of_the_seven_is_wanted(field: str) -> None:
    without = {key: value for key, value in SECURITY.items() if key != field}

    assert refused(events=[without]) == (422, "invalid_envelope")


@pytest.mark.parametrize("severity", [-1, 7, 1.5, "2"])
def test_a_security_severity_is_0_to_6(severity: object) -> None:
    decoded(events=[{**SECURITY, "severityId": 6.0}])

    assert refused(events=[{**SECURITY, "severityId": severity}]) == (422, "invalid_envelope")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("runKey", "run-1"),
        ("runKey", None),
        ("eventsVersion", "2"),
        ("eventsVersion", 1),
        ("nodeId", ""),
        ("nodeId", "x" * 101),
        ("observedAt", "2026-01-02T03:04:06+00:00"),
        ("events", None),
        ("events", {}),
    ],
)
def test_an_envelope_beyond_its_bounds_is_refused(field: str, value: object) -> None:
    assert refused(**{field: value}) == (422, "invalid_envelope")


@pytest.mark.parametrize("away", [-300, 0, 300])
def test_a_batch_within_five_minutes_is_fresh(away: float) -> None:
    events.check_fresh(decoded(), NOW - away)


@pytest.mark.parametrize("away", [-300.001, 300.001, -86_400])
def test_a_batch_from_beyond_is_stale_however_long_ago_its_events_were(away: float) -> None:
    long_ago = {**ALERT, "occurredAt": "2020-01-01T00:00:00Z"}
    events.check_fresh(decoded(events=[long_ago]), NOW)

    with pytest.raises(Refusal) as refusal:
        events.check_fresh(decoded(), NOW - away)

    assert (422, "stale_payload") == (refusal.value.status, refusal.value.code)


def test_the_size_is_checked_before_who_asks_and_the_rate_after_the_body() -> None:
    checks = [step.refusals[0].code for step in events.ROUTE.steps]

    assert checks == [
        "payload_too_large",
        "missing_authorization",
        "invalid_json",
        "invalid_envelope",
        "stale_payload",
        "rate_limited",
        "persist_failed",
    ]


def test_a_failure_to_store_has_no_words_to_leak() -> None:
    """W39: a published Authority answers with its database's own error."""
    when = [known.when for known in events.ROUTE.refusals if known.code == "persist_failed"]

    assert when == ["it was not stored: send it again"]
