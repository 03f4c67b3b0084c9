"""The first page: which nodes see their LAN, and of those that do not, why and what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import msgspec

from dpf_edge.authority import fleet, survey
from dpf_edge.authority.login import Role
from dpf_edge.authority.pages.visit import Page, Visit
from dpf_edge.authority.sight import Sighted, shown, sighted
from dpf_edge.model import Answer, Comparison
from dpf_edge.wire import times
from dpf_edge.wire.vocabulary import TrustState

if TYPE_CHECKING:
    from starlette.responses import Response

    from dpf_edge.authority.fleet import Condition
    from dpf_edge.store.kept import Store
    from dpf_edge.store.records import Comparison as Kept
    from dpf_edge.store.records import Counts, Node, NodeDetail

# More than this is a fleet to be filtered, and the page says how many are left out.
MOST_NODES = 200
# What a machine's networks lead to changes with how its programs are started, from one day to the
# next: after a day a comparison is what was seen, and not what is.
OLD_SECONDS = 86_400
# Who needs a hand comes first.
ORDER = (Answer.NO, Answer.UNKNOWN, Answer.YES)


class Line(NamedTuple):
    """One node: who it is, whether it sees, and how it does."""

    node: Node
    sees: Sighted
    condition: Condition
    detail: NodeDetail


class Compared(NamedTuple):
    """What a node saw from each of its vantages, and how long ago that is."""

    seen: Comparison
    at: float
    """When it was received, by the Authority's own clock; earlier where the node says so itself."""
    is_old: bool


async def show(visit: Visit) -> Response:
    """Can we see?"""
    lines, compared, counts = await visit.stored(lambda store: looked_up(visit, store))
    tally = {each: sum(line.sees.answer is each for line in lines) for each in ORDER}
    return await visit.html(
        "see.html",
        lines=lines[:MOST_NODES],
        compared=compared,
        left_out=max(0, len(lines) - MOST_NODES),
        tally=tally,
        fleet=fleet.fleet(line.condition for line in lines),
        waiting=[line for line in lines if line.node.trust_state == TrustState.PENDING],
        counts=counts,
        in_sight=all(looks(line, visit.now) for line in lines),
        missed=counts.devices - counts.present - counts.gone,
        headline=headline(tally),
    )


def looks(line: Line, now: float) -> bool:
    """Whether what a node has reported is what is there now: it sees, and swept lately."""
    ran = line.detail.last_run
    return (
        line.sees.answer is Answer.YES
        and ran is not None
        and survey.FRESH.holds(ran.received_at, now)
    )


def looked_up(visit: Visit, store: Store) -> tuple[list[Line], dict[str, Compared | None], Counts]:
    """The nodes that are not over, those that need a hand first; what they saw; the devices."""
    found = [
        each
        for each in store.nodes.list(site=visit.site)
        if each.node.trust_state != TrustState.REVOKED
    ]
    lines = [line(visit, each) for each in found]
    lines.sort(key=lambda each: ORDER.index(each.sees.answer))
    kept = store.comparisons.of([each.node.node_id for each in lines[:MOST_NODES]])
    compared = {node_id: read(each, visit.now) for node_id, each in kept.items()}
    return lines, compared, store.inventory.counts(site=visit.site)


def line(visit: Visit, detail: NodeDetail) -> Line:
    """One node's line."""
    version = visit.authority.settings.node_version
    condition = fleet.condition(detail, visit.now, version)
    return Line(detail.node, shown(sighted(detail, visit.now)), condition, detail)


def read(kept: Kept | None, now: float) -> Compared | None:
    """What a node last saw from each of its vantages; None where it sent nothing like that."""
    if kept is None:
        return None
    try:
        seen = msgspec.json.decode(kept.document, type=Comparison)
    except (msgspec.DecodeError, ValueError):
        return None
    try:
        at = min(kept.received_at, times.seconds(seen.taken_at))
    except ValueError:
        at = kept.received_at
    return Compared(seen, at, now - at > OLD_SECONDS)


def headline(tally: dict[Answer, int]) -> str:
    """The answer in one sentence."""
    nodes, sees = sum(tally.values()), tally[Answer.YES]
    if nodes == 0:
        return "There is no node yet"
    if nodes == 1:
        alone = {
            Answer.YES: "Your node sees its LAN",
            Answer.NO: "Your node does not see its LAN",
            Answer.UNKNOWN: "It is not known whether your node sees its LAN",
        }
        return next(alone[each] for each in ORDER if tally[each])
    if sees == nodes:
        return f"All {nodes} nodes see their LAN"
    return f"{sees} of {nodes} nodes {'sees its' if sees == 1 else 'see their'} LAN"


PAGES = (Page("GET", "/", "see", Role.VIEWER, show),)
