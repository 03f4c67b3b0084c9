"""``/api/v1/admin``: what an operator may do, as JSON; behind a login, and every change audited.

Each answer is ``{"ok": true, …}`` or a refusal of the same form as the edge contract's.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from starlette.routing import Route

from dpf_edge.authority import answers, login
from dpf_edge.authority.bodies import Cap
from dpf_edge.errors import StoreConflict, StoreMissing, StoreUnavailable
from dpf_edge.store.records import AuditRow
from dpf_edge.wire import issues, limits
from dpf_edge.wire.body import Body
from dpf_edge.wire.refusals import Code, Refusal

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.requests import Request
    from starlette.responses import Response

    from dpf_edge.authority.authority import Authority
    from dpf_edge.authority.login import Role, Who
    from dpf_edge.store.kept import Store

T = TypeVar("T")

PREFIX = "/api/v1/admin"
# An operator's forms are small.
BODY = Cap(64 * limits.KIB, tells=True)
MOST_ROWS = 500


def form(kind: type[T]) -> Body[T]:
    """How an operator's form is read: as strictly as a node's body, and unknown fields refused."""
    return Body(kind, HTTPStatus.BAD_REQUEST, Code.INVALID_BODY, issues.tree)


class Ask:
    """One call of the administration: who calls, and what they ask."""

    def __init__(self, authority: Authority, request: Request, name: str, caller: Who) -> None:
        self.authority = authority
        self.request = request
        self.name = name
        self.caller = caller
        self.began = authority.ticks()
        self.now = authority.clock()

    def path(self, name: str) -> str:
        """A part of the path.

        :raises Refusal: 404: nothing is called so.
        """
        text: str = self.request.path_params[name]
        if "\0" in text:
            raise not_found(f"{name}: nothing is called so")
        return text

    def text(self, name: str) -> str | None:
        """A text of the query; None where it is not there or empty.

        :raises Refusal: 400 ``invalid_query``.
        """
        told = self.request.query_params.get(name) or None
        if told is not None and "\0" in told:
            raise invalid_query(name, "holds a NUL")
        return told

    def number(self, name: str, default: int, least: int, most: int) -> int:
        """A whole number of the query.

        :raises Refusal: 400 ``invalid_query``.
        """
        told = self.text(name)
        if told is None:
            return default
        # Nine digits are more than any bound here, and int() is asked for no more.
        if not (
            told.isascii() and told.isdigit() and len(told) <= 9 and least <= int(told) <= most
        ):
            raise invalid_query(name, f"is a number from {least} to {most}")
        return int(told)

    def choice(self, name: str, among: tuple[str, ...]) -> str | None:
        """One of a few words of the query; None where it is not there.

        :raises Refusal: 400 ``invalid_query``.
        """
        told = self.text(name)
        if told is not None and told not in among:
            raise invalid_query(name, f"is one of {', '.join(among)}")
        return told

    async def body(self, form: Body[T]) -> T:
        """What the body says; an empty one is an object without fields.

        :raises Refusal: 400 ``invalid_json`` or ``invalid_body``, 408, 413, 415.
        """
        return form.decode(await self.authority.reader.read(self.request, BODY) or b"{}")

    async def stored(self, work: Callable[[Store], T]) -> T:
        """What the store gives."""
        return await self.authority.threads.run(work, self.authority.store)

    async def change(
        self,
        work: Callable[[Store], T],
        *,
        node_id: str | None = None,
        detail: Callable[[T], dict[str, Any]] | None = None,
    ) -> T:
        """Change something, and write down who did: both, or neither."""

        def together(store: Store) -> T:
            with store.together():
                done = work(store)
                row = AuditRow(
                    tool=f"admin.{self.name}",
                    at=self.now,
                    node_id=node_id,
                    ms=round((self.authority.ticks() - self.began) * 1000, 3),
                    detail=detail(done) if detail else None,
                    mode=login.AUDIT_MODE,
                    actor=self.caller.actor,
                )
                store.audit.record([row])
            return done

        return await self.stored(together)


class Reply(NamedTuple):
    """What a call is answered with, beside ``ok``."""

    body: dict[str, Any]
    status: int = HTTPStatus.OK


class Operation(NamedTuple):
    """One route of the administration."""

    method: str
    path: str
    # As the audit calls it, behind ``admin.``.
    name: str
    role: Role
    handler: Callable[[Ask], Awaitable[Reply]]


def routes(authority: Authority, operations: tuple[Operation, ...]) -> list[Route]:
    """Operations, as Starlette takes them."""
    return [
        Route(f"{PREFIX}{each.path}", endpoint(authority, each), methods=[each.method])
        for each in operations
    ]


def endpoint(authority: Authority, operation: Operation) -> Callable[..., Any]:
    """One operation: who calls → may they → is it meant → what is asked → done."""

    async def respond(request: Request) -> Response:
        began = authority.ticks()
        try:
            caller = login.admitted(await login.who(authority, request), operation.role)
            login.must_be_meant(request, caller, request.headers.get(login.CSRF_HEADER))
            ask = Ask(authority, request, operation.name, caller)
            reply = await operation.handler(ask)
            response = answers.json(reply.status, {"ok": True, **reply.body})
        except Refusal as refusal:
            response = answers.refused(refusal)
        except StoreMissing as missing:
            response = answers.refused(not_found(str(missing)))
        except StoreConflict as conflict:
            response = answers.refused(Refusal(HTTPStatus.CONFLICT, "conflict", told(conflict)))
        except StoreUnavailable as away:
            unavailable = answers.store_unavailable(f"admin.{operation.name}", away)
            response = answers.refused(unavailable)
        authority.counts.call("admin", response.status_code, authority.ticks() - began)
        return response

    return respond


def told(conflict: StoreConflict) -> str:
    """What stands in the way, and what to do about it."""
    return f"{conflict}; {conflict.hint}" if conflict.hint else str(conflict)


def not_found(message: str) -> Refusal:
    """404."""
    return Refusal(HTTPStatus.NOT_FOUND, Code.NOT_FOUND, message)


def invalid_query(name: str, message: str) -> Refusal:
    """400: a parameter of the query is not as it must be."""
    return Refusal(HTTPStatus.BAD_REQUEST, "invalid_query", f"{name} {message}")
