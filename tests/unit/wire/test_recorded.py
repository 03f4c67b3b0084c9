"""The recorded exchanges: what they say is what the types say, in both directions.

W45: the published parity suite compares the top-level keys of hand-made requests, on three routes,
and so runs that drifted apart passed unnoticed. Here every route is held to whole exchanges.
"""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import pytest

from dpf_edge.wire import (
    actions,
    adapters,
    body,
    certificates,
    discovery,
    enroll,
    events,
    federation,
    heartbeat,
    metrics,
    times,
    tokens,
)
from dpf_edge.wire.answers import read, refused
from dpf_edge.wire.refusals import Refusal
from dpf_edge.wire.routes import ROUTES
from tests.unit.wire.recorded import FOLDER, Exchange, exchanges

if TYPE_CHECKING:
    from collections.abc import Callable

ALL = exchanges()
DECODE: dict[str, Callable[[bytes], Any]] = {
    "enroll": enroll.decode,
    "heartbeat": heartbeat.decode,
    "discovery-runs": discovery.decode,
    "events": events.decode,
    "metrics": metrics.decode,
    "federation-candidates": federation.decode,
    "actions/claim": actions.decode_claim,
    "actions/result": actions.decode_result,
    "actions/certificates/register": lambda octets: read(octets, certificates.Register),
}
ANSWER: dict[str, Callable[[bytes], Any]] = {
    "enroll": enroll.answer,
    "heartbeat": heartbeat.answer,
    "discovery-runs": discovery.answer,
    "events": events.answer,
    "metrics": metrics.answer,
    "adapters": adapters.answer,
    "federation-candidates": federation.answer,
    "actions/claim": lambda octets: read(octets, actions.Claimed),
    "actions/result": lambda octets: read(octets, actions.Recorded),
    "actions/certificates/register": lambda octets: read(octets, certificates.Registered),
}
# What is refused by the body alone, by the types; the others are refused by who asks, or when.
BY_THE_BODY = {
    "invalid_body",
    "invalid_envelope",
    "invalid_platform",
    "invalid_candidate_snapshot",
    "stale_observation",
    "stale_payload",
    "stale_candidate_snapshot",
}


def judge(exchange: Exchange) -> None:
    """All that a body alone can be refused for, in the route's order."""
    request = DECODE[exchange.route.name](exchange.sent)
    now = times.seconds(exchange.at) if exchange.at else 0
    match request:
        case enroll.Request():
            tokens.spelt_for(tokens.BOOTSTRAP, tokens.bearer(header(exchange)))
            enroll.check(request)
        case discovery.Request():
            discovery.check_raw_data(request)
            discovery.check_fresh(request, now)
        case events.Request():
            events.check_fresh(request, now)
        case metrics.Request():
            metrics.check_fresh(request, now)
        case federation.Request():
            federation.check_fresh(request, now)


def header(exchange: Exchange) -> str:
    return str(exchange.request["headers"]["Authorization"])


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.name)
def test_every_route_has_an_exchange_that_succeeds(route: object) -> None:
    succeeded = [each for each in ALL if each.route is route and each.status < 300]

    assert succeeded


@pytest.mark.parametrize("exchange", ALL, ids=str)
def test_a_request_is_to_its_route(exchange: Exchange) -> None:
    assert (exchange.route.method, exchange.route.path) == (
        exchange.request["method"],
        exchange.request["path"],
    )


@pytest.mark.parametrize("exchange", [e for e in ALL if e.sent and e.status < 300], ids=str)
def test_a_request_that_is_taken_comes_back_as_it_was_sent(exchange: Exchange) -> None:
    request = DECODE[exchange.route.name](exchange.sent)
    judge(exchange)

    said = json.loads(body.encode(request))

    # The one kind that may be left out is written when it is sent on.
    for each, was in zip(
        said.get("events", []), exchange.request["body"].get("events", []), strict=True
    ):
        was.setdefault("eventType", "alert")
        if was["eventType"] == "security":
            was.setdefault("confidence", "source-reported")
        assert was == each
    assert exchange.request["body"] == said


@pytest.mark.parametrize("exchange", [e for e in ALL if e.status < 300], ids=str)
def test_an_answer_comes_back_as_it_was_sent(exchange: Exchange) -> None:
    answer = ANSWER[exchange.route.name](exchange.answered)

    said = json.loads(body.encode(answer))

    assert exchange.answer["body"] == said
    assert type(answer) in {each.kind for each in exchange.route.answers}
    assert exchange.status in {int(each.status) for each in exchange.route.answers}


@pytest.mark.parametrize("exchange", [e for e in ALL if e.status >= 300], ids=str)
def test_a_refusal_is_one_of_its_route_and_reads_as_it_was_sent(exchange: Exchange) -> None:
    known = {(int(each.status), str(each.code)) for each in exchange.route.refusals}

    said = refused(exchange.status, exchange.answered)

    assert (exchange.status, exchange.answer["body"]["error"]) in known
    assert (exchange.status, exchange.answer["body"]["error"]) == (said.status, said.code)
    assert exchange.answer["body"].get("message") == said.message


@pytest.mark.parametrize(
    "exchange", [e for e in ALL if e.answer["body"].get("error") in BY_THE_BODY], ids=str
)
def test_a_body_that_is_refused_gives_the_recorded_refusal(exchange: Exchange) -> None:
    with pytest.raises(Refusal) as refusal:
        judge(exchange)

    assert exchange.status == refusal.value.status
    assert exchange.answer["body"] == refusal.value.body()


@pytest.mark.parametrize(
    "exchange", [e for e in ALL if e.status == HTTPStatus.TOO_MANY_REQUESTS], ids=str
)
def test_a_429_says_the_wait_in_its_header_and_under_the_route_s_own_name(
    exchange: Exchange,
) -> None:
    wait = exchange.answer["headers"]["Retry-After"]

    assert wait == str(exchange.answer["body"][exchange.route.retry_field])


@pytest.mark.parametrize(
    "name", ["not-trusted", "quarantined", "revoked", "token-used", "node-token"]
)
def test_a_caller_who_is_refused_is_never_shown_his_token(name: str) -> None:
    exchange = next(each for each in ALL if each.name == name)

    assert header(exchange).removeprefix("Bearer ") not in exchange.answered.decode()


def test_there_is_nothing_in_the_folder_that_is_no_exchange() -> None:
    files = {path for path in FOLDER.rglob("*") if path.is_file()}

    assert len(files) == len(ALL)
