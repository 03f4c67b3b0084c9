"""The devices: searched as one types, narrowed, ordered, a page at a time; all of it in the URL."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from dpf_edge.authority.admin import invalid_query
from dpf_edge.authority.identity import VIA
from dpf_edge.authority.login import Role
from dpf_edge.authority.pages.visit import Page, Visit
from dpf_edge.store.finding import (
    GONE,
    HERE,
    KNOWN,
    MISSED,
    MOST_NETWORKS,
    Asked,
    Found,
    Wanted,
    network,
    networks,
)
from dpf_edge.wire.limits import HOUR

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.responses import Response

    from dpf_edge.store.kept import Store
    from dpf_edge.store.surroundings import Choices

ROWS = 50
ALL = "all"
# What each state is called; without a word of the query, those that are not gone.
STATES = {KNOWN: "not gone", HERE: "here now", MISSED: "missed", GONE: "gone", ALL: "all, gone too"}
# How long ago a device may have come, to be new.
NEW = {"1h": HOUR, "24h": 24 * HOUR, "7d": 7 * 24 * HOUR, "30d": 30 * 24 * HOUR}
SPANS = {"1h": "an hour", "24h": "a day", "7d": "a week", "30d": "30 days"}
SORTS = {
    "name": "Name",
    "address": "Address",
    "maker": "Maker",
    "kind": "Kind",
    "first-seen": "First seen",
    "seen": "Seen",
}
# Of the query of this page, what says which devices; the site stands in every page's.
FILTERS = ("q", "state", "kind", "maker", "node", "subnet", "source", "new")
MOST_TYPED = 200
# Of every other filter: nothing that the store has by these is as long.
MOST_CHOSEN = 200
# How nodes find things, as published and by ours; any other word may stand in the address too.
SOURCES = {
    "arp_table": "ARP table",
    "arp_scan": "ARP, asked",
    "ndp_table": "NDP table",
    "ndp_scan": "NDP, asked",
    "icmp_echo": "ping",
    "tcp_connect": "TCP connect",
    "mdns": "mDNS",
    "ssdp": "SSDP",
    "ws_discovery": "WS-Discovery",
    "netbios": "NetBIOS",
    "llmnr": "LLMNR",
    "snmp_poll": "SNMP",
    "unifi_api": "UniFi",
    "unifi_clients_api": "UniFi clients",
    "heard": "heard by the way",
    "dns_ptr": "reverse DNS",
    "host_info": "a node itself",
}


class Chip(NamedTuple):
    """One filter that is on, and the way to be without it."""

    says: str
    without: str


async def show(visit: Visit) -> Response:
    """The list; for a script, what was found alone."""
    wants, asked = wanted(visit), page(visit)

    def look(store: Store) -> tuple[Found, Choices | None, dict[str, str], bool]:
        found = store.inventory.find(wants, asked)
        has_sites = wants.site is None and len(store.nodes.sites()) > 1
        choices = None if visit.is_part else store.inventory.choices(site=visit.site)
        ids = {each for device in found.rows for each in device.nodes[:1]}
        names = store.inventory.called({*ids, *filter(None, [wants.node])})
        return found, choices, names, has_sites

    found, choices, names, has_sites = await visit.stored(look)
    told: dict[str, Any] = {
        "found": found,
        "choices": choices,
        "names": names,
        "has_sites": has_sites,
        "wants": wants,
        "asked": asked,
        "filters": narrowed(visit),
        "chips": chips(visit, names),
        "is_bad_subnet": wants.subnet is not None and network(wants.subnet) is None,
        "downloads": forms(),
        **TABLES,
    }
    if not visit.is_part:
        return await visit.html("devices.html", **told)
    response = await visit.html("parts/devices-found.html", **told)
    # The address as a link would have it, without the fields that are empty.
    response.headers["hx-replace-url"] = visit.address()
    return response


TABLES = {"states": STATES, "spans": SPANS, "sorts": SORTS, "sources": SOURCES}


def wanted(visit: Visit) -> Wanted:
    """Which devices the address of a page or a download says.

    :raises Refusal: 400 ``invalid_query``.
    """
    state = visit.choice("state", tuple(STATES)) or KNOWN
    new = visit.choice("new", tuple(NEW))
    query = visit.text("q") or ""
    if len(query) > MOST_TYPED:
        raise invalid_query("q", f"has {MOST_TYPED} characters at most")
    if sum(1 for _ in networks(query)) > MOST_NETWORKS:
        raise invalid_query("q", f"takes {MOST_NETWORKS} networks at most")
    source = visit.text("source")
    if source is not None and not VIA.fullmatch(source):
        raise invalid_query("source", "is a word like arp_scan")
    for name in ("site", "node", "subnet", "kind", "maker"):
        if len(visit.text(name) or "") > MOST_CHOSEN:
            raise invalid_query(name, f"has {MOST_CHOSEN} characters at most")
    return Wanted(
        site=visit.site,
        query=query,
        node=visit.text("node"),
        subnet=visit.text("subnet"),
        kind=visit.text("kind"),
        maker=visit.text("maker"),
        state=None if state == ALL else state,
        since=None if new is None else visit.now - NEW[new],
        via=source,
    )


def page(visit: Visit) -> Asked:
    """Which page of them, and in which order.

    :raises Refusal: 400 ``invalid_query``.
    """
    return Asked(
        visit.choice("sort", tuple(SORTS)) or "name",
        visit.choice("order", ("asc", "desc")) == "desc",
        ROWS,
        visit.text("before"),
        visit.text("after"),
    )


def narrowed(visit: Visit) -> dict[str, str | None]:
    """What each filter says in this address; None where it says nothing."""
    return {name: visit.text(name) for name in FILTERS}


def chips(visit: Visit, names: dict[str, str]) -> list[Chip]:
    """The filters that are on, but for what is typed, which stands in its field."""
    words: dict[str, Callable[[str], str]] = {
        "state": lambda value: STATES[value],
        "kind": lambda value: value.replace("_", " "),
        "maker": str,
        "node": lambda value: f"seen by {names.get(value, value)}",
        "subnet": lambda value: f"in {value}",
        "source": lambda value: f"by {SOURCES.get(value, value)}",
        "new": lambda value: f"new within {SPANS[value]}",
    }
    return [
        Chip(
            says(value), visit.address(**{**dict.fromkeys(("before", "after", "done")), name: None})
        )
        for name, says in words.items()
        if (value := visit.text(name))
    ]


def forms() -> dict[str, str]:
    """What can be downloaded: each form, and who reads it."""
    from dpf_edge.export.exporters import exporter

    return {name: form.readers for name, form in exporter.forms().items()}


PAGES = (Page("GET", "/devices", "devices.list", Role.VIEWER, show),)
