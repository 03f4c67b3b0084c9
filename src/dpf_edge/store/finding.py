"""Finding devices among a hundred thousand: what is wanted, in which order, a page at a time.

What is chosen is gone through once, with the columns alone that order it: the count and the page
come out of that, and only the page's own rows are read whole. Both databases take some 50 ms for
that with a hundred thousand devices; what would be faster (an index of three letters each) is
another extension of PostgreSQL and another table of SQLite, to be written with every run.

A page begins behind the last row of the one before it, so that nothing is left out or shown twice
while devices come and go.
"""

from __future__ import annotations

import base64
import binascii
import ipaddress
import re
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
from sqlalchemy import and_, false, func, or_, select, tuple_

from dpf_edge.store import subnets
from dpf_edge.store.schema import device, item

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy import ColumnElement, Connection

    from dpf_edge.store.records import Device

# There now; missed of late; missed for so long that it counts as gone; and all but those.
HERE, MISSED, GONE, KNOWN = "here", "missed", "gone", "known"
STATES = (HERE, MISSED, GONE, KNOWN)
MOST_WORDS = 8
# Each network is a condition of its own, with up to 128 ranges: two are what somebody may want who
# looks for a device with a foot in both.
MOST_NETWORKS = 2
# Longer than any text that a device is found by; SQLite takes no pattern above 50 000 bytes.
LONGEST_SOUGHT = 5_000
# An IPv6 address in its longest form with its prefix length has 49.
ADDRESS_CHARACTERS = 64
OCTETS = 6
WHOLE_MAC = 17
# What a cursor may measure: the columns of an order are cut to 64 characters each.
LONGEST_CURSOR = 2_000

# Those that are there were all seen just now; among the others the last one seen comes first.
_SEEN = func.coalesce(-device.c.absent_since, -1e18)
ORDERS: dict[str, tuple[ColumnElement[Any], ...]] = {
    "name": (device.c.sort_name,),
    "address": (device.c.sort_address,),
    "kind": (device.c.kind, device.c.sort_name),
    "maker": (device.c.maker, device.c.sort_name),
    "first-seen": (device.c.first_seen,),
    "seen": (_SEEN, device.c.sort_name),
}

NUMBERS = (_SEEN, device.c.first_seen)

_PAIRS = re.compile(r"[0-9a-f]{1,2}(?:[:-][0-9a-f]{1,2}){1,5}[:-]?")
_FOURS = re.compile(r"[0-9a-f]{4}(?:\.[0-9a-f]{4}){0,1}\.[0-9a-f]{0,4}")
_BARE = re.compile(r"[0-9a-f]{6,12}|[0-9a-f]{6}-[0-9a-f]{1,6}")


class Wanted(NamedTuple):
    """Which devices; None and empty narrow nothing.

    :ivar query: words that all occur somewhere in what is known of a device, in any case; a MAC
        address in any notation, whole or begun; a network in CIDR notation.
    :ivar node: the id of a node that reports it.
    :ivar subnet: a network in CIDR notation; what is none has no devices.
    :ivar state: one of :data:`STATES`.
    :ivar since: only those that were first seen at that time or later.
    :ivar via: how it is seen, as nodes call it: ``arp_scan``, ``mdns``.
    """

    site: str | None = None
    query: str = ""
    node: str | None = None
    subnet: str | None = None
    kind: str | None = None
    maker: str | None = None
    state: str | None = None
    since: float | None = None
    via: str | None = None

    @property
    def is_narrow(self) -> bool:
        """Whether it leaves out more of a site than what is gone."""
        state = None if self.state == KNOWN else self.state
        return self._replace(site=None, state=state) != Wanted()


class Found(NamedTuple):
    """Some devices and how many there are in all; where the pages before and after begin."""

    rows: tuple[Device, ...]
    total: int
    before: str | None
    after: str | None


class Asked(NamedTuple):
    """A page: how many rows, in which order, before or after which cursor."""

    sort: str = "name"
    descending: bool = False
    limit: int = 50
    before: str | None = None
    after: str | None = None


class Spot(NamedTuple):
    """A row of a page: whose it is, and its place in the order."""

    site: str
    device_id: str
    place: tuple[Any, ...]


