"""A bootstrap token becomes a node.

The token is in the ``Authorization`` header and never in the body. It is spent only where all
checks passed: a body that is refused costs nothing. Of two nodes that race for one token one is
enrolled, and the other gets ``token_already_consumed``. A node that enrols again becomes another
node.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from dpf_edge.wire import answers, body, issues, limits, tokens
from dpf_edge.wire.refusals import Code, Refusal
from dpf_edge.wire.route import PREFIX, Answered, Known, Route, Step, parsed, sized
from dpf_edge.wire.vocabulary import Capability, InstallMode, Platform, Scope, TrustState

if TYPE_CHECKING:
    from collections.abc import Collection

DISPLAY_NAME = 200
VERSION = 40
FINGERPRINT = 200

# What may be accepted at enrolment: the newest published list. Older Authorities accept the first.
ACCEPTED = (Capability.DISCOVERY_NETWORK, Capability.FEDERATION_DISCOVERY)


class Request(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Who wants to become a node."""

    display_name: Annotated[
        str, Meta(min_length=1, max_length=DISPLAY_NAME, description="the node's name for people")
    ]
    platform: Annotated[
        str,
        Meta(
            description="the system it runs on; another word is `invalid_platform`",
            extra_json_schema={"enum": list(Platform)},
        ),
    ]
    install_mode: Annotated[
        str,
        Meta(
            description="the form it runs in; another word is `invalid_install_mode`",
            extra_json_schema={"enum": list(InstallMode)},
        ),
    ]
    version: Annotated[
        str, Meta(min_length=1, max_length=VERSION, description="the node software's version")
    ]
    advertised_capabilities: Annotated[
        tuple[Annotated[str, Meta(min_length=1)], ...],
        Meta(min_length=1, description="what it can do; unknown words are ignored"),
    ]
    host_fingerprint: (
        Annotated[
            str,
            Meta(
                max_length=FINGERPRINT,
                description="what tells this machine from others; a token may be bound to one",
            ),
        ]
        | UnsetType
    ) = UNSET
    metadata: (
        Annotated[
            dict[str, Any],
            Meta(
                description="by convention `hostname`, and `host` with `hostname` and "
                "`ipAddresses`: IPv4 first, no loopback, no link-local"
            ),
        ]
        | UnsetType
    ) = UNSET


class Answer(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The node that was made."""

    node_id: Annotated[str, Meta(min_length=1, description="`edge_` and 16 hexadecimal digits")]
    node_token: Annotated[tokens.Secret, Meta(description="shown this once")]
    trust_state: Annotated[
        TrustState, Meta(description="`trusted` with an auto-approving token, else `pending`")
    ]
    accepted_capabilities: Annotated[
        tuple[str, ...], Meta(description="what was advertised and is accepted")
    ] = ()
    heartbeat_interval_sec: Annotated[int, Meta(gt=0, description="seconds between heartbeats")] = (
        limits.HEARTBEAT_SECONDS
    )
    sweep_interval_sec: Annotated[int, Meta(gt=0, description="seconds between sweeps")] = (
        limits.SWEEP_SECONDS
    )
    metrics_interval_sec: (
        Annotated[int, Meta(gt=0, description="seconds between metrics; never sent as published")]
        | UnsetType
    ) = UNSET
    ok: Literal[True] = True


BODY = body.Body(Request, HTTPStatus.BAD_REQUEST, Code.INVALID_BODY, issues.tree)


def decode(octets: bytes) -> Request:
    """The request that a body says. Platform and install mode are still any text: see ``check``.

    :raises Refusal: 400 ``invalid_json`` or ``invalid_body``.
    """
    return BODY.decode(octets)


def check(request: Request, accepts: Collection[str] = ACCEPTED) -> tuple[str, ...]:
    """What a request advertises and an Authority accepts: once each, in the request's order.

    :raises Refusal: 400 ``invalid_platform``, ``invalid_install_mode`` or
        ``no_acceptable_capabilities``, in that order.
    """
    if request.platform not in set(Platform):
        words = ", ".join(Platform)
        raise _bad(Code.INVALID_PLATFORM, f"platform is one of {words}")
    if request.install_mode not in set(InstallMode):
        words = ", ".join(InstallMode)
        raise _bad(Code.INVALID_INSTALL_MODE, f"installMode is one of {words}")
    accepted = tuple(dict.fromkeys(c for c in request.advertised_capabilities if c in accepts))
    if not accepted:
        words = ", ".join(accepts)
        raise _bad(Code.NO_ACCEPTABLE_CAPABILITIES, f"at least one of these is wanted: {words}")
    return accepted


def _bad(code: Code, message: str) -> Refusal:
    return Refusal(HTTPStatus.BAD_REQUEST, code, message)


def answer(octets: bytes) -> Answer:
    """The answer that an Authority's 200 says.

    :raises AnswerMalformed: it is not one.
    """
    return answers.read(octets, Answer)


_BAD, _WHO = HTTPStatus.BAD_REQUEST, HTTPStatus.UNAUTHORIZED

ROUTE = Route(
    name="enroll",
    says="a bootstrap token becomes a node",
    method="POST",
    path=f"{PREFIX}/enroll",
    tool="edge.enroll",
    scope=Scope.ENROLL,
    request=Request,
    max_bytes=limits.ENROLL_BODY,
    answers=(Answered(HTTPStatus.OK, Answer, "the token is spent and the node is there"),),
    steps=(
        Step(
            "the `Authorization` header",
            (
                Known(_WHO, Code.MISSING_AUTHORIZATION, "there is none"),
                Known(_WHO, Code.INVALID_SCHEME, "it is not `Bearer` and a token"),
            ),
        ),
        sized(f"it is larger than {limits.ENROLL_BODY // limits.KIB} KiB (not published)"),
        parsed(),
        Step("the fields", (Known(_BAD, Code.INVALID_BODY, "with `issues`"),)),
        Step(
            "the token's prefix",
            (Known(_WHO, Code.INVALID_TOKEN_FORMAT, "it does not begin with `dpfboot_`"),),
        ),
        Step("the platform", (Known(_BAD, Code.INVALID_PLATFORM, "another word"),)),
        Step("the install mode", (Known(_BAD, Code.INVALID_INSTALL_MODE, "another word"),)),
        Step(
            "the capabilities",
            (Known(_BAD, Code.NO_ACCEPTABLE_CAPABILITIES, "none that is accepted"),),
        ),
        Step(
            "the token, in the store and in this order",
            (
                Known(_WHO, Code.TOKEN_NOT_FOUND, "it was never issued"),
                Known(_WHO, Code.TOKEN_ALREADY_CONSUMED, "it has enrolled a node"),
                Known(_WHO, Code.TOKEN_REVOKED, "it was taken back"),
                Known(_WHO, Code.TOKEN_EXPIRED, "it is too old"),
                Known(
                    _WHO,
                    Code.FINGERPRINT_MISMATCH,
                    "it is bound to another `hostFingerprint`; it is not spent (not published)",
                ),
            ),
        ),
    ),
)
