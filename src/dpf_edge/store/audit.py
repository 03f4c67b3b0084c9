"""The trail of calls: one row each, whether it was answered or refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from sqlalchemy import insert, select

from dpf_edge.store.keeper import Keeper, made_id, record
from dpf_edge.store.records import AuditEntry, AuditPage
from dpf_edge.store.schema import audit, node
from dpf_edge.wire.tokens import redacted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dpf_edge.store.records import AuditRow

# A detail is a few words and numbers. What is longer was made long by a client.
MOST_DETAIL_BYTES = 4_096
MOST_ROWS = 1_000


class Audit(Keeper):
    """``store.audit``."""

    def record(self, rows: Sequence[AuditRow]) -> None:
        """Add to the trail. Tokens are cut to what may be shown of them, whatever wrote them."""
        if not rows:
            return
        with self._database.writing() as connection:
            connection.execute(insert(audit), [_values(row) for row in rows])

    def page(
        self,
        *,
        node_id: str | None = None,
        site: str | None = None,
        tool: str | None = None,
        before: str | None = None,
        limit: int = 100,
    ) -> AuditPage:
        """Some of the trail, newest first.

        :param site: only what concerns a node that stands there.
        :param before: what the page before said.
        """
        limit = min(max(limit, 1), MOST_ROWS)
        asked = select(audit).order_by(audit.c.id.desc()).limit(limit + 1)
        if node_id is not None:
            asked = asked.where(audit.c.node_id == node_id)
        if site is not None:
            there = select(node.c.node_id).where(node.c.site == site)
            asked = asked.where(audit.c.node_id.in_(there))
        if tool is not None:
            asked = asked.where(audit.c.tool == tool)
        if before is not None:
            asked = asked.where(audit.c.id < before)
        with self._database.reading() as connection:
            rows = [record(AuditEntry, row) for row in connection.execute(asked)]
        shown = tuple(msgspec.structs.replace(row, node_id=row.node_id or None) for row in rows)
        return AuditPage(shown[:limit], shown[limit - 1].id if len(rows) > limit else None)


def _values(row: AuditRow) -> dict[str, Any]:
    return {
        "node_id": row.node_id or "",
        "id": made_id("", row.at),
        "at": row.at,
        "tool": row.tool,
        "status": row.status,
        "code": row.code,
        "ms": row.ms,
        "detail": _detail(row.detail),
        "mode": row.mode,
        "actor": row.actor,
    }


def _detail(said: dict[str, Any] | None) -> Any:  # noqa: ANN401 -- any JSON value
    if said is None:
        return None
    text = redacted(msgspec.json.encode(said).decode())
    if len(text) > MOST_DETAIL_BYTES:
        return {"cut": text[:MOST_DETAIL_BYTES]}
    return msgspec.json.decode(text)
