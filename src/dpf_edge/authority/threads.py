"""Where the store's calls run: in threads, a bounded number at a time, that no exit waits for."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from dpf_edge.host.background import DaemonThreads

if TYPE_CHECKING:
    from collections.abc import Callable

P = ParamSpec("P")
T = TypeVar("T")


class Threads:
    """Runs functions that wait for a disk or a database, beside the event loop."""

    def __init__(self, most: int) -> None:
        self.free = asyncio.Semaphore(most)
        self.executor = DaemonThreads()

    async def run(self, work: Callable[P, T], /, *arguments: P.args, **named: P.kwargs) -> T:
        """What a function gives, or raises. One that is not waited for any more goes on alone."""
        async with self.free:
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self.executor, partial(work, *arguments, **named))
