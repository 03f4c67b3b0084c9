"""Refusals: what their bodies say, and what a node reads of any answer that is one."""

from __future__ import annotations

import json

import pytest

from dpf_edge.wire import answers, limits, refusals
from dpf_edge.wire.refusals import Code, Refusal
from dpf_edge.wire.route import HEALTH
from dpf_edge.wire.routes import ROUTES
from dpf_edge.wire.vocabulary import Scope


def test_a_refusal_says_that_it_is_one_and_why() -> None:
    assert Refusal(400, Code.INVALID_BODY).body() == {"ok": False, "error": "invalid_body"}
    assert refusals.payload_too_large(65536).body() == {
        "ok": False,
        "error": "payload_too_large",
        "message": "the body may be 65536 bytes",
        "maxBytes": 65536,
    }
    assert "maxBytes" not in refusals.payload_too_large(65536, tells=False).body()


@pytest.mark.parametrize(
    ("seconds", "wait"), [(0, 1), (0.2, 1), (1, 1), (1.01, 2), (59.5, 60), (-3, 1)]
)
def test_a_wait_is_a_whole_second_or_more(seconds: float, wait: int) -> None:
    for field in (refusals.RETRY_AFTER, refusals.RETRY_AFTER_SEC):
        refusal = refusals.rate_limited(seconds, field)

        assert (429, wait) == (refusal.status, refusal.retry_after)
        assert refusal.body() == {"ok": False, "error": "rate_limited", field: wait}


def test_who_may_not_is_told_his_state_and_the_scope() -> None:
    assert refusals.scope_disallowed("pending", Scope.DISCOVERY).body() == {
        "ok": False,
        "error": "scope_disallowed",
        "message": "a node that is pending may not use discovery:submit",
    }


def test_a_revoked_node_is_told_apart_from_a_stranger_only_where_it_is_known() -> None:
    """W1: revoking forgets the token, so ``token_not_found`` is what a revoked node hears."""
    codes = [refusals.token_not_found().code, refusals.node_revoked().code]

    assert codes == ["token_not_found", "node_revoked"]
    for route in ROUTES:
        if route.name != "enroll":
            known = [str(each.code) for each in route.refusals]
            assert known.index("token_not_found") < known.index("node_revoked")


def test_the_wait_is_read_under_both_of_its_names() -> None:
    """W14: published nodes ignore it."""
    for field in ("retryAfter", "retryAfterSec"):
        body = json.dumps({"ok": False, "error": "rate_limited", field: 7}).encode()

        assert answers.refused(429, body).retry_after == 7


@pytest.mark.parametrize("wait", [-1, "7", None, True, [], 10**400])
def test_a_wait_that_is_none_is_not_waited_for(wait: object) -> None:
    body = json.dumps({"error": "rate_limited", "retryAfter": wait}).encode()

    assert answers.refused(429, body).retry_after is None


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html><body>502 Bad Gateway</body></html>",
        b"null",
        b"[]",
        b'"rate_limited"',
        b'{"error": 5}',
        b'{"error": null}',
        b'{"error": {"code": "x"}}',
        b'{"error": ""}',
        b'{"error": "\\u001b[31m"}',
        b'{"error": "' + b"x" * 101 + b'"}',
        b"\xff\xfe",
        b'{"a":' * 100_000,
        b'{"error": "x"',
    ],
    ids=lambda body: repr(body[:24]),
)
def test_a_proxy_s_page_is_a_refusal_without_a_code(body: bytes) -> None:
    refusal = answers.refused(502, body)

    assert (502, "") == (refusal.status, refusal.code)


def test_a_message_is_one_line_without_tokens_and_not_too_long() -> None:
    token = "dpfedge_" + "S" * 39
    said = f"bad token {token}\r\n\x1b[31mred\u2028" + "😀" * 5000

    message = answers.refused(401, json.dumps({"error": "x", "message": said}).encode()).message

    assert message is not None
    assert "SSSSS" not in message
    assert message.isprintable()
    assert len(message.encode("utf-16-le")) // 2 == 500


@pytest.mark.parametrize("cut", range(990, 1001))
def test_a_token_is_not_half_left_where_a_message_is_cut(cut: int) -> None:
    said = "x" * (cut - 60) + " dpfedge_" + "S" * 39 + " end"

    message = answers.refused(401, json.dumps({"error": "x", "message": said}).encode()).message

    assert "SSSSS" not in str(message)


def test_the_routes_are_those_of_the_contract() -> None:
    paths = {(route.method, route.path.removeprefix("/api/v1/edge/")) for route in ROUTES}

    assert paths == {
        ("POST", "enroll"),
        ("POST", "heartbeat"),
        ("POST", "discovery-runs"),
        ("POST", "events"),
        ("POST", "metrics"),
        ("GET", "adapters"),
        ("POST", "federation-candidates"),
        ("POST", "actions/certificates/register"),
        ("POST", "actions/claim"),
        ("POST", "actions/result"),
    }
    assert HEALTH == "/api/health"


# Where the checks of who asks, how often, how large and how fresh stand, as published.
@pytest.mark.parametrize(
    ("name", "order"),
    [
        ("heartbeat", ["missing_authorization", "rate_limited", "payload_too_large"]),
        ("discovery-runs", ["missing_authorization", "rate_limited", "payload_too_large"]),
        ("federation-candidates", ["missing_authorization", "rate_limited", "payload_too_large"]),
        ("metrics", ["payload_too_large", "missing_authorization", "rate_limited"]),
        ("events", ["payload_too_large", "missing_authorization", "stale_payload", "rate_limited"]),
        ("adapters", ["missing_authorization", "rate_limited"]),
    ],
)
def test_the_order_of_the_checks_is_the_published_one(name: str, order: list[str]) -> None:
    route = next(each for each in ROUTES if each.name == name)

    first = [str(step.refusals[0].code) for step in route.steps if step.refusals]

    assert [code for code in first if code in order] == order


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.name)
def test_every_body_has_a_bound_and_every_reader_a_trusted_node(route: object) -> None:
    """W39: published Authorities believe a declared length, and bound some bodies not at all."""
    from dpf_edge.wire.route import Route

    assert isinstance(route, Route)
    if route.request and route.name != "actions/certificates/register":
        assert 0 < route.max_bytes <= limits.DISCOVERY_BODY
    needs = {str(known.code) for known in route.refusals} >= {"scope_disallowed"}
    assert needs == route.scope.needs_trust


def test_every_code_that_a_route_names_is_told_with_one_meaning() -> None:
    for route in ROUTES:
        told = [(known.status, known.code) for known in route.refusals]

        assert len(told) == len(set(told)), route.name
