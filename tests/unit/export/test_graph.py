"""An inventory as a graph: where each device is drawn, and which lines there are."""

from __future__ import annotations

from dpf_edge.export.graph import Graph, drawn
from dpf_edge.export.inventory import Edge, Entry, Inventory, Network

LAN = Network("lan", "192.168.1.0/24")
WIDE = Network("wide", "192.168.0.0/16")
FAR = Network("far", "10.0.0.0/8")


def boxes(graph: Graph) -> dict[str, list[str]]:
    """What stands in each box."""
    return {box.label: [node.lines[0] for node in box.nodes] for box in graph.boxes}


def lines(graph: Graph) -> list[tuple[str, str, str]]:
    """The lines without how they are drawn."""
    return [line[:3] for line in graph.lines]


def test_a_device_is_drawn_in_the_narrowest_network_of_its_best_address() -> None:
    devices = (
        Entry("a", ("192.168.1.5", "10.0.0.5")),
        Entry("b", ("192.168.2.5",)),
        Entry("c", ("172.16.0.1",)),
        Entry("d", macs=("02:00:00:00:00:01",)),
    )

    graph = drawn(Inventory(devices, (FAR, WIDE, LAN)))

    assert {
        "10.0.0.0/8": [],
        "192.168.0.0/16": ["192.168.2.5"],
        "192.168.1.0/24": ["192.168.1.5"],
    } == boxes(graph)
    assert ["172.16.0.1", "02:00:00:00:00:01"] == [node.lines[0] for node in graph.loose]


def test_what_stands_between_networks_is_drawn_outside_of_them() -> None:
    devices = (
        Entry("by-addresses", ("192.168.1.1", "10.0.0.1"), kind="router"),
        Entry("by-route", ("192.168.1.2",)),
        Entry("own-gateway", ("192.168.1.3",), roles=("gateway",)),
    )
    edges = (Edge("far", "by-route", "ROUTES_THROUGH"), Edge("by-route", "far", "MEMBER_OF"))

    graph = drawn(Inventory(devices, (LAN, FAR), edges))

    assert {"192.168.1.0/24": ["192.168.1.3"], "10.0.0.0/8": []} == boxes(graph)
    assert [("n1", "d1", "routes through")] == lines(graph)


def test_two_sites_may_have_one_prefix() -> None:
    sites = ("berlin", "rome")
    networks = tuple(Network(site, "192.168.1.0/24", site) for site in sites)
    devices = tuple(Entry(site, ("192.168.1.1",), (), (site,), site=site) for site in sites)

    graph = drawn(Inventory(devices, networks))

    assert {
        "192.168.1.0/24 · berlin": ["berlin"],
        "192.168.1.0/24 · rome": ["rome"],
    } == boxes(graph)


def test_a_device_has_no_line_to_the_network_that_it_is_drawn_in() -> None:
    devices = (Entry("a", ("192.168.1.5",)),)
    edges = [Edge("a", each, "MEMBER_OF") for each in ("lan", "far")]
    edges.append(Edge("lan", "a", "HOSTS"))

    assert [("d0", "n1", "member of")] == lines(drawn(Inventory(devices, (LAN, FAR), edges)))


def test_a_cable_is_drawn_once_whoever_tells_of_it() -> None:
    devices = tuple(Entry(each) for each in "abc")
    edges = (
        Edge("a", "b", "PEER_OF", "1", "g3"),
        Edge("b", "a", "PEER_OF", "g3", "1"),
        Edge("b", "a", "PEER_OF", "g3"),
        Edge("a", "b", "CONNECTS_TO", None, "g3"),
        Edge("a", "b", "CONNECTS_TO"),
        Edge("a", "b", "PEER_OF", "2", "g4"),
        Edge("c", "b", "CONNECTS_TO"),
    )

    graph = drawn(Inventory(devices, (), edges))

    assert [("d0", "d1", "1 – g3"), ("d0", "d1", "2 – g4"), ("d1", "d2", "")] == lines(graph)
    assert all(line.is_cable for line in graph.lines)


def test_an_edge_to_what_is_not_there_is_not_drawn() -> None:
    edges = (Edge("a", "gone", "PEER_OF"), Edge("gone", "a", "HOSTS"))

    assert () == drawn(Inventory((Entry("a"),), (), edges)).lines


def test_a_network_that_is_none_and_a_device_of_which_nothing_is_to_be_seen_have_their_place() -> (
    None
):
    graph = drawn(Inventory((Entry("\u200b"),), (Network("x", "no\nprefix"),)))

    assert ["no prefix"] == [box.label for box in graph.boxes]
    assert [("d0",)] == [node.lines for node in graph.loose]
