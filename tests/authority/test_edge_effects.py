"""What each route does when it says yes, and what it leaves in the audit trail."""

from __future__ import annotations

import copy
import json
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from dpf_edge.authority.app import create
from dpf_edge.authority.settings import Settings
from dpf_edge.errors import StoreFull
from dpf_edge.wire import limits, routes
from dpf_edge.wire.tokens import Secret
from tests.authority import desk
from tests.authority.desk import EDGE, Desk
from tests.authority.served import served

if TYPE_CHECKING:
    from pathlib import Path

    from dpf_edge.store.records import AuditEntry


@pytest.fixture
def at(either: Desk) -> Desk:
    """An Authority on a store of each kind."""
    return either


def run(key: str, **also: Any) -> dict[str, Any]:
    """The contract's example run under another key."""
    return {**copy.deepcopy(desk.RUN), "runKey": key, **also}


def last(at: Desk) -> AuditEntry:
    """The newest row of the audit trail."""
    return at.audit()[0]


# -- enroll


def test_an_enrolment_answers_as_published_and_waits_for_approval(at: Desk) -> None:
    answer = at.post("enroll", desk.ENROLL, at.token())

    told = answer.json()
    assert 200 == answer.status_code
    assert {
        "ok": True,
        "trustState": "pending",
        "heartbeatIntervalSec": 60,
        "sweepIntervalSec": 300,
        "acceptedCapabilities": ["discovery.network", "federation.discovery"],
        "nodeId": told["nodeId"],
        "nodeToken": told["nodeToken"],
    } == told
    assert told["nodeId"].startswith("edge_")
    assert 47 == len(told["nodeToken"])


def test_an_auto_approving_token_makes_a_trusted_node(at: Desk) -> None:
    told = at.post("enroll", desk.ENROLL, at.token(auto_approve=True)).json()

    assert "trusted" == told["trustState"]
    assert 201 == at.post("discovery-runs", desk.RUN, told["nodeToken"]).status_code


def test_a_bound_token_enrols_its_own_host_and_is_not_spent_by_another(at: Desk) -> None:
    """W11: a token that is bound to a host fingerprint is good for that host alone."""
    token = at.token(fingerprint="abc")

    other = at.post("enroll", {**desk.ENROLL, "hostFingerprint": "xyz"}, token)
    none = at.post("enroll", desk.ENROLL, token)
    its_own = at.post("enroll", {**desk.ENROLL, "hostFingerprint": "abc"}, token)

    assert (401, "fingerprint_mismatch") == (other.status_code, other.json()["error"])
    assert (401, "fingerprint_mismatch") == (none.status_code, none.json()["error"])
    assert 200 == its_own.status_code


def test_of_two_nodes_that_race_for_a_token_one_wins_and_the_other_is_told(at: Desk) -> None:
    """W11: the loser's answer is a clean 401, never a 500."""
    token, gate = at.token(), threading.Barrier(4)

    def enrol(_: int) -> tuple[int, str | None]:
        gate.wait()
        answer = at.post("enroll", desk.ENROLL, token)
        return answer.status_code, answer.json().get("error")

    with ThreadPoolExecutor(4) as threads:
        answers = sorted(threads.map(enrol, range(4)), key=str)

    assert [(200, None), *[(401, "token_already_consumed")] * 3] == answers
    assert 1 == len(at.store.nodes.list())


# -- heartbeat


@pytest.mark.parametrize("body", [b"", b"{}", b"  \r\n", b'{"agentVersion":"1","x":[1]}'])
def test_a_heartbeat_may_say_nothing(at: Desk, body: bytes) -> None:
    caller = at.enrolled(trusted=False)

    answer = at.post("heartbeat", body, caller.token)

    assert {
        "ok": True,
        "trustState": "pending",
        "heartbeatIntervalSec": 60,
        "sweepIntervalSec": 300,
        "acceptedCapabilities": [],
    } == answer.json()
    assert at.clock.now == at.store.nodes.get(caller.node_id).node.last_seen_at


