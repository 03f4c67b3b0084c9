"""A node says that it is there, and hears how it stands.

Any node that is not revoked may beat, pending and quarantined ones too: this is how a node learns
that it was approved. The body may be empty. One capability that the Authority does not know makes
it refuse the whole heartbeat, so a node reports only what is in the list of the Authority that it
talks to.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from dpf_edge.wire import answers, body, issues, limits
from dpf_edge.wire.refusals import Code
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
from dpf_edge.wire.tokens import Secret
from dpf_edge.wire.vocabulary import Capability, CapabilityStatus, Scope, TrustState


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """How one capability does."""

    capability: Annotated[Capability, Meta(description="which")]
    status: Annotated[CapabilityStatus, Meta(description="how it does")]
    evidence: (
        Annotated[dict[str, Any], Meta(description="what it was judged by, in any shape")]
        | UnsetType
    ) = UNSET


class Request(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What a node reports of itself."""

    capability_reports: (
        Annotated[tuple[Report, ...], Meta(description="what it can do, and how that does")]
        | UnsetType
    ) = UNSET


class Rotated:
    """A new node token, handed out in a heartbeat's answer; the old one ends with its first use.

    It is read from ``{"token": …, "prefix": …}``, or from the token alone, and written as the
    former.
    """

    __slots__ = ("prefix", "token")

    def __init__(self, token: Secret, prefix: str | None = None) -> None:
        self.token = token
        self.prefix = prefix

    @classmethod
    def from_wire(cls, value: object) -> Rotated:
        """The rotated token that an answer says.

        :raises ValueError: there is no token in it.
        """
        prefix = None
        if isinstance(value, dict):
            prefix, value = value.get("prefix"), value.get("token")
        if not isinstance(value, str) or not value:
            raise ValueError("a rotated token is wanted")
        return cls(Secret(value), prefix if isinstance(prefix, str) else None)

    def to_wire(self) -> dict[str, str]:
        """What an answer says of it."""
        prefix = {} if self.prefix is None else {"prefix": self.prefix}
        return {"token": self.token.reveal(), **prefix}

    def __repr__(self) -> str:
        return f"Rotated({self.token!r}, {self.prefix!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Rotated) and self.to_wire() == other.to_wire()

    def __hash__(self) -> int:
        return hash(self.token)


class Answer(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """How the node stands."""

    trust_state: Annotated[TrustState, Meta(description="what the node may do from now on")]
    accepted_capabilities: (
        Annotated[
            tuple[str, ...],
            Meta(description="those whose mode is `enabled` or `reporting-only`"),
        ]
        | UnsetType
    ) = UNSET
    heartbeat_interval_sec: (
        Annotated[int, Meta(gt=0, description="seconds to the next heartbeat")] | UnsetType
    ) = UNSET
    sweep_interval_sec: (
        Annotated[int, Meta(gt=0, description="seconds between sweeps")] | UnsetType
    ) = UNSET
    metrics_interval_sec: (
        Annotated[int, Meta(ge=0, description="seconds between metrics; never sent as published")]
        | UnsetType
    ) = UNSET
    rotated_token: (
        Annotated[
            Rotated,
            Meta(description="a new node token, to be used from the next call on"),
        ]
        | UnsetType
    ) = UNSET
    ok: Literal[True] = True


BODY = body.Body(Request, HTTPStatus.BAD_REQUEST, Code.INVALID_BODY, issues.tree)


def decode(octets: bytes) -> Request:
    """The request that a body says; an empty one says nothing.

    :raises Refusal: 400 ``invalid_json`` or ``invalid_body``.
    """
    return BODY.decode(octets) if octets.strip() else Request()


def answer(octets: bytes) -> Answer:
    """The answer that an Authority's 200 says.

    :raises AnswerMalformed: it is not one.
    """
    return answers.read(octets, Answer)


ROUTE = Route(
    name="heartbeat",
    says="a node says that it is there, and hears how it stands",
    method="POST",
    path=f"{PREFIX}/heartbeat",
    tool="edge.heartbeat",
    scope=Scope.HEARTBEAT,
    request=Request,
    max_bytes=limits.HEARTBEAT_BODY,
    ceilings=limits.HEARTBEAT,
    answers=(Answered(HTTPStatus.OK, Answer, "the node was seen"),),
    steps=(
        authenticated(Scope.HEARTBEAT),
        limited("12 a minute"),
        sized(f"it is larger than {limits.HEARTBEAT_BODY // limits.KIB} KiB (not published)"),
        parsed(),
        Step(
            "the fields",
            (Known(HTTPStatus.BAD_REQUEST, Code.INVALID_BODY, "with `issues`"),),
        ),
    ),
)
