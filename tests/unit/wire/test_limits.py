"""The contract's numbers, one by one: what is published does not change because the code does."""

from __future__ import annotations

import pytest

from dpf_edge.wire import actions, certificates, federation, limits, metrics, tokens
from dpf_edge.wire.limits import Ceiling, Window
from dpf_edge.wire.routes import ROUTES
from dpf_edge.wire.vocabulary import Scope


def test_how_often_each_route_may_be_called() -> None:
    rates = {route.name: route.ceilings for route in ROUTES}

    assert rates == {
        "enroll": (),
        "heartbeat": (Ceiling(12, 60),),
        "discovery-runs": (Ceiling(4, 60), Ceiling(60, 3600)),
        "events": (Ceiling(30, 60), Ceiling(600, 3600)),
        "metrics": (),
        "adapters": (Ceiling(12, 60),),
        "federation-candidates": (Ceiling(20, 60), Ceiling(300, 3600)),
        "actions/certificates/register": (),
        "actions/claim": (),
        "actions/result": (),
    }


def test_what_a_429_calls_the_wait_on_each_route() -> None:
    fields = {route.name: route.retry_field for route in ROUTES if route.ceilings}

    assert fields == {
        "heartbeat": "retryAfter",
        "discovery-runs": "retryAfter",
        "events": "retryAfterSec",
        "adapters": "retryAfter",
        "federation-candidates": "retryAfter",
    }
    assert metrics.ROUTE.retry_field == "retryAfterSec"


def test_how_large_each_body_may_be() -> None:
    sizes = {route.name: route.max_bytes for route in ROUTES if route.max_bytes}

    assert sizes == {
        "enroll": 65_536,
        "heartbeat": 262_144,
        "discovery-runs": 5_242_880,
        "events": 262_144,
        "metrics": 65_536,
        "federation-candidates": 65_536,
        "actions/claim": 4_096,
        "actions/result": 98_304,
    }


def test_how_fresh_each_body_has_to_be() -> None:
    windows = {route.name: route.window for route in ROUTES if route.window}

    assert windows == {
        "discovery-runs": Window(86_400, 300),
        "events": Window(300, 300),
        "metrics": Window(300, 300),
        "federation-candidates": Window(300, 300),
    }


def test_who_may_use_each_scope() -> None:
    assert {scope for scope in Scope if not scope.needs_trust} == {Scope.ENROLL, Scope.HEARTBEAT}


def test_how_each_route_is_named_in_the_audit() -> None:
    published = [
        "edge.enroll",
        "edge.heartbeat",
        "edge.discovery_runs.submit",
        "edge.adapters",
        "edge.federation_candidates.submit",
    ]

    named = {route.tool for route in ROUTES}

    assert named >= set(published)
    assert len(named) == len(ROUTES)


def test_the_intervals_that_an_authority_gives() -> None:
    assert (60, 300) == (limits.HEARTBEAT_SECONDS, limits.SWEEP_SECONDS)


def test_how_long_a_bootstrap_token_lives() -> None:
    assert (15, 1440) == (tokens.BOOTSTRAP_MINUTES, tokens.BOOTSTRAP_MINUTES_MAX)


def test_how_long_what_is_kept_for_a_while_is_kept() -> None:
    assert (90, 120) == (metrics.FRESH_SECONDS, federation.FORGOTTEN_SECONDS)
    assert (300, 30, 600) == (
        actions.LIFETIME_SECONDS,
        actions.AHEAD_SECONDS,
        actions.CLAIM_TIMEOUT_SECONDS,
    )
    assert (32, 30) == (certificates.LIFETIME_DAYS, certificates.NOT_BEFORE_SECONDS)
    assert (16_384, 32) == (certificates.DER_BYTES, certificates.PROXY_SECRET_CHARACTERS)


@pytest.mark.parametrize(
    ("past", "future", "window"),
    [
        ("60", "10", Window(60, 10)),
        ("0.5", None, Window(0.5, 300)),
        (" 7200 ", "x", Window(7200, 300)),
        ("1e3", "-1", Window(1000, 300)),
    ],
)
def test_a_freshness_that_is_set_by_half_keeps_the_other_half(
    past: str | None, future: str | None, window: Window
) -> None:
    assert limits.window(past, future) == window
