"""Sets that grow together: which of many things were found to be one."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


class Union:
    """Numbers that are put together; the smallest of each set stands for it."""

    def __init__(self, size: int) -> None:
        self._above = list(range(size))

    def root(self, one: int) -> int:
        """The one that stands for its set."""
        above = self._above
        while above[one] != one:
            above[one] = above[above[one]]
            one = above[one]
        return one

    def join(self, one: int, other: int) -> None:
        """Make two sets one."""
        low, high = sorted((self.root(one), self.root(other)))
        self._above[high] = low

    def join_all(self, several: Iterable[int]) -> None:
        """Make all their sets one."""
        first, *rest = several
        for each in rest:
            self.join(first, each)
