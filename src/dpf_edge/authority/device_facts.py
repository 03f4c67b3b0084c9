"""What is known of one device, fact by fact, each with who says so: pure.

The reports are any node's, so a fact is whatever has a name and one value; what only tells how a
report was made is left out, and what fills a page is cut.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from dpf_edge.export import told

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from dpf_edge.export.inventory import Offer
    from dpf_edge.store.records import Observation

# A page shows this much of one value, which a dozen sources may have, and of what it is called
# where a node invented it; so many values of a list, and so many facts.
VALUE, LABEL = 300, 60
MOST_VALUES, MOST_FACTS = 32, 80
# What a report says of itself, or what the page shows elsewhere.
PLUMBING = frozenset(
    {
        *("osiLayer", "osiLayerName", "protocolFamily", "discoveredVia", "iface", "vendorOui"),
        *("vendorShort", "vendorOidPrefix", "macLocallyAdministered", "hostFingerprint", "port"),
        *("snmpVersion", "lanAnswer", "lanReach", "lanConfidence", "advice", "vantage"),
    }
)
# One fact by several names, and what people call it; in the order in which they are shown.
LABELS = {
    "name": "Name",
    "hostname": "Host name",
    "sysName": "System name",
    "names": "Other names",
    "address": "Address",
    "ip": "Address",
    "ipAddress": "Address",
    "mac": "MAC address",
    "macAddress": "MAC address",
    "macs": "MAC address",
    "vendor": "Maker",
    "deviceKind": "Kind",
    "roles": "Role",
    "isGateway": "Gateway",
    "model": "Model",
    "serial": "Serial number",
    "os": "Operating system",
    "platform": "Platform",
    "release": "Release",
    "arch": "Architecture",
    "sysDescr": "Description",
    "description": "Description",
    "sysLocation": "Location",
    "location": "Location",
    "uuid": "UUID",
    "privateMac": "Private MAC",
}
ORDER = tuple(dict.fromkeys(LABELS.values()))
# A name in camel case, where a word begins.
WORDS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_OBJECT = msgspec.json.Decoder(dict[str, Any])


class Source(NamedTuple):
    """Who says a fact.

    :ivar via: how it was found, in the node's own word.
    :ivar at: when it was last said.
    :ivar present: whether the newest run says it.
    """

    node_id: str
    via: str | None
    confidence: float | None
    at: float
    present: bool


class Fact(NamedTuple):
    """One value of one fact, and all who say it, the surest first."""

    label: str
    value: str
    sources: tuple[Source, ...]


class Served(NamedTuple):
    """One service of a device, and all who say it."""

    offer: Offer
    sources: tuple[Source, ...]


def facts(observations: Iterable[Observation]) -> list[Fact]:
    """All that is said, each value once; what people ask first comes first."""
    found: dict[tuple[str, str], list[Source]] = {}
    for seen in observations:
        raw = _OBJECT.decode(seen.raw)
        by = source(seen, raw)
        for label, value in dict.fromkeys(pairs(seen, raw)):
            found.setdefault((label, value), []).append(by)
    told_all = [Fact(*place, once(by)) for place, by in found.items()]
    return sorted(told_all, key=_rank)[:MOST_FACTS]


def services(observations: Iterable[Observation]) -> list[Served]:
    """The services of a device, by port, each as whoever tells the most of it has it."""
    offers: dict[tuple[int, str, str], Offer] = {}
    by: dict[tuple[int, str, str], list[Source]] = {}
    for seen in observations:
        raw = _OBJECT.decode(seen.raw)
        for one in map(told.offer, told.objects(raw.get("services"))):
            place = (one.port or 0, one.transport, one.name)
            before = offers.get(place)
            if before is None or (one.product and not before.product):
                offers[place] = one
            by.setdefault(place, []).append(source(seen, raw))
    return [Served(offers[place], once(by[place])) for place in sorted(offers)]


def source(seen: Observation, raw: dict[str, Any]) -> Source:
    """Who says what an item says."""
    via = raw.get("discoveredVia")
    word = via[:VALUE] if isinstance(via, str) and via else None
    return Source(seen.node_id, word, seen.confidence, seen.last_seen, seen.present)


def once(sources: list[Source]) -> tuple[Source, ...]:
    """Each node and way once, the surest first."""
    ordered = sorted(sources, key=lambda each: (not each.present, -(each.confidence or 0.0)))
    return tuple({(each.node_id, each.via): each for each in reversed(ordered)}.values())[::-1]


def pairs(seen: Observation, raw: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """The facts of one item: label and value."""
    yield LABELS["name"], seen.name[:VALUE]
    for field, value in raw.items():
        if field in PLUMBING or not field:
            continue
        label = LABELS.get(field) or WORDS.sub(" ", field).capitalize()[:LABEL]
        listed = value if isinstance(value, list) else [value]
        for each in listed[:MOST_VALUES]:
            if text := spelt(each):
                yield label, text


def spelt(value: object) -> str | None:
    """One value as it is shown; None for what is none, or has parts of its own."""
    if isinstance(value, bool):
        return "yes" if value else None
    if isinstance(value, int | float):
        return str(value)
    return value[:VALUE] if isinstance(value, str) and value.strip() else None


def _rank(fact: Fact) -> tuple[int, str, bool, float]:
    place = ORDER.index(fact.label) if fact.label in ORDER else len(ORDER)
    best = fact.sources[0]
    return place, fact.label, not best.present, -(best.confidence or 0.0)
