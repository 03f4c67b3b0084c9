"""POST /api/v1/edge/discovery-runs: what one sweep saw."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, NamedTuple

from dpf_edge.authority.edge import Answer
from dpf_edge.authority.identity import is_blind
from dpf_edge.wire import discovery, times
from dpf_edge.wire.refusals import Code, Refusal

if TYPE_CHECKING:
    from dpf_edge.authority.edge import Call
    from dpf_edge.store.kept import Store
    from dpf_edge.store.records import RunStored
    from dpf_edge.wire.limits import Window

ROUTE = discovery.ROUTE


class Run(NamedTuple):
    """A run that may be stored, and what tells its content from another's."""

    request: discovery.Request
    digest: str
    # Whether what it does not name was looked for, and is not there.
    complete: bool


async def handle(call: Call) -> Answer:
    """Token → rate → size → JSON → fields → rawData → freshness → known already? → stored."""
    node = await call.admitted()
    await call.limited(node)
    body = await call.body()
    window, now, runs = call.authority.settings.window, call.received_at, call.authority.store.runs

    def decode(octets: bytes) -> Run:
        request = checked(octets, now, window)
        return Run(request, runs.digest(request), complete=not is_blind(request))

    run = await call.read(body, decode)
    del body  # up to 5 MiB that nobody needs while the store works

    def submit(store: Store) -> Answer:
        stored = store.runs.submit(
            node.node_id,
            run.request,
            digest=run.digest,
            received_at=now,
            observed_at=times.seconds(run.request.observed_at),
            complete=run.complete,
        )
        return answer(run.request.run_key, stored)

    return await call.effect(submit, failing=persistence_failed())


def checked(octets: bytes, now: float, window: Window) -> discovery.Request:
    """A run that fits the contract and is fresh.

    :raises Refusal: 400 ``invalid_json`` or ``invalid_body``, 413 ``raw_data_too_large``, 400
        ``stale_observation``; in that order.
    """
    request = discovery.decode(octets)
    discovery.check_raw_data(request)
    discovery.check_fresh(request, now, window)
    return request


def answer(run_key: str, stored: RunStored) -> Answer:
    """201 for a run that is new; 200 for a known one, and the audit notes whether it differs."""
    detail = {"runId": stored.run_id, "runKey": run_key, "items": stored.item_count}
    if not stored.replay:
        made = discovery.Answer(
            run_id=stored.run_id,
            run_key=run_key,
            item_count=stored.item_count,
            relationship_count=stored.relationship_count,
            persisted=persisted(stored),
        )
        return Answer(HTTPStatus.CREATED, made, detail)
    replay = discovery.Replay(
        run_id=stored.run_id,
        run_key=run_key,
        status=stored.status,
        item_count=stored.item_count,
        relationship_count=stored.relationship_count,
        started_at=times.stamp(stored.started_at),
        completed_at=None if stored.completed_at is None else times.stamp(stored.completed_at),
    )
    return Answer(HTTPStatus.OK, replay, {**detail, "replay": True, "differs": stored.differs})


def persisted(stored: RunStored) -> discovery.Persisted:
    """What a run changed, as the wire counts it."""
    counts = stored.persisted
    return discovery.Persisted(
        created_entities=counts.created_entities,
        updated_entities=counts.updated_entities,
        stale_entities=counts.stale_entities,
        created_relationships=counts.created_relationships,
        updated_relationships=counts.updated_relationships,
        stale_relationships=counts.stale_relationships,
        created_issues=counts.created_issues,
    )


def persistence_failed() -> Refusal:
    """500: the run was not stored; the same one may be sent again."""
    return Refusal(
        HTTPStatus.INTERNAL_SERVER_ERROR,
        Code.PERSISTENCE_FAILED,
        "the run was not stored; send it again with the same runKey",
    )
