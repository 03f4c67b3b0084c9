"""One client's connection, bounded in every direction that uvicorn leaves open.

uvicorn times a connection out that is idle between two requests, and no other. Here a request's
headers have to be complete within a while however they dribble in (slow-loris), and an answer that
nobody takes is given up. How long a body may take is :mod:`dpf_edge.authority.bodies`' business.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, NamedTuple

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

if TYPE_CHECKING:
    import asyncio
    from typing import Any

# Request line and headers together. A node sends some 300 bytes; a browser adds the cookies of all
# other programs on the same host, for cookies know no ports (RFC 6265 section 8.5).
HEADER_BYTES = 16 << 10


class Patience(NamedTuple):
    """For how long a client is waited for, in seconds."""

    headers: float = 10.0  # twice what a lossy mobile link takes for a TLS handshake
    taking: float = 30.0  # for any progress with an answer; slower than that is gone
    between: int = 5  # an idle connection between two requests; a node beats once a minute
    goodbye: int = 1  # for what is under way when the server is told to end


class Connection(H11Protocol):
    """uvicorn's HTTP/1.1 connection with two deadlines more."""

    patience: ClassVar[Patience] = Patience()

    def __init__(self, *arguments: Any, **named: Any) -> None:  # noqa: ANN401 - uvicorn's own
        super().__init__(*arguments, **named)
        self.headers_by: asyncio.TimerHandle | None = None
        self.looks: asyncio.TimerHandle | None = None
        self.unsent = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Start both clocks."""
        super().connection_made(transport)
        self.watch_headers()
        self.looks = self.loop.call_later(self.patience.taking, self.look)

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop both clocks."""
        super().connection_lost(exc)
        for clock in (self.headers_by, self.looks):
            if clock is not None:
                clock.cancel()

    def data_received(self, data: bytes) -> None:
        """Take what came, and wait for the rest of the headers no longer than from their start."""
        super().data_received(data)
        self.watch_headers()

    def watch_headers(self) -> None:
        """Run the clock while a request's headers are incomplete, and only then."""
        waiting = self.conn.their_state is h11.IDLE and not self.transport.is_closing()
        if waiting and self.headers_by is None:
            self.headers_by = self.loop.call_later(self.patience.headers, self.give_up)
        elif not waiting and self.headers_by is not None:
            self.headers_by.cancel()
            self.headers_by = None

    def give_up(self) -> None:
        """Close without a word: who has not finished asking is owed no answer."""
        self.headers_by = None
        if self.conn.their_state is h11.IDLE and not self.transport.is_closing():
            self.transport.close()

    def look(self) -> None:
        """End a connection whose answer has not moved since the last look."""
        unsent = self.transport.get_write_buffer_size()
        if unsent and unsent == self.unsent:
            self.transport.abort()
            return
        self.unsent = unsent
        self.looks = self.loop.call_later(self.patience.taking, self.look)


def kind_of_connection(patience: Patience) -> type[Connection]:
    """A connection with a patience of its own, as uvicorn takes it: a class."""
    return type("Connection", (Connection,), {"patience": patience})
