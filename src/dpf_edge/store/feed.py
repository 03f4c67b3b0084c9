"""The feed: all that happened, of devices and of what nodes told, newest first; and what somebody
decided about it.

Four tables are read side by side, each by its own index, and put together here: each gives as many
rows as a page has, so that the newest of all are among them.
"""

from __future__ import annotations

import heapq
import itertools
from collections import defaultdict
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import and_, delete, false, func, literal, not_, or_, select, update

from dpf_edge.errors import StoreMissing
from dpf_edge.store import bulk, feed_rows
from dpf_edge.store import feed_terms as terms
from dpf_edge.store.device_keys import keys_of, standing_for
from dpf_edge.store.keeper import Keeper
from dpf_edge.store.lifecycle import TRIGGERED
from dpf_edge.store.records import Entry, FeedPage
from dpf_edge.store.schema import (
    alert,
    change,
    change_event,
    decision,
    device,
    node,
    security_event,
)
from dpf_edge.store.upserts import upsert

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy import ColumnElement, Connection, Table

    from dpf_edge.store.feed_terms import Place, Wanted

MOST_ROWS = 500
# Our own nodes tell of these too, and the store has seen them by itself from their runs.
OWN_SOURCE = "dpf-edge.discovery"
SEEN_ANYWAY = ("new-device", "device-gone", "device-moved")


class Told(NamedTuple):
    """A table of what nodes told.

    :ivar time: by the Authority's clock: what a record says of itself decides no order.
    """

    source: str
    table: Table
    time: ColumnElement[float]
    key: ColumnElement[str]

    @property
    def rank(self) -> int:
        """Which comes first of what was at one moment: the greater."""
        return terms.RANKS[self.source]


TOLD = (
    Told(terms.ALERT, alert, alert.c.last_at, alert.c.dedup_key),
    Told(terms.EVENT, change_event, change_event.c.last_at, change_event.c.change_key),
    Told(terms.SECURITY, security_event, security_event.c.received_at, security_event.c.event_key),
)


class Feed(Keeper):
    """``store.feed``."""

    def page(
        self, wanted: Wanted = terms.ALL, *, before: Place | None = None, limit: int = 50
    ) -> FeedPage:
        """Some of it, newest first.

        :param before: where the page before ended.
        """
        limit = min(max(limit, 1), MOST_ROWS)
        with self._database.reading() as connection:
            sites = _sites(connection, wanted)
            if len(sites) != 1:
                return FeedPage((), None)
            wanted = wanted._replace(site=sites.pop())
            read = [
                _of_devices(connection, wanted, before, limit + 1),
                *(_of_nodes(connection, told, wanted, before, limit + 1) for told in TOLD),
            ]
            merged = heapq.merge(*read, key=lambda each: each[0], reverse=True)
            found = list(itertools.islice(merged, limit + 1))
            rows = _whole(connection, [entry for _, entry in found[:limit]])
        return FeedPage(rows, found[limit - 1][0].told() if len(found) > limit else None)

    def called(self, device_id: str) -> str | None:
        """What a device is called; None where there is no such device."""
        with self._database.reading() as connection:
            return feed_rows.faces(connection, [device_id]).get(device_id)

    def decide(
        self, entries: Sequence[str], state: str, *, by: str, note: str | None = None
    ) -> tuple[str, ...]:
        """Say of entries that they were seen to, or are open again; which of them there are.

        An alert that comes again afterwards is open again.

        :param state: one of :data:`~dpf_edge.store.feed_terms.STATES`.
        :raises StoreMissing: none of them is there.
        """
        now = self._clock()
        with self._database.writing() as connection:
            there = {**_device_sites(connection, entries), **_told_sites(connection, entries)}
            if not there:
                raise StoreMissing("there is no such entry any more")
            _settle_alerts(connection, there, state, now)
            if state == terms.OPEN:
                for entry, site in there.items():
                    mine = and_(decision.c.site == site, decision.c.entry == entry)
                    connection.execute(delete(decision).where(mine))
            else:
                said = {"state": state, "actor": by, "at": now, "note": note or None}
                rows = [{"site": site, "entry": entry, **said} for entry, site in there.items()]
                upsert(connection, decision, rows)
        return tuple(there)


def _sites(connection: Connection, wanted: Wanted) -> set[str | None]:
    """The sites that wanted entries are on, by the site, the node and the device that are asked
    for; by it the index is found that knows them. None: any. Nothing where a node or a device is
    not there, and more than one where they are apart: there is no such entry."""
    asked = []
    if wanted.node_id is not None:
        asked.append(select(node.c.site).where(node.c.node_id == wanted.node_id))
    if wanted.device_id is not None:
        asked.append(select(device.c.site).where(device.c.device_id == wanted.device_id))
    stands = [connection.execute(each).scalar() for each in asked]
    if None in stands:
        return set()
    return {*stands, wanted.site} if wanted.site is not None else {*stands} or {None}


