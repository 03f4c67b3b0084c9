"""What happened to devices, and finding them again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from dpf_edge.store.finding import ORDERS

from .fleet import thing

if TYPE_CHECKING:
    from dpf_edge.store.kept import Store

    from .fleet import Clock, Fleet

MAC1, MAC2, MAC3 = (f"24:5a:4c:00:00:0{n}" for n in (1, 2, 3))


@pytest.fixture
def node(fleet: Fleet) -> str:
    return fleet.enrolled().node_id


def test_a_device_is_new_once(fleet: Fleet, node: str, clock: Clock) -> None:
    for n in range(3):
        fleet.submit(node, thing("a", "till", mac=MAC1, n=n))
        clock.on(300)

    assert [("new", None, "till")] == fleet.told()


def test_a_device_without_a_name_is_told_of_by_its_address(fleet: Fleet, node: str) -> None:
    fleet.submit(node, thing("a", mac=MAC1, address="192.168.50.2"), thing("b", uuid="u"))

    assert {("new", None, "192.168.50.2"), ("new", None, "host")} == set(fleet.told())


def test_a_device_that_is_missed_for_three_sweeps_is_gone(
    fleet: Fleet, node: str, clock: Clock
) -> None:
    fleet.submit(node, thing("a", "till", mac=MAC1))
    seen = clock.now
    for _ in range(2):
        clock.on(300)
        fleet.submit(node)
    assert [None] == [device.gone_at for device in fleet.devices()]

    clock.on(300)
    fleet.submit(node)

    assert [("new", None, "till"), ("gone", "till", None)] == fleet.told()
    device = fleet.one()
    assert (False, seen, clock.now) == (device.present, device.last_seen, device.gone_at)


def test_it_is_gone_once_and_unchanged_runs_say_so_too(
    fleet: Fleet, node: str, clock: Clock
) -> None:
    fleet.submit(node, thing("a", "till", mac=MAC1))
    for _ in range(10):
        clock.on(300)
        fleet.submit(node)

    assert [("new", None, "till"), ("gone", "till", None)] == fleet.told()


def test_how_long_a_device_is_missed_is_a_setting(
    store: Store, fleet: Fleet, node: str, clock: Clock
) -> None:
    store.settings.put("gone-after-seconds", "60")
    fleet.submit(node, thing("a", "till", mac=MAC1))
    for _ in range(2):
        clock.on(60)
        fleet.submit(node)

    assert ("gone", "till", None) == fleet.told()[-1]


def test_while_nobody_looks_no_device_is_gone(fleet: Fleet, node: str, clock: Clock) -> None:
    fleet.submit(node, thing("a", "till", mac=MAC1))
    clock.on(86_400)

    fleet.submit(node, thing("a", "till", mac=MAC1))

    assert [("new", None, "till")] == fleet.told()


def test_while_the_only_node_is_blind_no_device_is_gone(
    fleet: Fleet, node: str, clock: Clock
) -> None:
    fleet.submit(node, thing("a", "till", mac=MAC1))
    clock.on(300)
    fleet.submit(node)
    for _ in range(10):
        clock.on(300)
        fleet.submit(node, complete=False)

    assert [("new", None, "till")] == fleet.told()


def test_what_another_node_still_sees_is_not_gone(fleet: Fleet, node: str, clock: Clock) -> None:
    other = fleet.enrolled().node_id
    for who in (node, other):
        fleet.submit(who, thing("a", "till", mac=MAC1))
    for _ in range(5):
        clock.on(300)
        fleet.submit(node)
        fleet.submit(other, thing("a", "till", mac=MAC1))

    assert [("new", None, "till")] == fleet.told()
    assert (True, clock.now) == (fleet.one().present, fleet.one().last_seen)


def test_a_device_that_was_gone_is_back(fleet: Fleet, node: str, clock: Clock) -> None:
    fleet.submit(node, thing("a", "till", mac=MAC1))
    for _ in range(4):
        clock.on(300)
        fleet.submit(node)
    clock.on(300)

    fleet.submit(node, thing("a", "till", mac=MAC1))

    assert ["new", "gone", "back"] == [kind for kind, _, _ in fleet.told()]
    assert (True, None) == (fleet.one().present, fleet.one().gone_at)


def test_a_device_that_blinked_is_not_back(fleet: Fleet, node: str, clock: Clock) -> None:
    fleet.submit(node, thing("a", "till", mac=MAC1))
    clock.on(300)
    fleet.submit(node)
    clock.on(300)

    fleet.submit(node, thing("a", "till", mac=MAC1))

    assert [("new", None, "till")] == fleet.told()


def test_a_device_with_another_address_has_moved(fleet: Fleet, node: str, clock: Clock) -> None:
    for last in (2, 7):
        address = f"192.168.50.{last}"
        fleet.submit(node, thing(f"arp:{address}", "till", mac=MAC1, address=address))
        clock.on(300)

    assert ("moved", "192.168.50.2", "192.168.50.7") == fleet.told()[-1]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(["192.168.50.2"], ["192.168.50.2", "192.168.50.3"], id="one more"),
        pytest.param(["192.168.50.2"], [], id="none known any more"),
        pytest.param(
            ["192.168.50.2", "fd00::1"], ["192.168.50.2", "fd00::2"], id="a temporary one"
        ),
        pytest.param(["fe80::1", "192.168.50.2"], ["fe80::2", "192.168.50.2"], id="a link's own"),
        pytest.param(["169.254.1.1"], ["192.168.50.2"], id="none, and then one"),
    ],
)
def test_a_device_that_keeps_an_address_has_not_moved(
    fleet: Fleet, node: str, clock: Clock, before: list[str], after: list[str]
) -> None:
    for addresses in (before, after):
        fleet.submit(node, thing("a", "till", mac=MAC1, addresses=addresses))
        clock.on(300)

    assert [("new", None, "till")] == fleet.told()


def test_a_device_without_ipv4_moves_by_ipv6(fleet: Fleet, node: str, clock: Clock) -> None:
    for addresses in (["fe80::1", "fd00::1"], ["fe80::1", "fd00::2"]):
        fleet.submit(node, thing("a", "till", mac=MAC1, addresses=addresses))
        clock.on(300)

    assert ("moved", "fd00::1", "fd00::2") == fleet.told()[-1]


def test_a_device_that_is_called_otherwise_was_renamed(
    fleet: Fleet, node: str, clock: Clock
) -> None:
    for name in ("LAN Host", "till", "till 2", "LAN Host"):
        fleet.submit(node, thing("a", name, mac=MAC1))
        clock.on(300)

    assert [("renamed", "till", "till 2")] == [each for each in fleet.told() if each[0] != "new"]


def test_changes_are_shown_newest_first_and_chosen_by_site_kind_and_time(
    store: Store, fleet: Fleet, node: str, clock: Clock
) -> None:
    elsewhere = fleet.enrolled("depot").node_id
    fleet.submit(node, thing("a", "till", mac=MAC1))
    fleet.submit(elsewhere, thing("a", "scale", mac=MAC1))
    later = clock.on(300)
    fleet.submit(node, thing("a", "till 2", mac=MAC1))

    def chosen(**by: object) -> list[str | None]:
        return [row.after for row in store.inventory.changes(**by).rows]  # type: ignore[arg-type]

    assert "till 2" == chosen()[0]
    assert ["till 2", "till"] == chosen(site="default")
    assert ["till 2"] == chosen(kinds=["renamed", "moved"])
    assert ["till 2"] == chosen(since=later)
    first = store.inventory.changes(site="default", limit=1)
    assert ["till"] == chosen(site="default", before=first.before)


@pytest.fixture
def shop(fleet: Fleet, node: str, clock: Clock) -> Fleet:
    """Five devices of different names, kinds and ages; one of them absent."""
    items = [
        thing("1", "Till", kind="host", mac=MAC1, address="192.168.50.10"),
        thing("2", "scale 50%_x", kind="host", mac=MAC2, address="192.168.50.9"),
        thing("3", "core", kind="switch", mac=MAC3, address="10.0.0.1", vendor="Ubiquiti"),
        thing("4", mac="24:5a:4c:00:00:04", address="192.168.50.2"),
    ]
    fleet.submit(node, *items, thing("5", "absent", mac="24:5a:4c:00:00:05"))
    clock.on(300)
    fleet.submit(node, *items)
    return fleet


def names(store: Store, **by: object) -> list[str]:
    rows = store.inventory.devices(**by).rows  # type: ignore[arg-type]
    return [row.name or row.addresses[0] for row in rows]


@pytest.mark.parametrize(
    ("sort", "order"),
    [
        ("name", ["absent", "core", "scale 50%_x", "Till", "192.168.50.2"]),
        ("address", ["core", "192.168.50.2", "scale 50%_x", "Till", "absent"]),
        ("kind", ["absent", "scale 50%_x", "Till", "192.168.50.2", "core"]),
        ("nonsense", ["absent", "core", "scale 50%_x", "Till", "192.168.50.2"]),
    ],
)
def test_devices_come_in_the_order_that_was_asked_for(
    store: Store, shop: Fleet, sort: str, order: list[str]
) -> None:
    assert order == names(store, sort=sort)
    assert order[::-1] == names(store, sort=sort, descending=True)


def test_those_seen_last_are_those_that_are_there(store: Store, shop: Fleet) -> None:
    assert "absent" == names(store, sort="seen")[-1]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("TILL", ["Till"]),
        ("192.168.50.1", ["Till"]),
        ("192.168.50.", ["scale 50%_x", "Till", "192.168.50.2"]),
        ("4c:00:00:03", ["core"]),
        ("24-5A-4C-00-00-03", ["core"]),
        ("10.0.0.0/8", ["core"]),
        ("ubi switch", ["core"]),
        ("ubi till", []),
        ("%", ["scale 50%_x"]),
        ("_", ["scale 50%_x"]),
        ("/", []),
        ("\\", []),
        ("'; DROP TABLE node; --", []),
        ("   ", ["absent", "core", "scale 50%_x", "Till", "192.168.50.2"]),
    ],
)
def test_a_search_finds_what_has_all_the_words(
    store: Store, shop: Fleet, query: str, found: list[str]
) -> None:
    assert found == names(store, query=query)


def test_devices_are_chosen_by_kind_site_and_whether_they_are_there(
    store: Store, shop: Fleet
) -> None:
    assert ["core"] == names(store, kind="switch")
    assert [] == names(store, site="depot")
    assert ["absent"] == names(store, present=False)
    assert "absent" not in names(store, present=True)


def test_a_page_says_how_many_there_are_in_all(store: Store, shop: Fleet) -> None:
    page = store.inventory.devices(limit=2, offset=2)

    assert (5, ["scale 50%_x", "Till"]) == (page.total, [row.name for row in page.rows])
    assert 5 == store.inventory.devices(limit=0, offset=-1).total


def test_there_is_a_count_of_everything(store: Store, shop: Fleet, clock: Clock) -> None:
    shop.enrolled("depot", approved=False)

    assert ({"trusted": 1, "pending": 1}, 5, 4, 0) == astuple(store, None)
    assert ({"pending": 1}, 0, 0, 0) == astuple(store, "depot")


def astuple(store: Store, site: str | None) -> tuple[dict[str, int], int, int, int]:
    counts = store.inventory.counts(site=site)
    return counts.nodes, counts.devices, counts.present, counts.gone


def test_every_order_is_the_same_on_both_databases_for_any_name(
    store: Store, fleet: Fleet, node: str
) -> None:
    """Byte by byte: PostgreSQL's own order would follow the operating system's locale."""
    called = ["Ärger", "Zebra", "apple", "éclair", "-dash", "_x", "a b", "ab", "a-b", "ß", "10"]
    fleet.submit(
        node, *(thing(f"{n}", name, mac=f"24:5a:4c:00:01:{n:02x}") for n, name in enumerate(called))
    )

    for sort in ORDERS:
        assert len(called) == len(names(store, sort=sort))
    assert sorted(called, key=lambda name: name.casefold().encode()) == names(store, sort="name")
