"""What a drawing of the network needs of its cables: who routes what, who hangs on whom.

Of a hundred thousand stations behind switches only their number is read, unless their network is
looked at. An end of a relationship is a key, and a key stands in no index; the digest of a type and
a key does, so an end is looked up under each type that what stands between networks has.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

import msgspec
from sqlalchemy import func, literal, select, text

from dpf_edge.store import bulk
from dpf_edge.store import portrait as faces
from dpf_edge.store.schema import device, item, relation
from dpf_edge.store.sweeps import ASIDE
from dpf_edge.store.texts import short_digest
from dpf_edge.wire.discovery import NETWORK_KEY

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from typing import Any

    from sqlalchemy import ColumnElement, Connection, Row

ROUTES_THROUGH, PEER_OF, CONNECTS_TO = "ROUTES_THROUGH", "PEER_OF", "CONNECTS_TO"
# The types that the ends of cables and routes have, ours and the published ones.
TYPES = (
    *("host", "router", "switch", "gateway", "network_device", "wireless_ap", "access_point"),
    "network_client",
)
# More cables of a kind than these are no drawing any more.
MOST_CABLES = 2_000
# A port that so much hangs on is drawn with its number alone.
MOST_SWITCHES = 1_000

# Pairs of a node and an item's id, each looked up by the key that it is.
_PAIRS = {
    "sqlite": (
        "SELECT json_extract(value, '$[0]') AS node_id, json_extract(value, '$[1]') AS item_id"
        " FROM json_each(:pairs)"
    ),
    "postgresql": (
        "SELECT value ->> 0 AS node_id, value ->> 1 AS item_id"
        " FROM json_array_elements(CAST(:pairs AS json))"
    ),
}
_LOOKED_UP = (
    "SELECT item.node_id, item.observed_key, item.device_id FROM ({rows}) AS told"
    " CROSS JOIN item WHERE item.node_id = told.node_id AND item.item_id = told.item_id"
    " AND item.device_id IS NOT NULL"
)


class Dot(NamedTuple):
    """A device as a drawing shows it."""

    device_id: str
    site: str
    name: str
    kind: str
    address: str | None
    present: bool


class Cable(NamedTuple):
    """A relationship with its ends as devices, where they are some; ``raw`` is its rawData."""

    node_id: str
    kind: str
    source_key: str
    source: str | None
    target_key: str
    target: str | None
    raw: str | None


class Backbone(NamedTuple):
    """What stands between networks, and how it hangs together.

    :ivar stations: how many stations hang on each of these devices.
    :ivar is_cut: whether there is more of it than a drawing takes.
    """

    cables: tuple[Cable, ...]
    devices: dict[str, Dot]
    stations: dict[str, int]
    is_cut: bool


def backbone(
    connection: Connection, node_ids: Collection[str], *, stations: bool = True
) -> Backbone:
    """Routes and cables as these nodes tell of them, and what they lead to.

    :param stations: whether to count what hangs on each switch, which reads each of those.
    """
    mine = bulk.among(connection, relation.c.node_id, node_ids)
    # Each kind by itself: what there is too much of must not push the others out.
    routes = _related(connection, mine, relation.c.kind == ROUTES_THROUGH)
    peers = _related(connection, mine, relation.c.kind == PEER_OF)
    hangs = (
        select(relation.c.node_id, relation.c.to_key, func.count())
        .where(mine, relation.c.kind == CONNECTS_TO, relation.c.seen_until.is_(None))
        .group_by(relation.c.node_id, relation.c.to_key)
        .order_by(relation.c.node_id, relation.c.to_key)
        .limit(MOST_SWITCHES)
    )
    counted = [tuple(row) for row in connection.execute(hangs)] if stations else []
    ends = ((row, key) for row in (*routes, *peers) for key in (row.from_key, row.to_key))
    between = {(row.node_id, key) for row, key in ends}
    between |= {(node_id, key) for node_id, key, _ in counted}
    keys = {key for _, key in between} if counted else set()
    own = bulk.among(connection, relation.c.from_key, keys)
    hanging = _related(connection, mine, relation.c.kind == CONNECTS_TO, own) if keys else []
    whose = _looked_up(connection, between)
    behind: dict[str, int] = {}
    for node_id, key, count in counted:
        its = whose.get((node_id, key))
        if its is not None:
            # Two nodes tell of the same stations: the one that knows more of them counts.
            behind[its] = max(behind.get(its, 0), count)
    return Backbone(
        tuple(_cable(row, whose) for row in (*routes, *peers, *hanging)),
        dots(connection, set(whose.values())),
        behind,
        len(counted) == MOST_SWITCHES
        or any(len(some) > MOST_CABLES for some in (routes, peers, hanging)),
    )


def dots(connection: Connection, device_ids: Collection[str]) -> dict[str, Dot]:
    """Devices that are not gone, by id."""
    if not device_ids:
        return {}
    named = bulk.among(connection, device.c.device_id, device_ids)
    return {each.device_id: each for each in map(_dot, connection.execute(_shown().where(named)))}


def within(
    connection: Connection,
    site: str,
    bounds: tuple[str, str] | None,
    limit: int,
    blind: Collection[str] = (),
) -> list[Dot]:
    """The first devices of a site, or of a range of its addresses, by address.

    Without those that only blind nodes ever told of.

    :param blind: nodes that count as blind in all that they tell; what another one told while it
        was blind is known by the part of its picture that it stands in.
    """
    asked = _shown().where(device.c.site == site)
    if bounds is not None:
        low, high = bounds
        asked = asked.where(device.c.sort_address >= low, device.c.sort_address <= high)
    asked = asked.where(_told_of_outside(connection, blind))
    asked = asked.order_by(device.c.sort_address, device.c.device_id).limit(limit)
    return [_dot(row) for row in connection.execute(asked)]


def _told_of_outside(connection: Connection, blind: Collection[str]) -> ColumnElement[bool]:
    """Whether a node told of a device that was not blind then.

    In the statement, so that no number of others pushes a device out; and as a subquery with a
    limit, for of an EXISTS a planner may make a join of all items.
    """
    asked = select(literal(1)).where(
        item.c.site == device.c.site,
        item.c.device_id == device.c.device_id,
        item.c.part != ASIDE,
    )
    if blind:
        asked = asked.where(~bulk.among(connection, item.c.node_id, blind))
    return asked.limit(1).correlate(device).scalar_subquery() == 1


def hanging(connection: Connection, site: str, device_ids: Collection[str]) -> list[Cable]:
    """On which switch or radio each of some devices of a site hangs."""
    if not device_ids:
        return []
    theirs = select(item.c.node_id, item.c.observed_key, item.c.device_id).where(
        item.c.site == site,
        bulk.among(connection, item.c.device_id, device_ids),
        item.c.seen_until.is_(None),
    )
    whose: dict[tuple[str, str], str] = {}
    keys: defaultdict[str, set[str]] = defaultdict(set)
    for node_id, key, device_id in connection.execute(theirs):
        whose[node_id, key] = device_id
        keys[node_id].add(key)
    rows: list[Row[Any]] = []
    for node_id, its in sorted(keys.items()):
        rows += _related(
            connection,
            relation.c.node_id == node_id,
            relation.c.kind == CONNECTS_TO,
            bulk.among(connection, relation.c.from_key, its),
        )
    whose |= _looked_up(connection, {(row.node_id, row.to_key) for row in rows})
    return [_cable(row, whose) for row in rows]


def _related(connection: Connection, *which: ColumnElement[bool]) -> list[Row[Any]]:
    columns = (relation.c[name] for name in ("node_id", "kind", "from_key", "to_key", "raw"))
    asked = (
        select(*columns)
        .where(*which, relation.c.seen_until.is_(None))
        .order_by(relation.c.node_id, relation.c.kind, relation.c.from_key, relation.c.to_key)
        .limit(MOST_CABLES + 1)
    )
    return list(connection.execute(asked))


def _looked_up(
    connection: Connection, ends: Iterable[tuple[str, str]]
) -> dict[tuple[str, str], str]:
    """The devices that keys stand for; of a key of several types the first of :data:`TYPES`'
    kinds, and of several of those the last by device's id."""
    asked = text(_LOOKED_UP.format(rows=_PAIRS[connection.dialect.name]))
    found: dict[tuple[str, str], str] = {}
    left = set(ends)
    # Nearly all are of the first type; the others are looked up by what is left.
    for kinds in (TYPES[:1], TYPES[1:]):
        pairs = [(node_id, short_digest(kind, key)) for node_id, key in left for kind in kinds]
        if not pairs:
            break
        told = {"pairs": msgspec.json.encode(pairs).decode()}
        for node_id, key, device_id in sorted(
            tuple(row) for row in connection.execute(asked, told)
        ):
            found[node_id, key] = device_id
        left = {each for each in left if each not in found and not each[1].startswith(NETWORK_KEY)}
    return found


def _cable(row: Row[Any], whose: dict[tuple[str, str], str]) -> Cable:
    source, target = (whose.get((row.node_id, key)) for key in (row.from_key, row.to_key))
    return Cable(row.node_id, row.kind, row.from_key, source, row.to_key, target, row.raw)


def _shown() -> Any:  # noqa: ANN401 -- a Select of these five columns
    columns = ("device_id", "site", "kind", "portrait", "absent_since")
    return select(*(device.c[name] for name in columns)).where(device.c.gone_at.is_(None))


def _dot(row: Row[Any]) -> Dot:
    face = faces.kept(row.portrait)
    address = next(iter(face.addresses), None)
    present = row.absent_since is None
    return Dot(row.device_id, row.site, face.label, row.kind, address, present)
