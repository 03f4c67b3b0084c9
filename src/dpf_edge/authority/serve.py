"""The server's life: it listens, says where, serves until it is told to stop, and ends in time."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, NamedTuple

import uvicorn

from dpf_edge.authority.address import Address
from dpf_edge.authority.connection import HEADER_BYTES, Patience, kind_of_connection

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Generator, Iterable, Sequence

    from starlette.types import ASGIApp

    from dpf_edge.host.listening import Socket

# A handshake takes two round trips; asyncio's own bound is a minute.
HANDSHAKE_SECONDS = 10.0
# For the other side's goodbye, which does not matter any more.
FAREWELL_SECONDS = 1.0


class Listening(NamedTuple):
    """Where a server is to be found, once it is."""

    addresses: tuple[Address, ...]
    is_tls: bool

    @classmethod
    def of(cls, sockets: Iterable[Socket], *, is_tls: bool) -> Listening:
        """Where sockets listen."""
        return cls(tuple(Address(*each.getsockname()[:2]) for each in sockets), is_tls)

    @property
    def url(self) -> str:
        """The first address as a client on this machine calls it."""
        host, port = self.addresses[0]
        if host in {"0.0.0.0", "::"}:  # noqa: S104 - said, not bound
            host = "localhost"
        return f"{'https' if self.is_tls else 'http'}://{Address(host, port)}"


class Server(uvicorn.Server):
    """uvicorn's server on sockets that listen already; it leaves signals to the command."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self.ready = ready

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """Leave them: several servers may run in one program, and only that knows its end."""
        yield

    async def startup(self, sockets: list[Socket] | None = None) -> None:
        """Begin to accept; uvicorn's own has no bound for a TLS handshake but asyncio's minute."""
        loop = asyncio.get_running_loop()
        await self.lifespan.startup()

        def connection() -> asyncio.Protocol:
            return self.config.http_protocol_class(  # type: ignore[call-arg]
                config=self.config,
                server_state=self.server_state,
                app_state=self.lifespan.state,
                _loop=loop,
            )

        hurry: dict[str, float] = {}
        if self.config.ssl is not None:
            hurry = {
                "ssl_handshake_timeout": HANDSHAKE_SECONDS,
                "ssl_shutdown_timeout": FAREWELL_SECONDS,
            }
        self.servers = [
            await loop.create_server(connection, sock=each, ssl=self.config.ssl, **hurry)  # type: ignore[call-overload]
            for each in sockets or ()
        ]
        self.started = True
        self.ready()


async def serve(
    app: ASGIApp,
    sockets: Sequence[Socket],
    *,
    stop: asyncio.Event,
    tls: ssl.SSLContext | None = None,
    ready: Callable[[Listening], None] | None = None,
    room: int = 1024,
    patience: Patience | None = None,
) -> None:
    """Serve an application until ``stop`` is set, then end within about two seconds.

    :param sockets: bound and listening, as :func:`dpf_edge.host.listening.bind` gives them; they
        are closed at the end.
    :param ready: called once connections are accepted, with where.
    :param room: how many connections at a time; what comes beyond gets a 503.
    """
    patience = patience or Patience()
    listening = Listening.of(sockets, is_tls=tls is not None)
    server = Server(
        configured(app, tls, room, patience), lambda: ready(listening) if ready else None
    )

    async def until_told() -> None:
        await stop.wait()
        server.should_exit = True

    telling = asyncio.create_task(until_told())
    try:
        await server.serve(sockets=list(sockets))
    finally:
        telling.cancel()
        for each in sockets:
            each.close()
        for connection in list(server.server_state.connections):
            connection.transport.abort()  # who still has not taken its answer
        await asyncio.sleep(0)  # for each to learn of it


def configured(
    app: ASGIApp, tls: ssl.SSLContext | None, room: int, patience: Patience
) -> uvicorn.Config:
    """uvicorn, told everything that it would otherwise take from its environment or a default."""
    return uvicorn.Config(
        app,
        http=kind_of_connection(patience),
        ws="none",
        lifespan="off",
        loop="asyncio",
        interface="asgi3",
        workers=1,
        log_config=None,  # logging is the command's
        # What a client does wrong is not ours to log, line by line; what goes wrong here is caught
        # and logged before uvicorn sees it, without the values that a traceback may show.
        log_level="critical",
        access_log=False,  # a sign-in link's token stands in its query
        server_header=False,
        date_header=False,  # the application's answers are dated by its own clock
        # The address that a proxy names is a client's word: nothing here goes by it.
        proxy_headers=False,
        forwarded_allow_ips=[],
        limit_concurrency=room + 1,  # uvicorn counts the one that it asks for
        timeout_keep_alive=patience.between,
        timeout_graceful_shutdown=patience.goodbye,
        h11_max_incomplete_event_size=HEADER_BYTES,
        ssl_context_factory=None if tls is None else lambda *_: tls,
    )
