"""Interface figures: the latest of each interface, for as long as it is worth showing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from sqlalchemy import delete, func, select

from dpf_edge.store.keeper import Keeper, record
from dpf_edge.store.limits import Limits
from dpf_edge.store.records import InterfaceMetric
from dpf_edge.store.schema import interface_metric
from dpf_edge.store.texts import clean, short_digest
from dpf_edge.store.upserts import upsert
from dpf_edge.wire.limits import METRICS_SPACING_SECONDS
from dpf_edge.wire.metrics import FRESH_SECONDS

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from dpf_edge.wire import metrics

ROUTE = "metrics"
# Two envelopes' worth: what a node reports in one round, and what is about to be forgotten.
MOST_INTERFACES = 4_000


class Metrics(Keeper):
    """``store.metrics``."""

    def put(
        self,
        node_id: str,
        envelope: metrics.Request,
        *,
        observed_at: float,
        spacing: float = METRICS_SPACING_SECONDS,
    ) -> float | None:
        """Keep a round of figures, unless another was accepted a moment ago.

        :returns: None where it was kept; else the seconds to wait.
        """
        now = self._clock()
        with self._database.writing() as connection:
            wait = Limits(self._database, self._clock).mark(connection, node_id, ROUTE, spacing)
            if wait is not None:
                return wait
            old = interface_metric.c.kept_at <= now - FRESH_SECONDS
            mine = interface_metric.c.node_id == node_id
            connection.execute(delete(interface_metric).where(mine, old))
            rows = _rows(node_id, envelope, observed_at, now)
            if _count(connection, node_id) + len(rows) > MOST_INTERFACES:
                connection.execute(delete(interface_metric).where(mine))
            upsert(connection, interface_metric, rows)
        return None

    def latest(self, node_id: str) -> tuple[InterfaceMetric, ...]:
        """The figures of a node's interfaces that are still fresh."""
        columns = interface_metric.c
        asked = select(columns.node_id, columns.document, columns.observed_at).where(
            columns.node_id == node_id, columns.kept_at > self._clock() - FRESH_SECONDS
        )
        with self._database.reading() as connection:
            found = connection.execute(asked.order_by(columns.metric_id)).all()
        return tuple(record(InterfaceMetric, row) for row in found)


def _count(connection: Connection, node_id: str) -> int:
    asked = select(func.count()).where(interface_metric.c.node_id == node_id)
    return connection.execute(asked).scalar_one()


def _rows(
    node_id: str, envelope: metrics.Request, observed_at: float, now: float
) -> list[dict[str, Any]]:
    rows = {}
    for each in envelope.interfaces:
        index = each.if_index if isinstance(each.if_index, int) else None
        metric_id = short_digest(clean(each.device_key), index, clean(each.if_name))
        rows[metric_id] = {
            "node_id": node_id,
            "metric_id": metric_id,
            "document": msgspec.to_builtins(each),
            "observed_at": observed_at,
            "kept_at": now,
        }
    return list(rows.values())
