"""Who administers: by a session's cookie, or by an API token; and what a browser must prove.

A cookie comes along with whatever any page makes a browser send, so a call that changes something
also has to carry a text that only our own pages know (CSRF token), and must not come from another
origin. An API token is sent on purpose, and needs neither.
"""

from __future__ import annotations

import hashlib
import hmac
from enum import IntEnum
from http import HTTPStatus
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from dpf_edge.store.records import AuditRow
from dpf_edge.wire import tokens
from dpf_edge.wire.limits import HOUR, MINUTE, Ceiling
from dpf_edge.wire.refusals import Code, Refusal, rate_limited, unauthorized
from dpf_edge.wire.tokens import Secret

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from dpf_edge.authority.authority import Authority
    from dpf_edge.authority.settings import Settings
    from dpf_edge.store.kept import Store
    from dpf_edge.store.records import OpenedSession

API_TOKEN = "dpfapi_"  # noqa: S105 - how one begins
# A working day, so that nobody signs in twice in one.
SESSION_SECONDS = 12 * HOUR
# For whoever starts the program to click; a log that is read later holds nothing that still works.
LINK_SECONDS = 15 * MINUTE
# Guesses at a password.
GUESSES = (Ceiling(10, MINUTE), Ceiling(60, HOUR))
# Names are counted in so many buckets: a stranger can make up any number of names, and each one's
# own count would be a row in the store. With argon2 at some 50 ms, guesses at names of all buckets
# take half a core.
BUCKETS = 64
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
# Which way a call of the trail came.
AUDIT_MODE = "admin"
SIGN_IN, SIGN_OUT = "admin.sign-in", "admin.sign-out"
CSRF_HEADER = "x-csrf-token"
LONGEST_PASSWORD = 1024


class Role(IntEnum):
    """What somebody may do; a higher one may all that a lower one may."""

    VIEWER = 1
    OPERATOR = 2


class Who(NamedTuple):
    """Somebody who administers."""

    name: str
    role: Role
    # The digest of the session's token, and what its calls must carry; None for an API token.
    session: str | None = None
    csrf: str | None = None

    @property
    def actor(self) -> str:
        """How the audit trail calls them."""
        return f"{'api-token' if self.session is None else 'user'}:{self.name}"


def cookie(settings: Settings) -> str:
    """The cookie's name; by its prefix a browser takes it over HTTPS from this host alone."""
    return "__Host-dpf_session" if settings.is_secure else "dpf_session"


def csrf_of(session_token: str) -> str:
    """What a session's calls must carry: derived, so that nothing more has to be kept."""
    return hmac.new(session_token.encode(), b"csrf", hashlib.sha256).hexdigest()


async def who(authority: Authority, request: Request) -> Who | None:
    """Who calls; None where nobody does that is known here."""
    given = request.headers.getlist("authorization")
    if given:
        return await by_api_token(authority, given)
    token = request.cookies.get(cookie(authority.settings))
    if not token:
        return None
    digest = tokens.digest(token)
    session = await authority.threads.run(lambda: authority.store.people.session(digest))
    if session is None:
        return None
    return Who(session.name or "sign-in link", role(session.role), digest, csrf_of(token))


async def by_api_token(authority: Authority, given: list[str]) -> Who | None:
    """Who calls by an API token; None where it is none that is known."""
    try:
        token = tokens.spelt_for(API_TOKEN, tokens.bearer(", ".join(given)))
    except Refusal:
        return None
    digest = tokens.digest(token)
    found = await authority.threads.run(lambda: authority.store.people.api_token(digest))
    return None if found is None else Who(found.label, role(found.role))


def role(name: str) -> Role:
    """A role by its name; one that this version does not know may only look."""
    return Role.OPERATOR if name == "operator" else Role.VIEWER


def admitted(found: Who | None, least: Role) -> Who:
    """Somebody who may do what takes at least this role.

    :raises Refusal: 401 ``unauthorized``, or 403 ``role_disallowed``.
    """
    if found is None:
        raise unauthorized(Code.UNAUTHORIZED, "sign in, or send an API token")
    if found.role < least:
        raise Refusal(HTTPStatus.FORBIDDEN, "role_disallowed", "this takes an operator")
    return found


def must_be_meant(request: Request, found: Who, given: str | None) -> None:
    """Make sure that a call which changes something was made by our own page, and on purpose.

    :param given: the CSRF token that came with it.
    :raises Refusal: 403 ``csrf_failed``.
    """
    if request.method in SAFE_METHODS or found.csrf is None:
        return
    is_known = given is not None and hmac.compare_digest(given.encode(), found.csrf.encode())
    if not is_known or not is_same_origin(request):
        raise csrf_failed()


