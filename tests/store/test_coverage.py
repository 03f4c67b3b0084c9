"""Which networks nodes tell of, how many devices stand in each, and who found them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dpf_edge.store import coverage
from dpf_edge.store.coverage import Range, Swept, Tally

from .fleet import same, thing

if TYPE_CHECKING:
    import pytest

    from dpf_edge.store.kept import Store
    from dpf_edge.wire import discovery

    from .fleet import Clock, Fleet

LAN = Range("default", "192.168.50.0", "192.168.50.255")
BESIDE = Range("default", "192.168.5.0", "192.168.5.255")


def at(address: str, number: int, **raw: Any) -> discovery.Item:
    """A device at an address."""
    mac = f"24:5a:4c:00:{number >> 8:02x}:{number & 255:02x}"
    return thing(f"arp:{address}", f"host-{number}", address=address, mac=mac, **raw)


def test_networks_come_with_who_tells_of_them(store: Store, fleet: Fleet) -> None:
    one, other = (fleet.enrolled(site).node_id for site in ("rome", "berlin"))
    net = thing("subnet:192.168.50.0/24", "net", "subnet", discoveredVia="interface")
    fleet.submit(one, net, at("192.168.50.7", 1))
    fleet.submit(other, net, thing("port", "gi0/1", "switch_port", confidence=0.1))

    found = store.coverage.networks()

    assert [("berlin", other), ("rome", one)] == [(each.site, each.node_id) for each in found]
    assert {"subnet:192.168.50.0/24"} == {each.observed_key for each in found}
    assert '{"discoveredVia":"interface"}' == found[0].raw
    assert [one] == [each.node_id for each in store.coverage.networks(site="rome")]


def test_a_network_that_is_not_reported_any_more_is_not_told_of(
    store: Store, fleet: Fleet, clock: Clock
) -> None:
    node = fleet.enrolled().node_id
    fleet.submit(node, thing("subnet:10.0.0.0/24", "net", "subnet"), at("10.0.0.1", 1))
    clock.on(300)
    fleet.submit(node, at("10.0.0.1", 1))

    assert () == store.coverage.networks()


def test_devices_are_counted_by_ranges_of_addresses(store: Store, fleet: Fleet) -> None:
    node = fleet.enrolled().node_id
    addresses = ["192.168.50.1", "192.168.50.99", "192.168.50.255", "192.168.5.7", "192.168.51.0"]
    fleet.submit(node, *(at(each, number) for number, each in enumerate(addresses)))

    assert (Tally(3, 3), Tally(1, 1)) == store.coverage.counts([LAN, BESIDE])
    assert {"default": Tally(5, 5)} == store.coverage.totals()
    assert () == store.coverage.counts([])


def test_the_same_range_of_two_sites_is_counted_twice(store: Store, fleet: Fleet) -> None:
    for site, most in (("rome", 2), ("berlin", 3)):
        node = fleet.enrolled(site).node_id
        fleet.submit(node, *(at(f"192.168.50.{n}", n) for n in range(1, 1 + most)))

    asked = [LAN._replace(site=site) for site in ("berlin", "nowhere", "rome")]

    assert [3, 0, 2] == [each.devices for each in store.coverage.counts(asked)]
    assert {"rome": Tally(2, 2)} == store.coverage.totals(site="rome")


def test_what_is_missed_is_not_present_and_what_is_gone_is_not_counted(
    store: Store, fleet: Fleet, clock: Clock
) -> None:
    store.settings.put("gone-after-seconds", "600")
    node = fleet.enrolled().node_id
    fleet.submit(node, at("192.168.50.1", 1), at("192.168.50.2", 2))
    clock.on(60)
    fleet.submit(node, at("192.168.50.1", 1))

    assert (Tally(2, 1),) == store.coverage.counts([LAN])
    for _ in range(3):
        clock.on(400)
        fleet.submit(node, at("192.168.50.1", 1))
    assert (Tally(1, 1),) == store.coverage.counts([LAN])
    assert {"default": Tally(1, 1)} == store.coverage.totals()


def test_who_found_the_devices_of_a_range(
    store: Store, fleet: Fleet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(coverage, "SAMPLE", 2)
    one, other = (fleet.enrolled().node_id for _ in range(2))
    fleet.submit(one, *(at(f"192.168.50.{n}", n, discoveredVia="arp_scan") for n in (1, 2, 3)))
    fleet.submit(other, at("192.168.50.2", 2, discoveredVia="snmp_poll"), at("192.168.5.9", 9))

    found = store.coverage.finders([BESIDE, LAN])

    assert [(0, other), (1, one), (1, one), (1, other)] == sorted(
        ((each.place, each.node_id) for each in found),
        key=lambda each: (each[0], [one, other].index(each[1])),
    )
    assert all("discoveredVia" in each.raw for each in found if each.place == 1)
    assert {"arp:192.168.50.1", "arp:192.168.50.2", "arp:192.168.5.9"} == {
        each.observed_key for each in found
    }
    assert () == store.coverage.finders([])


def test_what_a_node_tells_while_it_is_blind_is_no_network_and_no_device_of_the_lan(
    store: Store, fleet: Fleet, clock: Clock
) -> None:
    node, other = (fleet.enrolled().node_id for _ in range(2))
    net, inner = (thing(f"subnet:10.{n}.0.0/24", "net", "subnet") for n in (1, 2))
    fleet.submit(node, net, at("192.168.50.1", 1))
    before = clock.now
    clock.on(300)
    fleet.submit(node, inner, at("192.168.50.2", 2), complete=False)
    fleet.submit(other, at("192.168.50.3", 3), complete=False)

    told = store.coverage.networks()
    shown = store.topology.dots("default", 10, within=LAN)

    assert ["subnet:10.1.0.0/24"] == [each.observed_key for each in told]
    assert ["arp:192.168.50.1"] == [each.observed_key for each in store.coverage.finders([LAN])]
    assert {node: Swept(before, before)} == store.coverage.swept()
    assert ["192.168.50.1"] == [each.address for each in shown]
    assert () == store.topology.dots("default", 10, blind=[node])


def test_devices_of_blind_nodes_do_not_push_the_others_out(store: Store, fleet: Fleet) -> None:
    blind, sees = (fleet.enrolled().node_id for _ in range(2))
    fleet.submit(blind, *(at(f"192.168.50.{n}", n) for n in (1, 2, 3)))
    fleet.submit(sees, *(at(f"192.168.50.{n}", n) for n in (3, 7, 8)))

    shown = store.topology.dots("default", 2, blind=[blind])

    assert ["192.168.50.3", "192.168.50.7"] == [each.address for each in shown]


def test_no_number_of_blind_devices_pushes_the_others_out(store: Store, fleet: Fleet) -> None:
    blind, sees, told = (fleet.enrolled().node_id for _ in range(3))
    fleet.submit(blind, *(at(f"192.168.50.{n}", n) for n in range(1, 40)))
    fleet.submit(told, *(at(f"192.168.50.{n}", n) for n in range(40, 80)), complete=False)
    fleet.submit(sees, at("192.168.50.200", 200, discoveredVia="icmp_echo"))

    shown = store.topology.dots("default", 2, within=LAN, blind=[blind])
    found = store.coverage.finders([LAN], blind=[blind])

    assert ["192.168.50.200"] == [each.address for each in shown]
    assert [(0, sees, "arp:192.168.50.200")] == [each[:3] for each in found]


def test_a_device_that_a_blind_node_tells_of_too_is_a_sample_by_the_other(
    store: Store, fleet: Fleet
) -> None:
    blind, sees = (fleet.enrolled().node_id for _ in range(2))
    fleet.submit(blind, at("192.168.50.7", 7))
    fleet.submit(sees, at("192.168.50.7", 7))

    assert [sees] == [each.node_id for each in store.coverage.finders([LAN], blind=[blind])]
    assert {blind, sees} == {each.node_id for each in store.coverage.finders([LAN])}
    assert () == store.coverage.finders([LAN], blind=[blind, sees])


def test_a_sweep_that_came_in_parts_is_one_with_all_its_warnings(
    store: Store, fleet: Fleet, clock: Clock
) -> None:
    node = fleet.enrolled().node_id
    observed = clock.now
    fleet.submit(node, at("192.168.50.1", 1), warnings=("one",))
    clock.on(60)
    fleet.submit(node, at("192.168.50.2", 2), observed_at=observed, warnings=("two",))

    assert {node: Swept(observed, clock.now, ("one", "two"))} == store.coverage.swept()


def test_what_a_node_says_of_its_machine_is_told_with_the_part_that_it_stands_in(
    store: Store, fleet: Fleet, clock: Clock
) -> None:
    sees, blind = (fleet.enrolled().node_id for _ in range(2))
    fleet.submit(sees, thing("host:linux:1", lanAnswer="yes"), at("192.168.50.1", 1))
    fleet.submit(blind, thing("host:linux:2", lanAnswer="yes"), at("192.168.50.2", 2))
    clock.on(300)
    fleet.submit(blind, thing("host:linux:2", lanAnswer="no"), complete=False)

    told = {each.node_id: each for each in store.coverage.machines([sees, blind])}

    assert (False, '{"lanAnswer":"yes"}') == told[sees][1:]
    assert (True, '{"lanAnswer":"no"}') == told[blind][1:]
    assert () == store.coverage.machines([])


# -- what a drawing needs


def test_routes_and_cables_lead_to_devices(store: Store, fleet: Fleet) -> None:
    node = fleet.enrolled().node_id
    fleet.submit(
        node,
        at("10.0.0.1", 1),
        at("10.0.0.2", 2),
        *(at(f"10.0.0.{n}", n) for n in range(10, 15)),
        thing("subnet:10.0.1.0/24", "net", "subnet"),
        links=[
            same("subnet:10.0.1.0/24", "arp:10.0.0.1", "ROUTES_THROUGH"),
            same("arp:10.0.0.2", "arp:10.0.0.1", "PEER_OF"),
            *(same(f"arp:10.0.0.{n}", "arp:10.0.0.2", "CONNECTS_TO") for n in range(10, 15)),
        ],
    )
    ids = {each.addresses[0]: each.device_id for each in fleet.devices()}

    found = store.topology.backbone([node])
    told = {(each.kind, each.source, each.target) for each in found.cables}

    assert {
        ("ROUTES_THROUGH", None, ids["10.0.0.1"]),
        ("PEER_OF", ids["10.0.0.2"], ids["10.0.0.1"]),
    } == told
    assert {ids["10.0.0.2"]: 5} == found.stations
    assert {"10.0.0.1", "10.0.0.2"} == {each.address for each in found.devices.values()}
    assert not found.is_cut
    assert {} == store.topology.backbone([node], stations=False).stations
    assert () == store.topology.backbone([]).cables


def test_a_switch_that_hangs_on_a_switch_is_a_cable_and_no_number_alone(
    store: Store, fleet: Fleet
) -> None:
    node = fleet.enrolled().node_id
    fleet.submit(
        node,
        *(at(f"10.0.0.{n}", n) for n in (1, 2, 10)),
        links=[
            same("arp:10.0.0.10", "arp:10.0.0.2", "CONNECTS_TO"),
            same("arp:10.0.0.2", "arp:10.0.0.1", "CONNECTS_TO"),
        ],
    )

    found = store.topology.backbone([node])

    assert [("arp:10.0.0.2", "arp:10.0.0.1")] == [
        (each.source_key, each.target_key) for each in found.cables
    ]


def test_on_which_switch_devices_hang(store: Store, fleet: Fleet) -> None:
    node = fleet.enrolled().node_id
    fleet.submit(
        node,
        *(at(f"10.0.0.{n}", n) for n in (2, 10, 11)),
        links=[same(f"arp:10.0.0.{n}", "arp:10.0.0.2", "CONNECTS_TO") for n in (10, 11)],
    )
    ids = {each.addresses[0]: each.device_id for each in fleet.devices()}

    found = store.topology.hanging("default", [ids["10.0.0.10"]])

    assert [(ids["10.0.0.10"], ids["10.0.0.2"])] == [(each.source, each.target) for each in found]
    assert () == store.topology.hanging("default", [])


def test_the_first_devices_of_a_range_in_the_order_of_their_addresses(
    store: Store, fleet: Fleet
) -> None:
    node = fleet.enrolled().node_id
    fleet.submit(node, *(at(f"192.168.50.{n}", n) for n in (30, 4, 200)), at("192.168.5.1", 5))

    all_of_it = store.topology.dots("default", 10, within=LAN)
    some = store.topology.dots("default", 2)

    assert ["192.168.50.4", "192.168.50.30", "192.168.50.200"] == [
        each.address for each in all_of_it
    ]
    assert ["192.168.5.1", "192.168.50.4"] == [each.address for each in some]
    assert all(each.present for each in all_of_it)
    assert () == store.topology.dots("elsewhere", 10)
