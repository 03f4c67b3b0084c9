"""What is sent to do harm: answered with a refusal, bounded, and never with a 500 or a secret."""

from __future__ import annotations

import gzip
import json
import logging
from typing import Any

import pytest

from dpf_edge.authority.app import create
from dpf_edge.authority.settings import Settings
from dpf_edge.wire import limits
from tests.authority import desk
from tests.authority.desk import ADMIN, EDGE, Desk
from tests.authority.served import answer, connected, reply, served

ROUTES = {
    "enroll": desk.ENROLL,
    "heartbeat": desk.HEARTBEAT,
    "discovery-runs": desk.RUN,
    "events": desk.EVENTS,
    "metrics": desk.METRICS,
    "federation-candidates": desk.CANDIDATES,
}
NOTHING_BUT_NONSENSE = {
    "deep-arrays": b"[" * 10_000,
    "deep-objects": b'{"a":' * 10_000,
    "deep-and-closed": b"[" * 5000 + b"]" * 5000,
    "nan": b'{"displayName": NaN}',
    "infinity": b'{"displayName": Infinity}',
    "no-double": b'{"displayName": 1e99999}',
    "huge-integer": b'{"displayName": ' + b"9" * 50_000 + b"}",
    "gzip": gzip.compress(b"{}"),
    "not-utf-8": b'{"displayName": "\xff\xfe\xfa"}',
    "lone-surrogate": b'{"displayName": "\\ud800"}',
    "raw-surrogate": b'{"displayName": "\xed\xa0\x80"}',
    "nul": b"\x00",
    "nul-in-key": b'{"\\u0000": 1}',
    "a-number": b"1",
    "a-text": b'"x"',
    "null": b"null",
    "two-values": b"{}{}",
    "a-list": b"[]",
    "cut-off": b'{"displayName": "x',
    "duplicate": b'{"displayName": "a", "displayName": 7}',
    "bom": b"\xef\xbb\xbf{}",
    "utf-16": '{"displayName": "x"}'.encode("utf-16"),
    "proto": b'{"__proto__": {"ok": true}, "constructor": {}}',
}


@pytest.fixture
def at(either: Desk) -> Desk:
    """An Authority on a store of each kind."""
    return either


@pytest.mark.parametrize("name", NOTHING_BUT_NONSENSE)
@pytest.mark.parametrize("route", ROUTES)
def test_nonsense_is_a_clients_fault(shared: Desk, route: str, name: str) -> None:
    token = shared.token() if route == "enroll" else shared.enrolled().token

    told = shared.post(route, NOTHING_BUT_NONSENSE[name], token)

    harmless = {200} if route == "heartbeat" else set()  # it may hold anything that is an object
    assert told.status_code in {400, 422, *harmless}
    assert told.json()["ok"] is (told.status_code == 200)


ODD = ["\0", "\ud800", "\U0001f600" * 60, "a\nb\tc\x1b[31m", "'; DROP TABLE node; --", "‮x"]


@pytest.mark.parametrize("odd", ODD, ids=["nul", "surrogate", "astral", "controls", "sql", "bidi"])
def test_odd_texts_in_every_place_are_taken_or_refused_and_read_back(
    shared: Desk, odd: str
) -> None:
    """What a device calls itself may hold anything; lists and pages show it without a fault."""
    node = shared.post(
        "enroll", {**desk.ENROLL, "displayName": odd, "version": "1", "metadata": {odd: odd}},
        shared.token(auto_approve=True),
    )  # fmt: skip
    assert 200 == node.status_code
    token = node.json()["nodeToken"]
    item = {"observedKey": odd, "itemType": odd, "name": odd, "rawData": {odd: odd, "vendor": odd}}
    link = {"fromObservedKey": odd, "toObservedKey": odd, "relationshipType": odd}
    run = {
        **desk.RUN,
        "runKey": odd[:60],
        "items": [item],
        "relationships": [link],
        "warnings": [odd],
    }
    event = {
        **desk.EVENTS["events"][0],
        "dedupKey": odd,
        "summary": odd,
        "customDetails": {odd: odd},
    }
    report = {**desk.HEARTBEAT["capabilityReports"][0], "evidence": {odd: odd}}

    answers = [
        shared.post("discovery-runs", run, token),
        shared.post("events", {**desk.EVENTS, "events": [event]}, token),
        shared.post("heartbeat", {"capabilityReports": [report]}, token),
    ]

    assert [201, 200, 200] == [each.status_code for each in answers]
    headers = shared.api_token()
    for path in ("nodes", "devices", "changes", "runs", "alerts", "audit"):
        told = shared.client.get(f"{ADMIN}/{path}", headers=headers)
        assert (200, True) == (told.status_code, told.json()["ok"])
    page = shared.client.get("/", headers=headers)
    assert 200 == page.status_code
    assert "\x1b" not in page.text
    assert "\u202e" not in page.text


