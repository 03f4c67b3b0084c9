"""The order of checks of every route: with two faults at once, the earlier one answers."""

from __future__ import annotations

import copy
import itertools
import json
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from dpf_edge.wire import limits, times
from tests.authority import desk
from tests.authority.desk import EDGE, Caller, Desk

if TYPE_CHECKING:
    from collections.abc import Callable

NODE = "dpfedge_" + "0" * 39
BOOT = "dpfboot_" + "0" * 39
DAY = 24 * 3600


class Asked:
    """A call that would be taken, before a fault or two are put into it."""

    def __init__(self, route: str, message: dict[str, Any], caller: Caller) -> None:
        self.route = route
        self.message = copy.deepcopy(message)
        self.caller = caller
        self.headers = {"authorization": f"Bearer {caller.token}"}
        self.raw: bytes | None = None
        self.padding = 0

    def body(self) -> bytes:
        told = json.dumps(self.message).encode() if self.raw is None else self.raw
        return told + b" " * self.padding


class Fault(NamedTuple):
    """Something wrong with a call, and what it is answered with."""

    name: str
    status: int
    code: str
    put: Callable[[Asked, Desk], None]
    # Faults of one group are about one thing, and cannot be had together.
    group: str


def header(value: str | None) -> Callable[[Asked, Desk], None]:
    def put(asked: Asked, at: Desk) -> None:
        del at
        asked.headers.pop("authorization")
        if value is not None:
            asked.headers["authorization"] = value

    return put


def trust(state: str) -> Callable[[Asked, Desk], None]:
    def put(asked: Asked, at: Desk) -> None:
        getattr(at.store.nodes, state)(asked.caller.node_id, by="a test")

    return put


def field(*path: str | int, value: object) -> Callable[[Asked, Desk], None]:
    """Another value at one place of the message."""

    def put(asked: Asked, at: Desk) -> None:
        del at
        where: Any = asked.message
        for step in path[:-1]:
            where = where[step]
        where[path[-1]] = value

    return put


def longer(most: int) -> Callable[[Asked, Desk], None]:
    def put(asked: Asked, at: Desk) -> None:
        del at
        asked.padding = most + 1

    return put


def no_json(asked: Asked, at: Desk) -> None:
    del at
    asked.raw = b'{"'


def slots(route: str, ceilings: tuple[limits.Ceiling, ...]) -> Callable[[Asked, Desk], None]:
    """All slots of the minute taken."""

    def put(asked: Asked, at: Desk) -> None:
        for _ in range(ceilings[0].count):
            assert at.store.limits.take(asked.caller.node_id, route, ceilings).wait is None

    return put


def sampled(asked: Asked, at: Desk) -> None:
    """A round of metrics that was taken just now."""
    assert 200 == at.post("metrics", desk.METRICS, asked.caller.token).status_code


MISSING = Fault("no header", 401, "missing_authorization", header(None), "header")
SCHEME = Fault("another scheme", 401, "invalid_scheme", header("Basic YTpi"), "header")
FORMAT = Fault("another token", 401, "invalid_token_format", header("Bearer nothing"), "header")
UNKNOWN = Fault("an unknown token", 401, "token_not_found", header(f"Bearer {NODE}"), "header")
REVOKED = Fault("a revoked node", 401, "token_not_found", trust("revoke"), "trust")
UNTRUSTED = Fault("a quarantined node", 403, "scope_disallowed", trust("quarantine"), "trust")
NO_JSON = Fault("no JSON", 400, "invalid_json", no_json, "json")
AUTHENTICATED = (MISSING, SCHEME, FORMAT, UNKNOWN, REVOKED)


def too_large(most: int) -> Fault:
    return Fault("too large", 413, "payload_too_large", longer(most), "size")


def limited(route: str, ceilings: tuple[limits.Ceiling, ...]) -> Fault:
    return Fault("too often", 429, "rate_limited", slots(route, ceilings), "rate")


def stale(status: int, code: str, age: float) -> tuple[Fault, Fault]:
    old, ahead = times.stamp(desk.NOW - age - 1), times.stamp(desk.NOW + 301)
    return (
        Fault("too old", status, code, field("observedAt", value=old), "fresh"),
        Fault("ahead of time", status, code, field("observedAt", value=ahead), "fresh"),
    )


def spent(asked: Asked, at: Desk) -> None:
    """A bootstrap token that has enrolled a node."""
    assert 200 == at.post("enroll", desk.ENROLL, asked.caller.token).status_code


def taken_back(asked: Asked, at: Desk) -> None:
    at.store.tokens.revoke(asked.caller.token[:12], by="a test")


def outlived(asked: Asked, at: Desk) -> None:
    del asked
    at.clock.now += 16 * 60


