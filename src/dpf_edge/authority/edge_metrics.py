"""POST /api/v1/edge/metrics: what network interfaces carry, now."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from dpf_edge.authority.edge import Answer
from dpf_edge.wire import metrics, refusals, times

if TYPE_CHECKING:
    from dpf_edge.authority.edge import Call
    from dpf_edge.store.kept import Store

ROUTE = metrics.ROUTE


async def handle(call: Call) -> Answer:
    """Declared size → token → rate → size → JSON → fields → freshness → taken.

    The rate counts from the last round that was taken: one that is refused does not push the next
    further away.
    """
    call.declared(tells=True)
    node = await call.admitted()
    wait = await call.stored(
        lambda store: store.limits.spaced(node.node_id, ROUTE.name, ROUTE.spacing_seconds)
    )
    if wait is not None:
        raise refusals.rate_limited(wait, ROUTE.retry_field)
    sample = await call.read(await call.body(tells=True), metrics.decode)
    metrics.check_fresh(sample, call.received_at)

    def put(store: Store) -> Answer:
        wait = store.metrics.put(
            node.node_id,
            sample,
            observed_at=times.seconds(sample.observed_at),
            spacing=ROUTE.spacing_seconds,
        )
        if wait is not None:  # two rounds at the same moment, and the other one was first
            raise refusals.rate_limited(wait, ROUTE.retry_field)
        count = len(sample.interfaces)
        said = metrics.Answer(run_key=sample.run_key, node_id=node.node_id, interface_count=count)
        return Answer(HTTPStatus.OK, said, {"runKey": sample.run_key, "interfaces": count})

    return await call.effect(put)
