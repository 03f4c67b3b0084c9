"""Upkeep: what is old goes, who is silent is offline, and one process does it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import func, select, text

from dpf_edge.store import open_store, upkeep
from dpf_edge.store.records import AuditRow
from dpf_edge.store.schema import (
    audit,
    bootstrap_token,
    change,
    device,
    device_key,
    item,
    metadata,
    relation,
    run,
)
from dpf_edge.wire.tokens import Secret

from .fleet import same, thing
from .test_events import alert, security, submit
from .test_events import change as change_event
from .test_figures import candidate, interface, put

if TYPE_CHECKING:
    from dpf_edge.store.kept import Store

    from .fleet import Clock, Fleet
    from .suite import Cluster

DAY = 86_400.0
MAC1, MAC2 = "24:5a:4c:00:00:01", "24:5a:4c:00:00:02"


def count(store: Store, table: Any) -> int:
    with store._database.reading() as connection:
        return connection.execute(select(func.count()).select_from(table)).scalar_one()


def test_a_node_that_is_silent_for_ten_minutes_is_offline_until_it_beats(
    store: Store, fleet: Fleet, clock: Clock
) -> None:
    silent, alive = fleet.enrolled().node_id, fleet.enrolled().node_id
    store.nodes.beat(silent)
    clock.on(300)
    store.nodes.beat(alive)
    clock.on(300)

    done = store.upkeep.run()

    assert done is not None
    assert 1 == done.offline
    status = {each.node.node_id: each.node.status for each in store.nodes.list()}
    assert {silent: "offline", alive: "active"} == status
    store.nodes.beat(silent)
    assert "active" == store.nodes.get(silent).node.status


def test_what_happened_is_kept_for_90_days(store: Store, fleet: Fleet, clock: Clock) -> None:
    node = fleet.enrolled().node_id
    links = [same("a", "b", "HOSTS")]
    fleet.submit(node, thing("a", "stays", mac=MAC1), thing("b", "leaves", mac=MAC2), links=links)
    store.audit.record([AuditRow("t", clock.now, node)])
    clock.on(300)
    fleet.submit(node, thing("a", "stays", mac=MAC1))
    began = clock.now

    clock.now = began + 89 * DAY
    store.upkeep.run()
    kept = [count(store, each) for each in (run, item, relation, device, change, audit)]
    clock.now = began + 91 * DAY
    store.upkeep.run()
    left = [count(store, each) for each in (run, item, relation, device, change, audit)]

    assert [2, 2, 1, 2, 2, 1] == kept
    # The newest run of a node stays, however old: it is what the node last saw.
    assert [1, 1, 0, 1, 0, 0] == left
    assert ["stays"] == [each.name for each in fleet.devices()]


def test_how_long_it_is_kept_is_a_setting(store: Store, fleet: Fleet, clock: Clock) -> None:
    store.audit.record([AuditRow("t", clock.now)])
    store.settings.put("retention-days", "7")
    clock.on(8 * DAY)

    store.upkeep.run()

    assert 0 == count(store, audit)


@pytest.mark.parametrize("nonsense", ["", "0", "-1", "never", "nan", "inf"])
def test_a_setting_that_says_nothing_leaves_the_default(
    store: Store, clock: Clock, nonsense: str
) -> None:
    store.audit.record([AuditRow("t", clock.now)])
    store.settings.put("retention-days", nonsense)
    clock.on(89 * DAY)

    store.upkeep.run()

    assert 1 == count(store, audit)


def test_a_device_that_is_gone_for_long_is_new_when_it_comes_back(
    store: Store, fleet: Fleet, clock: Clock
) -> None:
    node = fleet.enrolled().node_id
    fleet.submit(node, thing("a", mac=MAC1))
    clock.on(300)
    fleet.submit(node)
    clock.on(91 * DAY)

    store.upkeep.run()

    assert [0, 0, 0] == [count(store, each) for each in (item, device, device_key)]
    fleet.submit(node, thing("a", mac=MAC1))
    assert clock.now == fleet.one().first_seen


def test_all_that_ends_goes(store: Store, fleet: Fleet, clock: Clock) -> None:
    """Nothing that a node, a person or a program can make grows for ever."""
    node = fleet.enrolled().node_id
    store.tokens.issue()
    submit(store, clock, node, alert(action="resolve"), alert("open"), change_event(), security())
    put(store, clock, node, interface())
    store.federation.put(node, [candidate()])
    store.people.link()
    opened = store.people.use_link("x", ttl_seconds=60)
    assert opened is None
    store.people.add("ann", "viewer", Secret("p"))
    assert store.people.sign_in("ann", Secret("p"), ttl_seconds=60)
    clock.on(400 * DAY)

    store.upkeep.run()

    left = {table.name for table in metadata.sorted_tables if count(store, table)}
    # Who there is, what is open, and what was set: nothing that ends.
    assert {"node", "node_token", "capability", "alert", "person", "setting", "rate"} == left
    assert 0 == count(store, bootstrap_token)
    assert ["open"] == [each.dedup_key for each in store.events.alerts()]


def test_much_goes_in_many_small_steps(
    store: Store, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody waits for a writer that deletes a million rows."""
    monkeypatch.setattr(upkeep, "AT_ONCE", 10)
    store.audit.record([AuditRow("t", clock.now) for _ in range(95)])
    clock.on(91 * DAY)

    done = store.upkeep.run()

    assert done is not None
    assert {"audit": 95} == done.removed


def test_a_round_is_done_once_by_however_many_processes(
    store: Store, url: str, clock: Clock
) -> None:
    with open_store(url, clock=clock) as other:
        done = [store.upkeep.run(), other.upkeep.run(), store.upkeep.run()]
        clock.on(60)
        next_round = other.upkeep.run()

    assert [True, False, False] == [each is not None for each in done]
    assert next_round is not None


def test_a_clock_that_was_put_back_does_not_stop_it(store: Store, clock: Clock) -> None:
    store.upkeep.run()
    clock.on(-DAY)

    assert store.upkeep.run() is not None


def test_who_holds_the_lock_is_left_to_it(postgres: Cluster, clock: Clock) -> None:
    """On PostgreSQL; SQLite has one writer at a time anyway."""
    url = postgres.database()
    asked = text("SELECT pg_advisory_xact_lock(:number)")
    with open_store(url, clock=clock) as one, open_store(url, clock=clock) as other:
        with one._database.writing() as connection:
            connection.execute(asked, {"number": upkeep.LOCK})

            assert None is other.upkeep.run()

        assert other.upkeep.run() is not None
    postgres.drop(url)
