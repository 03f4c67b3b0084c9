"""The addresses that one collector asks: those that are known first, then a walk. Pure.

A /16 has 65 534 addresses, and a list of sixteen such ranges a million. They are counted out as
they are needed, so the first packet waits for none of the others, and nothing holds them all.
"""

from __future__ import annotations

import ipaddress
import math
from bisect import bisect_right
from collections.abc import Collection, Iterable, Iterator
from itertools import accumulate
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    Range = ipaddress.IPv4Network

# A step of about this part of the whole leaves the widest gaps between what was asked already, at
# every moment of the walk: no switch, radio or router gets a run of neighbouring addresses.
GOLDEN = (math.sqrt(5) - 1) / 2
# By how much the step varies from walk to walk.
LEEWAY = 0.05


class Walk(Collection[str]):
    """Known addresses, and after them those of some ranges in an order that is spread out.

    :param known: asked first, in this order, wherever they are.
    :param ranges: walked through; none of them overlaps another.
    :param without: addresses, as numbers, that are not walked over.
    :param chance: gives a number in [0, 1), anew each time: where the walk begins, and its step.
    """

    def __init__(
        self,
        known: Iterable[str] = (),
        ranges: Iterable[Range] = (),
        without: Iterable[int] = (),
        chance: Callable[[], float] = lambda: 0.0,
    ) -> None:
        self.known = tuple(dict.fromkeys(known))
        self.ranges = tuple(ranges)
        passed = {number_of(each) for each in self.known} | {*without}
        self._passed = frozenset(each for each in passed if each is not None and self._walks(each))
        self._total = sum(each.num_addresses for each in self.ranges)
        self._begin = int(chance() * self._total)
        self._step = stride(self._total, chance())

    def _walks(self, number: int) -> bool:
        """Whether an address lies in one of the ranges."""
        return any(
            int(each.network_address) <= number <= int(each.broadcast_address)
            for each in self.ranges
        )

    def __len__(self) -> int:
        return len(self.known) + self._total - len(self._passed)

    def __contains__(self, address: object) -> bool:
        if address in self.known:
            return True
        number = number_of(address) if isinstance(address, str) else None
        return number is not None and number not in self._passed and self._walks(number)

    def __iter__(self) -> Iterator[str]:
        yield from self.known
        ends = list(accumulate(each.num_addresses for each in self.ranges))
        firsts = [int(each.network_address) for each in self.ranges]
        place = self._begin
        for _ in range(self._total):
            which = bisect_right(ends, place)
            number = firsts[which] + place - (ends[which - 1] if which else 0)
            if number not in self._passed:
                yield dotted(number)
            place = (place + self._step) % self._total


def stride(total: int, chance: float) -> int:
    """A step that comes by every one of ``total`` places once: it has no divisor in common."""
    if total < 3:
        return 1
    step = max(1, int(total * (GOLDEN + LEEWAY * (chance - 0.5))))
    while math.gcd(step, total) > 1:
        step += 1
    return step


def number_of(address: str) -> int | None:
    """An IPv4 address as a number; None for what is none."""
    try:
        return int(ipaddress.IPv4Address(address))
    except ValueError:
        return None


def dotted(number: int) -> str:
    """A number as an IPv4 address; four times as fast as the ipaddress module's own way."""
    return f"{number >> 24}.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"
