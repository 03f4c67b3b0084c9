"""An application behind our own server on 127.0.0.1; and a client that speaks in bytes."""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import socket
import threading
import time
from typing import TYPE_CHECKING, NamedTuple

from dpf_edge.authority.serve import Listening, serve
from dpf_edge.host import listening

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Iterator

    from starlette.types import ASGIApp

    from dpf_edge.authority.connection import Patience

# What anything on this machine takes, with much to spare.
SECONDS = 20.0


@contextlib.contextmanager
def served(
    app: ASGIApp,
    *,
    patience: Patience | None = None,
    tls: ssl.SSLContext | None = None,
    room: int = 64,
) -> Iterator[Listening]:
    """Serve an application, and end it afterwards."""
    sockets = listening.bind("127.0.0.1", 0)
    began = threading.Event()
    where: list[Listening] = []
    ends: list[Callable[[], object]] = []

    def ready(at: Listening) -> None:
        where.append(at)
        began.set()

    async def run() -> None:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        ends.append(lambda: loop.call_soon_threadsafe(stop.set))
        await serve(app, sockets, stop=stop, tls=tls, ready=ready, room=room, patience=patience)

    thread = threading.Thread(target=asyncio.run, args=(run(),), daemon=True)
    thread.start()
    assert began.wait(SECONDS)
    try:
        yield where[0]
    finally:
        ends[0]()
        thread.join(SECONDS)
        assert not thread.is_alive()


def connected(at: Listening) -> socket.socket:
    """A connection that gives up when nothing comes."""
    host, port = at.addresses[0]
    return socket.create_connection((host, port), SECONDS)


class Reply(NamedTuple):
    """One answer, taken apart."""

    status: int
    headers: dict[str, str]
    body: bytes


def reply(connection: socket.socket) -> Reply:
    """The next answer on a connection; more may follow."""
    got = http.client.HTTPResponse(connection)
    got.begin()
    headers = {name.lower(): value for name, value in got.getheaders()}
    return Reply(got.status, headers, got.read())


def answer(connection: socket.socket) -> bytes:
    """Everything that comes until the other side closes."""
    parts = []
    while part := connection.recv(65536):
        parts.append(part)
    return b"".join(parts)


def until(holds: Callable[[], bool]) -> None:
    """Wait for something to hold."""
    limit = time.monotonic() + SECONDS
    while not holds():
        assert time.monotonic() < limit, "it never came to hold"
        time.sleep(0.01)
