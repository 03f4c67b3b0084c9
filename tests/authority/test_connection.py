"""Connections that are no use: bounded in time, in headers and in number; the others go on."""

from __future__ import annotations

import ssl
import threading
import time
from typing import TYPE_CHECKING

import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from dpf_edge.authority import tls
from dpf_edge.authority.connection import HEADER_BYTES, Patience
from tests.authority.served import SECONDS, answer, connected, reply, served, until

if TYPE_CHECKING:
    from pathlib import Path

    from starlette.requests import Request
    from starlette.responses import Response

HASTY = Patience(headers=0.3, taking=0.3, between=30)
LARGE = 64 << 20


async def small(request: Request) -> Response:
    del request
    return PlainTextResponse("here")


async def large(request: Request) -> Response:
    del request
    return PlainTextResponse("x" * LARGE)


APP = Starlette(routes=[Route("/", small), Route("/large", large)])
ASKS = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"


def test_headers_that_dribble_end_the_connection() -> None:
    """Slow-loris: each byte comes in time, and the headers never end."""
    with served(APP, patience=HASTY) as at, connected(at) as client:
        client.sendall(b"GET / HTTP/1.1\r\n")
        stop = threading.Event()

        def dribble() -> None:
            try:
                while not stop.wait(0.05):
                    client.sendall(b"X-A: b\r\n")
            except OSError:
                return

        threading.Thread(target=dribble, daemon=True).start()
        try:
            told = client.recv(4096)
        except ConnectionResetError:
            told = b""
        stop.set()

    assert b"" == told


def test_the_second_request_of_a_connection_has_no_more_time_than_the_first() -> None:
    """uvicorn stops its own clock at the second request's first byte."""
    with served(APP, patience=HASTY) as at, connected(at) as client:
        client.sendall(ASKS)
        assert b"here" == reply(client).body
        client.settimeout(3 * HASTY.headers)
        with pytest.raises(TimeoutError):  # between two requests another clock runs, a longer one
            client.recv(1)
        client.settimeout(SECONDS)
        client.sendall(b"GET / HT")

        assert b"" == answer(client)


def test_a_connection_that_says_nothing_is_ended() -> None:
    with served(APP, patience=HASTY) as at, connected(at) as client:
        assert b"" == answer(client)


def test_an_answer_that_nobody_takes_is_given_up() -> None:
    with served(APP, patience=HASTY, room=1) as at, connected(at) as client:
        client.sendall(b"GET /large HTTP/1.1\r\nHost: localhost\r\n\r\n")
        client.recv(1)
        # It takes no more; there is room for one, so the next is let in once this one is gone.
        until(lambda: asked(at).startswith(b"HTTP/1.1 200"))


def asked(at: object) -> bytes:
    """What a new connection is answered."""
    with connected(at) as client:  # type: ignore[arg-type]
        client.sendall(ASKS.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
        try:
            return answer(client)
        except ConnectionResetError:
            return b""


def test_more_connections_than_there_is_room_for_are_told_so() -> None:
    with served(APP, room=1) as at:
        first = connected(at)
        first.sendall(ASKS)
        assert b"here" == reply(first).body

        assert asked(at).startswith(b"HTTP/1.1 503")

        first.close()
        until(lambda: asked(at).startswith(b"HTTP/1.1 200"))


@pytest.mark.parametrize(
    "flood",
    [
        b"".join(b"X-%d: y\r\n" % each for each in range(100_000)),
        b"X-Long: " + b"y" * (HEADER_BYTES * 2),
        b"Cookie: " + b"a=b; " * 10_000,
    ],
    ids=["many", "long", "cookies"],
)
def test_a_flood_of_headers_is_refused(flood: bytes) -> None:
    with served(APP) as at, connected(at) as client:
        try:
            client.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n" + flood)
            told = client.recv(4096)
        except OSError:  # it was closed while we were still sending
            told = b""
        assert told == b"" or told.startswith(b"HTTP/1.1 400")

        assert asked(at).startswith(b"HTTP/1.1 200"), "the others go on"


@pytest.mark.parametrize(
    "garbage",
    [
        b"\0" * 100,
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\xff" * 50,
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    ],
)
def test_what_is_no_http_is_refused_and_never_a_500(garbage: bytes) -> None:
    with served(APP, patience=HASTY) as at, connected(at) as client:
        client.sendall(garbage)

        told = client.recv(4096)

    assert not told.startswith(b"HTTP/1.1 5")


def test_it_ends_in_time_with_clients_that_hang_on() -> None:
    """A request in the middle of its headers, one in the middle of its body, one that reads not."""
    with served(APP) as at:
        clients = [connected(at) for _ in range(3)]
        clients[0].sendall(b"GET / HT")
        clients[1].sendall(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n")
        clients[2].sendall(b"GET /large HTTP/1.1\r\nHost: a\r\n\r\n")
        clients[2].recv(1)
        began = time.monotonic()
    took = time.monotonic() - began
    for client in clients:
        client.close()

    # Its own bound is two seconds; a machine that does much else may take longer.
    assert took < 10


def test_tls_is_spoken_and_a_client_that_speaks_none_does_no_harm(tmp_path: Path) -> None:
    pair = tls.self_signed(str(tmp_path), ["127.0.0.1"], time.time())
    trusts = ssl.create_default_context(cafile=str(tmp_path / tls.CERTIFICATE))
    trusts.verify_flags |= ssl.VERIFY_X509_STRICT

    with served(APP, tls=tls.context(pair)) as at:
        assert at.url.startswith("https://127.0.0.1:")
        with connected(at) as plain:
            plain.sendall(ASKS)
            assert not answer(plain).startswith(b"HTTP")
        with trusts.wrap_socket(connected(at), server_hostname="127.0.0.1") as client:
            client.sendall(ASKS)
            assert b"here" == reply(client).body
