"""What changed on the network since the last sweep: remembered on disk, told by the outbox.

Events go by the outbox like runs, so that none is lost while the Authority is away. They are put
there before what was remembered is written: whoever is killed in between tells of them twice, and
an event is known by its ``dedupKey``.
"""

from __future__ import annotations

import os
import uuid
from typing import TYPE_CHECKING

import msgspec

from dpf_edge.discovery.changes.comparing import changes
from dpf_edge.discovery.changes.events import event
from dpf_edge.discovery.changes.state import State, read, written
from dpf_edge.errors import PrivateFileError
from dpf_edge.host import private_file
from dpf_edge.store.outbox import Part
from dpf_edge.wire import body, events, limits, times
from dpf_edge.wire.refusals import Refusal

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from dpf_edge.discovery.changes.change import Change
    from dpf_edge.discovery.swept import Swept
    from dpf_edge.node.core import Core

KIND = "events"
FILE = "network.json"
# Room for what stands around the events.
ROOM_BYTES = limits.EVENTS_BODY - 4 * limits.KIB


class Happenings:
    """What one node remembers of its network. Each method blocks on the disk."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._path = os.path.join(core.settings.state_folder, FILE)  # noqa: PTH118
        self._state: State | None = None

    def note(self, swept: Swept) -> tuple[Change, ...]:
        """Tell of what changed, and remember what is there now."""
        core = self._core
        if self._state is None:
            self._state = self._load()
        now = core.clock.wall()
        after, changed = changes(self._state, swept, core.settings.level, now)
        if changed:
            core.outbox.put(KIND, list(parts(changed, now)), now)
        if after != self._state:
            self._state = after
            self._save(after)
        return changed

    def _load(self) -> State:
        """What was remembered; nothing where it cannot be read: then nothing is told of."""
        try:
            data = private_file.read(self._path)
        except PrivateFileError as error:
            self._core.log.warning("network", f"{error}: what changed since is not known")
            return State()
        return State() if data is None else read(data)

    def _save(self, state: State) -> None:
        try:
            private_file.write(self._path, written(state))
        except PrivateFileError as error:
            self._core.log.fail("not-written", str(error), code=error.code)


def parts(changed: Sequence[Change], now: float) -> Iterator[Part]:
    """The bodies that tell of some changes, each within the contract's bounds."""
    batch: list[events.Event] = []
    size = 0
    for each in map(event, changed):
        length = len(msgspec.json.encode(each)) + 1
        if batch and (size + length > ROOM_BYTES or len(batch) >= events.EVENTS):
            yield part(batch, now)
            batch, size = [], 0
        batch.append(each)
        size += length
    if batch:
        yield part(batch, now)


def part(batch: Sequence[events.Event], now: float) -> Part:
    """One body."""
    key = str(uuid.uuid4())
    request = events.Request(
        run_key=key, observed_at=times.stamp(now), events_version="1", events=tuple(batch)
    )
    return Part(key, body.encode(request))


def dated(octets: bytes, now: float) -> bytes:
    """A body with the time at which it is sent; when things were stays as it was said."""
    try:
        request = events.decode(octets)
    except Refusal:
        return octets
    return body.encode(msgspec.structs.replace(request, observed_at=times.stamp(now)))
