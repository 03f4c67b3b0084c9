"""Federation candidates: a strict body, private endpoints only, one bad one costs no other."""

from __future__ import annotations

import hashlib
import json

import pytest

from dpf_edge.wire import body, federation, times
from dpf_edge.wire.federation import Candidate
from dpf_edge.wire.refusals import Refusal
from tests.unit.wire.recorded import recorded

SNAPSHOT = recorded("federation-candidates/snapshot").request["body"]
ONE = SNAPSHOT["candidates"][0]
NOW = times.seconds(SNAPSHOT["observedAt"])


def candidate(**fields: str) -> Candidate:
    said = {
        "discovery_id": "5MWLT4K76BG2vymC",
        "endpoint": "https://192.168.50.20:443",
        "capability_digest": "8f9c2d4f",
        **fields,
    }
    return Candidate(protocol="1", pair_path="/connect/pair", **said)


def refused(**fields: object) -> dict[str, object]:
    with pytest.raises(Refusal) as refusal:
        federation.decode(json.dumps({**SNAPSHOT, **fields}).encode())
    assert refusal.value.status == 400
    return refusal.value.body()


@pytest.mark.parametrize(
    "endpoint",
    [
        "https://192.168.50.20:443",
        "http://10.0.0.1",
        "http://10.0.0.1/",
        "https://172.16.0.1:3000",
        "https://172.31.255.255",
        "https://10.0.0.1:65535",
        "https://169.254.1.1",
        "https://warehouse-2.local",
        "HTTPS://Portal.Site.LOCAL:8443/",
        "https://[::1]:443",
        "https://[fe80::1]",
        "https://[febf::1]",
        "https://[fc00::1]:8443",
        "https://[fdff:1::2]",
    ],
)
def test_a_private_origin_is_one(endpoint: str) -> None:
    assert federation.private(endpoint)


@pytest.mark.parametrize(
    "endpoint",
    [
        "https://203.0.113.7",
        "https://172.15.0.1",
        "https://172.32.0.1",
        "https://127.0.0.1",
        "https://localhost",
        "https://dpf.example.com",
        "https://local",
        "https://.local",
        "https://a..local",
        "https://a.local.",
        "https://a.local.example.com",
        "https://[::2]",
        "https://[fec0::1]",
        "https://[2001:db8::1]",
        "https://[::ffff:10.0.0.1]",
        "https://[10.0.0.1]",
        "https://fe80::1",
        "https://[fe80::1%25eth0]",
        "https://10.0.0.1:65536",
        "https://10.0.0.1:",
        "https://user@10.0.0.1",
        "https://user:secret@10.0.0.1",
        "https://10.0.0.1/path",
        "https://10.0.0.1//",
        "https://10.0.0.1?x",
        "https://10.0.0.1#x",
        "https://10.0.0.1\\@203.0.113.7",
        "https://10.0.0.1\n",
        "https://010.0.0.1",
        "https://0xa000001",
        "https://167772161",
        "https://10.1",
        "https://１０.0.0.1",
        "http\u017f://10.0.0.1",
        "https://\u212aiosk.local",
        "ftp://10.0.0.1",
        "//10.0.0.1",
        "10.0.0.1",
        "",
    ],
)
def test_anything_else_is_not(endpoint: str) -> None:
    assert not federation.private(endpoint)
    assert refused(candidates=[{**ONE, "endpoint": endpoint}]) == {
        "ok": False,
        "error": "invalid_candidate_snapshot",
    }


@pytest.mark.parametrize(
    "fields",
    [
        {"discoveryId": "short"},
        {"discoveryId": "x" * 65},
        {"discoveryId": "5MWLT4K76BG2vym="},
        {"protocol": "2"},
        {"protocol": 1},
        {"capabilityDigest": "8F9C2D4F"},
        {"capabilityDigest": "8f9c2d"},
        {"pairPath": "/pair"},
        {"organizationRef": ""},
        {"organizationRef": "x" * 49},
        {"organizationRef": "😀" * 25},
        {"organizationRef": None},
        {"endpoint": "https://" + "a" * 500 + ".local"},
        {"secure": True},
    ],
    ids=str,
)
def test_one_bad_candidate_refuses_the_snapshot_and_no_issue_is_told(
    fields: dict[str, object],
) -> None:
    said = refused(candidates=[ONE, {**ONE, **fields}])

    assert said == {"ok": False, "error": "invalid_candidate_snapshot"}


def test_an_unknown_key_refuses_the_snapshot() -> None:
    assert refused(nodeId="edge_1")["error"] == "invalid_candidate_snapshot"


def test_fifty_candidates_are_taken_and_fifty_one_are_not() -> None:
    most = federation.decode(json.dumps({**SNAPSHOT, "candidates": [ONE] * 50}).encode())

    assert len(most.candidates) == 50
    assert refused(candidates=[ONE] * 51)["error"] == "invalid_candidate_snapshot"


def test_a_node_leaves_out_what_would_cost_the_others() -> None:
    """W33: one bad record refused the batch, and more than fifty were sent."""
    good = [candidate(discovery_id=f"candidate-{number:06}") for number in range(60)]
    good[1] = candidate(organization_ref="😀" * 24)
    bad = [
        candidate(endpoint="https://203.0.113.7"),
        candidate(discovery_id="short"),
        candidate(capability_digest="XYZ"),
        candidate(organization_ref="😀" * 25),
        candidate(organization_ref=""),
    ]

    made = federation.snapshot(SNAPSHOT["observedAt"], [*bad, good[0], *good])

    assert list(made.candidates) == good[:50]
    assert federation.decode(body.encode(made)) == made


@pytest.mark.parametrize("away", [-300, 300])
def test_a_snapshot_is_fresh_for_five_minutes(away: float) -> None:
    request = federation.decode(json.dumps(SNAPSHOT).encode())

    federation.check_fresh(request, NOW + away)
    with pytest.raises(Refusal) as refusal:
        federation.check_fresh(request, NOW + away * 1.01)

    assert (400, "stale_candidate_snapshot") == (refusal.value.status, refusal.value.code)


def test_the_id_that_is_announced_changes_by_the_quarter_hour_and_has_16_characters() -> None:
    """W32: the published native node makes it with its node token, for everybody to try against."""
    secret = bytes(range(32))

    ids = [federation.rotating_id(secret, now) for now in (0, 899.9, 900, 1799)]

    assert ids[0] == ids[1] != ids[2] == ids[3]
    assert {16} == {len(each) for each in ids}
    assert all(federation.fits(candidate(discovery_id=each)) for each in ids)
    assert ids[0] != federation.rotating_id(bytes(32), 0)


def test_the_digest_of_protocol_1_is_the_published_one() -> None:
    assert hashlib.sha256(b"dpf.demand/1").hexdigest()[:8] == federation.CAPABILITY_DIGEST
