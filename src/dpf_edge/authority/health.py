"""``/api/health``: whether this Authority works. Nodes check their clocks by its ``Date``."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from starlette.routing import Route

from dpf_edge import __version__
from dpf_edge.authority import answers
from dpf_edge.errors import StoreUnavailable

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from dpf_edge.authority.authority import Authority

PATH = "/api/health"
# Anybody may ask as often as they please, and the store is asked no more often than this.
FRESH_SECONDS = 1.0


class Pulse:
    """Whether the store answers, looked at once a second at most."""

    def __init__(self, authority: Authority) -> None:
        self.authority = authority
        self.looked_at: float | None = None
        self.trouble: StoreUnavailable | None = None

    async def missed(self) -> StoreUnavailable | None:
        """Why the store does not answer; None where it does."""
        now = self.authority.ticks()
        if self.looked_at is None or now - self.looked_at >= FRESH_SECONDS:
            self.looked_at = now
            try:
                await self.authority.threads.run(self.authority.store.ping)
                self.trouble = None
            except StoreUnavailable as away:
                self.trouble = away
        return self.trouble


def route(authority: Authority) -> Route:
    """The route: 200, or 503 where the store is away; a wedged Authority is not healthy."""
    pulse = Pulse(authority)

    async def health(request: Request) -> Response:
        del request
        if trouble := await pulse.missed():
            return answers.refused(answers.store_unavailable("health", trouble))
        said = {"ok": True, "service": "dpf-edge-authority", "version": __version__}
        return answers.json(HTTPStatus.OK, said)

    return Route(PATH, health, methods=["GET"])