class Page(NamedTuple):
    """The rows of a page, which are to be read, and the rest of a :class:`Found`."""

    spots: tuple[Spot, ...]
    total: int
    before: str | None
    after: str | None


def page(connection: Connection, wanted: Wanted, asked: Asked) -> Page:
    """Which devices stand on a page."""
    order = ORDERS.get(asked.sort, ORDERS["name"])
    cursor = _cursor(asked.before or asked.after, order)
    backwards = asked.before is not None and cursor is not None
    down = asked.descending != backwards
    chosen = among_all(connection, wanted)
    if order is ORDERS["name"] and not wanted.is_narrow:
        rows, total = _walked(connection, chosen, cursor, asked.limit, down=down)
    else:
        rows, total = _sorted(connection, chosen, order, cursor, asked.limit, down=down)
    has_more, rows = len(rows) > asked.limit, rows[: asked.limit]
    # The first column is the site, the last one the id; all but the site are the place.
    spots = [Spot(row[0], row[-1], row[1:]) for row in rows]
    if backwards:
        spots.reverse()
    before = after = None
    if spots:
        if has_more if backwards else cursor is not None:
            before = _cursor_of(spots[0])
        if has_more or backwards:
            after = _cursor_of(spots[-1])
    return Page(tuple(spots), total, before, after)


def among_all(connection: Connection, wanted: Wanted) -> list[ColumnElement[bool]]:
    """What holds of the wanted devices."""
    chosen: list[ColumnElement[bool]] = []
    same = {device.c.site: wanted.site, device.c.kind: wanted.kind, device.c.maker: wanted.maker}
    chosen += [column == value for column, value in same.items() if value is not None]
    if wanted.node is not None:
        theirs = select(item.c.device_id).where(
            item.c.node_id == wanted.node, item.c.device_id.is_not(None)
        )
        chosen.append(device.c.device_id.in_(theirs))
    if wanted.state is not None:
        chosen.append(_is_so(wanted.state))
    if wanted.since is not None:
        chosen.append(device.c.first_seen >= wanted.since)
    if wanted.via is not None:
        chosen.append(holds(device.c.via, f" {wanted.via} "))
    chosen += _said(wanted.query)
    nets = list(networks(wanted.query))
    if wanted.subnet is not None:
        found = network(wanted.subnet)
        if found is None:
            return [false()]
        nets.append(found)
    chosen += [
        subnets.within(each, wanted.site)
        for each in nets
        if isinstance(each, ipaddress.IPv4Network)
    ]
    longer = [each for each in nets if isinstance(each, ipaddress.IPv6Network)]
    return [*chosen, subnets.within_all(connection, longer, chosen)] if longer else chosen


def holds(column: ColumnElement[str], text: str) -> ColumnElement[bool]:
    """Whether a text stands somewhere in a column."""
    return column.contains(text, autoescape=True) if len(text) <= LONGEST_SOUGHT else false()


