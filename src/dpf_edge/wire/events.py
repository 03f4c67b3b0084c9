"""What happened, in batches: alerts, changes, security events.

An alert is known by its ``dedupKey`` among the alerts of its node, and lives: triggered,
acknowledged, resolved, and triggered again. A change (a deployment, a new configuration) is known
by its ``dedupKey`` too, and only happens. A security event is one record in the words of OCSF.

A node that was cut off sends late: ``observedAt`` is when it sends, ``occurredAt`` when it was.
"""

from __future__ import annotations

from enum import StrEnum
from http import HTTPStatus
from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from dpf_edge.wire import answers, body, issues, limits, times
from dpf_edge.wire.freshness import check_narrow
from dpf_edge.wire.refusals import RETRY_AFTER_SEC, Code
from dpf_edge.wire.route import (
    PREFIX,
    Answered,
    Known,
    Route,
    Step,
    authenticated,
    limited,
    parsed,
    sized,
)
from dpf_edge.wire.texts import UUID_PATTERN
from dpf_edge.wire.vocabulary import Scope

EVENTS = 500
DEDUP_KEY = 255
SOURCE = 100
COMPONENT = 200
GROUP = 100
SUMMARY = 500
NODE_ID = 100
OCSF_VERSION = 20
SOURCE_NAME = 200
ACTOR = 255

Integer = Annotated[int, Meta(ge=-limits.MAX_SAFE_INTEGER, le=limits.MAX_SAFE_INTEGER)]
Object = dict[str, Any]


class Severity(StrEnum):
    """How much an event matters."""

    INFO = "info"
    WARN = "warn"
    ERROR = "error"
    CRITICAL = "critical"


class Action(StrEnum):
    """What an alert does to the one that it is about; a change says it too, and it is ignored."""

    TRIGGER = "trigger"
    ACKNOWLEDGE = "acknowledge"
    RESOLVE = "resolve"


class Confidence(StrEnum):
    """How far a security event is believed."""

    SOURCE_REPORTED = "source-reported"
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CONFIRMED = "confirmed"


