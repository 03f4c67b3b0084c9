"""The administration: who may do what, what a browser must prove, and that a change is noted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from dpf_edge.authority import login
from dpf_edge.authority.app import OPERATIONS
from dpf_edge.authority.settings import Settings
from dpf_edge.wire.tokens import Secret
from tests.authority import desk
from tests.authority.desk import ADMIN, PASSWORD, Desk

if TYPE_CHECKING:
    from pathlib import Path

FILLED = {"node": "edge_0", "token": "dpfboot_0000", "device": "x", "name:path": "nobody"}


def path_of(operation: Any) -> str:
    """An operation's path, with something in its gaps."""
    path: str = operation.path
    for gap, told in FILLED.items():
        path = path.replace(f"{{{gap}}}", told)
    return f"{ADMIN}{path}"


CHANGES = [each for each in OPERATIONS if each.method != "GET"]
FOR_OPERATORS = [each for each in OPERATIONS if each.role > login.Role.VIEWER]


def called(operation: Any) -> str:
    """An operation's name, for the list of tests."""
    name: str = operation.name
    return name


@pytest.mark.parametrize("operation", OPERATIONS, ids=called)
def test_nothing_is_told_to_a_stranger(shared: Desk, operation: Any) -> None:
    shared.client.cookies.clear()
    for headers in ({}, {"authorization": "Bearer dpfapi_nothing"}, {"cookie": "dpf_session=x"}):
        told = shared.client.request(operation.method, path_of(operation), headers=headers)

        assert (401, "unauthorized") == (told.status_code, told.json()["error"])


@pytest.mark.parametrize("operation", OPERATIONS, ids=called)
def test_a_nodes_own_token_opens_nothing_here(shared: Desk, operation: Any) -> None:
    headers = {"authorization": f"Bearer {shared.enrolled().token}"}

    told = shared.client.request(operation.method, path_of(operation), headers=headers)

    assert 401 == told.status_code


@pytest.mark.parametrize("operation", FOR_OPERATORS, ids=called)
def test_a_viewer_changes_nothing(shared: Desk, operation: Any) -> None:
    headers = shared.api_token("viewer")

    told = shared.client.request(operation.method, path_of(operation), headers=headers)

    assert (403, "role_disallowed") == (told.status_code, told.json()["error"])


@pytest.mark.parametrize("operation", CHANGES, ids=called)
def test_a_cookie_alone_changes_nothing(shared: Desk, operation: Any) -> None:
    """What any page can make a browser send does not have the CSRF token."""
    link = shared.store.people.link("operator").reveal()
    assert 303 == shared.client.get("/sign-in", params={"link": link}).status_code
    for csrf in (None, "", "0" * 64, "\xe9"):
        headers = {} if csrf is None else {b"x-csrf-token": csrf.encode("latin-1")}

        told = shared.client.request(operation.method, path_of(operation), headers=headers)

        assert (403, "csrf_failed") == (told.status_code, told.json()["error"])


@pytest.mark.parametrize(
    "also",
    [
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"origin": "https://evil.example"},
        {"origin": "null"},
    ],
)
def test_a_call_from_another_origin_is_refused_even_with_the_token(
    at: Desk, also: dict[str, str]
) -> None:
    headers = at.signed_in()

    told = at.client.post(f"{ADMIN}/tokens", json={}, headers={**headers, **also})

    assert (403, "csrf_failed") == (told.status_code, told.json()["error"])


def test_our_own_page_may(at: Desk) -> None:
    headers = at.signed_in()
    own = {"sec-fetch-site": "same-origin", "origin": "http://localhost"}

    assert 201 == at.client.post(f"{ADMIN}/tokens", json={}, headers={**headers, **own}).status_code


# -- signing in


def test_a_wrong_name_and_a_wrong_password_are_told_alike(at: Desk) -> None:
    at.signed_in()
    wrong = [
        at.client.post(f"{ADMIN}/session", json={"name": name, "password": password})
        for name, password in (("ada", "wrong"), ("nobody", PASSWORD), ("a\0", "x"), ("ada", ""))
    ]

    assert [401] * 4 == [each.status_code for each in wrong]
    assert 1 == len({each.text for each in wrong})
    assert not any("set-cookie" in each.headers for each in wrong)


