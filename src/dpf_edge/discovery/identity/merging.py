"""Observations become devices: pure, whatever their order, however often each is told.

A set of observations gives one set of devices. The order in which they came, how they were put
together on the way and that some came twice change nothing: observations are a semilattice under
:func:`condensed`, and :func:`merge` is a function of what that leaves. So a sweep may merge while
it goes on, and one that lasts may keep only what is left.

How it is told which observations are of one device stands in ``groups``, what a device is
then said to be in ``portrait``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from dpf_edge.discovery.identity.groups import Grouping
from dpf_edge.discovery.identity.keys import address_order, keys
from dpf_edge.discovery.identity.portrait import device
from dpf_edge.discovery.identity.stand_ins import Part, parted

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from dpf_edge.observed import Device, Observation

_ENCODER = msgspec.json.Encoder(order="deterministic")


def merge(observations: Iterable[Observation]) -> tuple[Device, ...]:
    """What the observations come to: each device once, with all that is known of it.

    The machine that looks comes first, the others in the order of their addresses.
    """
    seen = [each for each in condensed(observations) if each.network is None]
    parts = [Part(each, keys(each)) for each in seen]
    groups = Grouping(parted([part for part in parts if is_of_something(part)])).groups()
    return distinct(sorted(map(device, groups), key=place))


def condensed(observations: Iterable[Observation]) -> tuple[Observation, ...]:
    """The observations, each once, in one order: those that differ only in when they were made
    and how sure they are become one of the last time and the best confidence.

    ``merge(condensed(some) + others)`` is ``merge(some + others)``: what a collector sees again
    and again for hours takes no more room than what it saw once.
    """
    found: dict[bytes, Observation] = {}
    for each in observations:
        what = _ENCODER.encode(msgspec.structs.replace(each, seen_at="", confidence=0.0))
        before = found.get(what)
        found[what] = each if before is None else newer(before, each)
    return tuple(found[what] for what in sorted(found))


def newer(one: Observation, other: Observation) -> Observation:
    """One observation that was made twice."""
    return msgspec.structs.replace(
        one,
        seen_at=max(one.seen_at, other.seen_at),
        confidence=max(one.confidence, other.confidence),
    )


def is_of_something(part: Part) -> bool:
    """Whether an observation says what it is of."""
    known = part.known
    return bool(known.macs or known.addresses or known.ids or part.seen.names or part.seen.is_self)


def place(of: Device) -> tuple[object, ...]:
    """Where a device stands among the others."""
    first = address_order(of.addresses[0]) if of.addresses else (9,)
    return (not of.self, *first, of.key)


def distinct(devices: Sequence[Device]) -> tuple[Device, ...]:
    """Devices of which no two have one key: where nothing tells two apart, a number does."""
    times: dict[str, int] = {}
    found = []
    for each in devices:
        times[each.key] = count = times.get(each.key, 0) + 1
        found.append(
            each if count == 1 else msgspec.structs.replace(each, key=f"{each.key}~{count}")
        )
    return tuple(found)
