"""POST /api/v1/edge/actions/*: this Authority dispatches no actions, and says so as published."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from dpf_edge.wire import actions, certificates
from dpf_edge.wire.refusals import Code, Refusal

if TYPE_CHECKING:
    from dpf_edge.authority.edge import Answer, Call

ROUTES = (actions.CLAIM_ROUTE, actions.RESULT_ROUTE, certificates.ROUTE)


async def handle(call: Call) -> Answer:
    """404 before anything is looked at, so that nobody learns whether a token is one."""
    del call
    raise Refusal(
        HTTPStatus.NOT_FOUND,
        Code.REMOTE_ACTION_DISPATCH_DISABLED,
        "this Authority dispatches no actions",
    )
