"""What the store has of networks, put before the rules: for the map and for coverage."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

from dpf_edge.authority import coverage_rules, fleet, network_claims
from dpf_edge.authority.coverage_rules import Depth, Looker, Subnet
from dpf_edge.authority.fleet import Health
from dpf_edge.authority.identity import OBJECT, SEES
from dpf_edge.authority.network_claims import Reached
from dpf_edge.authority.sight import sighted
from dpf_edge.model import Answer
from dpf_edge.store.coverage import MOST_SAMPLED, Range, Tally
from dpf_edge.wire import limits
from dpf_edge.wire.vocabulary import TrustState

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from dpf_edge.authority.coverage_rules import Known
    from dpf_edge.authority.network_claims import Claim, Place
    from dpf_edge.authority.sight import Sighted
    from dpf_edge.store.coverage import Machine, Swept
    from dpf_edge.store.kept import Store
    from dpf_edge.store.records import NodeDetail

# Of a node that shows one of these nothing new comes in.
AWAY = frozenset({Health.OFFLINE, Health.QUARANTINED, Health.REVOKED, Health.SETUP_REQUIRED})
# How old a sweep may be that stands for now. A node is offline once it missed ten heartbeats, and
# a sweep is old once ten others should have followed; clocks may differ as the contract lets them.
FRESH = limits.Window(10 * limits.SWEEP_SECONDS, limits.DISCOVERY_WINDOW.future)

# What a run of ours warns of where its node did not know that it sees the LAN, or knew that it
# does not.
DOUBTS = ("sees the LAN is unknown", "does not see the LAN")


class Ground(NamedTuple):
    """What there is to survey on one site, or on all."""

    lookers: dict[str, Looker]
    networks: tuple[Known, ...]
    totals: dict[str, Tally]
    """How many devices each site has; empty where that was not asked for."""

    @property
    def blind(self) -> frozenset[str]:
        """The nodes of which nothing is drawn: what they told of last is some inner network."""
        return frozenset(
            each.node_id
            for each in self.lookers.values()
            if each.answer is Answer.NO and not each.saw_before
        )

    @property
    def devices(self) -> int:
        """How many there are."""
        return sum(each.devices for each in self.totals.values())

    @property
    def sites(self) -> tuple[str, ...]:
        """Those that have a node, a network or a device."""
        named = (each.site for each in self.lookers.values())
        return tuple(sorted({*named, *(each.place.site for each in self.networks), *self.totals}))


class Sample(NamedTuple):
    """What nodes that are not blind have of the devices in networks.

    :ivar hollow: the networks whose devices only blind nodes tell of.
    """

    reached: Mapping[Place, dict[str, Reached]]
    hollow: Collection[Place]


class Survey(NamedTuple):
    """How well each network is seen."""

    ground: Ground
    subnets: tuple[Subnet, ...]

    @property
    def lookers(self) -> tuple[Looker, ...]:
        """The nodes."""
        return tuple(self.ground.lookers.values())


def looking(store: Store, now: float, *, site: str | None = None) -> dict[str, Looker]:
    """The nodes that are not over, by their ids."""
    details = {
        each.node.node_id: each
        for each in store.nodes.list(site=site)
        if each.node.trust_state != TrustState.REVOKED
    }
    seen = {node_id: sighted(each, now) for node_id, each in details.items()}
    swept = store.coverage.swept()
    doubted = [key for key, each in seen.items() if each.answer is Answer.NO and key in swept]
    sure = saying_yes(store.coverage.machines(doubted), swept)
    return {
        node_id: looker(each, seen[node_id], now, swept.get(node_id), said_yes=node_id in sure)
        for node_id, each in details.items()
    }


def ground(store: Store, now: float, *, site: str | None = None, totals: bool = True) -> Ground:
    """The nodes, the networks that are known to exist, and how many devices each site has.

    :param totals: whether to count those, for which an index of all devices is read.
    """
    lookers = looking(store, now, site=site)
    told = (network_claims.claim(*each[:4]) for each in store.coverage.networks(site=site))
    networks = coverage_rules.known((each for each in told if each is not None), lookers.values())
    counted = store.coverage.totals(site=site) if totals else {}
    return Ground(lookers, tuple(networks), counted)


def surveyed(store: Store, what: Ground) -> Survey:
    """How well each network is seen."""
    places = [each.place for each in what.networks if is_counted(each.place)]
    counts = store.coverage.counts([ranged(each) for each in places])
    counted = dict(zip(places, counts, strict=True))
    sample = sampled(store, what, counted)
    for place in sample.hollow:
        counted[place] = counted[place]._replace(present=0)
    subnets = (
        coverage_rules.judged(
            *(each, what.lookers, sample.reached.get(each.place, {})),
            *counted.get(each.place, ()),
        )
        for each in what.networks
    )
    return Survey(what, tuple(subnets))


def looker(
    detail: NodeDetail, seen: Sighted, now: float, swept: Swept | None, *, said_yes: bool
) -> Looker:
    """A node, as far as it bears on what is seen.

    :param seen: where it stands, by its heartbeats.
    :param swept: its newest sweep that did not call itself blind.
    :param said_yes: whether it said then that it sees the LAN.
    """
    node, swept_at = detail.node, None if swept is None else made_at(swept, seen)
    # A *yes* that is none now still says which network there is.
    says_lan = seen.answer is Answer.YES or seen.is_stale
    return Looker(
        node.node_id,
        node.name,
        node.site,
        seen.answer,
        is_here=fleet.condition(detail, now).health not in AWAY,
        level=seen.level,
        network=seen.network if says_lan else None,
        swept_at=swept_at,
        why=seen.why,
        is_fresh=swept_at is not None and FRESH.holds(swept_at, now),
        saw_before=said_yes and swept is not None and saw_before(detail, seen, swept),
    )


def made_at(swept: Swept, seen: Sighted) -> float:
    """When a sweep was made, by the Authority's clock; never after it came in.

    A node of ours says how far its clock is behind, and what waited in its outbox is as old as it
    is. What is said beyond the contract's window was set right by the node already, or the run
    had been refused. A node that says neither sends at once what it found.
    """
    if seen.clock_ahead is None and seen.outbox is None:
        return swept.received_at
    behind = seen.clock_ahead or 0.0
    if not 0 <= behind <= limits.DISCOVERY_WINDOW.past:
        behind = 0.0
    return min(swept.observed_at + behind, swept.received_at)


def saw_before(detail: NodeDetail, seen: Sighted, swept: Swept) -> bool:
    """Whether a node that is blind now was not when it swept last.

    :param swept: its newest sweep that did not call itself blind.
    """
    if seen.answer is not Answer.NO:
        return False
    if detail.last_run is not None and detail.last_run.observed_at > swept.observed_at:
        # Its runs say so themselves when it is blind, and that one did not.
        return True
    # Where it does not say since when it is blind: since its newest report, as far as is known.
    since = seen.since or seen.reported_at
    return since is not None and made_at(swept, seen) < since


def saying_yes(machines: Iterable[Machine], swept: Mapping[str, Swept]) -> set[str]:
    """The nodes that said in their newest sweep that was not blind that they see the LAN.

    A node's own machine says it in that sweep. Once a blind sweep has told of that machine anew,
    the warnings of the one before it say whether it was in doubt.
    """
    sure: set[str] = set()
    for each in machines:
        told = OBJECT.decode(each.raw).get(SEES)
        if each.is_aside:
            warnings = swept[each.node_id].warnings
            is_sure = told is not None and not any(map(is_doubt, warnings))
        else:
            is_sure = told == Answer.YES
        if is_sure:
            sure.add(each.node_id)
    return sure


def is_doubt(warning: str) -> bool:
    """Whether a run's warning says that nothing proved that its node saw the LAN."""
    return any(each in warning for each in DOUBTS)


