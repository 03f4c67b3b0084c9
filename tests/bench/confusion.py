"""Every recorded case: what was expected of it against what was given, with the confidence.

``python -m tests.bench.confusion`` prints it; docs/evidence/confusion.md keeps it, and a test
holds the two together.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING, NamedTuple

from dpf_edge.model import Answer, Vantage
from dpf_edge.vantage.diagnose import diagnose
from tests.test_cases import NAMES, expectation, replay

if TYPE_CHECKING:
    from collections.abc import Iterable

MADE = "<!-- Made by tests/bench/confusion.py; `make reference` writes it anew. -->\n"


class Judged(NamedTuple):
    """One case: expected and given, and how sure."""

    name: str
    wanted: tuple[str, str]
    given: tuple[str, str]
    confidence: float


def judged() -> list[Judged]:
    """Every case, judged."""
    found = []
    for name in NAMES:
        wanted = expectation(name)
        given = diagnose(replay(name))
        found.append(
            Judged(
                name,
                (wanted["vantage"], wanted["answer"]),
                (given.vantage.value, given.lan.answer.value),
                given.lan.confidence,
            )
        )
    return found


def span(values: Iterable[float]) -> str:
    """The range of some confidences."""
    listed = sorted(values)
    if not listed:
        return ""
    low, high = listed[0], listed[-1]
    return f"{low:.2f}" if low == high else f"{low:.2f}–{high:.2f}"


def answers(cases: list[Judged]) -> str:
    """Expected answers against given ones: how many, and how sure."""
    sure: dict[tuple[str, str], list[float]] = defaultdict(list)
    for case in cases:
        sure[case.wanted[1], case.given[1]].append(case.confidence)
    lines = ["| expected \\ given | yes | no | unknown |", "|---|---|---|---|"]
    for wanted in Answer:
        cells = []
        for given in Answer:
            held = sure[wanted.value, given.value]
            cells.append(f"{len(held)} at {span(held)}" if held else "0")
        lines.append(f"| {wanted.value} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def vantages(cases: list[Judged]) -> str:
    """Expected vantages against given ones, with the answers and how sure they were."""
    lines = [
        "| expected | cases | given so | given otherwise | yes | no | unknown |",
        "|---|---|---|---|---|---|---|",
    ]
    for vantage in Vantage:
        held = [case for case in cases if case.wanted[0] == vantage.value]
        other = Counter(case.given[0] for case in held if case.given[0] != vantage.value)
        told = ", ".join(f"{name} {count}" for name, count in sorted(other.items())) or "–"
        cells = []
        for answer in Answer:
            sure = [case.confidence for case in held if case.given[1] == answer.value]
            cells.append(f"{len(sure)} at {span(sure)}" if sure else "–")
        right = len(held) - sum(other.values())
        lines.append(
            f"| {vantage.value} | {len(held)} | {right} | {told} | " + " | ".join(cells) + " |"
        )
    return "\n".join(lines) + "\n"


def page() -> str:
    """The page that the docs keep."""
    cases = judged()
    return (
        f"{MADE}\n# The confusion matrix\n\n"
        f"All {len(cases)} recorded cases of tests/cases: what each must be told, against what it "
        "is told, with\nthe confidence. An answer that is not expected fails a test, so off the "
        "diagonal there is nothing;\nwhat is to be read here is where the answer is *unknown*, and "
        "how sure the others are.\n\n## Answers\n\n"
        f"{answers(cases)}\n## Vantages\n\n{vantages(cases)}"
    )


if __name__ == "__main__":
    print(page())