def test_approving_enables_what_was_accepted_and_the_next_beat_says_so(at: Desk) -> None:
    caller = at.enrolled(trusted=False)
    assert 403 == at.post("discovery-runs", desk.RUN, caller.token).status_code

    at.store.nodes.approve(caller.node_id, by="a test")

    told = at.post("heartbeat", desk.HEARTBEAT, caller.token).json()
    assert "trusted" == told["trustState"]
    assert {"discovery.network", "federation.discovery"} == set(told["acceptedCapabilities"])
    assert 201 == at.post("discovery-runs", desk.RUN, caller.token).status_code


def test_a_revoked_node_is_told_what_published_authorities_tell_it(at: Desk) -> None:
    """W1: the terminal signal is 401 token_not_found."""
    caller = at.enrolled()
    at.store.nodes.revoke(caller.node_id, by="a test")

    answer = at.post("heartbeat", {}, caller.token)

    assert (401, "token_not_found") == (answer.status_code, answer.json()["error"])
    assert "Bearer" == answer.headers["www-authenticate"]


def test_a_rotation_is_handed_out_by_the_heartbeat_and_ends_the_old_token(at: Desk) -> None:
    """W2: the node has a way to receive its new token."""
    caller = at.enrolled()
    at.store.nodes.rotate_by_heartbeat(caller.node_id, by="a test")

    told = at.post("heartbeat", {}, caller.token).json()["rotatedToken"]

    assert told["token"].startswith(told["prefix"])
    assert 200 == at.post("heartbeat", {}, caller.token).status_code, "not used yet"
    assert 200 == at.post("heartbeat", {}, told["token"]).status_code
    assert 401 == at.post("heartbeat", {}, caller.token).status_code
    assert "rotatedToken" not in at.post("heartbeat", {}, told["token"]).json()


def test_a_rotation_at_once_ends_the_old_token(at: Desk) -> None:
    caller = at.enrolled()

    token = at.store.nodes.rotate(caller.node_id, by="a test").reveal()

    assert "token_not_found" == at.post("heartbeat", {}, caller.token).json()["error"]
    assert 200 == at.post("heartbeat", {}, token).status_code


# -- discovery


def test_a_run_is_stored_and_its_devices_are_there(at: Desk) -> None:
    caller = at.enrolled()

    answer = at.post("discovery-runs", desk.RUN, caller.token)

    told = answer.json()
    assert 201 == answer.status_code
    assert {
        "ok": True,
        "accepted": True,
        "runId": told["runId"],
        "runKey": desk.RUN["runKey"],
        "itemCount": 2,
        "relationshipCount": 1,
        "persisted": {
            "createdEntities": 2,
            "updatedEntities": 0,
            "staleEntities": 0,
            "createdRelationships": 1,
            "updatedRelationships": 0,
            "staleRelationships": 0,
            "createdIssues": 0,
        },
    } == told
    (device,) = at.store.inventory.devices().rows
    assert ("24:5a:4c:00:00:01",) == device.macs


def test_a_run_that_comes_again_is_answered_from_the_store(at: Desk) -> None:
    caller = at.enrolled()
    first = at.post("discovery-runs", desk.RUN, caller.token).json()

    answer = at.post("discovery-runs", desk.RUN, caller.token)

    told = answer.json()
    assert 200 == answer.status_code
    assert {
        "ok": True,
        "accepted": True,
        "idempotentReplay": True,
        "runId": first["runId"],
        "runKey": desk.RUN["runKey"],
        "status": "completed",
        "itemCount": 2,
        "relationshipCount": 1,
        "startedAt": told["startedAt"],
        "completedAt": told["completedAt"],
    } == told
    assert told["startedAt"].endswith("Z")


def test_another_body_under_a_known_key_changes_nothing_and_is_noted(at: Desk) -> None:
    """W39: a replay whose body differs stays 200, and the audit trail says so."""
    caller = at.enrolled()
    at.post("discovery-runs", desk.RUN, caller.token)
    same = at.post("discovery-runs", desk.RUN, caller.token)
    quiet = last(at).detail

    answer = at.post("discovery-runs", {**desk.RUN, "items": []}, caller.token)

    assert (200, 2) == (answer.status_code, answer.json()["itemCount"])
    assert (200, False) == (same.status_code, quiet is not None and quiet["differs"])
    detail = last(at).detail
    assert detail is not None
    assert detail["differs"] is True


