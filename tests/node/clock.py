"""A clock whose hands a test turns."""

from __future__ import annotations

# 2026-01-02T03:04:05Z, the time of the contract's examples.
THEN = 1767323045.0


class HandClock:
    """See :class:`dpf_edge.host.clock.Clock`; it stands still unless it is turned."""

    def __init__(self, wall: float = THEN, ticks: float = 1000.0, boot: str = "boot-1") -> None:
        self._wall = wall
        self._ticks = ticks
        self._boot = boot

    def wall(self) -> float:
        return self._wall

    def ticks(self) -> float:
        return self._ticks

    def boot(self) -> str:
        return self._boot

    def advance(self, seconds: float) -> None:
        """Time goes by."""
        self._wall += seconds
        self._ticks += seconds

    def step(self, seconds: float) -> None:
        """Somebody, or NTP, sets the clock on the wall."""
        self._wall += seconds

    def restart(self, off_seconds: float = 30.0) -> None:
        """The machine is started anew: the ticks begin again."""
        self._wall += off_seconds
        self._ticks = 10.0
        self._boot += "+"
