"""What happened: a feed of all that changed and all that nodes told, and what was decided of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from starlette.responses import Response

from dpf_edge.authority.admin import invalid_query
from dpf_edge.authority.login import Role
from dpf_edge.authority.pages import live
from dpf_edge.authority.pages.visit import Page, Visit
from dpf_edge.store import feed_terms as terms
from dpf_edge.store.feed_terms import Place, Wanted
from dpf_edge.wire.refusals import Refusal

if TYPE_CHECKING:
    from dpf_edge.store.kept import Store

ROWS = 50
# The filter names them; beyond that a node's own page leads here.
MOST_NODES = 200
NOTE = 500
# The kinds that our own nodes tell of; what others call theirs comes by the link in its entry.
EVENT_KINDS = ("second-dhcp-server", "duplicate-address", "gateway-mac-changed", "device-gone")
DONE = {
    terms.ACKNOWLEDGED: "acknowledged",
    terms.RESOLVED: "resolved",
    terms.OPEN: "opened again",
}


def wanted(visit: Visit) -> Wanted:
    """Which entries the address asks for.

    :raises Refusal: 400 ``invalid_query``.
    """
    return Wanted(
        visit.site,
        visit.text("node"),
        visit.text("kind"),
        visit.choice("severity", terms.SEVERITIES),
        visit.choice("state", terms.STATES),
        visit.text("device"),
    )


def place(visit: Visit) -> Place | None:
    """Where the page before ended.

    :raises Refusal: 400 ``invalid_query``.
    """
    told = visit.text("before")
    try:
        return None if told is None else Place.of(told)
    except ValueError as error:
        raise invalid_query("before", f"is {error}") from None


async def show(visit: Visit) -> Response:
    """Some of the feed, newest first."""
    asked, before = wanted(visit), place(visit)
    # Before the store is read: what comes in between is then told once more, and never missed.
    after = await visit.authority.news.now() if before is None else None

    def look(store: Store) -> dict[str, Any]:
        nodes = store.nodes.list(site=visit.site)
        device = asked.device_id
        return {
            "page": store.feed.page(asked, before=before, limit=ROWS),
            "nodes": sorted((each.node.name, each.node.node_id) for each in nodes)[:MOST_NODES],
            "device_name": store.feed.called(device) if device else None,
        }

    found = await visit.stored(look)
    return await visit.html(
        "changes.html",
        **found,
        asked=asked,
        is_filtered=asked._replace(site=None) != terms.ALL,
        before=before,
        after=after,
        place=terms.place,
        device_kinds=terms.DEVICE_KINDS,
        event_kinds=EVENT_KINDS,
        says=said(visit),
    )


def said(visit: Visit) -> str | None:
    """What was done just now."""
    done = DONE.get(visit.text("done") or "")
    count = visit.number("count", 1, 1, ROWS)
    return done and f"{count} {'entry' if count == 1 else 'entries'} {done}."


async def decide(visit: Visit) -> Response:
    """Say of one entry, or of all that were chosen, that somebody saw to it."""
    state, _, one = visit.fields.get("one", "").partition(" ")
    entries = [one] if one else visit.given.get("entry", [])
    state = state or visit.fields.get("state", "")
    note = visit.fields.get("note", "").strip()
    if state not in terms.STATES:
        raise Refusal(400, "invalid_body", "Choose what is to be said of it.")
    if not 0 < len(entries) <= ROWS:
        raise Refusal(400, "invalid_body", f"Choose 1 to {ROWS} entries.")
    if len(note) > NOTE or not note.isprintable():
        raise Refusal(400, "invalid_body", f"A note has at most {NOTE} printable characters.")
    by = visit.caller.actor
    done = await visit.change(
        lambda store: store.feed.decide(entries, state, by=by, note=note),
        node_id=node_of(entries),
        detail=lambda made: {"state": state, "note": note or None, "entries": list(made)},
    )
    return visit.away("/changes", **kept(visit), done=state, count=len(done))


def node_of(entries: list[str]) -> str | None:
    """The one node that told of all these; None where it is not one."""
    nodes = {terms.apart(each)[1] for each in entries}
    return (nodes.pop() or None) if len(nodes) == 1 else None


def kept(visit: Visit) -> dict[str, str]:
    """The filters that the form was looked at by."""
    query = visit.request.query_params
    names = ("node", "kind", "severity", "state", "device", "before")
    return {name: query[name] for name in names if query.get(name)}


async def read_along(visit: Visit) -> Response:
    """The same feed, as it comes."""
    if visit.request.method == "HEAD":
        return Response(None, headers=live.HEADERS)  # there would be no end to wait for
    return live.Stream(visit, wanted(visit))


PAGES = (
    Page("GET", "/changes", "changes", Role.VIEWER, show),
    Page("POST", "/changes/decide", "changes.decide", Role.OPERATOR, decide),
)
# No page: an answer that goes on.
STREAM = Page("GET", "/changes/live", "changes.live", Role.VIEWER, read_along)
