"""Answers that come before the body was read: sent at once, and the rest of the body drained.

A client that is still sending when the connection is closed gets a reset, and with it loses the
answer that would have told it what was wrong (RFC 9112 section 9.6). So the answer goes out first,
then what still comes is read and thrown away, for a while, and only then the connection is closed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import anyio

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

CLOSE = (b"connection", b"close")


class Bound(NamedTuple):
    """How much is drained, and for how long."""

    # 8 MiB is more than any body that the contract knows (5 MiB) with room for one that was only
    # split a little too late; who sends more than that is not helped by an answer.
    most: int = 8 << 20
    seconds: float = 2.0


class Drained:
    """Lets a client read its answer however early it came."""

    def __init__(self, app: ASGIApp, bound: Bound | None = None) -> None:
        self.app = app
        self.bound = bound or Bound()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request; what is no HTTP request, or has no body, goes straight through."""
        if scope["type"] != "http" or not has_body(scope):
            await self.app(scope, receive, send)
            return
        body = Body(receive, self.bound.most)
        # To ask for the body of one that waits to be asked would invite it to send in vain.
        comes = not waits_to_send(scope)

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                if comes:
                    await body.glance()
                if not body.ended:
                    message = {**message, "headers": [*message["headers"], CLOSE]}
            elif not message.get("more_body", False) and not body.ended:
                await send({**message, "more_body": True})
                if comes:
                    with anyio.move_on_after(self.bound.seconds):
                        await body.drain()
                message = {"type": "http.response.body", "body": b"", "more_body": False}
            await send(message)

        await self.app(scope, body.receive, answer)


class Body:
    """What has come of a request's body."""

    def __init__(self, receive: Receive, most: int) -> None:
        self.source = receive
        self.left = most
        self.ended = False

    async def receive(self) -> Message:
        """The next piece, for who reads the body and for who drains it."""
        message = await self.source()
        self.ended = message["type"] == "http.disconnect" or not message.get("more_body", False)
        return message

    async def glance(self) -> None:
        """Take what has come already, without waiting: a small body came with its headers."""
        with anyio.move_on_after(0):
            await self.drain()

    async def drain(self) -> None:
        """Throw away what comes, until the body ends or the bound is reached."""
        while not self.ended and self.left > 0:
            message = await self.receive()
            self.left -= len(message.get("body", b""))


def has_body(scope: Scope) -> bool:
    """Whether a request says that it has a body (RFC 9112 section 6.3)."""
    return any(
        name == b"transfer-encoding" or (name == b"content-length" and value != b"0")
        for name, value in scope["headers"]
    )


def waits_to_send(scope: Scope) -> bool:
    """Whether a client asks before it sends (RFC 9110 section 10.1.1): its body never comes."""
    return any(
        name == b"expect" and value.lower() == b"100-continue" for name, value in scope["headers"]
    )
