"""A sweep as the bodies that are sent: within every limit of the contract, in parts if need be.

The parts of one sweep have one ``observedAt``, and run keys that begin alike:
``<uuid>/1-of-3``. A relationship goes with the thing that it begins at; the thing that it ends at
is repeated in that part, so that nothing dangles in any of them.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
from msgspec import UNSET

from dpf_edge.store.outbox import Part
from dpf_edge.wire import body, discovery, limits, texts, times
from dpf_edge.wire.refusals import Refusal
from dpf_edge.wire.vocabulary import Capability

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from dpf_edge.discovery.items import Link, Thing
    from dpf_edge.node.sweeps import Sweep

# What a run is kept under before it is sent: the limit, less what a proxy in between may add up.
ROOM_BYTES = limits.DISCOVERY_BODY - 64 * limits.KIB
# Warnings have no limit of their own; these keep a run of nothing but warnings small.
WARNINGS, WARNING_CHARACTERS = 100, 1000
# Of a thing that is too large, the values that are short are kept: they name it.
SHORT_CHARACTERS = 200


class Agent(NamedTuple):
    """What every run says of who took it."""

    mode: str
    version: str


def bodies(sweep: Sweep, run_key: str, agent: Agent, also: Iterable[str] = ()) -> list[Part]:
    """The bodies of a sweep, in the order they are to be sent in.

    :param also: further warnings.
    """
    whole = discovery.Request(
        run_key=run_key,
        agent_mode=agent.mode,
        agent_version=agent.version,
        observed_at=times.stamp(sweep.observed_at),
        capabilities=(Capability.DISCOVERY_NETWORK,),
        items=tuple(item(thing) for thing in sweep.seen.things),
        relationships=tuple(relationship(link) for link in sweep.seen.links) or UNSET,
        warnings=bounded((*sweep.warnings, *also)) or UNSET,
    )
    return fitting(whole)


def fitting(request: discovery.Request) -> list[Part]:
    """A run in as few parts as it fits into."""
    octets = body.encode(request)
    links = request.relationships or ()
    is_too_many = len(request.items) > discovery.ITEMS or len(links) > discovery.RELATIONSHIPS
    if (len(octets) <= ROOM_BYTES and not is_too_many) or len(request.items) < 2:
        return [Part(request.run_key, octets)]
    needed = max(
        2,
        -(-len(octets) // ROOM_BYTES),
        -(-len(request.items) // discovery.ITEMS),
        -(-len(links) // discovery.RELATIONSHIPS),
    )
    # What is repeated in several parts may push one over: then it takes more of them.
    for number in range(needed, len(request.items) + 1):
        parts = divided(request, number)
        encoded = [Part(part.run_key, body.encode(part)) for part in parts]
        if all(
            len(part.items) <= discovery.ITEMS
            and len(part.relationships or ()) <= discovery.RELATIONSHIPS
            and len(one.body) <= ROOM_BYTES
            for part, one in zip(parts, encoded, strict=True)
        ):
            return encoded
        if number > 4 * needed:
            break
    return encoded


def divided(
    request: discovery.Request, number: int, *, repeats: bool = True
) -> list[discovery.Request]:
    """A run in so many parts of about as many items; warnings go with the first.

    :param repeats: whether what a relationship ends at is repeated in its part; if not, the
        relationships between two parts are left out.
    """
    size = -(-len(request.items) // number)
    by_key = {each.observed_key: each for each in request.items}
    starts = range(0, len(request.items), size)
    parts = []
    for index, start in enumerate(starts):
        own = {each.observed_key: each for each in request.items[start : start + size]}
        links = tuple(
            each
            for each in request.relationships or ()
            if each.from_observed_key in own and (repeats or each.to_observed_key in own)
        )
        ends = {each.to_observed_key for each in links} - own.keys()
        repeated = [by_key[key] for key in sorted(ends) if key in by_key]
        parts.append(
            msgspec.structs.replace(
                request,
                run_key=part_key(request.run_key, index + 1, len(starts)),
                items=(*own.values(), *repeated),
                relationships=links or UNSET,
                warnings=request.warnings if index == 0 else UNSET,
            )
        )
    return parts


def part_key(run_key: str, number: int, of: int) -> str:
    """The run key of one part; the same part of the same run always gets the same."""
    key = f"{run_key}/{number}-of-{of}"
    if texts.length(key) <= discovery.RUN_KEY:
        return key
    # A part of a part of a part: a digest stands for where it comes from.
    return f"{hashlib.sha256(run_key.encode()).hexdigest()[:32]}/{number}-of-{of}"


def halved(run_key: str, octets: bytes) -> list[Part] | None:
    """A run that was too large for the Authority, in smaller ones; None where it has one thing.

    Each part keeps its relationships, as long as that leaves it smaller than the whole.
    """
    request = opened(octets)
    if request is None or request.run_key != run_key or len(request.items) < 2:
        return None
    for number in (2, 3, 4):
        parts = divided(request, number)
        if max(len(part.items) for part in parts) < len(request.items):
            break
    else:
        parts = divided(request, 2, repeats=False)
    return [Part(each.run_key, body.encode(each)) for each in parts]


def shrunk(octets: bytes, index: int | None) -> bytes | None:
    """A run with less of the item that was too large for the Authority.

    None where it has no such item, or one of which nothing is left to take.
    """
    request = opened(octets)
    if request is None or index is None or not 0 <= index < len(request.items):
        return None
    before = request.items[index]
    attributes = shortened(discovery.attributes(before.raw_data))
    after = msgspec.structs.replace(before, raw_data=discovery.raw(attributes))
    if len(bytes(after.raw_data)) >= len(bytes(before.raw_data)):
        return None
    items = (*request.items[:index], after, *request.items[index + 1 :])
    return body.encode(msgspec.structs.replace(request, items=items))


def moved(octets: bytes, seconds: float, why: str) -> bytes | None:
    """A run whose time is said by another clock, and that it is; None where it is no run."""
    request = opened(octets)
    if request is None:
        return None
    return body.encode(
        msgspec.structs.replace(
            request,
            observed_at=times.stamp(times.seconds(request.observed_at) + seconds),
            warnings=bounded((*(request.warnings or ()), why)),
        )
    )


def opened(octets: bytes) -> discovery.Request | None:
    """A run of our own, read again."""
    try:
        return discovery.decode(octets)
    except Refusal:
        return None


def item(thing: Thing) -> discovery.Item:
    """A thing as it is sent: its rawData within the limit, or what is short of it."""
    raw = discovery.raw(thing.attributes)
    if len(bytes(raw)) > limits.RAW_DATA:
        raw = discovery.raw(shortened(thing.attributes))
    return discovery.Item(
        observed_key=thing.key,
        item_type=thing.kind,
        name=thing.name,
        confidence=thing.confidence,
        raw_data=raw,
    )


def relationship(link: Link) -> discovery.Relationship:
    """A link as it is sent."""
    return discovery.Relationship(
        from_observed_key=link.source,
        to_observed_key=link.target,
        relationship_type=link.kind,
        raw_data=discovery.raw(dict(link.attributes)) if link.attributes else UNSET,
    )


def shortened(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """Of attributes that are too large, those with a short value, and that others were left out."""
    kept = {
        key: value
        for key, value in attributes.items()
        if value is None or isinstance(value, bool | int | float) or is_short(value)
    }
    return {**dict(list(kept.items())[:100]), "truncated": True}


def is_short(value: object) -> bool:
    """Whether a value is a text that names rather than lists."""
    return isinstance(value, str) and len(value) <= SHORT_CHARACTERS


def bounded(warnings: Sequence[str]) -> tuple[str, ...]:
    """Warnings within a bound, and how many are missing."""
    told = [texts.shortened(each, WARNING_CHARACTERS) for each in warnings[:WARNINGS]]
    if len(warnings) > WARNINGS:
        told.append(f"and {len(warnings) - WARNINGS} more warnings")
    return tuple(told)
