"""What a client gets: JSON with its headers, the same for a yes and for a refusal."""

from __future__ import annotations

import logging
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from starlette.responses import Response

from dpf_edge.wire import body
from dpf_edge.wire.refusals import Code, Refusal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dpf_edge.errors import StoreUnavailable

log = logging.getLogger(__name__)

# Nothing that is answered here is to be kept by a cache or guessed at by a browser.
HEADERS = {"cache-control": "no-store", "x-content-type-options": "nosniff"}

# How long to leave a store alone that is away: a restart of PostgreSQL takes about as long.
AWAY_SECONDS = 5


def json(status: int, message: Any, headers: Mapping[str, str] | None = None) -> Response:  # noqa: ANN401 - any message
    """An answer of any type that encodes to JSON. Shows the secrets in it."""
    return Response(
        body.encode(message),
        status,
        {**HEADERS, **(headers or {})},
        media_type="application/json",
    )


def refused(refusal: Refusal) -> Response:
    """A refusal, with the headers that belong to its status."""
    headers = {}
    if refusal.status == HTTPStatus.UNAUTHORIZED:
        headers["www-authenticate"] = "Bearer"  # RFC 9110 section 15.5.2: it must name a scheme
    if refusal.retry_after is not None:
        headers["retry-after"] = str(refusal.retry_after)
    elif refusal.status == HTTPStatus.SERVICE_UNAVAILABLE:
        headers["retry-after"] = str(AWAY_SECONDS)
    return json(refusal.status, refusal.body(), headers)


def log_away(doing: str, away: StoreUnavailable) -> None:
    """Say in the log that the store is away; the message names which, and the reason."""
    log.error("%s: %s", doing, away)


def store_unavailable(doing: str, away: StoreUnavailable) -> Refusal:
    """503, and a line in the log: nothing was done, and the same call may be made again.

    :param doing: what was called.
    """
    log_away(doing, away)
    return Refusal(
        HTTPStatus.SERVICE_UNAVAILABLE,
        Code.STORE_UNAVAILABLE,
        "the Authority's store does not answer; try again later",
    )


def internal() -> Refusal:
    """500: a fault of ours, of which a client learns nothing but that."""
    return Refusal(
        HTTPStatus.INTERNAL_SERVER_ERROR,
        "internal",
        "something went wrong here, and is in the Authority's log",
    )
