"""Events: each batch counts once, and an alert lives by the contract's table (wire v1, events)."""

from __future__ import annotations

import itertools
import threading
import uuid
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from dpf_edge.errors import StoreMissing
from dpf_edge.store.records import EventCounts
from dpf_edge.wire import events, times

if TYPE_CHECKING:
    from dpf_edge.store.kept import Store

    from .fleet import Clock, Fleet


@pytest.fixture
def node(fleet: Fleet) -> str:
    return fleet.enrolled().node_id


def alert(key: str = "ping:192.168.50.9:unreachable", action: str = "trigger", **more: Any) -> Any:
    return {
        "dedupKey": key,
        "source": "ping",
        "severity": "error",
        "action": action,
        "summary": "it stopped answering",
        "occurredAt": "2026-01-02T03:04:01Z",
        **more,
    }


def change(key: str = "deploy:pos@9f3c2aa", **more: Any) -> Any:
    return alert(key, eventType="change", **more)


def security(key: str = "s-1", **more: Any) -> Any:
    return {
        "eventType": "security",
        "eventKey": key,
        "ocsfVersion": "1.3.0",
        "ocsfClassUid": 2004,
        "time": "2026-01-02T03:04:01Z",
        "sourceKind": "ids",
        "sourceName": "suricata",
        **more,
    }


def batch(*each: Any, key: str | None = None) -> events.Request:
    body = {
        "runKey": key or str(uuid.uuid4()),
        "observedAt": "2026-01-02T03:04:06Z",
        "eventsVersion": "1",
        "events": each,
    }
    return events.decode(msgspec.json.encode(body))


def submit(store: Store, clock: Clock, node: str, *each: Any, **more: Any) -> EventCounts:
    made = batch(*each, key=more.pop("key", None))
    more.setdefault("digest", repr(each))
    return store.events.submit(node, made, received_at=clock.now, **more)


# What an event does to an alert in each state: the state after, and what the answer counts.
LIFE = {
    (None, "trigger"): ("triggered", {"created": 1}),
    (None, "acknowledge"): ("acknowledged", {"created": 1, "acknowledged": 1}),
    (None, "resolve"): ("resolved", {"created": 1, "resolved": 1}),
    ("triggered", "trigger"): ("triggered", {"updated": 1}),
    ("triggered", "acknowledge"): ("acknowledged", {"acknowledged": 1}),
    ("triggered", "resolve"): ("resolved", {"resolved": 1}),
    ("acknowledged", "trigger"): ("acknowledged", {"updated": 1}),
    ("acknowledged", "acknowledge"): ("acknowledged", {"acknowledged": 1}),
    ("acknowledged", "resolve"): ("resolved", {"resolved": 1}),
    ("resolved", "trigger"): ("triggered", {"reopened": 1}),
    ("resolved", "acknowledge"): ("acknowledged", {"acknowledged": 1}),
    ("resolved", "resolve"): ("resolved", {"resolved": 1}),
}
REACHED_BY = {
    None: [],
    "triggered": ["trigger"],
    "acknowledged": ["trigger", "acknowledge"],
    "resolved": ["trigger", "resolve"],
}


@pytest.mark.parametrize(("state", "action"), LIFE)
def test_an_alert_lives_by_the_table(
    store: Store, clock: Clock, node: str, state: str | None, action: str
) -> None:
    after, counted = LIFE[state, action]
    for step in REACHED_BY[state]:
        submit(store, clock, node, alert(action=step))
        clock.on(1)

    counts = submit(store, clock, node, alert(action=action))

    assert msgspec.convert({"accepted": 1, **counted}, EventCounts) == counts
    (row,) = store.events.alerts()
    assert (after, "resolved" == after) == (row.status, row.resolved_at is not None)
    if action == "resolve":
        assert clock.now == row.resolved_at


def test_only_triggers_are_counted_and_the_last_words_are_kept(
    store: Store, clock: Clock, node: str
) -> None:
    submit(store, clock, node, alert(summary="first", component="192.168.50.9"))
    began = clock.now
    clock.on(60)
    submit(store, clock, node, alert(summary="second"), alert(action="acknowledge", summary="x"))

    (row,) = store.events.alerts(node_id=node, status="acknowledged")
    assert (2, "second", None, began, clock.now) == (
        row.count,
        row.summary,
        row.component,
        row.first_at,
        row.last_at,
    )
    assert times.seconds("2026-01-02T03:04:01Z") == row.occurred_at


def test_one_batch_may_tell_a_whole_life(store: Store, clock: Clock, node: str) -> None:
    actions = ["trigger", "acknowledge", "resolve", "trigger", "trigger"]

    counts = submit(store, clock, node, *(alert(action=action) for action in actions))

    assert (
        EventCounts(accepted=5, created=1, acknowledged=1, resolved=1, reopened=1, updated=1)
        == counts
    )
    assert [3] == [row.count for row in store.events.alerts()]


