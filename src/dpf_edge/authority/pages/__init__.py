"""The pages, one module each: server-rendered, whole without a script, better with one.

A module of a page has ``PAGES``, and its templates beside it in ``templates``; it is named in
:data:`MODULES`, and the navigation finds it by its address.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.routing import Route

from dpf_edge.authority.pages import (
    api_tokens,
    assets,
    audit,
    changes,
    coverage,
    device,
    devices,
    diagnosis,
    downloads,
    joining,
    map,
    node,
    nodes,
    see,
    sign_in,
    visit,
)

if TYPE_CHECKING:
    from dpf_edge.authority.authority import Authority

# A path that says more stands before one that would take it too: /nodes/add, /nodes/{node}.
MODULES = (
    see,
    joining,
    nodes,
    node,
    downloads,
    devices,
    device,
    map,
    coverage,
    changes,
    audit,
    api_tokens,
)


def routes(authority: Authority) -> list[Route]:
    """The pages, what they load, and the door."""
    modules = MODULES if authority.here is None else (*MODULES, diagnosis)
    pages = [changes.STREAM, *(each for module in modules for each in module.PAGES)]
    return [
        *sign_in.routes(authority),
        *visit.routes(authority, pages),
        Route(f"{assets.PREFIX}{{path:path}}", assets.served, methods=["GET"]),
    ]
