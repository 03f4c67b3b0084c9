"""What the feed is asked for, and where in it an entry stands. Pure."""

from __future__ import annotations

import base64
import re
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from dpf_edge.store.sighting import ADDRESS, MAC, PRIVATE_MAC

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from dpf_edge.store.records import Entry

OPEN, ACKNOWLEDGED, RESOLVED = "open", "acknowledged", "resolved"
STATES = (OPEN, ACKNOWLEDGED, RESOLVED)
SEVERITIES = ("critical", "error", "warn", "info")
# What happens to devices; all else that the feed has are events.
DEVICE_KINDS = ("new", "gone", "back", "moved", "renamed")
DEVICES, EVENTS = "devices", "events"
# What an entry is of; of what was at one moment, the greater comes first.
ALERT, EVENT, SECURITY, DEVICE = "alert", "event", "security", "device"
RANKS = {ALERT: 3, EVENT: 2, SECURITY: 1, DEVICE: 0}
# A place is some hundred bytes; a key has 255 UTF-16 units, each at most six bytes as JSON.
LONGEST_PLACE = 4_096
# The last moment that an id has room for: the year 10 889.
LATEST = 0x1000_0000_0000 / 1000

_MAC = re.compile(r"(?:[0-9a-f]{2}:){5}[0-9a-f]{2}\Z")
_ADDRESS = re.compile(r"[0-9a-f.:%]{2,45}\Z")


class Wanted(NamedTuple):
    """Which entries are asked for; None: all.

    :ivar kind: ``devices``, ``events``, or one kind of either.
    :ivar state: one of :data:`STATES`.
    """

    site: str | None = None
    node_id: str | None = None
    kind: str | None = None
    severity: str | None = None
    state: str | None = None
    device_id: str | None = None

    def fits(self, entry: Entry) -> bool:
        """Whether an entry is among them."""
        asked = (
            (self.site, entry.site),
            (self.node_id, entry.node_id),
            (self.severity, entry.severity),
            (self.state, entry.state),
            (self.device_id, entry.device_id),
        )
        return self._takes(entry) and all(want in {None, has} for want, has in asked)

    def _takes(self, entry: Entry) -> bool:
        """Whether an entry is of the kind."""
        if self.kind is None:
            return True
        if entry.source == DEVICE:
            return self.kind == DEVICES or self.kind == entry.kind in DEVICE_KINDS
        if self.kind in {DEVICES, *DEVICE_KINDS}:
            return False
        return self.kind in {EVENTS, entry.source, entry.kind}


ALL = Wanted()


class Place(NamedTuple):
    """Where an entry stands: later first; what came together, in an order that stays."""

    at: float
    rank: int
    node_id: str
    key: str

    def told(self) -> str:
        """As an address takes it."""
        return base64.urlsafe_b64encode(msgspec.json.encode(self)).decode().rstrip("=")

    @classmethod
    def of(cls, told: str) -> Place:
        """A place that was told.

        :raises ValueError: it is none.
        """
        if len(told) > LONGEST_PLACE:
            raise ValueError("no place of the feed")
        try:
            text = base64.urlsafe_b64decode(told + "=" * (-len(told) % 4))
            place = msgspec.json.decode(text, type=cls)
        except (ValueError, RecursionError) as error:  # of base64, and of JSON
            raise ValueError("no place of the feed") from error
        # PostgreSQL has no text with a NUL in it, and refuses to look for one.
        if not 0 <= place.at < LATEST or "\0" in place.node_id + place.key:
            raise ValueError("no place of the feed")
        return place


def named(source: str, node_id: str, key: str) -> str:
    """What an entry is known by."""
    return f"{source}:{node_id}:{key}"


def apart(entry: str) -> tuple[str, str, str]:
    """The source, the node and the key that an entry is known by; empty texts where it is none."""
    source, _, rest = entry.partition(":")
    node_id, _, key = rest.partition(":")
    return source, node_id, key


def place(entry: Entry) -> Place:
    """Where an entry stands."""
    source, node_id, key = apart(entry.entry)
    return Place(entry.at, RANKS[source], node_id, key)


def keys_of(component: str | None) -> Iterator[str]:
    """The keys of a device that an event may be about: of a MAC or an address."""
    told = (component or "").lower()
    for each in (told, told.partition(":")[2]):
        if _MAC.match(each):
            yield from (MAC + each, PRIVATE_MAC + each)
        elif _ADDRESS.match(each):
            yield ADDRESS + each


def components_of(keys: Iterable[str]) -> Iterator[str]:
    """What an event may call a device that has these keys."""
    for key in keys:
        prefix, _, text = key.partition(":")
        yield from (key, text, f"{'ip' if prefix + ':' == ADDRESS else 'mac'}:{text}")
