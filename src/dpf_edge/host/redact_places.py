"""Several captures of one machine, redacted together, with all that stands beside them.

What is the same in two of them is the same afterwards: the host's address, which a mirrored
distribution has too, the network that both are on, a distribution's name. What a report says of a
place is made of the redacted parts alone, so that nothing gets by.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import msgspec

from dpf_edge.host import signatures
from dpf_edge.host.redact import Redaction, addresses, private, texts
from dpf_edge.host.redact_names import USER, Names
from dpf_edge.host.redact_numbers import Numbers

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from dpf_edge.host.looked import Place

# The first line of an engine's error is cut at 200 already; a path before it may be as long.
MOST_SAID = 400


class Redacted:
    """Some places and versions, redacted.

    :param key: as :func:`dpf_edge.host.redact.redact` has it; drawn for this and kept nowhere.
    """

    def __init__(
        self, places: Sequence[Place], versions: Mapping[str, str | None], key: bytes
    ) -> None:
        captures = [each.capture for each in places if each.capture is not None]
        said = [*texts([*beside(places), *filter(None, versions.values())])]
        found = [*said, *texts([msgspec.to_builtins(each) for each in captures])]
        self._names = names = Names(key, Numbers(key, found))
        own = [pair for each in captures for pair in private(each, names)]
        names.learn(
            [*own, *owned(places, said, names)],
            [text for each in captures for text in addresses(each)],
        )
        redaction = Redaction(names)
        self.places = tuple(self._place(each, redaction) for each in places)
        self.versions = {
            name: None if told is None else names.scanned(told[:MOST_SAID])
            for name, told in versions.items()
        }

    def _place(self, place: Place, redaction: Redaction) -> Place:
        return place._replace(
            name=self._name(place),
            client=tuple(self._word(each) for each in place.client),
            image=None if place.image is None else self._names.image(place.image),
            capture=None if place.capture is None else redaction.capture(place.capture),
            error=None if place.error is None else self._said(place, place.error[:MOST_SAID]),
        )

    def _name(self, place: Place) -> str:
        if place.sort == "distribution":
            return self._names.distribution(place.name)
        return self._word(place.name)

    def _word(self, word: str) -> str:
        """A word of what reaches an engine: the program, its option, the context's name."""
        return word if word in signatures.CLIENTS else self._names.context(word)

    def _said(self, place: Place, error: str) -> str:
        """An error: words that such errors have, and what is left of everything else.

        Ours begin with the place's name, which may be a word that others are made of.
        """
        head = f"{place.name}: "
        if place.name and error.startswith(head):
            return f"{self._name(place)}: {self._names.told(error[len(head) :])}"
        return self._names.told(error)


def beside(places: Sequence[Place]) -> Iterator[str]:
    """The texts of some places that stand in no capture."""
    for each in places:
        yield from (each.name, *each.client, each.image or "", each.error or "")


def owned(places: Sequence[Place], said: Sequence[str], names: Names) -> Iterator[tuple[str, str]]:
    """The names beside the captures that are their owner's, each with what becomes of it."""
    for each in places:
        change = names.distribution if each.sort == "distribution" else names.context
        yield each.name, change(each.name)
        if each.image is not None:
            yield each.image, names.image(each.image)
    for text in said:
        for match in re.finditer(USER, text):
            yield match[0], names.user(match[0])
