"""Nodes, their capabilities and their last runs as they are read."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, func, select

from dpf_edge.store import bulk
from dpf_edge.store.keeper import record
from dpf_edge.store.records import Capability, LastRun, Node
from dpf_edge.store.schema import capability, node, node_token, part, run

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection, Row, Select

_NODE = [node.c[name] for name in Node.__struct_fields__ if name != "token_prefix"]


def nodes_asked() -> Select[Any]:
    """Every node, with its own token's prefix where it has one."""
    own = and_(node_token.c.node_id == node.c.node_id, node_token.c.offered.is_(False))
    return select(*_NODE, node_token.c.prefix.label("token_prefix")).select_from(
        node.outerjoin(node_token, own)
    )


def node_row(row: Row[Any]) -> Node:
    """A row of :func:`nodes_asked`."""
    return record(Node, row)


def capabilities_of(
    connection: Connection, node_ids: Sequence[str]
) -> dict[str, tuple[Capability, ...]]:
    """What these nodes can do, by node and in the order of the names."""
    if not node_ids:
        return {}
    found: defaultdict[str, list[Capability]] = defaultdict(list)
    columns = [capability.c[name] for name in Capability.__struct_fields__]
    mine = bulk.among(connection, capability.c.node_id, node_ids)
    asked = select(capability.c.node_id, *columns).where(mine).order_by(capability.c.name)
    for node_id, *values in connection.execute(asked):
        found[node_id].append(Capability(*values))
    return {node_id: tuple(each) for node_id, each in found.items()}


def last_runs(connection: Connection, node_ids: Sequence[str]) -> dict[str, LastRun]:
    """The newest run of each of these nodes, by when it was observed.

    A sweep that came in parts is one: its items are counted together.
    """
    if not node_ids:
        return {}
    newest = (
        select(part.c.node_id, func.max(part.c.observed_at).label("observed_at"))
        .where(bulk.among(connection, part.c.node_id, node_ids))
        .group_by(part.c.node_id)
        .subquery()
    )
    latest = and_(part.c.node_id == newest.c.node_id, part.c.observed_at == newest.c.observed_at)
    itself = and_(run.c.node_id == part.c.node_id, run.c.run_id == part.c.run_id)
    asked = select(run).join(part, itself).join(newest, latest).order_by(run.c.run_id)
    found: dict[str, LastRun] = {}
    for row in connection.execute(asked):
        last = LastRun(
            row.run_id,
            row.observed_at,
            row.received_at,
            row.item_count,
            row.relationship_count,
            tuple(row.warnings),
        )
        found[row.node_id] = _and(found[row.node_id], last) if row.node_id in found else last
    return found


def _and(one: LastRun, other: LastRun) -> LastRun:
    return LastRun(
        other.run_id,
        other.observed_at,
        other.received_at,
        one.items + other.items,
        one.relationships + other.relationships,
        tuple(dict.fromkeys((*one.warnings, *other.warnings))),
    )
