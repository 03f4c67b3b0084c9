"""Coverage: which networks are known to exist, who sees each and how far, which nobody sees."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, NamedTuple

from starlette.responses import Response

from dpf_edge.authority import coverage_rules
from dpf_edge.authority.admin_inventory import DEEPEST
from dpf_edge.authority.coverage_rules import ORDER, Depth, State
from dpf_edge.authority.login import Role
from dpf_edge.authority.network_claims import How
from dpf_edge.authority.pages import rendering
from dpf_edge.authority.pages.visit import Page, Visit
from dpf_edge.authority.survey import ground, surveyed, tally
from dpf_edge.export.exporters import csv
from dpf_edge.model import Answer
from dpf_edge.wire import times

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from dpf_edge.authority.coverage_rules import Looker, Subnet, View
    from dpf_edge.authority.survey import Survey
    from dpf_edge.store.kept import Store

# What a page holds; rendering a row costs half a millisecond.
ROWS = 50
# A search is for a prefix, a site or a node's name.
MOST_WORDS = 100
COLUMNS = (
    *("site", "network", "seen", "nodes", "levels", "devices", "answering", "addresses"),
    *("share", "last sweep", "known by", "what to do"),
)
DEPTHS = {
    Depth.LAYER_2: "layer 2",
    Depth.LAYER_3: "layer 3",
    Depth.UNPROVEN: "not proven",
    Depth.AWAY: "not now",
    Depth.TOLD: "was told of devices there",
    Depth.KNOWS: "knows of it",
}
HOWS = {
    How.STANDS: "interface",
    How.ROUTE: "route",
    How.SNMP: "SNMP table",
    How.NAMED: "a device's word",
    How.ENGINE: "container engine",
}


class Todo(NamedTuple):
    """What to do about a network: a sentence, and a page that leads on."""

    says: str
    link: str | None = None
    path: str | None = None


class Wanted(NamedTuple):
    """What is asked of all networks."""

    state: State | None
    words: tuple[str, ...]

    def takes(self, one: Subnet) -> bool:
        """Whether a network is asked for."""
        if self.state is not None and one.state is not self.state:
            return False
        names = (each.looker.name for each in one.views)
        text = " ".join((str(one.place.network), one.place.site, *names)).casefold()
        return all(each in text for each in self.words)


async def show(visit: Visit) -> Response:
    """The page."""
    wanted = asked(visit)
    found = await visit.stored(lambda store: looked_up(visit, store))
    chosen = coverage_rules.by_need(each for each in found.subnets if wanted.takes(each))
    # A bookmark may lead beyond what is left.
    last = max(0, len(chosen) - 1) // ROWS * ROWS
    first = min(visit.number("from", 0, 0, DEEPEST), last)
    return await visit.html(
        "coverage.html",
        found=found,
        tally=tally(found.subnets),
        rows=chosen[first : first + ROWS],
        total=len(chosen),
        first=first,
        step=ROWS,
        wanted=wanted,
        words=" ".join(wanted.words),
        dark=list(coverage_rules.dark(found.lookers, found.subnets).items()),
        says=coverage_rules.SAYS,
        depths=DEPTHS,
        hows=HOWS,
        todo=todo,
        headline=headline(found),
    )


async def download(visit: Visit) -> Response:
    """What is shown, as CSV (RFC 4180); all of it, whatever page is open."""
    wanted = asked(visit)
    found = await visit.stored(lambda store: looked_up(visit, store))
    chosen = coverage_rules.by_need(each for each in found.subnets if wanted.takes(each))
    headers = {
        **rendering.HEADERS,
        "content-disposition": 'attachment; filename="coverage.csv"',
    }
    return Response("".join(lines(chosen)), HTTPStatus.OK, headers, media_type="text/csv")


def asked(visit: Visit) -> Wanted:
    """What the address asks for."""
    state = visit.choice("state", tuple(each.value for each in ORDER))
    words = (visit.text("q") or "")[:MOST_WORDS].casefold().split()
    return Wanted(State(state) if state else None, tuple(words))


def looked_up(visit: Visit, store: Store) -> Survey:
    """How well each network is seen."""
    return surveyed(store, ground(store, visit.now, site=visit.site, totals=False))


def headline(found: Survey) -> str:
    """The answer in one sentence. Only what stands on a network *sees* it."""
    real = [each for each in found.subnets if each.state is not State.RANGE]
    routed = sum(each.state is State.LAYER_3 for each in real)
    missing = len(real) - routed - sum(each.state is State.LAYER_2 for each in real)
    if not found.lookers:
        return "There is no node yet"
    if not real:
        return "No network is known yet"
    if len(real) == 1:
        how = "is not seen" if missing else "answers through a router" if routed else "is seen"
        return f"The one known network {how}"
    if missing:
        says = f"{missing} of {len(real)} known networks {'is' if missing == 1 else 'are'} not seen"
        return f"{says}, {routed} only through a router" if routed else says
    if routed:
        verb = "answers" if routed == 1 else "answer"
        return f"{routed} of {len(real)} known networks {verb} only through a router"
    return f"{'Both' if len(real) == 2 else f'All {len(real)}'} known networks are seen"


def todo(one: Subnet) -> Todo:
    """What to do about a network."""
    add = "/nodes/add"
    by = one.views[0].looker if one.views else None
    if one.state is State.LAYER_2:
        return deeper(one)
    if one.state is State.LAYER_3:
        return Todo(
            "What answers through the router is known; what answers nothing, and what only "
            "announces itself, is not. A node there sees that too.",
            "Add a node there",
            add,
        )
    if one.state is State.RANGE:
        return Todo("A route covers this whole range; the networks in it are listed by themselves.")
    if one.state is State.UNPROVEN and by is not None:
        return Todo(
            "A node looks here, and nothing proves that what it stands on is the LAN. "
            "See what it says.",
            by.name,
            f"/nodes/{by.node_id}",
        )
    if one.state is State.AWAY and by is not None:
        return Todo(lapsed(by), by.name, f"/nodes/{by.node_id}")
    return unseen(one, add)


def lapsed(by: Looker) -> str:
    """Why a node that saw a network sees it no more."""
    if by.answer is Answer.NO:
        return "The node that told of it is blind now, and sees it no more."
    if not by.is_here:
        return "The node that told of it does not report any more, or is not trusted."
    return "The node that told of it reports, but has not swept it lately: it may have moved."


def deeper(one: Subnet) -> Todo:
    """What a network that is seen could be seen better by."""
    seeing = [each.looker for each in one.seeing]
    idle = next((each for each in seeing if each.swept_at is not None), None)
    if idle is not None and not any(each.is_fresh for each in seeing):
        says = "Its node has not swept lately: look at it."
        return Todo(says, idle.name, f"/nodes/{idle.node_id}")
    levels = {each.level for each in seeing}
    if levels & {"ask", "probe"} or levels == {None}:
        return Todo("Nothing to do.")
    return Todo(
        "Its node only listens, and finds those that talk. "
        "`DPF_EDGE_LEVEL=ask` or `probe` finds more."
    )


def unseen(one: Subnet, add: str) -> Todo:
    """What to do about a network of which nobody sees anything."""
    says = "Known by the word of others alone." if one.state is State.TOLD else "Nobody looks."
    able = next((each.looker for each in one.views if each.looker.is_here), None)
    if able is not None and coverage_rules.is_private(one.place):
        # Between backticks stands code, of ours alone.
        called = able.name.replace("`", "'")
        says += (
            f" Install a node there, or let {called} reach it, by this range in its "
            "`DPF_EDGE_DISCOVERY_SUBNETS`, at `DPF_EDGE_LEVEL=probe`."
        )
    else:
        says += " Install a node there."
    return Todo(says, "Add a node there", add)


def lines(chosen: Iterable[Subnet]) -> Iterator[str]:
    """The networks as CSV."""
    yield line(COLUMNS)
    for each in chosen:
        sees = [view for view in each.views if view.depth is not Depth.KNOWS]
        yield line(
            (
                spelt(each.place.site),
                str(each.place.network),
                coverage_rules.SAYS[each.state],
                ";".join(f"{spelt(view.looker.name)} ({DEPTHS[view.depth]})" for view in sees),
                ";".join(dict.fromkeys(view.looker.level or "" for view in sees)),
                number(each.devices),
                number(each.present),
                number(each.size),
                "" if each.share is None else f"{each.share:.3f}",
                "" if each.swept_at is None else times.stamp(each.swept_at),
                ";".join(dict.fromkeys(known_by(view) for view in each.views)),
                spelt(todo(each).says.replace("`", "")),
            )
        )


def known_by(view: View) -> str:
    """By what a node knows that a network exists."""
    return HOWS[view.how]


def number(told: int | None) -> str:
    """A number, or nothing where none is known."""
    return "" if told is None else str(told)


def spelt(told: str) -> str:
    """A text that holds no separator of a cell's values."""
    return told.replace(";", ",")


def line(cells: Iterable[str]) -> str:
    """One line; of what a spreadsheet would calculate nothing is left, in no part of a cell."""
    return csv.line(csv.cell(str(rendering.plain(each))) for each in cells)


PAGES = (
    Page("GET", "/coverage", "coverage", Role.VIEWER, show),
    Page("GET", "/coverage.csv", "coverage", Role.VIEWER, download),
)
