"""The contract's closed lists: what a field may say, word for word."""

from __future__ import annotations

from enum import StrEnum


class Platform(StrEnum):
    """The system a node runs on, as Node.js names it."""

    DARWIN = "darwin"
    WINDOWS = "win32"
    LINUX = "linux"


class InstallMode(StrEnum):
    """In what form a node runs."""

    NATIVE = "native"
    CONTAINER_HOST = "container-host"
    CONTAINER_VM = "container-vm"


class TrustState(StrEnum):
    """How far an Authority trusts a node: set by people, and by an auto-approving token."""

    PENDING = "pending"
    TRUSTED = "trusted"
    QUARANTINED = "quarantined"
    REVOKED = "revoked"


class NodeStatus(StrEnum):
    """Whether a node is there. A heartbeat makes it active, whatever its trust state."""

    PENDING = "pending"
    ACTIVE = "active"
    OFFLINE = "offline"
    QUARANTINED = "quarantined"


class Capability(StrEnum):
    """What a node may say that it can: the newest published list.

    Older Authorities lack ``federation.discovery``, ``events.emit`` and ``action.execute``, and
    refuse a whole heartbeat that reports one of them.
    """

    DISCOVERY_NETWORK = "discovery.network"
    FEDERATION_DISCOVERY = "federation.discovery"
    DISCOVERY_SOFTWARE = "discovery.software"
    METRICS_HOST = "metrics.host"
    METRICS_NETWORK = "metrics.network"
    DISCOVERY_LLDP = "discovery.lldp"
    EVENTS_EMIT = "events.emit"
    IDENTITY_BROKER = "identity.broker"
    MCP_GATEWAY = "mcp.gateway"
    A2A_GATEWAY = "a2a.gateway"
    POLICY_ENFORCEMENT = "policy.enforcement"
    TUNNEL_PRIVATE_LINK = "tunnel.private-link"
    ACTION_EXECUTE = "action.execute"


# What every published Authority takes in a heartbeat, the oldest included.
CAPABILITIES_OF_OLD = frozenset(Capability) - {
    Capability.FEDERATION_DISCOVERY,
    Capability.EVENTS_EMIT,
    Capability.ACTION_EXECUTE,
}


class CapabilityMode(StrEnum):
    """What an Authority lets a capability do."""

    ENABLED = "enabled"
    REPORTING_ONLY = "reporting-only"
    DISABLED = "disabled"


class CapabilityStatus(StrEnum):
    """How a capability does, as its node reports it."""

    HEALTHY = "healthy"
    DEGRADED = "degraded"
    FAILING = "failing"
    UNKNOWN = "unknown"


class Scope(StrEnum):
    """What a route is for. No token carries scopes: the route and the trust state imply them."""

    ENROLL = "edge:enroll"
    HEARTBEAT = "edge:heartbeat"
    DISCOVERY = "discovery:submit"
    METRICS = "edge:metrics"
    EVENTS = "edge:events"
    ADAPTERS = "edge:adapters"
    ACTIONS_CLAIM = "edge:actions:claim"
    ACTIONS_REPORT = "edge:actions:report"

    @property
    def needs_trust(self) -> bool:
        """Whether only a trusted node may use it; the others any node that is not revoked."""
        return self not in {Scope.ENROLL, Scope.HEARTBEAT}
