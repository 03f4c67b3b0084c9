"""Real servers on 127.0.0.1 for tests: one that speaks HTTP, and one that speaks as it likes."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from typing import TYPE_CHECKING

import uvicorn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from starlette.types import ASGIApp

# What a server on this machine takes to start or stop, with much to spare.
PATIENCE = 10.0


class Server(uvicorn.Server):
    """An ASGI application on 127.0.0.1, in a thread, that can go away and come back.

    :param port: 0 for any; once it was served on one, that stays.
    """

    def __init__(self, app: ASGIApp, tls: tuple[str, str] | None = None) -> None:
        self.app = app
        self.tls = tls
        self.port = 0
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        return f"{'https' if self.tls else 'http'}://127.0.0.1:{self.port}"

    def start(self) -> None:
        certificate, key = self.tls or (None, None)
        listening = listening_on(self.port)
        self.port = listening.getsockname()[1]
        super().__init__(
            uvicorn.Config(
                self.app,
                ssl_certfile=certificate,
                ssl_keyfile=key,
                lifespan="off",
                ws="none",
                log_config=None,
                date_header=False,  # an application may have a clock of its own
                timeout_graceful_shutdown=1,
            )
        )
        self._thread = threading.Thread(target=self.run, args=([listening],), daemon=True)
        self._thread.start()
        until(lambda: self.started)

    def stop(self) -> None:
        if self._thread is not None:
            self.should_exit = True
            self._thread.join(PATIENCE)
            assert not self._thread.is_alive()
            self._thread = None


def listening_on(port: int) -> socket.socket:
    """A socket that listens on 127.0.0.1; its protocol is named, or asyncio would leave Nagle's
    algorithm on, and each answer take 40 ms."""
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listening.bind(("127.0.0.1", port))
    listening.listen(100)
    return listening


@contextlib.contextmanager
def serving(app: ASGIApp, tls: tuple[str, str] | None = None) -> Iterator[Server]:
    """An application, served for a while."""
    server = Server(app, tls)
    server.start()
    try:
        yield server
    finally:
        server.stop()


@contextlib.contextmanager
def speaking(speak: Callable[[socket.socket], None]) -> Iterator[str]:
    """A server that does with each connection what it is told, and closes it; gives its URL."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(0.05)
        is_over = threading.Event()

        def serve() -> None:
            while not is_over.is_set():
                try:
                    connection, _ = listening.accept()
                except TimeoutError:
                    continue
                with connection, contextlib.suppress(OSError):
                    connection.settimeout(PATIENCE)
                    speak(connection)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            is_over.set()
            thread.join(PATIENCE)


def request_of(connection: socket.socket) -> bytes:
    """A request's head, and whatever came with it."""
    data = b""
    while b"\r\n\r\n" not in data:
        part = connection.recv(65536)
        if not part:
            break
        data += part
    return data


def until(is_so: Callable[[], object], seconds: float = PATIENCE) -> None:
    """Wait for a condition, and fail where it does not come."""
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline, "what was waited for did not come"
        time.sleep(0.005)
