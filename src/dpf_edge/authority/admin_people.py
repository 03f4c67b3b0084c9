"""Who administers: signing in and out, people, API tokens; and the Authority's own settings."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated, Any, Literal

import msgspec
from msgspec import Meta
from starlette.routing import Route

from dpf_edge.authority import answers, login, views
from dpf_edge.authority.admin import BODY, PREFIX, Operation, Reply, form, not_found
from dpf_edge.authority.login import LONGEST_PASSWORD, Role
from dpf_edge.errors import StoreUnavailable
from dpf_edge.wire.refusals import Refusal
from dpf_edge.wire.tokens import Secret

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from dpf_edge.authority.admin import Ask
    from dpf_edge.authority.authority import Authority
    from dpf_edge.store.kept import Store

Named = Annotated[str, Meta(min_length=1, max_length=100, pattern=r"^[^\x00-\x1f\x7f-\x9f]+\Z")]
RoleName = Literal["viewer", "operator"]
# NIST SP 800-63B-4 section 3.1.1.2: at least 15 where a password is all there is, and no rules
# about which characters.
SHORTEST_PASSWORD = 15
Password = Annotated[str, Meta(min_length=SHORTEST_PASSWORD, max_length=LONGEST_PASSWORD)]

# What may be set while the program runs, and the least and the most of it.
SETTINGS = {
    "retention-days": (1, 3650),
    "gone-after-seconds": (60, 30 * 86_400),
}


class SignInForm(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who wants to sign in. Its repr tells no password."""

    name: Annotated[str, Meta(max_length=200)]
    password: Annotated[str, Meta(max_length=LONGEST_PASSWORD)]

    def __repr__(self) -> str:
        return "SignInForm(…)"