def _of_devices(
    connection: Connection, wanted: Wanted, before: Place | None, limit: int
) -> list[tuple[Place, Entry]]:
    """What happened to devices."""
    if wanted.kind not in {None, terms.DEVICES, *terms.DEVICE_KINDS}:
        return []
    if wanted.severity not in {None, "info"}:
        return []
    order: ColumnElement[str] = change.c.id
    if wanted.state not in {None, terms.OPEN}:
        # Few were decided of all: SQLite would walk through the index, and look at every row. This
        # is no indexed column.
        order = change.c.id.concat("")
    asked = select(change).order_by(order.desc()).limit(limit)
    for column, value in (
        (change.c.site, wanted.site),
        (change.c.node_id, wanted.node_id),
        (change.c.device_id, wanted.device_id),
    ):
        if value is not None:
            asked = asked.where(column == value)
    if wanted.kind in terms.DEVICE_KINDS:
        asked = asked.where(change.c.kind == wanted.kind)
    if wanted.state is not None:
        asked = asked.where(_device_stands(wanted.state))
    if before is not None:
        asked = asked.where(change.c.id < feed_rows.first_id_after(before))
    return [feed_rows.of_device(row) for row in connection.execute(asked)]


def _of_nodes(
    connection: Connection, told: Told, wanted: Wanted, before: Place | None, limit: int
) -> list[tuple[Place, Entry]]:
    """What nodes told of, in one table."""
    table = told.table
    asked = (
        select(table, node.c.site, node.c.name.label("node_name"))
        .join(node, node.c.node_id == table.c.node_id)
        .where(*_chosen(connection, told, wanted))
        .order_by(told.time.desc(), table.c.node_id.desc(), told.key.desc())
        .limit(limit)
    )
    if before is not None:
        asked = asked.where(_later_in_order(told, before))
    return [feed_rows.of_node(told.source, row) for row in connection.execute(asked)]


def _device_stands(state: str) -> ColumnElement[bool]:
    begins = terms.named(terms.DEVICE, "", "")
    if state == terms.OPEN:
        return _stands(change.c.site, literal(begins).concat(change.c.id), state)
    id_of = func.substr(decision.c.entry, len(begins) + 1)
    decided = select(id_of).where(decision.c.state == state, decision.c.entry.startswith(begins))
    return change.c.id.in_(decided)


def _later_in_order(told: Told, before: Place) -> ColumnElement[bool]:
    """Whether a row stands behind a place."""
    if told.rank != before.rank:
        return told.time < before.at if told.rank > before.rank else told.time <= before.at
    mine = told.table.c.node_id
    same = and_(mine == before.node_id, told.key < before.key)
    return or_(
        told.time < before.at, and_(told.time == before.at, or_(mine < before.node_id, same))
    )


def _chosen(connection: Connection, told: Told, wanted: Wanted) -> list[ColumnElement[bool]]:
    """What of a table is asked for."""
    table, chosen = told.table, list[Any]()
    if wanted.site is not None:
        chosen.append(node.c.site == wanted.site)
    if wanted.node_id is not None:
        chosen.append(table.c.node_id == wanted.node_id)
    chosen += _of_kind(told, wanted.kind)
    if wanted.severity is not None:
        chosen.append(_as_severe(told, wanted.severity))
    if wanted.state is not None and table is alert:
        chosen.append(alert.c.status == (TRIGGERED if wanted.state == terms.OPEN else wanted.state))
    elif wanted.state is not None:
        name = literal(f"{told.source}:").concat(table.c.node_id).concat(":").concat(told.key)
        chosen.append(_stands(node.c.site, name, wanted.state))
    if wanted.device_id is not None:
        chosen.append(_about(connection, told, wanted.device_id, wanted.site))
    return chosen


def _of_kind(told: Told, kind: str | None) -> list[ColumnElement[bool]]:
    if kind in {terms.DEVICES, *terms.DEVICE_KINDS}:
        return [false()]
    if told.table is security_event:
        return [] if kind in {None, terms.EVENTS, terms.SECURITY} else [false()]
    group, severity = told.table.c.event_class, told.table.c.severity
    chosen = [
        not_(
            and_(
                told.table.c.source == OWN_SOURCE,
                func.coalesce(group, "").in_(SEEN_ANYWAY),
                severity == "info",
            )
        )
    ]
    if kind in {told.source, None, terms.EVENTS}:
        return chosen
    return [*chosen, func.coalesce(group, told.table.c.source) == kind]


