"""What nodes last saw from their vantages (comparison-1): optional evidence, the latest of each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from dpf_edge.store import bulk
from dpf_edge.store.keeper import Keeper, record
from dpf_edge.store.records import Comparison
from dpf_edge.store.schema import comparison
from dpf_edge.store.upserts import upsert

if TYPE_CHECKING:
    from collections.abc import Collection


class Comparisons(Keeper):
    """``store.comparisons``."""

    def put(self, node_id: str, document: bytes) -> None:
        """Keep a node's comparison in place of the one before."""
        row = {
            "node_id": node_id,
            "document": document.decode("utf-8", "replace"),
            "received_at": self._clock(),
        }
        with self._database.writing() as connection:
            upsert(connection, comparison, [row])

    def of(self, node_ids: Collection[str]) -> dict[str, Comparison]:
        """The comparisons of these nodes, by node; those that sent none are not in it."""
        if not node_ids:
            return {}
        with self._database.reading() as connection:
            mine = bulk.among(connection, comparison.c.node_id, node_ids)
            rows = connection.execute(select(comparison).where(mine))
            return {row.node_id: record(Comparison, row) for row in rows}

    def latest(self, node_id: str) -> Comparison | None:
        """A node's comparison; None where it sent none."""
        with self._database.reading() as connection:
            asked = select(comparison).where(comparison.c.node_id == node_id)
            row = connection.execute(asked).one_or_none()
        return None if row is None else record(Comparison, row)
