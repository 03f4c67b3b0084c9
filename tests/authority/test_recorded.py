"""The contract's recorded exchanges, played to our Authority: the same status and body."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from dpf_edge.wire import limits, times
from dpf_edge.wire.tokens import Secret
from tests.authority import desk

if TYPE_CHECKING:
    from tests.authority.desk import Caller, Desk

RECORDED = Path(__file__).parents[1] / "wire"
# What an Authority answers that dispatches actions; ours does not.
NOT_OURS = {
    "actions-claim/claimed",
    "actions-result/succeeded",
    "actions-certificates-register/registered",
}
CASES = sorted(
    name
    for path in RECORDED.glob("*/*.json")
    if (name := f"{path.parent.name}/{path.stem}") not in NOT_OURS
)
# What is another each time: ids, tokens, times; and what is said for people.
VARIES = {
    *("nodeId", "nodeToken", "runId", "message", "startedAt", "completedAt", "token", "prefix"),
    *("id", "issues", "retryAfter", "retryAfterSec", "remaining"),
}


def spent(at: Desk, caller: Caller, token: str) -> None:
    del caller
    assert 200 == at.post("enroll", desk.ENROLL, token).status_code


def prepared(at: Desk, case: str, exchange: dict[str, Any], caller: Caller, token: str) -> None:
    """Have it so that the recorded answer is the right one."""
    route, answer = case.partition("/")[0], exchange["answer"]["body"]
    node = caller.node_id
    match answer.get("error"):
        case "token_already_consumed":
            spent(at, caller, token)
        case "token_not_found":
            at.store.nodes.revoke(node, by="a test")
        case "scope_disallowed" if "pending" not in answer.get("message", ""):
            at.store.nodes.quarantine(node, by="a test")
        case "rate_limited" if route == "metrics":
            body = {**desk.METRICS, "observedAt": at.clock.stamp}
            assert 200 == at.post("metrics", body, caller.token).status_code
        case "rate_limited":
            ceilings = {
                "heartbeat": limits.HEARTBEAT,
                "discovery-runs": limits.DISCOVERY,
                "events": limits.EVENTS,
            }[route]
            for _ in range(ceilings[0].count):
                at.store.limits.take(node, route, ceilings)
    if answer.get("idempotentReplay"):
        body = exchange["request"]["body"]
        assert 201 == at.post("discovery-runs", body, caller.token).status_code
    if "rotatedToken" in answer:
        at.store.nodes.rotate_by_heartbeat(node, by="a test")
    for adapter in answer.get("adapters", ()):
        at.store.adapters.add(
            name=adapter["name"],
            connection_key=adapter["connectionKey"],
            endpoint_url=adapter["endpointUrl"],
            api_key=Secret(adapter["apiKey"]),
            configuration=adapter["configuration"],
        )


def fixed(told: Any) -> Any:
    """An answer with what varies taken for the same."""
    if isinstance(told, dict):
        return {name: "…" if name in VARIES else fixed(each) for name, each in told.items()}
    return [fixed(each) for each in told] if isinstance(told, list) else told


@pytest.mark.parametrize("case", CASES)
def test_a_recorded_call_is_answered_as_recorded(at: Desk, case: str) -> None:
    exchange = json.loads((RECORDED / f"{case}.json").read_text())
    asked, expected = exchange["request"], exchange["answer"]
    if "at" in exchange:
        at.clock.now = times.seconds(exchange["at"])
    trusted = expected["body"].get("trustState") != "pending"
    caller = at.enrolled(
        trusted=trusted and "pending" not in str(expected["body"].get("message")),
        advertised=expected["body"].get("acceptedCapabilities"),
    )
    token = at.token(auto_approve=expected["body"].get("trustState") == "trusted")
    prepared(at, case, exchange, caller, token)
    headers = {
        name: value if name != "Authorization" else ours(value, caller, token)
        for name, value in asked["headers"].items()
    }
    body = asked.get("body")

    told = at.client.request(
        asked["method"],
        asked["path"],
        headers=headers,
        content=None if body is None else json.dumps(body).encode(),
    )

    assert expected["status"] == told.status_code
    shown = {name for name in expected["body"] if name != "message"}
    assert shown <= set(told.json())
    assert fixed({**expected["body"], "message": ""}) == fixed({**told.json(), "message": ""})
    assert set(map(str.lower, expected.get("headers", {}))) <= set(told.headers)


def ours(header: str, caller: Caller, token: str) -> str:
    """The header with a token of ours of the same kind."""
    scheme, _, given = header.partition(" ")
    return f"{scheme} {caller.token if given.startswith('dpfedge_') else token}"