def test_two_nodes_may_use_one_run_key(at: Desk) -> None:
    first, second = at.enrolled(), at.enrolled()

    assert 201 == at.post("discovery-runs", desk.RUN, first.token).status_code
    assert 201 == at.post("discovery-runs", desk.RUN, second.token).status_code


def test_the_fifth_run_of_a_minute_waits_and_takes_no_slot(at: Desk) -> None:
    """Only a call that the limiter refused does not count; one that fails later does."""
    caller = at.enrolled()
    for number in range(3):
        assert 201 == at.post("discovery-runs", run(str(number)), caller.token).status_code
    assert 400 == at.post("discovery-runs", b"no JSON", caller.token).status_code

    for _ in range(3):
        answer = at.post("discovery-runs", run("late"), caller.token)
        assert 429 == answer.status_code
        assert answer.json()["retryAfter"] == int(answer.headers["retry-after"]) <= 60
    at.clock.now += int(answer.headers["retry-after"])

    assert 201 == at.post("discovery-runs", run("late"), caller.token).status_code


def test_the_freshness_window_is_the_operators(tmp_path: Path) -> None:
    narrow = Settings(window=limits.window("60", "nonsense"))
    with desk.desk(desk.sqlite(tmp_path), narrow) as at:
        caller = at.enrolled()
        old = run("a", observedAt="2026-01-02T03:03:05Z")
        ahead = run("b", observedAt="2026-01-02T03:09:05Z")

        assert "stale_observation" == at.post("discovery-runs", old, caller.token).json()["error"]
        assert 201 == at.post("discovery-runs", ahead, caller.token).status_code


def test_raw_data_that_is_too_large_is_named(at: Desk) -> None:
    message = run("a")
    message["items"][1]["rawData"] = {"x": "y" * limits.RAW_DATA}

    answer = at.post("discovery-runs", message, at.enrolled().token)

    told = answer.json()
    assert 413 == answer.status_code
    assert (1, "subnet:192.168.50.0/24") == (told["itemIndex"], told["itemObservedKey"])


# -- events


def test_events_are_counted_and_a_batch_that_comes_again_gets_its_first_answer(at: Desk) -> None:
    """W39: the same batch counts nothing twice."""
    caller = at.enrolled()

    first = at.post("events", desk.EVENTS, caller.token)
    again = at.post("events", desk.EVENTS, caller.token)

    assert {
        "ok": True,
        "runKey": desk.EVENTS["runKey"],
        "nodeId": caller.node_id,
        "accepted": 1,
        "created": 1,
        "reopened": 0,
        "acknowledged": 0,
        "resolved": 0,
        "updated": 0,
        "changes": 0,
        "remaining": 29,
        "route": "/api/v1/edge/events",
    } == first.json()
    assert first.json() == again.json()
    (alert,) = at.store.events.alerts()
    assert 1 == alert.count


def test_the_same_dedup_key_under_a_new_run_key_is_a_new_occurrence(at: Desk) -> None:
    caller = at.enrolled()
    at.post("events", desk.EVENTS, caller.token)

    other = {**desk.EVENTS, "runKey": "0d0a5e1c-8c2e-4a27-9f5c-6f3f0e1d2c3c"}
    told = at.post("events", other, caller.token).json()

    assert (0, 1, 28) == (told["created"], told["updated"], told["remaining"])
    (alert,) = at.store.events.alerts()
    assert 2 == alert.count


def test_events_that_come_too_often_are_told_in_their_own_field(at: Desk) -> None:
    caller = at.enrolled()
    for _ in range(30):
        at.store.limits.take(caller.node_id, "events", limits.EVENTS)

    answer = at.post("events", desk.EVENTS, caller.token)

    assert 429 == answer.status_code
    assert int(answer.headers["retry-after"]) == answer.json()["retryAfterSec"] >= 1


# -- metrics, adapters, federation, actions