def test_guesses_are_bounded_and_the_right_password_waits_too(at: Desk) -> None:
    at.signed_in()
    wrong = {"name": "ada", "password": "wrong"}
    answers = [at.client.post(f"{ADMIN}/session", json=wrong).status_code for _ in range(10)]

    right = at.client.post(f"{ADMIN}/session", json={"name": "ada", "password": PASSWORD})

    assert [401] * 9 == answers[:9], "one slot went with the first sign-in"
    assert 429 == answers[9] == right.status_code
    at.clock.now += int(right.headers["retry-after"])
    again = at.client.post(f"{ADMIN}/session", json={"name": "ada", "password": PASSWORD})
    assert 200 == again.status_code


def test_a_sign_in_that_another_page_sends_is_refused(at: Desk) -> None:
    """Else it could sign its visitor in as somebody else."""
    told = at.client.post(
        f"{ADMIN}/session",
        json={"name": "ada", "password": PASSWORD},
        headers={"sec-fetch-site": "cross-site"},
    )

    assert (403, "csrf_failed") == (told.status_code, told.json()["error"])


def test_the_cookie_is_for_this_host_and_for_no_script(at: Desk) -> None:
    at.store.people.add("ada", "viewer", Secret(PASSWORD))

    told = at.client.post(f"{ADMIN}/session", json={"name": "ada", "password": PASSWORD})

    cookie = told.headers["set-cookie"]
    assert cookie.startswith("dpf_session=dpfsess_")
    assert {"HttpOnly", "Path=/", "SameSite=lax"} <= set(cookie.split("; "))
    assert "Secure" not in cookie


def test_over_https_the_cookie_is_for_https_alone(tmp_path: Path) -> None:
    with desk.desk(desk.sqlite(tmp_path), Settings(is_secure=True)) as at:
        at.store.people.add("ada", "viewer", Secret(PASSWORD))

        told = at.client.post(f"{ADMIN}/session", json={"name": "ada", "password": PASSWORD})

    cookie = told.headers["set-cookie"]
    assert cookie.startswith("__Host-dpf_session=")
    assert {"Secure", "HttpOnly", "Path=/"} <= set(cookie.split("; "))
    assert "Domain" not in cookie


def test_a_session_ends_when_it_is_told_to_and_after_its_time(at: Desk) -> None:
    headers = at.signed_in()
    assert 200 == at.client.get(f"{ADMIN}/session").status_code

    assert 200 == at.client.request("DELETE", f"{ADMIN}/session", headers=headers).status_code
    assert 401 == at.client.get(f"{ADMIN}/session").status_code

    at.signed_in(name="bob")
    at.clock.now += login.SESSION_SECONDS - 1
    assert 200 == at.client.get(f"{ADMIN}/session").status_code
    at.clock.now += 1
    assert 401 == at.client.get(f"{ADMIN}/session").status_code


def test_who_is_removed_is_out_at_once(at: Desk) -> None:
    at.signed_in()

    at.store.people.remove("ada")

    assert 401 == at.client.get(f"{ADMIN}/session").status_code


def test_a_page_learns_its_csrf_token_from_the_session(at: Desk) -> None:
    headers = at.signed_in()

    told = at.client.get(f"{ADMIN}/session").json()

    assert ("ada", "operator", headers["x-csrf-token"]) == (
        told["name"],
        told["role"],
        told["csrf"],
    )


def test_an_api_token_that_is_revoked_or_over_opens_nothing(at: Desk) -> None:
    made = at.store.people.issue_api_token("a program", "viewer", ttl_seconds=60)
    headers = {"authorization": f"Bearer {made.token.reveal()}"}
    assert 200 == at.client.get(f"{ADMIN}/nodes", headers=headers).status_code

    at.clock.now += 61
    assert 401 == at.client.get(f"{ADMIN}/nodes", headers=headers).status_code

    other = at.api_token()
    token = at.client.get(f"{ADMIN}/api-tokens", headers=other).json()["apiTokens"][0]["prefix"]
    assert 200 == at.client.post(f"{ADMIN}/api-tokens/{token}/revoke", headers=other).status_code
    assert 401 == at.client.get(f"{ADMIN}/nodes", headers=other).status_code


