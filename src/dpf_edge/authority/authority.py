"""One Authority: its store, its settings and its clocks, and what its calls share."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

from dpf_edge.authority.bodies import Reader
from dpf_edge.authority.clerk import Clerk
from dpf_edge.authority.counts import Counts
from dpf_edge.authority.threads import Threads

if TYPE_CHECKING:
    from collections.abc import Callable

    from dpf_edge.authority.settings import Settings
    from dpf_edge.store.kept import Store

# argon2 takes 64 MiB for each password that is looked at (RFC 9106 section 4).
PASSWORDS_AT_A_TIME = 2


class Authority:
    """What every call stands on. Nothing in it outlives the process: state is in the store."""

    def __init__(
        self,
        store: Store,
        settings: Settings,
        clock: Callable[[], float],
        ticks: Callable[[], float] = time.monotonic,
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