def test_the_same_batch_again_gets_the_first_answer_and_counts_nothing(
    store: Store, clock: Clock, node: str
) -> None:
    """W39: upstream, a batch sent again raises every count."""
    key = str(uuid.uuid4())
    first = submit(store, clock, node, alert(), change(), key=key, remaining=29)
    clock.on(60)
    before = store.events.alerts(), store.events.changes()

    again = submit(store, clock, node, alert(), change(), key=key, remaining=7)

    assert msgspec.structs.replace(first, replay=True) == again
    assert 29 == again.remaining
    assert before == (store.events.alerts(), store.events.changes())


def test_another_batch_under_a_known_key_is_noticed_and_not_taken(
    store: Store, clock: Clock, node: str
) -> None:
    key = str(uuid.uuid4())
    submit(store, clock, node, alert(), key=key)

    again = submit(store, clock, node, alert("other"), key=key)

    assert (True, True) == (again.replay, again.differs)
    assert 1 == len(store.events.alerts())


def test_the_same_alert_in_another_batch_is_another_occurrence(
    store: Store, clock: Clock, node: str
) -> None:
    submit(store, clock, node, alert())

    assert EventCounts(accepted=1, updated=1) == submit(store, clock, node, alert())
    assert [2] == [row.count for row in store.events.alerts()]


def test_keys_belong_to_their_nodes(store: Store, fleet: Fleet, clock: Clock, node: str) -> None:
    other, key = fleet.enrolled("depot").node_id, str(uuid.uuid4())
    for who in (node, other):
        assert 1 == submit(store, clock, who, alert(), key=key).created

    assert 2 == len(store.events.alerts())
    assert [other] == [row.node_id for row in store.events.alerts(site="depot")]


def test_a_change_keeps_when_it_was_and_takes_the_last_words(
    store: Store, clock: Clock, node: str
) -> None:
    first = clock.now
    submit(store, clock, node, change(summary="deploying"))
    clock.on(60)
    later = change(
        summary="deployed", occurredAt="2026-01-02T03:09:00Z", customDetails={"by": "ann"}
    )

    counts = submit(store, clock, node, later, action_is_ignored())

    assert EventCounts(accepted=2, changes=2) == counts
    rows = {row.change_key: row for row in store.events.changes(node_id=node)}
    row = rows["deploy:pos@9f3c2aa"]
    assert ("deployed", {"by": "ann"}, first, clock.now) == (
        row.summary,
        row.details,
        row.first_at,
        row.last_at,
    )
    assert times.seconds("2026-01-02T03:04:01Z") == row.occurred_at


def action_is_ignored() -> Any:
    return change("other", action="resolve")


def test_security_records_are_stored_once(store: Store, clock: Clock, node: str) -> None:
    counts = submit(
        store, clock, node, security(severityId=4, actor={"user": "x\0"}), security("s-2")
    )
    submit(store, clock, node, security(severityId=1))

    assert EventCounts(accepted=2, security=2) == counts
    rows = {row.event_key: row for row in store.events.security(node_id=node)}
    assert {"s-1", "s-2"} == rows.keys()
    assert (4, 2004, "suricata", {"user": "x\0"}) == (
        rows["s-1"].severity,
        rows["s-1"].class_uid,
        rows["s-1"].source_name,
        rows["s-1"].document["actor"],
    )


def test_hostile_texts_are_stored(store: Store, clock: Clock, node: str) -> None:
    """255 characters of four bytes are within the contract, and within PostgreSQL's index."""
    key = "\U0001f600" * 127 + "\0"
    submit(
        store,
        clock,
        node,
        alert(key, summary="\0", component="\0", customDetails={"\0": "\0"}),
        change(key),
        security(key, ocsfClassUid=2**53 - 1),
    )

    (row,) = store.events.alerts()
    assert ("\U0001f600" * 127 + "�", "�") == (row.dedup_key, row.summary)
    assert {"\0": "\0"} == row.details
    assert 2**53 - 1 == store.events.security()[0].class_uid


def test_batches_at_once_count_every_occurrence(store: Store, clock: Clock, node: str) -> None:
    line = threading.Barrier(4)

    def send() -> None:
        line.wait()
        for _ in range(5):
            submit(store, clock, node, alert(), alert())

    threads = [threading.Thread(target=send) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    assert [40] == [row.count for row in store.events.alerts()]


def test_only_a_node_sends_events(store: Store, clock: Clock) -> None:
    with pytest.raises(StoreMissing):
        submit(store, clock, "edge_none", alert())


def test_a_full_batch_is_taken(store: Store, clock: Clock, node: str) -> None:
    keys = itertools.cycle(str(n) for n in range(100))

    counts = submit(store, clock, node, *(alert(next(keys)) for _ in range(500)))

    assert (500, 100, 400) == (counts.accepted, counts.created, counts.updated)
    assert 100 == len(store.events.alerts(limit=1000))
