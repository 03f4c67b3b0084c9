"""The observations of one sweep, each once and within a bound."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from dpf_edge.observed import Observation

# A /16 that answered everywhere has 65 534; whoever answers with more is no network.
MOST = 100_000
# One observation is a few hundred bytes, a talkative device's some thousand.
MOST_BYTES = 64 << 20
# A single one that is larger than this is left out: no honest device tells as much of itself.
MOST_OF_ONE = 256 << 10


class Kept:
    """What was seen, in the order in which it was first seen.

    What is seen again replaces what was kept of it, so that hearing a device speak for an hour
    costs no more than hearing it once.

    :ivar lost: how many observations of each collector did not fit.
    """

    def __init__(self, most: int = MOST, most_bytes: int = MOST_BYTES) -> None:
        self._most, self._room = most, most_bytes
        self._seen: dict[bytes, Observation] = {}
        self.lost: Counter[str] = Counter()

    def add(self, seen: Observation) -> bool:
        """Keep an observation.

        :returns: whether it is a new one.
        """
        key = told(seen)
        before = self._seen.get(key)
        if before is not None:
            if seen.seen_at > before.seen_at:
                self._seen[key] = seen
            return False
        if len(key) > MOST_OF_ONE or len(self._seen) >= self._most or len(key) > self._room:
            self.lost[seen.collector] += 1
            return False
        self._room -= len(key)
        self._seen[key] = seen
        return True

    def drop(self, seen: Observation) -> None:
        """Forget one observation."""
        key = told(seen)
        if self._seen.pop(key, None) is not None:
            self._room += len(key)

    def __iter__(self) -> Iterator[Observation]:
        # A copy in one step, so that another thread may look while this one adds.
        return iter(tuple(self._seen.values()))

    def __len__(self) -> int:
        return len(self._seen)

    def only(self, believed: Callable[[Observation], bool]) -> int:
        """Forget what is not believed.

        :returns: how many observations that were.
        """
        gone = [key for key, each in self._seen.items() if not believed(each)]
        for key in gone:
            del self._seen[key]
            self._room += len(key)
        return len(gone)


def told(seen: Observation) -> bytes:
    """All that an observation says, but when."""
    return msgspec.json.encode(msgspec.structs.replace(seen, seen_at=""))
