"""What people decide about a node, and from where each decision is open.

::

    pending ──approve──▶ trusted ◀──restore── quarantined
       │                    └──────quarantine──────▲
       └────────────────────────quarantine─────────┘
    all of them ──revoke──▶ revoked, for good
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import update

from dpf_edge.errors import StoreConflict
from dpf_edge.store.schema import capability, node
from dpf_edge.wire.vocabulary import CapabilityMode, TrustState

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from dpf_edge.store.records import Node


class Decision(NamedTuple):
    """What a node becomes, and from which states it can."""

    verb: str
    to: TrustState
    open_from: frozenset[TrustState]


APPROVE = Decision("approved", TrustState.TRUSTED, frozenset({TrustState.PENDING}))
QUARANTINE = Decision(
    "quarantined",
    TrustState.QUARANTINED,
    frozenset({TrustState.PENDING, TrustState.TRUSTED}),
)
RESTORE = Decision("restored", TrustState.TRUSTED, frozenset({TrustState.QUARANTINED}))
REVOKE = Decision("revoked", TrustState.REVOKED, frozenset(set(TrustState) - {TrustState.REVOKED}))

_HINTS = {
    TrustState.PENDING: "approve it: dpf-edge nodes approve",
    TrustState.QUARANTINED: "restore it: dpf-edge nodes restore",
    TrustState.REVOKED: "a revoked node stays revoked: enrol it anew",
}


def changes(before: Node, decision: Decision) -> bool:
    """Whether a decision changes anything; one that was taken before does not.

    :raises StoreConflict: the node cannot become that from where it is.
    """
    state = TrustState(before.trust_state)
    if state == decision.to:
        return False
    if state not in decision.open_from:
        raise StoreConflict(
            f"{before.node_id}: a {state} node cannot be {decision.verb}", _HINTS.get(state)
        )
    return True


def standing(who: Node, verb: str) -> None:
    """Make sure that a node was not revoked.

    :raises StoreConflict: it was.
    """
    if who.trust_state == TrustState.REVOKED:
        hint = _HINTS[TrustState.REVOKED]
        raise StoreConflict(f"{who.node_id}: a revoked node cannot be {verb}", hint)


def decide(connection: Connection, before: Node, decision: Decision, by: str, now: float) -> None:
    """Write a decision down. Whoever is trusted may do what was accepted at enrolment."""
    mine = node.c.node_id == before.node_id
    connection.execute(
        update(node)
        .where(mine)
        .values(trust_state=str(decision.to), trust_changed_at=now, trust_changed_by=by)
    )
    if decision.to == TrustState.TRUSTED:
        connection.execute(
            update(capability)
            .where(
                capability.c.node_id == before.node_id,
                capability.c.accepted.is_(True),
                capability.c.mode == str(CapabilityMode.DISABLED),
            )
            .values(mode=str(CapabilityMode.ENABLED))
        )
