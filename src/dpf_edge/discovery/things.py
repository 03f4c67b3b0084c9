"""What a sweep comes to on the wire: things and links, merged, in order, nothing dangling. Pure.

A run is a set. Two sweeps of a network that did not change give equal items in equal order, so an
Authority can tell at once that nothing did; whatever changes by itself (an uptime, a neighbour's
reachability) is left out for that reason.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable


class Own(NamedTuple):
    """What the node is, for its own host's item.

    :ivar key: its observed key, ``host:<platform>:<16 hex>``.
    """

    key: str
    platform: str
    fingerprint: str


class Thing(NamedTuple):
    """One thing that was seen; ``attributes`` become its rawData.

    :ivar key: its observed key, by which relationships name it.
    :ivar confidence: from 0 to 1, how sure it is that it is there and is this.
    :ivar is_named: whether the name is its own, and not made from its address.
    """

    key: str
    kind: str
    name: str
    confidence: float
    attributes: dict[str, Any]
    is_named: bool = False


class Link(NamedTuple):
    """One relationship between two things, by their keys."""

    source: str
    target: str
    kind: str
    attributes: tuple[tuple[str, Any], ...] = ()


class Seen(NamedTuple):
    """What was seen together."""

    things: tuple[Thing, ...] = ()
    links: tuple[Link, ...] = ()


def merged(seen: Iterable[Seen]) -> Seen:
    """Everything once, by its key, in the order of the keys.

    Where one thing was seen twice, the surer one's words count, the other adds what that did not
    know, and a name of its own beats one that was made from an address. A relationship one of
    whose ends nobody saw is left out: a server would keep the bare key.
    """
    things: dict[str, Thing] = {}
    links: dict[tuple[str, str, str], Link] = {}
    for each in seen:
        for thing in each.things:
            before = things.get(thing.key)
            things[thing.key] = thing if before is None else one_of(before, thing)
        for link in each.links:
            place = link[:3]
            before_link = links.get(place)
            links[place] = link if before_link is None else max(before_link, link, key=told)
    kept = [link for link in links.values() if {link.source, link.target} <= things.keys()]
    return Seen(
        tuple(in_order(things[key]) for key in sorted(things)),
        tuple(sorted(kept, key=lambda link: link[:3])),
    )


def told(link: Link) -> tuple[int, str]:
    """Which of two equal relationships tells more, and if neither does, which one is kept."""
    return len(link.attributes), repr(link.attributes)


def one_of(one: Thing, other: Thing) -> Thing:
    """One thing that was seen twice."""
    surer, weaker = (one, other) if one.confidence >= other.confidence else (other, one)
    named = weaker if weaker.is_named and not surer.is_named else surer
    known = {key: value for key, value in surer.attributes.items() if value is not None}
    return surer._replace(
        name=named.name, is_named=named.is_named, attributes={**weaker.attributes, **known}
    )


def in_order(thing: Thing) -> Thing:
    """A thing with its attributes in the order of their names, and those without a value left
    out."""
    filled = {key: value for key, value in sorted(thing.attributes.items()) if value is not None}
    return thing._replace(attributes=filled)
