"""POST /api/v1/edge/enroll: a bootstrap token becomes a node."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dpf_edge.authority.edge import Answer
from dpf_edge.wire import enroll, tokens
from dpf_edge.wire.vocabulary import TrustState

if TYPE_CHECKING:
    from dpf_edge.authority.edge import Call
    from dpf_edge.store.kept import Store

ROUTE = enroll.ROUTE


async def handle(call: Call) -> Answer:
    """Header → size → JSON → fields → prefix → platform, mode, capabilities → the token itself.

    The token is spent last: whatever is wrong with the body costs nothing.
    """
    bearer = call.bearer()
    request = await call.read(await call.body(), enroll.decode)
    token = tokens.spelt_for(tokens.BOOTSTRAP, bearer)
    call.detail["token"] = tokens.display(token)
    accepted = enroll.check(request)

    def enrol(store: Store) -> Answer:
        made = store.nodes.enrol(tokens.digest(token), request, accepted)
        call.node_id = made.node_id
        said = enroll.Answer(
            node_id=made.node_id,
            node_token=made.node_token,
            trust_state=TrustState(made.trust_state),
            accepted_capabilities=accepted,
        )
        detail = {**call.detail, "site": made.site, "trustState": made.trust_state}
        return Answer(200, said, detail)

    return await call.effect(enrol)
