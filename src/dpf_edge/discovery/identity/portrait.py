"""What a device is said to be, from the observations that are of it. Pure."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from dpf_edge import macs
from dpf_edge.discovery import kinds, makers
from dpf_edge.discovery.identity.keys import VIRTUAL_ROUTERS, address_order, is_shared
from dpf_edge.discovery.identity.said import Said
from dpf_edge.discovery.identity.services import in_words, services
from dpf_edge.macs import MacKind
from dpf_edge.observed import Device

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dpf_edge.discovery.identity.stand_ins import Part

# How much of each is kept, the best of it: what a device says of itself has no end.
MOST_ADDRESSES, MOST_MACS, MOST_NAMES, MOST_IDS, MOST_ROLES = 256, 256, 32, 64, 16
MOST_ATTRIBUTES = 64


def device(group: Sequence[Part]) -> Device:
    """One device, of all observations that are of it."""
    said: dict[str, Said] = defaultdict(Said)
    attributes: dict[str, Said] = defaultdict(Said)
    for part in group:
        take_down(part, said, attributes)
    hardware = tuple(sorted(said["macs"].best(MOST_MACS), key=mac_order))
    maker = next((found.name for mac in hardware if (found := makers.maker(mac))), None)
    judged = kinds.judged((part.seen for part in group), maker)
    for seen in judged.because if judged else ():
        said["kind"].add(judged.kind if judged else "", seen)
    names = named(said["names"].best(MOST_NAMES * 2))
    addresses = tuple(sorted(said["addresses"].best(MOST_ADDRESSES), key=address_order))
    ids = tuple(sorted(said["ids"].best(MOST_IDS)))
    is_self = any(part.seen.is_self for part in group)
    return Device(
        key=key(is_self, ids, hardware, addresses, names),
        addresses=addresses,
        macs=hardware,
        names=names,
        ids=ids,
        maker=maker,
        kind=judged.kind if judged else None,
        private_mac=bool(hardware) and all(macs.kind(each) is MacKind.LOCAL for each in hardware),
        roles=tuple(sorted(said["roles"].best(MOST_ROLES))),
        services=services(part.seen for part in group),
        attributes={
            name: attributes[name].best(1)[0] for name in sorted(attributes)[:MOST_ATTRIBUTES]
        },
        self=is_self,
        sources={
            name: sources
            for name, told in sorted({**attributes, **said}.items())
            if (sources := told.sources())
        },
    )


def take_down(part: Part, said: dict[str, Said], attributes: dict[str, Said]) -> None:
    """Take down what one observation says."""
    seen, known = part
    for name, values in (
        ("addresses", known.shown),
        ("macs", known.macs),
        ("names", seen.names),
        ("ids", known.ids),
        ("roles", seen.roles),
        ("services", tuple(map(in_words, seen.services))),
    ):
        for place, value in enumerate(values):
            said[name].add(value, seen, place=place)
    for name, value in seen.attributes.items():
        if value is not None:
            attributes[name].add(value, seen)
    for mac in known.macs:
        if protocol := next(
            (VIRTUAL_ROUTERS[one] for one in VIRTUAL_ROUTERS if mac.startswith(one)), None
        ):
            attributes["virtual_router"].add(protocol, seen)


def named(best_first: Sequence[str]) -> tuple[str, ...]:
    """Names, each once, in whatever capitals; DNS's last dot is no part of one."""
    found: dict[str, str] = {}
    for name in best_first:
        plain = name.rstrip(".")
        if plain:
            found.setdefault(plain.casefold(), plain)
    return tuple(found.values())[:MOST_NAMES]


def mac_order(mac: str) -> tuple[object, ...]:
    """A maker's own addresses first, then a virtual card's, then drawn ones, then shared ones."""
    rank = (MacKind.HARDWARE, MacKind.VIRTUAL, MacKind.LOCAL, MacKind.NONE)
    return is_shared(mac), rank.index(macs.kind(mac)), mac


def key(
    is_self: bool,
    ids: Sequence[str],
    hardware: Sequence[str],
    addresses: Sequence[str],
    names: Sequence[str],
) -> str:
    """By what a device is known from sweep to sweep: what is the least likely to change or to be
    missed next time. A MAC is seen at every level, an identifier only where one asks."""
    if hardware:
        at = f"@{addresses[0]}" if is_shared(hardware[0]) and addresses else ""
        return f"mac:{hardware[0]}{at}"
    if ids:
        return ids[0]
    if addresses:
        return f"ip:{addresses[0]}"
    return f"name:{names[0].casefold()}" if names else "self" if is_self else "unknown"
