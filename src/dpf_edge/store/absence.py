"""Devices that are seen no more: missed at first, and gone after a while."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import select, update

from dpf_edge.store import bulk, devices, sighting
from dpf_edge.store import portrait as faces
from dpf_edge.store.changes import ChangeRow
from dpf_edge.store.keeper import made_id
from dpf_edge.store.schema import change, device, item, part, relation

if TYPE_CHECKING:
    from sqlalchemy import Connection


def mark_gone(connection: Connection, site: str, now: float, after_seconds: float) -> int:
    """Say of the devices that were missed for so long that they are gone.

    Only while somebody looks: it is called when a run of the site came in, with the time at which
    that was observed. A node that is silent makes no device gone.
    """
    missed = select(device.c.device_id, device.c.portrait).where(
        device.c.site == site,
        device.c.absent_since.is_not(None),
        device.c.gone_at.is_(None),
        device.c.absent_since <= now - after_seconds,
    )
    gone = connection.execute(missed).all()
    rows = [_GoneRow(site, device_id, now) for device_id, _ in gone]
    bulk.update(connection, device, rows, key=("site", "device_id"))
    changes = []
    for device_id, text in gone:
        label = faces.kept(text).label
        row = ChangeRow(site, made_id("", now), now, device_id, faces.GONE, label, None, None)
        changes.append(row)
    bulk.insert(connection, change, changes)
    return len(gone)


class _GoneRow(NamedTuple):
    """A device of which only that is written since when it is gone."""

    site: str
    device_id: str
    gone_at: float


def withdraw(connection: Connection, site: str, node_id: str, now: float) -> None:
    """Count what a node sees no more: it was revoked. What it saw last stays known as its."""
    last = select(part.c.part, part.c.observed_at).where(part.c.node_id == node_id)
    parts: dict[int, float] = dict(connection.execute(last).all())
    asked = select(item).where(item.c.node_id == node_id, item.c.seen_until.is_(None))
    things = []
    for row in connection.execute(asked):
        if row.device_id is not None:
            things.append(
                devices.Thing(
                    (node_id, row.item_id),
                    row.observed_key,
                    row.item_type,
                    row.confidence or 0.0,
                    sighting.kept(row.sighting),
                    row.device_id,
                    row.first_seen,
                    parts.get(row.part, now),
                )
            )
    for number, observed_at in parts.items():
        for table in (item, relation):
            mine = (table.c.node_id == node_id) & (table.c.part == number)
            left = update(table).where(mine, table.c.seen_until.is_(None))
            connection.execute(left.values(seen_until=observed_at))
    latest = max(parts.values(), default=now)
    devices.settle(connection, devices.News(site, node_id, latest, latest, things))