def test_what_a_node_calls_itself_is_text_on_the_page(at: Desk) -> None:
    name = "<script>alert(1)</script><img src=x onerror=alert(1)>"
    at.post("enroll", {**desk.ENROLL, "displayName": name}, at.token())

    page = at.client.get("/", headers=at.api_token())

    assert "<script>" not in page.text
    assert "<img" not in page.text
    assert "&lt;script&gt;" in page.text


@pytest.mark.parametrize(
    "header",
    [
        "Bearer",
        "Bearer ",
        "bearer x",
        "Bearer\tdpfedge_x",
        "Bearer dpfedge_" + "x" * 8000,
        "Bearer dpfedge_\u00e9\u00ff",
        "Bearer dpfedge_' OR 1=1 --",
        "Basic dpfedge_x",
        ",",
    ],
)
def test_odd_authorization_headers_are_401(at: Desk, header: str) -> None:
    told = at.client.post(f"{EDGE}/heartbeat", headers={b"authorization": header.encode("latin-1")})

    assert 401 == told.status_code


def test_two_authorization_headers_are_no_token(at: Desk) -> None:
    """As a published Authority's runtime joins them; neither is picked out."""
    token = at.enrolled().token

    told = at.client.post(
        f"{EDGE}/heartbeat",
        headers=[("authorization", f"Bearer {token}"), ("authorization", f"Bearer {token}")],
    )

    assert (401, "token_not_found") == (told.status_code, told.json()["error"])


@pytest.mark.parametrize(
    "target",
    [
        *("/..%2f..%2fetc/passwd", "/static/../app.py", "/static/%2e%2e/app.py", "//evil.example/"),
        *("/%00", "/%ff", "/%zz", "/?a=%00", "/sign-in?link=%00", "/sign-in?link=%ed%a0%80"),
        *(f"{ADMIN}/nodes/%00", f"{ADMIN}/devices?limit=99999999999999999999", "*"),
        f"{ADMIN}/audit?before=%ff",
    ],
)
def test_odd_targets_are_no_fault_of_ours(at: Desk, target: str) -> None:
    """On the wire, where no client library has mended them; with and without a token."""
    token = at.api_token()["authorization"]
    with served(create(at.store, Settings(), at.clock)) as where:
        for also in ("", f"Authorization: {token}\r\n"):
            with connected(where) as client:
                client.sendall(f"GET {target} HTTP/1.1\r\nHost: localhost\r\n{also}\r\n".encode())
                told = reply(client)
                assert told.status < 500, target
                assert b"root:" not in told.body


def test_a_flood_of_query_parameters_and_cookies_is_bounded(at: Desk) -> None:
    """Below the bound of the headers, which the connection has: still no fault."""
    headers = {**at.api_token(), "cookie": "; ".join(f"c{each}=x" for each in range(1000))}
    query = "&".join(f"a{each}={each}" for each in range(1000))

    assert 200 == at.client.get(f"{ADMIN}/nodes?{query}", headers=headers).status_code


@pytest.mark.parametrize("path", [f"{ADMIN}/tokens", f"{ADMIN}/people", f"{ADMIN}/settings"])
@pytest.mark.parametrize("name", NOTHING_BUT_NONSENSE)
def test_nonsense_to_the_administration_is_a_clients_fault_too(
    shared: Desk, path: str, name: str
) -> None:
    method = "PUT" if path.endswith("settings") else "POST"

    told = shared.client.request(
        method, path, content=NOTHING_BUT_NONSENSE[name], headers=shared.api_token()
    )

    assert told.status_code < 500
    assert told.status_code in {200, 201, 400}


def test_a_run_of_ten_thousand_items_fits_and_one_more_does_not(at: Desk) -> None:
    item = {"observedKey": "x", "itemType": "host", "name": "x", "rawData": {}}
    items = [{**item, "observedKey": f"x:{each}"} for each in range(10_000)]
    token = at.enrolled().token

    fits = at.post("discovery-runs", {**desk.RUN, "items": items, "relationships": []}, token)
    more = {**desk.RUN, "runKey": "b", "items": [*items, item], "relationships": []}

    assert (201, 10_000) == (fits.status_code, fits.json()["itemCount"])
    assert (400, "invalid_body") == (
        (told := at.post("discovery-runs", more, token)).status_code,
        told.json()["error"],
    )


# -- secrets


PLANTED = "PLANTED0SECRET0THAT0MUST0NOT0SHOW0000"


def secrets_of(at: Desk) -> dict[str, str]:
    """Secrets of every kind, planted where somebody may put them."""
    caller = at.enrolled()
    return {
        "node": caller.token,
        "bootstrap": at.token(),
        "api": at.api_token()["authorization"].removeprefix("Bearer "),
        "link": at.store.people.link("operator").reveal(),
    }


