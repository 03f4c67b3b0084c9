"""Other installations that a node saw on its LAN.

The body is strict, as no other is: one unknown key or one bad candidate refuses the whole
snapshot. So a node leaves out what would be refused, and sends at most fifty. A candidate never
creates trust: a person pairs the two, or nobody does. Candidates are forgotten after two minutes,
and an empty snapshot takes none back.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import ipaddress
import re
from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from dpf_edge.wire import answers, body, limits, texts, times
from dpf_edge.wire.freshness import check_narrow
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
from dpf_edge.wire.vocabulary import Scope

if TYPE_CHECKING:
    from collections.abc import Iterable

CANDIDATES = 50
ENDPOINT = 512
ORGANIZATION = 48
FORGOTTEN_SECONDS = 120
PAIR_PATH = "/connect/pair"

# The first four bytes of SHA-256("dpf.demand/1"): what every installation of protocol 1 can do.
CAPABILITY_DIGEST = "8f9c2d4f"

ID_SECONDS = 900  # a rotating id changes every quarter of an hour, so that nobody can be followed
ID_BYTES = 12

_ENDPOINT = re.compile(
    r"https?://(?:\[(?P<six>[0-9a-f:.]+)\]|(?P<host>[0-9a-z._-]+))(?::(?P<port>[0-9]{1,5}))?/?",
    re.IGNORECASE | re.ASCII,
)
_PRIVATE = tuple(
    ipaddress.ip_network(each)
    for each in (
        "10.0.0.0/8",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "169.254.0.0/16",
        "::1/128",
        "fe80::/10",
        "fc00::/7",
    )
)


class Candidate(
    msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True
):
    """One installation, as it announces itself."""

    discovery_id: Annotated[
        str, Meta(pattern=r"^[A-Za-z0-9_-]{16,64}\Z", description="its rotating id")
    ]
    endpoint: Annotated[
        str,
        Meta(
            max_length=ENDPOINT,
            description="its origin: http or https, on a private address or a `.local` name",
            extra_json_schema={"format": "uri"},
        ),
    ]
    protocol: Annotated[Literal["1"], Meta(description="the version of the announcement")]
    capability_digest: Annotated[
        str, Meta(pattern=r"^[0-9a-f]{8,64}\Z", description="what it can do, hashed")
    ]
    pair_path: Annotated[Literal["/connect/pair"], Meta(description="where it is paired")]
    organization_ref: (
        Annotated[
            str, Meta(min_length=1, max_length=ORGANIZATION, description="whose it says it is")
        ]
        | UnsetType
    ) = UNSET


class Request(
    msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True
):
    """What is in sight now."""

    observed_at: Annotated[str, Meta(pattern=times.PATTERN, description="when it was seen")]
    candidates: Annotated[
        tuple[Candidate, ...], Meta(max_length=CANDIDATES, description="may be empty")
    ]


class Answer(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The snapshot was taken."""

    accepted: Annotated[int, Meta(ge=0, description="candidates taken")]
    trusted_links_created: Annotated[Literal[0], Meta(description="never any")] = 0
    ok: Literal[True] = True


def private(endpoint: str) -> bool:
    """Whether an endpoint is the origin of something on a private network, and nothing more.

    http or https; a ``.local`` name, an RFC 1918 or link-local IPv4 address, ``::1``, fe80::/10 or
    fc00::/7; a port or none; no user, path, query or fragment.
    """
    matched = _ENDPOINT.fullmatch(endpoint)
    if not matched or int(matched["port"] or 0) > 65535:
        return False
    host = (matched["six"] or matched["host"]).lower()
    if host.endswith(".local"):
        return all(host.split("."))
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    # Brackets are IPv6's, and only IPv6's.
    if (matched["six"] is not None) != (address.version == 6):
        return False
    return any(address in network for network in _PRIVATE)


def fits(candidate: Candidate) -> bool:
    """Whether an Authority takes a candidate; one that it does not would cost the others."""
    try:
        msgspec.convert(msgspec.to_builtins(candidate), Candidate)
    except ValueError:
        return False
    return private(candidate.endpoint) and _lengths(candidate)


def snapshot(observed_at: str, seen: Iterable[Candidate]) -> Request:
    """The snapshot to send: what fits of what was seen, once each, and at most fifty."""
    kept = {(each.discovery_id, each.endpoint): each for each in seen if fits(each)}
    return Request(observed_at=observed_at, candidates=tuple(kept.values())[:CANDIDATES])


def rotating_id(secret: bytes, now: float) -> str:
    """The id that an installation announces in this quarter of an hour: 16 characters.

    The secret is a random one of its own: it is announced to everybody what it hashes to, so it is
    never a token.
    """
    quarter = str(int(now // ID_SECONDS)).encode()
    hashed = hmac.new(secret, quarter, hashlib.sha256).digest()[:ID_BYTES]
    return base64.urlsafe_b64encode(hashed).decode()


def _lengths(candidate: Candidate) -> bool:
    organization = candidate.organization_ref
    return not isinstance(organization, str) or texts.length(organization) <= ORGANIZATION


def _settled(request: Request) -> Request:
    for each in request.candidates:
        if not private(each.endpoint):
            raise msgspec.ValidationError("an endpoint is not a private origin")
    return request


BODY = body.Body(Request, HTTPStatus.BAD_REQUEST, Code.INVALID_CANDIDATE_SNAPSHOT, settle=_settled)


def decode(octets: bytes) -> Request:
    """The snapshot that a body says.

    :raises Refusal: 400 ``invalid_json`` or ``invalid_candidate_snapshot``.
    """
    return BODY.decode(octets)


def check_fresh(request: Request, now: float) -> None:
    """Refuse a snapshot that is more than five minutes from the Authority's clock.

    :raises Refusal: 400 ``stale_candidate_snapshot``.
    """
    check_narrow(request.observed_at, now, HTTPStatus.BAD_REQUEST, Code.STALE_CANDIDATE_SNAPSHOT)


def answer(octets: bytes) -> Answer:
    """The answer that an Authority's 202 says.

    :raises AnswerMalformed: it is not one.
    """
    return answers.read(octets, Answer)


_BAD = HTTPStatus.BAD_REQUEST

ROUTE = Route(
    name="federation-candidates",
    says="other installations that a node saw on its LAN",
    method="POST",
    path=f"{PREFIX}/federation-candidates",
    tool="edge.federation_candidates.submit",
    scope=Scope.DISCOVERY,
    request=Request,
    max_bytes=limits.FEDERATION_BODY,
    ceilings=limits.FEDERATION,
    window=limits.NARROW_WINDOW,
    answers=(Answered(HTTPStatus.ACCEPTED, Answer, "the candidates are shown to people"),),
    steps=(
        authenticated(Scope.DISCOVERY),
        limited("20 a minute and 300 an hour"),
        sized("it is larger than 64 KiB"),
        Step("reading it", (Known(_BAD, Code.INVALID_BODY, "it broke off"),)),
        parsed(),
        Step("the fields", (Known(_BAD, Code.INVALID_CANDIDATE_SNAPSHOT, "without `issues`"),)),
        Step(
            "the freshness of `observedAt`",
            (Known(_BAD, Code.STALE_CANDIDATE_SNAPSHOT, "more than 5 min behind or ahead"),),
        ),
    ),
)
