"""What the map shows of a survey: sites, networks, what stands between them, who looks. Pure.

A blind node is drawn, and ties to nothing: what it tells of is some inner network. A node is drawn
once, and not once more as the device that its machine is.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from dpf_edge import addresses
from dpf_edge.authority import coverage_rules, network_claims
from dpf_edge.authority.coverage_rules import DEPTHS, State
from dpf_edge.authority.map_layout import Block, Line, Mark, Net, short
from dpf_edge.authority.map_model import (
    BETWEEN_PORTS,
    LINES,
    Drawn,
    Homes,
    Row,
    Section,
    Switch,
    Ways,
    device_id,
    drawn_views,
    is_blind,
    many,
    net_id,
    node_id,
    ports,
)
from dpf_edge.authority.network_claims import Place
from dpf_edge.model import Answer
from dpf_edge.store.cables import CONNECTS_TO, PEER_OF, ROUTES_THROUGH
from dpf_edge.wire.discovery import NETWORK_KEY

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from dpf_edge.authority.coverage_rules import Looker, Subnet
    from dpf_edge.authority.survey import Ground
    from dpf_edge.store.cables import Backbone, Cable, Dot

# What cables run between, as devices' kinds are called.
SWITCHES = frozenset({"switch", "access_point", "wireless_ap", "bridge", "network_device"})
ROUTERS = frozenset({"router", "gateway", "firewall"})
# Members of a closed network that are drawn by themselves.
MOST_MEMBERS = 6


def own_devices(cables: Iterable[Cable], lookers: Mapping[str, Looker]) -> dict[str, str]:
    """The nodes that devices are, by device: a node's own item is called ``host:…``."""
    found: dict[str, str] = {}
    for each in cables:
        for key, its in ((each.source_key, each.source), (each.target_key, each.target)):
            if its is not None and key.startswith("host:") and each.node_id in lookers:
                found.setdefault(its, each.node_id)
    return found