class PersonForm(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Somebody who is to be let in."""

    name: Named
    role: RoleName
    password: Password

    def __repr__(self) -> str:
        return "PersonForm(…)"


class ApiTokenForm(
    msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True
):
    """An API token that is to be issued."""

    label: Named
    role: RoleName = "viewer"
    ttl_days: Annotated[float, Meta(gt=0, le=3650)] | None = None


SIGN_IN_FORM, PERSON_FORM, API_TOKEN_FORM = form(SignInForm), form(PersonForm), form(ApiTokenForm)
SETTINGS_FORM = form(dict[str, int])


def sessions(authority: Authority) -> Route:
    """``POST /session``: sign in. There is nobody yet whom the others' checks could look at."""

    async def respond(request: Request) -> Response:
        began = authority.ticks()
        try:
            response = await signed_in(authority, request)
        except Refusal as refusal:
            response = answers.refused(refusal)
        except StoreUnavailable as away:
            response = answers.refused(answers.store_unavailable("admin.session.begin", away))
        authority.counts.call("admin", response.status_code, authority.ticks() - began)
        return response

    return Route(f"{PREFIX}/session", respond, methods=["POST"])


async def signed_in(authority: Authority, request: Request) -> Response:
    """The answer to a name and a password that are right.

    :raises Refusal: 401, 403, 429, or what is wrong with the body.
    """
    if not login.is_same_origin(request):  # else a page could sign its visitor in as somebody else
        raise login.csrf_failed()
    asked = SIGN_IN_FORM.decode(await authority.reader.read(request, BODY))
    opened = await login.sign_in(authority, asked.name, asked.password)
    csrf = login.csrf_of(opened.token.reveal())
    told = {"ok": True, "name": opened.session.name, "role": opened.session.role, "csrf": csrf}
    response = answers.json(HTTPStatus.OK, told)
    login.keep(response, authority.settings, opened)
    return response


async def get_session(ask: Ask) -> Reply:
    """Who calls; a page takes its CSRF token from here."""
    caller = ask.caller
    role = caller.role.name.lower()
    return Reply({"name": caller.name, "role": role, "csrf": caller.csrf})


async def sign_out(ask: Ask) -> Reply:
    """End the session; its cookie is then worth nothing."""
    session = ask.caller.session
    if session is None:
        raise not_found("an API token has no session to end")
    await login.sign_out(ask.authority, ask.caller, session)
    return Reply({})


async def list_people(ask: Ask) -> Reply:
    """Everybody who may sign in."""
    found = await ask.stored(lambda store: store.people.list())
    return Reply({"people": [views.shown(each) for each in found]})


async def add_person(ask: Ask) -> Reply:
    """Let somebody in."""
    asked = await ask.body(PERSON_FORM)
    made = await ask.change(
        lambda store: store.people.add(asked.name, asked.role, Secret(asked.password)),
        detail=lambda _: {"name": asked.name, "role": asked.role},
    )
    return Reply({"person": views.shown(made)}, HTTPStatus.CREATED)


async def remove_person(ask: Ask) -> Reply:
    """Let somebody in no more; their sessions end."""
    name = ask.path("name")
    await ask.change(lambda store: store.people.remove(name), detail=lambda _: {"name": name})
    return Reply({})


async def list_api_tokens(ask: Ask) -> Reply:
    """All API tokens; of each, what may be shown."""
    found = await ask.stored(lambda store: store.people.api_tokens())
    return Reply({"apiTokens": [views.shown(each) for each in found]})


async def issue_api_token(ask: Ask) -> Reply:
    """Issue an API token, which is shown this once."""
    asked, by = await ask.body(API_TOKEN_FORM), ask.caller.actor
    seconds = None if asked.ttl_days is None else asked.ttl_days * 86_400
    issued = await ask.change(
        lambda store: store.people.issue_api_token(
            asked.label, asked.role, ttl_seconds=seconds, by=by
        ),
        detail=lambda made: {"token": made.row.prefix, "role": asked.role},
    )
    told: dict[str, Any] = {"token": issued.token, "issued": views.shown(issued.row)}
    return Reply(told, HTTPStatus.CREATED)


async def revoke_api_token(ask: Ask) -> Reply:
    """Take an API token back."""
    which = ask.path("token")
    await ask.change(
        lambda store: store.people.revoke_api_token(which), detail=lambda _: {"token": which[:12]}
    )
    return Reply({})


async def get_settings(ask: Ask) -> Reply:
    """What may be set while the program runs."""
    kept = await ask.stored(lambda store: store.settings.all())
    return Reply({"settings": {name: int(kept[name]) for name in SETTINGS if name in kept}})


async def put_settings(ask: Ask) -> Reply:
    """Set some of it; all that are named, or none."""
    asked = await ask.body(SETTINGS_FORM)
    for name, value in asked.items():
        least, most = SETTINGS.get(name, (1, 0))
        if not least <= value <= most:
            known = ", ".join(f"{each} {low}–{high}" for each, (low, high) in SETTINGS.items())
            raise Refusal(HTTPStatus.BAD_REQUEST, "invalid_body", f"settings are: {known}")

    def put(store: Store) -> None:
        for name, value in asked.items():
            store.settings.put(name, str(value))

    await ask.change(put, detail=lambda _: dict(asked))
    return await get_settings(ask)


OPERATIONS = (
    Operation("GET", "/session", "session.get", Role.VIEWER, get_session),
    Operation("DELETE", "/session", "session.end", Role.VIEWER, sign_out),
    Operation("GET", "/people", "people.list", Role.OPERATOR, list_people),
    Operation("POST", "/people", "people.add", Role.OPERATOR, add_person),
    Operation("DELETE", "/people/{name:path}", "people.remove", Role.OPERATOR, remove_person),
    Operation("GET", "/api-tokens", "api-tokens.list", Role.OPERATOR, list_api_tokens),
    Operation("POST", "/api-tokens", "api-tokens.issue", Role.OPERATOR, issue_api_token),
    Operation(
        "POST", "/api-tokens/{token}/revoke", "api-tokens.revoke", Role.OPERATOR, revoke_api_token
    ),
    Operation("GET", "/settings", "settings.get", Role.VIEWER, get_settings),
    Operation("PUT", "/settings", "settings.put", Role.OPERATOR, put_settings),
)