def test_metrics_count_from_the_last_round_that_was_taken(at: Desk) -> None:
    caller = at.enrolled()
    bad = {**desk.METRICS, "metricsVersion": "9"}
    assert 422 == at.post("metrics", bad, caller.token).status_code

    first = at.post("metrics", desk.METRICS, caller.token)
    soon = at.post("metrics", desk.METRICS, caller.token)
    at.clock.now += 5
    later = at.post("metrics", desk.METRICS, caller.token)

    assert {
        "ok": True,
        "runKey": desk.METRICS["runKey"],
        "nodeId": caller.node_id,
        "interfaceCount": 1,
    } == first.json()
    assert (429, 5) == (soon.status_code, soon.json()["retryAfterSec"])
    assert 200 == later.status_code


def test_a_controllers_key_reaches_its_node_and_no_other_eye(at: Desk) -> None:
    caller, other = at.enrolled(), at.enrolled()
    at.store.adapters.add(
        name="HQ gateway",
        endpoint_url="https://192.168.50.1",
        api_key=Secret("EXAMPLE-KEY"),
        node_id=caller.node_id,
    )

    answer = at.client.get(f"{EDGE}/adapters", headers={"authorization": f"Bearer {caller.token}"})
    none = at.client.get(f"{EDGE}/adapters", headers={"authorization": f"Bearer {other.token}"})

    (adapter,) = answer.json()["adapters"]
    assert ("EXAMPLE-KEY", "unifi") == (adapter["apiKey"], adapter["collectorType"])
    site = {"site": "default", "discoverClients": True, "tlsInsecure": False}
    assert site == adapter["configuration"]
    assert {"ok": True, "adapters": []} == none.json()
    assert "EXAMPLE-KEY" not in repr(at.audit())


def test_candidates_are_taken_and_never_trusted(at: Desk) -> None:
    answer = at.post("federation-candidates", desk.CANDIDATES, at.enrolled().token)

    assert 202 == answer.status_code
    assert {"ok": True, "accepted": 1, "trustedLinksCreated": 0} == answer.json()


@pytest.mark.parametrize("path", ["claim", "result", "certificates/register"])
def test_actions_are_not_dispatched_and_nothing_is_looked_at(at: Desk, path: str) -> None:
    """W38: so nothing that a node says of itself, such as its role, earns it one."""
    answer = at.client.post(f"{EDGE}/actions/{path}", content=b"{")

    assert 404 == answer.status_code
    assert "remote_action_dispatch_disabled" == answer.json()["error"]


def test_a_path_that_is_none_and_a_method_that_is_none_are_told_in_json(at: Desk) -> None:
    nowhere = at.client.post(f"{EDGE}/rotate")
    slash = at.client.post(f"{EDGE}/heartbeat/")
    method = at.client.get(f"{EDGE}/heartbeat")

    assert (404, "not_found") == (nowhere.status_code, nowhere.json()["error"])
    assert (404, "not_found") == (slash.status_code, slash.json()["error"])
    assert (405, "POST") == (method.status_code, method.headers["allow"])
    assert "method_not_allowed" == method.json()["error"]


# -- the audit trail


def test_every_call_of_a_known_node_leaves_a_row(at: Desk) -> None:
    """W39: also events, metrics, adapters and federation; also what was refused."""
    caller = at.enrolled()
    at.post("heartbeat", {}, caller.token)
    at.post("discovery-runs", desk.RUN, caller.token)
    at.post("discovery-runs", b"{", caller.token)
    at.post("events", desk.EVENTS, caller.token)
    at.post("events", {}, caller.token)
    at.post("metrics", desk.METRICS, caller.token)
    at.post("metrics", desk.METRICS, caller.token)
    at.post("federation-candidates", desk.CANDIDATES, caller.token)
    at.clock.now += 0.01
    at.client.get(f"{EDGE}/adapters", headers={"authorization": f"Bearer {caller.token}"})
    at.store.nodes.quarantine(caller.node_id, by="a test")
    at.post("metrics", desk.METRICS, caller.token)

    rows = [(row.tool, row.status, row.code) for row in reversed(at.audit(node_id=caller.node_id))]

    assert [
        ("edge.heartbeat", 200, None),
        ("edge.discovery_runs.submit", 201, None),
        ("edge.discovery_runs.submit", 400, "invalid_json"),
        ("edge.events.submit", 200, None),
        ("edge.events.submit", 422, "invalid_envelope"),
        ("edge.metrics.submit", 200, None),
        ("edge.metrics.submit", 429, "rate_limited"),
        ("edge.federation_candidates.submit", 202, None),
        ("edge.adapters", 200, None),
        ("edge.metrics.submit", 403, "scope_disallowed"),
    ] == rows


