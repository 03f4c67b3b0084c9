"""Actions: what an Authority asks a node to do, signed.

A node comes for its actions, and nothing is ever sent to it unasked. Every call wants two proofs:
the node's token, and a client certificate that a TLS proxy has checked. An Authority that
dispatches no actions, as this one, answers 404 on all of these routes.
"""

from __future__ import annotations

import base64
from enum import StrEnum
from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated, Any, Literal, NamedTuple

import msgspec
from msgspec import UNSET, Meta, UnsetType

from dpf_edge.wire import body, canonical, limits, times
from dpf_edge.wire.refusals import Code
from dpf_edge.wire.route import PREFIX, Answered, Known, Route, Step, authenticated, parsed, sized
from dpf_edge.wire.vocabulary import Scope

if TYPE_CHECKING:
    from collections.abc import Container

VERSION = "dpf.edge-action/1"
SIGNATURE_BYTES = 64
LIFETIME_SECONDS = 5 * 60  # an envelope that lives longer is refused
AHEAD_SECONDS = 30  # how far issuedAt may be ahead of the node's clock
CLAIM_LIMIT = 25
CLAIM_TIMEOUT_SECONDS = 10 * 60

Filled = Annotated[str, Meta(min_length=1)]


class Envelope(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One action, signed over all other fields in canonical form."""

    version: Annotated[Literal["dpf.edge-action/1"], Meta(description="of this envelope")]
    signing_key_id: Annotated[Filled, Meta(description="which key signed it")]
    action_key: Annotated[Filled, Meta(description="the action's id")]
    node_id: Annotated[Filled, Meta(description="the node that it is for")]
    action_type: Annotated[Filled, Meta(description="what is to be done")]
    parameters: Annotated[dict[str, Any], Meta(description="with what, by type")]
    nonce: Annotated[Filled, Meta(description="used once; kept before the action is begun")]
    issued_at: Annotated[str, Meta(pattern=times.PATTERN, description="when it was signed")]
    expires_at: Annotated[str, Meta(pattern=times.PATTERN, description="when it is void")]
    signature: Annotated[Filled, Meta(description="Ed25519, base64url without padding")]


class Problem(StrEnum):
    """Why an envelope is not carried out."""

    INVALID_SIGNATURE = "invalid_signature"
    WRONG_NODE = "wrong_node"
    EXPIRED = "expired"
    NONCE_CONSUMED = "nonce_consumed"


class Rejected(Exception):
    """An envelope is not to be carried out, and why: what a report's ``errorCode`` says."""

    def __init__(self, problem: Problem, message: str) -> None:
        super().__init__(f"{problem}: {message}")
        self.problem = problem


class Key(NamedTuple):
    """An Authority's public key, and the id by which envelopes name it."""

    id: str
    public: bytes


def signed_bytes(fields: dict[str, Any]) -> bytes:
    """What a signature is made over: an envelope's nine other fields, in canonical form.

    :raises KeyError: one of the nine is missing.
    :raises ValueError: a parameter is a number that no double holds.
    """
    return canonical.encode({name: fields[name] for name in _SIGNED})


def sign(fields: dict[str, Any], private: bytes) -> str:
    """The signature of an envelope's fields, by the 32 bytes of an Ed25519 private key."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    return _spelt(Ed25519PrivateKey.from_private_bytes(private).sign(signed_bytes(fields)))


def verified(
    received: object, node_id: str, key: Key, now: float, used_nonces: Container[str]
) -> Envelope:
    """The envelope, where it is good; checked in the published order.

    All fields are there and of this version; the signature, by the key that the envelope names;
    the node; the times; the nonce. The caller keeps the nonce before it begins.

    :param received: one entry of a claim's ``claimed``, as parsed.
    :raises Rejected: it is not good.
    """
    try:
        envelope = msgspec.convert(received, Envelope)
    except ValueError:  # msgspec's own, or that of a text that is no Unicode
        raise Rejected(Problem.INVALID_SIGNATURE, "a field is missing or malformed") from None
    if envelope.signing_key_id != key.id:
        raise Rejected(Problem.INVALID_SIGNATURE, "it names another signing key")
    if not _signed_by(key.public, envelope):
        raise Rejected(Problem.INVALID_SIGNATURE, "the signature does not fit")
    if envelope.node_id != node_id:
        raise Rejected(Problem.WRONG_NODE, "it is for another node")
    _check_times(envelope, now)
    if envelope.nonce in used_nonces:
        raise Rejected(Problem.NONCE_CONSUMED, "its nonce was used")
    return envelope


def _check_times(envelope: Envelope, now: float) -> None:
    issued, expires = times.seconds(envelope.issued_at), times.seconds(envelope.expires_at)
    if expires <= issued:
        raise Rejected(Problem.EXPIRED, "it expires before it was issued")
    if expires - issued > LIFETIME_SECONDS:
        raise Rejected(Problem.EXPIRED, f"it lives longer than {LIFETIME_SECONDS} s")
    if issued > now + AHEAD_SECONDS:
        raise Rejected(Problem.EXPIRED, "it was issued ahead of this clock")
    if expires <= now:
        raise Rejected(Problem.EXPIRED, "it has expired")


def _signed_by(public: bytes, envelope: Envelope) -> bool:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        signature = base64.urlsafe_b64decode(envelope.signature + "==")
        message = signed_bytes(msgspec.to_builtins(envelope))
    except ValueError:
        return False
    # One spelling only: base64 also reads padding, other alphabets and bits that count for nothing.
    if len(signature) != SIGNATURE_BYTES or _spelt(signature) != envelope.signature:
        return False
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except InvalidSignature:
        return False
    return True


def _spelt(signature: bytes) -> str:
    return base64.urlsafe_b64encode(signature).decode().rstrip("=")


_SIGNED = frozenset(
    field.encode_name for field in msgspec.structs.fields(Envelope) if field.name != "signature"
)


class Claim(msgspec.Struct, frozen=True, kw_only=True):
    """How many actions a node would take. The body may be left out."""

    limit: Annotated[float, Meta(description="1 to 25; 25 unless said")] | UnsetType = UNSET

    def count(self) -> int:
        """The limit as it holds: between 1 and 25."""
        wanted = CLAIM_LIMIT if isinstance(self.limit, UnsetType) else self.limit
        return int(max(1, min(CLAIM_LIMIT, wanted)))


class Claimed(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The actions that are this node's now."""

    node_id: Annotated[str, Meta(description="the node that the token tells")]
    claimed: Annotated[
        tuple[dict[str, Any], ...], Meta(description="signed envelopes, to be verified one by one")
    ]
    skipped: Annotated[Any, Meta(description="what was passed over")] = 0
    ok: Literal[True] = True


class Outcome(StrEnum):
    """What became of an action."""

    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


class ActionStatus(StrEnum):
    """Where an action stands."""

    QUEUED = "queued"
    CLAIMED = "claimed"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    TIMED_OUT = "timed-out"


_ENDS = frozenset({ActionStatus.SUCCEEDED, ActionStatus.FAILED, ActionStatus.TIMED_OUT})

# What an action may become, by where it stands.
TRANSITIONS: dict[ActionStatus, frozenset[ActionStatus]] = {
    ActionStatus.QUEUED: frozenset({ActionStatus.CLAIMED, ActionStatus.TIMED_OUT}),
    ActionStatus.CLAIMED: _ENDS | {ActionStatus.RUNNING},
    ActionStatus.RUNNING: _ENDS,
    **dict.fromkeys(_ENDS, frozenset()),
}


class Result(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What a node says of one action."""

    action_key: Annotated[Filled, Meta(description="which")]
    outcome: Annotated[Outcome, Meta(description="what became of it")]
    evidence: (
        Annotated[
            dict[str, Any],
            Meta(description="`actionType`, `executionSource`, `executedAt`, `errorCode` …"),
        ]
        | UnsetType
    ) = UNSET
    result: Annotated[dict[str, Any], Meta(description="what it gave")] | UnsetType = UNSET


class Recorded(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The result was taken."""

    action_key: Annotated[str, Meta(description="which action")]
    status: Annotated[ActionStatus, Meta(description="where it stands now")]
    ok: Literal[True] = True


CLAIM_BODY = body.Body(Claim, HTTPStatus.BAD_REQUEST, Code.INVALID_JSON)
RESULT_BODY = body.Body(Result, HTTPStatus.UNPROCESSABLE_ENTITY, Code.INVALID_BODY)


def decode_claim(octets: bytes) -> Claim:
    """The claim that a body says; an empty one says nothing.

    :raises Refusal: 400 ``invalid_json``.
    """
    return CLAIM_BODY.decode(octets) if octets.strip() else Claim()


def decode_result(octets: bytes) -> Result:
    """The result that a body says.

    :raises Refusal: 400 ``invalid_json`` or 422 ``invalid_body``.
    """
    return RESULT_BODY.decode(octets)


def disabled() -> Step:
    """The first check of every actions route."""
    says = "the Authority dispatches no actions; this one never does"
    return Step(
        "whether actions are dispatched",
        (Known(HTTPStatus.NOT_FOUND, Code.REMOTE_ACTION_DISPATCH_DISABLED, says),),
    )


def certified() -> Step:
    """The check of the client certificate, by what the TLS proxy says of it."""
    return Step(
        "the client certificate",
        (
            Known(
                HTTPStatus.SERVICE_UNAVAILABLE,
                Code.MACHINE_AUTHENTICATION_UNAVAILABLE,
                "the Authority cannot load the proxy's secret",
            ),
            Known(
                HTTPStatus.UNAUTHORIZED,
                Code.MACHINE_AUTHENTICATION_FAILED,
                "no certificate, or not this node's, or not in force",
            ),
        ),
    )


CLAIM_ROUTE = Route(
    name="actions/claim",
    says="a node takes the actions that are waiting for it",
    method="POST",
    path=f"{PREFIX}/actions/claim",
    tool="edge.actions.claim",
    scope=Scope.ACTIONS_CLAIM,
    request=Claim,
    max_bytes=limits.ACTION_CLAIM_BODY,
    answers=(Answered(HTTPStatus.OK, Claimed, "the actions are this node's"),),
    steps=(
        disabled(),
        authenticated(Scope.ACTIONS_CLAIM),
        certified(),
        Step(
            "signing them",
            (
                Known(
                    HTTPStatus.SERVICE_UNAVAILABLE,
                    Code.ACTION_SIGNING_UNAVAILABLE,
                    "the Authority has no signing key",
                ),
            ),
        ),
    ),
)

RESULT_ROUTE = Route(
    name="actions/result",
    says="a node says what became of an action",
    method="POST",
    path=f"{PREFIX}/actions/result",
    tool="edge.actions.result",
    scope=Scope.ACTIONS_REPORT,
    request=Result,
    max_bytes=limits.ACTION_RESULT_BODY,
    answers=(Answered(HTTPStatus.OK, Recorded, "the result is stored"),),
    steps=(
        disabled(),
        sized("it is larger than 96 KiB; with `maxBytes`"),
        authenticated(Scope.ACTIONS_REPORT),
        certified(),
        parsed(),
        Step(
            "the fields",
            (Known(HTTPStatus.UNPROCESSABLE_ENTITY, Code.INVALID_BODY, "without `issues`"),),
        ),
        Step(
            "the action",
            (
                Known(HTTPStatus.NOT_FOUND, Code.ACTION_NOT_FOUND, "there is none by that key"),
                Known(
                    HTTPStatus.FORBIDDEN,
                    Code.NOT_CLAIMED_BY_THIS_NODE,
                    "another node claimed it, or none",
                ),
                Known(
                    HTTPStatus.CONFLICT,
                    Code.ILLEGAL_TRANSITION,
                    "`illegal-transition A->B`: it cannot become that",
                ),
            ),
        ),
    ),
)
