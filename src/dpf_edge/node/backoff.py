"""How long to wait before the next attempt: pure; whoever calls brings the dice.

``chance`` is a number in [0, 1), drawn anew for each wait.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def after_failures(failures: int, chance: float, spans: Sequence[float]) -> float:
    """The wait after so many failures in a row: between half of its span and all of it.

    Drawn from half a span, two nodes that failed together do not come back together.
    """
    span = spans[min(max(failures, 1), len(spans)) - 1]
    return span * (0.5 + 0.5 * chance)


def around(seconds: float, chance: float, share: float) -> float:
    """A regular wait, drawn from a share of it to either side."""
    return seconds * (1 + share * (2 * chance - 1))


def as_told(seconds: float, chance: float, share: float) -> float:
    """The wait that a server asked for, never less of it, and up to a share and a second more."""
    return seconds + chance * (share * seconds + 1)


def within(seconds: float, least: float, most: float) -> float:
    """A span that somebody else set, brought within bounds."""
    return min(max(seconds, least), most)
