"""The feed: what happened to devices and what nodes told, in one order, and what was decided."""

from __future__ import annotations

import json
import uuid
from typing import TYPE_CHECKING, Any

import pytest

from dpf_edge.errors import StoreMissing
from dpf_edge.store.feed_terms import Place, Wanted
from dpf_edge.wire import events, times

from .fleet import thing

if TYPE_CHECKING:
    from dpf_edge.store.kept import Store
    from dpf_edge.store.records import Entry

    from .fleet import Clock, Fleet

MAC = "24:5a:4c:00:00:01"


@pytest.fixture
def node(fleet: Fleet) -> str:
    return fleet.enrolled().node_id


def tell(store: Store, node: str, at: float, *told: dict[str, Any]) -> None:
    """A batch of events."""
    stands = {
        "source": "dpf-edge.discovery",
        "severity": "error",
        "action": "trigger",
        "summary": "something is wrong",
        "occurredAt": times.stamp(at),
    }
    body = {
        "runKey": str(uuid.uuid4()),
        "observedAt": times.stamp(at),
        "eventsVersion": "1",
        "events": [each if "ocsfVersion" in each else {**stands, **each} for each in told],
    }
    request = events.decode(json.dumps(body).encode())
    store.events.submit(node, request, digest=str(uuid.uuid4()), received_at=at)


def twice(number: int = 0, **more: Any) -> dict[str, Any]:
    return {
        "dedupKey": f"dpf-edge.discovery:10.0.0.{number}:duplicate-address",
        "eventClass": "duplicate-address",
        "component": f"10.0.0.{number}",
        **more,
    }


def security(key: str, at: float, **more: Any) -> dict[str, Any]:
    return {
        "eventType": "security",
        "eventKey": key,
        "ocsfVersion": "1.3.0",
        "ocsfClassUid": 2004,
        "time": times.stamp(at),
        "sourceKind": "ids",
        "sourceName": "suricata",
        **more,
    }


def devices(fleet: Fleet, node: str, count: int = 3) -> None:
    """A run with so many devices, each of them new."""
    fleet.submit(
        node,
        *(
            thing(f"mac:{number}", f"device {number}", mac=f"24:5a:4c:00:00:{number:02x}")
            for number in range(count)
        ),
    )


def keys(entries: tuple[Entry, ...]) -> list[str]:
    return [each.entry for each in entries]


def walked(store: Store, wanted: Wanted, step: int) -> list[str]:
    """The whole feed, by pages of so many."""
    found: list[str] = []
    before = None
    while True:
        page = store.feed.page(wanted, before=before, limit=step)
        found += keys(page.rows)
        if page.before is None:
            return found
        before = Place.of(page.before)


@pytest.mark.parametrize("step", [1, 2, 3, 7])
def test_pages_put_together_are_the_whole_feed(
    store: Store, fleet: Fleet, clock: Clock, node: str, step: int
) -> None:
    devices(fleet, node)
    now = clock.on(1.0)
    tell(store, node, now, *(twice(each) for each in range(4)))
    tell(store, node, now, {**twice(9), "eventType": "change"}, security("s", now))
    devices(fleet, node, 5)

    whole = store.feed.page(limit=100)

    assert 11 == len(whole.rows)
    assert whole.before is None
    assert keys(whole.rows) == walked(store, Wanted(), step)
    assert 11 == len(set(keys(whole.rows)))
    moments = [each.at for each in whole.rows]
    assert moments == sorted(moments, reverse=True)


def test_what_comes_while_somebody_reads_on_moves_nothing(
    store: Store, fleet: Fleet, clock: Clock, node: str
) -> None:
    devices(fleet, node, 6)
    first = store.feed.page(limit=3)
    assert first.before is not None
    rest = keys(store.feed.page(before=Place.of(first.before), limit=3).rows)

    tell(store, node, clock.on(60), twice())
    devices(fleet, node, 9)

    assert rest == keys(store.feed.page(before=Place.of(first.before), limit=3).rows)


