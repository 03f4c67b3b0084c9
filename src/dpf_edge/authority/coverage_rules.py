"""Which networks there are, who sees each, how far, and which nobody sees: the rules, pure.

docs/concepts/coverage.md says the same in words. A network belongs to a site: 192.168.1.0/24 at
two sites is two networks. What is not proven is not *seen*.
"""

from __future__ import annotations

from collections import defaultdict
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from dpf_edge import addresses
from dpf_edge.authority.network_claims import Claim, How, Place, Reached, prefix
from dpf_edge.model import Answer

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from dpf_edge.addresses import IPNetwork


class Depth(StrEnum):
    """How far a node sees into a network, best first."""

    LAYER_2 = "layer-2"
    LAYER_3 = "layer-3"
    UNPROVEN = "unproven"
    AWAY = "away"
    TOLD = "told"
    KNOWS = "knows"


class State(StrEnum):
    """How well a network is seen, worst first: the order that they are shown in."""

    UNSEEN = "unseen"
    """It exists, and nobody sees anything of it."""
    TOLD = "told"
    """Another device's tables tell of somebody there; no node has reached them."""
    AWAY = "away"
    """Whoever saw it reports no more, is not trusted, went blind, or swept too long ago."""
    UNPROVEN = "unproven"
    """A node stands there or reaches it, and nothing proves that what it stands on is the LAN."""
    LAYER_3 = "layer-3"
    """Devices there answer through a router: what answers nothing is not seen."""
    LAYER_2 = "layer-2"
    """A node that sees the LAN stands on it."""
    RANGE = "range"
    """A route to a range that covers other networks: what else is in it, nobody says."""


OF_DEPTH = {
    Depth.LAYER_2: State.LAYER_2,
    Depth.LAYER_3: State.LAYER_3,
    Depth.UNPROVEN: State.UNPROVEN,
    Depth.AWAY: State.AWAY,
    Depth.TOLD: State.TOLD,
    Depth.KNOWS: State.UNSEEN,
}
# The same in a few words, for people.
SAYS = {
    State.UNSEEN: "nobody sees it",
    State.TOLD: "told of only",
    State.AWAY: "not seen now",
    State.UNPROVEN: "not proven",
    State.LAYER_3: "through a router",
    State.LAYER_2: "seen",
    State.RANGE: "covers others",
}
DEPTHS, HOWS = tuple(Depth), tuple(How)
ORDER = tuple(State)


class Looker(NamedTuple):
    """A node, as far as it bears on what is seen.

    :ivar is_here: it is trusted, and its heartbeats come.
    :ivar network: the LAN that it says it sees, as a prefix.
    :ivar swept_at: when its newest sweep was observed that it was not blind in; None: none was.
    :ivar is_fresh: that sweep is new enough to stand for now.
    :ivar saw_before: it is blind now, and was not when it swept last.
    """

    node_id: str
    name: str
    site: str
    answer: Answer
    is_here: bool = True
    level: str | None = None
    network: str | None = None
    swept_at: float | None = None
    why: str = ""
    is_fresh: bool = True
    saw_before: bool = False


class View(NamedTuple):
    """One node, and how far it sees into one network."""

    looker: Looker
    depth: Depth
    how: How
    interface: str | None = None


class Known(NamedTuple):
    """A network that is known to exist, and by whom."""

    place: Place
    claims: tuple[Claim, ...]
    covers: int = 0
    """How many other networks of the site lie in it."""


class Subnet(NamedTuple):
    """A network, and how well it is seen."""

    place: Place
    state: State
    views: tuple[View, ...]
    covers: int = 0
    devices: int | None = None
    """That have their first address there; None for IPv6, where they are not counted."""
    present: int | None = None
    size: int | None = None
    """How many addresses a device could have there; None where nobody could ask them all."""

    @property
    def share(self) -> float | None:
        """Which part of its addresses answered, from 0 to 1."""
        if self.size is None or self.present is None:
            return None
        return min(1.0, self.present / self.size)

    @property
    def seeing(self) -> tuple[View, ...]:
        """The nodes that see it now, best first."""
        return tuple(each for each in self.views if each.depth in (Depth.LAYER_2, Depth.LAYER_3))

    @property
    def swept_at(self) -> float | None:
        """When a node that sees it last swept."""
        found = [each.looker.swept_at for each in self.seeing if each.looker.swept_at is not None]
        return max(found, default=None)


def known(claims: Iterable[Claim], lookers: Collection[Looker]) -> list[Known]:
    """The networks that exist, by site and number.

    What a node that does *not* see the LAN stands on is some inner network, and so is what an
    engine made: neither is on the list unless somebody else knows of it. What a node told of
    before it went blind stays.
    """
    by_id = {each.node_id: each for each in lookers}
    told: dict[Place, dict[str, Claim]] = defaultdict(dict)
    for each in (*claims, *own(lookers)):
        looker = by_id.get(each.node_id)
        if looker is None or each.how is How.ENGINE:
            continue
        if looker.answer is Answer.NO and not looker.saw_before:
            continue
        before = told[each.place].get(each.node_id)
        if before is None or better(each, before):
            told[each.place][each.node_id] = each
    places = sorted(told, key=lambda place: (place.site, sortable(place.network)))
    inner = covering(places)
    return [Known(place, tuple(told[place].values()), inner[place]) for place in places]


def own(lookers: Iterable[Looker]) -> list[Claim]:
    """The LAN that each node says it sees, which is known before its first run."""
    found = [
        (each, prefix(each.network))
        for each in lookers
        if each.network and each.answer is not Answer.NO
    ]
    return [
        Claim(Place(each.site, network), each.node_id, How.STANDS)
        for each, network in found
        if network is not None
    ]


