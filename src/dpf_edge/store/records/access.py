"""What the store gives back of nodes, tokens and people."""

from __future__ import annotations

from typing import Any

import msgspec

from dpf_edge.wire.tokens import Secret


class BootstrapToken(msgspec.Struct, frozen=True):
    """A bootstrap token as it is kept: its digest is no secret, and does not let anybody in."""

    digest: str
    prefix: str
    site: str
    auto_approve: bool
    fingerprint: str | None
    issued_at: float
    issued_by: str
    expires_at: float
    consumed_at: float | None = None
    consumed_by: str | None = None
    revoked_at: float | None = None

    @property
    def bound(self) -> bool:
        """Whether it is good for one host only."""
        return self.fingerprint is not None

    def state(self, now: float) -> str:
        """``open``, or why it is not: ``consumed``, ``revoked``, ``expired``."""
        if self.consumed_at is not None:
            return "consumed"
        if self.revoked_at is not None:
            return "revoked"
        return "open" if now < self.expires_at else "expired"


class IssuedToken(msgspec.Struct, frozen=True):
    """A bootstrap token, shown this once, and as it is kept."""

    token: Secret
    row: BootstrapToken


class Enrolled(msgspec.Struct, frozen=True):
    """What an enrolment gave; the token is shown this once."""

    node_id: str
    node_token: Secret
    trust_state: str
    site: str


class Node(msgspec.Struct, frozen=True):
    """A node as the Authority knows it."""

    node_id: str
    site: str
    name: str
    platform: str
    install_mode: str
    version: str
    trust_state: str
    status: str
    fingerprint: str | None
    metadata: dict[str, Any]
    enrolled_at: float
    last_seen_at: float | None
    trust_changed_at: float
    rotation_due: bool
    token_prefix: str | None = None

    @property
    def addresses(self) -> tuple[str, ...]:
        """What the node said its host's addresses are (``metadata.host.ipAddresses``)."""
        host = self.metadata.get("host")
        said = host.get("ipAddresses") if isinstance(host, dict) else None
        return tuple(str(each) for each in said) if isinstance(said, list) else ()


class Capability(msgspec.Struct, frozen=True):
    """What a node can do, whether it may, and what it last reported of it."""

    name: str
    mode: str
    status: str
    accepted: bool
    evidence: dict[str, Any] | None
    reported_at: float | None


class LastRun(msgspec.Struct, frozen=True):
    """The newest run of a node, by when it was observed."""

    run_id: str
    observed_at: float
    received_at: float
    items: int
    relationships: int
    warnings: tuple[str, ...]


class NodeDetail(msgspec.Struct, frozen=True):
    """A node, what it can do, and what it last saw."""

    node: Node
    capabilities: tuple[Capability, ...]
    last_run: LastRun | None


class Rotated(msgspec.Struct, frozen=True):
    """A token that a heartbeat hands out."""

    token: Secret
    prefix: str


class Beat(msgspec.Struct, frozen=True):
    """What a heartbeat is answered with."""

    trust_state: str
    accepted_capabilities: tuple[str, ...]
    rotated: Rotated | None = None


class Taken(msgspec.Struct, frozen=True):
    """What the limiter says: the seconds to wait, or None where the call was let through."""

    wait: float | None
    remaining: int


class Adapter(msgspec.Struct, frozen=True):
    """A controller that nodes ask, without its API key."""

    adapter_id: str
    connection_key: str
    name: str
    collector_type: str
    endpoint_url: str
    configuration: dict[str, Any]
    site: str | None
    node_id: str | None
    created_at: float


class OpenAdapter(msgspec.Struct, frozen=True):
    """A controller with its API key, for the node that asks it."""

    adapter: Adapter
    api_key: Secret


class VisibleAdapters(msgspec.Struct, frozen=True):
    """What one node may see, and how many of these could not be opened."""

    adapters: tuple[OpenAdapter, ...]
    skipped: int


class Person(msgspec.Struct, frozen=True):
    """Somebody who may sign in."""

    name: str
    role: str
    created_at: float


class Session(msgspec.Struct, frozen=True):
    """Somebody signed in; ``name`` is None for who came by a one-time link."""

    id: str
    name: str | None
    role: str
    created_at: float
    expires_at: float


class OpenedSession(msgspec.Struct, frozen=True):
    """A session, and the token that its cookie holds, shown this once."""

    token: Secret
    session: Session


class ApiToken(msgspec.Struct, frozen=True):
    """An API token as it is kept."""

    digest: str
    prefix: str
    label: str
    role: str
    created_at: float
    created_by: str
    expires_at: float | None
    revoked_at: float | None


class IssuedApiToken(msgspec.Struct, frozen=True):
    """An API token, shown this once, and as it is kept."""

    token: Secret
    row: ApiToken