def test_entries_say_which_device_and_node_they_are_about(
    store: Store, fleet: Fleet, clock: Clock, node: str
) -> None:
    fleet.submit(node, thing("mac:1", "router", mac=MAC, address="10.0.0.1"))
    tell(
        store,
        node,
        clock.on(1),
        twice(1),
        {**twice(2), "component": f"mac:{MAC}"},
        {**twice(3), "component": "10.9.9.9"},
    )
    device = fleet.one().device_id

    rows = store.feed.page().rows

    named = {each.component: (each.device_id, each.device_name) for each in rows}
    assert (device, "router") == named["10.0.0.1"] == named[f"mac:{MAC}"] == named[None]
    assert (None, None) == named["10.9.9.9"]
    assert {node} == {each.node_id for each in rows}
    assert {store.nodes.get(node).node.name} == {each.node_name for each in rows}
    assert 3 == len(store.feed.page(Wanted(device_id=device)).rows)


def test_filters_leave_what_they_say(store: Store, fleet: Fleet, clock: Clock, node: str) -> None:
    devices(fleet, node, 2)
    other = fleet.enrolled(site="elsewhere").node_id
    now = clock.on(1)
    tell(store, node, now, twice(1), {**twice(2), "eventType": "change", "severity": "info"})
    tell(store, other, now, security("s", now, severityId=5))

    def sources(**wanted: str) -> list[str]:
        asked = Wanted(**wanted)
        rows = store.feed.page(asked).rows
        assert all(asked.fits(each) for each in rows)
        others = [each for each in store.feed.page().rows if each not in rows]
        assert not any(asked.fits(each) for each in others)
        return sorted(each.source for each in rows)

    assert ["device", "device"] == sources(kind="new") == sources(kind="devices")
    assert ["alert", "event", "security"] == sources(kind="events")
    assert ["alert", "event"] == sources(kind="duplicate-address")
    assert ["security"] == sources(severity="critical") == sources(site="elsewhere")
    assert ["security"] == sources(node_id=other) == sources(kind="security")
    assert ["device", "device", "event"] == sources(severity="info")
    assert [] == sources(kind="gone") == sources(state="resolved") == sources(device_id="none")
    assert 5 == len(sources(state="open"))


@pytest.mark.parametrize("says", ["0000-01-01T00:00:00Z", "9999-12-31T23:59:59Z"])
def test_what_a_record_says_of_its_own_time_decides_no_order(
    store: Store, clock: Clock, node: str, says: str
) -> None:
    tell(store, node, clock.on(1), *(security(f"r{each}", 0, time=says) for each in range(70)))
    came = clock.now
    tell(store, node, clock.on(1), twice(1))
    tell(store, node, clock.on(1), security("plain", clock.now))

    rows = store.feed.page(limit=100).rows

    assert [f"security:{node}:plain", f"alert:{node}:{twice(1)['dedupKey']}"] == keys(rows[:2])
    assert {(came, says)} == {(each.at, each.told_at) for each in rows[2:]}
    assert rows[0].told_at is None
    assert keys(rows) == walked(store, Wanted(), 9)
    assert "plain" == store.events.security(limit=1)[0].event_key


@pytest.mark.parametrize("says", ["0000-01-01T00:00:00Z", "9999-12-31T23:59:59Z"])
def test_a_record_is_kept_as_long_as_any_other_whatever_time_it_says(
    store: Store, clock: Clock, node: str, says: str
) -> None:
    tell(store, node, clock.now, security("r", 0, time=says))

    store.upkeep.run()
    assert 1 == len(store.events.security())
    clock.on(400 * 86_400)
    store.upkeep.run()
    assert not store.events.security()


@pytest.mark.parametrize(
    "kind",
    [
        *("devices", "events", "device", "alert", "event", "security", "new", "gone", "moved"),
        *("duplicate-address", "dpf-edge.discovery", "somebody", "none"),
    ],
)
def test_what_comes_live_is_what_a_page_of_that_kind_has(
    store: Store, fleet: Fleet, clock: Clock, node: str, kind: str
) -> None:
    devices(fleet, node, 2)
    classes = ["new", "device", "devices", "event", "events", "security", "alert"]
    tell(
        store,
        node,
        clock.on(1),
        twice(1),
        *(twice(2, dedupKey=f"a{each}", eventClass=each) for each in classes),
        *(twice(3, dedupKey=f"c{each}", eventClass=each, eventType="change") for each in classes),
        {"dedupKey": "bare", "source": "somebody"},
        security("s", clock.now),
    )
    every = store.feed.page(limit=100).rows
    asked = Wanted(kind=kind)

    assert 19 == len(every)
    assert keys(store.feed.page(asked, limit=100).rows) == [
        each.entry for each in every if asked.fits(each)
    ]


