"""POST /api/v1/edge/federation-candidates: other installations in sight; they are never trusted."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from dpf_edge.authority.edge import Answer
from dpf_edge.wire import federation

if TYPE_CHECKING:
    from dpf_edge.authority.edge import Call
    from dpf_edge.store.kept import Store

ROUTE = federation.ROUTE


async def handle(call: Call) -> Answer:
    """Token → rate → size → JSON → fields → freshness. One bad candidate refuses them all."""
    node = await call.admitted()
    await call.limited(node)
    snapshot = await call.read(await call.body(), federation.decode)
    federation.check_fresh(snapshot, call.received_at)
    url = call.authority.settings.url

    def put(store: Store) -> Answer:
        taken = store.federation.put(
            node.node_id, snapshot.candidates, own=() if url is None else (url,)
        )
        return Answer(HTTPStatus.ACCEPTED, federation.Answer(accepted=taken), {"accepted": taken})

    return await call.effect(put)