# By route: an example that is taken, and what may be wrong with it, in the published order.
ROUTES: dict[str, tuple[dict[str, Any], tuple[Fault, ...]]] = {
    "enroll": (
        desk.ENROLL,
        (
            MISSING,
            SCHEME,
            too_large(limits.ENROLL_BODY),
            NO_JSON,
            Fault("no name", 400, "invalid_body", field("displayName", value=""), "name"),
            Fault(
                "no bootstrap token",
                401,
                "invalid_token_format",
                header(f"Bearer {NODE}"),
                "header",
            ),
            Fault(
                "a platform", 400, "invalid_platform", field("platform", value="beos"), "platform"
            ),
            Fault("a mode", 400, "invalid_install_mode", field("installMode", value="vm"), "mode"),
            Fault(
                "nothing it can",
                400,
                "no_acceptable_capabilities",
                field("advertisedCapabilities", value=["metrics.host"]),
                "capabilities",
            ),
            Fault("unknown", 401, "token_not_found", header(f"Bearer {BOOT}"), "header"),
            Fault("used", 401, "token_already_consumed", spent, "spent"),
            Fault("taken back", 401, "token_revoked", taken_back, "back"),
            Fault("too late", 401, "token_expired", outlived, "late"),
        ),
    ),
    "heartbeat": (
        desk.HEARTBEAT,
        (
            *AUTHENTICATED,
            limited("heartbeat", limits.HEARTBEAT),
            too_large(limits.HEARTBEAT_BODY),
            NO_JSON,
            Fault(
                "an unknown capability",
                400,
                "invalid_body",
                field("capabilityReports", 0, "capability", value="coffee.make"),
                "schema",
            ),
        ),
    ),
    "discovery-runs": (
        desk.RUN,
        (
            *AUTHENTICATED,
            UNTRUSTED,
            limited("discovery-runs", limits.DISCOVERY),
            too_large(limits.DISCOVERY_BODY),
            NO_JSON,
            Fault("no mode", 400, "invalid_body", field("agentMode", value=""), "schema"),
            Fault(
                "large rawData",
                413,
                "raw_data_too_large",
                field("items", 1, "rawData", value={"x": "y" * limits.RAW_DATA}),
                "raw",
            ),
            *stale(400, "stale_observation", DAY),
        ),
    ),
    "events": (
        desk.EVENTS,
        (
            too_large(limits.EVENTS_BODY),
            *AUTHENTICATED,
            UNTRUSTED,
            NO_JSON,
            Fault(
                "a version", 422, "invalid_envelope", field("eventsVersion", value="2"), "schema"
            ),
            *stale(422, "stale_payload", 300),
            limited("events", limits.EVENTS),
        ),
    ),
    "metrics": (
        desk.METRICS,
        (
            too_large(limits.METRICS_BODY),
            *AUTHENTICATED,
            UNTRUSTED,
            Fault("too often", 429, "rate_limited", sampled, "rate"),
            NO_JSON,
            Fault(
                "an empty ifName",
                422,
                "invalid_envelope",
                field("interfaces", 0, "ifName", value=""),
                "schema",
            ),
            *stale(422, "stale_payload", 300),
        ),
    ),
    "federation-candidates": (
        desk.CANDIDATES,
        (
            *AUTHENTICATED,
            UNTRUSTED,
            limited("federation-candidates", limits.FEDERATION),
            too_large(limits.FEDERATION_BODY),
            NO_JSON,
            Fault(
                "a public endpoint",
                400,
                "invalid_candidate_snapshot",
                field("candidates", 0, "endpoint", value="https://8.8.8.8"),
                "schema",
            ),
            *stale(400, "stale_candidate_snapshot", 300),
        ),
    ),
}
SINGLE = [(route, fault) for route, (_, faults) in ROUTES.items() for fault in faults]
PAIRS = [
    (route, first, second)
    for route, (_, faults) in ROUTES.items()
    for first, second in itertools.combinations(faults, 2)
    if first.group != second.group
]


@pytest.fixture
def at(shared: Desk) -> Desk:
    """The Authority, at the contract's example time."""
    shared.clock.now = desk.NOW
    return shared


def asked_of(at: Desk, route: str) -> Asked:
    """A call that would be taken."""
    caller = Caller("", at.token()) if route == "enroll" else at.enrolled()
    return Asked(route, ROUTES[route][0], caller)


def answered(at: Desk, asked: Asked) -> tuple[int, str | None]:
    """The status and the code that a call is answered with."""
    answer = at.client.post(f"{EDGE}/{asked.route}", content=asked.body(), headers=asked.headers)
    told = answer.json()
    assert told["ok"] is (answer.status_code < 300)
    return answer.status_code, told.get("error")


@pytest.mark.parametrize("route", ROUTES)
def test_without_a_fault_it_is_taken(at: Desk, route: str) -> None:
    status, code = answered(at, asked_of(at, route))

    expected = {"discovery-runs": 201, "federation-candidates": 202}.get(route, 200)
    assert (expected, None) == (status, code)


@pytest.mark.parametrize(
    ("route", "fault"), SINGLE, ids=[f"{route}-{fault.name}" for route, fault in SINGLE]
)
def test_one_fault_is_answered_by_its_status_and_code(at: Desk, route: str, fault: Fault) -> None:
    asked = asked_of(at, route)
    fault.put(asked, at)

    assert (fault.status, fault.code) == answered(at, asked)


@pytest.mark.parametrize(
    ("route", "first", "second"),
    PAIRS,
    ids=[f"{route}-{first.name}-{second.name}" for route, first, second in PAIRS],
)
def test_of_two_faults_the_earlier_one_answers(
    at: Desk, route: str, first: Fault, second: Fault
) -> None:
    asked = asked_of(at, route)
    # What changes the store comes first: the calls that do so must themselves be taken.
    for fault in sorted((first, second), key=lambda each: CHANGES_STORE.index(each.group)):
        fault.put(asked, at)

    assert (first.status, first.code) == answered(at, asked)


# In which order faults are put: a token is spent before it is taken back, a rate is used up before
# trust is lost; what only changes the call comes last.
CHANGES_STORE = (
    *("spent", "back", "late", "rate", "trust"),
    *("name", "platform", "mode", "capabilities", "schema", "raw", "fresh"),
    *("json", "size", "header"),
)