def test_a_node_that_is_not_on_the_site_has_nothing_there(
    store: Store, fleet: Fleet, clock: Clock, node: str
) -> None:
    fleet.submit(node, thing("mac:1", "router", mac=MAC, address="10.0.0.1"))
    device = fleet.one().device_id
    site = store.nodes.get(node).node.site
    tell(store, node, clock.on(1), twice(1))
    other = fleet.enrolled(site="elsewhere").node_id

    def count(**wanted: str) -> int:
        return len(store.feed.page(Wanted(**wanted)).rows)

    assert 2 == count(node_id=node, site=site) == count(device_id=device, site=site)
    assert 2 == count(node_id=node, device_id=device, site=site)
    assert 0 == count(node_id=node, site="elsewhere") == count(device_id=device, site="elsewhere")
    assert 0 == count(node_id=other, device_id=device) == count(node_id="none", site=site)


def test_what_our_own_node_tells_of_a_device_that_the_store_saw_is_not_said_twice(
    store: Store, clock: Clock, node: str
) -> None:
    tell(
        store,
        node,
        clock.on(1),
        twice(1, dedupKey="a", eventClass="new-device", eventType="change", severity="info"),
        twice(1, dedupKey="b", eventClass="device-gone", severity="warn"),
        twice(1, dedupKey="c", eventClass="device-gone", severity="info", source="somebody"),
    )

    assert {f"alert:{node}:b", f"alert:{node}:c"} == set(keys(store.feed.page().rows))


@pytest.mark.parametrize("state", ["acknowledged", "resolved"])
def test_a_decision_stands_with_who_made_it_and_can_be_taken_back(
    store: Store, fleet: Fleet, clock: Clock, node: str, state: str
) -> None:
    devices(fleet, node, 1)
    now = clock.on(1)
    tell(store, node, now, twice(1), {**twice(2), "eventType": "change"}, security("s", now))
    every = keys(store.feed.page().rows)
    clock.on(5)

    done = store.feed.decide([*every, "alert:nobody:x", "x"], state, by="user:ada", note="seen")

    assert set(every) == set(done)
    rows = store.feed.page(Wanted(state=state)).rows
    assert set(every) == set(keys(rows))
    assert {(state, "user:ada", "seen", clock.now)} == {
        (each.state, each.actor, each.note, each.decided_at) for each in rows
    }
    assert [] == keys(store.feed.page(Wanted(state="open")).rows)
    store.feed.decide(every, "open", by="user:ada")
    assert set(every) == set(keys(store.feed.page(Wanted(state="open")).rows))
    assert {None} == {each.actor for each in store.feed.page().rows}
    assert ("triggered", None) == (
        store.events.alerts()[0].status,
        store.events.alerts()[0].resolved_at,
    )


def test_an_alert_that_comes_again_after_it_was_resolved_is_open(
    store: Store, clock: Clock, node: str
) -> None:
    tell(store, node, clock.now, twice(1))
    [entry] = keys(store.feed.page().rows)
    store.feed.decide([entry], "resolved", by="user:ada", note="pulled the plug")
    assert clock.now == store.events.alerts()[0].resolved_at

    tell(store, node, clock.on(60), twice(1))

    [row] = store.feed.page().rows
    assert ("open", None, None, 2) == (row.state, row.actor, row.note, row.count)


def test_a_decision_about_nothing_is_refused(store: Store, node: str) -> None:
    with pytest.raises(StoreMissing):
        store.feed.decide([f"alert:{node}:none", "device::0", "", "::"], "resolved", by="x")


@pytest.mark.parametrize(
    "told",
    [
        "",
        "x",
        "e30",
        "bnVsbA",
        "W1tbW1tbW1tbW1tbW1tb",
        "=",
        "é",
        "W" * 5000,
        "WzFlMzAwLDAsIiIsIiJd",
        "Wy0xLDAsIiIsIiJd",
        Place(1e9, 3, "n\0", "k").told(),
        Place(1e9, 3, "n", "k\0").told(),
    ],
)
def test_what_is_no_place_is_refused(told: str) -> None:
    with pytest.raises(ValueError, match="no place"):
        Place.of(told)


def test_decisions_are_forgotten_with_what_they_are_about(
    store: Store, fleet: Fleet, clock: Clock, node: str
) -> None:
    devices(fleet, node, 1)
    store.feed.decide(keys(store.feed.page().rows), "resolved", by="x")

    clock.on(400 * 86_400)
    upkept = store.upkeep.run()

    assert upkept is not None
    assert 1 == upkept.removed["decision"]
