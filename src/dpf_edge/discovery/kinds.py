"""Which kind of device one is, by signatures that are kept as data (``kinds.toml``). Pure.

Every observation gives clues; each signature that fits speaks for its kind with a likelihood, and
those of one kind add up as independent witnesses do. The likeliest kind counts, if it is likelier
than not: a device of which nothing tells has none.
"""

from __future__ import annotations

import re
from collections import defaultdict
from functools import cache, lru_cache
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

from dpf_edge import macs
from dpf_edge.discovery.identity.keys import label, station
from dpf_edge.discovery.identity.services import protocol
from dpf_edge.macs import MacKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from dpf_edge.observed import Observation

DATA = "kinds.toml"
# What the source itself says in our words; a controller knows what it adopted.
SAID = 0.9
# Likelier than not.
LEAST = 0.5
# A device's clues that are looked at, and how much of each: an honest one has some dozens.
MOST_CLUES, CLUE_CHARACTERS = 512, 200
# Attributes that tell of a kind, by the clue that they are.
ATTRIBUTES = {"model": "model", "os": "os", "description": "description", "maker": "brand"}


class Signature(NamedTuple):
    """One line of the data.

    :ivar clues: patterns of which any one, or all if ``needs_all``, have to be seen.
    """

    kind: str
    sure: float
    clues: tuple[str, ...]
    needs_all: bool


class Judged(NamedTuple):
    """What a device is, how likely, and by which observations."""

    kind: str
    sure: float
    because: tuple[Observation, ...]


def judged(observations: Iterable[Observation], maker: str | None) -> Judged | None:
    """What a device is; None where nothing tells.

    :param maker: who made its network card.
    """
    seen: dict[int, list[Observation]] = defaultdict(list)
    for clue, observation in islice(clues(observations, maker), MOST_CLUES):
        for pattern in patterns_of(clue):
            seen[pattern].append(observation)
    doubts: dict[str, float] = {}
    because: dict[str, list[Observation]] = defaultdict(list)
    patterns = numbered()
    for signature in speaking(seen):
        found = [seen[number] for one in signature.clues if (number := patterns[one]) in seen]
        if len(found) == len(signature.clues) or not signature.needs_all:
            doubts[signature.kind] = doubts.get(signature.kind, 1.0) * (1 - signature.sure)
            because[signature.kind] += [each for several in found for each in several]
    if not doubts:
        return None
    kind = min(doubts, key=lambda each: (doubts[each], each))
    sure = 1 - doubts[kind]
    return Judged(kind, sure, tuple(because[kind])) if sure >= LEAST else None


def clues(
    observations: Iterable[Observation], maker: str | None
) -> Iterator[tuple[str, Observation]]:
    """What observations tell of a kind, in lower case, each with who told it."""
    told: set[str] = set()
    for seen in observations:
        for clue in (
            *own_clues(seen),
            *([f"maker:{maker.lower()}"] if maker and seen.macs else []),
        ):
            cut = clue[:CLUE_CHARACTERS]
            if cut not in told:
                told.add(cut)
                yield cut, seen


def own_clues(seen: Observation) -> Iterator[str]:
    """The clues of one observation."""
    if seen.kind:
        yield f"says:{seen.kind.lower()}"
    yield from (hint.lower() for hint in seen.hints)
    yield from (f"role:{role}" for role in seen.roles)
    yield from (f"service:{protocol(each.name)}" for each in seen.services)
    yield from (f"name:{label(name) or name.lower()}" for name in seen.names)
    for attribute, prefix in ATTRIBUTES.items():
        if isinstance(value := seen.attributes.get(attribute), str):
            yield f"{prefix}:{value.lower()}"
    found = [mac for each in seen.macs if (mac := station(each))]
    if found and all(macs.kind(mac) is MacKind.LOCAL for mac in found):
        yield "mac:private"


# -- the data ---------------------------------------------------------------------------------


@cache
def signatures() -> tuple[Signature, ...]:
    """The signatures, in the order of the data."""
    import tomllib
    from pkgutil import get_data

    table = tomllib.loads((get_data(__package__, DATA) or b"").decode())
    found = [signature(kind, each) for kind, several in table.items() for each in several]
    said = [Signature(kind, SAID, (f"says:{kind}",), needs_all=False) for kind in table]
    return (*said, *found)


def signature(kind: str, told: dict[str, Any]) -> Signature:
    """A signature as the data has it."""
    needs_all = "all" in told
    return Signature(kind, told["sure"], tuple(told["all" if needs_all else "any"]), needs_all)


def kinds() -> frozenset[str]:
    """Every kind there is."""
    return frozenset(each.kind for each in signatures())


@cache
def numbered() -> dict[str, int]:
    """Every pattern of the data, with its number."""
    every = (pattern for each in signatures() for pattern in each.clues)
    return {pattern: number for number, pattern in enumerate(dict.fromkeys(every))}


def speaking(seen: Iterable[int]) -> Iterator[Signature]:
    """The signatures that have one of these patterns, in the order of the data."""
    every, having = signatures(), holders()
    yield from (every[index] for index in sorted({one for each in seen for one in having[each]}))


@cache
def holders() -> dict[int, list[int]]:
    """Which signatures have each pattern, by their places in the data."""
    found: dict[int, list[int]] = defaultdict(list)
    patterns = numbered()
    for index, signature in enumerate(signatures()):
        for clue in signature.clues:
            found[patterns[clue]].append(index)
    return found


# A network's devices give the same few hundred clues over and over.
@lru_cache(1 << 12)
def patterns_of(clue: str) -> tuple[int, ...]:
    """The patterns that a clue fits."""
    prefix = clue.partition(":")[0]
    exact, loose = indexed()
    found = [
        number
        for head, pattern, number in loose.get(prefix, ())
        if clue.startswith(head) and expression(pattern).fullmatch(clue)
    ]
    return (*([exact[clue]] if clue in exact else ()), *found)


@cache
def indexed() -> tuple[dict[str, int], dict[str, list[tuple[str, str, int]]]]:
    """The patterns without anything loose by their text, the others by their prefix: each with
    what stands before the first loose place, which most clues do not begin with."""
    exact: dict[str, int] = {}
    loose: dict[str, list[tuple[str, str, int]]] = defaultdict(list)
    for pattern, number in numbered().items():
        if "*" in pattern or "#" in pattern:
            head = re.split(r"[*#]", pattern, maxsplit=1)[0]
            loose[pattern.partition(":")[0]].append((head, pattern, number))
        else:
            exact[pattern] = number
    return exact, loose


# Some of 200 are wanted in a sweep: to compile them all takes 20 ms, as long as all else then.
@cache
def expression(pattern: str) -> re.Pattern[str]:
    """A pattern as a regular expression; linear in the text, as each has few stars."""
    parts = re.split(r"([*#])", pattern)
    loose = {"*": ".*", "#": "[0-9a-f]"}
    return re.compile("".join(loose.get(part) or re.escape(part) for part in parts), re.DOTALL)
