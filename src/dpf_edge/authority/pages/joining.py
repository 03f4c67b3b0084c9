"""Adding a node: choose the place, get the commands with a fresh token, and watch it come in."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

from dpf_edge.authority import address
from dpf_edge.authority.admin import not_found
from dpf_edge.authority.admin_nodes import SITE
from dpf_edge.authority.login import Role
from dpf_edge.authority.pages import commands
from dpf_edge.authority.pages.see import Line, line
from dpf_edge.authority.pages.visit import Page, Visit
from dpf_edge.model import Runtime
from dpf_edge.vantage.matrix import ROWS
from dpf_edge.wire import tokens
from dpf_edge.wire.refusals import Refusal

if TYPE_CHECKING:
    from starlette.responses import Response

    from dpf_edge.store.kept import Store
    from dpf_edge.store.records import BootstrapToken

DEFAULT_SITE = "default"
# The rows of the matrix in the order that people have them, most first.
PLACES = (7, 1, 6, 3, 5, 4, 2, 8, 9)
# Of a digest, as many characters name a token for certain.
NAMED = 16


class Authority(NamedTuple):
    """What a node is told of where to report."""

    url: str
    fingerprint: str | None
    is_here_alone: bool
    """Whether only programs of this very machine reach it."""


class Progress(NamedTuple):
    """How far a node has come that a token was made for."""

    token: BootstrapToken
    state: str
    line: Line | None


async def choose(visit: Visit) -> Response:
    """Where will the node run?"""
    return await visit.html("node-add.html", rows=[ROWS[number] for number in PLACES])


async def issue(visit: Visit) -> Response:
    """A token, the commands that it stands in, and what becomes of it."""
    row = ROWS.get(chosen(visit.fields.get("row")))
    site = visit.fields.get("to-site", "").strip() or DEFAULT_SITE
    if row is None or row.runtime is Runtime.NONE:
        raise Refusal(400, "invalid_body", "Choose a place that sees a LAN.")
    if not site.isprintable() or len(site) > SITE:
        raise Refusal(400, "invalid_body", f"A site has 1 to {SITE} printable characters.")
    trusts, by = visit.fields.get("auto-approve") == "yes", visit.caller.actor
    issued = await visit.change(
        lambda store: store.tokens.issue(
            ttl_minutes=tokens.BOOTSTRAP_MINUTES, auto_approve=trusts, site=site, by=by
        ),
        detail=lambda made: {"token": made.row.prefix, "autoApprove": trusts},
    )
    at = await visit.stored(lambda store: authority(visit, store))
    given = commands.given(row, at.url, at.fingerprint, issued.token.reveal())
    return await visit.html(
        "node-joins.html",
        row=row,
        at=at,
        site=site,
        blocks=given,
        token=issued.row,
        minutes=tokens.BOOTSTRAP_MINUTES,
        progress=Progress(issued.row, "open", None),
        named=issued.row.digest[:NAMED],
    )


def chosen(number: str | None) -> int:
    """A row's number; 0 where it is none."""
    return int(number) if number in {str(each) for each in ROWS} else 0


def authority(visit: Visit, store: Store) -> Authority:
    """Where a node reports: as this Authority was told that it is reached."""
    url = visit.authority.settings.url or store.settings.get("authority-url")
    url = url or f"{visit.request.url.scheme}://{visit.request.url.netloc}"
    return Authority(url, store.settings.get("tls-fingerprint"), is_here_alone(url))


def is_here_alone(url: str) -> bool:
    """Whether a URL leads to the machine that asks, whichever that is."""
    try:
        host = urlsplit(url).hostname
    except ValueError:
        host = None  # brackets that do not belong together: a Host header may hold anything
    return host is None or address.is_loopback(host)


async def progress(visit: Visit) -> Response:
    """How far the node has come; asked again every few seconds by the page that is open."""
    named = visit.path("token")
    found = await visit.stored(lambda store: looked_up(visit, store, named))
    return await visit.html("node-progress.html", progress=found, named=named)


def looked_up(visit: Visit, store: Store, named: str) -> Progress:
    """A token and the node that it enrolled.

    :raises Refusal: 404: there is no such token.
    """
    found = [each for each in store.tokens.list() if each.digest[:NAMED] == named]
    if len(found) != 1:
        raise not_found("there is no such token")
    token = found[0]
    node = None
    if token.consumed_by is not None:
        node = line(visit, store.nodes.get(token.consumed_by))
    return Progress(token, token.state(visit.now), node)


PAGES = (
    Page("GET", "/nodes/add", "nodes.add", Role.OPERATOR, choose),
    Page("POST", "/nodes/add", "tokens.issue", Role.OPERATOR, issue),
    Page("GET", "/nodes/add/{token}", "nodes.add", Role.OPERATOR, progress),
)
