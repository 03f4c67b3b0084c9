"""API tokens: what lets a program in. Each is shown once, when it is made."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dpf_edge.authority.login import Role
from dpf_edge.authority.pages.visit import Page, Visit
from dpf_edge.wire.refusals import Refusal

if TYPE_CHECKING:
    from starlette.responses import Response

LABEL = 100
ROLES = ("viewer", "operator")
# In days; None: until it is revoked.
LIVES = {"30": 30.0, "365": 365.0, "": None}
DAY = 86_400.0


async def show(visit: Visit) -> Response:
    """Every token, and a form for another."""
    return await shown(visit, None)


async def shown(visit: Visit, token: str | None) -> Response:
    """The page, with a token that was just made."""
    found = await visit.stored(lambda store: store.people.api_tokens())
    return await visit.html("api-tokens.html", tokens=found, token=token)


async def issue(visit: Visit) -> Response:
    """Make one."""
    label, role = visit.fields.get("label", "").strip(), visit.fields.get("role", "")
    days = visit.fields.get("days", "")
    if not (0 < len(label) <= LABEL and label.isprintable()):
        raise Refusal(400, "invalid_body", f"A label has 1 to {LABEL} printable characters.")
    if role not in ROLES or days not in LIVES:
        raise Refusal(400, "invalid_body", "Choose a role and how long the token is good for.")
    life, by = LIVES[days], visit.caller.actor
    seconds = None if life is None else life * DAY
    issued = await visit.change(
        lambda store: store.people.issue_api_token(label, role, ttl_seconds=seconds, by=by),
        detail=lambda made: {"token": made.row.prefix, "role": role},
    )
    return await shown(visit, issued.token.reveal())


async def revoke(visit: Visit) -> Response:
    """Take one back."""
    which = visit.path("token")
    await visit.change(
        lambda store: store.people.revoke_api_token(which), detail=lambda _: {"token": which[:12]}
    )
    return visit.away("/api-tokens")


PAGES = (
    Page("GET", "/api-tokens", "api-tokens.list", Role.OPERATOR, show),
    Page("POST", "/api-tokens", "api-tokens.issue", Role.OPERATOR, issue),
    Page("POST", "/api-tokens/{token}/revoke", "api-tokens.revoke", Role.OPERATOR, revoke),
)
