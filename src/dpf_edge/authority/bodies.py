"""The body of a request: as much as the route takes, in the time that it may take, and no more."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from http import HTTPStatus
from typing import TYPE_CHECKING, NamedTuple

import anyio

from dpf_edge.wire.refusals import Code, Refusal, payload_too_large

if TYPE_CHECKING:
    from starlette.requests import Request

# What counts as small: it comes with the headers or right behind, and every connection may have
# one.
SMALL_BYTES = 64 << 10
# Bodies larger than that, in memory at a time: 32 of the largest are 160 MiB.
LARGE_AT_A_TIME = 32


class Cap(NamedTuple):
    """How large a body may be, in bytes, and whether its refusal says so (``maxBytes``)."""

    most: int
    tells: bool = False

    def refusal(self) -> Refusal:
        """413 ``payload_too_large``."""
        return payload_too_large(self.most, tells=self.tells)


class Pace(NamedTuple):
    """How long a body may take, in seconds."""

    # The published node gives an exchange up after 60 s, so nobody waits for what comes later.
    whole: float = 60.0
    # Without a byte. A link that stalls for longer than this has lost the connection mostly.
    piece: float = 10.0


class ClientGone(Exception):
    """The client went away in the middle: there is nobody to answer."""


def declared(request: Request, cap: Cap) -> None:
    """Look at what the headers say of the body, before any of it is read.

    :raises Refusal: 413 ``payload_too_large``, or 415 ``unsupported_encoding`` for a compressed
        body: nodes send none, and one that unpacks to gigabytes is no use to anybody.
    """
    encoding = request.headers.get("content-encoding", "identity").strip().lower()
    if encoding not in {"", "identity"}:
        raise Refusal(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            Code.UNSUPPORTED_ENCODING,
            "bodies are taken as they are, without a Content-Encoding",
        )
    length = request.headers.get("content-length", "0")
    # What is no number never gets here: the HTTP parser refuses it (RFC 9112 section 6.3).
    if length.isascii() and length.isdigit() and int(length[:20]) > cap.most:
        raise cap.refusal()


class Reader:
    """Reads bodies, a bounded number of large ones at a time."""

    def __init__(self, pace: Pace | None = None, large: int = LARGE_AT_A_TIME) -> None:
        self.pace = pace or Pace()
        self.large = asyncio.Semaphore(large)

    async def read(self, request: Request, cap: Cap) -> bytes:
        """A whole body.

        :raises Refusal: as :func:`declared`; 413 too where more came than was declared, and 408
            ``request_timeout`` where it dribbles or stalls.
        :raises ClientGone: the client closed the connection.
        """
        declared(request, cap)
        try:
            with anyio.fail_after(self.pace.whole):
                return await self.pieces(request, cap)
        except TimeoutError:
            raise Refusal(
                HTTPStatus.REQUEST_TIMEOUT, Code.REQUEST_TIMEOUT, "the body did not come in time"
            ) from None

    async def pieces(self, request: Request, cap: Cap) -> bytes:
        """The pieces of a body as they come, put together."""
        body = bytearray()
        async with AsyncExitStack() as held:
            is_large = False
            while True:
                with anyio.fail_after(self.pace.piece):
                    message = await request.receive()
                if message["type"] == "http.disconnect":
                    raise ClientGone
                body += message.get("body", b"")
                if len(body) > cap.most:
                    raise cap.refusal()
                if not message.get("more_body", False):
                    return bytes(body)
                if len(body) > SMALL_BYTES and not is_large:
                    is_large = True
                    await held.enter_async_context(self.large)
