"""What the handlers of ``/api/v1/edge/*`` stand on.

A handler is the order of its checks, read from top to bottom: each step gives something or raises
the :class:`Refusal` that is the answer, so the first fault answers and a later one is not looked
at. The rest is here: who calls, the audit row, the answer's form, a store that is away.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from dpf_edge.authority import answers, bodies
from dpf_edge.authority.bodies import SMALL_BYTES, Cap, ClientGone
from dpf_edge.errors import StoreUnavailable
from dpf_edge.store.records import AuditRow
from dpf_edge.wire import refusals, tokens
from dpf_edge.wire.refusals import Refusal
from dpf_edge.wire.vocabulary import TrustState

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.requests import Request
    from starlette.responses import Response

    from dpf_edge.authority.authority import Authority
    from dpf_edge.store.kept import Store
    from dpf_edge.store.records import Node
    from dpf_edge.wire.route import Route

    Handler = Callable[["Call"], Awaitable["Answer"]]

T = TypeVar("T")

# What the audit says of a client that went away: nginx's number, known to whoever reads logs.
CLIENT_GONE = (499, "client_gone")


class Answer(NamedTuple):
    """What a call is answered with."""

    status: int
    body: Any
    # What the audit keeps of it: counts and ids, never what was sent.
    detail: dict[str, Any] | None = None


class Call:
    """One call of one route."""

    def __init__(self, authority: Authority, route: Route, request: Request) -> None:
        self.authority = authority
        self.route = route
        self.request = request
        self.began = authority.ticks()
        self.received_at = authority.clock()
        # Who calls, as soon as that is known; whatever else the audit is to know of a refusal.
        self.node_id: str | None = None
        self.detail: dict[str, Any] = {}

    def bearer(self) -> str:
        """The token that came in the header, whatever it looks like.

        :raises Refusal: 401 ``missing_authorization`` or ``invalid_scheme``.
        """
        # Several headers of one name are one, with commas (RFC 9110 section 5.3), and so no token.
        given = self.request.headers.getlist("authorization")
        return tokens.bearer(", ".join(given) if given else None)

    async def admitted(self) -> Node:
        """The node whose token came in the header.

        :raises Refusal: 401, or 403 where the node's trust does not carry the route's scope.
        """
        token = tokens.spelt_for(tokens.NODE, self.bearer())
        node = await self.stored(lambda store: store.nodes.by_digest(tokens.digest(token)))
        if node is None:
            raise refusals.token_not_found()
        self.node_id = node.node_id
        if node.trust_state == TrustState.REVOKED:
            raise refusals.node_revoked()
        if self.route.scope.needs_trust and node.trust_state != TrustState.TRUSTED:
            raise refusals.scope_disallowed(node.trust_state, self.route.scope)
        return node

    async def limited(self, node: Node) -> int:
        """Take a slot of the route's rate; how many are left in the first of its ceilings.

        :raises Refusal: 429 ``rate_limited``; then no slot was taken.
        """
        taken = await self.stored(
            lambda store: store.limits.take(node.node_id, self.route.name, self.route.ceilings)
        )
        if taken.wait is not None:
            raise refusals.rate_limited(taken.wait, self.route.retry_field)
        return taken.remaining

    def declared(self, *, tells: bool = False) -> None:
        """Look at what the headers say of the body.

        :param tells: whether a refusal names the bound, as published for this route.
        :raises Refusal: 413 ``payload_too_large`` or 415 ``unsupported_encoding``.
        """
        bodies.declared(self.request, Cap(self.route.max_bytes, tells))

    async def body(self, *, tells: bool = False) -> bytes:
        """The whole body.

        :raises Refusal: as :meth:`declared`, and 408 ``request_timeout``.
        """
        return await self.authority.reader.read(self.request, Cap(self.route.max_bytes, tells))

    async def read(self, body: bytes, decode: Callable[[bytes], T]) -> T:
        """What a body says; a large one is read beside the event loop.

        :raises Refusal: what the decoder raises.
        """
        if len(body) <= SMALL_BYTES:
            return decode(body)
        return await self.authority.threads.run(decode, body)

    async def stored(self, work: Callable[[Store], T]) -> T:
        """What the store gives.

        :raises StoreUnavailable: it is away.
        """
        return await self.authority.threads.run(work, self.authority.store)

    async def effect(
        self, work: Callable[[Store], Answer], failing: Refusal | None = None
    ) -> Answer:
        """Do what was asked and write the audit row of it: both, or neither.

        :param failing: what is answered where the route has a code of its own for a store that
            fails here; it tells no detail.
        :raises StoreUnavailable: the store is away, and nothing was done.
        """

        def together(store: Store) -> Answer:
            with store.together():
                answer = work(store)
                store.audit.record([self.row(answer.status, None, answer.detail)])
            return answer

        try:
            return await self.stored(together)
        except StoreUnavailable as away:
            if failing is None:
                raise
            answers.log_away(self.route.tool, away)
            raise failing from None

    async def refused(self, status: int, code: str) -> None:
        """Write the audit row of a call that took no effect.

        That a row could not be written is logged, and does not change the answer.
        """
        row = self.row(status, code, self.detail or None)
        try:
            await self.authority.threads.run(self.authority.clerk.write, row)
        except StoreUnavailable as away:
            answers.log_away(f"{self.route.tool}: no audit row for {status} {code}", away)

    def row(self, status: int, code: str | None, detail: dict[str, Any] | None) -> AuditRow:
        """The audit row of this call."""
        return AuditRow(
            tool=self.route.tool,
            at=self.received_at,
            node_id=self.node_id,
            status=int(status),
            code=code,
            ms=round((self.authority.ticks() - self.began) * 1000, 3),
            detail=detail,
        )


async def answered(handler: Handler, call: Call) -> Response:
    """The answer to one call, and its audit row.

    :raises ClientGone: there is nobody to answer.
    """
    try:
        answer = await handler(call)
    except Refusal as refusal:
        await call.refused(refusal.status, refusal.code)
        return answers.refused(refusal)
    except StoreUnavailable as away:
        return answers.refused(answers.store_unavailable(call.route.tool, away))
    except ClientGone:
        if call.node_id is not None:
            await call.refused(*CLIENT_GONE)
        raise
    return answers.json(answer.status, answer.body)


def endpoint(authority: Authority, route: Route, handler: Handler) -> Callable[..., Any]:
    """A handler, as Starlette takes it."""

    async def respond(request: Request) -> Response:
        call = Call(authority, route, request)
        response = await answered(handler, call)
        seconds = authority.ticks() - call.began
        authority.counts.call(route.name, response.status_code, seconds)
        return response

    return respond
