"""A node's page: where it stands and how that is known, what it last did, what is decided of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dpf_edge.authority.admin_nodes import NAME
from dpf_edge.authority.login import Role
from dpf_edge.authority.pages.see import line, read
from dpf_edge.authority.pages.visit import Page, Visit
from dpf_edge.errors import StoreConflict
from dpf_edge.wire.refusals import Refusal

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.responses import Response

    from dpf_edge.store.kept import Store
    from dpf_edge.wire.tokens import Secret

RUNS = 10
DONE_ALREADY = (
    "That was done already: the node has another token than when this form was shown. A token is "
    "shown once, when it is made; who did not keep it makes another on the node's page."
)
# What a decision is called, and what the page says when it is done.
DONE = {
    "approve": "Approved. It sweeps and delivers from its next heartbeat on, within a minute.",
    "quarantine": "Quarantined. It may beat, and do nothing else, until it is restored.",
    "restore": "Restored: it is trusted again from its next heartbeat on.",
    "revoke": "Revoked. Its token is worth nothing any more.",
    "rename": "Renamed.",
    "rotate": "Its next heartbeat hands it another token; until it uses that, its own stays good.",
}


async def show(visit: Visit) -> Response:
    """One node."""
    return await shown(visit, says=DONE.get(visit.text("done") or ""))


async def shown(visit: Visit, **also: Any) -> Response:  # noqa: ANN401 - a template takes anything
    """A node's page.

    :raises StoreMissing: there is no such node.
    """
    node_id = visit.path("node")

    def look(store: Store) -> dict[str, Any]:
        detail = store.nodes.get(node_id)
        return {
            "line": line(visit, detail),
            "comparison": read(store.comparisons.latest(node_id), visit.now),
            "runs": store.runs.list(node_id=node_id, limit=RUNS).rows,
        }

    found = await visit.stored(look)
    return await visit.html("node.html", **{"says": None, "token": None, **found, **also})


def decided(
    name: str, decide: Callable[[Store, str, str], object]
) -> Callable[[Visit], Awaitable[Response]]:
    """A decision about a node, and the way back to its page."""

    async def handler(visit: Visit) -> Response:
        node_id, by = visit.path("node"), visit.caller.actor
        await visit.change(lambda store: decide(store, node_id, by), node_id=node_id)
        back = visit.fields.get("back")
        if back == "/nodes":
            return visit.away("/nodes")
        return visit.away(f"/nodes/{node_id}", done=name)

    return handler


async def rename(visit: Visit) -> Response:
    """Give a node another name."""
    name = visit.fields.get("name", "").strip()
    if not name.isprintable() or not 0 < len(name) <= NAME:
        raise Refusal(400, "invalid_body", f"A name has 1 to {NAME} printable characters.")
    node_id, by = visit.path("node"), visit.caller.actor
    await visit.change(
        lambda store: store.nodes.rename(node_id, name, by=by),
        node_id=node_id,
        detail=lambda _: {"name": name},
    )
    return visit.away(f"/nodes/{node_id}", done="rename")


async def rotate(visit: Visit) -> Response:
    """Replace a node's token: by its next heartbeat; or at once, and then it is shown this once."""
    node_id, by = visit.path("node"), visit.caller.actor
    if visit.fields.get("when") != "at-once":
        await visit.change(
            lambda store: store.nodes.rotate_by_heartbeat(node_id, by=by),
            node_id=node_id,
            detail=lambda _: {"byHeartbeat": True},
        )
        return visit.away(f"/nodes/{node_id}", done="rotate")
    replaces = visit.fields.get("replaces")

    def replaced(store: Store) -> Secret:
        # A form that is sent again, by loading its answer again, would end the token that was just
        # carried to the node.
        if replaces is not None and store.nodes.get(node_id).node.token_prefix != replaces:
            raise StoreConflict(DONE_ALREADY)
        return store.nodes.rotate(node_id, by=by)

    token = await visit.change(replaced, node_id=node_id)
    return await shown(visit, token=token.reveal())


def post(name: str, handler: Callable[[Visit], Awaitable[Response]]) -> Page:
    """A decision's address; in the audit trail it is called as by the API."""
    return Page("POST", f"/nodes/{{node}}/{name}", f"nodes.{name}", Role.OPERATOR, handler)


PAGES = (
    Page("GET", "/nodes/{node}", "node", Role.VIEWER, show),
    post("approve", decided("approve", lambda store, node, by: store.nodes.approve(node, by=by))),
    post(
        "quarantine",
        decided("quarantine", lambda store, node, by: store.nodes.quarantine(node, by=by)),
    ),
    post("restore", decided("restore", lambda store, node, by: store.nodes.restore(node, by=by))),
    post("revoke", decided("revoke", lambda store, node, by: store.nodes.revoke(node, by=by))),
    post("rename", rename),
    post("rotate", rotate),
)
