"""Actions: the contract's test vector, and every way in which an envelope is not good."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from dpf_edge.wire import actions, canonical, times
from dpf_edge.wire.actions import ActionStatus, Key, Problem, Rejected
from dpf_edge.wire.certificates import CertificateStatus, check_known
from dpf_edge.wire.refusals import Refusal
from dpf_edge.wire.routes import ROUTES
from tests.unit.wire.recorded import recorded

ENVELOPE: dict[str, Any] = recorded("actions/claim/claimed").answer["body"]["claimed"][0]
PRIVATE = bytes(range(32))
PUBLIC = bytes.fromhex("03a107bff3ce10be1d70dd18e74bc09967e4d6309ba50d5f1ddc8664125531b8")
KEY = Key("example-key-1", PUBLIC)
NODE = "edge_0123456789ab4def"
NOW = times.seconds("2026-01-02T03:05:00Z")


def signed(**fields: Any) -> dict[str, Any]:
    """An envelope with other fields, and a good signature over them."""
    made = {**ENVELOPE, **fields}
    return {**made, "signature": actions.sign(made, PRIVATE)}


def verified(envelope: object, **how: Any) -> actions.Envelope:
    told = {"node_id": NODE, "key": KEY, "now": NOW, "used_nonces": set(), **how}
    return actions.verified(envelope, **told)


def problem(envelope: object, **how: Any) -> Problem:
    with pytest.raises(Rejected) as rejected:
        verified(envelope, **how)
    return rejected.value.problem


def test_the_contract_s_example_is_signed_so_and_verifies() -> None:
    assert actions.signed_bytes(ENVELOPE) == (
        b'{"actionKey":"RA-EX-1","actionType":"inventory.collect",'
        b'"expiresAt":"2026-01-02T03:06:05.000Z","issuedAt":"2026-01-02T03:04:05.000Z",'
        b'"nodeId":"edge_0123456789ab4def","nonce":"n-0001","parameters":{},'
        b'"signingKeyId":"example-key-1","version":"dpf.edge-action/1"}'
    )
    assert actions.sign(ENVELOPE, PRIVATE) == (
        "QM-r9dmv84kMky_frGyUjQtcAziDN_D5-3VluU5qRs1dGJiRdePDm0qm--LJz-Nsh7fGJOHHJuAIzJDFtNobBQ"
    )
    assert verified(ENVELOPE).action_key == "RA-EX-1"


def test_only_the_nine_fields_are_signed() -> None:
    assert verified({**ENVELOPE, "createdAt": "2026-01-02T03:04:05Z"}).nonce == "n-0001"


@pytest.mark.parametrize("field", [*ENVELOPE])
def test_every_field_is_wanted(field: str) -> None:
    without = {key: value for key, value in ENVELOPE.items() if key != field}

    assert problem(without) is Problem.INVALID_SIGNATURE
    assert problem({**ENVELOPE, field: None}) is Problem.INVALID_SIGNATURE


@pytest.mark.parametrize("field", [name for name in ENVELOPE if name != "signature"])
def test_every_field_is_signed(field: str) -> None:
    other = {
        "parameters": {"a": 1},
        "issuedAt": "2026-01-02T03:04:05.001Z",
        "expiresAt": "2026-01-02T03:06:05.001Z",
        "nodeId": "edge_fedcba9876544321",
    }.get(field, "x")

    assert problem({**ENVELOPE, field: other}) is Problem.INVALID_SIGNATURE


@pytest.mark.parametrize(
    "parameters",
    [
        {"joinPackage": "DPF\nca_url=https://10.0.0.1/a?b=1&c=<d>\n\u2028é😀\0"},
        {"n": [1.0, 1e21, 1e-7, -0.0, 0.1, 123456789012345678]},
        {"\ufb33": 1, "😀": {"b": None, "a": True}},
    ],
)
def test_a_signature_over_any_parameters_survives_the_wire(parameters: dict[str, Any]) -> None:
    """W36: an encoder that escapes more, or sorts otherwise, refuses good signatures."""
    sent = json.dumps(signed(parameters=parameters), ensure_ascii=True)

    assert verified(json.loads(sent)).parameters == parameters


def test_a_signature_has_one_spelling() -> None:
    good = ENVELOPE["signature"]
    raw = base64.urlsafe_b64decode(good + "==")
    others = [
        good + "==",
        base64.b64encode(raw).decode().rstrip("="),
        good[:-1] + "R",  # the last character has four bits that say nothing
        good[:-2],
        good + "AAAA",
        base64.urlsafe_b64encode(bytes(64)).decode().rstrip("="),
        "é" * 86,
        "",
    ]

    assert {problem({**ENVELOPE, "signature": other}) for other in others} == {
        Problem.INVALID_SIGNATURE
    }


def test_an_envelope_by_another_key_is_refused_by_its_id_and_by_its_signature() -> None:
    """W37: the published node does not hold the id against the key that it has."""
    assert problem(signed(signingKeyId="example-key-2")) is Problem.INVALID_SIGNATURE
    assert problem(ENVELOPE, key=Key("example-key-2", PUBLIC)) is Problem.INVALID_SIGNATURE

    strange = actions.sign(ENVELOPE, bytes(32))
    assert problem({**ENVELOPE, "signature": strange}) is Problem.INVALID_SIGNATURE


@pytest.mark.parametrize(
    ("issued", "expires", "now", "good"),
    [
        (0, 300, 0, True),
        (0, 300, 299.9, True),
        (30, 330, 0, True),
        (0, 300, 300, False),
        (0, 300.001, 0, False),
        (30.001, 60, 0, False),
        (60, 60, 60, False),
        (60, 50, 40, False),
        (-600, -300, 0, False),
    ],
)
def test_when_an_envelope_is_good(issued: float, expires: float, now: float, *, good: bool) -> None:
    envelope = signed(issuedAt=times.stamp(NOW + issued), expiresAt=times.stamp(NOW + expires))

    if good:
        assert verified(envelope, now=NOW + now).action_key == "RA-EX-1"
    else:
        assert problem(envelope, now=NOW + now) is Problem.EXPIRED


def test_the_order_of_the_checks_is_the_published_one() -> None:
    everything = signed(
        nodeId="edge_fedcba9876544321", expiresAt="2026-01-02T03:04:06Z", signingKeyId="other"
    )
    wrong_node = signed(nodeId="edge_fedcba9876544321", expiresAt="2026-01-02T03:04:06Z")
    expired = signed(expiresAt="2026-01-02T03:04:06Z")

    said = [
        problem(each, used_nonces={"n-0001"})
        for each in (everything, wrong_node, expired, signed())
    ]

    assert said == [
        Problem.INVALID_SIGNATURE,
        Problem.WRONG_NODE,
        Problem.EXPIRED,
        Problem.NONCE_CONSUMED,
    ]


@pytest.mark.parametrize(
    "received",
    [None, 5, [], {}, {"version": "dpf.edge-action/2"}, {**ENVELOPE, "version": "\ud800"}],
)
def test_what_is_no_envelope_is_refused(received: object) -> None:
    assert problem(received) is Problem.INVALID_SIGNATURE


def test_a_number_that_no_double_holds_is_refused_and_nothing_falls_over() -> None:
    assert problem({**ENVELOPE, "parameters": {"n": 10**400}}) is Problem.INVALID_SIGNATURE
    with pytest.raises(ValueError, match="double"):
        canonical.encode({"n": 10**400})


@pytest.mark.parametrize(
    ("body", "count"),
    [
        (b"", 25),
        (b"{}", 25),
        (b'{"limit": 3}', 3),
        (b'{"limit": 2.9}', 2),
        (b'{"limit": 0}', 1),
        (b'{"limit": -5}', 1),
        (b'{"limit": 1e9}', 25),
    ],
)
def test_a_claim_is_for_one_to_twenty_five_actions(body: bytes, count: int) -> None:
    assert actions.decode_claim(body).count() == count


@pytest.mark.parametrize("body", [b"{}", b'{"actionKey": "", "outcome": "running"}', b"[]"])
def test_a_result_names_its_action_and_its_outcome(body: bytes) -> None:
    with pytest.raises(Refusal) as refusal:
        actions.decode_result(body)

    assert (422, "invalid_body") == (refusal.value.status, refusal.value.code)


def test_an_action_ends_once() -> None:
    ends = {state for state, may in actions.TRANSITIONS.items() if not may}

    assert set(actions.TRANSITIONS) == set(ActionStatus)
    assert ends == {ActionStatus.SUCCEEDED, ActionStatus.FAILED, ActionStatus.TIMED_OUT}
    assert ActionStatus.RUNNING not in actions.TRANSITIONS[ActionStatus.QUEUED]


def test_an_authority_that_dispatches_no_actions_says_so_before_all_else() -> None:
    first = {
        route.steps[0].refusals[0][:2]
        for route in ROUTES
        if route.path.startswith("/api/v1/edge/actions/")
    }

    assert first == {(404, "remote_action_dispatch_disabled")}


def test_a_certificate_that_is_active_and_this_node_s_is_known() -> None:
    check_known(CertificateStatus.ACTIVE, same_node=True)


@pytest.mark.parametrize(
    ("status", "same_node"),
    [
        (CertificateStatus.SUPERSEDED, True),
        (CertificateStatus.REVOKED, True),
        (CertificateStatus.ACTIVE, False),
        (CertificateStatus.REVOKED, False),
    ],
)
def test_a_certificate_is_never_brought_back(status: CertificateStatus, *, same_node: bool) -> None:
    """W35: registering a revoked certificate again made it active again."""
    with pytest.raises(Refusal) as refusal:
        check_known(status, same_node=same_node)

    assert (409, "certificate_already_bound") == (refusal.value.status, refusal.value.code)
