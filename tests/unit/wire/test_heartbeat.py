"""The heartbeat: its closed list, its empty body, and a token that is rotated in its answer."""

from __future__ import annotations

import json

import pytest
from msgspec import UNSET, UnsetType

from dpf_edge.errors import AnswerMalformed
from dpf_edge.wire import body, heartbeat
from dpf_edge.wire.refusals import Refusal
from dpf_edge.wire.tokens import Secret
from dpf_edge.wire.vocabulary import CAPABILITIES_OF_OLD, Capability, CapabilityStatus, TrustState


@pytest.mark.parametrize("octets", [b"", b" \n", b"{}", b'{"agentVersion": "1"}'])
def test_a_node_may_have_nothing_to_report(octets: bytes) -> None:
    assert heartbeat.decode(octets) == heartbeat.Request()


@pytest.mark.parametrize("octets", [b"null", b"[]", b'{"capabilityReports": null}'])
def test_nothing_is_not_null(octets: bytes) -> None:
    with pytest.raises(Refusal) as refusal:
        heartbeat.decode(octets)

    assert (400, "invalid_body") == (refusal.value.status, refusal.value.code)


def test_every_capability_and_status_of_the_list_may_be_reported() -> None:
    reports = [
        {"capability": capability, "status": status}
        for capability in Capability
        for status in CapabilityStatus
    ]

    request = heartbeat.decode(json.dumps({"capabilityReports": reports}).encode())

    assert not isinstance(request.capability_reports, UnsetType)
    assert len(request.capability_reports) == 13 * 4


@pytest.mark.parametrize("capability", ["capability.discovery.network", "discovery", "", None])
def test_one_unknown_capability_refuses_the_heartbeat(capability: object) -> None:
    reports = [
        {"capability": "discovery.network", "status": "healthy"},
        {"capability": capability, "status": "healthy"},
    ]

    with pytest.raises(Refusal) as refusal:
        heartbeat.decode(json.dumps({"capabilityReports": reports}).encode())

    assert (400, "invalid_body") == (refusal.value.status, refusal.value.code)


def test_what_the_oldest_authority_takes_is_told() -> None:
    assert len(CAPABILITIES_OF_OLD) == 10
    assert Capability.DISCOVERY_NETWORK in CAPABILITIES_OF_OLD
    assert Capability.EVENTS_EMIT not in CAPABILITIES_OF_OLD


@pytest.mark.parametrize(
    ("written", "prefix"),
    [
        ('"dpfedge_NEW"', None),
        ('{"token": "dpfedge_NEW"}', None),
        ('{"token": "dpfedge_NEW", "prefix": "dpfedge_NEW1"}', "dpfedge_NEW1"),
        (
            '{"token": "dpfedge_NEW", "prefix": null, "expiresAt": "2026-01-02T03:04:05Z", '
            '"scopes": ["edge:heartbeat"]}',
            None,
        ),
    ],
)
def test_a_rotated_token_is_taken_as_a_text_and_as_an_object(
    written: str, prefix: str | None
) -> None:
    """W2: published Authorities rotate, and have no way to tell the node."""
    answer = heartbeat.answer(
        f'{{"ok": true, "trustState": "trusted", "rotatedToken": {written}}}'.encode()
    )

    assert isinstance(answer.rotated_token, heartbeat.Rotated)
    assert answer.rotated_token.token.reveal() == "dpfedge_NEW"
    assert answer.rotated_token.prefix == prefix
    assert "NEW" not in repr(answer.rotated_token.token)


@pytest.mark.parametrize("written", ["5", "{}", '""', '{"token": ""}', "null", '["dpfedge_NEW"]'])
def test_a_rotated_token_that_is_none_is_no_answer(written: str) -> None:
    with pytest.raises(AnswerMalformed):
        heartbeat.answer(
            f'{{"ok": true, "trustState": "trusted", "rotatedToken": {written}}}'.encode()
        )


def test_the_answer_of_an_earlier_authority_is_read() -> None:
    answer = heartbeat.answer(
        b'{"ok": true, "trustState": "quarantined", "lastSeenAt": "2026-01-02T03:04:05Z"}'
    )

    assert answer.trust_state is TrustState.QUARANTINED
    assert (UNSET, UNSET) == (answer.heartbeat_interval_sec, answer.accepted_capabilities)


def test_an_answer_says_what_it_has_and_no_more() -> None:
    answer = heartbeat.Answer(
        trust_state=TrustState.TRUSTED,
        rotated_token=heartbeat.Rotated(Secret("dpfedge_NEW"), "dpfedge_NEW1"),
    )

    assert json.loads(body.encode(answer)) == {
        "ok": True,
        "trustState": "trusted",
        "rotatedToken": {"token": "dpfedge_NEW", "prefix": "dpfedge_NEW1"},
    }
