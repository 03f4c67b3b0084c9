"""The nodes, as a list: how each does, and what waits for a decision."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dpf_edge.authority.admin import invalid_query
from dpf_edge.authority.admin_inventory import DEEPEST
from dpf_edge.authority.login import Role
from dpf_edge.authority.pages.see import Line, line
from dpf_edge.authority.pages.visit import Page, Visit
from dpf_edge.wire.vocabulary import TrustState

if TYPE_CHECKING:
    from starlette.responses import Response

    from dpf_edge.store.kept import Store
    from dpf_edge.store.records import NodeDetail

ROWS = 200
MOST_TYPED = 100
# What waits for somebody stands above what does not, and what is over at the end.
ORDER = (TrustState.PENDING, TrustState.QUARANTINED, TrustState.TRUSTED, TrustState.REVOKED)


async def show(visit: Visit) -> Response:
    """All nodes, those of one site, or those that are called so; a page at a time."""
    words, first = visit.text("q") or "", visit.number("from", 0, 0, DEEPEST)
    if len(words) > MOST_TYPED:
        raise invalid_query("q", f"has {MOST_TYPED} characters at most")

    def look(store: Store) -> tuple[list[Line], int]:
        found = looked_up(store, visit.site, words)
        return [line(visit, each) for each in found[first : first + ROWS]], len(found)

    lines, total = await visit.stored(look)
    return await visit.html(
        "nodes.html", lines=lines, total=total, words=words, first=first, step=ROWS
    )


def looked_up(store: Store, site: str | None, words: str) -> list[NodeDetail]:
    """The nodes in the order that they want to be looked at.

    :param words: all of them stand in a node's name, its id, its site, its platform or one of its
        addresses, in any case.
    """
    sought = words.casefold().split()
    found = [
        each for each in store.nodes.list(site=site) if all(word in said(each) for word in sought)
    ]
    order = {str(state): place for place, state in enumerate(ORDER)}
    found.sort(key=lambda each: order.get(each.node.trust_state, len(order)))
    return found


def said(detail: NodeDetail) -> str:
    """All that a node is found by."""
    node = detail.node
    told = (node.name, node.node_id, node.site, node.platform, *node.addresses)
    return "\n".join(told).casefold()


PAGES = (Page("GET", "/nodes", "nodes", Role.VIEWER, show),)
