"""Looks at the machine beside the event loop, and waits no longer than a look may take."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from dpf_edge.node.sweeps import Status

if TYPE_CHECKING:
    from collections.abc import Callable

    from dpf_edge.node.collecting import Own, Sight


class LookFailed(Exception):
    """There was no look to be had: it hangs, or broke."""

    def __init__(self, status: Status, says: str) -> None:
        super().__init__(says)
        self.status = status


class Looker:
    """One machine. A look that hangs keeps its thread; no second one is begun beside it.

    :param read: reads the machine anew, for the node that this is; may block.
    :param seconds: how long a look may take.
    """

    def __init__(self, read: Callable[[Own], Sight], own: Own, seconds: float) -> None:
        self.own = own
        self._read = read
        self._seconds = seconds
        self._looking: asyncio.Task[Sight] | None = None

    async def look(self) -> Sight:
        """Look.

        :raises LookFailed: it took too long, broke, or the last one still hangs.
        """
        if self._looking is not None and not self._looking.done():
            raise LookFailed(Status.TIMED_OUT, "the last look at this machine still hangs")
        self._looking = asyncio.create_task(asyncio.to_thread(self._read, self.own))
        done, _ = await asyncio.wait({self._looking}, timeout=self._seconds)
        if not done:
            says = f"no look at this machine within {self._seconds:g} s"
            raise LookFailed(Status.TIMED_OUT, says)
        error = self._looking.exception()
        if error is not None:
            raise LookFailed(Status.FAILED, f"{type(error).__name__}: {error}"[:300])
        return self._looking.result()