class Plan:
    """A survey as blocks and lines."""

    def __init__(
        self, ground: Ground, subnets: Sequence[Subnet], backbone: Backbone, ways: Ways
    ) -> None:
        self._lookers = ground.lookers
        self._ways = ways
        self._subnets = [each for each in subnets if each.state is not State.RANGE]
        self.homes = Homes(each.place for each in self._subnets)
        self._blind = {each.node_id for each in ground.lookers.values() if is_blind(each)}
        self._cables = [each for each in backbone.cables if each.node_id not in self._blind]
        self.own = own_devices(self._cables, ground.lookers)
        self._wired: defaultdict[str, list[Cable]] = defaultdict(list)
        for each in self._cables:
            for its in {each.source, each.target} if each.kind != ROUTES_THROUGH else ():
                if its is not None:
                    self._wired[its].append(each)
        self._devices = backbone.devices
        self._stations = backbone.stations
        self._routers = self._routed()
        self._between = self._standing_between()
        self._sites = ground.sites
        self._on: dict[str, str] = {}

    def _routed(self) -> dict[str, list[Place]]:
        """The networks that lie behind each router, by device."""
        found: defaultdict[str, list[Place]] = defaultdict(list)
        for each in self._cables:
            if each.kind != ROUTES_THROUGH or each.target is None:
                continue
            behind = network_claims.prefix(each.source_key.removeprefix(NETWORK_KEY))
            its = found[each.target]
            if behind is not None and each.node_id in self._lookers:
                place = Place(self._lookers[each.node_id].site, behind)
                if place not in its:
                    its.append(place)
        return dict(found)

    def _standing_between(self) -> dict[str, Dot]:
        """Routers, and whatever others hang on."""
        ends = {
            its
            for each in self._cables
            if each.kind in (PEER_OF, CONNECTS_TO)
            for its in (each.source, each.target)
            if its in self._devices and self._devices[its].kind in SWITCHES | ROUTERS
        }
        named = {*self._routers, *ends, *self._stations} - set(self.own)
        return {each: self._devices[each] for each in sorted(named & self._devices.keys())}

    def is_between(self, dot: Dot) -> bool:
        """Whether a device is drawn for what hangs on it, and not as one of a network's."""
        return dot.device_id in self._between or dot.device_id in self.own

    def is_router(self, dot: Dot) -> bool:
        """Whether networks lie behind it."""
        return dot.device_id in self._routers or dot.kind in ROUTERS

    def drawn(
        self,
        dots: Mapping[Place, Sequence[Dot]],
        loose: Mapping[str, Sequence[Dot]],
        hanging: Iterable[Cable] = (),
    ) -> Drawn:
        """The whole of it.

        :param dots: the devices of the networks that are open.
        :param loose: by site, devices of which no network is known.
        :param hanging: on which switch those devices hang.
        """
        hanging = tuple(each for each in hanging if each.node_id not in self._blind)
        self._on = {each.source: each.target for each in hanging if each.source and each.target}
        sections = tuple(self._section(site, dots, loose.get(site, ())) for site in self._sites)
        blocks = tuple(self._block(each) for each in sections)
        return Drawn(sections, blocks, tuple(self._lines(sections, hanging)))

    def _section(
        self, site: str, dots: Mapping[Place, Sequence[Dot]], loose: Sequence[Dot]
    ) -> Section:
        rows = [
            Row(
                each,
                tuple(
                    self._devices[router]
                    for router, behind in self._routers.items()
                    if router in self._between
                    and (each.place in behind or self._home(router) == each.place)
                ),
                tuple(one for one in dots.get(each.place, ()) if not self.is_between(one)),
                each.place in dots,
                max(0, (each.devices or 0) - len(dots[each.place])) if each.place in dots else 0,
            )
            for each in self._subnets
            if each.place.site == site
        ]
        here = [each for each in self._lookers.values() if each.site == site]
        placed: dict[str, Place] = {}
        views = [(row, view) for row in rows for view in drawn_views(row.subnet)]
        for row, view in sorted(views, key=lambda each: DEPTHS.index(each[1].depth)):
            placed.setdefault(view.looker.node_id, row.subnet.place)
        blind = tuple(each for each in here if is_blind(each))
        homeless = tuple(each for each in here if each.node_id not in placed and not is_blind(each))
        between = (each for each in self._between.values() if each.site == site)
        switches = tuple(sorted(map(self._switch, between), key=in_order))
        return Section(
            site,
            tuple(rows),
            switches,
            blind,
            homeless,
            tuple(one for one in loose if not self.is_between(one)),
            placed,
        )

    def _home(self, its: str) -> Place | None:
        dot = self._devices.get(its)
        return None if dot is None else self.homes.of(dot.site, dot.address)

    def _switch(self, dot: Dot) -> Switch:
        its = dot.device_id
        tied: defaultdict[str, dict[str, None]] = defaultdict(dict)
        for each in self._wired.get(its, ()):
            other = each.target if each.source == its else each.source
            if other is not None and other != its:
                tied[self._called(other)][ports(each.raw)] = None
        stations = self._stations.get(its, 0)
        cables = tuple(f"{name} {ends}".strip() for name in tied for ends in fullest(tied[name]))
        return Switch(dot, self.is_router(dot), stations, self._home(its), cables)

    def _called(self, its: str) -> str:
        if its in self.own:
            return self._lookers[self.own[its]].name
        return self._devices[its].name if its in self._devices else "a device"

    # -- marks

    def _block(self, section: Section) -> Block:
        inside: defaultdict[Place, list[Mark]] = defaultdict(list)
        for row in section.rows:
            for view in drawn_views(row.subnet):
                if section.homes[view.looker.node_id] == row.subnet.place:
                    inside[row.subnet.place].append(self.of_node(view.looker))
        top = []
        for each in section.switches:
            if each.is_router or each.place is None:
                top.append(self.of_switch(each))
            else:
                inside[each.place].append(self.of_switch(each))
        nets = tuple(self._net(row, inside[row.subnet.place]) for row in section.rows)
        loose = [self.of_node(each) for each in (*section.homeless, *section.blind)]
        loose += [self.of_dot(each) for each in section.loose]
        mark = Mark(f"site:{section.site}", "site", short(section.site))
        return Block(mark, tuple(top), nets, tuple(loose))

    def _net(self, row: Row, members: Sequence[Mark]) -> Net:
        place, subnet = row.subnet.place, row.subnet
        count = "" if subnet.devices is None else f"\n{many(subnet.devices, 'device')}"
        says = coverage_rules.SAYS[subnet.state]
        if row.is_open:
            mark = Mark(net_id(place), "subnet", str(place.network), subnet.state, says)
            within = self._by_switch(members, row.dots)
            if row.more:
                label = f"{row.more} more"
                more = Mark(f"more:{place.key}", "more", label, "", "", self._ways.listed(place))
                within.append(more)
            return Net(mark, tuple(within), is_open=True)
        label = f"{place.network}{count}"
        href = self._ways.opened(place) if subnet.devices else None
        mark = Mark(net_id(place), "subnet", label, subnet.state, says, href)
        left = len(members) - MOST_MEMBERS
        shown = list(members[:MOST_MEMBERS])
        if left > 0:
            shown.append(Mark(f"more:{place.key}", "more", f"{left} more", "", "", href))
        return Net(mark, tuple(shown))

    def _by_switch(self, members: Sequence[Mark], dots: Sequence[Dot]) -> list[Mark]:
        """What stands in an open network: each switch with what hangs on it, then the others."""
        behind: defaultdict[str, list[Mark]] = defaultdict(list)
        others: list[Mark] = []
        there = {each.id for each in members}
        for each in dots:
            its = f"device:{self._on.get(each.device_id)}"
            (behind[its] if its in there else others).append(self.of_dot(each))
        return [
            *(one for each in members for one in (each, *behind[each.id])),
            *others,
        ]

    def of_node(self, looker: Looker) -> Mark:
        """A node: whether it sees is in its shape, its line and its words."""
        says = {Answer.YES: "sees the LAN", Answer.NO: "blind", Answer.UNKNOWN: "not proven"}
        told = says[looker.answer] if looker.is_here else "away"
        state = looker.answer.value if looker.is_here else "away"
        label = f"{short(looker.name)}\n{told}"
        return Mark(node_id(looker), "node", label, state, told, self._ways.node(looker.node_id))

    def of_dot(self, dot: Dot) -> Mark:
        """A device."""
        at = f"\n{dot.address}" if dot.address and dot.address != dot.name else ""
        state = "" if dot.present else "gone"
        href = self._ways.device(dot.device_id)
        return Mark(device_id(dot), dot.kind, f"{short(dot.name)}{at}", state, dot.kind, href)

    def of_switch(self, switch: Switch) -> Mark:
        """A router or a switch, with how many hang on it."""
        mark = self.of_dot(switch.dot)
        kind = "router" if switch.is_router else "switch"
        label = short(switch.dot.name)
        if switch.stations:
            label += f"\n{many(switch.stations, 'station')}"
        return mark._replace(kind=kind, label=label)

    # -- lines

    def _lines(self, sections: Sequence[Section], hanging: Iterable[Cable]) -> Iterable[Line]:
        for section in sections:
            for row in section.rows:
                place = row.subnet.place
                for view in drawn_views(row.subnet):
                    if row.is_open and section.homes[view.looker.node_id] == place:
                        continue  # it stands in the box
                    yield Line(node_id(view.looker), net_id(place), LINES[view.depth])
                for router in row.routers:
                    stands = self._home(router.device_id) == place
                    yield Line(device_id(router), net_id(place), "stands" if stands else "routes")
                for switch in section.switches:
                    if switch.place == place and not switch.is_router and not row.is_open:
                        yield Line(device_id(switch.dot), net_id(place), "stands")
        yield from self._wires(hanging)

    def _wires(self, hanging: Iterable[Cable]) -> Iterable[Line]:
        said: set[frozenset[str]] = set()
        for each, kind in (
            *((each, "cable") for each in self._cables),
            *((each, "hangs") for each in hanging),
        ):
            if each.kind == ROUTES_THROUGH or not each.source or not each.target:
                continue
            ends = frozenset((each.source, each.target))
            if len(ends) < 2 or ends in said:
                continue
            said.add(ends)
            source, target = (self._element(its) for its in (each.source, each.target))
            yield Line(source, target, kind, ports(each.raw))

    def _element(self, its: str) -> str:
        return f"node:{self.own[its]}" if its in self.own else f"device:{its}"