def test_an_enrolment_is_noted_with_its_node_and_a_failed_one_with_its_tokens_prefix(
    at: Desk,
) -> None:
    token = at.token()
    node_id = at.post("enroll", desk.ENROLL, token).json()["nodeId"]
    good = last(at)
    at.post("enroll", desk.ENROLL, token)
    bad = last(at)

    assert (node_id, 200, "edge-rest") == (good.node_id, good.status, good.mode)
    assert (None, "token_already_consumed") == (bad.node_id, bad.code)
    assert bad.detail is not None
    assert token[:12] == bad.detail["token"]


def test_strangers_leave_a_bounded_number_of_rows_and_the_rest_is_counted(at: Desk) -> None:
    for _ in range(70):
        assert 401 == at.client.post(f"{EDGE}/heartbeat").status_code
    assert 60 == len(at.audit(limit=200))

    at.clock.now += 61
    at.client.post(f"{EDGE}/heartbeat")

    detail = last(at).detail
    assert detail is not None
    assert 10 == detail["leftOut"]


def test_what_fails_to_be_stored_is_not_noted_as_done(
    at: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full disk at the row itself: the effect is undone with it, and the code is the route's."""
    caller = at.enrolled()

    def full(_: object) -> None:
        raise StoreFull("the disk is full")

    with monkeypatch.context() as broken:
        broken.setattr(at.store.audit, "record", full)
        answers = {
            "discovery-runs": at.post("discovery-runs", desk.RUN, caller.token),
            "events": at.post("events", desk.EVENTS, caller.token),
            "heartbeat": at.post("heartbeat", {}, caller.token),
        }

    told = {name: (each.status_code, each.json()["error"]) for name, each in answers.items()}
    assert {
        "discovery-runs": (500, "persistence_failed"),
        "events": (500, "persist_failed"),
        "heartbeat": (503, "store_unavailable"),
    } == told
    assert "5" == answers["heartbeat"].headers["retry-after"]
    assert 201 == at.post("discovery-runs", desk.RUN, caller.token).status_code
    assert 1 == at.post("events", desk.EVENTS, caller.token).json()["created"]


def test_every_route_of_the_contract_is_served(at: Desk) -> None:
    for route in routes.ROUTES:
        answer = at.client.request(route.method, route.path)

        assert answer.status_code in {401, 404}
        assert answer.json()["error"] in {
            "missing_authorization",
            "remote_action_dispatch_disabled",
        }


def test_answers_are_not_to_be_kept_or_guessed_at(at: Desk) -> None:
    answer = at.post("heartbeat", {}, at.enrolled().token)

    assert "application/json" == answer.headers["content-type"]
    assert "no-store" == answer.headers["cache-control"]
    assert "nosniff" == answer.headers["x-content-type-options"]


def test_nodes_at_once_are_all_served_on_the_wire(at: Desk) -> None:
    """Real connections, several at a time, through our own server."""
    import httpx2

    callers = [at.enrolled() for _ in range(8)]
    with served(create(at.store, Settings(), at.clock)) as where:

        def deliver(number: int) -> list[int]:
            headers = {"authorization": f"Bearer {callers[number].token}"}
            with httpx2.Client(base_url=where.url, headers=headers) as client:
                beat = client.post(f"{EDGE}/heartbeat", content=b"")
                sent = json.dumps(run(str(number))).encode()
                return [
                    beat.status_code,
                    client.post(f"{EDGE}/discovery-runs", content=sent).status_code,
                ]

        with ThreadPoolExecutor(8) as threads:
            answers = list(threads.map(deliver, range(8)))

    assert [[200, 201]] * 8 == answers
