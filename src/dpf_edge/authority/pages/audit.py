"""The audit trail: who did what, and how it was answered."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dpf_edge.authority.login import Role
from dpf_edge.authority.pages.visit import Page, Visit

if TYPE_CHECKING:
    from starlette.responses import Response

ROWS = 100


async def show(visit: Visit) -> Response:
    """Some of the trail, newest first."""
    node, tool, before = visit.text("node"), visit.text("tool"), visit.text("before")
    page = await visit.stored(
        lambda store: store.audit.page(
            node_id=node, site=visit.site, tool=tool, before=before, limit=ROWS
        )
    )
    return await visit.html("audit.html", page=page, node=node, tool=tool, before=before)


PAGES = (Page("GET", "/audit", "audit.list", Role.VIEWER, show),)
