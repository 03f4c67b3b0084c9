"""The Authority as one application: its routes, and what stands around all of them.

From the outside in: an answer that comes early is drained behind, whatever fails is answered for,
a request for another host is refused; then the route.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.routing import Route

from dpf_edge.authority import (
    admin,
    admin_adapters,
    admin_inventory,
    admin_nodes,
    admin_people,
    answers,
    edge,
    edge_actions,
    edge_adapters,
    edge_discovery,
    edge_enroll,
    edge_events,
    edge_federation,
    edge_heartbeat,
    edge_metrics,
    health,
    metrics,
    pages,
    portal,
)
from dpf_edge.authority.authority import Authority
from dpf_edge.authority.dated import Dated
from dpf_edge.authority.draining import Drained
from dpf_edge.authority.hosts import Hosts
from dpf_edge.authority.shield import Shield
from dpf_edge.wire.refusals import Code, Refusal

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

    from starlette.requests import Request
    from starlette.responses import Response

    from dpf_edge.authority.self_diagnosis import Here
    from dpf_edge.authority.settings import Settings
    from dpf_edge.store.kept import Store

HANDLERS = (
    edge_enroll,
    edge_heartbeat,
    edge_discovery,
    edge_events,
    edge_metrics,
    edge_adapters,
    edge_federation,
)
OPERATIONS = (
    *admin_nodes.OPERATIONS,
    *admin_inventory.OPERATIONS,
    *admin_people.OPERATIONS,
    *admin_adapters.OPERATIONS,
)


def create(
    store: Store,
    settings: Settings,
    clock: Callable[[], float],
    *,
    stop: asyncio.Event | None = None,
    here: Here | None = None,
) -> Starlette:
    """An Authority over a store.

    :param clock: gives the time, in seconds since 1970 (UTC).
    :param stop: set when the server is told to end.
    :param here: how to diagnose this machine; None: it is no node's.
    """
    authority = Authority(store, settings, clock, stop=stop, here=here)
    app = Starlette(
        routes=[
            *edge_routes(authority),
            *admin.routes(authority, OPERATIONS),
            admin_people.sessions(authority),
            health.route(authority),
            metrics.route(authority),
            *pages.routes(authority),
        ],
        middleware=[
            Middleware(Dated, clock=clock),
            Middleware(Drained, bound=settings.drain),
            Middleware(Shield, counts=authority.counts),
            Middleware(Hosts, names=settings.hosts),
        ],
        exception_handlers={HTTPException: nowhere},
    )
    # A redirect to the path with another slash would be made of the Host header.
    app.router.redirect_slashes = False
    return app


def edge_routes(authority: Authority) -> list[Route]:
    """The edge contract. One path may have two methods, and each has its own route."""
    handled = [(module.ROUTE, module.handle) for module in HANDLERS]
    handled += [(each, edge_actions.handle) for each in edge_actions.ROUTES]
    return [
        *(
            Route(each.path, edge.endpoint(authority, each, handle), methods=[each.method])
            for each, handle in handled
        ),
        Route(
            edge_metrics.ROUTE.path, admin.endpoint(authority, portal.OPERATION), methods=["GET"]
        ),
    ]


async def nowhere(request: Request, error: Exception) -> Response:
    """What is answered where there is no such path, or not by that method."""
    del request
    if not isinstance(error, HTTPException):
        raise error
    headers = dict(error.headers or {})
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        refusal = Refusal(error.status_code, Code.METHOD_NOT_ALLOWED, "this path has other methods")
    else:
        refusal = Refusal(error.status_code, Code.NOT_FOUND, "there is nothing here")
    return answers.json(refusal.status, refusal.body(), headers)
