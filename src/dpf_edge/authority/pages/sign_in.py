"""Signing in, by a name and a password or by a link; and out."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from starlette.responses import RedirectResponse
from starlette.routing import Route

from dpf_edge.authority import login
from dpf_edge.authority.pages import rendering
from dpf_edge.authority.pages.visit import fields, guarded
from dpf_edge.wire.refusals import Refusal

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from dpf_edge.authority.authority import Authority
    from dpf_edge.store.records import OpenedSession

SPENT = "This link was used, or is too old: dpf-edge authority sign-in-link gives another."


def routes(authority: Authority) -> list[Route]:
    """The door."""
    door = Door(authority)
    return [
        Route("/sign-in", guarded(door.show), methods=["GET"]),
        Route("/sign-in", guarded(door.sign_in), methods=["POST"]),
        Route("/sign-out", guarded(door.sign_out), methods=["POST"]),
    ]


class Door:
    """What is behind each address."""

    def __init__(self, authority: Authority) -> None:
        self.authority = authority

    async def show(self, request: Request) -> Response:
        """A form; or, with a one-time link, a session at once."""
        link = request.query_params.get("link")
        # A preview asks with HEAD for what an address is; it would take the link from its reader.
        if link is None or request.method == "HEAD":
            return rendering.html("sign-in.html", says=None)
        opened = await login.use_link(self.authority, link)
        if opened is None:
            return rendering.html("sign-in.html", HTTPStatus.UNAUTHORIZED, says=SPENT)
        return self.welcomed(opened)

    async def sign_in(self, request: Request) -> Response:
        """A session for a name and a password that are right."""
        if not login.is_same_origin(request):
            raise login.csrf_failed()
        form = await fields(self.authority, request)
        try:
            opened = await login.sign_in(
                self.authority, form.get("name", ""), form.get("password", "")
            )
        except Refusal as refusal:
            waits = refusal.status == HTTPStatus.TOO_MANY_REQUESTS
            says = "Too many tries. Wait a minute." if waits else "The name or password is wrong."
            return rendering.html("sign-in.html", refusal.status, says=says)
        return self.welcomed(opened)

    def welcomed(self, opened: OpenedSession) -> Response:
        """The way to the first page, with a cookie."""
        response = RedirectResponse("/", HTTPStatus.SEE_OTHER, rendering.HEADERS)
        login.keep(response, self.authority.settings, opened)
        return response

    async def sign_out(self, request: Request) -> Response:
        """The end of the session."""
        caller = await login.who(self.authority, request)
        if caller is not None and (session := caller.session) is not None:
            form = await fields(self.authority, request)
            login.must_be_meant(request, caller, form.get("csrf"))
            await login.sign_out(self.authority, caller, session)
        response = RedirectResponse("/sign-in", HTTPStatus.SEE_OTHER, rendering.HEADERS)
        login.drop(response, self.authority.settings)
        return response
