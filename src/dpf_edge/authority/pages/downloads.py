"""The devices that a list shows, in the forms that other programs read.

What is written is put aside until it is whole, in memory and then on the disk: the store is read
through at once, however slowly it is fetched, and whoever fetches gets all of it or an error.
"""

from __future__ import annotations

import contextlib
from http import HTTPStatus
from typing import IO, TYPE_CHECKING

from starlette.responses import StreamingResponse

from dpf_edge.authority import exports
from dpf_edge.authority.admin import not_found
from dpf_edge.authority.login import Role
from dpf_edge.authority.pages import rendering
from dpf_edge.authority.pages.devices import wanted
from dpf_edge.authority.pages.visit import Page, Visit
from dpf_edge.host.spool import spool
from dpf_edge.wire.limits import MIB
from dpf_edge.wire.refusals import Refusal

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from threading import BoundedSemaphore

    from starlette.responses import Response

    from dpf_edge.export.exporters import Exporter
    from dpf_edge.store.finding import Wanted
    from dpf_edge.store.kept import Store

# A hundred thousand devices take 10 to 60 MB; an item of each may hold 64 KiB.
MOST_BYTES = 1024 * MIB
IN_MEMORY = 4 * MIB
PIECE = 256 * 1024


async def download(visit: Visit) -> Response:
    """One form of what the rest of the address says."""
    from dpf_edge.export.exporters import exporter
    from dpf_edge.export.text import slug

    name = visit.path("form")
    if name not in exporter.all():
        raise not_found(f"there is no form {name}; there are {', '.join(exporter.all())}")
    wants, now = wanted(visit), visit.now
    write, form = exporter.all()[name], exporter.forms()[name]
    authority = visit.authority
    free, room = authority.downloading, authority.fetching
    made = await visit.stored(lambda store: written(store, write, wants, now, free, room))
    size = made.seek(0, 2)
    made.seek(0)
    place = f"-{told}" if (told := slug(visit.site or "", 40)) else ""
    headers = {
        **rendering.HEADERS,
        "content-length": str(size),
        "content-disposition": f'attachment; filename="devices{place}{form.suffix}"',
    }
    return StreamingResponse(pieces(visit, made), headers=headers, media_type=form.media)


def written(
    store: Store,
    write: Exporter,
    wants: Wanted,
    now: float,
    free: BoundedSemaphore,
    room: BoundedSemaphore,
) -> IO[bytes]:
    """What an exporter writes of the devices that are wanted.

    :param free: how many may do so at a time.
    :param room: how many files there may be; one that is gone, however it went, makes room.
    :raises Refusal: 503 where others are at it, 413 where it becomes too large.
    """
    with taken(free):
        if not room.acquire(blocking=False):
            raise busy()
        # However it goes: fetched, broken off, or never begun to be fetched.
        made = spool(IN_MEMORY, room.release)
        try:
            with exports.inventory(store, now=now, site=wants.site, wanted=wants) as inventory:
                for piece in write(inventory):
                    made.write(piece.encode("utf-8", "replace"))
                    bounded(made.tell())
        except BaseException:
            made.close()
            raise
    return made


@contextlib.contextmanager
def taken(free: BoundedSemaphore) -> Iterator[None]:
    """Have one of a few places, without waiting for it.

    :raises Refusal: 503: there is none.
    """
    if not free.acquire(blocking=False):
        raise busy()
    try:
        yield
    finally:
        free.release()


def busy() -> Refusal:
    """Others are at it."""
    says = "Others are downloading; try again in a moment."
    return Refusal(HTTPStatus.SERVICE_UNAVAILABLE, "busy", says)


def bounded(size: int) -> None:
    """Make sure that a download does not fill the disk.

    :raises Refusal: 413.
    """
    if size > MOST_BYTES:
        says = "That is too large for one download; choose fewer devices."
        raise Refusal(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too_large", says)


async def pieces(visit: Visit, made: IO[bytes]) -> AsyncIterator[bytes]:
    """A file a piece at a time; it is gone afterwards, however that goes."""
    try:
        while piece := await visit.authority.threads.run(made.read, PIECE):
            yield piece
    finally:
        made.close()


PAGES = (Page("GET", "/devices/download/{form}", "devices.download", Role.VIEWER, download),)
