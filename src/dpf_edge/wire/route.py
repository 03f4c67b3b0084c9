"""What a route is, as data: the handlers, the reference pages and OpenAPI all go by it."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, NamedTuple

from dpf_edge.wire.refusals import RETRY_AFTER, Code

if TYPE_CHECKING:
    from dpf_edge.wire.limits import Ceiling, Window
    from dpf_edge.wire.vocabulary import Scope

PREFIX = "/api/v1/edge"
HEALTH = "/api/health"  # open to everybody: 200 and a Date header, which clocks are held against


class Known(NamedTuple):
    """One refusal that a step may end in."""

    status: int
    code: Code
    when: str


class Step(NamedTuple):
    """One check of a route, in its place in the order; and how it may refuse."""

    checks: str
    refusals: tuple[Known, ...] = ()


class Answered(NamedTuple):
    """One way in which a route says yes: the status, the body's type, and when."""

    status: int
    kind: type
    when: str


@dataclass(frozen=True, kw_only=True)
class Route:
    """One route of the contract.

    ``name`` is the last part of the path and keys the rate limits; ``says`` is what it is for, in
    a line; ``tool`` is its name in the audit; ``steps`` are its checks in the published order;
    ``max_bytes`` bounds the body.
    """

    name: str
    says: str
    method: str
    path: str
    tool: str
    scope: Scope
    steps: tuple[Step, ...]
    answers: tuple[Answered, ...]
    request: type | None = None
    max_bytes: int = 0
    ceilings: tuple[Ceiling, ...] = ()
    spacing_seconds: float = 0
    retry_field: str = RETRY_AFTER
    window: Window | None = None

    @property
    def refusals(self) -> tuple[Known, ...]:
        """Every refusal, in the order of the checks."""
        return tuple(known for step in self.steps for known in step.refusals)


def authenticated(scope: Scope) -> Step:
    """The check of a node's token, which every route but enrolment has."""
    unauthorized = HTTPStatus.UNAUTHORIZED
    refusals = [
        Known(unauthorized, Code.MISSING_AUTHORIZATION, "there is no `Authorization` header"),
        Known(unauthorized, Code.INVALID_SCHEME, "it is not `Bearer` and a token"),
        Known(unauthorized, Code.INVALID_TOKEN_FORMAT, "the token does not begin with `dpfedge_`"),
        Known(
            unauthorized,
            Code.TOKEN_NOT_FOUND,
            "no node has this token: it was revoked, or its token was rotated",
        ),
        Known(unauthorized, Code.NODE_REVOKED, "the node is revoked and its token still known"),
    ]
    if scope.needs_trust:
        refusals.append(
            Known(HTTPStatus.FORBIDDEN, Code.SCOPE_DISALLOWED, "the node is not `trusted`")
        )
    return Step("the node's token and its trust state", tuple(refusals))


def limited(says: str) -> Step:
    """The check of the rate limit."""
    known = Known(HTTPStatus.TOO_MANY_REQUESTS, Code.RATE_LIMITED, "wait as `Retry-After` says")
    return Step(f"the rate: {says}", (known,))


def sized(says: str) -> Step:
    """The check of the body's size."""
    known = Known(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, Code.PAYLOAD_TOO_LARGE, says)
    return Step("the body's size, as declared and as received", (known,))


def parsed() -> Step:
    """The check that the body is JSON."""
    known = Known(HTTPStatus.BAD_REQUEST, Code.INVALID_JSON, "the body is not JSON")
    return Step("JSON", (known,))
