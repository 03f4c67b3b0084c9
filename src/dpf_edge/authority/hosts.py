"""Which names a server answers to: on loopback only its own, against DNS rebinding.

A page on the internet may give its own name the address 127.0.0.1 and so have a visitor's browser
talk to a server there, with the visitor's cookies for that name and its answers readable. The Host
header then holds the page's name (RFC 9110 section 7.2): that is how it is told.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from dpf_edge.authority import answers
from dpf_edge.authority.address import is_loopback
from dpf_edge.wire.refusals import Code, Refusal

if TYPE_CHECKING:
    from collections.abc import Iterable

    from starlette.types import ASGIApp, Receive, Scope, Send

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


def allowed(listens_at: str, also: Iterable[str]) -> frozenset[str]:
    """The names to answer to: loopback's own on loopback; elsewhere any, unless some are given.

    :param listens_at: the host that the server listens at.
    :param also: names that its operator gives.
    """
    given = frozenset(name.lower().rstrip(".") for name in also)
    if is_loopback(listens_at):
        return LOOPBACK | {listens_at.lower()} | given
    return given | LOOPBACK if given else frozenset()


def name(header: bytes) -> str:
    """The name in a Host header, without its port and brackets, in lower case."""
    text = header.decode("latin-1").strip().lower()
    if text.startswith("["):
        return text[1:].partition("]")[0]
    return text.partition(":")[0].rstrip(".")


class Hosts:
    """Refuses requests that are for somebody else."""

    def __init__(self, app: ASGIApp, names: frozenset[str]) -> None:
        self.app = app
        self.names = names

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request: 421 where its Host is none of ours (RFC 9110 section 15.5.20)."""
        if self.names and scope["type"] == "http" and not self.is_ours(scope):
            refusal = Refusal(
                HTTPStatus.MISDIRECTED_REQUEST,
                Code.HOST_NOT_ALLOWED,
                "this server does not answer to that name; --allow-host adds one",
            )
            await answers.refused(refusal)(scope, receive, send)
            return
        await self.app(scope, receive, send)

    def is_ours(self, scope: Scope) -> bool:
        """Whether a request has one Host header, and that is one of ours."""
        given = [value for key, value in scope["headers"] if key == b"host"]
        return len(given) == 1 and name(given[0]) in self.names