def is_counted(place: Place) -> bool:
    """Whether a network's devices can be counted: IPv6 texts do not sort as their numbers do."""
    return place.network.version == 4


def ranged(place: Place) -> Range:
    """A network's addresses, for the store."""
    network = place.network
    return Range(place.site, str(network.network_address), str(network.broadcast_address))


def sampled(store: Store, what: Ground, counted: dict[Place, Tally]) -> Sample:
    """Who found the devices of each network that nobody is sure to see for standing there.

    Without the networks that have no device, or hold others: whose its devices are is not known.
    """
    asked = [
        each.place
        for each in what.networks
        if not each.covers
        and counted.get(each.place, Tally()).present
        and not any(stands(each, one, what.lookers.get(one.node_id)) for one in each.claims)
    ][:MOST_SAMPLED]
    found: dict[Place, dict[str, Reached]] = defaultdict(dict)
    hollow = set(asked)
    for each in store.coverage.finders([ranged(place) for place in asked], blind=what.blind):
        place = asked[each.place]
        hollow.discard(place)
        before = found[place].get(each.node_id, Reached())
        if before.by_link:
            # More than that nothing says, and reading thousands of items takes its time.
            continue
        seen = network_claims.found(each.observed_key, each.raw, place.network)
        if seen is None:
            continue
        found[place][each.node_id] = Reached(seen.by_link, before.answered or seen.answered)
    return Sample(found, hollow)


def stands(known: Known, claim: Claim, one: Looker | None) -> bool:
    """Whether a node sees a network by standing on it."""
    if one is None:
        return False
    return coverage_rules.depth(one, claim.how, None, known.place.network) is Depth.LAYER_2


def tally(subnets: Iterable[Subnet]) -> dict[coverage_rules.State, int]:
    """How many networks are in each state."""
    counts = dict.fromkeys(coverage_rules.ORDER, 0)
    for each in subnets:
        counts[each.state] += 1
    return counts
