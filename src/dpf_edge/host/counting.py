"""One collector's account: what it sent, what it lost, and how long it still has."""

from __future__ import annotations

import os
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from dpf_edge.host.pacing import Pace, Turn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

# How long a loop sleeps at most before it looks whether it is to end.
NAP_SECONDS = 0.1
# What was lost is told in a handful of lines; a network cannot make it a flood of them.
MOST_LOST = 16


class Ledger:
    """What every engine is given: the pace, the deadline and the counters. Safe between threads.

    :param pace: the rate that all accounts of a sweep share.
    :param seconds: how long the account lasts from now on.
    :param stop: set when the sweep is to end at once.
    :param wall: seconds since 1970.
    """

    def __init__(
        self, pace: Pace, seconds: float, stop: threading.Event, wall: Callable[[], float]
    ) -> None:
        self.pace = pace
        self.packets = 0
        self.bytes = 0
        self.now = wall
        self.clock = time.monotonic
        self._end = self.clock() + seconds
        self._stop = stop
        self._ended = False
        self._bell: int | None = None
        self._lost: dict[str, int] = {}
        self._lock = threading.Lock()

    def left(self) -> float:
        """How many seconds are left; 0 once it is over or the sweep is to end."""
        if self._ended or self._stop.is_set():
            return 0.0
        return max(0.0, self._end - self.clock())

    def nap(self, seconds: float) -> float:
        """How long a loop that wants to wait may wait before it looks again."""
        return max(0.0, min(seconds, NAP_SECONDS, self.left()))

    def count(self, packets: int, size: int) -> None:
        """Note what was handed to the kernel."""
        with self._lock:
            self.packets += packets
            self.bytes += size

    def lose(self, what: str, count: int = 1) -> None:
        """Note what was lost on the way: in words to which the number is added."""
        with self._lock:
            if what in self._lost or len(self._lost) < MOST_LOST:
                self._lost[what] = self._lost.get(what, 0) + count

    def note(self, says: str) -> None:
        """Note what a collector says that it lost, as it says it."""
        self.lose(says, 0)

    def lost(self) -> tuple[str, ...]:
        """What was lost, each once, with its number where it was counted."""
        with self._lock:
            return tuple(f"{what}: {n}" if n else what for what, n in self._lost.items())

    def turn(self) -> Turn:
        """A place in the line of those who send."""
        return Turn(self.pace, self.clock)

    def sleep(self, seconds: float) -> None:
        """Do nothing for so many seconds, or for as long as a loop may without looking again."""
        time.sleep(self.nap(seconds))

    def pause(self) -> bool:
        """Wait until one packet may leave; whether it may, for the time can be over before."""
        turn = self.turn()
        while not turn.due(1):
            if not self.left():
                return False
            time.sleep(self.nap(turn.wait()))
        return self.left() > 0

    def end(self) -> None:
        """Make now the deadline: everything that still runs on this account comes to its end."""
        with self._lock:
            self._ended = True
            if self._bell is not None:
                os.eventfd_write(self._bell, 1)

    @contextmanager
    def bell(self) -> Iterator[int]:
        """A file that can be read once :meth:`end` was called.

        Whoever listens for hours waits on it beside his sockets, instead of looking ten times a
        second whether it is over. One at a time; Linux only (eventfd(2)).
        """
        bell = os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK)
        with self._lock:
            self._bell = bell
            if self._ended:
                os.eventfd_write(bell, 1)
        try:
            yield bell
        finally:
            with self._lock:
                self._bell = None
            os.close(bell)