def test_a_token_in_a_wrong_place_comes_back_in_no_answer_log_or_audit(
    at: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    """Put into every header, path, query and field, and then looked for in everything."""
    caplog.set_level(logging.DEBUG)
    planted = secrets_of(at)
    node = at.enrolled().token
    seen: list[str] = []
    for secret in planted.values():
        calls: list[Any] = [
            at.client.post(f"{EDGE}/heartbeat", headers={"authorization": f"Basic {secret}"}),
            at.client.post(f"{EDGE}/enroll", headers={"authorization": f"Bearer {secret}"}),
            at.client.get(f"/{secret}"),
            at.client.get(f"{ADMIN}/nodes/{secret[:20]}{PLANTED}"),
            at.client.get(f"{ADMIN}/nodes?site={secret}"),
            at.client.get(f"/metrics?token={secret}"),
            at.post("heartbeat", {"capabilityReports": [{"capability": secret}]}, node),
            at.post("discovery-runs", {**desk.RUN, "observedAt": secret}, node),
            at.post("events", {**desk.EVENTS, "runKey": secret}, node),
            at.post("enroll", {**desk.ENROLL, "platform": secret}, planted["bootstrap"]),
            at.client.post("/sign-in", content=f"name={secret}&password={secret}".encode()),
            at.client.post(f"{ADMIN}/session", json={"name": secret, "password": secret}),
        ]
        seen += [each.text + repr(each.headers) for each in calls]
    trail = repr(at.audit(limit=1000))

    # The client of this test logs what it calls; what is looked for is what we log.
    logged = [each.getMessage() for each in caplog.records if not each.name.startswith("httpx2")]
    everything = "\n".join([*seen, trail, *logged])
    shown = [name for name, secret in planted.items() if secret in everything]
    assert [] == shown
    assert 0 < len(trail)


def test_an_error_of_ours_tells_its_place_and_no_value(
    at: Desk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The last resort: a 500 without a page of code, and a line without what was sent."""
    caller = at.enrolled()

    def broken(*_: object) -> None:
        raise RuntimeError(f"{caller.token} and {PLANTED}")

    monkeypatch.setattr(at.store.nodes, "beat", broken)

    told = at.post("heartbeat", {}, caller.token)

    assert (500, "internal") == (told.status_code, told.json()["error"])
    assert "RuntimeError at " in caplog.text
    for text in (told.text, caplog.text):
        assert PLANTED not in text
        assert caller.token not in text
        assert "Traceback" not in text


def test_no_secret_is_in_the_store_in_the_clear(at: Desk, tmp_path: Any) -> None:
    planted = secrets_of(at)
    at.signed_in()
    at.client.get("/sign-in", params={"link": planted["link"]})
    at.store.backup(tmp_path / "copy")

    kept = b"".join(each.read_bytes() for each in tmp_path.iterdir() if each.is_file())

    assert b"warehouse-2" in kept, "what is looked through is the store"
    for secret in (*planted.values(), desk.PASSWORD):
        assert secret.encode() not in kept


def test_limits_hold_for_a_body_without_a_length(at: Desk) -> None:
    """W39: events and metrics go by what comes, not only by what is declared."""
    token = at.enrolled().token
    chunk = b"40000\r\n" + b" " * 0x40000 + b"\r\n"
    with served(create(at.store, Settings(), at.clock)) as where:
        for route, cap in (("events", limits.EVENTS_BODY), ("metrics", limits.METRICS_BODY)):
            with connected(where) as client:
                client.sendall(
                    f"POST {EDGE}/{route} HTTP/1.1\r\nHost: localhost\r\n"
                    f"Authorization: Bearer {token}\r\nTransfer-Encoding: chunked\r\n\r\n".encode()
                    + chunk
                    + chunk
                    + b"0\r\n\r\n"
                )
                told = reply(client)
                assert 413 == told.status
                assert cap == json.loads(told.body)["maxBytes"]


def test_a_client_that_leaves_in_the_middle_leaves_a_row_and_nothing_else(at: Desk) -> None:
    caller = at.enrolled()
    with served(create(at.store, Settings(), at.clock)) as where:
        with connected(where) as client:
            client.sendall(
                f"POST {EDGE}/discovery-runs HTTP/1.1\r\nHost: localhost\r\n"
                f"Authorization: Bearer {caller.token}\r\nContent-Length: 100\r\n\r\n{{".encode()
            )
            from tests.authority.served import until

            until(lambda: at.store.limits.take(caller.node_id, "discovery-runs", (
                limits.Ceiling(4, 60),)).remaining < 3)  # fmt: skip
        until(lambda: bool(at.audit(node_id=caller.node_id)))
        with connected(where) as other:
            other.sendall(b"GET /api/health HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            assert b'"ok":true' in answer(other)

    (row,) = at.audit(node_id=caller.node_id)
    assert (499, "client_gone") == (row.status, row.code)
