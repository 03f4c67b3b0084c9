"""What there is on the sites: devices, what is known of each, and what happened to them."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, delete, func, select, update

from dpf_edge.errors import StoreMissing
from dpf_edge.store import bulk, finding, surroundings
from dpf_edge.store import portrait as faces
from dpf_edge.store.finding import ORDERS, Asked, Found, Wanted
from dpf_edge.store.keeper import Keeper, record
from dpf_edge.store.records import (
    Change,
    ChangePage,
    Counts,
    Device,
    DeviceDetail,
    DevicePage,
    Observation,
)
from dpf_edge.store.schema import change, device, device_key, item, node, part
from dpf_edge.store.surroundings import Choices, Neighbours

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy import ColumnElement, Connection, Row, Select

MOST_ROWS = 1_000


class Inventory(Keeper):
    """``store.inventory``."""

    def devices(
        self,
        *,
        site: str | None = None,
        query: str = "",
        kind: str | None = None,
        present: bool | None = None,
        sort: str = "name",
        descending: bool = False,
        limit: int = 50,
        offset: int = 0,
    ) -> DevicePage:
        """Some devices, by how many come before them; :meth:`find` goes on where a page ended.

        :param query: as :class:`~dpf_edge.store.finding.Wanted` has it.
        :param present: only those that are there (True), or that are not (False).
        :param sort: one of :data:`~dpf_edge.store.finding.ORDERS`; anything else is ``name``.
        """
        order = ORDERS.get(sort, ORDERS["name"])
        if order is ORDERS["name"] and (query or present is not None):
            # Few are wanted of all: SQLite would walk through the index of names, and fetch each
            # of a hundred thousand rows by itself to look at it. This is no indexed column.
            order = (device.c.sort_name.concat(""),)
        keys = (*order, device.c.device_id)
        with self._database.reading() as connection:
            chosen = finding.among_all(connection, Wanted(site=site, query=query, kind=kind))
            if present is not None:
                absent = device.c.absent_since
                chosen.append(absent.is_(None) if present else absent.is_not(None))
            asked = select(device).where(*chosen).offset(max(offset, 0))
            asked = asked.order_by(*(each.desc() if descending else each for each in keys))
            total = connection.execute(select(func.count()).select_from(device).where(*chosen))
            rows = connection.execute(asked.limit(min(max(limit, 1), MOST_ROWS))).all()
            return DevicePage(_devices(connection, rows), total.scalar_one())

    def find(self, wanted: Wanted, asked: Asked | None = None) -> Found:
        """A page of the devices that are wanted, and how many there are in all.

        :param asked: the page; its ``limit`` counts to :data:`MOST_ROWS`, an order that is none of
            :data:`~dpf_edge.store.finding.ORDERS` is that of names, a cursor of another order none.
        """
        asked = asked or Asked()
        asked = asked._replace(limit=min(max(asked.limit, 1), MOST_ROWS))
        with self._database.reading() as connection:
            page = finding.page(connection, wanted, asked)
            whole = select(device).where(
                bulk.among(connection, device.c.site, {each.site for each in page.spots}),
                bulk.among(connection, device.c.device_id, [each.device_id for each in page.spots]),
            )
            rows = connection.execute(whole).all() if page.spots else []
            known = {each.device_id: each for each in _devices(connection, rows)}
            found = tuple(known[each.device_id] for each in page.spots if each.device_id in known)
            return Found(found, page.total, page.before, page.after)

    def choices(self, *, site: str | None = None) -> Choices:
        """What there is to choose devices by: the first of each, in their order.

        :param site: only its nodes; kinds and makers are those of all sites.
        """
        nodes = select(node.c.node_id, node.c.name).order_by(node.c.name, node.c.node_id)
        if site is not None:
            nodes = nodes.where(node.c.site == site)
        with self._database.reading() as connection:
            rows = connection.execute(nodes.limit(surroundings.MOST_CHOICES))
            return Choices(
                surroundings.distinct(connection, device.c.kind),
                surroundings.distinct(connection, device.c.maker),
                tuple((node_id, name) for node_id, name in rows),
            )

    def called(self, node_ids: Iterable[str]) -> dict[str, str]:
        """What some nodes are called, by their ids."""
        wanted = list(node_ids)
        with self._database.reading() as connection:
            asked = select(node.c.node_id, node.c.name)
            asked = asked.where(bulk.among(connection, node.c.node_id, wanted))
            return dict(connection.execute(asked).all()) if wanted else {}

    def neighbours(self, device_id: str) -> Neighbours:
        """What a device hangs together with now, as nodes tell of it.

        :raises StoreMissing: there is no such device.
        """
        with self._database.reading() as connection:
            row = _known(connection, device_id)
            return surroundings.neighbours(connection, row.site, device_id)

    def device(self, device_id: str) -> DeviceDetail:
        """One device, all that nodes report of it, and what happened to it lately.

        :raises StoreMissing: there is no such device.
        """
        with self._database.reading() as connection:
            row = _known(connection, device_id)
            observations = tuple(
                observation(each)
                for each in connection.execute(
                    observed()
                    .where(item.c.site == row.site, item.c.device_id == device_id)
                    .order_by(item.c.node_id, item.c.observed_key, item.c.item_type)
                )
            )
            happened = select(change).where(
                change.c.site == row.site, change.c.device_id == device_id
            )
            happened = happened.order_by(change.c.id.desc()).limit(MOST_ROWS)
            changes = tuple(record(Change, each) for each in connection.execute(happened))
            return DeviceDetail(_devices(connection, [row])[0], observations, changes)

    def forget(self, device_id: str, *, by: str) -> None:
        """Delete a device and all that was observed of it. Seen again, it is new.

        :raises StoreMissing: there is no such device.
        """
        with self._database.writing() as connection:
            where = _known(connection, device_id).site
            mine = and_(item.c.site == where, item.c.device_id == device_id)
            nodes = (
                connection.execute(select(item.c.node_id).where(mine).distinct()).scalars().all()
            )
            if nodes:
                # What the same run says again is not looked at; now it has to be.
                theirs = bulk.among(connection, part.c.node_id, nodes)
                connection.execute(update(part).where(theirs).values(digest=""))
            connection.execute(delete(item).where(mine))
            for table in (device, device_key, change):
                here = and_(table.c.site == where, table.c.device_id == device_id)
                connection.execute(delete(table).where(here))

    def changes(
        self,
        *,
        site: str | None = None,
        since: float | None = None,
        kinds: Sequence[str] = (),
        before: str | None = None,
        limit: int = 100,
    ) -> ChangePage:
        """What happened, newest first.

        :param since: only what happened at that time or later.
        :param kinds: only ``new``, ``gone``, ``back``, ``moved`` or ``renamed``; all by default.
        """
        limit = min(max(limit, 1), MOST_ROWS)
        asked = select(change).order_by(change.c.id.desc()).limit(limit + 1)
        if site is not None:
            asked = asked.where(change.c.site == site)
        if since is not None:
            asked = asked.where(change.c.at >= since)
        if kinds:
            asked = asked.where(change.c.kind.in_(kinds))
        if before is not None:
            asked = asked.where(change.c.id < before)
        with self._database.reading() as connection:
            rows = tuple(record(Change, row) for row in connection.execute(asked))
        return ChangePage(rows[:limit], rows[limit - 1].id if len(rows) > limit else None)

    def counts(self, *, site: str | None = None) -> Counts:
        """How many nodes there are, by trust state, and devices, by whether they are there."""
        nodes = select(node.c.trust_state, func.count()).group_by(node.c.trust_state)
        there, gone = device.c.absent_since.is_(None), device.c.gone_at.is_not(None)
        devices = select(func.count(), func.count().filter(there), func.count().filter(gone))
        devices = devices.select_from(device)
        if site is not None:
            nodes = nodes.where(node.c.site == site)
            devices = devices.where(device.c.site == site)
        with self._database.reading() as connection:
            by_state = {str(state): count for state, count in connection.execute(nodes)}
            return Counts(by_state, *connection.execute(devices).one())


def _known(connection: Connection, device_id: str) -> Row[Any]:
    row = connection.execute(select(device).where(device.c.device_id == device_id)).one_or_none()
    if row is None:
        raise StoreMissing(f"{device_id}: no such device", "see dpf-edge devices list")
    return row


def _devices(connection: Connection, rows: Sequence[Row[Any]]) -> tuple[Device, ...]:
    """Devices with what stands elsewhere: who sees them, and when they were last seen."""
    seen: defaultdict[str, list[tuple[str, float]]] = defaultdict(list)
    if rows:
        asked = (
            select(
                item.c.device_id,
                item.c.node_id,
                func.max(func.coalesce(item.c.seen_until, part.c.observed_at, item.c.changed_at)),
            )
            .select_from(item.outerjoin(part, _same_part()))
            .where(
                bulk.among(connection, item.c.site, {row.site for row in rows}),
                bulk.among(connection, item.c.device_id, {row.device_id for row in rows}),
            )
            .group_by(item.c.device_id, item.c.node_id)
        )
        for device_id, node_id, last in connection.execute(asked):
            seen[device_id].append((node_id, last))
    return tuple(device_of(row, seen[row.device_id]) for row in rows)


def device_of(row: Row[Any], seen: Sequence[tuple[str, float]]) -> Device:
    """A device as it is given back.

    :param seen: the nodes that report it, each with when it last did; a node may stand there twice.
    """
    until = max((last for _, last in seen), default=row.first_seen)
    face = faces.kept(row.portrait)
    return Device(
        device_id=row.device_id,
        site=row.site,
        name=face.name,
        kind=face.kind,
        addresses=face.addresses,
        macs=face.macs,
        attributes=face.attributes,
        first_seen=row.first_seen,
        last_seen=until if row.absent_since is None else row.absent_since,
        present=row.absent_since is None,
        gone_at=row.gone_at,
        nodes=tuple(sorted({node_id for node_id, _ in seen})),
    )


def observed() -> Select[Any]:
    """Items, with when the part of the picture was observed that each is in."""
    return select(item, part.c.observed_at).select_from(item.outerjoin(part, _same_part()))


def _same_part() -> ColumnElement[bool]:
    return and_(part.c.node_id == item.c.node_id, part.c.part == item.c.part)


def observation(row: Row[Any]) -> Observation:
    """An item of :func:`observed` as it is given back."""
    last = row.seen_until if row.seen_until is not None else row.observed_at
    return Observation(
        node_id=row.node_id,
        observed_key=row.observed_key,
        item_type=row.item_type,
        name=row.name,
        confidence=row.confidence,
        source_path=row.source_path,
        raw=row.raw,
        first_seen=row.first_seen,
        last_seen=last if last is not None else row.changed_at,
        present=row.seen_until is None,
    )
