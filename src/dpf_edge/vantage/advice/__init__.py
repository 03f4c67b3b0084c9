"""What to do, as data: a stable code each, chosen by the verdict. Pure.

An advice that depends on another stays silent where that other one already told the cause. Each has
a page of its own under docs/advice, by its code.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dpf_edge.model import Severity
from dpf_edge.vantage.advice import desktops, engines, machines, seeing, wsl

if TYPE_CHECKING:
    from dpf_edge.model import Advice
    from dpf_edge.vantage.advice.case import Case
    from dpf_edge.vantage.sight import Sight, Verdict

CASES: tuple[Case, ...] = (
    *desktops.CASES,
    *wsl.CASES,
    *engines.CASES,
    *machines.CASES,
    *seeing.CASES,
)


def advice(sight: Sight, verdict: Verdict) -> tuple[Advice, ...]:
    """The advice for a verdict, the gravest first."""
    given = [case.advice for case in CASES if case.applies(sight, verdict)]
    told = {each.code for each in given}
    heard = [each for each in given if not told & set(each.depends_on)]
    return tuple(sorted(heard, key=lambda each: list(Severity).index(each.severity)))
