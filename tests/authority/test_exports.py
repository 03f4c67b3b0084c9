"""What an Authority's store has, as exporters take it: by the way that a real sweep goes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from dpf_edge.authority import exports
from dpf_edge.authority.identity import sighting
from dpf_edge.discovery.items import Own, items
from dpf_edge.export import swept
from dpf_edge.export.exporters import exporter
from dpf_edge.observed import Device, Observation
from dpf_edge.store import open_store
from dpf_edge.wire import discovery
from tests.store.fleet import Clock, Fleet, thing
from tests.test_export_cases import CASES

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from dpf_edge.export.inventory import Entry, Inventory
    from dpf_edge.store.kept import Store


class Sweep(msgspec.Struct):
    """A sweep, with its devices and observations as discovery has them."""

    devices: tuple[Device, ...]
    observations: tuple[Observation, ...]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(tmp_path: Path, clock: Clock) -> Iterator[Store]:
    with open_store(f"sqlite:///{tmp_path / 'store.db'}", clock=clock, sight=sighting) as opened:
        yield opened


@pytest.fixture
def fleet(store: Store, clock: Clock) -> Fleet:
    return Fleet(store, clock)


def report(fleet: Fleet, sweep: str, site: str = "default") -> None:
    """Send a recorded sweep as a node of a site does."""
    node = fleet.enrolled(site).node_id
    read = msgspec.json.decode((CASES / f"{sweep}.json").read_bytes(), type=Sweep)
    seen = items(read.devices, read.observations, Own("host:edge-1", "linux", "f" * 64))
    fleet.submit(
        node,
        *(
            discovery.Item(
                observed_key=each.key,
                item_type=each.kind,
                name=each.name,
                confidence=each.confidence,
                raw_data=discovery.raw(each.attributes),
            )
            for each in seen.things
        ),
        links=[
            discovery.Relationship(
                from_observed_key=each.source,
                to_observed_key=each.target,
                relationship_type=each.kind,
                raw_data=discovery.raw(dict(each.attributes)),
            )
            for each in seen.links
        ],
    )


def known(inventory: Inventory) -> dict[str, Entry]:
    """Devices by what they are called."""
    return {each.title: each for each in inventory.devices}


def hangs(inventory: Inventory) -> set[tuple[Any, ...]]:
    """How it hangs together, by what devices are called."""
    called = {each.key: each.title for each in inventory.devices}
    called |= {each.key: each.prefix for each in inventory.networks}
    return {
        (called[each.source], each.kind, called[each.target], each.port, each.far_port)
        for each in inventory.edges
    }


def test_what_a_sweep_found_comes_out_of_the_store_as_it_went_in(
    store: Store, fleet: Fleet, clock: Clock
) -> None:
    swept_office = swept.inventory((CASES / "office.json").read_bytes(), "office")
    report(fleet, "office")

    with exports.inventory(store, now=clock.now) as kept:
        was, now = known(swept_office), known(kept)
        assert was.keys() == now.keys()
        for name, entry in was.items():
            found = now[name]
            assert entry.kind == found.kind
            assert entry.roles == found.roles
            assert entry.names == found.names
            assert [each.port for each in entry.services] == [each.port for each in found.services]
            assert [each.product for each in entry.services] == [
                each.product for each in found.services
            ]
            assert entry.reachable == found.reachable
            assert entry.said("model", "os") == found.said("model", "os")
            assert ("default", entry.macs[:1]) == (found.site, found.macs[:1])
        assert [each.prefix for each in swept_office.networks] == [
            each.prefix for each in kept.networks
        ]
        assert {each for each in hangs(swept_office) if each[1] != "ROUTES_THROUGH"} <= hangs(kept)


def test_every_exporter_takes_a_store(store: Store, fleet: Fleet, clock: Clock) -> None:
    report(fleet, "office")

    with exports.inventory(store, now=clock.now) as kept:
        made = {name: "".join(function(kept)) for name, function in exporter.all().items()}

    for name, text in made.items():
        assert "sw-office" in text, name
    assert ",default,2026-01-02T03:04:05.000Z,2026-01-02T03:04:05.000Z,device_" in made["csv"]


def test_two_nodes_of_a_site_tell_of_one_network_once(
    store: Store, fleet: Fleet, clock: Clock
) -> None:
    report(fleet, "office")
    report(fleet, "office")

    with exports.inventory(store, now=clock.now) as kept:
        edges = list(kept.edges)
        assert len(edges) == len(set(edges))
        assert 3 == len(kept.networks)
        assert 1 == [each.title for each in kept.devices].count("sw-office")


def test_two_sites_are_drawn_apart(store: Store, fleet: Fleet, clock: Clock) -> None:
    for site in ("berlin", "rome"):
        report(fleet, "office", site)

    with exports.inventory(store, now=clock.now) as kept:
        text = "".join(exporter.all()["mermaid"](kept))
        assert '"192.168.40.0/24 · berlin"' in text
        assert '"192.168.40.0/24 · rome"' in text
    with exports.inventory(store, now=clock.now, site="rome") as kept:
        assert {"rome"} == {each.site for each in kept.devices}
        assert {"rome"} == {each.site for each in kept.networks}


def test_what_a_published_node_sends_is_understood(
    store: Store, fleet: Fleet, clock: Clock
) -> None:
    node = fleet.enrolled().node_id
    fleet.submit(
        node,
        thing(
            "arp:192.168.50.1",
            "LAN Host 192.168.50.1",
            address="192.168.50.1",
            mac="24:5a:4c:00:00:01",
            vendor="Ubiquiti Inc",
            isGateway=True,
        ),
        thing("snmp:192.168.50.2", "ap", "wireless_ap", address="192.168.50.2", services="none"),
        thing("subnet:192.168.50.0/24", "LAN", "subnet", networkAddress="192.168.50.0/24"),
        thing("subnet:odd", "odd", "subnet"),
        links=[
            discovery.Relationship(
                from_observed_key="arp:192.168.50.1",
                to_observed_key="subnet:192.168.50.0/24",
                relationship_type="MEMBER_OF",
            )
        ],
    )

    with exports.inventory(store, now=clock.now) as kept:
        one, two = sorted(kept.devices, key=lambda each: each.addresses)
        assert ("Ubiquiti Inc", ("gateway",), None) == (one.maker, one.roles, one.kind)
        assert ("access-point", ()) == (two.kind, two.services)
        assert ["192.168.50.0/24", "subnet:odd"] == [each.prefix for each in kept.networks]
        assert [(one.key, "192.168.50.0/24@default", "MEMBER_OF")] == [
            each[:3] for each in kept.edges
        ]