# -- what is done


def test_a_token_is_issued_shown_once_and_taken_back(at: Desk) -> None:
    headers = at.signed_in()
    asked = {
        "ttlMinutes": 30,
        "autoApprove": True,
        "site": "berlin",
        "fingerprint": "no-hex-digits",
    }

    made = at.client.post(f"{ADMIN}/tokens", json=asked, headers=headers)

    told = made.json()
    assert 201 == made.status_code
    assert told["token"].startswith("dpfboot_")
    assert ("open", True, "berlin", True) == tuple(
        told["issued"][each] for each in ("state", "autoApprove", "site", "bound")
    )
    listed = at.client.get(f"{ADMIN}/tokens")
    assert told["token"] not in listed.text
    assert "no-hex-digits" not in listed.text
    prefix = told["issued"]["prefix"]
    revoked = at.client.post(f"{ADMIN}/tokens/{prefix}/revoke", headers=headers)
    assert "revoked" == revoked.json()["token"]["state"]
    answer = at.post("enroll", {**desk.ENROLL, "hostFingerprint": "abc"}, told["token"])
    assert "token_revoked" == answer.json()["error"]


@pytest.mark.parametrize(
    "asked",
    [
        {"ttlMinutes": 0},
        {"ttlMinutes": 1441},
        {"ttlMinutes": "15"},
        {"site": ""},
        {"site": "a\nb"},
        {"autoApprove": "yes"},
        {"colour": "red"},
        [],
    ],
)
def test_a_form_that_is_not_right_is_refused_with_its_reason(at: Desk, asked: Any) -> None:
    told = at.client.post(f"{ADMIN}/tokens", json=asked, headers=at.api_token())

    assert (400, "invalid_body") == (told.status_code, told.json()["error"])
    assert told.json()["issues"]
    assert () == at.store.tokens.list()


def test_a_node_is_decided_about_and_every_decision_is_noted(at: Desk) -> None:
    headers = at.signed_in()
    caller = at.enrolled(trusted=False)
    node = f"{ADMIN}/nodes/{caller.node_id}"

    states = [
        at.client.post(f"{node}/{verb}", headers=headers).json()["node"]["trustState"]
        for verb in ("approve", "quarantine", "restore", "revoke")
    ]

    assert ["trusted", "quarantined", "trusted", "revoked"] == states
    again = at.client.post(f"{node}/approve", headers=headers)
    assert (409, "conflict") == (again.status_code, again.json()["error"])
    rows = [row for row in at.audit(node_id=caller.node_id) if row.mode == "admin"]
    assert {"user:ada"} == {row.actor for row in rows}
    assert {f"admin.nodes.{verb}" for verb in ("approve", "quarantine", "restore", "revoke")} == {
        row.tool for row in rows
    }


def test_a_decision_holds_from_the_nodes_next_call(at: Desk) -> None:
    headers = at.api_token()
    caller = at.enrolled()

    at.client.post(f"{ADMIN}/nodes/{caller.node_id}/quarantine", headers=headers)

    assert 403 == at.post("discovery-runs", desk.RUN, caller.token).status_code
    assert "quarantined" == at.post("heartbeat", {}, caller.token).json()["trustState"]


def test_a_node_is_renamed_and_rotated(at: Desk) -> None:
    headers = at.api_token()
    caller = at.enrolled()
    node = f"{ADMIN}/nodes/{caller.node_id}"

    renamed = at.client.patch(node, json={"name": "cellar"}, headers=headers)
    later = at.client.post(f"{node}/rotate", json={"byHeartbeat": True}, headers=headers)
    token = at.post("heartbeat", {}, caller.token).json()["rotatedToken"]["token"]
    at_once = at.client.post(f"{node}/rotate", headers=headers)

    assert "cellar" == renamed.json()["node"]["name"]
    assert (202, "by-heartbeat") == (later.status_code, later.json()["rotation"])
    assert 401 == at.post("heartbeat", {}, token).status_code
    assert 200 == at.post("heartbeat", {}, at_once.json()["nodeToken"]).status_code