def _as_severe(told: Told, severity: str) -> ColumnElement[bool]:
    if told.table is not security_event:
        return told.table.c.severity == severity
    among = [each for each, word in feed_rows.OCSF.items() if word == severity]
    column = func.coalesce(security_event.c.severity, 0)
    return column.in_(among)


def _stands(site: ColumnElement[str], entry: ColumnElement[str], state: str) -> ColumnElement[bool]:
    """Whether an entry is in a state that somebody brought about, or open because nobody did."""
    there = select(decision.c.entry).where(decision.c.site == site, decision.c.entry == entry)
    if state == terms.OPEN:
        return ~there.exists()
    return there.where(decision.c.state == state).exists()


def _about(
    connection: Connection, told: Told, device_id: str, site: str | None
) -> ColumnElement[bool]:
    """Whether an event names a device of a site by one of its keys."""
    if told.table is security_event or site is None:
        return false()
    names = set(terms.components_of(keys_of(connection, site, [device_id])))
    return bulk.among(connection, told.table.c.component, names) if names else false()


def _whole(connection: Connection, entries: list[Entry]) -> tuple[Entry, ...]:
    """Entries with what stands elsewhere: devices, nodes' names, who decided what."""
    entries = feed_rows.with_devices(entries, _keys(connection, entries))
    nodes = {each.node_id for each in entries if each.node_id and each.node_name is None}
    ids = {each.device_id for each in entries if each.device_id}
    return tuple(
        feed_rows.with_names(
            feed_rows.with_decisions(entries, _decisions(connection, entries)),
            _names(connection, nodes),
            feed_rows.faces(connection, ids),
        )
    )


def _keys(connection: Connection, entries: Iterable[Entry]) -> dict[tuple[str, str], str]:
    """Which devices the components of events are, by site and key."""
    asked: defaultdict[str, set[str]] = defaultdict(set)
    for each in entries:
        if each.source != terms.DEVICE:
            asked[each.site].update(terms.keys_of(each.component))
    return {
        (site, key): device_id
        for site, keys in asked.items()
        for key, device_id in standing_for(connection, site, keys).items()
    }


def _names(connection: Connection, nodes: set[str]) -> dict[str, str]:
    if not nodes:
        return {}
    asked = select(node.c.node_id, node.c.name)
    asked = asked.where(bulk.among(connection, node.c.node_id, nodes))
    return {row.node_id: row.name for row in connection.execute(asked)}


def _decisions(connection: Connection, entries: list[Entry]) -> dict[tuple[str, str], Any]:
    if not entries:
        return {}
    asked = select(decision).where(
        bulk.among(connection, decision.c.site, {each.site for each in entries}),
        bulk.among(connection, decision.c.entry, [each.entry for each in entries]),
    )
    return {(row.site, row.entry): row for row in connection.execute(asked)}


def _device_sites(connection: Connection, entries: Sequence[str]) -> dict[str, str]:
    """The sites of those entries that are of devices, and are there."""
    parts = (terms.apart(each) for each in entries)
    wanted = [key for source, _, key in parts if source == terms.DEVICE]
    if not wanted:
        return {}
    asked = select(change.c.id, change.c.site).where(bulk.among(connection, change.c.id, wanted))
    return {terms.named(terms.DEVICE, "", row.id): row.site for row in connection.execute(asked)}


def _told_sites(connection: Connection, entries: Sequence[str]) -> dict[str, str]:
    """The sites of those entries that nodes told of, and are there; their nodes are locked."""
    keys: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    for source, node_id, key in map(terms.apart, entries):
        keys[source, node_id].add(key)
    found: dict[str, str] = {}
    # In one order, so that two who decide at once do not wait for each other.
    for source, node_id in sorted(keys):
        table = next((each for each in TOLD if each.source == source), None)
        if table is None:
            continue
        mine = select(node.c.site).where(node.c.node_id == node_id).with_for_update()
        site = connection.execute(mine).scalar()
        if site is None:
            continue
        asked = select(table.key).where(
            table.table.c.node_id == node_id,
            bulk.among(connection, table.key, keys[source, node_id]),
        )
        for key in connection.execute(asked).scalars():
            found[terms.named(source, node_id, key)] = site
    return found


def _settle_alerts(connection: Connection, entries: Iterable[str], state: str, now: float) -> None:
    """Write into alerts how they are now."""
    status = TRIGGERED if state == terms.OPEN else state
    resolved_at = now if state == terms.RESOLVED else None
    for source, node_id, key in map(terms.apart, entries):
        if source == "alert":
            mine = and_(alert.c.node_id == node_id, alert.c.dedup_key == key)
            values = {"status": status, "resolved_at": resolved_at}
            connection.execute(update(alert).where(mine).values(values))
