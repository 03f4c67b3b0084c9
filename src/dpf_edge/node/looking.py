"""Looks at the machine beside the event loop, and waits no longer than a look may take."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, NamedTuple

from dpf_edge.discovery import tables
from dpf_edge.discovery.collectors.host import machine_of
from dpf_edge.host.once import Once
from dpf_edge.observed import Status
from dpf_edge.vantage.diagnose import diagnose

if TYPE_CHECKING:
    from collections.abc import Callable

    from dpf_edge.discovery.items import Own
    from dpf_edge.host.seam import Host
    from dpf_edge.model import Diagnosis, Interface, Machine


class Sight(NamedTuple):
    """One look at a machine: what it says of itself, and where it stands.

    :ivar host: the machine as it was seen; its tables are not read a second time.
    """

    host: Host
    machine: Machine
    interfaces: tuple[Interface, ...]
    diagnosis: Diagnosis
    own: Own


def look(host: Host, own: Own) -> Sight:
    """Read a machine, and judge where it stands."""
    once = Once(host)
    held = tables.of(once)
    return Sight(once, machine_of(once), held.interfaces, diagnose(once), own)


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