def test_nodes_are_shown_with_how_they_do(at: Desk) -> None:
    caller = at.enrolled()
    at.post("heartbeat", desk.HEARTBEAT, caller.token)
    at.post("discovery-runs", desk.RUN, caller.token)
    at.enrolled(site="berlin")

    (node,) = at.client.get(f"{ADMIN}/nodes?site=default", headers=at.api_token()).json()["nodes"]

    assert ("healthy", "none") == (node["health"], node["nextAction"])
    assert ["192.168.50.7", "fd00:50::7"] == node["addresses"]
    assert node["lastSeenAt"].endswith("Z")
    assert 2 == node["lastRun"]["items"]
    assert "metadata" not in node


def test_devices_are_found_shown_and_forgotten(at: Desk) -> None:
    headers = at.api_token()
    at.post("discovery-runs", desk.RUN, at.enrolled().token)

    page = at.client.get(
        f"{ADMIN}/devices?query=24:5a&sort=seen&order=desc", headers=headers
    ).json()
    (device,) = page["devices"]
    shown = at.client.get(f"{ADMIN}/devices/{device['deviceId']}", headers=headers).json()
    changes = at.client.get(f"{ADMIN}/changes?kind=new", headers=headers).json()["changes"]
    forgotten = at.client.delete(f"{ADMIN}/devices/{device['deviceId']}", headers=headers)
    gone = at.client.get(f"{ADMIN}/devices/{device['deviceId']}", headers=headers)

    assert (1, "Ubiquiti Inc") == (page["total"], device["attributes"]["vendor"])
    assert "arp:192.168.50.1" == shown["observations"][0]["observedKey"]
    assert [device["deviceId"]] == [each["deviceId"] for each in changes]
    assert 200 == forgotten.status_code
    assert (404, "not_found") == (gone.status_code, gone.json()["error"])


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=501",
        "limit=x",
        "limit=-1",
        "offset=1e9",
        "sort=size",
        "order=up",
        "present=1",
    ],
)
def test_a_query_that_is_not_right_is_refused(at: Desk, query: str) -> None:
    told = at.client.get(f"{ADMIN}/devices?{query}", headers=at.api_token())

    assert (400, "invalid_query") == (told.status_code, told.json()["error"])


def test_a_list_is_read_by_pages_to_its_end(at: Desk) -> None:
    headers, caller = at.api_token(), at.enrolled()
    for _ in range(5):
        at.post("heartbeat", {}, caller.token)

    seen, before = [], ""
    for _ in range(5):
        page = at.client.get(f"{ADMIN}/audit?limit=2{before}", headers=headers).json()
        seen += [each["id"] for each in page["audit"]]
        if page["before"] is None:
            break
        before = f"&before={page['before']}"

    assert 5 == len(set(seen)) == len(seen)


def test_people_are_let_in_and_out_and_settings_kept(at: Desk) -> None:
    headers = at.api_token()
    asked = {"name": "bob/berlin", "role": "viewer", "password": PASSWORD}

    made = at.client.post(f"{ADMIN}/people", json=asked, headers=headers)
    twice = at.client.post(f"{ADMIN}/people", json=asked, headers=headers)
    short = at.client.post(f"{ADMIN}/people", json={**asked, "password": "x"}, headers=headers)
    listed = at.client.get(f"{ADMIN}/people", headers=headers)
    removed = at.client.delete(f"{ADMIN}/people/bob/berlin", headers=headers)
    kept = at.client.put(f"{ADMIN}/settings", json={"retention-days": 30}, headers=headers)
    wrong = at.client.put(f"{ADMIN}/settings", json={"tls-fingerprint": 1}, headers=headers)

    assert [201, 409, 400, 200] == [each.status_code for each in (made, twice, short, removed)]
    assert PASSWORD not in listed.text
    assert 30 == kept.json()["settings"]["retention-days"]
    assert 400 == wrong.status_code


