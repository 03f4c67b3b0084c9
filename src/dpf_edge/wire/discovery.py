"""What one sweep saw.

A run is known by its ``runKey`` among the runs of its node. Sent again it is answered from what is
stored, whatever its body says, so a node may repeat a run until it has an answer. Who sent it is
told by the token alone.

An item is one thing that was seen, under a key that stays the same from run to run
(``arp:192.168.50.1``); the same key with another ``itemType`` is another thing. Relationships name
items of the same run by their keys. Items are not merged within a run: a node sends each once.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, Raw, UnsetType
from msgspec.structs import force_setattr

from dpf_edge.wire import answers, body, issues, limits, times
from dpf_edge.wire.refusals import Code, Refusal
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
from dpf_edge.wire.vocabulary import Scope

RUN_KEY = 120
AGENT_MODE = 60
AGENT_VERSION = 40
ITEMS = 10_000
RELATIONSHIPS = 20_000
# How a network is told: an item of this type, under a key that begins so.
NETWORK, NETWORK_KEY = "subnet", "subnet:"

Filled = Annotated[str, Meta(min_length=1)]


class Item(msgspec.Struct, frozen=True, kw_only=True, rename="camel", gc=False):
    """One thing that was seen."""

    observed_key: Annotated[Filled, Meta(description="the thing's key, stable from run to run")]
    item_type: Annotated[Filled, Meta(description="what it is: `host`, `subnet`, `switch` …")]
    name: Annotated[Filled, Meta(description="its name for people")]
    raw_data: Annotated[
        Raw,
        Meta(
            description="its attributes; at most 64 KiB as serialised",
            extra_json_schema={"type": "object"},
        ),
    ]
    source_path: (
        Annotated[str | None, Meta(description="where it was read, or null")] | UnsetType
    ) = UNSET
    confidence: Annotated[float, Meta(ge=0, le=1, description="how sure, 0 to 1")] | UnsetType = (
        UNSET
    )


class Relationship(msgspec.Struct, frozen=True, kw_only=True, rename="camel", gc=False):
    """How two items of the run belong together."""

    from_observed_key: Annotated[Filled, Meta(description="the one item's key")]
    to_observed_key: Annotated[Filled, Meta(description="the other's")]
    relationship_type: Annotated[
        Filled, Meta(description="`MEMBER_OF`, `SAME_AS`, `HOSTS`, `CONNECTS_TO` …")
    ]
    raw_data: (
        Annotated[Raw, Meta(description="its attributes", extra_json_schema={"type": "object"})]
        | UnsetType
    ) = UNSET


class Request(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One run."""

    run_key: Annotated[
        str,
        Meta(min_length=1, max_length=RUN_KEY, description="the run's id, made by the node"),
    ]
    agent_mode: Annotated[
        str, Meta(min_length=1, max_length=AGENT_MODE, description="the node's install mode")
    ]
    agent_version: Annotated[
        str, Meta(min_length=1, max_length=AGENT_VERSION, description="the node's version")
    ]
    observed_at: Annotated[str, Meta(pattern=times.PATTERN, description="when it was swept")]
    capabilities: Annotated[
        tuple[str, ...], Meta(min_length=1, description="by which it was: `discovery.network`")
    ]
    items: Annotated[
        tuple[Item, ...], Meta(max_length=ITEMS, description="what was seen; may be empty")
    ]
    relationships: (
        Annotated[
            tuple[Relationship, ...],
            Meta(max_length=RELATIONSHIPS, description="how that belongs together"),
        ]
        | UnsetType
    ) = UNSET
    warnings: (
        Annotated[tuple[str, ...], Meta(description="what went wrong, for people")] | UnsetType
    ) = UNSET


