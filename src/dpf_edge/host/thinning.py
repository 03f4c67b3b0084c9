"""Whether a network, or a receiver, keeps up with a walk: two signs that it does not."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

# Fewer questions than this tell nothing, at whatever rate of answers.
LEAST_ASKED = 256
# So many answers are expected before their absence counts: of 16 expected, 4 or fewer come by
# chance once in 2 500 windows (Poisson).
EXPECTED = 16
FEW = 4

# So many checks bound the loss below one in a hundred (the rule of three: 3 / 512 at 95 %); fewer
# than 64 say nothing; one in a hundred is no cable's noise any more.
CHECKS = 512
ENOUGH = 64
LOST = 0.01
# An answer that comes twice by itself does so within this.
ECHO_SECONDS = 0.05


class Thinning:
    """Counts questions and answers by windows, and compares each with those before it.

    The walk has to be in an order that has nothing to do with who answers. The first window is left
    out: it has the addresses in it that are known, most of which do.
    """

    def __init__(self) -> None:
        self._asked = self._answered = 0
        self._asked_before = self._answered_before = 0
        self._is_first = True

    def answered(self) -> None:
        """One more has answered."""
        self._answered += 1

    def asked(self, count: int) -> bool:
        """So many more were asked; whether the window that this ends had far too few answers."""
        self._asked += count
        if self._asked < LEAST_ASKED:
            return False
        if self._is_first:
            self._is_first = False
            self._asked = self._answered = 0
            return False
        if not self._asked_before:
            return self._kept()
        expected = self._asked * self._answered_before / self._asked_before
        if expected < EXPECTED:
            # Too short to tell. It goes on growing, and is what others are compared with if
            # nothing was there before.
            return False if self._answered_before >= EXPECTED else self._kept()
        if self._answered <= expected * FEW / EXPECTED:
            self._asked = self._answered = 0
            return True
        return self._kept()

    def _kept(self) -> bool:
        """Add the window to what the next are compared with; it was not thin."""
        self._asked_before += self._asked
        self._answered_before += self._answered
        self._asked = self._answered = 0
        return False


class Checking:
    """Asks some who answered once more in the midst of the walk: do they still?

    Who has answered once is there, so a second answer that does not come was lost, and by its rate
    is known how many first ones were.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._found: list[bytes] = []
        self._at = 0
        self._asked: dict[bytes, float] = {}
        self._again_at = 0.0
        self._checked = 0

    def found(self, address: bytes) -> None:
        """Somebody has answered for the first time."""
        if len(self._found) < CHECKS:
            self._found.append(address)

    def heard(self, address: bytes) -> None:
        """Somebody has answered again."""
        self._asked.pop(address, None)

    def next(self) -> bytes | None:
        """Whom to ask again now, in turn; None for nobody."""
        if not self._found or self._checked >= CHECKS:
            return None
        now = self._clock()
        if self._at == 0:
            # Around once a tenth of a second: a first answer that comes twice is not taken for a
            # second one.
            if now < self._again_at:
                return None
            self._again_at = now + 2 * ECHO_SECONDS
        address = self._found[self._at]
        self._at = (self._at + 1) % len(self._found)
        if address in self._asked:
            return None
        self._asked[address] = now
        self._checked += 1
        return address

    def is_fine(self) -> bool:
        """Whether enough was checked, and next to nothing lost; who was asked just now is not
        counted."""
        due = self._clock() - ECHO_SECONDS
        lost = sum(at < due for at in self._asked.values())
        return self._checked >= ENOUGH and lost <= self._checked * LOST
