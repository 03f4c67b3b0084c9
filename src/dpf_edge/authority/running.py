"""A running Authority: it serves, and looks after its store, until it is told to stop."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

from dpf_edge.authority.answers import log_away
from dpf_edge.authority.app import create
from dpf_edge.authority.serve import serve
from dpf_edge.authority.threads import Threads
from dpf_edge.errors import StoreUnavailable

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Sequence

    from dpf_edge.authority.self_diagnosis import Here
    from dpf_edge.authority.serve import Listening
    from dpf_edge.authority.settings import Settings
    from dpf_edge.host.listening import Socket
    from dpf_edge.store.kept import Store

# Nodes are marked offline after ten minutes, so a minute is soon enough to look.
UPKEEP_SECONDS = 60.0


async def run(
    store: Store,
    settings: Settings,
    clock: Callable[[], float],
    sockets: Sequence[Socket],
    *,
    stop: asyncio.Event,
    tls: ssl.SSLContext | None = None,
    ready: Callable[[Listening], None] | None = None,
    room: int = 1024,
    here: Here | None = None,
) -> None:
    """Run an Authority until ``stop`` is set; it has then ended within about two seconds.

    :param sockets: bound and listening; closed at the end. The store stays open: it is the
        caller's.
    :param ready: called once connections are accepted, with where.
    :param here: how to diagnose this machine; None: it is no node's.
    """
    keeping = asyncio.create_task(upkeep(store))
    app = create(store, settings, clock, stop=stop, here=here)
    try:
        await serve(app, sockets, stop=stop, tls=tls, ready=ready, room=room)
    finally:
        keeping.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await keeping


async def upkeep(store: Store) -> None:
    """Retention and offline marking, once a minute; of several processes one does it."""
    threads = Threads(1)
    while True:
        try:
            await threads.run(store.upkeep.run)
        except StoreUnavailable as away:
            log_away("upkeep", away)
        await asyncio.sleep(UPKEEP_SECONDS)
