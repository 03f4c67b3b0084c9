"""This very machine, where the Authority shares its process with a node: diagnosed again on demand.

One at a time and for a bounded while; what it says is kept until the next. A diagnosis reads and
sends nothing.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

    from dpf_edge.authority.threads import Threads
    from dpf_edge.model import Diagnosis

# A diagnosis takes a tenth of a second, and ten where a command of the system hangs.
MOST_SECONDS = 30.0


class Busy(Exception):
    """One is under way."""


class Taken(NamedTuple):
    """A diagnosis, when it was taken, and how long it took."""

    diagnosis: Diagnosis
    at: float
    seconds: float


class Here:
    """How to diagnose this machine, and what came of it last."""

    def __init__(
        self,
        look: Callable[[], Diagnosis],
        first: Taken,
        *,
        node_id: Callable[[], str | None] | None = None,
        most_seconds: float = MOST_SECONDS,
    ) -> None:
        """Stand ready.

        :param look: diagnoses; called beside the event loop.
        :param first: what was found when the program started.
        :param node_id: the node on this machine, once it has enrolled; called beside the loop.
        """
        self.diagnose = look
        self.last = first
        self.node_id = node_id
        self.most_seconds = most_seconds
        self.under_way: asyncio.Future[Diagnosis] | None = None

    async def again(
        self, threads: Threads, clock: Callable[[], float], ticks: Callable[[], float]
    ) -> Taken:
        """Diagnose once more.

        :raises Busy: one is under way, maybe one that was given up.
        :raises TimeoutError: it takes too long; it goes on alone, and keeps its place.
        :raises DpfEdgeError: it could not be done.
        """
        if self.under_way is not None and not self.under_way.done():
            raise Busy
        began, at = ticks(), clock()
        self.under_way = asyncio.ensure_future(threads.run(self.diagnose))
        # Of one that was given up nobody asks any more how it ended.
        self.under_way.add_done_callback(lambda done: done.cancelled() or done.exception())
        # Shielded: a thread cannot be stopped, and a second one beside it would be one too many.
        found = await asyncio.wait_for(asyncio.shield(self.under_way), self.most_seconds)
        self.last = Taken(found, at, ticks() - began)
        return self.last
