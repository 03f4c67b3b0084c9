"""One Authority: its store, its settings and its clocks, and what its calls share."""

from __future__ import annotations

import asyncio
import threading
import time
from typing import TYPE_CHECKING

from dpf_edge.authority.bodies import Reader
from dpf_edge.authority.clerk import Clerk
from dpf_edge.authority.counts import Counts
from dpf_edge.authority.news import Newsroom
from dpf_edge.authority.threads import Threads

if TYPE_CHECKING:
    from collections.abc import Callable

    from dpf_edge.authority.self_diagnosis import Here
    from dpf_edge.authority.settings import Settings
    from dpf_edge.store.kept import Store

# argon2 takes 64 MiB for each password that is looked at (RFC 9106 section 4).
PASSWORDS_AT_A_TIME = 2
# Each reads the whole store for some seconds, on one core.
DOWNLOADS_AT_A_TIME = 2
# Those that are written and still being fetched: each is a file, of 10 to 60 MB as a rule.
DOWNLOADS_HELD = 8


class Authority:
    """What every call stands on. Nothing in it outlives the process: state is in the store."""

    def __init__(
        self,
        store: Store,
        settings: Settings,
        clock: Callable[[], float],
        ticks: Callable[[], float] = time.monotonic,
        *,
        stop: asyncio.Event | None = None,
        here: Here | None = None,
    ) -> None:
        self.store = store
        self.settings = settings
        self.clock = clock
        self.ticks = ticks
        self.threads = Threads(settings.threads)
        self.reader = Reader(settings.pace)
        self.clerk = Clerk(store, clock)
        self.counts = Counts()
        self.hashing = asyncio.Semaphore(PASSWORDS_AT_A_TIME)
        # Taken on a worker's thread, and by nobody who would have to wait for it.
        self.downloading = threading.BoundedSemaphore(DOWNLOADS_AT_A_TIME)
        self.fetching = threading.BoundedSemaphore(DOWNLOADS_HELD)
        # Set when the server is to end: what would stay open for long looks at it.
        self.stop = stop
        self.news = Newsroom(store, self.threads, ticks, stop)
        # This very machine, where a node of its own runs in this process.
        self.here = here
