"""How fast packets leave: one line for everything that a sweep sends, whoever sends it.

A rate is a promise to the network, so it is kept once, for all collectors together. Who wants to
send takes a place in the line and goes on listening until it is his turn; places are given in the
order in which they were asked for, so a collector with four questions is not kept waiting by one
with four thousand.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

# The charter's ceiling, in packets a second.
FASTEST = 50_000.0
# Places are handed out for this long at a time, so that tens of thousands a second do not take as
# many trips to the lock; at 500 a second and less each packet has a place of its own.
BATCH_SECONDS = 0.002
# What may be caught up after nothing was sent for a while. At 5 a second it is no packet at all,
# so a switch that counts ARP by the second never sees more than it was promised.
BURST_SECONDS = 0.03
# Never slower than this by backing off (or than what was asked for): a sweep has to end.
SLOWEST = 50.0
# Up to this rate packets are not sent in step: two nodes on one network drift apart, and a device
# that is busy at every full second is met at another time. Above it a millisecond is a batch.
JITTERED = 500.0


class Pace:
    """A rate, shared by all who send.

    :param rate: packets a second; more than :data:`FASTEST` is not to be had.
    :param clock: seconds of a clock that nobody sets.
    :param chance: a number in [0, 1) for each packet that is sent out of step.
    """

    def __init__(
        self, rate: float, clock: Callable[[], float], chance: Callable[[], float]
    ) -> None:
        self.rate = min(max(rate, 0.1), FASTEST)
        self._full = self.rate
        self._floor = min(self.rate, SLOWEST)
        self._clock = clock
        self._chance = chance
        self._lock = threading.Lock()
        self._next = clock()

    @property
    def batch(self) -> int:
        """How many packets are sent in one go."""
        return max(1, int(self.rate * BATCH_SECONDS))

    def reserve(self, count: int) -> float:
        """Take a place in the line for some packets; when they may leave, by the clock."""
        with self._lock:
            at = max(self._next, self._clock() - BURST_SECONDS)
            spread = 0.5 + self._chance() if self.rate <= JITTERED else 1.0
            self._next = at + count * spread / self.rate
            return at

    def slow(self) -> None:
        """Halve the rate, for everybody: what one loses on a link, others lose too."""
        with self._lock:
            self.rate = max(self._floor, self.rate / 2)

    def hurry(self) -> None:
        """Go back to the rate that was asked for: to be slower did not help."""
        with self._lock:
            self.rate = self._full


class Turn:
    """One sender's place in the line."""

    def __init__(self, pace: Pace, clock: Callable[[], float]) -> None:
        self._pace = pace
        self._clock = clock
        self._at: float | None = None

    @property
    def batch(self) -> int:
        """How many packets are sent in one go."""
        return self._pace.batch

    def due(self, count: int) -> bool:
        """Whether so many packets, the next of this sender, may leave now."""
        if self._at is None:
            self._at = self._pace.reserve(count)
        if self._clock() < self._at:
            return False
        self._at = None
        return True

    def wait(self) -> float:
        """How many seconds until they may leave."""
        return 0.0 if self._at is None else max(0.0, self._at - self._clock())
