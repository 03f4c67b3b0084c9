"""GET /api/v1/edge/adapters: the controllers that a node is to ask, with their keys."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import msgspec

from dpf_edge.authority.edge import Answer
from dpf_edge.wire import adapters

if TYPE_CHECKING:
    from dpf_edge.authority.edge import Call
    from dpf_edge.store.kept import Store
    from dpf_edge.store.records import OpenAdapter

ROUTE = adapters.ROUTE


async def handle(call: Call) -> Answer:
    """Token → rate. How many keys could not be decrypted is the audit's to know, not the node's."""
    node = await call.admitted()
    await call.limited(node)

    def look(store: Store) -> Answer:
        visible = store.adapters.visible_to(node)
        said = adapters.Answer(adapters=tuple(shown(each) for each in visible.adapters))
        detail = {"adapters": len(visible.adapters), "skipped": visible.skipped}
        return Answer(HTTPStatus.OK, said, detail)

    return await call.effect(look)


def shown(opened: OpenAdapter) -> adapters.Adapter:
    """One controller as the node gets it."""
    row = opened.adapter
    return adapters.Adapter(
        id=row.adapter_id,
        connection_key=row.connection_key,
        name=row.name,
        collector_type=row.collector_type,
        endpoint_url=row.endpoint_url,
        api_key=opened.api_key,
        configuration=configured(row.configuration),
    )


def configured(kept: dict[str, Any]) -> adapters.Configuration:
    """How a controller is asked; what was not said, or is not of its kind, is as published."""
    try:
        return msgspec.convert(kept, adapters.Configuration)
    except msgspec.ValidationError:
        return adapters.Configuration()
