"""What nodes saw: devices, what changed, runs, events; and the audit trail."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dpf_edge.authority import views
from dpf_edge.authority.admin import MOST_ROWS, Operation, Reply, invalid_query
from dpf_edge.authority.login import Role
from dpf_edge.wire import times

if TYPE_CHECKING:
    from collections.abc import Iterable

    import msgspec

    from dpf_edge.authority.admin import Ask

SORTS = ("name", "seen", "first-seen", "kind", "maker", "address")
CHANGES = ("new", "gone", "back", "moved", "renamed")
ROWS = 50
# Deeper than any list is looked through by pages; a query narrows it.
DEEPEST = 1_000_000


def rows(found: Iterable[msgspec.Struct]) -> list[dict[str, Any]]:
    """Records, as JSON shows them."""
    return [views.shown(each) for each in found]


async def list_devices(ask: Ask) -> Reply:
    """A page of the devices of all sites or of one, found by name, address or maker."""
    present = ask.choice("present", ("true", "false"))
    site, query, kind = ask.text("site"), ask.text("query") or "", ask.text("kind")
    sort = ask.choice("sort", SORTS) or "name"
    descending = ask.choice("order", ("asc", "desc")) == "desc"
    limit = ask.number("limit", ROWS, 1, MOST_ROWS)
    offset = ask.number("offset", 0, 0, DEEPEST)
    page = await ask.stored(
        lambda store: store.inventory.devices(
            site=site,
            query=query,
            kind=kind,
            present=None if present is None else present == "true",
            sort=sort,
            descending=descending,
            limit=limit,
            offset=offset,
        )
    )
    return Reply({"devices": rows(page.rows), "total": page.total})


async def get_device(ask: Ask) -> Reply:
    """A device, all that nodes report of it, and what happened to it."""
    device_id = ask.path("device")
    found = await ask.stored(lambda store: store.inventory.device(device_id))
    return Reply(views.shown(found))


async def forget_device(ask: Ask) -> Reply:
    """Delete a device and everything that was observed of it."""
    device_id, by = ask.path("device"), ask.caller.actor
    await ask.change(
        lambda store: store.inventory.forget(device_id, by=by),
        detail=lambda _: {"device": device_id},
    )
    return Reply({})


async def list_changes(ask: Ask) -> Reply:
    """What happened to devices, newest first."""
    kind = ask.choice("kind", CHANGES)
    site, since, before = ask.text("site"), moment(ask, "since"), ask.text("before")
    limit = ask.number("limit", ROWS, 1, MOST_ROWS)
    page = await ask.stored(
        lambda store: store.inventory.changes(
            site=site,
            since=since,
            kinds=() if kind is None else (kind,),
            before=before,
            limit=limit,
        )
    )
    return Reply({"changes": rows(page.rows), "before": page.before})


def moment(ask: Ask, name: str) -> float | None:
    """A time of the query; None where it is not there.

    :raises Refusal: 400 ``invalid_query``.
    """
    told = ask.text(name)
    if told is None:
        return None
    try:
        return times.seconds(told)
    except ValueError as error:
        raise invalid_query(name, f"is {error}") from None


async def list_runs(ask: Ask) -> Reply:
    """The runs that nodes submitted, newest first."""
    node, site, before = ask.text("node"), ask.text("site"), ask.text("before")
    limit = ask.number("limit", ROWS, 1, MOST_ROWS)
    page = await ask.stored(
        lambda store: store.runs.list(node_id=node, site=site, before=before, limit=limit)
    )
    return Reply({"runs": rows(page.rows), "before": page.before})


async def list_alerts(ask: Ask) -> Reply:
    """Alerts that nodes sent, newest first."""
    node, site, status = ask.text("node"), ask.text("site"), ask.text("status")
    limit = ask.number("limit", ROWS, 1, MOST_ROWS)
    found = await ask.stored(
        lambda store: store.events.alerts(node_id=node, site=site, status=status, limit=limit)
    )
    return Reply({"alerts": rows(found)})


async def list_candidates(ask: Ask) -> Reply:
    """Other installations that nodes have in sight; never trusted for that."""
    site = ask.text("site")
    found = await ask.stored(lambda store: store.federation.candidates(site=site))
    return Reply({"candidates": rows(found)})


async def list_audit(ask: Ask) -> Reply:
    """The audit trail, newest first."""
    node, tool, before = ask.text("node"), ask.text("tool"), ask.text("before")
    limit = ask.number("limit", ROWS, 1, MOST_ROWS)
    page = await ask.stored(
        lambda store: store.audit.page(node_id=node, tool=tool, before=before, limit=limit)
    )
    return Reply({"audit": rows(page.rows), "before": page.before})


OPERATIONS = (
    Operation("GET", "/devices", "devices.list", Role.VIEWER, list_devices),
    Operation("GET", "/devices/{device}", "devices.get", Role.VIEWER, get_device),
    Operation("DELETE", "/devices/{device}", "devices.forget", Role.OPERATOR, forget_device),
    Operation("GET", "/changes", "changes.list", Role.VIEWER, list_changes),
    Operation("GET", "/runs", "runs.list", Role.VIEWER, list_runs),
    Operation("GET", "/alerts", "alerts.list", Role.VIEWER, list_alerts),
    Operation("GET", "/candidates", "candidates.list", Role.VIEWER, list_candidates),
    Operation("GET", "/audit", "audit.list", Role.VIEWER, list_audit),
)
