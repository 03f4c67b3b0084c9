"""Every answer's ``Date``, by the very clock that what nodes send is checked against.

uvicorn's own is told once a second. A node whose run is refused for its time compares its clock
with the answer's ``Date``; one that was made before the Authority's clock was set would tell it
that the clocks agree, and the run that there is no saving it.
"""

from __future__ import annotations

import email.utils
from typing import TYPE_CHECKING

from starlette.datastructures import MutableHeaders

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.types import ASGIApp, Message, Receive, Scope, Send


class Dated:
    """Dates the answers of an application.

    :param clock: gives the time, in seconds since 1970 (UTC).
    """

    def __init__(self, app: ASGIApp, clock: Callable[[], float]) -> None:
        self.app = app
        self.clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request; its answer is dated when it begins (RFC 9110 section 6.6.1)."""

        async def dated(message: Message) -> None:
            if message["type"] == "http.response.start":
                told = email.utils.formatdate(self.clock(), usegmt=True)
                MutableHeaders(scope=message)["date"] = told
            await send(message)

        await self.app(scope, receive, dated)