def network(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    """A network in CIDR notation; None for what is none."""
    if not 0 < len(text) <= ADDRESS_CHARACTERS:
        return None
    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError:
        return None


def networks(query: str) -> Iterator[ipaddress.IPv4Network | ipaddress.IPv6Network]:
    """The networks among the words of a query."""
    for spellings in words(query):
        if net := _network_of(spellings):
            yield net


def words(query: str) -> Iterator[tuple[str, ...]]:
    """The words of a query, each with how else it may be written where it stands."""
    for word in query.casefold().split()[:MOST_WORDS]:
        spelt = mac(word)
        if spelt is None:
            yield (word,)
        else:
            # A whole one is nothing else; what is begun may be a part of a name as well.
            is_whole = len(spelt) == WHOLE_MAC or spelt == word
            yield (spelt,) if is_whole else (word, spelt)


def mac(word: str) -> str | None:
    """A MAC address, or how one begins, with colons as the store has it; None for another word.

    As Linux (``24:5a:4c``), macOS (``24:5a:4c:0:0:1``), Windows (``24-5A-4C``), Cisco
    (``245a.4c00.0001``), HPE (``245a4c-000001``) and labels (``245A4C000001``) write it.
    """
    if _PAIRS.fullmatch(word):
        parts = re.split("[:-]", word.rstrip(":-"))
        if len(parts) == OCTETS:
            parts = [each.zfill(2) for each in parts]
        elif any(len(each) == 1 for each in parts[:-1]):
            return None
        return ":".join(parts)
    if _FOURS.fullmatch(word) or _BARE.fullmatch(word):
        digits = word.replace(".", "").replace("-", "")
        return ":".join(digits[at : at + 2] for at in range(0, len(digits), 2))
    return None


def _said(query: str) -> Iterator[ColumnElement[bool]]:
    """What the words of a query say that are no networks."""
    for spellings in words(query):
        if _network_of(spellings) is None:
            yield or_(*(holds(device.c.search, each) for each in spellings))


def _network_of(
    spellings: tuple[str, ...],
) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    """The network that a word of a query is; None for another word."""
    return network(spellings[0]) if "/" in spellings[0] else None


def _is_so(state: str) -> ColumnElement[bool]:
    absent, gone = device.c.absent_since, device.c.gone_at
    if state == HERE:
        return absent.is_(None)
    if state == KNOWN:
        return gone.is_(None)
    return and_(absent.is_not(None), gone.is_(None) if state == MISSED else gone.is_not(None))


def _walked(
    connection: Connection,
    chosen: Sequence[ColumnElement[bool]],
    cursor: tuple[Any, ...] | None,
    limit: int,
    *,
    down: bool,
) -> tuple[list[tuple[Any, ...]], int]:
    """A page of a whole site, or of all, by name: the index has that order."""
    total = connection.execute(select(func.count()).select_from(device).where(*chosen)).scalar_one()
    keys = device.c.sort_name, device.c.device_id
    asked = select(device.c.site, *keys).where(*chosen)
    asked = asked.order_by(*(each.desc() if down else each for each in keys)).limit(limit + 1)
    if cursor is not None:
        here = tuple_(*keys)
        asked = asked.where(here < cursor if down else here > cursor)
    return [tuple(row) for row in connection.execute(asked)], total


def _sorted(
    connection: Connection,
    chosen: Sequence[ColumnElement[bool]],
    order: Sequence[ColumnElement[Any]],
    cursor: tuple[Any, ...] | None,
    limit: int,
    *,
    down: bool,
) -> tuple[list[tuple[Any, ...]], int]:
    """A page of what is chosen, which is gone through once."""
    named = [each.label(f"key{at}") for at, each in enumerate(order)]
    all_of_it = select(device.c.site, *named, device.c.device_id).where(*chosen).cte("chosen")
    all_of_it = all_of_it.prefix_with("MATERIALIZED")
    keys = [*(all_of_it.c[each.name] for each in named), all_of_it.c.device_id]
    asked = select(all_of_it.c.site, *keys)
    total = select(func.count()).select_from(all_of_it).scalar_subquery()
    asked = asked.add_columns(total.label("total"))
    asked = asked.order_by(*(each.desc() if down else each for each in keys)).limit(limit + 1)
    if cursor is not None:
        here = tuple_(*keys)
        asked = asked.where(here < cursor if down else here > cursor)
    rows = connection.execute(asked).all()
    if not rows and cursor is not None:
        # What stood here is gone meanwhile; how many there are is to be said all the same.
        count = select(func.count()).select_from(device).where(*chosen)
        return [], connection.execute(count).scalar_one()
    return [tuple(row[:-1]) for row in rows], rows[0].total if rows else 0


def _cursor_of(spot: Spot) -> str:
    told = msgspec.json.encode(spot.place)
    return base64.urlsafe_b64encode(told).decode().rstrip("=")


def _cursor(told: str | None, order: Sequence[ColumnElement[Any]]) -> tuple[Any, ...] | None:
    """A place in an order; None for what is none, or one of another order."""
    if not told or len(told) > LONGEST_CURSOR:
        return None
    try:
        padded = told.encode("ascii") + b"=" * (-len(told) % 4)
        place = msgspec.json.decode(base64.urlsafe_b64decode(padded), type=tuple[str | float, ...])
    except (ValueError, binascii.Error, msgspec.DecodeError):
        return None
    kinds = [*(float if any(each is one for one in NUMBERS) else str for each in order), str]
    fits = [type(each) for each in place] == kinds
    return place if fits and not any("\0" in str(each) for each in place) else None
