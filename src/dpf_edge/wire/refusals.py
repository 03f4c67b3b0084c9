"""What an Authority answers when it refuses: a status, a stable code, and a body.

``{"ok": false, "error": CODE, "message"?: TEXT, …}``: every refusal of every route has this body.
A message is for people and may change; a program goes by the status and the code. Neither ever
repeats what the client sent, so no token can come back in one.
"""

# ruff: noqa: S105 — a code that has TOKEN in its name is no password

from __future__ import annotations

from enum import StrEnum
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


class Code(StrEnum):
    """Every code that ``error`` may carry, here or at a published Authority."""

    # Who calls.
    MISSING_AUTHORIZATION = "missing_authorization"
    INVALID_SCHEME = "invalid_scheme"
    INVALID_TOKEN_FORMAT = "invalid_token_format"
    TOKEN_NOT_FOUND = "token_not_found"
    TOKEN_ALREADY_CONSUMED = "token_already_consumed"
    TOKEN_REVOKED = "token_revoked"
    TOKEN_EXPIRED = "token_expired"
    FINGERPRINT_MISMATCH = "fingerprint_mismatch"
    NODE_REVOKED = "node_revoked"
    SCOPE_DISALLOWED = "scope_disallowed"
    # What was sent.
    INVALID_JSON = "invalid_json"
    INVALID_BODY = "invalid_body"
    INVALID_ENVELOPE = "invalid_envelope"
    INVALID_PLATFORM = "invalid_platform"
    INVALID_INSTALL_MODE = "invalid_install_mode"
    NO_ACCEPTABLE_CAPABILITIES = "no_acceptable_capabilities"
    INVALID_CANDIDATE_SNAPSHOT = "invalid_candidate_snapshot"
    PAYLOAD_TOO_LARGE = "payload_too_large"
    RAW_DATA_TOO_LARGE = "raw_data_too_large"
    STALE_OBSERVATION = "stale_observation"
    STALE_PAYLOAD = "stale_payload"
    STALE_CANDIDATE_SNAPSHOT = "stale_candidate_snapshot"
    RATE_LIMITED = "rate_limited"
    # The Authority's own trouble.
    PERSISTENCE_FAILED = "persistence_failed"
    PERSIST_FAILED = "persist_failed"
    STORE_UNAVAILABLE = "store_unavailable"
    # Actions.
    REMOTE_ACTION_DISPATCH_DISABLED = "remote_action_dispatch_disabled"
    MACHINE_AUTHENTICATION_FAILED = "machine_authentication_failed"
    MACHINE_AUTHENTICATION_UNAVAILABLE = "machine_authentication_unavailable"
    ACTION_SIGNING_UNAVAILABLE = "action_signing_unavailable"
    ACTION_NOT_FOUND = "action-not-found"
    ILLEGAL_TRANSITION = "illegal-transition"
    NOT_CLAIMED_BY_THIS_NODE = "not-claimed-by-this-node"
    CERTIFICATE_MISSING = "certificate_missing"
    CERTIFICATE_INVALID = "certificate_invalid"
    CERTIFICATE_METADATA_MISMATCH = "certificate_metadata_mismatch"
    INVALID_CERTIFICATE_METADATA = "invalid_certificate_metadata"
    CLIENT_AUTH_REQUIRED = "client_auth_required"
    WRONG_CERTIFICATE_PROFILE = "wrong_certificate_profile"
    CERTIFICATE_NOT_YET_VALID = "certificate_not_yet_valid"
    CERTIFICATE_EXPIRED = "certificate_expired"
    CERTIFICATE_LIFETIME_TOO_LONG = "certificate_lifetime_too_long"
    CERTIFICATE_ALREADY_BOUND = "certificate_already_bound"
    # HTTP itself; a published Authority leaves these to its framework, without a body.
    NOT_FOUND = "not_found"
    METHOD_NOT_ALLOWED = "method_not_allowed"
    REQUEST_TIMEOUT = "request_timeout"
    UNSUPPORTED_ENCODING = "unsupported_encoding"
    HOST_NOT_ALLOWED = "host_not_allowed"
    # The portal's own sessions (GET metrics).
    UNAUTHORIZED = "unauthorized"


class Refusal(Exception):
    """A call is refused: which status, which code, and what else the body says.

    ``extra`` holds the body's further fields by their wire names: ``issues``, ``maxBytes``,
    ``itemIndex``, ``retryAfter`` and the like.
    """

    def __init__(
        self,
        status: int,
        code: Code | str,
        message: str | None = None,
        extra: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(f"{int(status)} {code}" + (f": {message}" if message else ""))
        self.status = int(status)
        self.code = str(code)
        self.message = message
        self.extra: Mapping[str, Any] = dict(extra or {})

    def body(self) -> dict[str, Any]:
        """The body of the answer, as it is written to JSON."""
        said = {} if self.message is None else {"message": self.message}
        return {"ok": False, "error": self.code, **said, **self.extra}

    @property
    def retry_after(self) -> int | None:
        """What the ``Retry-After`` header says, in seconds; None where there is none."""
        for field in (RETRY_AFTER, RETRY_AFTER_SEC):
            if field in self.extra:
                return int(self.extra[field])
        return None


# The body's field beside the Retry-After header: two spellings, by route.
RETRY_AFTER = "retryAfter"  # heartbeat, discovery-runs, adapters, federation-candidates
RETRY_AFTER_SEC = "retryAfterSec"  # events, metrics


def rate_limited(seconds: float, field: str = RETRY_AFTER) -> Refusal:
    """429: so many seconds, rounded up and at least one, until a slot is free."""
    wait = max(1, -int(-seconds // 1))
    return Refusal(HTTPStatus.TOO_MANY_REQUESTS, Code.RATE_LIMITED, extra={field: wait})


def payload_too_large(max_bytes: int, *, tells: bool = True) -> Refusal:
    """413: the body is larger than the route takes; ``tells`` adds ``maxBytes`` where published."""
    return Refusal(
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        Code.PAYLOAD_TOO_LARGE,
        f"the body may be {max_bytes} bytes",
        {"maxBytes": max_bytes} if tells else None,
    )


def invalid_json() -> Refusal:
    """400: the body is no JSON that can be taken."""
    return Refusal(HTTPStatus.BAD_REQUEST, Code.INVALID_JSON, "the body is not JSON")


def unauthorized(code: Code, message: str) -> Refusal:
    """401, with its code."""
    return Refusal(HTTPStatus.UNAUTHORIZED, code, message)


def scope_disallowed(trust_state: str, scope: str) -> Refusal:
    """403: the node is known, and its trust state does not carry the route's scope."""
    return Refusal(
        HTTPStatus.FORBIDDEN,
        Code.SCOPE_DISALLOWED,
        f"a node that is {trust_state} may not use {scope}",
    )


def node_revoked() -> Refusal:
    """401: the node was revoked.

    The contract has it, and hardly any caller sees it: revoking a node forgets its token, so its
    next call is ``token_not_found``.
    """
    return unauthorized(Code.NODE_REVOKED, "this node was revoked")


def token_not_found() -> Refusal:
    """401: no token by this digest: what a node is told that was revoked or whose token changed."""
    return unauthorized(Code.TOKEN_NOT_FOUND, "this token is not known")
