"""How a node does, by the contract's ages and in its order."""

from __future__ import annotations

import pytest

from dpf_edge.authority import fleet
from dpf_edge.authority.fleet import Health, NextAction
from dpf_edge.store.records import Capability, Node, NodeDetail

NOW = 1_767_323_045.0
MINUTE = 60


def node(
    *,
    trust: str = "trusted",
    seen: float | None = 10,
    enrolled: float = 3600,
    version: str = "1.0",
    mode: str = "enabled",
    status: str = "healthy",
    reported: float | None = 10,
) -> NodeDetail:
    """A node, with ages in seconds."""
    return NodeDetail(
        Node(
            node_id="edge_0123456789ab4def",
            site="default",
            name="warehouse-2",
            platform="linux",
            install_mode="native",
            version=version,
            trust_state=trust,
            status="active",
            fingerprint=None,
            metadata={},
            enrolled_at=NOW - enrolled,
            last_seen_at=None if seen is None else NOW - seen,
            trust_changed_at=NOW - enrolled,
            rotation_due=False,
        ),
        (
            Capability(
                name="discovery.network",
                mode=mode,
                status=status,
                accepted=True,
                evidence=None,
                reported_at=None if reported is None else NOW - reported,
            ),
        ),
        None,
    )


@pytest.mark.parametrize(
    ("detail", "health", "next_action"),
    [
        (node(), Health.HEALTHY, NextAction.NONE),
        (node(trust="revoked", seen=9999), Health.REVOKED, NextAction.REPLACE_NODE),
        (node(trust="quarantined", seen=9999), Health.QUARANTINED, NextAction.REVIEW_QUARANTINE),
        (node(trust="pending"), Health.SETUP_REQUIRED, NextAction.APPROVE_NODE),
        (
            node(trust="pending", seen=None, enrolled=5),
            Health.SETUP_REQUIRED,
            NextAction.APPROVE_NODE,
        ),
        (node(trust="pending", seen=601), Health.OFFLINE, NextAction.REPAIR_SERVICE),
        (node(seen=None, enrolled=5), Health.STARTING, NextAction.NONE),
        (node(seen=None, enrolled=601), Health.OFFLINE, NextAction.REPAIR_SERVICE),
        (node(seen=3 * MINUTE), Health.HEALTHY, NextAction.NONE),
        (node(seen=3 * MINUTE + 1), Health.DEGRADED, NextAction.INVESTIGATE_NODE),
        (node(seen=10 * MINUTE), Health.DEGRADED, NextAction.INVESTIGATE_NODE),
        (node(seen=10 * MINUTE + 1), Health.OFFLINE, NextAction.REPAIR_SERVICE),
        (node(mode="disabled"), Health.DEGRADED, NextAction.REPAIR_CAPABILITY),
        (node(mode="reporting-only"), Health.HEALTHY, NextAction.NONE),
        (node(status="failing"), Health.DEGRADED, NextAction.REPAIR_CAPABILITY),
        (node(reported=10 * MINUTE + 1), Health.DEGRADED, NextAction.REPAIR_CAPABILITY),
        (node(reported=None), Health.DEGRADED, NextAction.REPAIR_CAPABILITY),
        (node(reported=None, enrolled=20), Health.STARTING, NextAction.NONE),
        (node(version="0.9"), Health.DEGRADED, NextAction.UPGRADE_NODE),
        (node(version="0.9", seen=601), Health.OFFLINE, NextAction.REPAIR_SERVICE),
    ],
)
def test_the_first_reason_decides(
    detail: NodeDetail, health: Health, next_action: NextAction
) -> None:
    found = fleet.condition(detail, NOW, "1.0")

    assert (health, next_action) == (found.health, found.next_action)


def test_any_version_will_do_where_none_is_called_current() -> None:
    assert Health.HEALTHY == fleet.condition(node(version="0.9"), NOW).health


def test_a_node_without_the_capability_is_to_be_repaired() -> None:
    detail = node()
    bare = NodeDetail(detail.node, (), None)

    assert NextAction.REPAIR_CAPABILITY == fleet.condition(bare, NOW).next_action


def test_a_fleet_does_as_its_worst_node_and_revoked_ones_are_no_part_of_it() -> None:
    healthy, offline, revoked = (
        fleet.condition(each, NOW) for each in (node(), node(seen=9999), node(trust="revoked"))
    )

    assert NextAction.ACTIVATE_EDGE == fleet.fleet([]).next_action
    assert NextAction.ACTIVATE_EDGE == fleet.fleet([revoked]).next_action
    assert Health.HEALTHY == fleet.fleet([healthy, revoked]).health
    assert Health.OFFLINE == fleet.fleet([healthy, offline]).health
