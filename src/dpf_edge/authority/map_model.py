"""What a map holds before it is drawn: sites with networks, and what stands between. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from dpf_edge import addresses
from dpf_edge.authority.coverage_rules import Depth
from dpf_edge.authority.network_claims import How
from dpf_edge.export import told
from dpf_edge.model import Answer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from dpf_edge.authority.coverage_rules import Looker, Subnet, View
    from dpf_edge.authority.map_layout import Block, Line
    from dpf_edge.authority.network_claims import Place
    from dpf_edge.store.cables import Dot

# How the nodes that stand on a network are tied to it.
LINES = {Depth.LAYER_2: "sees", Depth.UNPROVEN: "unproven", Depth.AWAY: "away"}
BETWEEN_PORTS = " – "
# What a port may be called; ours are names of interfaces.
MOST_PORT = 24


class Ways(NamedTuple):
    """Where clicks lead."""

    device: Callable[[str], str]
    node: Callable[[str], str]
    opened: Callable[[Place], str]
    site: Callable[[str], str]
    listed: Callable[[Place], str]


class Switch(NamedTuple):
    """What stands between networks, or between a network's devices."""

    dot: Dot
    is_router: bool
    stations: int
    place: Place | None
    cables: tuple[str, ...]
    """What it is tied to, in words: a name and the ports."""


class Row(NamedTuple):
    """A network with what is known of it, drawn or listed."""

    subnet: Subnet
    routers: tuple[Dot, ...]
    dots: tuple[Dot, ...] = ()
    is_open: bool = False
    more: int = 0
    """Devices that an open network has beyond those that are shown."""


class Section(NamedTuple):
    """A site with all that is drawn of it."""

    site: str
    rows: tuple[Row, ...]
    switches: tuple[Switch, ...]
    blind: tuple[Looker, ...]
    homeless: tuple[Looker, ...]
    """Nodes that may see, but of no network that is known."""
    loose: tuple[Dot, ...]
    """Devices of which no network is known; only where all devices are drawn."""
    homes: Mapping[str, Place]
    """The network that each node is drawn in: the first of those that it sees best."""


class Drawn(NamedTuple):
    """A map, before it has places."""

    sections: tuple[Section, ...]
    blocks: tuple[Block, ...]
    lines: tuple[Line, ...]


class Homes:
    """The networks of a survey, by what lies in them: the narrowest counts."""

    def __init__(self, places: Iterable[Place]) -> None:
        self._by: dict[tuple[str, int, int, int], Place] = {}
        lengths: dict[int, set[int]] = {4: set(), 6: set()}
        for each in places:
            net = each.network
            lengths[net.version].add(net.prefixlen)
            spare = net.max_prefixlen - net.prefixlen
            number = int(net.network_address) >> spare
            self._by[each.site, net.version, net.prefixlen, number] = each
        self._lengths = {key: sorted(some, reverse=True) for key, some in lengths.items()}

    def of(self, site: str, text: str | None) -> Place | None:
        """The network that an address of a site lies in."""
        ip = addresses.address(text)
        if ip is None:
            return None
        for length in self._lengths[ip.version]:
            number = int(ip) >> (ip.max_prefixlen - length)
            found = self._by.get((site, ip.version, length, number))
            if found is not None:
                return found
        return None


def node_id(looker: Looker) -> str:
    """A node's element."""
    return f"node:{looker.node_id}"


def device_id(dot: Dot) -> str:
    """A device's element."""
    return f"device:{dot.device_id}"


def net_id(place: Place) -> str:
    """A network's element."""
    return f"net:{place.key}"


def ports(raw: str | None) -> str:
    """Both ends of a cable in words; empty where neither is told."""
    ends = [(each or "")[:MOST_PORT] for each in told.ports(raw)]
    return BETWEEN_PORTS.join(filter(None, ends))


def is_blind(looker: Looker) -> bool:
    """Whether a node says that it does not see the LAN."""
    return looker.answer is Answer.NO


def drawn_views(subnet: Subnet) -> list[View]:
    """The nodes that stand on a network. A blind one does not, wherever it stood before."""
    return [
        each
        for each in subnet.views
        if each.depth in LINES
        and not is_blind(each.looker)
        and (each.how is How.STANDS or each.depth is Depth.LAYER_2)
    ]


def many(count: int, one: str) -> str:
    """A number of something."""
    spelt = f"{count:,}".replace(",", " ")
    return f"{spelt} {one}{'' if count == 1 else 's'}"
