"""News as server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html).

One answer that goes on: until its reader goes away or takes nothing any more, until the session or
the server ends. A browser comes back by itself, says what it had last, and gets what it missed.
"""

from __future__ import annotations

import asyncio
import contextlib
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from starlette.responses import PlainTextResponse, Response

from dpf_edge.authority import login
from dpf_edge.authority.bodies import ClientGone
from dpf_edge.authority.news import Full
from dpf_edge.authority.pages import rendering
from dpf_edge.errors import StoreUnavailable
from dpf_edge.store import feed_terms as terms

if TYPE_CHECKING:
    from asyncio import Task
    from collections.abc import Iterable, Iterator

    from starlette.types import Receive, Scope, Send

    from dpf_edge.authority.news import News, Reader
    from dpf_edge.authority.pages.visit import Visit
    from dpf_edge.store.feed_terms import Wanted

# A comment this often shows a proxy and the browser that somebody is still there; who signed out
# is noticed no later either.
BEAT_SECONDS = 15.0
# For one piece to leave; who takes longer is dropped, and comes back.
TAKING_SECONDS = 10.0
# What a browser waits before it comes back.
RETRY_MILLISECONDS = 3_000
# A browser says its last event here when it comes back by itself.
RESUMES = "last-event-id"
HEADERS = {
    **rendering.HEADERS,
    "content-type": "text/event-stream; charset=utf-8",
    "x-accel-buffering": "no",  # nginx would hold the pieces back until there are many
}
BEAT = ": still here\n\n"


class Stream(Response):
    """The news that fit, as they come."""

    def __init__(self, visit: Visit, wanted: Wanted) -> None:
        """Make the answer's headers.

        :raises Refusal: 400 ``invalid_query``.
        """
        super().__init__(None, HTTPStatus.OK, HEADERS)
        del self.headers["content-length"]
        self.visit = visit
        self.wanted = wanted
        self.after = visit.request.headers.get(RESUMES) or visit.text("after")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, for as long as it lasts."""
        visit = self.visit
        who = visit.caller.session or visit.caller.actor
        try:
            async with visit.authority.news.reading(who, self.after) as reader:
                start = {"status": self.status_code, "headers": self.raw_headers}
                await send({"type": "http.response.start", **start})
                await self.go_on(reader, receive, send)
        except Full:
            full = PlainTextResponse(
                "too many read along", HTTPStatus.SERVICE_UNAVAILABLE, rendering.HEADERS
            )
            await full(scope, receive, send)

    async def go_on(self, reader: Reader, receive: Receive, send: Send) -> None:
        """Send what comes, until something ends it."""
        stop = self.visit.authority.stop
        ends: list[Task[Any]] = [asyncio.create_task(gone(receive))]
        if stop is not None:
            ends.append(asyncio.create_task(stop.wait()))
        piece = f"retry: {RETRY_MILLISECONDS}\n\n"
        try:
            while True:
                await taken(send, piece, goes_on=True)
                news = await come(reader, ends)
                if ends[0].done():
                    return
                last = await self.ended(reader, ends)
                if last is not None:
                    await taken(send, last, goes_on=False)
                    return
                piece = "".join(self.told(news)) or BEAT
        finally:
            for each in ends:
                each.cancel()
            await asyncio.gather(*ends, return_exceptions=True)

    async def ended(self, reader: Reader, ends: list[Task[Any]]) -> str | None:
        """What is said last, where it is over; None where it goes on."""
        if reader.is_dropped or any(each.done() for each in ends):
            return ": come back\n\n"
        visit = self.visit
        try:
            caller = await login.who(visit.authority, visit.request)
        except StoreUnavailable:
            return ": come back\n\n"
        if caller is None or caller.role < visit.caller.role:
            return event("signed-out", None, "")
        return None

    def told(self, news: Iterable[News]) -> Iterator[str]:
        """News as events: an entry's row; that one is not among these any more; or "read anew"."""
        edition, visit = self.visit.authority.news.edition, self.visit
        for number, entry, is_new in news:
            stands = f"{edition}.{number}"
            if entry is None:
                yield event("anew", stands, "")
            elif self.wanted.fits(entry):
                now = visit.authority.clock()
                row = rendering.piece(
                    "change-row.html", entry=entry, visit=visit, now=now, place=terms.place
                )
                yield event("new" if is_new else "other", stands, row)
            else:
                yield event("out", stands, rendering.mark(entry.entry))


def event(name: str, stands: str | None, data: str) -> str:
    """One event; a browser keeps its id, and says it when it comes back."""
    lines = [f"id: {stands}"] if stands else []
    lines += [f"event: {name}", *(f"data: {each}" for each in data.splitlines() or [""])]
    return "\n".join([*lines, "", ""])


async def come(reader: Reader, ends: Iterable[Task[Any]]) -> list[News]:
    """What comes next, with all that lies there; nothing where it took too long, or is over."""
    first = asyncio.create_task(reader.waits.get())
    await asyncio.wait([first, *ends], timeout=BEAT_SECONDS, return_when=asyncio.FIRST_COMPLETED)
    if not first.done():
        first.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await first
        return []
    found = [first.result()]
    while not reader.waits.empty():
        found.append(reader.waits.get_nowait())
    return found


async def gone(receive: Receive) -> None:
    """Wait for a client to go away."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def taken(send: Send, piece: str, *, goes_on: bool) -> None:
    """Send a piece, and wait for it to leave.

    :raises ClientGone: nobody takes it.
    """
    try:
        async with asyncio.timeout(TAKING_SECONDS):
            body = {"body": piece.encode(), "more_body": goes_on}
            await send({"type": "http.response.body", **body})
    except TimeoutError:
        raise ClientGone from None
