"""What a heartbeat leaves behind, and what it is answered with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import select, update

from dpf_edge.errors import StoreMissing
from dpf_edge.store import node_tokens
from dpf_edge.store.records import Beat, Rotated
from dpf_edge.store.schema import capability, node
from dpf_edge.store.upserts import upsert
from dpf_edge.wire import tokens
from dpf_edge.wire.vocabulary import CapabilityMode, NodeStatus

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

    from dpf_edge.wire import heartbeat

_ACCEPTED = (str(CapabilityMode.ENABLED), str(CapabilityMode.REPORTING_ONLY))


def beat(
    connection: Connection, node_id: str, reports: Sequence[heartbeat.Report], now: float
) -> Beat:
    """See :meth:`dpf_edge.store.nodes.Nodes.beat`."""
    seen = (
        update(node)
        .where(node.c.node_id == node_id)
        .values(last_seen_at=now, status=str(NodeStatus.ACTIVE))
        .returning(node.c.trust_state, node.c.rotation_due)
    )
    row = connection.execute(seen).one_or_none()
    if row is None:
        raise StoreMissing(f"{node_id}: no such node")
    # Reported twice in one heartbeat, the last word counts.
    latest = {str(report.capability): report for report in reports}
    upsert(
        connection,
        capability,
        [_values(node_id, name, report, now) for name, report in latest.items()],
        changing=("status", "evidence", "reported_at"),
    )
    asked = select(capability.c.name).where(
        capability.c.node_id == node_id, capability.c.mode.in_(_ACCEPTED)
    )
    accepted = tuple(connection.execute(asked.order_by(capability.c.name)).scalars())
    return Beat(row.trust_state, accepted, _rotated(connection, node_id, now, due=row.rotation_due))


def _values(node_id: str, name: str, report: heartbeat.Report, now: float) -> dict[str, Any]:
    return {
        "node_id": node_id,
        "name": name,
        "mode": str(CapabilityMode.DISABLED),
        "status": str(report.status),
        "accepted": False,
        "evidence": report.evidence if isinstance(report.evidence, dict) else None,
        "reported_at": now,
    }


def _rotated(connection: Connection, node_id: str, now: float, *, due: bool) -> Rotated | None:
    if not due:
        return None
    token = node_tokens.offered(connection, node_id, now)
    return Rotated(token, tokens.display(token.reveal()))
