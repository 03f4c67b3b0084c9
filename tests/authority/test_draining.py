"""Answers that come before the body: on the wire, behind our server, by a client of bytes."""

from __future__ import annotations

import contextlib
import threading
from typing import TYPE_CHECKING

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import JSONResponse
from starlette.routing import Route

from dpf_edge.authority import answers
from dpf_edge.authority.bodies import Cap, Pace, Reader
from dpf_edge.authority.counts import Counts
from dpf_edge.authority.draining import Bound, Drained
from dpf_edge.authority.shield import Shield
from dpf_edge.wire.refusals import token_not_found
from tests.authority.served import SECONDS, answer, connected, reply, served

if TYPE_CHECKING:
    import socket

    from starlette.requests import Request
    from starlette.responses import Response

CAP = 64 * 1024
MIB = 1 << 20


def application(bound: Bound | None = None, pace: Pace | None = None) -> Starlette:
    """One route that reads its body, and one that refuses without looking at it."""
    reader = Reader(pace)

    async def takes(request: Request) -> Response:
        body = await reader.read(request, Cap(CAP, tells=True))
        return JSONResponse({"bytes": len(body)})

    async def refuses(request: Request) -> Response:
        del request
        return answers.refused(token_not_found())

    return Starlette(
        routes=[
            Route("/takes", takes, methods=["POST"]),
            Route("/refuses", refuses, methods=["POST"]),
        ],
        middleware=[
            Middleware(Drained, bound=bound or Bound()),
            Middleware(Shield, counts=Counts()),
        ],
    )


def head(path: str, length: int | None, *also: str) -> bytes:
    """A request's headers."""
    size = "Transfer-Encoding: chunked" if length is None else f"Content-Length: {length}"
    return "\r\n".join([f"POST {path} HTTP/1.1", "Host: localhost", size, *also, "", ""]).encode()


@pytest.mark.parametrize("path", ["/takes", "/refuses"])
@pytest.mark.parametrize("size", [CAP + 1, 6 * MIB])
def test_a_client_that_sends_all_of_it_first_still_reads_the_answer(path: str, size: int) -> None:
    """It writes its whole body before it looks, as most HTTP libraries do."""
    with served(application()) as at, connected(at) as client:
        client.sendall(head(path, size) + b"x" * size)
        told = reply(client)

    assert (413 if path == "/takes" else 401) == told.status
    assert b'"ok":false' in told.body


def test_a_client_that_reads_while_it_sends_has_its_answer_at_once() -> None:
    with served(application()) as at, connected(at) as client:
        client.sendall(head("/takes", 100 * MIB))
        told = reply(client)

    assert (413, "close") == (told.status, told.headers["connection"])
    assert b'"maxBytes":65536' in told.body


def test_it_drains_no_more_than_its_bound() -> None:
    """A client that never stops is cut off; how much it got rid of is bounded."""
    sent = 0
    with served(application(Bound(most=MIB, seconds=SECONDS))) as at, connected(at) as client:
        client.sendall(head("/refuses", 1000 * MIB))
        with contextlib.suppress(OSError):  # reset, or a broken pipe
            while sent < 200 * MIB:
                sent += client.send(b"x" * 65536)

    # What was drained, and what both kernels had in their buffers.
    assert sent < 32 * MIB


def test_it_drains_no_longer_than_its_bound() -> None:
    """A client that stops in the middle is not waited for."""
    with served(application(Bound(seconds=0.2))) as at, connected(at) as client:
        client.sendall(head("/refuses", MIB) + b"x")
        told = answer(client)

    assert told.startswith(b"HTTP/1.1 401")


def test_a_small_body_that_came_with_its_headers_costs_no_connection() -> None:
    """A node whose token was revoked beats on; it need not connect anew each time."""
    with served(application()) as at, connected(at) as client:
        for _ in range(2):
            client.sendall(head("/refuses", 2) + b"{}")
            told = reply(client)
            assert 401 == told.status
            assert "connection" not in told.headers


def test_a_chunked_body_is_bounded_by_what_comes() -> None:
    """W39: what counts is not only what Content-Length says."""
    chunk = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
    with served(application()) as at, connected(at) as client:
        client.sendall(head("/takes", None) + chunk + chunk + b"0\r\n\r\n")
        told = answer(client)

    assert told.startswith(b"HTTP/1.1 413")


def test_a_client_that_asks_first_is_answered_and_never_told_to_send() -> None:
    with served(application()) as at, connected(at) as client:
        client.sendall(head("/takes", CAP + 1, "Expect: 100-continue"))
        told = answer(client)

    assert told.startswith(b"HTTP/1.1 413")
    assert b"100 Continue" not in told


def test_a_client_that_asks_first_is_told_to_send_what_is_taken() -> None:
    with served(application()) as at, connected(at) as client:
        client.sendall(head("/takes", 3, "Expect: 100-continue"))
        assert client.recv(4096).startswith(b"HTTP/1.1 100")
        client.sendall(b"abc")
        assert 200 == reply(client).status


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "identity, gzip"])
def test_a_compressed_body_is_refused_unread(encoding: str) -> None:
    """A bomb is not unpacked to see how large it is."""
    with served(application()) as at, connected(at) as client:
        client.sendall(head("/takes", 2, f"Content-Encoding: {encoding}") + b"{}")
        told = reply(client)

    assert 415 == told.status
    assert b"unsupported_encoding" in told.body


@pytest.mark.parametrize(
    "pace", [Pace(whole=0.3, piece=30), Pace(whole=30, piece=0.3)], ids=["whole", "piece"]
)
def test_a_body_that_dribbles_or_stalls_is_given_up(pace: Pace) -> None:
    """Slow-loris in the body: a byte now and then, and none at all."""
    ended = threading.Event()

    def dribble(client: socket.socket) -> None:
        try:
            while not ended.wait(0.05 if pace.whole < 1 else 60):
                client.send(b"x")
        except OSError:
            return

    with served(application(Bound(seconds=0.1), pace)) as at, connected(at) as client:
        client.sendall(head("/takes", 1000))
        thread = threading.Thread(target=dribble, args=(client,), daemon=True)
        thread.start()
        told = reply(client)
        ended.set()

    assert 408 == told.status
    assert b"request_timeout" in told.body
