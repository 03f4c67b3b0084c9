"""What this process has done since it started, counted for ``/metrics``; labels are bounded."""

from __future__ import annotations

from collections import Counter, defaultdict


class Counts:
    """Counters by route and status. Touched from the event loop only."""

    def __init__(self) -> None:
        self.calls: Counter[tuple[str, int]] = Counter()
        self.seconds: defaultdict[str, float] = defaultdict(float)
        self.failures = 0

    def call(self, route: str, status: int, seconds: float) -> None:
        """Count one call.

        :param route: a route's name, one of a fixed list and never a path as it came.
        """
        self.calls[route, status] += 1
        self.seconds[route] += seconds

    def failure(self) -> None:
        """Count one call that ended in an error of our own."""
        self.failures += 1
