"""What was said of one attribute: every value, with who said it, when, and how sure that was."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from dpf_edge.observed import Source

if TYPE_CHECKING:
    from dpf_edge.observed import Observation

# What is shown of a value in its source, and how many sources are kept, best first: a device that
# gives itself a thousand names is no better known for it.
VALUE_CHARACTERS = 200
MOST_SOURCES = 64
# Of two values as sure as each other the one of a later hour counts. Within a sweep it is chance
# who answers last, and a device would have another name after each: ``2026-01-02T03``.
HOUR = 13
_ENCODER = msgspec.json.Encoder(order="deterministic")


class Word(NamedTuple):
    """How good one collector's word for a value is: the best of all its observations."""

    confidence: float
    seen_at: str
    place: int

    def and_(self, other: Word) -> Word:
        """Both words as one."""
        return Word(
            max(self.confidence, other.confidence),
            max(self.seen_at, other.seen_at),
            min(self.place, other.place),
        )


class Said:
    """The values of one attribute, each with those who said it.

    Of two values the surer one counts, then the one of a later hour, then the one that stood
    further ahead in its list, then the one that sorts first: so no order of arrival shows.
    """

    def __init__(self) -> None:
        self._words: dict[str, dict[str, Word]] = {}
        self._values: dict[str, Any] = {}

    def add(self, value: object, by: Observation, *, place: int = 0) -> None:
        """Take down that an observation says it.

        :param place: where in a list that has the best first.
        """
        text = spelt(value)
        self._values.setdefault(text, value)
        words = self._words.setdefault(text, {})
        word = Word(by.confidence, by.seen_at, place)
        before = words.get(by.collector)
        words[by.collector] = word if before is None else before.and_(word)

    def best(self, most: int) -> list[Any]:
        """The values, best first."""
        return [self._values[text] for text in self._ranked()[:most]]

    def sources(self) -> tuple[Source, ...]:
        """Who said what, the best values first."""
        found = [
            Source(collector, word.seen_at, word.confidence, text[:VALUE_CHARACTERS])
            for text in self._ranked()[:MOST_SOURCES]
            for collector, word in sorted(self._words[text].items())
        ]
        return tuple(found[:MOST_SOURCES])

    def _ranked(self) -> list[str]:
        ranked = sorted(self._words)
        ranked.sort(key=self._rank, reverse=True)  # stable: equals stay sorted
        return ranked

    def _rank(self, text: str) -> tuple[float, str, int]:
        words = self._words[text].values()
        return (
            max(each.confidence for each in words),
            max(each.seen_at for each in words)[:HOUR],
            -min(each.place for each in words),
        )


def spelt(value: object) -> str:
    """A value as a text by which it is told apart from others."""
    return value if isinstance(value, str) else _ENCODER.encode(value).decode()