class Persisted(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What a run changed in the inventory."""

    created_entities: Annotated[int, Meta(ge=0, description="things seen for the first time")] = 0
    updated_entities: Annotated[int, Meta(ge=0, description="things seen again")] = 0
    stale_entities: Annotated[int, Meta(ge=0, description="things no longer seen")] = 0
    created_relationships: Annotated[int, Meta(ge=0, description="new relationships")] = 0
    updated_relationships: Annotated[int, Meta(ge=0, description="known relationships")] = 0
    stale_relationships: Annotated[int, Meta(ge=0, description="relationships that ended")] = 0
    created_issues: Annotated[int, Meta(ge=0, description="questions for people")] = 0


class Answer(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The run was stored."""

    run_id: Annotated[str, Meta(description="the Authority's id of the run")]
    run_key: Annotated[str, Meta(description="the node's id of it")]
    item_count: Annotated[int, Meta(ge=0, description="items that it has")]
    relationship_count: Annotated[int, Meta(ge=0, description="relationships that it has")]
    persisted: Annotated[Persisted, Meta(description="what it changed")]
    accepted: Literal[True] = True
    ok: Literal[True] = True


class Replay(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The run had been stored before; this body was not looked at."""

    run_id: Annotated[str, Meta(description="the Authority's id of the run")]
    run_key: Annotated[str, Meta(description="the node's id of it")]
    status: Annotated[str, Meta(description="how far the run is; `completed`")]
    item_count: Annotated[int, Meta(ge=0, description="items that the stored run has")]
    relationship_count: Annotated[int, Meta(ge=0, description="relationships that it has")]
    started_at: Annotated[str, Meta(description="when it was taken in")]
    completed_at: Annotated[str | None, Meta(description="when it was stored, or null")] = None
    idempotent_replay: Literal[True] = True
    accepted: Literal[True] = True
    ok: Literal[True] = True


class Pending(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The run was taken and is not stored yet: 202, from the earliest Authorities only."""

    run_key: Annotated[str, Meta(description="the node's id of the run")]
    persistence_pending: Literal[True] = True
    accepted: Literal[True] = True
    ok: Literal[True] = True


def raw(attributes: dict[str, Any]) -> Raw:
    """Attributes as an item carries them."""
    return Raw(body.encode(attributes))


def attributes(kept: Raw | UnsetType) -> dict[str, Any]:
    """The attributes of an item or a relationship that was decoded; empty where there are none."""
    return _OBJECT.decode(kept) if isinstance(kept, Raw) else {}


_OBJECT = msgspec.json.Decoder(dict[str, Any])


def _settled(request: Request) -> Request:
    """The run with each rawData parsed once and serialised anew.

    So it is an object, no later reading of it can fail, its length is its serialised size, and
    the body's bytes need not be kept for it.
    """
    for each in request.items:
        force_setattr(each, "raw_data", Raw(msgspec.json.encode(_OBJECT.decode(each.raw_data))))
    for link in request.relationships or ():
        if isinstance(link.raw_data, Raw):
            data = Raw(msgspec.json.encode(_OBJECT.decode(link.raw_data)))
            force_setattr(link, "raw_data", data)
    return request


BODY = body.Body(Request, HTTPStatus.BAD_REQUEST, Code.INVALID_BODY, issues.tree, settle=_settled)


def decode(octets: bytes) -> Request:
    """The run that a body says.

    :raises Refusal: 400 ``invalid_json`` or ``invalid_body``.
    """
    return BODY.decode(octets)


def check_raw_data(request: Request) -> None:
    """Refuse a run in which one item's rawData is too large.

    :raises Refusal: 413 ``raw_data_too_large``, with the first such item.
    """
    for index, item in enumerate(request.items):
        if len(bytes(item.raw_data)) > limits.RAW_DATA:
            raise Refusal(
                HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
                Code.RAW_DATA_TOO_LARGE,
                f"an item's rawData may be {limits.RAW_DATA} bytes",
                {"itemIndex": index, "itemObservedKey": item.observed_key},
            )


def check_fresh(
    request: Request, now: float, window: limits.Window = limits.DISCOVERY_WINDOW
) -> None:
    """Refuse a run that was swept too long ago, or ahead of the clock.

    :raises Refusal: 400 ``stale_observation``.
    """
    if not window.holds(times.seconds(request.observed_at), now):
        raise Refusal(
            HTTPStatus.BAD_REQUEST,
            Code.STALE_OBSERVATION,
            f"observedAt may be {window.past:g} s behind the Authority's clock and "
            f"{window.future:g} s ahead of it; is this clock kept by NTP?",
        )


def answer(octets: bytes) -> Answer | Replay | Pending:
    """The answer that an Authority's 200, 201 or 202 says.

    :raises AnswerMalformed: it is none of them.
    """
    which = answers.read(octets, _Which)
    if which.idempotent_replay:
        return answers.read(octets, Replay)
    if which.persistence_pending:
        return answers.read(octets, Pending)
    return answers.read(octets, Answer)


class _Which(msgspec.Struct, frozen=True, rename="camel"):
    idempotent_replay: bool = False
    persistence_pending: bool = False


ROUTE = Route(
    name="discovery-runs",
    says="what one sweep saw",
    method="POST",
    path=f"{PREFIX}/discovery-runs",
    tool="edge.discovery_runs.submit",
    scope=Scope.DISCOVERY,
    request=Request,
    max_bytes=limits.DISCOVERY_BODY,
    ceilings=limits.DISCOVERY,
    window=limits.DISCOVERY_WINDOW,
    answers=(
        Answered(HTTPStatus.CREATED, Answer, "the run is stored"),
        Answered(HTTPStatus.OK, Replay, "this node's run of this `runKey` was stored before"),
    ),
    steps=(
        authenticated(Scope.DISCOVERY),
        limited("4 a minute and 60 an hour"),
        sized("it is larger than 5 MiB"),
        parsed(),
        Step(
            "the fields",
            (Known(HTTPStatus.BAD_REQUEST, Code.INVALID_BODY, "with `issues`"),),
        ),
        Step(
            "each item's `rawData`",
            (
                Known(
                    HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
                    Code.RAW_DATA_TOO_LARGE,
                    "one is larger than 64 KiB; with `itemIndex` and `itemObservedKey`",
                ),
            ),
        ),
        Step(
            "the freshness of `observedAt`",
            (
                Known(
                    HTTPStatus.BAD_REQUEST,
                    Code.STALE_OBSERVATION,
                    "more than 24 h behind or 5 min ahead",
                ),
            ),
        ),
        Step("whether the run is known: then it is answered from the store"),
        Step(
            "storing it",
            (
                Known(
                    HTTPStatus.INTERNAL_SERVER_ERROR,
                    Code.PERSISTENCE_FAILED,
                    "it was not stored: send it again",
                ),
            ),
        ),
    ),
)
