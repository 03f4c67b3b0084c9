"""What stands around devices: whom each hangs together with, and what they are chosen by."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import func, or_, select

from dpf_edge.store import bulk
from dpf_edge.store import portrait as faces
from dpf_edge.store.devices import SAME_AS
from dpf_edge.store.schema import device, item, relation

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from sqlalchemy import Column, Connection, Row

# Kinds and makers that a list to choose from has: a longer one is typed into, not looked through.
MOST_CHOICES = 300
# Neighbours of one device that are read; a router has its whole network.
MOST_NEIGHBOURS = 200


class Choices(NamedTuple):
    """What devices can be chosen by; of nodes the id and the name."""

    kinds: tuple[str, ...]
    makers: tuple[str, ...]
    nodes: tuple[tuple[str, str], ...]


class Neighbour(NamedTuple):
    """One thing that a device hangs together with, as one node tells of it.

    :ivar is_source: whether the device is the relation's source, and this its target.
    :ivar key: how the node knows this.
    :ivar device_id: the device that this is, with what it is called and its kind; None for a
        network, a port, and what is no device.
    :ivar raw: the relation's rawData as JSON text.
    """

    node_id: str
    kind: str
    is_source: bool
    key: str
    device_id: str | None
    label: str
    device_kind: str | None
    raw: str | None
    first_seen: float


class Neighbours(NamedTuple):
    """Some of a device's neighbours, and how many relations there are in all."""

    rows: tuple[Neighbour, ...]
    total: int


def distinct(connection: Connection, column: Column[str]) -> tuple[str, ...]:
    """The values of a column that leads an index, in order: one step from each to the next.

    Neither database does so by itself; both would read a hundred thousand rows.
    """
    first = select(func.min(column).label("value")).where(column > "").cte("steps", recursive=True)
    following = select(func.min(column)).where(column > first.c.value).scalar_subquery()
    steps = first.union_all(select(following).where(first.c.value.is_not(None)))
    asked = select(steps.c.value).where(steps.c.value.is_not(None)).limit(MOST_CHOICES)
    return tuple(connection.execute(asked).scalars())


def neighbours(connection: Connection, site: str, device_id: str) -> Neighbours:
    """What a device hangs together with now.

    Observed keys stand in no index (a node may make one as long as it likes), so a node's relations
    are gone through: a few milliseconds for those of ten thousand items.
    """
    mine = select(item.c.node_id, item.c.observed_key).where(
        item.c.site == site, item.c.device_id == device_id
    )
    keys: defaultdict[str, set[str]] = defaultdict(set)
    for node_id, key in connection.execute(mine):
        keys[node_id].add(key)
    found: list[Neighbour] = []
    total = 0
    for node_id in sorted(keys):
        rows, count = _related(connection, node_id, keys[node_id])
        total += count
        found += _told(connection, site, node_id, keys[node_id], rows)
    return Neighbours(tuple(found), total)


def _related(
    connection: Connection, node_id: str, keys: Collection[str]
) -> tuple[list[Row[*tuple[Any, ...]]], int]:
    """The relations of some keys of a node, and how many there are."""
    here = (
        relation.c.node_id == node_id,
        relation.c.seen_until.is_(None),
        relation.c.kind != SAME_AS,
        or_(
            bulk.among(connection, relation.c.from_key, keys),
            bulk.among(connection, relation.c.to_key, keys),
        ),
    )
    columns = relation.c.kind, relation.c.from_key, relation.c.to_key, relation.c.raw
    asked = select(*columns, relation.c.first_seen).where(*here)
    asked = asked.order_by(relation.c.kind, relation.c.to_key, relation.c.from_key)
    rows = list(connection.execute(asked.limit(MOST_NEIGHBOURS + 1)).all())
    if len(rows) <= MOST_NEIGHBOURS:
        return rows, len(rows)
    count = select(func.count()).select_from(relation).where(*here)
    return rows[:MOST_NEIGHBOURS], connection.execute(count).scalar_one()


def _told(
    connection: Connection,
    site: str,
    node_id: str,
    keys: Collection[str],
    rows: list[Row[*tuple[Any, ...]]],
) -> list[Neighbour]:
    """Relations as seen from the device."""
    far = {row.to_key if row.from_key in keys else row.from_key for row in rows} - set(keys)
    places = _places(connection, node_id, far)
    faces_of = _faces(connection, site, {place[0] for place in places.values() if place[0]})
    found = []
    for row in rows:
        is_source = row.from_key in keys
        key = row.to_key if is_source else row.from_key
        if key in keys:
            continue
        device_id, name = places.get(key, (None, key))
        face = faces_of.get(device_id) if device_id else None
        label = face.label if face else name
        kind = face.kind if face else None
        whose = device_id if face else None
        found.append(
            Neighbour(
                node_id, row.kind, is_source, key, whose, label, kind, row.raw, row.first_seen
            )
        )
    return found


def _places(
    connection: Connection, node_id: str, keys: Collection[str]
) -> dict[str, tuple[str | None, str]]:
    """Whose each key of a node is, and what the node calls it; of several a device counts most."""
    if not keys:
        return {}
    asked = select(item.c.observed_key, item.c.device_id, item.c.name).where(
        item.c.node_id == node_id, bulk.among(connection, item.c.observed_key, keys)
    )
    found: dict[str, tuple[str | None, str]] = {}
    for key, device_id, name in connection.execute(asked):
        if key not in found or device_id is not None:
            found[key] = (device_id, name)
    return found


def _faces(
    connection: Connection, site: str, device_ids: Collection[str]
) -> Mapping[str, faces.Portrait]:
    if not device_ids:
        return {}
    asked = select(device.c.device_id, device.c.portrait).where(
        device.c.site == site, bulk.among(connection, device.c.device_id, device_ids)
    )
    return {device_id: faces.kept(text) for device_id, text in connection.execute(asked)}
