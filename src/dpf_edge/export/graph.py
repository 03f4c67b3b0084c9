"""An inventory as a graph to draw: a box a network, a node a device, a line a relation. Pure."""

from __future__ import annotations

import ipaddress
from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

from dpf_edge.export.inventory import parsed
from dpf_edge.export.text import plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from dpf_edge.export.inventory import Edge, Entry, Inventory, Network

MEMBER_OF, ROUTES_THROUGH = "MEMBER_OF", "ROUTES_THROUGH"
# The two ends of a cable, and a station behind a port or a radio.
CABLES = frozenset({"PEER_OF", "CONNECTS_TO"})
# What stands between networks is drawn outside of them.
BETWEEN = frozenset({"router", "gateway", "firewall"})
# A label's line; longer ones make a picture that nobody reads.
MOST_LABEL = 40


class Node(NamedTuple):
    """A device to draw: its mark in the graph's text, and the lines of its label."""

    mark: str
    lines: tuple[str, ...]
    kind: str | None


class Line(NamedTuple):
    """A relation to draw, between two marks."""

    source: str
    target: str
    label: str
    is_cable: bool


class Box(NamedTuple):
    """A network to draw around its devices."""

    mark: str
    label: str
    nodes: tuple[Node, ...]


class Graph(NamedTuple):
    """All there is to draw: devices in boxes, those outside of any, and the lines."""

    boxes: tuple[Box, ...]
    loose: tuple[Node, ...]
    lines: tuple[Line, ...]


def drawn(inventory: Inventory) -> Graph:
    """The graph of an inventory; marks are made here and hold nothing from the network."""
    edges = tuple(inventory.edges)
    boxes = {each.key: f"n{number}" for number, each in enumerate(inventory.networks)}
    through = {
        edge.target for edge in edges if edge.kind == ROUTES_THROUGH and edge.source in boxes
    }
    places = Places(inventory.networks)
    marks = dict(boxes)
    homes: dict[str, str] = {}
    inside: dict[str, list[Node]] = {key: [] for key in boxes}
    loose: list[Node] = []
    for number, each in enumerate(inventory.devices):
        marks[each.key] = f"d{number}"
        home = None if each.key in through else places.home(each)
        if home:
            homes[each.key] = home
        (inside[home] if home else loose).append(node(each, marks[each.key]))
    routed = {(edge.target, edge.source) for edge in edges if edge.kind == ROUTES_THROUGH}
    shown = [
        edge
        for edge in edges
        if is_line(edge, homes) and {*edge[:2]} <= marks.keys()
        # That a network's router is in it goes without saying.
        if edge.kind != MEMBER_OF or edge[:2] not in routed
    ]
    has_sites = len({each.site for each in inventory.networks}) > 1
    return Graph(
        tuple(
            Box(boxes[each.key], title(each, has_sites=has_sites), tuple(inside[each.key]))
            for each in inventory.networks
        ),
        tuple(loose),
        tuple(dict.fromkeys((*cables(shown, marks), *relations(shown, marks)))),
    )


class Places:
    """Which network an address is in: found by its prefix, however many networks there are."""

    def __init__(self, networks: Iterable[Network]) -> None:
        self._keys: dict[tuple[str | None, int, int, int], str] = {}
        lengths: defaultdict[int, set[int]] = defaultdict(set)
        for each in networks:
            try:
                found = ipaddress.ip_network(each.prefix, strict=False)
            except ValueError:
                continue
            lengths[found.version].add(found.prefixlen)
            spot = (each.site, found.version, found.prefixlen, int(found.network_address))
            self._keys[spot] = each.key
        self._lengths = {version: sorted(some, reverse=True) for version, some in lengths.items()}

    def home(self, entry: Entry) -> str | None:
        """The key of the one network to draw a device in: the narrowest of its best address.

        A router that has addresses in several stands between them, and is drawn in none.
        """
        around = list(dict.fromkeys(self._around(entry)))
        if not around or (len(around) > 1 and BETWEEN & {*entry.roles, entry.kind}):
            return None
        return around[0]

    def _around(self, entry: Entry) -> Iterator[str]:
        """The narrowest network of each of its addresses."""
        for each in entry.addresses:
            ip = parsed(each)
            if ip is None:
                continue
            for length in self._lengths.get(ip.version, ()):
                start = int(ip) >> (ip.max_prefixlen - length) << (ip.max_prefixlen - length)
                found = self._keys.get((entry.site, ip.version, length, start))
                if found:
                    yield found
                    break


def is_line(edge: Edge, homes: dict[str, str]) -> bool:
    """Whether a relation is drawn: that a device is in its network, its box says."""
    return homes.get(edge.source) != edge.target and homes.get(edge.target) != edge.source


def node(entry: Entry, mark: str) -> Node:
    """A device with its name, its best address, and what it is."""
    about = " · ".join(filter(None, (entry.kind, entry.maker)))
    told = (entry.title, *entry.addresses[:1], about)
    lines = tuple(dict.fromkeys(line for each in told if (line := plain(each, MOST_LABEL))))
    return Node(mark, lines or (mark,), entry.kind)


def title(network: Network, *, has_sites: bool) -> str:
    """What stands at a network's box; its site where there are several."""
    told = plain(network.prefix, MOST_LABEL)
    return f"{told} · {plain(network.site, MOST_LABEL)}" if has_sites and network.site else told


def cables(edges: Iterable[Edge], marks: dict[str, str]) -> Iterator[Line]:
    """The cables, each once: both of its ends may tell of it, and know more or fewer ports."""
    found: dict[tuple[str, str], dict[tuple[str, str], None]] = {}
    for edge in edges:
        if edge.kind in CABLES:
            ends = (marks[edge.source], edge.port or ""), (marks[edge.target], edge.far_port or "")
            (one, port), (other, far_port) = sorted(ends, key=lambda end: (len(end[0]), end[0]))
            found.setdefault((one, other), {})[port, far_port] = None
    for (one, other), ports in found.items():
        whole = [each for each in ports if all(each)]
        known = [{each[0] for each in whole}, {each[1] for each in whole}]
        for port, far_port in ports:
            is_less = (port in known[0] and not far_port) or (far_port in known[1] and not port)
            if not is_less and (port or far_port or len(ports) == 1):
                told = " – ".join(plain(each, MOST_LABEL) for each in (port, far_port) if each)
                yield Line(one, other, told, is_cable=True)


def relations(edges: Iterable[Edge], marks: dict[str, str]) -> Iterator[Line]:
    """What hangs together otherwise than by a cable."""
    for edge in edges:
        if edge.kind not in CABLES:
            words = plain(edge.kind.lower().replace("_", " "), MOST_LABEL)
            yield Line(marks[edge.source], marks[edge.target], words, is_cable=False)
