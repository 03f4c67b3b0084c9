"""Where a run belongs in its node's picture of the network: pure.

A sweep that is too large for one run comes as several, all observed at the same moment: the parts
of the picture, counted as they come in. Each part's newest run is what is there now. So the second
run of a sweep says nothing about what the first one saw, and the first run of the next sweep
replaces the first of this one.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

from dpf_edge.wire import limits

if TYPE_CHECKING:
    from collections.abc import Mapping

# The part that is made of runs which say nothing about the rest of the picture.
ASIDE = -1
# When that was observed which came in while the Authority's clock was ahead: before all else.
NEVER = -math.inf


class Newest(NamedTuple):
    """The newest run of a part: when it was observed, and what it said, as a digest."""

    observed_at: float
    digest: str


class Place(NamedTuple):
    """Where a run belongs.

    ``replaces``: the parts of which everything is missed that the run does not have, and when they
    were last seen. ``dropped``: those of them that are no more. ``digest``: of the run that it
    follows, where the same digest means that nothing is other. ``late``: something newer is known.
    """

    part: int
    replaces: Mapping[int, float]
    dropped: tuple[int, ...]
    digest: str | None
    late: bool


def placed(
    parts: Mapping[int, Newest], observed_at: float, *, complete: bool, now: float = math.inf
) -> Place:
    """Find the place of a run.

    :param parts: the picture as it stands.
    :param complete: whether the run speaks of all that there is.
    :param now: by the clock of now. What was observed after that came in while the clock was
        wrong; nothing is late for it, or the picture would stand still until that day comes.
    """
    parts = {key: believed(each, now) for key, each in parts.items()}
    newest = max((each.observed_at for each in parts.values()), default=None)
    if newest is not None and observed_at < newest:
        return Place(0, {}, (), None, late=True)
    goes_on = newest == observed_at
    number, dropped = 0, _over(parts)
    if not complete:
        number, dropped = ASIDE, ()
    elif goes_on:
        number, dropped = sum(each.observed_at == newest for each in parts.values()), ()
    before = parts.get(number)
    replaced = [key for key in (number, *dropped) if key in parts]
    if goes_on and number == ASIDE:
        replaced = []
    return Place(
        number,
        {key: seen(parts[key], observed_at) for key in replaced},
        dropped,
        before.digest if before and not dropped else None,
        late=False,
    )


def believed(newest: Newest, now: float) -> Newest:
    """A part's newest run, as far as its time can be true."""
    is_true = newest.observed_at <= now + limits.DISCOVERY_WINDOW.future
    return newest if is_true else newest._replace(observed_at=NEVER)


def seen(newest: Newest, observed_at: float) -> float:
    """When the things of a part were last seen; where that is not known, until they were not."""
    return observed_at if newest.observed_at == NEVER else newest.observed_at


def _over(parts: Mapping[int, Newest]) -> tuple[int, ...]:
    """The parts that a new sweep begins without: what stood aside, and those that the last whole
    sweep did not have any more."""
    whole = max((each.observed_at for key, each in parts.items() if key != ASIDE), default=None)
    return tuple(key for key, each in parts.items() if key and each.observed_at != whole)