class Occurrence(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What alerts and changes have in common."""

    dedup_key: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=DEDUP_KEY,
            description="an alert: `source:component:class[:instance]`; a change: its stable id",
        ),
    ]
    source: Annotated[
        str,
        Meta(min_length=1, max_length=SOURCE, description="`snmp.trap`, `syslog`, `ping` …"),
    ]
    severity: Annotated[Severity, Meta(description="how much it matters")]
    action: Annotated[Action, Meta(description="what it does; a change's is ignored")]
    summary: Annotated[
        str, Meta(min_length=1, max_length=SUMMARY, description="one line for people")
    ]
    occurred_at: Annotated[str, Meta(pattern=times.PATTERN, description="when it was")]
    component: (
        Annotated[str, Meta(max_length=COMPONENT, description="what it is about")] | UnsetType
    ) = UNSET
    event_group: (
        Annotated[str, Meta(max_length=GROUP, description="the field it belongs to")] | UnsetType
    ) = UNSET
    event_class: (
        Annotated[str, Meta(max_length=GROUP, description="its kind within that")] | UnsetType
    ) = UNSET
    custom_details: Annotated[Object, Meta(description="more, in any shape")] | UnsetType = UNSET


class Alert(Occurrence, frozen=True, kw_only=True, tag_field="eventType", tag="alert"):
    """Something is wrong, or is again as it should be. The kind that is meant without a kind."""


class Change(Occurrence, frozen=True, kw_only=True, tag_field="eventType", tag="change"):
    """Something was changed on purpose."""


class Security(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    rename="camel",
    tag_field="eventType",
    tag="security",
):
    """One security record, by OCSF (https://schema.ocsf.io). A later slice of the contract."""

    event_key: Annotated[
        str, Meta(min_length=1, max_length=DEDUP_KEY, description="the event's stable id")
    ]
    ocsf_version: Annotated[
        str, Meta(min_length=1, max_length=OCSF_VERSION, description="the schema's version")
    ]
    ocsf_class_uid: Annotated[Integer, Meta(description="the event's class")]
    time: Annotated[str, Meta(pattern=times.PATTERN, description="when it was")]
    source_kind: Annotated[
        str, Meta(min_length=1, max_length=SOURCE, description="the sort of source")
    ]
    source_name: Annotated[
        str, Meta(min_length=1, max_length=SOURCE_NAME, description="which source")
    ]
    ocsf_category_uid: Annotated[Integer, Meta(description="its category")] | UnsetType = UNSET
    ocsf_activity_id: Annotated[Integer, Meta(description="its activity")] | UnsetType = UNSET
    severity_id: Annotated[int, Meta(ge=0, le=6, description="its severity")] | UnsetType = UNSET
    actor_principal_id: (
        Annotated[str, Meta(max_length=ACTOR, description="who did it")] | UnsetType
    ) = UNSET
    actor: Annotated[Object, Meta(description="who did it, in OCSF's words")] | UnsetType = UNSET
    device: Annotated[Object, Meta(description="on what")] | UnsetType = UNSET
    src_endpoint: Annotated[Object, Meta(description="from where")] | UnsetType = UNSET
    dst_endpoint: Annotated[Object, Meta(description="to where")] | UnsetType = UNSET
    normalized: Annotated[Object, Meta(description="the record in OCSF's form")] | UnsetType = UNSET
    raw_ref: (
        Annotated[Object, Meta(description="a pointer to the raw record or its hash, never it")]
        | UnsetType
    ) = UNSET
    observables: (
        Annotated[tuple[Object, ...], Meta(description="what was seen in it: addresses, names …")]
        | UnsetType
    ) = UNSET
    confidence: Annotated[Confidence, Meta(description="how far it is believed")] = (
        Confidence.SOURCE_REPORTED
    )


Event = Alert | Change | Security


class Request(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One batch."""

    run_key: Annotated[
        str, Meta(pattern=UUID_PATTERN, description="the batch's id, a UUID made by the node")
    ]
    observed_at: Annotated[str, Meta(pattern=times.PATTERN, description="when it is sent")]
    events_version: Annotated[Literal["1"], Meta(description="the version of this body")]
    events: Annotated[
        tuple[Event, ...], Meta(min_length=1, max_length=EVENTS, description="what happened")
    ]
    node_id: (
        Annotated[
            str,
            Meta(min_length=1, max_length=NODE_ID, description="ignored: the token tells the node"),
        ]
        | UnsetType
    ) = UNSET


class Answer(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What the batch did."""

    run_key: Annotated[str, Meta(description="the batch's id")]
    node_id: Annotated[str, Meta(description="the node that the token tells")]
    accepted: Annotated[int, Meta(ge=0, description="events that were taken")]
    created: Annotated[int, Meta(ge=0, description="alerts seen for the first time")] = 0
    reopened: Annotated[int, Meta(ge=0, description="resolved alerts that are back")] = 0
    acknowledged: Annotated[int, Meta(ge=0, description="alerts acknowledged")] = 0
    resolved: Annotated[int, Meta(ge=0, description="alerts resolved")] = 0
    updated: Annotated[int, Meta(ge=0, description="open alerts seen again")] = 0
    changes: Annotated[int, Meta(ge=0, description="changes taken")] = 0
    remaining: Annotated[int, Meta(ge=0, description="calls left in this minute")] = 0
    route: Annotated[str, Meta(description="this route's path")] = f"{PREFIX}/events"
    ok: Literal[True] = True


def completed(value: object) -> object:
    """An event without a kind is an alert: put in, because a type's tag cannot be left out."""
    if isinstance(value, dict) and isinstance(value.get("events"), list):
        events = [
            {"eventType": "alert", **each} if isinstance(each, dict) else each
            for each in value["events"]
        ]
        return {**value, "events": events}
    return value


BODY = body.Body(
    Request,
    HTTPStatus.UNPROCESSABLE_ENTITY,
    Code.INVALID_ENVELOPE,
    issues.flat,
    complete=completed,
)


def decode(octets: bytes) -> Request:
    """The batch that a body says.

    :raises Refusal: 400 ``invalid_json`` or 422 ``invalid_envelope``.
    """
    return BODY.decode(octets)


def check_fresh(request: Request, now: float) -> None:
    """Refuse a batch that was sent more than five minutes ago, or ahead of the clock.

    :raises Refusal: 422 ``stale_payload``.
    """
    check_narrow(request.observed_at, now, HTTPStatus.UNPROCESSABLE_ENTITY, Code.STALE_PAYLOAD)


def answer(octets: bytes) -> Answer:
    """The answer that an Authority's 200 says.

    :raises AnswerMalformed: it is not one.
    """
    return answers.read(octets, Answer)


ROUTE = Route(
    name="events",
    says="what happened, in batches: alerts, changes, security events",
    method="POST",
    path=f"{PREFIX}/events",
    tool="edge.events.submit",
    scope=Scope.EVENTS,
    request=Request,
    max_bytes=limits.EVENTS_BODY,
    ceilings=limits.EVENTS,
    retry_field=RETRY_AFTER_SEC,
    window=limits.NARROW_WINDOW,
    answers=(Answered(HTTPStatus.OK, Answer, "the batch is stored, now or before"),),
    steps=(
        sized("it is larger than 256 KiB; with `maxBytes`"),
        authenticated(Scope.EVENTS),
        parsed(),
        Step(
            "the fields",
            (Known(HTTPStatus.UNPROCESSABLE_ENTITY, Code.INVALID_ENVELOPE, "with `issues`"),),
        ),
        Step(
            "the freshness of `observedAt`",
            (
                Known(
                    HTTPStatus.UNPROCESSABLE_ENTITY,
                    Code.STALE_PAYLOAD,
                    "more than 5 min behind or ahead",
                ),
            ),
        ),
        limited("30 a minute and 600 an hour"),
        Step(
            "storing it",
            (
                Known(
                    HTTPStatus.INTERNAL_SERVER_ERROR,
                    Code.PERSIST_FAILED,
                    "it was not stored: send it again",
                ),
            ),
        ),
    ),
)
