"""Events: alerts that live, changes that happened, security records. Each batch counts once."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec
from sqlalchemy import insert, select

from dpf_edge.errors import StoreMissing
from dpf_edge.store import bulk
from dpf_edge.store.keeper import Keeper, record
from dpf_edge.store.lifecycle import lived
from dpf_edge.store.records import Alert, ChangeEvent, EventCounts, SecurityEvent
from dpf_edge.store.schema import alert, change_event, event_batch, node, security_event
from dpf_edge.store.texts import clean
from dpf_edge.store.upserts import insert_unless_there, upsert
from dpf_edge.wire import events, times

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from sqlalchemy import ColumnElement, Connection, Select, Table

T = TypeVar("T")

MOST_ROWS = 1_000


class Events(Keeper):
    """``store.events``."""

    def submit(
        self,
        node_id: str,
        envelope: events.Request,
        *,
        digest: str,
        received_at: float,
        remaining: int = 0,
    ) -> EventCounts:
        """Take a batch in. The same runKey gets its first answer again, and counts nothing (W39).

        :param digest: stands for what the batch says; a replay that says something else is told.
        :param remaining: what the answer says of it, kept for replays.
        :raises StoreMissing: there is no such node.
        """
        with self._database.writing() as connection:
            # One batch of a node at a time: alerts are read, changed and written back.
            mine = select(node.c.node_id).where(node.c.node_id == node_id).with_for_update()
            if connection.execute(mine).scalar() is None:
                raise StoreMissing(f"{node_id}: no such node")
            first = select(event_batch.c.answer, event_batch.c.digest).where(
                event_batch.c.node_id == node_id, event_batch.c.run_key == envelope.run_key
            )
            row = connection.execute(first).one_or_none()
            if row is not None:
                differs = row.digest != digest
                return EventCounts(**row.answer, replay=True, differs=differs)
            counted = Counter(accepted=len(envelope.events), remaining=remaining)
            _keep_alerts(connection, node_id, _of(envelope, events.Alert), counted, received_at)
            _keep_changes(connection, node_id, _of(envelope, events.Change), counted, received_at)
            _keep_security(
                connection, node_id, _of(envelope, events.Security), counted, received_at
            )
            batch = {
                "node_id": node_id,
                "run_key": envelope.run_key,
                "digest": digest,
                "answer": dict(counted),
                "received_at": received_at,
            }
            connection.execute(insert(event_batch).values(batch))
            return msgspec.convert(dict(counted), EventCounts)

    def alerts(
        self,
        *,
        node_id: str | None = None,
        site: str | None = None,
        status: str | None = None,
        limit: int = 100,
    ) -> tuple[Alert, ...]:
        """Alerts, those with the last news first."""
        asked = _latest(alert, alert.c.last_at, node_id, site, limit)
        if status is not None:
            asked = asked.where(alert.c.status == status)
        return self._read(Alert, asked)

    def changes(
        self, *, node_id: str | None = None, site: str | None = None, limit: int = 100
    ) -> tuple[ChangeEvent, ...]:
        """Changes that nodes reported, the last first."""
        asked = _latest(change_event, change_event.c.last_at, node_id, site, limit)
        return self._read(ChangeEvent, asked)

    def security(
        self, *, node_id: str | None = None, site: str | None = None, limit: int = 100
    ) -> tuple[SecurityEvent, ...]:
        """Security records, those that came last first: when it was, each says itself."""
        asked = _latest(security_event, security_event.c.received_at, node_id, site, limit)
        return self._read(SecurityEvent, asked)

    def _read(self, kind: Callable[..., T], asked: Select[Any]) -> tuple[T, ...]:
        with self._database.reading() as connection:
            return tuple(record(kind, row) for row in connection.execute(asked))


def _latest(
    table: Table,
    time: ColumnElement[float],
    node_id: str | None,
    site: str | None,
    limit: int,
) -> Select[Any]:
    asked = select(table).order_by(time.desc()).limit(min(max(limit, 1), MOST_ROWS))
    if node_id is not None:
        asked = asked.where(table.c.node_id == node_id)
    if site is not None:
        there = select(node.c.node_id).where(node.c.site == site)
        asked = asked.where(table.c.node_id.in_(there))
    return asked


def _of(envelope: events.Request, kind: type[T]) -> list[T]:
    return [each for each in envelope.events if isinstance(each, kind)]


def _rows(
    connection: Connection, table: Table, key: str, node_id: str, wanted: Iterable[str]
) -> dict[str, dict[str, Any]]:
    """The rows of a node that are there already, by their key."""
    asked = select(table).where(
        table.c.node_id == node_id, bulk.among(connection, table.c[key], set(wanted))
    )
    rows = (dict(row._mapping) for row in connection.execute(asked))
    return {row[key]: row for row in rows}


def _keep_alerts(
    connection: Connection,
    node_id: str,
    batch: Sequence[events.Alert],
    counted: Counter[str],
    now: float,
) -> None:
    keys = [clean(event.dedup_key) for event in batch]
    rows = _rows(connection, alert, "dedup_key", node_id, keys)
    for key, event in zip(keys, batch, strict=True):
        occurred_at = times.seconds(event.occurred_at)
        row, counters = lived(rows.get(key), event, occurred_at=occurred_at, now=now)
        rows[key] = {**row, "node_id": node_id, "dedup_key": key}
        counted.update(counters)
    upsert(connection, alert, list(rows.values()))


def _keep_changes(
    connection: Connection,
    node_id: str,
    batch: Sequence[events.Change],
    counted: Counter[str],
    now: float,
) -> None:
    """The first word on when it was counts, and the last on what it was."""
    latest = {clean(event.dedup_key): event for event in batch}
    first = {clean(event.dedup_key): event for event in reversed(batch)}
    rows = [
        {
            "node_id": node_id,
            "change_key": key,
            "source": event.source,
            "component": event.component or None,
            "event_group": event.event_group or None,
            "event_class": event.event_class or None,
            "severity": str(event.severity),
            "summary": event.summary,
            "details": event.custom_details or None,
            "occurred_at": times.seconds(first[key].occurred_at),
            "first_at": now,
            "last_at": now,
        }
        for key, event in latest.items()
    ]
    upsert(connection, change_event, rows, changing=("summary", "details", "last_at"))
    counted["changes"] += len(batch)


def _keep_security(
    connection: Connection,
    node_id: str,
    batch: Sequence[events.Security],
    counted: Counter[str],
    now: float,
) -> None:
    """A record is what it is: the same key again adds nothing."""
    rows = [
        {
            "node_id": node_id,
            "event_key": event.event_key,
            "at": times.seconds(event.time),
            "class_uid": event.ocsf_class_uid,
            "severity": event.severity_id if isinstance(event.severity_id, int) else None,
            "source_kind": event.source_kind,
            "source_name": event.source_name,
            "document": msgspec.to_builtins(event),
            "received_at": now,
        }
        for event in batch
    ]
    insert_unless_there(connection, security_event, rows)
    counted["security"] += len(batch)
