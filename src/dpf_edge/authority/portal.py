"""GET /api/v1/edge/metrics: a node's latest samples, for whoever is signed in; not for nodes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dpf_edge.authority import views
from dpf_edge.authority.admin import Ask, Operation, Reply, invalid_query
from dpf_edge.authority.login import Role

if TYPE_CHECKING:
    from dpf_edge.store.kept import Store
    from dpf_edge.store.records import InterfaceMetric


async def latest(ask: Ask) -> Reply:
    """Nobody signed in: 401 ``unauthorized``; no such node: 404 ``not_found``."""
    node_id = ask.text("nodeId")
    if node_id is None:
        raise invalid_query("nodeId", "says whose samples are wanted")

    def look(store: Store) -> tuple[InterfaceMetric, ...]:
        store.nodes.get(node_id)  # one that is not there is told from one without samples
        return store.metrics.latest(node_id)

    found = await ask.stored(look)
    return Reply({"nodeId": node_id, "interfaces": [views.shown(each) for each in found]})


OPERATION = Operation("GET", "", "metrics.get", Role.VIEWER, latest)
