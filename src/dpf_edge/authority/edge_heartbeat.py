"""POST /api/v1/edge/heartbeat: a node says that it is there, and hears how it stands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import UNSET

from dpf_edge.authority.edge import Answer
from dpf_edge.wire import heartbeat, limits
from dpf_edge.wire.vocabulary import TrustState

if TYPE_CHECKING:
    from dpf_edge.authority.edge import Call
    from dpf_edge.store.kept import Store

ROUTE = heartbeat.ROUTE


async def handle(call: Call) -> Answer:
    """Token → rate → size → JSON → fields; from a pending or quarantined node too."""
    node = await call.admitted()
    await call.limited(node)
    request = await call.read(await call.body(), heartbeat.decode)

    def beat(store: Store) -> Answer:
        stands = store.nodes.beat(node.node_id, request.capability_reports or ())
        rotated = stands.rotated
        said = heartbeat.Answer(
            trust_state=TrustState(stands.trust_state),
            accepted_capabilities=tuple(stands.accepted_capabilities),
            heartbeat_interval_sec=limits.HEARTBEAT_SECONDS,
            sweep_interval_sec=limits.SWEEP_SECONDS,
            rotated_token=heartbeat.Rotated(rotated.token, rotated.prefix) if rotated else UNSET,
        )
        detail = {
            "trustState": stands.trust_state,
            "reports": len(request.capability_reports or ()),
        }
        return Answer(200, said, {**detail, "rotated": True} if rotated else detail)

    return await call.effect(beat)
