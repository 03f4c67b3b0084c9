"""Which devices are new, gone, back or elsewhere. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import msgspec

from dpf_edge.discovery.changes import rules
from dpf_edge.discovery.changes.change import Change, Changed
from dpf_edge.discovery.changes.state import Known, State, matched, trimmed
from dpf_edge.level import Level

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dpf_edge.observed import Device


class Look(NamedTuple):
    """What one sweep saw, as far as it tells of changes.

    :ivar devices: all but the machine that looked.
    :ivar places: the switch port of each device, by the device's key.
    :ivar ran: the collectors that came to their end: what only others saw was not looked for.
    :ivar is_first: whether everything is to be learned and nothing told: the first sweep on a
        network, or the first at a higher level.
    """

    devices: Sequence[Device]
    places: Mapping[str, str]
    level: Level
    ran: frozenset[str]
    now: float
    is_first: bool


def devices(before: State, look: Look) -> tuple[tuple[Known, ...], list[Change]]:
    """The devices as they are known now, and what changed about them."""
    changes: list[Change] = []
    found = matched(before.devices, look.devices)
    after: dict[str, Known] = {}
    for index, device in enumerate(look.devices):
        known = before.devices[found[index]] if index in found else None
        if known is None:
            now_known = learned(device, look)
            changes += [] if look.is_first else new(now_known, look)
        else:
            now_known = seen_again(known, device, look)
            changes += [*back(known, now_known, look), *moved(known, now_known, device, look)]
        after[now_known.key if now_known.key not in after else device.key] = now_known
    seen = {before.devices[index].key for index in found.values()}
    for known in before.devices:
        if known.key not in seen and not rules.is_forgotten(known, look.now):
            missing = missed(known, look)
            told = gone(known, missing, look)
            changes += told
            is_gone = known.is_gone or bool(told)
            after.setdefault(known.key, msgspec.structs.replace(missing, is_gone=is_gone))
    return trimmed(after), changes


def learned(device: Device, look: Look) -> Known:
    """A device that was not known."""
    return Known(
        key=device.key,
        name=named(device),
        level=look.level.value,
        first_at=look.now,
        seen_at=look.now,
        addresses=device.addresses,
        macs=device.macs,
        ids=device.ids,
        kind=device.kind,
        roles=device.roles,
        place=look.places.get(device.key),
        collectors=collectors(device),
        private=device.private_mac,
    )


def seen_again(known: Known, device: Device, look: Look) -> Known:
    """A known device as it is known now.

    What a look at a lower level does not show is not lost: a kind, an identifier.
    """
    has_moved, moving_to = whereto(known, device)
    port = look.places.get(device.key) or known.place
    is_there = port in {known.place, known.port_next} or known.place is None
    level = min(known.level, look.level.value, key=lambda each: tuple(Level).index(Level(each)))
    return msgspec.structs.replace(
        known,
        name=named(device) if device.names or not known.name else known.name,
        level=level,
        seen_at=look.now,
        addresses=device.addresses if has_moved else known.addresses,
        macs=merged(known.macs, device.macs),
        ids=merged(known.ids, device.ids),
        kind=device.kind or known.kind,
        roles=device.roles or known.roles,
        place=port if is_there else known.place,
        port_next=None if is_there else port,
        moving_to=moving_to,
        collectors=collectors(device),
        private=device.private_mac if device.macs else known.private,
        missed=0,
        is_gone=False,
    )


def whereto(known: Known, device: Device) -> tuple[bool, tuple[str, ...]]:
    """Whether its addresses are to be taken for the known ones, and where it may be moving to.

    A device with two addresses is not always seen at both. It has moved once it was seen twice in
    a row at others only.
    """
    now, old = routed(device.addresses), routed(known.addresses)
    if not now:
        return not old, known.moving_to
    if not old or set(now) & set(old):
        return True, ()
    if set(now) & set(known.moving_to):
        return True, ()
    return False, now


def routed(addresses: Sequence[str]) -> tuple[str, ...]:
    """The IPv4 addresses: an IPv6 host has a new one every day, and moves nowhere by it."""
    return tuple(each for each in addresses if ":" not in each)


def missed(known: Known, look: Look) -> Known:
    """A known device that was not seen: a miss, if the look could have seen it."""
    could = look.level.allows(Level(known.level)) and bool(look.ran & set(known.collectors))
    return msgspec.structs.replace(known, missed=known.missed + 1) if could else known


def new(known: Known, look: Look) -> list[Change]:
    """That a device is new; not told of one that draws its MAC, or has nothing but an address."""
    if known.private or not (known.macs or known.ids):
        return []
    summary = f"new on the network: {known.name}"
    return [change(Changed.NEW, known, "info", summary, look)]


def gone(before: Known, known: Known, look: Look) -> list[Change]:
    """That a device is gone, once it has been missing for as long as its kind may be."""
    patience = rules.patience(known)
    away = look.now - known.seen_at
    if patience is None or before.is_gone:
        return []
    if known.missed < patience.sweeps or away < patience.seconds:
        return []
    summary = f"{known.name} has not been seen for {span(round(away / rules.MINUTE))}"
    return [change(Changed.GONE, known, patience.severity, summary, look)]


def back(before: Known, known: Known, look: Look) -> list[Change]:
    """That a device is back of which it was told that it is gone."""
    if not before.is_gone:
        return []
    return [change(Changed.GONE, known, "info", f"{known.name} is back", look, is_over=True)]


def moved(before: Known, known: Known, device: Device, look: Look) -> list[Change]:
    """That a device has other addresses, or hangs on another port."""
    if look.is_first or known.private or known.kind in rules.CARRIED:
        return []
    found = []
    old, now = routed(before.addresses), routed(known.addresses)
    if old and now and not set(old) & set(now):
        summary = f"{known.name} moved from {', '.join(old)} to {', '.join(now)}"
        found.append(change(Changed.MOVED, known, "info", summary, look, before=list(old)))
    if before.place and known.place and before.place != known.place:
        summary = f"{known.name} moved from {before.place} to {known.place}"
        found.append(change(Changed.MOVED, known, "info", summary, look, before=before.place))
    return found


def change(
    what: Changed,
    known: Known,
    severity: str,
    summary: str,
    look: Look,
    *,
    is_over: bool = False,
    before: object = None,
) -> Change:
    """A change of one device."""
    details = {
        "key": known.key,
        "name": known.name,
        "addresses": list(known.addresses),
        "macs": list(known.macs),
        "kind": known.kind,
        "place": known.place,
        "before": before,
    }
    told = {name: value for name, value in details.items() if value}
    instance = None if what is not Changed.MOVED else str(round(look.now))
    return Change(what, known.key, severity, summary, look.now, told, is_over, instance)


def named(device: Device) -> str:
    """What people know a device by."""
    if device.names:
        return device.names[0]
    at = next(iter((*device.addresses, *device.macs)), device.key)
    return f"{device.maker} at {at}" if device.maker else at


def collectors(device: Device) -> tuple[str, ...]:
    """Who saw that a device is there: who saw its addresses or its MACs."""
    told = [*device.sources.get("addresses", ()), *device.sources.get("macs", ())]
    every = told or [each for several in device.sources.values() for each in several]
    return tuple(sorted({each.collector for each in every}))


def merged(one: Sequence[str], other: Sequence[str], most: int = 32) -> tuple[str, ...]:
    """Both, each once, those of now first."""
    return tuple(dict.fromkeys((*other, *one)))[:most]


def span(minutes: int) -> str:
    """A while in words."""
    if minutes < 120:
        return f"{minutes} minutes"
    return f"{minutes // 60} hours" if minutes < 2880 else f"{minutes // 1440} days"
