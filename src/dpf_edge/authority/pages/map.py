"""The map: sites, networks, what stands between them, who looks; the same as tables beside it.

A few hundred elements are drawn one by one; of more, devices stand in their networks until one is
opened, and of many more, networks in their sites.
"""

from __future__ import annotations

from collections import defaultdict
from http import HTTPStatus
from typing import TYPE_CHECKING, NamedTuple

from dpf_edge.authority import answers, coverage_rules, map_layout
from dpf_edge.authority.login import Role
from dpf_edge.authority.map_model import Drawn, Ways, is_blind, many
from dpf_edge.authority.map_plan import Plan, by_site
from dpf_edge.authority.pages import rendering
from dpf_edge.authority.pages.visit import Page, Visit
from dpf_edge.authority.survey import ground, is_counted, ranged, surveyed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.responses import Response

    from dpf_edge.authority.coverage_rules import Subnet
    from dpf_edge.authority.map_layout import Element, Line
    from dpf_edge.authority.network_claims import Place
    from dpf_edge.authority.survey import Ground
    from dpf_edge.store.cables import Cable, Dot
    from dpf_edge.store.kept import Store

# Drawn one by one up to here; a picture of more is read by nobody, and a phone draws it slowly.
MOST_ELEMENTS = 300
# Networks and nodes up to here; of more, a site is one element.
MOST_NETWORKS = 400
# Devices of a network that is opened.
MOST_OPEN = 240
# Of more devices it is not counted how many hang on each switch: each would be read for that.
MOST_COUNTED = 50_000
PATH = "/map"


class Mode(NamedTuple):
    """How much is drawn: ``whole``, ``networks`` or ``sites``; and what is open of it."""

    name: str
    opened: str | None = None


class Shown(NamedTuple):
    """A map, and what its page says beside it."""

    ground: Ground
    drawn: Drawn
    mode: Mode
    left_out: tuple[str, ...]


async def show(visit: Visit) -> Response:
    """The page: the drawing's frame, and all that is in it as tables."""
    shown = await visit.stored(lambda store: looked_up(visit, store))
    return await visit.html(
        "map.html",
        shown=shown,
        data=visit.address("/map/data", open=visit.text("open")),
        says=coverage_rules.SAYS,
        ways=ways(visit),
    )


async def data(visit: Visit) -> Response:
    """The drawing as JSON: elements with their places, and lines."""
    shown = await visit.stored(lambda store: looked_up(visit, store))
    made = map_layout.drawn(shown.drawn.blocks, shown.drawn.lines, shown.left_out)
    told = {
        "elements": [element(each) for each in made.elements],
        "lines": [line(each) for each in made.lines],
        "leftOut": list(made.left_out),
        "opened": f"net:{shown.mode.opened}" if shown.mode.opened else None,
    }
    return answers.json(HTTPStatus.OK, told, rendering.HEADERS)


def element(one: Element) -> dict[str, object]:
    """An element as the script takes it; a name's control characters are spelt out."""
    told = {**one._asdict(), "label": plain(one.label), "detail": plain(one.detail)}
    return {name: value for name, value in told.items() if value not in (None, "", False)}


def line(one: Line) -> dict[str, str]:
    """A line as the script takes it."""
    return {**one._asdict(), "label": plain(one.label)}


def plain(label: str) -> str:
    """A label line by line: its own line breaks stay, whatever else is in it is made plain."""
    return "\n".join(str(rendering.plain(each)) for each in label.split("\n"))


def ways(visit: Visit) -> Ways:
    """Where clicks lead; the site that is looked at goes along."""
    return Ways(
        device=lambda its: visit.address(f"/devices/{its}"),
        node=lambda its: visit.address(f"/nodes/{its}"),
        opened=lambda place: visit.address(PATH, open=place.key),
        site=lambda name: visit.address(PATH, site=name),
        listed=lambda place: visit.address("/devices", site=place.site, subnet=str(place.network)),
    )


def looked_up(visit: Visit, store: Store) -> Shown:
    """The map of what is looked at."""
    what = ground(store, visit.now, site=visit.site)
    mode = chosen(what, visit.text("open"))
    if mode.name == "sites":
        return Shown(what, by_site(what, ways(visit)), mode, ())
    found = surveyed(store, what)
    left_out: list[str] = []
    subnets: Sequence[Subnet] = found.subnets
    if len(subnets) > MOST_NETWORKS:
        left_out.append(f"{many(len(subnets) - MOST_NETWORKS, 'network')} of {len(subnets)}")
        subnets = subnets[:MOST_NETWORKS]
    # A blind node's switches and cables are those of some inner network.
    tellers = tuple(each.node_id for each in what.lookers.values() if not is_blind(each))
    backbone = store.topology.backbone(tellers, stations=what.devices <= MOST_COUNTED)
    if backbone.is_cut:
        left_out.append("some of the cables")
    plan = Plan(what, subnets, backbone, ways(visit))
    dots, loose = devices(store, what, subnets, mode, plan)
    hanging = hung(store, dots, loose)
    return Shown(what, plan.drawn(dots, loose, hanging), mode, tuple(left_out))


def chosen(what: Ground, opened: str | None) -> Mode:
    """How much is drawn of so much."""
    networks = len(what.networks) + len(what.lookers)
    if what.devices + networks <= MOST_ELEMENTS:
        return Mode("whole")
    if networks > MOST_NETWORKS and len(what.sites) > 1:
        return Mode("sites")
    return Mode("networks", opened)


def devices(
    store: Store, what: Ground, subnets: Sequence[Subnet], mode: Mode, plan: Plan
) -> tuple[dict[Place, list[Dot]], dict[str, list[Dot]]]:
    """The devices that are drawn: all of them by their networks, or those of the open one."""
    dots: dict[Place, list[Dot]] = {}
    loose: defaultdict[str, list[Dot]] = defaultdict(list)
    if mode.name == "whole":
        dots = {each.place: [] for each in subnets}
        for site in what.totals:
            for one in store.topology.dots(site, MOST_ELEMENTS, blind=what.blind):
                place = plan.homes.of(site, one.address)
                (loose[site] if place is None else dots[place]).append(one)
        return dots, loose
    for each in subnets:
        if each.place.key == mode.opened and is_counted(each.place):
            within = ranged(each.place)
            site = each.place.site
            some = store.topology.dots(site, MOST_OPEN, within=within, blind=what.blind)
            at = (one for one in some if plan.homes.of(one.site, one.address) == each.place)
            dots[each.place] = list(at)
    return dots, loose


def hung(
    store: Store, dots: dict[Place, list[Dot]], loose: dict[str, list[Dot]]
) -> tuple[Cable, ...]:
    """On which switch the devices hang that are drawn."""
    by_site: defaultdict[str, list[str]] = defaultdict(list)
    for place, some in dots.items():
        by_site[place.site] += [each.device_id for each in some]
    for site, some in loose.items():
        by_site[site] += [each.device_id for each in some]
    return tuple(
        cable
        for site, ids in sorted(by_site.items())
        for cable in store.topology.hanging(site, ids)
    )


PAGES = (
    Page("GET", PATH, "map", Role.VIEWER, show),
    Page("GET", "/map/data", "map", Role.VIEWER, data),
)
