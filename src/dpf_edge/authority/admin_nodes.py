"""Nodes and the tokens that make them: listed, and decided about."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated

import msgspec
from msgspec import Meta

from dpf_edge.authority import views
from dpf_edge.authority.admin import Operation, Reply, form
from dpf_edge.authority.login import Role
from dpf_edge.wire import tokens

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from dpf_edge.authority.admin import Ask
    from dpf_edge.store.kept import Store
    from dpf_edge.store.records import NodeDetail

NAME = 200  # as long as a node may call itself (displayName)
SITE = 100
# A name without control characters: it is printed, and shown.
PLAIN = r"^[^\x00-\x1f\x7f-\x9f]+\Z"


class TokenForm(
    msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True
):
    """A bootstrap token that is to be issued."""

    ttl_minutes: Annotated[float, Meta(gt=0, le=tokens.BOOTSTRAP_MINUTES_MAX)] = (
        tokens.BOOTSTRAP_MINUTES
    )
    auto_approve: bool = False
    site: Annotated[str, Meta(min_length=1, max_length=SITE, pattern=PLAIN)] = "default"
    fingerprint: Annotated[str, Meta(min_length=1, max_length=200)] | None = None


class NameForm(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A node's new name."""

    name: Annotated[str, Meta(min_length=1, max_length=NAME, pattern=PLAIN)]


class RotationForm(
    msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True
):
    """How a node's token is replaced."""

    by_heartbeat: bool = False


TOKEN_FORM, NAME_FORM, ROTATION_FORM = form(TokenForm), form(NameForm), form(RotationForm)


async def list_nodes(ask: Ask) -> Reply:
    """All nodes, or those of one site."""
    site = ask.text("site")
    found = await ask.stored(lambda store: store.nodes.list(site=site))
    return Reply({"nodes": [shown(ask, each) for each in found]})


async def get_node(ask: Ask) -> Reply:
    """One node."""
    node_id = ask.path("node")
    found = await ask.stored(lambda store: store.nodes.get(node_id))
    return Reply({"node": shown(ask, found)})


def shown(ask: Ask, detail: NodeDetail) -> dict[str, object]:
    """A node, as the administration shows it."""
    return views.node(detail, ask.now, ask.authority.settings.node_version)


def decided(decide: Callable[[Store, str, str], object]) -> Callable[[Ask], Awaitable[Reply]]:
    """A decision about a node, which is answered with the node as it then is."""

    async def handler(ask: Ask) -> Reply:
        node_id, by = ask.path("node"), ask.caller.actor

        def work(store: Store) -> NodeDetail:
            decide(store, node_id, by)
            return store.nodes.get(node_id)

        return Reply({"node": shown(ask, await ask.change(work, node_id=node_id))})

    return handler


async def rename_node(ask: Ask) -> Reply:
    """Give a node another name."""
    name = (await ask.body(NAME_FORM)).name
    return await decided(lambda store, node_id, by: store.nodes.rename(node_id, name, by=by))(ask)


async def rotate_node(ask: Ask) -> Reply:
    """Replace a node's token: at once, and it is shown this once; or by its next heartbeat."""
    node_id, by = ask.path("node"), ask.caller.actor
    if (await ask.body(ROTATION_FORM)).by_heartbeat:
        await ask.change(
            lambda store: store.nodes.rotate_by_heartbeat(node_id, by=by),
            node_id=node_id,
            detail=lambda _: {"byHeartbeat": True},
        )
        return Reply({"rotation": "by-heartbeat"}, HTTPStatus.ACCEPTED)
    token = await ask.change(lambda store: store.nodes.rotate(node_id, by=by), node_id=node_id)
    return Reply({"rotation": "at-once", "nodeToken": token})


async def list_tokens(ask: Ask) -> Reply:
    """All bootstrap tokens; of each, what may be shown."""
    site = ask.text("site")
    found = await ask.stored(lambda store: store.tokens.list(site=site))
    return Reply({"tokens": [views.token(each, ask.now) for each in found]})


async def issue_token(ask: Ask) -> Reply:
    """Issue a bootstrap token, which is shown this once."""
    asked, by = await ask.body(TOKEN_FORM), ask.caller.actor
    issued = await ask.change(
        lambda store: store.tokens.issue(
            ttl_minutes=asked.ttl_minutes,
            auto_approve=asked.auto_approve,
            site=asked.site,
            fingerprint=asked.fingerprint,
            by=by,
        ),
        detail=lambda made: {"token": made.row.prefix, "autoApprove": asked.auto_approve},
    )
    told = {"token": issued.token, "issued": views.token(issued.row, ask.now)}
    return Reply(told, HTTPStatus.CREATED)


async def revoke_token(ask: Ask) -> Reply:
    """Take a bootstrap token back."""
    which, by = ask.path("token"), ask.caller.actor
    row = await ask.change(
        lambda store: store.tokens.revoke(which, by=by), detail=lambda done: {"token": done.prefix}
    )
    return Reply({"token": views.token(row, ask.now)})


APPROVE = decided(lambda store, node_id, by: store.nodes.approve(node_id, by=by))
QUARANTINE = decided(lambda store, node_id, by: store.nodes.quarantine(node_id, by=by))
RESTORE = decided(lambda store, node_id, by: store.nodes.restore(node_id, by=by))
REVOKE = decided(lambda store, node_id, by: store.nodes.revoke(node_id, by=by))

OPERATIONS = (
    Operation("GET", "/nodes", "nodes.list", Role.VIEWER, list_nodes),
    Operation("GET", "/nodes/{node}", "nodes.get", Role.VIEWER, get_node),
    Operation("PATCH", "/nodes/{node}", "nodes.rename", Role.OPERATOR, rename_node),
    Operation("POST", "/nodes/{node}/approve", "nodes.approve", Role.OPERATOR, APPROVE),
    Operation("POST", "/nodes/{node}/quarantine", "nodes.quarantine", Role.OPERATOR, QUARANTINE),
    Operation("POST", "/nodes/{node}/restore", "nodes.restore", Role.OPERATOR, RESTORE),
    Operation("POST", "/nodes/{node}/revoke", "nodes.revoke", Role.OPERATOR, REVOKE),
    Operation("POST", "/nodes/{node}/rotate", "nodes.rotate", Role.OPERATOR, rotate_node),
    Operation("GET", "/tokens", "tokens.list", Role.VIEWER, list_tokens),
    Operation("POST", "/tokens", "tokens.issue", Role.OPERATOR, issue_token),
    Operation("POST", "/tokens/{token}/revoke", "tokens.revoke", Role.OPERATOR, revoke_token),
)
