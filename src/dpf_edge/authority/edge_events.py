"""POST /api/v1/edge/events: what happened, in batches."""

from __future__ import annotations

import hashlib
from http import HTTPStatus
from typing import TYPE_CHECKING

from dpf_edge.authority.edge import Answer
from dpf_edge.wire import events
from dpf_edge.wire.refusals import Code, Refusal

if TYPE_CHECKING:
    from dpf_edge.authority.edge import Call
    from dpf_edge.store.kept import Store

ROUTE = events.ROUTE


async def handle(call: Call) -> Answer:
    """Declared size → token → size → JSON → fields → freshness → rate → stored, or known already.

    A batch that was stored before gets its first answer again, and counts nothing twice.
    """
    call.declared(tells=True)
    node = await call.admitted()
    body = await call.body(tells=True)
    batch = await call.read(body, events.decode)
    events.check_fresh(batch, call.received_at)
    remaining = await call.limited(node)

    def submit(store: Store) -> Answer:
        counted = store.events.submit(
            node.node_id,
            batch,
            digest=hashlib.sha256(body).hexdigest(),
            received_at=call.received_at,
            remaining=remaining,
        )
        said = events.Answer(
            run_key=batch.run_key,
            node_id=node.node_id,
            accepted=counted.accepted,
            created=counted.created,
            reopened=counted.reopened,
            acknowledged=counted.acknowledged,
            resolved=counted.resolved,
            updated=counted.updated,
            changes=counted.changes,
            remaining=counted.remaining,
        )
        detail = {"runKey": batch.run_key, "accepted": counted.accepted}
        if counted.replay:
            detail = {**detail, "replay": True, "differs": counted.differs}
        return Answer(HTTPStatus.OK, said, detail)

    return await call.effect(submit, failing=persist_failed())


def persist_failed() -> Refusal:
    """500: the batch was not stored, and nothing of it counts; the same one may be sent again."""
    return Refusal(
        HTTPStatus.INTERNAL_SERVER_ERROR,
        Code.PERSIST_FAILED,
        "the events were not stored; send them again with the same runKey",
    )
