"""A node names its client certificate.

The body is ``{}``: the certificate is told by the TLS proxy, in headers that a client never sends
and the proxy strips. A certificate that was superseded or revoked is never made active again.
"""

from __future__ import annotations

from enum import StrEnum
from http import HTTPStatus
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from dpf_edge.wire import limits
from dpf_edge.wire.actions import certified, disabled
from dpf_edge.wire.refusals import Code, Refusal
from dpf_edge.wire.route import PREFIX, Answered, Known, Route, Step, authenticated
from dpf_edge.wire.vocabulary import Scope

LIFETIME_DAYS = 32
NOT_BEFORE_SECONDS = 30  # how far a certificate's begin may be ahead
DER_BYTES = 16 * limits.KIB
PROXY_SECRET_CHARACTERS = 32
SUBJECT = r"CN=dpf-edge-[A-Za-z0-9._-]+"
CLIENT_AUTH = "1.3.6.1.5.5.7.3.2"

# What the TLS proxy says, on the listener that only it reaches.
PROXY_SECRET = "x-dpf-mtls-proxy-secret"  # noqa: S105 — a header's name
FINGERPRINT = "x-dpf-edge-cert-fingerprint"
SERIAL = "x-dpf-edge-cert-serial"
DER = "x-dpf-edge-cert-der"
PROXY_HEADERS = (PROXY_SECRET, FINGERPRINT, SERIAL, DER)


class Register(msgspec.Struct, frozen=True):
    """Nothing: the certificate is in the headers."""


class Registered(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The certificate is this node's."""

    certificate_id: Annotated[str, Meta(description="`edgecert_` and 20 hexadecimal digits")]
    created: Annotated[bool, Meta(description="whether it was not known before")]
    ok: Literal[True] = True


class CertificateStatus(StrEnum):
    """Where a certificate stands."""

    ACTIVE = "active"
    SUPERSEDED = "superseded"
    REVOKED = "revoked"


def check_known(status: CertificateStatus, *, same_node: bool) -> None:
    """Refuse to register a certificate that is known and not this node's active one.

    :raises Refusal: 409 ``certificate_already_bound``: it is another node's, or it was superseded
        or revoked and stays so.
    """
    if same_node and status is CertificateStatus.ACTIVE:
        return
    says = f"this certificate is {status}" if same_node else "this certificate is another node's"
    raise Refusal(HTTPStatus.CONFLICT, Code.CERTIFICATE_ALREADY_BOUND, says)


_UNFIT = HTTPStatus.UNPROCESSABLE_ENTITY

ROUTE = Route(
    name="actions/certificates/register",
    says="a node names its client certificate",
    method="POST",
    path=f"{PREFIX}/actions/certificates/register",
    tool="edge.actions.certificates.register",
    scope=Scope.ACTIONS_CLAIM,
    request=Register,
    answers=(
        Answered(HTTPStatus.CREATED, Registered, "it was not known"),
        Answered(HTTPStatus.OK, Registered, "it is known, active and this node's"),
    ),
    steps=(
        disabled(),
        authenticated(Scope.ACTIONS_CLAIM),
        certified(),
        Step(
            "the certificate",
            (
                Known(_UNFIT, Code.CERTIFICATE_MISSING, "the proxy names none"),
                Known(_UNFIT, Code.CERTIFICATE_INVALID, "it cannot be read"),
                Known(_UNFIT, Code.CERTIFICATE_METADATA_MISMATCH, "the headers disagree with it"),
                Known(_UNFIT, Code.INVALID_CERTIFICATE_METADATA, "the headers are malformed"),
                Known(_UNFIT, Code.CLIENT_AUTH_REQUIRED, f"no EKU clientAuth ({CLIENT_AUTH})"),
                Known(_UNFIT, Code.WRONG_CERTIFICATE_PROFILE, "the subject is not `CN=dpf-edge-…`"),
                Known(_UNFIT, Code.CERTIFICATE_NOT_YET_VALID, "it begins more than 30 s ahead"),
                Known(_UNFIT, Code.CERTIFICATE_EXPIRED, "it has ended"),
                Known(_UNFIT, Code.CERTIFICATE_LIFETIME_TOO_LONG, "more than 32 days"),
                Known(
                    HTTPStatus.CONFLICT,
                    Code.CERTIFICATE_ALREADY_BOUND,
                    "it is another node's, or was superseded or revoked",
                ),
            ),
        ),
    ),
)
