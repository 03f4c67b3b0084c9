"""Runs: once each, whatever order they come in, and no dearer than what they change."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import event

from dpf_edge.errors import StoreMissing
from dpf_edge.store.records import Persisted
from dpf_edge.store.schema import item, relation

from .fleet import run, same, thing

if TYPE_CHECKING:
    from dpf_edge.store.kept import Store
    from dpf_edge.store.records import Device

    from .fleet import Clock, Fleet

ONE: dict[str, Any] = {"mac": "24:5a:4c:00:00:01", "address": "192.168.50.1"}
TWO: dict[str, Any] = {"mac": "24:5a:4c:00:00:02", "address": "192.168.50.2"}


@pytest.fixture
def node(fleet: Fleet) -> str:
    return fleet.enrolled().node_id


def rows(store: Store, table: Any) -> list[dict[str, Any]]:
    with store._database.reading() as connection:
        return [dict(row._mapping) for row in connection.execute(table.select())]


def test_a_run_is_stored_and_says_what_it_changed(
    store: Store, fleet: Fleet, node: str, clock: Clock
) -> None:
    stored = fleet.submit(
        node,
        thing("arp:192.168.50.1", **ONE),
        thing("subnet:192.168.50.0/24", kind="subnet"),
        links=[same("arp:192.168.50.1", "subnet:192.168.50.0/24", "MEMBER_OF")],
        warnings=("one",),
    )

    assert Persisted(created_entities=2, created_relationships=1) == stored.persisted
    assert (False, False, False, 2, 1, "completed") == (
        stored.replay,
        stored.late,
        stored.unchanged,
        stored.item_count,
        stored.relationship_count,
        stored.status,
    )
    (row,) = store.runs.list(node_id=node).rows
    assert (stored.run_id, node, ("one",), clock.now) == (
        row.id,
        row.node_id,
        row.warnings,
        row.received_at,
    )


def test_a_replay_is_answered_from_what_is_stored_and_changes_nothing(
    store: Store, fleet: Fleet, node: str, clock: Clock
) -> None:
    first = fleet.submit(node, thing("a", **ONE), key="k")
    clock.on(60)

    again = fleet.submit(node, thing("b", **TWO), key="k")

    assert (first.run_id, True, True, 1) == (
        again.run_id,
        again.replay,
        again.differs,
        again.item_count,
    )
    assert again.started_at == first.started_at
    assert first.persisted == again.persisted
    assert ["a"] == [row["observed_key"] for row in rows(store, item)]


def test_a_replay_of_the_same_is_told_from_one_of_another_content(
    fleet: Fleet, node: str, clock: Clock
) -> None:
    """W39: what differs under one runKey is noticed."""
    at = clock.now
    fleet.submit(node, thing("a", **ONE), key="k", observed_at=at)

    assert not fleet.submit(node, thing("a", **ONE), key="k", observed_at=at).differs
    assert fleet.submit(node, thing("a", **TWO), key="k", observed_at=at).differs
    assert fleet.submit(node, thing("a", **ONE), key="k", observed_at=at + 1).differs


def test_a_run_key_belongs_to_its_node(fleet: Fleet, node: str) -> None:
    other = fleet.enrolled().node_id
    fleet.submit(node, thing("a", **ONE), key="k")

    assert not fleet.submit(other, thing("a", **ONE), key="k").replay


def test_a_run_can_be_looked_up_before_it_is_submitted(
    store: Store, fleet: Fleet, node: str
) -> None:
    stored = fleet.submit(node, thing("a", **ONE), key="k")

    found = store.runs.find(node, "k")

    assert found is not None
    assert (stored.run_id, True) == (found.run_id, found.replay)
    assert None is store.runs.find(node, "K")


def test_a_run_equal_to_the_last_writes_one_row_and_reads_no_item(
    store: Store, fleet: Fleet, node: str, clock: Clock
) -> None:
    things = [thing(f"t{n}", mac=f"24:5a:4c:00:00:{n:02x}") for n in range(100)]
    fleet.submit(node, *things)
    clock.on(300)
    said: list[str] = []
    event.listen(
        store._database.engine,
        "before_cursor_execute",
        lambda *arguments: said.append(arguments[2]),
    )

    stored = fleet.submit(node, *things)

    assert stored.unchanged
    assert Persisted(updated_entities=100) == stored.persisted
    assert not [statement for statement in said if "item" in statement.split()]
    assert {clock.now} == {device.last_seen for device in fleet.devices()}


def test_the_same_things_in_another_order_are_no_change_to_anything(
    store: Store, fleet: Fleet, node: str, clock: Clock
) -> None:
    things = [thing(f"t{n}", mac=f"24:5a:4c:00:00:{n:02x}") for n in range(10)]
    fleet.submit(node, *things)
    before = rows(store, item)
    clock.on(300)

    fleet.submit(node, *reversed(things))

    assert before == rows(store, item)


def test_only_what_changed_is_written(store: Store, fleet: Fleet, node: str, clock: Clock) -> None:
    fleet.submit(node, thing("a", **ONE), thing("b", **TWO))
    before = {row["observed_key"]: row for row in rows(store, item)}
    clock.on(300)

    stored = fleet.submit(node, thing("a", **ONE), thing("b", uptime=7, **TWO))

    after = {row["observed_key"]: row for row in rows(store, item)}
    assert Persisted(updated_entities=2) == stored.persisted
    assert before["a"] == after["a"]
    assert (clock.now, '{"uptime":7,"mac":"24:5a:4c:00:00:02","address":"192.168.50.2"}') == (
        after["b"]["changed_at"],
        after["b"]["raw"],
    )


def test_what_a_run_does_not_have_any_more_is_stale(fleet: Fleet, node: str, clock: Clock) -> None:
    links = [same("a", "b", "HOSTS"), same("b", "a", "HOSTS")]
    fleet.submit(node, thing("a", **ONE), thing("b", **TWO), links=links)
    clock.on(300)

    stored = fleet.submit(node, thing("a", **ONE), links=links[:1])

    assert (
        Persisted(
            updated_entities=1,
            stale_entities=1,
            updated_relationships=1,
            stale_relationships=1,
        )
        == stored.persisted
    )


def test_an_item_that_is_back_keeps_when_it_was_first_seen(
    store: Store, fleet: Fleet, node: str, clock: Clock
) -> None:
    first = clock.now
    fleet.submit(node, thing("a", **ONE), thing("b", **TWO))
    clock.on(300)
    fleet.submit(node, thing("a", **ONE))
    clock.on(300)

    fleet.submit(node, thing("a", **ONE), thing("b", **TWO))

    (row,) = [row for row in rows(store, item) if row["observed_key"] == "b"]
    assert (first, None) == (row["first_seen"], row["seen_until"])


def test_a_thing_that_a_run_names_twice_is_one(store: Store, fleet: Fleet, node: str) -> None:
    """W23: ARP and a sweep see one host; the poorer words take nothing from the richer."""
    swept = thing("arp:192.168.50.1", "gateway.lan", confidence=0.85, address="192.168.50.1")
    heard = thing("arp:192.168.50.1", "LAN Host", confidence=0.7, vendor="Ubiquiti", **ONE)

    for order in ((swept, heard), (heard, swept)):
        stored = fleet.submit(fleet.enrolled().node_id, *order)
        assert (1, 2) == (stored.persisted.created_entities, stored.item_count)

    kept = {(row["name"], row["confidence"]) for row in rows(store, item)}
    device = fleet.one()
    assert {("gateway.lan", 0.85)} == kept
    assert ("gateway.lan", (ONE["mac"],), {"vendor": "Ubiquiti"}) == (
        device.name,
        device.macs,
        device.attributes,
    )


def test_one_key_of_two_types_is_two_things(store: Store, fleet: Fleet, node: str) -> None:
    fleet.submit(node, thing("k", kind="switch", **ONE), thing("k", kind="host", **TWO))

    assert {"switch", "host"} == {row["item_type"] for row in rows(store, item)}


def test_a_run_that_comes_late_changes_the_past_and_not_the_present(
    store: Store, fleet: Fleet, node: str, clock: Clock
) -> None:
    now = clock.now
    fleet.submit(node, thing("a", "new name", **ONE), observed_at=now)

    late = fleet.submit(
        node,
        thing("a", "old name", **ONE),
        thing("b", "was there", **TWO),
        links=[same("a", "b", "HOSTS")],
        observed_at=now - 3600,
    )

    assert late.late
    there = {device.name: device for device in fleet.devices()}
    assert {"new name", "was there"} == there.keys()
    assert (True, now - 3600, now) == (
        there["new name"].present,
        there["new name"].first_seen,
        there["new name"].last_seen,
    )
    assert (False, now - 3600, now - 3600) == (
        there["was there"].present,
        there["was there"].first_seen,
        there["was there"].last_seen,
    )
    assert [now - 3600] == [row["seen_until"] for row in rows(store, relation)]
    assert {"new name", "was there"} == {row["name"] for row in rows(store, item)}


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0), (2, 0, 1)])
def test_in_whatever_order_runs_come_the_present_is_the_newest_ones(
    fleet: Fleet, node: str, clock: Clock, order: tuple[int, ...]
) -> None:
    start = clock.now
    sweeps = [
        [thing("a", "first", **ONE), thing("b", "leaves", **TWO)],
        [thing("a", "second", **ONE), thing("b", "leaves", **TWO)],
        [thing("a", "third", **ONE)],
    ]

    for number in order:
        fleet.submit(node, *sweeps[number], observed_at=start - 300 * (2 - number))

    told = {device.macs[0]: device for device in fleet.devices()}
    one, two = told[ONE["mac"]], told[TWO["mac"]]
    assert ("third", True, start - 600, start) == (
        one.name,
        one.present,
        one.first_seen,
        one.last_seen,
    )
    assert ("leaves", False, start - 600, start - 300) == (
        two.name,
        two.present,
        two.first_seen,
        two.last_seen,
    )


def test_what_cannot_be_stored_is_replaced(store: Store, fleet: Fleet, node: str) -> None:
    long = "x" * 100_000
    stored = fleet.submit(
        node,
        thing("\0", "na\0me", kind="\0", text="\0", mac="24:5a:4c:00:00:01", vendor="\0v"),
        thing(long, long, kind=long, mac="24:5a:4c:00:00:02"),
        thing("uuid", uuid=long),
        links=[same("\0", long), same(long, "\0", long)],
        key="\0",
        warnings=("\0",),
    )

    assert 3 == stored.persisted.created_entities
    assert 2 == stored.persisted.created_relationships
    assert {"�", long, "uuid"} == {row["observed_key"] for row in rows(store, item)}
    raw = next(row["raw"] for row in rows(store, item) if row["observed_key"] == "�")
    assert '"text":"\\u0000"' in raw, "rawData is kept as it came"
    assert fleet.submit(node, key="\0").replay
    assert {"�v"} == {vendor for device in fleet.devices() for vendor in device.attributes.values()}


@pytest.mark.parametrize("count", [3, 200])
def test_hostile_texts_come_in_and_are_changed_by_every_way_of_writing_them(
    store: Store, fleet: Fleet, node: str, clock: Clock, count: int
) -> None:
    """Few rows and many are written otherwise, and so are new ones and changed ones."""
    words = ["tab\there", "line\nbreak", "back\\slash \\N \\. \\u0000", "quote ' \" %s ? :x", "☃\0"]
    for turn in range(2):
        fleet.submit(
            node,
            *(
                thing(
                    f"{n}\t{words[n % 5]}",
                    f"{words[n % 5]} {turn}",
                    uuid=f"{n}",
                    vendor=f"{words[n % 5]} {turn}",
                )
                for n in range(count)
            ),
        )
        clock.on(300)

    cleaned = [word.replace("\0", "�") for word in words]
    meant = {f"{cleaned[n % 5]} 1" for n in range(count)}
    assert meant == {row["name"] for row in rows(store, item)}
    assert meant == {device.attributes["vendor"] for device in every(store)}
    assert meant == {device.name for device in every(store)}
    assert {f"{n}\t{cleaned[n % 5]}" for n in range(count)} == {
        row["observed_key"] for row in rows(store, item)
    }


def every(store: Store) -> tuple[Device, ...]:
    return store.inventory.devices(limit=1000).rows


def test_an_empty_run_is_a_run(fleet: Fleet, node: str) -> None:
    assert Persisted() == fleet.submit(node).persisted


def test_only_a_node_submits(store: Store, clock: Clock) -> None:
    made = run("k", clock.now, [])

    with pytest.raises(StoreMissing):
        store.runs.submit(
            "edge_none",
            made,
            digest=store.runs.digest(made),
            received_at=clock.now,
            observed_at=clock.now,
        )


def test_a_run_submitted_twice_at_once_is_stored_once(
    store: Store, fleet: Fleet, node: str, clock: Clock
) -> None:
    things = [thing(f"t{n}", mac=f"24:5a:4c:00:00:{n:02x}") for n in range(50)]
    line = threading.Barrier(4)
    answers = []

    def submit() -> None:
        line.wait()
        answers.append(fleet.submit(node, *things, key="k"))

    threads = [threading.Thread(target=submit) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    assert 1 == len({answer.run_id for answer in answers})
    assert [False, True, True, True] == sorted(answer.replay for answer in answers)
    assert 50 == len(fleet.devices())


def test_runs_are_listed_by_when_they_came_page_by_page(
    store: Store, fleet: Fleet, node: str, clock: Clock
) -> None:
    for n in range(5):
        clock.on(1)
        fleet.submit(node, key=f"k{n}")
    elsewhere = fleet.enrolled("depot").node_id
    fleet.submit(elsewhere, key="other")

    page = store.runs.list(site="default", limit=3)
    rest = store.runs.list(site="default", limit=3, before=page.before)

    assert ["k4", "k3", "k2"] == [row.run_key for row in page.rows]
    assert ["k1", "k0"] == [row.run_key for row in rest.rows]
    assert None is rest.before
