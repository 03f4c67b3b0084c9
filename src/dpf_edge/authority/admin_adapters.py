"""Controllers that nodes ask for the Authority: listed without their keys, added and removed."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated

import msgspec
from msgspec import Meta

from dpf_edge.authority import adapters, views
from dpf_edge.authority.admin import Operation, Reply, form
from dpf_edge.authority.admin_nodes import PLAIN
from dpf_edge.authority.login import Role
from dpf_edge.wire.refusals import Code, Refusal
from dpf_edge.wire.tokens import Secret

if TYPE_CHECKING:
    from dpf_edge.authority.admin import Ask
    from dpf_edge.store.kept import Store
    from dpf_edge.store.records import Adapter

Named = Annotated[str, Meta(min_length=1, max_length=adapters.NAME, pattern=PLAIN)]
Keyed = Annotated[str, Meta(min_length=1, max_length=adapters.KEY, pattern=PLAIN)]


class AdapterForm(
    msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True
):
    """A UniFi controller that is to be asked. Its repr tells no key."""

    name: Named
    endpoint_url: Annotated[str, Meta(max_length=adapters.LONGEST_URL)]
    api_key: Annotated[
        str,
        # What a header can carry (RFC 9110 section 5.5), and no blank.
        Meta(min_length=1, max_length=adapters.LONGEST_API_KEY, pattern=r"^[\x21-\x7e]+\Z"),
    ]
    connection_key: Keyed | None = None
    site: Keyed | None = None
    node_id: Keyed | None = None
    unifi_site: Keyed | None = None
    discover_clients: bool = True
    tls_insecure: bool = False
    tls_fingerprint: Annotated[str, Meta(pattern=adapters.FINGERPRINT_PATTERN)] | None = None

    def __repr__(self) -> str:
        return f"AdapterForm({self.name!r})"


ADAPTER_FORM = form(AdapterForm)


async def list_adapters(ask: Ask) -> Reply:
    """All controllers, without their keys."""
    found = await ask.stored(lambda store: store.adapters.list())
    return Reply({"adapters": [views.shown(each) for each in found]})


async def add_adapter(ask: Ask) -> Reply:
    """Add a controller; its key is not to be had again."""
    asked = await ask.body(ADAPTER_FORM)
    try:
        url = adapters.endpoint(asked.endpoint_url)
        how = adapters.configuration(
            asked.unifi_site,
            clients=asked.discover_clients,
            insecure=asked.tls_insecure,
            fingerprint=asked.tls_fingerprint,
        )
    except ValueError as error:
        told = f"endpointUrl {error}"
        raise Refusal(HTTPStatus.BAD_REQUEST, Code.INVALID_BODY, told) from error

    def work(store: Store) -> Adapter:
        if asked.node_id is not None:
            store.nodes.get(asked.node_id)
        return store.adapters.add(
            name=asked.name,
            endpoint_url=url,
            api_key=Secret(asked.api_key),
            connection_key=asked.connection_key,
            configuration=how,
            node_id=asked.node_id,
            site=asked.site,
        )

    row = await ask.change(
        work,
        node_id=asked.node_id,
        detail=lambda made: {"adapter": made.adapter_id, "endpointUrl": url},
    )
    return Reply({"adapter": views.shown(row)}, HTTPStatus.CREATED)


async def remove_adapter(ask: Ask) -> Reply:
    """Remove a controller, with its key: nodes ask it no more from their next look."""
    which = ask.path("adapter")
    await ask.change(
        lambda store: store.adapters.remove(which), detail=lambda _: {"adapter": which}
    )
    return Reply({"removed": which})


OPERATIONS = (
    Operation("GET", "/adapters", "adapters.list", Role.VIEWER, list_adapters),
    Operation("POST", "/adapters", "adapters.add", Role.OPERATOR, add_adapter),
    Operation("DELETE", "/adapters/{adapter}", "adapters.remove", Role.OPERATOR, remove_adapter),
)
