"""Finding devices: what is wanted, in every order, a page at a time; whom each stands beside."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from dpf_edge.errors import StoreMissing
from dpf_edge.store import finding, open_store
from dpf_edge.store.finding import GONE, HERE, KNOWN, MISSED, ORDERS, Asked, Wanted
from dpf_edge.wire import discovery

from .fleet import Fleet, same, sight, thing

if TYPE_CHECKING:
    from dpf_edge.store.kept import Store

    from .fleet import Clock

MAC = "24:5a:4c:00:00:0"


@pytest.fixture
def node(fleet: Fleet) -> str:
    return fleet.enrolled().node_id


def titles(store: Store, **wanted: object) -> set[str]:
    """What is found, by name or by address."""
    found = store.inventory.find(Wanted(**wanted))  # type: ignore[arg-type]
    assert found.total == len(found.rows)
    return {each.name or each.addresses[0] for each in found.rows}


@pytest.fixture
def shop(fleet: Fleet, node: str) -> str:
    """A site with one device of each sort; its node."""
    fleet.submit(
        node,
        thing("1", "Till", mac=f"{MAC}1", address="192.168.50.1", vendor="Ubiquiti"),
        thing("2", "scale", mac=f"{MAC}2", addresses=["10.0.0.9", "192.168.50.10"]),
        thing("3", "core", kind="switch", mac=f"{MAC}3", address="192.168.51.1", vendor="Dell"),
        thing("4", mac=f"{MAC}4", address="192.168.50.200"),
        thing("5", "six", mac=f"{MAC}5", addresses=["fd00:50::7", "fe80::1"]),
    )
    return node


@pytest.mark.parametrize(
    ("subnet", "found"),
    [
        ("192.168.50.0/24", {"Till", "scale", "192.168.50.200"}),
        ("192.168.50.77/24", {"Till", "scale", "192.168.50.200"}),
        ("192.168.50.0/25", {"Till", "scale"}),
        ("192.168.50.0/23", {"Till", "scale", "core", "192.168.50.200"}),
        ("192.168.50.0/28", {"Till", "scale"}),
        ("192.168.50.10/32", {"scale"}),
        ("192.168.50.1", {"Till"}),
        ("10.0.0.0/8", {"scale"}),
        ("0.0.0.0/0", {"Till", "scale", "core", "192.168.50.200"}),
        ("fd00:50::/64", {"six"}),
        ("fd00:50::/33", {"six"}),
        ("fd00:51::/64", set()),
        ("::/0", {"six"}),
        ("192.168.60.0/24", set()),
        ("no network", set()),
        ("1" * 1000, set()),
    ],
)
def test_a_subnet_finds_every_device_with_an_address_in_it(
    store: Store, shop: str, subnet: str, found: set[str]
) -> None:
    assert found == titles(store, subnet=subnet)
    assert found == titles(store, subnet=subnet, site="default")
    assert set() == titles(store, subnet=subnet, site="another")


@pytest.mark.parametrize(
    "query",
    [
        "24:5a:4c:00:00:03",
        "24-5A-4C-00-00-03",
        "245a.4c00.0003",
        "245A4C000003",
        "245a4c-000003",
        "24:5a:4c:0:0:3",
        "core 24-5a",
    ],
)
def test_a_mac_in_any_notation_finds_its_device(store: Store, shop: str, query: str) -> None:
    assert {"core"} == titles(store, query=query)


@pytest.mark.parametrize(
    ("word", "is_one_of"),
    [
        ("24-5a-4c", "24:5a:4c"),
        ("24-5a-4c-", "24:5a:4c"),
        ("245a.4c", "24:5a:4c"),
        ("245a4c0", "24:5a:4c:0"),
        ("till", None),
        ("192.168.50.1", None),
        ("fd00::1", None),
        ("10.0.0.1", None),
        ("a", None),
    ],
)
def test_a_mac_that_is_begun_is_known_by_its_form(word: str, is_one_of: str | None) -> None:
    assert is_one_of == finding.mac(word)


def test_a_prefix_among_the_words_finds_its_subnet(store: Store, shop: str) -> None:
    assert {"Till"} == titles(store, query="192.168.50.0/24 ubi")
    assert set() == titles(store, query="192.168.50.0/99")


@pytest.mark.parametrize(
    ("query", "subnet", "found"),
    [
        ("fd00::/8", None, {"six", "both"}),
        ("fd00::/8 10.0.0.0/8", None, {"both"}),
        ("fd00:50::/64 fd00:51::/64", None, {"both"}),
        ("fd00:50::/64", "fd00:51::/64", {"both"}),
        ("fd00:50::/64 bo", None, {"both"}),
        ("::/0 ::/1 ::/2 ::/3 ::/4", "10.0.0.0/8", set()),
        ("fd00::/8 10.0.0.0/8", "no network", set()),
    ],
)
def test_of_several_networks_a_device_has_an_address_in_each(
    store: Store, fleet: Fleet, shop: str, query: str, subnet: str | None, found: set[str]
) -> None:
    addresses = ["10.7.0.9", "fd00:50::9", "fd00:51::9"]
    fleet.submit(fleet.enrolled().node_id, thing("6", "both", mac=f"{MAC}6", addresses=addresses))

    assert found == titles(store, query=query, subnet=subnet)
    assert found == titles(store, query=query, subnet=subnet, site="default")


def test_an_ipv6_network_of_more_devices_than_a_statement_has_parameters(
    store: Store, fleet: Fleet, node: str
) -> None:
    """As often as it is named, it is gone through once, and nothing is cut off."""
    at_once, how_many = 5_000, 21_000
    for start in range(0, how_many, at_once):
        fleet.submit(
            node if start == 0 else fleet.enrolled().node_id,
            *(
                thing(f"{n}", mac=f"00:50:56:{n >> 16:02x}:{n >> 8 & 255:02x}:{n & 255:02x}",
                      address=f"2001:db8::{n + 1:x}")
                for n in range(start, min(start + at_once, how_many))
            ),
        )  # fmt: skip

    for wanted in (
        Wanted(subnet="2001:db8::/32"),
        Wanted(query="2001:db8::/32 ::/0 ::/1", subnet="2001:db8::/64"),
    ):
        assert how_many == store.inventory.find(wanted, Asked(limit=1)).total
        with store.topology.at_once(wanted=wanted) as moment:
            assert how_many == sum(1 for _ in moment.devices())


def test_what_stands_for_any_text_in_a_pattern_is_itself_here(
    store: Store, fleet: Fleet, node: str
) -> None:
    fleet.submit(
        node,
        thing("1", "50% off", mac=f"{MAC}1", via=["arp_scan"]),
        thing("2", "a_b", mac=f"{MAC}2", via=["arpxscan"]),
    )

    assert {"50% off"} == titles(store, query="%")
    assert {"a_b"} == titles(store, query="_")
    assert {"50% off"} == titles(store, via="arp_scan")
    assert set() == titles(store, via="arp%") == titles(store, via="arp_")


@pytest.mark.parametrize("sign", ["_", "%", "x", "é"])
def test_a_text_of_any_length_may_be_looked_for(store: Store, shop: str, sign: str) -> None:
    assert set() == titles(store, query=sign * 60_000) == titles(store, via=sign * 60_000)
    assert 0 == store.inventory.devices(query=sign * 60_000).total


def test_devices_are_found_by_their_services_and_by_who_saw_them(
    store: Store, fleet: Fleet, node: str, clock: Clock
) -> None:
    other = fleet.enrolled().node_id
    fleet.submit(node, thing("1", "printer", mac=f"{MAC}1", words=["_ipp._tcp", "631/tcp"]))
    fleet.submit(other, thing("2", "nas", mac=f"{MAC}2", words=["smb"], via=["mdns", "arp_scan"]))

    assert {"printer"} == titles(store, query="_IPP 631/tcp")
    assert {"nas"} == titles(store, via="arp_scan") == titles(store, node=other)
    assert set() == titles(store, via="arp") == titles(store, node="edge_0")
    assert set() == titles(store, query="arp_scan")


def test_devices_are_chosen_by_maker_kind_time_and_state(
    store: Store, fleet: Fleet, shop: str, clock: Clock
) -> None:
    later = clock.on(300)
    core = thing("3", "core", kind="switch", mac=f"{MAC}3", vendor="Dell")
    there = [thing("6", "new", mac=f"{MAC}6"), core]
    fleet.submit(shop, *there, thing("1", "Till", mac=f"{MAC}1"))
    clock.on(600)
    fleet.submit(shop, *there)

    assert {"core"} == titles(store, kind="switch") == titles(store, maker="Dell")
    assert {"new"} == titles(store, since=later)
    assert {"new", "core"} == titles(store, state=HERE)
    assert {"scale", "six", "192.168.50.200"} == titles(store, state=GONE)
    assert {"new", "core", "Till"} == titles(store, state=KNOWN)
    assert {"Till"} == titles(store, state=MISSED)
    assert 6 == store.inventory.find(Wanted()).total


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("sort", [*ORDERS, "nonsense"])
@pytest.mark.parametrize("wanted", [Wanted(), Wanted(query="host")])
def test_pages_follow_each_other_and_lead_back(
    store: Store, fleet: Fleet, node: str, clock: Clock, wanted: Wanted, sort: str, descending: bool
) -> None:
    things = [
        thing(f"{n}", f"n{n % 4}", mac=f"24:5a:4c:00:01:{n:02x}", address=f"10.0.0.{n + 1}")
        for n in range(11)
    ]
    fleet.submit(node, *things[:6])
    clock.on(300)
    fleet.submit(node, *things[3:])
    whole = store.inventory.find(wanted, Asked(sort, descending, 100))
    order = [each.device_id for each in whole.rows]

    asked = Asked(sort, descending, 4)
    pages = [store.inventory.find(wanted, asked)]
    while pages[-1].after:
        pages.append(store.inventory.find(wanted, asked._replace(after=pages[-1].after)))
    back = [store.inventory.find(wanted, asked._replace(before=pages[-1].before))]
    while back[-1].before:
        back.append(store.inventory.find(wanted, asked._replace(before=back[-1].before)))

    assert [4, 4, 3] == [len(page.rows) for page in pages]
    assert back[-1].rows == pages[0].rows
    assert {11} == {page.total for page in (whole, *pages, *back)}
    assert order == [each.device_id for page in pages for each in page.rows]
    assert order[:8] == [each.device_id for page in reversed(back) for each in page.rows]
    assert (None, None) == (pages[0].before, pages[-1].after)


def test_a_page_is_stable_while_devices_come_and_go(store: Store, fleet: Fleet, node: str) -> None:
    fleet.submit(node, *(thing(f"{n}", f"n{n}", mac=f"{MAC}{n}") for n in range(6)))
    first = store.inventory.find(Wanted(), Asked(limit=3))
    store.inventory.forget(first.rows[0].device_id, by="ada")
    fleet.submit(
        node,
        thing("9", "a0", mac=f"{MAC}9"),
        *(thing(f"{n}", f"n{n}", mac=f"{MAC}{n}") for n in range(1, 6)),
    )

    second = store.inventory.find(Wanted(), Asked(limit=3, after=first.after))

    assert ["n3", "n4", "n5"] == [each.name for each in second.rows]
    assert 6 == second.total


@pytest.mark.parametrize(
    "cursor", ["", "x", "!!", "W10", "WzEsMl0", "é", "A" * 5000, "WyJcdTAwMDAiLCJhIl0"]
)
def test_a_cursor_that_is_none_begins_at_the_beginning(
    store: Store, shop: str, cursor: str
) -> None:
    beginning = store.inventory.find(Wanted(), Asked())

    assert beginning == store.inventory.find(Wanted(), Asked(after=cursor))
    assert beginning.rows == store.inventory.find(Wanted(), Asked(before=cursor)).rows


def test_a_cursor_of_another_order_counts_for_nothing(store: Store, shop: str) -> None:
    other = store.inventory.find(Wanted(), Asked("first-seen", limit=2)).after

    assert "core" == store.inventory.find(Wanted(), Asked(after=other)).rows[0].name


def test_an_end_that_is_passed_still_says_how_many_there_are(
    store: Store, fleet: Fleet, node: str
) -> None:
    fleet.submit(node, *(thing(f"{n}", f"n{n}", mac=f"{MAC}{n}") for n in range(3)))
    asked = Asked("address", limit=2)
    last = store.inventory.find(Wanted(), asked).after
    gone = store.inventory.find(Wanted(), asked._replace(after=last)).rows[0]
    store.inventory.forget(gone.device_id, by="ada")

    over = store.inventory.find(Wanted(), asked._replace(after=last))

    assert ((), 2, None, None) == over


def test_what_there_is_to_choose_from(store: Store, fleet: Fleet, shop: str) -> None:
    other = fleet.enrolled("depot", display_name="attic").node_id

    choices = store.inventory.choices()

    assert ("host", "switch") == choices.kinds
    assert ("Dell", "Ubiquiti") == choices.makers
    assert ((other, "attic"), (shop, "warehouse-2")) == choices.nodes
    assert ((shop, "warehouse-2"),) == store.inventory.choices(site="default").nodes
    assert {shop: "warehouse-2"} == store.inventory.called([shop, "edge_0"])
    assert {} == store.inventory.called([])


def test_there_is_nothing_to_choose_from_in_an_empty_store(store: Store) -> None:
    assert ((), (), ()) == store.inventory.choices()
    assert ((), 0, None, None) == store.inventory.find(Wanted())


def cable(one: str, other: str, kind: str = "CONNECTS_TO", **raw: str) -> discovery.Relationship:
    """A relationship with attributes."""
    return discovery.Relationship(
        from_observed_key=one,
        to_observed_key=other,
        relationship_type=kind,
        raw_data=discovery.raw(raw),
    )


def test_neighbours_are_seen_from_the_device(
    store: Store, fleet: Fleet, node: str, clock: Clock
) -> None:
    lan = thing("subnet:10.0.0.0/24", "10.0.0.0/24", kind="subnet")
    things = [thing("a", "core", kind="switch", mac=f"{MAC}1"), thing("b", "till", mac=f"{MAC}2")]
    again = thing("c", "till", mac=f"{MAC}2")
    links = [
        cable("b", "a", farPort="Gi1/0/7"),
        cable("b", lan.observed_key, "MEMBER_OF"),
        same("c", "b"),
    ]
    fleet.submit(node, lan, *things, again, links=links)
    ids = {each.name: each.device_id for each in fleet.devices()}

    till = store.inventory.neighbours(ids["till"])
    core = store.inventory.neighbours(ids["core"])

    assert 2 == till.total
    assert [
        ("CONNECTS_TO", True, "core", ids["core"]),
        ("MEMBER_OF", True, "10.0.0.0/24", None),
    ] == [(each.kind, each.is_source, each.label, each.device_id) for each in till.rows]
    (only,) = core.rows
    assert (False, "till", ids["till"], '{"farPort":"Gi1/0/7"}') == (
        only.is_source,
        only.label,
        only.device_id,
        only.raw,
    )
    clock.on(300)
    fleet.submit(node, lan, *things, again)
    assert ((), 0) == store.inventory.neighbours(ids["till"])


def test_of_many_neighbours_some_are_read_and_all_are_counted(
    store: Store, fleet: Fleet, node: str
) -> None:
    stations = [thing(f"s{n}", mac=f"24:5a:4c:01:{n >> 8:02x}:{n & 255:02x}") for n in range(250)]
    links = [cable(each.observed_key, "a") for each in stations]
    fleet.submit(node, thing("a", "core", mac=f"{MAC}1"), *stations, links=links)
    core = store.inventory.find(Wanted(query="core")).rows[0]

    found = store.inventory.neighbours(core.device_id)

    assert (200, 250) == (len(found.rows), found.total)


def test_a_device_that_is_not_there_has_no_neighbours(store: Store) -> None:
    with pytest.raises(StoreMissing):
        store.inventory.neighbours("device_0")


def test_a_moment_holds_what_is_wanted_and_its_relations_alone(
    store: Store, fleet: Fleet, node: str
) -> None:
    things = [thing(each, each, mac=f"{MAC}{n}") for n, each in enumerate(("core", "till", "nas"))]
    fleet.submit(node, *things, links=[cable("till", "core"), cable("nas", "core")])

    with store.topology.at_once(wanted=Wanted(query="ore")) as moment:
        assert ["core"] == [each.device.name for each in moment.devices()]
        assert [] == list(moment.relations())
    with store.topology.at_once(wanted=Wanted(state=KNOWN)) as moment:
        assert 3 == len(list(moment.devices()))
        assert 2 == len(list(moment.relations()))


def test_who_made_the_devices_of_an_older_store_is_taken_over(empty_url: str, clock: Clock) -> None:
    with open_store(empty_url, clock=clock, sight=sight) as store:
        fleet = Fleet(store, clock)
        node = fleet.enrolled().node_id
        fleet.submit(node, thing("1", "nas", mac=f"{MAC}1", vendor="Synology"), thing("2", "pc"))
        with store._database.writing() as connection:
            for statement in OLDER:
                connection.exec_driver_sql(statement)

    with open_store(empty_url, clock=clock, sight=sight) as store:
        assert {"nas"} == titles(store, maker="Synology")
        assert 2 == store.inventory.find(Wanted()).total


# What undoes the migration: revision 0003 had none of these.
OLDER = (
    "DROP INDEX device_by_kind",
    "DROP INDEX device_by_maker",
    "ALTER TABLE device DROP COLUMN maker",
    "ALTER TABLE device DROP COLUMN via",
    "UPDATE alembic_version SET version_num = '0003'",
)