# -- beside the administration


def test_a_nodes_samples_are_for_who_is_signed_in(at: Desk) -> None:
    caller = at.enrolled()
    at.post("metrics", desk.METRICS, caller.token)
    path, headers = "/api/v1/edge/metrics", at.api_token("viewer")

    shown = at.client.get(path, params={"nodeId": caller.node_id}, headers=headers)
    nobody = at.client.get(path, params={"nodeId": "edge_0"}, headers=headers)
    stranger = at.client.get(path, params={"nodeId": caller.node_id})
    node = at.client.get(path, headers={"authorization": f"Bearer {caller.token}"})

    assert "GigabitEthernet0/3" in shown.text
    assert (404, "not_found") == (nobody.status_code, nobody.json()["error"])
    assert (401, "unauthorized") == (stranger.status_code, stranger.json()["error"])
    assert 401 == node.status_code


def test_figures_are_for_who_has_a_token_and_name_nobody(at: Desk) -> None:
    caller = at.enrolled()
    at.post("heartbeat", desk.HEARTBEAT, caller.token)
    at.post("discovery-runs", desk.RUN, caller.token)
    at.post("heartbeat", b"{", caller.token)

    stranger = at.client.get("/metrics")
    told = at.client.get("/metrics", headers=at.api_token("viewer"))

    assert 401 == stranger.status_code
    assert told.headers["content-type"].startswith("text/plain; version=0.0.4")
    lines = set(told.text.splitlines())
    assert {
        'dpf_edge_authority_nodes{trust_state="trusted"} 1',
        'dpf_edge_authority_nodes_by_health{health="healthy"} 1',
        'dpf_edge_authority_devices{state="present"} 1',
        'dpf_edge_authority_calls_total{route="heartbeat",status="200"} 1',
        'dpf_edge_authority_calls_total{route="heartbeat",status="400"} 1',
        "# TYPE dpf_edge_authority_calls_total counter",
    } <= lines
    assert "warehouse" not in told.text
    assert caller.node_id not in told.text


def test_health_is_open_and_is_what_the_store_says(
    at: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """W40: a health check that looks."""
    from dpf_edge.errors import StoreUnreachable

    well = at.client.get("/api/health")
    assert (200, True) == (well.status_code, well.json()["ok"])
    assert 200 == at.client.head("/api/health").status_code

    def away() -> None:
        raise StoreUnreachable("away")

    monkeypatch.setattr(at.store, "ping", away)
    monkeypatch.setattr("dpf_edge.authority.health.FRESH_SECONDS", 0.0)
    ill = at.client.get("/api/health")
    assert (503, "store_unavailable") == (ill.status_code, ill.json()["error"])


# -- which host


def test_on_loopback_another_host_is_not_answered(tmp_path: Path) -> None:
    """A page whose name leads here (DNS rebinding) gets neither a form nor an answer."""
    from dpf_edge.authority import hosts

    settings = Settings(hosts=hosts.allowed("127.0.0.1", ["edge.example"]))
    with desk.desk(desk.sqlite(tmp_path), settings) as at:
        token = at.enrolled().token

        def asked(host: str) -> int:
            sent = {"host": host, "authorization": f"Bearer {token}"}
            return at.client.post("/api/v1/edge/heartbeat", headers=sent).status_code

        assert [200] * 4 == [
            asked(each) for each in ("localhost:8470", "127.0.0.1", "[::1]:1", "edge.example")
        ]
        assert [421] * 4 == [
            asked(each)
            for each in ("evil.example", "localhost.evil.example", "", "127.0.0.1.nip.io")
        ]
        other = at.client.get("/sign-in", headers={"host": "evil.example:8470"})
        assert (421, "host_not_allowed") == (other.status_code, other.json()["error"])
