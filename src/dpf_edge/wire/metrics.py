"""What network interfaces carry, now.

A sample is not kept: an Authority shows the latest of each interface while it is fresh.
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

INTERFACES = 2000
NODE_ID = 100
FRESH_SECONDS = 90  # how long a sample is worth showing: the published specification's

Count = Annotated[int, Meta(ge=0, le=limits.MAX_SAFE_INTEGER)]
Filled = Annotated[str, Meta(min_length=1)]


class OperStatus(StrEnum):
    """Whether an interface works."""

    UP = "up"
    DOWN = "down"
    UNKNOWN = "unknown"


class Interface(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One interface of one device."""

    device_key: Annotated[Filled, Meta(description="whose: `snmp:192.168.50.2`, `unifi:<mac>` …")]
    if_name: Annotated[Filled, Meta(description="its name, never empty")]
    rx_bps: Annotated[float, Meta(ge=0, description="received, bits a second")]
    tx_bps: Annotated[float, Meta(ge=0, description="sent, bits a second")]
    oper_status: Annotated[OperStatus, Meta(description="whether it works")]
    if_index: (
        Annotated[int, Meta(gt=0, le=limits.MAX_SAFE_INTEGER, description="its ifIndex")]
        | UnsetType
    ) = UNSET
    rx_errors: Annotated[Count, Meta(description="receive errors")] | UnsetType = UNSET
    tx_errors: Annotated[Count, Meta(description="send errors")] | UnsetType = UNSET
    speed_mbps: Annotated[float, Meta(gt=0, description="its speed, Mbit a second")] | UnsetType = (
        UNSET
    )
    raw_data: Annotated[dict[str, Any], Meta(description="more, in any shape")] | UnsetType = UNSET


class Request(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One round of samples."""

    run_key: Annotated[
        str, Meta(pattern=UUID_PATTERN, description="the round's id, a UUID made by the node")
    ]
    observed_at: Annotated[str, Meta(pattern=times.PATTERN, description="when it was sampled")]
    metrics_version: Annotated[Literal["1"], Meta(description="the version of this body")]
    interfaces: Annotated[
        tuple[Interface, ...], Meta(max_length=INTERFACES, description="may be empty")
    ]
    node_id: (
        Annotated[
            str,
            Meta(min_length=1, max_length=NODE_ID, description="ignored: the token tells the node"),
        ]
        | UnsetType
    ) = UNSET


class Answer(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The samples were taken."""

    run_key: Annotated[str, Meta(description="the round's id")]
    node_id: Annotated[str, Meta(description="the node that the token tells")]
    interface_count: Annotated[int, Meta(ge=0, description="interfaces taken")]
    ok: Literal[True] = True


def interface_name(alias: str | None, description: str | None, index: int) -> str:
    """What to call an interface: its ifAlias, else its ifDescr, else ``if`` and its ifIndex.

    Most switches have empty aliases, and an empty name makes an Authority refuse the whole round.
    """
    for name in (alias, description):
        if name and name.strip():
            return name
    return f"if{index}"


BODY = body.Body(Request, HTTPStatus.UNPROCESSABLE_ENTITY, Code.INVALID_ENVELOPE, issues.flat)


def decode(octets: bytes) -> Request:
    """The round that a body says.

    :raises Refusal: 400 ``invalid_json`` or 422 ``invalid_envelope``.
    """
    return BODY.decode(octets)


def check_fresh(request: Request, now: float) -> None:
    """Refuse a round that was sampled more than five minutes ago, or ahead of the clock.

    :raises Refusal: 422 ``stale_payload``.
    """
    check_narrow(request.observed_at, now, HTTPStatus.UNPROCESSABLE_ENTITY, Code.STALE_PAYLOAD)


def answer(octets: bytes) -> Answer:
    """The answer that an Authority's 200 says.

    :raises AnswerMalformed: it is not one.
    """
    return answers.read(octets, Answer)


ROUTE = Route(
    name="metrics",
    says="what network interfaces carry, now",
    method="POST",
    path=f"{PREFIX}/metrics",
    tool="edge.metrics.submit",
    scope=Scope.METRICS,
    request=Request,
    max_bytes=limits.METRICS_BODY,
    spacing_seconds=limits.METRICS_SPACING_SECONDS,
    retry_field=RETRY_AFTER_SEC,
    window=limits.NARROW_WINDOW,
    answers=(Answered(HTTPStatus.OK, Answer, "the samples are taken"),),
    steps=(
        sized("it is larger than 64 KiB; with `maxBytes`"),
        authenticated(Scope.METRICS),
        limited("5 seconds since the last call that was accepted"),
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
    ),
)
