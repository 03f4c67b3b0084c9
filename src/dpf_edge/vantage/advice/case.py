"""An advice together with when it is given."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from dpf_edge.model import Advice, Answer

if TYPE_CHECKING:
    from collections.abc import Callable

    from dpf_edge.vantage.sight import Sight, Verdict


class Case(NamedTuple):
    """An advice, and when it is given."""

    applies: Callable[[Sight, Verdict], bool]
    advice: Advice


def blind(verdict: Verdict) -> bool:
    """Whether the answer is no."""
    return verdict.lan.answer is Answer.NO


def sees(verdict: Verdict) -> bool:
    """Whether the answer is yes."""
    return verdict.lan.answer is Answer.YES
