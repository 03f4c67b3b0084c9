"""What is remembered from sweep to sweep to tell what changed. Values only.

A device is known again by its MACs and identifiers; by its address only where neither is known.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from dpf_edge.discovery.identity.keys import is_shared

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from dpf_edge.observed import Device

# The state is one file that is written at each sweep: as many devices as a large site has, and
# those seen last if there are more. At some 300 bytes each it is 6 MB then.
MOST_DEVICES = 20_000


class Known(msgspec.Struct, frozen=True, omit_defaults=True):
    """One device as it was known last.

    :ivar key: its key when it was first seen; events name it by that.
    :ivar name: what people know it by.
    :ivar place: the switch port that it was seen behind, ``192.168.40.2 port4``.
    :ivar moving_to: addresses at which it was seen once; the second time, it has moved.
    :ivar port_next: the switch port likewise.
    :ivar level: the lowest level at which it has been seen.
    :ivar collectors: who saw it when it was last seen.
    :ivar seen_at: when it was last seen, seconds since 1970; ``first_at`` likewise.
    :ivar missed: how many sweeps that could have seen it did not.
    :ivar is_gone: whether that has been told.
    """

    key: str
    name: str
    level: str
    first_at: float
    seen_at: float
    addresses: tuple[str, ...] = ()
    macs: tuple[str, ...] = ()
    ids: tuple[str, ...] = ()
    kind: str | None = None
    roles: tuple[str, ...] = ()
    place: str | None = None
    moving_to: tuple[str, ...] = ()
    port_next: str | None = None
    collectors: tuple[str, ...] = ()
    private: bool = False
    missed: int = 0
    is_gone: bool = False


class Gateway(msgspec.Struct, frozen=True, omit_defaults=True):
    """The MAC that a gateway's address had, and since when.

    :ivar before: the one that it had before, while that it changed is an open alert.
    """

    mac: str
    since: float
    before: str | None = None


class Trouble(msgspec.Struct, frozen=True, omit_defaults=True):
    """A state of affairs that is watched: told once it lasts, and resolved once it is over.

    :ivar who: the devices that it is about, by their names.
    :ivar seen: in how many sweeps it was seen in a row; ``missed``: in how many it was not.
    :ivar is_told: whether an alert is open.
    :ivar addresses: where a server stood.
    """

    who: tuple[str, ...]
    seen_at: float
    seen: int = 1
    missed: int = 0
    is_told: bool = False
    addresses: tuple[str, ...] = ()


class State(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is remembered.

    :ivar networks: those that this machine stood on; on others, everything is new and nothing is.
    :ivar level: the highest level that was swept at: what a higher one finds was there before.
    :ivar gateways: by address.
    :ivar servers: the DHCP servers, by key, with when each was last seen.
    :ivar duplicates: the addresses that two devices have.
    """

    networks: tuple[str, ...] = ()
    level: str | None = None
    devices: tuple[Known, ...] = ()
    gateways: dict[str, Gateway] = {}
    servers: dict[str, Trouble] = {}
    duplicates: dict[str, Trouble] = {}


_STATE = msgspec.json.Decoder(State)


def written(state: State) -> bytes:
    """A state as it is kept."""
    return msgspec.json.encode(state)


def read(octets: bytes) -> State:
    """A state as it was kept; the empty one where that cannot be read: then everything is learned
    anew, and nothing told of it."""
    try:
        return _STATE.decode(octets)
    except msgspec.DecodeError:
        return State()


def matched(known: Sequence[Known], devices: Sequence[Device]) -> dict[int, int]:
    """Which of the known each device is, by their places in the two; those not in it are new."""
    by: dict[str, int] = {}
    for index, each in enumerate(known):
        for mark in marks(each.macs, each.ids, each.addresses, each.key):
            by.setdefault(mark, index)
    found: dict[int, int] = {}
    taken: set[int] = set()
    for index, device in enumerate(devices):
        for mark in marks(device.macs, device.ids, device.addresses, device.key):
            if mark in by and by[mark] not in taken:
                found[index] = by[mark]
                taken.add(by[mark])
                break
    return found


def marks(
    macs: Sequence[str], ids: Sequence[str], addresses: Sequence[str], key: str
) -> Iterator[str]:
    """By what a device is known again, the surest first."""
    own = [each for each in macs if not is_shared(each)]
    yield from own
    yield from ids
    yield key
    if not own and not ids:
        yield from addresses


def trimmed(devices: Mapping[str, Known]) -> tuple[Known, ...]:
    """The devices, those seen last if there are too many, in the order of their keys."""
    kept = sorted(devices.values(), key=lambda each: (-each.seen_at, each.key))[:MOST_DEVICES]
    return tuple(sorted(kept, key=lambda each: each.key))