def csrf_failed() -> Refusal:
    """403: a call came with a cookie and nothing that proves that it was meant."""
    return Refusal(
        HTTPStatus.FORBIDDEN, "csrf_failed", "calls with a cookie carry X-CSRF-Token too"
    )


def is_same_origin(request: Request) -> bool:
    """Whether a request was not made by a page of somebody else's; what is no browser is asked
    nothing (https://www.w3.org/TR/fetch-metadata/)."""
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site in {"same-origin", "none"}
    origin = request.headers.get("origin")
    # The scheme is not compared: a proxy in front may have ended TLS.
    return origin is None or origin.partition("://")[2] == request.headers.get("host")


async def sign_in(authority: Authority, name: str, password: str) -> OpenedSession:
    """Open a session for somebody with a password.

    :raises Refusal: 401 ``unauthorized``, the same for a wrong name and a wrong password; 429.
    """
    if "\0" in name:
        name = ""  # nobody is called so either, and no database takes the other
    bucket = int(tokens.digest(name)[:8], 16) % BUCKETS
    began = authority.ticks()

    def attempt(store: Store) -> OpenedSession | float | None:
        taken = store.limits.take(f"sign-in:{bucket}", "sign-in", GUESSES)
        if taken.wait is not None:
            return taken.wait
        opened = None
        if len(password) <= LONGEST_PASSWORD:
            opened = store.people.sign_in(name, Secret(password), ttl_seconds=SESSION_SECONDS)
        note_sign_in(authority, began, opened, by="password", name=name)
        return opened

    async with authority.hashing:
        opened = await authority.threads.run(attempt, authority.store)
    if isinstance(opened, float):
        raise rate_limited(opened)
    if opened is None:
        raise unauthorized(Code.UNAUTHORIZED, "the name or the password is wrong")
    return opened


async def use_link(authority: Authority, link: str) -> OpenedSession | None:
    """Open a session for whoever has a one-time link; None where it was used or is too old."""
    digest, began = tokens.digest(link), authority.ticks()

    def attempt(store: Store) -> OpenedSession | None:
        opened = store.people.use_link(digest, ttl_seconds=SESSION_SECONDS)
        # Anybody can make up links, without an end: of those that let nobody in, some are noted.
        if opened is not None or store.limits.take("sign-in:link", "sign-in", GUESSES).wait is None:
            note_sign_in(authority, began, opened, by="link")
        return opened

    return await authority.threads.run(attempt, authority.store)


async def sign_out(authority: Authority, caller: Who, session: str) -> None:
    """End a session."""
    began = authority.ticks()

    def together(store: Store) -> None:
        with store.together():
            store.people.sign_out(session)
            store.audit.record([noted(authority, SIGN_OUT, began, caller.actor)])

    await authority.threads.run(together, authority.store)


def note_sign_in(
    authority: Authority,
    began: float,
    opened: OpenedSession | None,
    *,
    by: str,
    name: str | None = None,
) -> None:
    """Write down that somebody came in, or tried to.

    :param by: ``password`` or ``link``; neither is written down itself.
    :param name: what was typed as a name. One that nobody has is left out: it may be a password.
    """
    store, detail = authority.store, {"by": by}
    if opened is not None:
        actor = f"user:{opened.session.name or 'sign-in link'}"
        row = noted(authority, SIGN_IN, began, actor, detail=detail)
    else:
        if any(each.name == name for each in store.people.list()):
            detail["name"] = str(name)
        row = noted(authority, SIGN_IN, began, "nobody", detail=detail)
        row = msgspec.structs.replace(
            row, status=HTTPStatus.UNAUTHORIZED, code=str(Code.UNAUTHORIZED)
        )
    store.audit.record([row])


def noted(
    authority: Authority,
    tool: str,
    began: float,
    actor: str,
    *,
    detail: dict[str, str] | None = None,
) -> AuditRow:
    """What the trail says of one call.

    :param began: when the call came, by :attr:`Authority.ticks`.
    """
    return AuditRow(
        tool=tool,
        at=authority.clock(),
        ms=round((authority.ticks() - began) * 1000, 3),
        detail=detail,
        mode=AUDIT_MODE,
        actor=actor,
    )


def keep(response: Response, settings: Settings, opened: OpenedSession) -> None:
    """Give a browser the cookie of a session."""
    response.set_cookie(
        cookie(settings),
        opened.token.reveal(),
        max_age=SESSION_SECONDS,
        path="/",
        secure=settings.is_secure,
        httponly=True,
        samesite="lax",
    )


def drop(response: Response, settings: Settings) -> None:
    """Take the cookie of a session away."""
    response.delete_cookie(
        cookie(settings), path="/", secure=settings.is_secure, httponly=True, samesite="lax"
    )
