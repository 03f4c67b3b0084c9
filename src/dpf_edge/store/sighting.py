"""What one item of a discovery run tells of a device: the store's word for it.

The Authority makes it of an item, by a pure function that it hands to ``open_store``; the store
merges devices by it and knows nothing of what an item's ``rawData`` holds.

A key is what tells devices apart: a prefix, which says how much it is worth, and a text.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from dpf_edge.store.texts import clean, short_digest

if TYPE_CHECKING:
    from collections.abc import Callable

    from dpf_edge.wire.discovery import Item

    Sight = Callable[[Item], "Sighting | None"]

# A hardware address that its maker gave (EUI-48, neither group nor locally administered bit set).
MAC = "mac:"
# A machine's or product's own identifier: a UUID of SSDP or SMBIOS, a serial number with its maker.
UUID = "uuid:"
# A hardware address that software made up: a phone's private address, a virtual machine's.
PRIVATE_MAC = "private-mac:"
# An address. It stands for whoever has it now, and tells nothing of who had it before.
ADDRESS = "address:"

# A key longer than this is kept as its digest: it stands in an index, where PostgreSQL takes 2 704
# bytes.
KEY_CHARACTERS = 200
# U+0000 as JSON spells it.
_NUL = "\\u0000"


class Sighting(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """What an item tells of a device.

    :ivar keys: what it is known by, strongest first, each with its prefix.
    :ivar name: what it calls itself or was called; None where the item's name was only made up
        of its address.
    :ivar kind: what it is, as the contract maps item types.
    :ivar addresses: its IP addresses, best first.
    :ivar macs: its hardware addresses.
    :ivar attributes: what else is worth showing: vendor, model, hostname.
    :ivar words: what else it is found by: its services, its other names.
    :ivar via: how it was seen, in words without a blank: ``arp_scan``, ``mdns``.
    """

    keys: tuple[str, ...] = ()
    name: str | None = None
    kind: str = "host"
    addresses: tuple[str, ...] = ()
    macs: tuple[str, ...] = ()
    attributes: dict[str, str] = {}
    words: tuple[str, ...] = ()
    via: tuple[str, ...] = ()


_SIGHTING = msgspec.json.Decoder(Sighting)


def kept(text: str) -> Sighting:
    """A sighting as it was kept: the text of its JSON."""
    return _SIGHTING.decode(text)


def storable(sighting: Sighting) -> tuple[Sighting, str]:
    """A sighting without what cannot be stored, and the text of its JSON, which is kept."""
    if any(len(key) > KEY_CHARACTERS for key in sighting.keys):
        keys = tuple(_short(key) for key in sighting.keys)
        sighting = msgspec.structs.replace(sighting, keys=keys)
    text = msgspec.json.encode(sighting).decode()
    if _NUL in text:  # or a backslash and "u0000", which loses nothing by it
        sighting = _cleaned(sighting)
        text = msgspec.json.encode(sighting).decode()
    return sighting, text


def is_lasting(key: str) -> bool:
    """Whether a key keeps standing for its device when that is seen no more."""
    return not key.startswith(ADDRESS)


def _cleaned(sighting: Sighting) -> Sighting:
    return Sighting(
        keys=tuple(map(clean, sighting.keys)),
        name=None if sighting.name is None else clean(sighting.name),
        kind=clean(sighting.kind),
        addresses=tuple(map(clean, sighting.addresses)),
        macs=tuple(map(clean, sighting.macs)),
        attributes={clean(name): clean(value) for name, value in sighting.attributes.items()},
        words=tuple(map(clean, sighting.words)),
        via=tuple(map(clean, sighting.via)),
    )


def _short(key: str) -> str:
    if len(key) <= KEY_CHARACTERS:
        return key
    return key[: key.index(":") + 1] + short_digest(key)
