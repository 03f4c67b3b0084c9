"""An Authority in this process, on a real store, with a clock that a test turns."""

from __future__ import annotations

import contextlib
import json
from typing import TYPE_CHECKING, Any, NamedTuple

from starlette.testclient import TestClient

from dpf_edge.authority.app import create
from dpf_edge.authority.identity import sighting
from dpf_edge.authority.settings import Settings
from dpf_edge.store import open_store
from dpf_edge.wire import enroll, times, tokens

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from httpx2 import Response

    from dpf_edge.store.kept import Store
    from dpf_edge.store.records import AuditEntry

# 2026-01-02T03:04:05.678Z, the contract's own example.
NOW = times.seconds("2026-01-02T03:04:05.678Z")
FILE = "authority.sqlite"
EDGE = "/api/v1/edge"
ADMIN = "/api/v1/admin"
PASSWORD = "correct horse battery"  # noqa: S105 - made up here


class Clock:
    """The time, as a test sets it."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> float:
        return self.now

    @property
    def stamp(self) -> str:
        return times.stamp(self.now)


class Caller(NamedTuple):
    """A node that enrolled."""

    node_id: str
    token: str


class Desk:
    """What a test works with."""

    def __init__(self, store: Store, clock: Clock, client: TestClient) -> None:
        self.store = store
        self.clock = clock
        self.client = client

    def token(self, *, auto_approve: bool = False, **also: Any) -> str:
        """A new bootstrap token."""
        return self.store.tokens.issue(auto_approve=auto_approve, **also).token.reveal()

    def enrolled(
        self, *, trusted: bool = True, advertised: list[str] | None = None, **also: Any
    ) -> Caller:
        """A new node, as the contract's example enrols."""
        told = {**ENROLL, "advertisedCapabilities": advertised or CAPABILITIES}
        request = enroll.decode(json.dumps(told).encode())
        digest = tokens.digest(self.token(auto_approve=trusted, **also))
        made = self.store.nodes.enrol(digest, request, enroll.check(request))
        return Caller(made.node_id, made.node_token.reveal())

    def post(self, route: str, message: Any, token: str, **headers: str) -> Response:
        """Call a route as a node does, a moment after the last call."""
        self.clock.now += 0.01
        body = message if isinstance(message, bytes) else json.dumps(message).encode()
        sent = {"authorization": f"Bearer {token}", "content-type": "application/json", **headers}
        return self.client.post(f"{EDGE}/{route}", content=body, headers=sent)

    def audit(self, **asked: Any) -> tuple[AuditEntry, ...]:
        """The audit trail, newest first."""
        return self.store.audit.page(**asked).rows

    def signed_in(self, role: str = "operator", name: str = "ada") -> dict[str, str]:
        """Sign somebody in; the headers that their calls carry."""
        self.store.people.add(name, role, tokens.Secret(PASSWORD))
        answer = self.client.post(f"{ADMIN}/session", json={"name": name, "password": PASSWORD})
        assert 200 == answer.status_code
        return {"x-csrf-token": answer.json()["csrf"]}

    def api_token(self, role: str = "operator") -> dict[str, str]:
        """An API token; the headers that its calls carry."""
        made = self.store.people.issue_api_token("a program", role)
        return {"authorization": f"Bearer {made.token.reveal()}"}


@contextlib.contextmanager
def desk(url: str, settings: Settings | None = None) -> Iterator[Desk]:
    """An Authority on the store of a URL."""
    clock = Clock()
    with open_store(url, clock=clock, sight=sighting, key=b"k" * 32) as store:
        app = create(store, settings or Settings(), clock)
        with TestClient(app, base_url="http://localhost", follow_redirects=False) as client:
            yield Desk(store, clock, client)


def sqlite(folder: Path) -> str:
    """A new store in a folder."""
    return f"sqlite:///{folder / FILE}"


# The contract's own examples.
CAPABILITIES = ["discovery.network", "federation.discovery"]
ENROLL: dict[str, Any] = {
    "displayName": "warehouse-2",
    "platform": "linux",
    "installMode": "container-host",
    "version": "0.3.0",
    "advertisedCapabilities": CAPABILITIES,
    "metadata": {
        "hostname": "warehouse-2",
        "host": {"hostname": "warehouse-2", "ipAddresses": ["192.168.50.7", "fd00:50::7"]},
    },
}
HEARTBEAT: dict[str, Any] = {
    "capabilityReports": [
        {
            "capability": "discovery.network",
            "status": "healthy",
            "evidence": {"lastSweepItems": 14},
        }
    ]
}
RUN: dict[str, Any] = {
    "runKey": "6f0f7c1e-3f0b-4d53-9a55-0a6f3c1b2d4e",
    "agentMode": "container-host",
    "agentVersion": "0.3.0",
    "observedAt": "2026-01-02T03:04:05.678Z",
    "capabilities": ["discovery.network"],
    "items": [
        {
            "observedKey": "arp:192.168.50.1",
            "itemType": "host",
            "name": "Ubiquiti 192.168.50.1",
            "confidence": 0.7,
            "rawData": {
                "address": "192.168.50.1",
                "mac": "24:5a:4c:00:00:01",
                "vendor": "Ubiquiti Inc",
            },
        },
        {
            "observedKey": "subnet:192.168.50.0/24",
            "itemType": "subnet",
            "name": "192.168.50.0/24",
            "confidence": 0.95,
            "rawData": {"network": "192.168.50.0", "cidr": 24},
        },
    ],
    "relationships": [
        {
            "fromObservedKey": "arp:192.168.50.1",
            "toObservedKey": "subnet:192.168.50.0/24",
            "relationshipType": "MEMBER_OF",
        }
    ],
    "warnings": ["discovery: example warning text"],
}
EVENTS: dict[str, Any] = {
    "runKey": "0d0a5e1c-8c2e-4a27-9f5c-6f3f0e1d2c3b",
    "observedAt": "2026-01-02T03:04:06Z",
    "eventsVersion": "1",
    "events": [
        {
            "dedupKey": "ping:192.168.50.9:unreachable",
            "source": "ping",
            "severity": "error",
            "action": "trigger",
            "summary": "192.168.50.9 stopped answering",
            "occurredAt": "2026-01-02T03:04:01Z",
        }
    ],
}
METRICS: dict[str, Any] = {
    "runKey": "4c2b8c9e-6c53-4d0e-8d8f-b8b0a5a0f001",
    "observedAt": "2026-01-02T03:04:10Z",
    "metricsVersion": "1",
    "interfaces": [
        {
            "deviceKey": "snmp:192.168.50.2",
            "ifName": "GigabitEthernet0/3",
            "rxBps": 812345.5,
            "txBps": 1200,
            "operStatus": "up",
        }
    ],
}
CANDIDATES: dict[str, Any] = {
    "observedAt": "2026-01-02T03:04:05Z",
    "candidates": [
        {
            "discoveryId": "5MWLT4K76BG2vymC",
            "endpoint": "https://192.168.50.20:443",
            "protocol": "1",
            "capabilityDigest": "8f9c2d4f",
            "pairPath": "/connect/pair",
        }
    ],
}
