"""Enrolment: what is taken, in which order it is refused, and what a node reads of the answer."""

from __future__ import annotations

import json
from typing import Any

import pytest
from msgspec import UNSET

from dpf_edge.errors import AnswerMalformed
from dpf_edge.wire import enroll
from dpf_edge.wire.refusals import Refusal
from dpf_edge.wire.vocabulary import TrustState
from tests.unit.wire.recorded import recorded

BODY = recorded("enroll/enrolled").request["body"]
ANSWER = recorded("enroll/enrolled").answer["body"]


def decoded(**fields: object) -> enroll.Request:
    return enroll.decode(json.dumps({**BODY, **fields}).encode())


def refused(request: enroll.Request, **how: Any) -> tuple[int, str]:
    with pytest.raises(Refusal) as refusal:
        enroll.check(request, **how)
    return refusal.value.status, refusal.value.code


def test_keys_that_are_not_known_are_dropped() -> None:
    assert decoded(role="gateway", agentVersion="9") == decoded()


@pytest.mark.parametrize("field", [*BODY, "hostFingerprint"])
def test_a_field_may_not_be_null(field: str) -> None:
    with pytest.raises(Refusal) as refusal:
        decoded(**{field: None})

    assert (400, "invalid_body") == (refusal.value.status, refusal.value.code)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("displayName", ""),
        ("displayName", "x" * 201),
        ("version", ""),
        ("version", "x" * 41),
        ("advertisedCapabilities", []),
        ("advertisedCapabilities", [""]),
        ("advertisedCapabilities", "discovery.network"),
        ("hostFingerprint", "x" * 201),
        ("metadata", []),
        ("platform", 5),
    ],
)
def test_a_field_beyond_its_bounds_is_refused(field: str, value: object) -> None:
    with pytest.raises(Refusal) as refusal:
        decoded(**{field: value})

    assert (400, "invalid_body") == (refusal.value.status, refusal.value.code)
    assert field in refusal.value.body()["issues"]


def test_what_may_be_left_out_is_not_made_up() -> None:
    request = enroll.decode(json.dumps({k: BODY[k] for k in BODY if k != "metadata"}).encode())

    assert (UNSET, UNSET) == (request.metadata, request.host_fingerprint)


def test_the_capabilities_that_are_accepted_are_told_once_each_in_the_node_s_order() -> None:
    words = ["mcp.gateway", "federation.discovery", "x", "discovery.network", "discovery.network"]

    accepted = enroll.check(decoded(advertisedCapabilities=words))

    assert accepted == ("federation.discovery", "discovery.network")


def test_an_authority_may_accept_fewer() -> None:
    request = decoded(advertisedCapabilities=["federation.discovery"])

    assert refused(request, accepts=["discovery.network"]) == (400, "no_acceptable_capabilities")


def test_platform_comes_before_install_mode_and_that_before_capabilities() -> None:
    wrong = {"platform": "plan9", "installMode": "x", "advertisedCapabilities": ["y"]}
    right: dict[str, object] = {}

    said = []
    for field in wrong:
        said.append(refused(decoded(**{**wrong, **right}))[1])
        right[field] = BODY[field]

    assert said == ["invalid_platform", "invalid_install_mode", "no_acceptable_capabilities"]


def test_the_codes_of_a_token_are_those_that_are_really_sent() -> None:
    """W6: published nodes wait for ``token_unknown`` and ``bootstrap_token_consumed``."""
    codes = [str(known.code) for known in enroll.ROUTE.steps[-1].refusals]

    assert codes == [
        "token_not_found",
        "token_already_consumed",
        "token_revoked",
        "token_expired",
        "fingerprint_mismatch",
    ]
    assert {401} == {known.status for known in enroll.ROUTE.steps[-1].refusals}


def test_no_check_of_enrolment_ends_in_a_server_s_error() -> None:
    """W11: two nodes racing for one token made a published Authority answer 500."""
    assert all(known.status < 500 for known in enroll.ROUTE.refusals)


def test_an_answer_of_a_later_authority_is_read() -> None:
    said = {**ANSWER, "trustState": "trusted", "metricsIntervalSec": 30.0, "region": "eu"}

    answer = enroll.answer(json.dumps(said).encode())

    assert answer.trust_state is TrustState.TRUSTED
    assert answer.metrics_interval_sec == 30
    assert answer.node_token.reveal() == ANSWER["nodeToken"]


@pytest.mark.parametrize(
    "body",
    [
        b"<html>sign in</html>",
        b"",
        b"[]",
        b'{"ok": true}',
        json.dumps({**ANSWER, "ok": False}).encode(),
        json.dumps({**ANSWER, "nodeToken": ""}).encode(),
        json.dumps({**ANSWER, "nodeToken": 5}).encode(),
        json.dumps({**ANSWER, "nodeId": ""}).encode(),
        json.dumps({**ANSWER, "trustState": "maybe"}).encode(),
        json.dumps({**ANSWER, "heartbeatIntervalSec": 0}).encode(),
        json.dumps({**ANSWER, "heartbeatIntervalSec": -60}).encode(),
        json.dumps({**ANSWER, "sweepIntervalSec": "300"}).encode(),
        b'{"a":' * 100_000,
    ],
    ids=lambda body: repr(body[:30]),
)
def test_an_answer_that_is_none_is_told_without_its_words(body: bytes) -> None:
    with pytest.raises(AnswerMalformed) as error:
        enroll.answer(body)

    assert "dpfedge_" not in str(error.value)
    assert error.value.hint
