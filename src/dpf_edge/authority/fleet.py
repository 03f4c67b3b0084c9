"""How a node does, and what its operator should do next: pure, from what the store has of it.

The words, the ages and their order are the contract's.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from dpf_edge.wire.vocabulary import (
    Capability,
    CapabilityMode,
    CapabilityStatus,
    TrustState,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dpf_edge.store.records import NodeDetail

MINUTE = 60.0
# Three heartbeats missed, and ten: as published.
DEGRADED_SECONDS = 3 * MINUTE
OFFLINE_SECONDS = 10 * MINUTE
# How old a capability's report may be.
REPORT_SECONDS = 10 * MINUTE
# What a node is there for.
REQUIRED = (Capability.DISCOVERY_NETWORK,)

WORKING_MODES = frozenset({CapabilityMode.ENABLED, CapabilityMode.REPORTING_ONLY})


class Health(StrEnum):
    """How a node does."""

    SETUP_REQUIRED = "setup-required"
    STARTING = "starting"
    HEALTHY = "healthy"
    DEGRADED = "degraded"
    OFFLINE = "offline"
    QUARANTINED = "quarantined"
    REVOKED = "revoked"


class NextAction(StrEnum):
    """What its operator should do."""

    ACTIVATE_EDGE = "activate-edge"
    REPAIR_SERVICE = "repair-service"
    APPROVE_NODE = "approve-node"
    INVESTIGATE_NODE = "investigate-node"
    REPAIR_CAPABILITY = "repair-capability"
    REVIEW_QUARANTINE = "review-quarantine"
    REPLACE_NODE = "replace-node"
    UPGRADE_NODE = "upgrade-node"
    NONE = "none"


class Condition(NamedTuple):
    """How something does, and what is to be done about it."""

    health: Health
    next_action: NextAction
    says: str


def condition(detail: NodeDetail, now: float, current_version: str | None = None) -> Condition:
    """How one node does.

    What a person decided comes first, then whether it is there at all, then what it can do.

    :param current_version: the version that nodes ought to run; None: any will do.
    """
    node = detail.node
    if node.trust_state == TrustState.REVOKED:
        return Condition(Health.REVOKED, NextAction.REPLACE_NODE, "it was revoked")
    if node.trust_state == TrustState.QUARANTINED:
        return Condition(Health.QUARANTINED, NextAction.REVIEW_QUARANTINE, "it was quarantined")
    age = now - (node.enrolled_at if node.last_seen_at is None else node.last_seen_at)
    if age > OFFLINE_SECONDS:
        return Condition(Health.OFFLINE, NextAction.REPAIR_SERVICE, "no heartbeat for 10 minutes")
    if age > DEGRADED_SECONDS:
        return Condition(Health.DEGRADED, NextAction.INVESTIGATE_NODE, "heartbeats are missing")
    if node.trust_state == TrustState.PENDING:
        return Condition(Health.SETUP_REQUIRED, NextAction.APPROVE_NODE, "it waits for approval")
    if node.last_seen_at is None:
        return Condition(Health.STARTING, NextAction.NONE, "it has just enrolled")
    for name in REQUIRED:
        if why := amiss(detail, name, now):
            return why
    if current_version is not None and node.version != current_version:
        says = f"it runs {node.version}, and {current_version} is current"
        return Condition(Health.DEGRADED, NextAction.UPGRADE_NODE, says)
    return Condition(Health.HEALTHY, NextAction.NONE, "it beats and sweeps")


def amiss(detail: NodeDetail, name: str, now: float) -> Condition | None:
    """What is wrong with a capability that a node must have; None where nothing is."""
    found = next((each for each in detail.capabilities if each.name == name), None)
    if found is None or found.mode not in WORKING_MODES:
        return Condition(Health.DEGRADED, NextAction.REPAIR_CAPABILITY, f"{name} is not enabled")
    if found.reported_at is None:
        since = now - max(detail.node.enrolled_at, detail.node.trust_changed_at)
        if since <= DEGRADED_SECONDS:
            return Condition(Health.STARTING, NextAction.NONE, f"{name} has not been reported yet")
    if found.reported_at is None or now - found.reported_at > REPORT_SECONDS:
        says = f"{name} has not been reported for 10 minutes"
        return Condition(Health.DEGRADED, NextAction.REPAIR_CAPABILITY, says)
    if found.status != CapabilityStatus.HEALTHY:
        says = f"{name} is {found.status}"
        return Condition(Health.DEGRADED, NextAction.REPAIR_CAPABILITY, says)
    return None


# The worst of its nodes is how a fleet does; a revoked node is no part of it any more.
WORST_FIRST = (
    Health.OFFLINE,
    Health.QUARANTINED,
    Health.DEGRADED,
    Health.SETUP_REQUIRED,
    Health.STARTING,
    Health.HEALTHY,
)


def fleet(conditions: Iterable[Condition]) -> Condition:
    """How all nodes together do: as the worst of them; without any, there is one to set up."""
    ranked = [each for each in conditions if each.health in WORST_FIRST]
    if not ranked:
        return Condition(Health.SETUP_REQUIRED, NextAction.ACTIVATE_EDGE, "there is no node yet")
    return min(ranked, key=lambda each: WORST_FIRST.index(each.health))