def fullest(told: Iterable[str]) -> list[str]:
    """The ends of cables between two devices, without what another of them says too: LLDP names
    both ends of a cable, and the table of a switch one."""
    ends = {each: set(filter(None, each.split(BETWEEN_PORTS))) for each in told}
    return [each for each in ends if not any(ends[each] < other for other in ends.values())]


def in_order(one: Switch) -> tuple[bool, int, str]:
    """Routers first, then by address; what has none stands at the end."""
    ip = addresses.address(one.dot.address)
    return not one.is_router, int(ip) if ip is not None else 2**128, one.dot.name


def by_site(ground: Ground, ways: Ways) -> Drawn:
    """A fleet too large for its networks: one element a site."""
    blocks = []
    nets: defaultdict[str, int] = defaultdict(int)
    for each in ground.networks:
        nets[each.place.site] += 1
    for site in ground.sites:
        here = [each for each in ground.lookers.values() if each.site == site]
        state = site_state(here)
        told = [many(len(here), "node"), many(nets[site], "network")]
        if site in ground.totals:
            told.append(many(ground.totals[site].devices, "device"))
        mark = Mark(
            f"site:{site}", "place", "\n".join((short(site), *told)), state, "", ways.site(site)
        )
        blocks.append(Block(mark))
    return Drawn((), tuple(blocks), ())


def site_state(lookers: Sequence[Looker]) -> str:
    """How a site does: as the best of its nodes that is there."""
    answers = {each.answer for each in lookers if each.is_here}
    best = (each.value for each in (Answer.YES, Answer.UNKNOWN, Answer.NO) if each in answers)
    return next(best, "away")