def better(one: Claim, other: Claim) -> bool:
    """Whether one says more than the other; of equals, the first interface by name."""
    ranks = [
        (HOWS.index(each.how), each.interface is None, each.interface or "")
        for each in (one, other)
    ]
    return ranks[0] < ranks[1]


def sortable(network: IPNetwork) -> tuple[int, int, int]:
    """IPv4 before IPv6, then by number; a network before those in it."""
    return network.version, int(network.network_address), network.prefixlen


def covering(places: Iterable[Place]) -> dict[Place, int]:
    """How many others of its site lie in each; ``places`` in the order of :func:`sortable`."""
    counts: dict[Place, int] = {}
    open_now: list[Place] = []
    for place in places:
        while open_now and not holds(open_now[-1], place):
            open_now.pop()
        for each in open_now:
            counts[each] += 1
        counts[place] = 0
        open_now.append(place)
    return counts


def holds(outer: Place, inner: Place) -> bool:
    """Whether a network lies in another one of its site."""
    if outer.site != inner.site or outer.network.version != inner.network.version:
        return False
    return inner.network.subnet_of(outer.network)  # type: ignore[arg-type]


def judged(
    one: Known,
    lookers: Mapping[str, Looker],
    reached: Mapping[str, Reached],
    devices: int | None = None,
    present: int | None = None,
) -> Subnet:
    """How well a network is seen.

    :param reached: what each node has of the devices in it; of a network that a node stands on
        that need not be known.
    """
    views = [
        View(looker, depth(looker, *found), each.how, each.interface)
        for each in one.claims
        for found in [(each.how, reached.get(each.node_id), one.place.network)]
        if (looker := lookers.get(each.node_id)) is not None
    ]
    told = {each.node_id for each in one.claims}
    views += [
        View(its, depth(its, How.NAMED, each, one.place.network), How.NAMED)
        for node_id, each in reached.items()
        if node_id not in told and (its := lookers.get(node_id)) is not None
    ]
    views.sort(key=lambda each: (DEPTHS.index(each.depth), each.looker.name, each.looker.node_id))
    state = OF_DEPTH[views[0].depth] if views else State.UNSEEN
    if state is State.UNSEEN and present:
        # Somebody names devices there, and who reached them is not known.
        state = State.TOLD
    is_route = all(each.how is not How.STANDS for each in one.claims)
    if one.covers and is_route and state in (State.UNSEEN, State.TOLD, State.LAYER_3):
        state = State.RANGE
    counts = devices, present
    return Subnet(one.place, state, tuple(views), one.covers, *counts, size(one.place.network))


def depth(
    looker: Looker, how: How, reached: Reached | None, network: IPNetwork | None = None
) -> Depth:
    """How far one node sees into a network.

    It sees the LAN, and stands there or has resolved hardware addresses there: layer 2. Devices
    there answered it: layer 3. Where nothing proves that it sees the LAN, neither is proven. It has
    its devices from somebody else's tables: told of. A node that does not see the LAN sees nothing,
    whatever it says. One that is away, or swept too long ago, sees nothing *now*; but that it sees
    the LAN that its heartbeats name needs no sweep.
    """
    is_on_it = how is How.STANDS or (reached is not None and reached.by_link)
    has_any = is_on_it or (reached is not None and reached.answered)
    if looker.answer is Answer.NO:
        return Depth.AWAY if has_any and looker.saw_before else Depth.KNOWS
    if not has_any:
        return Depth.TOLD if reached is not None else Depth.KNOWS
    if not (looker.is_here and (looker.is_fresh or is_lan(looker, network))):
        return Depth.AWAY
    if looker.answer is not Answer.YES:
        return Depth.UNPROVEN
    return Depth.LAYER_2 if is_on_it else Depth.LAYER_3


def is_lan(looker: Looker, network: IPNetwork | None) -> bool:
    """Whether a network is the LAN that a node's newest heartbeats say it sees."""
    return (
        looker.answer is Answer.YES
        and looker.network is not None
        and network is not None
        and prefix(looker.network) == network
    )


def size(network: IPNetwork) -> int | None:
    """How many addresses a device could have: all but the network's own and the broadcast.

    None for IPv6: a /64 would take longer to ask than the universe has stood.
    """
    if network.version == 6:
        return None
    # RFC 3021: a /31 has no broadcast address.
    return network.num_addresses - 2 if network.prefixlen < 31 else network.num_addresses


def dark(lookers: Iterable[Looker], subnets: Iterable[Subnet]) -> dict[str, list[Looker]]:
    """The sites where no node sees any network, each with its nodes."""
    lit = {each.place.site for each in subnets if each.seeing}
    found: dict[str, list[Looker]] = defaultdict(list)
    for looker in lookers:
        if looker.site not in lit:
            found[looker.site].append(looker)
    return dict(sorted(found.items()))


def by_need(subnets: Iterable[Subnet]) -> list[Subnet]:
    """What is seen worst first; of the same, by site and number."""
    return sorted(
        subnets,
        key=lambda each: (
            ORDER.index(each.state),
            each.place.site,
            sortable(each.place.network),
        ),
    )


def is_private(place: Place) -> bool:
    """Whether a node may walk it: a private IPv4 range no larger than a /16."""
    network = place.network
    return (
        network.version == 4
        and network.prefixlen >= 16
        and addresses.is_private(network.network_address)
    )
