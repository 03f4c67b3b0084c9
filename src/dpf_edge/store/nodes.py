"""Nodes: how they come in, who they are, and what people decide about them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select, update

from dpf_edge.errors import StoreMissing
from dpf_edge.store import absence, enrolment, heartbeats, node_tokens, sites, trust
from dpf_edge.store.keeper import Keeper
from dpf_edge.store.node_rows import capabilities_of, last_runs, node_row, nodes_asked
from dpf_edge.store.records import NodeDetail
from dpf_edge.store.schema import node
from dpf_edge.wire.vocabulary import TrustState

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

    from dpf_edge.store.records import Beat, Enrolled, Node
    from dpf_edge.wire import enroll, heartbeat
    from dpf_edge.wire.tokens import Secret


class Nodes(Keeper):
    """``store.nodes``."""

    def enrol(
        self, token_digest: str, request: enroll.Request, accepted: Sequence[str]
    ) -> Enrolled:
        """Make a node of a bootstrap token, which is spent by it; or do nothing.

        Of two that race for one token one wins, and the other is told that it is consumed.

        :param accepted: the capabilities that were advertised and are accepted.
        :raises Refusal: 401, by the first of these that holds: ``token_not_found``,
            ``token_already_consumed``, ``token_revoked``, ``token_expired``,
            ``fingerprint_mismatch``. The token is not spent.
        """
        with self._database.writing() as connection:
            return enrolment.enrol(connection, token_digest, request, accepted, self._clock())

    def by_digest(self, token_digest: str) -> Node | None:
        """The node that a token is; None where it is none's.

        A token that a heartbeat handed out becomes the node's only one when it first comes back.
        """
        with self._database.reading() as connection:
            found = node_tokens.found(connection, token_digest)
        if found is None or not found.offered:
            return found.node if found else None
        with self._database.writing() as connection:
            node_tokens.settle(connection, found.node.node_id, token_digest)
            settled = node_tokens.found(connection, token_digest)
            return settled.node if settled else None

    def beat(self, node_id: str, reports: Sequence[heartbeat.Report] = ()) -> Beat:
        """Take a heartbeat: the node is there, and says how it does.

        :raises StoreMissing: there is no such node.
        """
        with self._database.writing() as connection:
            return heartbeats.beat(connection, node_id, reports, self._clock())

    def list(self, *, site: str | None = None) -> tuple[NodeDetail, ...]:
        """All nodes, by site and name."""
        with self._database.reading() as connection:
            asked = nodes_asked().order_by(node.c.site, node.c.name, node.c.node_id)
            if site is not None:
                asked = asked.where(node.c.site == site)
            found = [node_row(row) for row in connection.execute(asked)]
            return _detailed(connection, found)

    def sites(self) -> tuple[str, ...]:
        """The sites that have a node, by name."""
        asked = select(node.c.site).distinct().order_by(node.c.site)
        with self._database.reading() as connection:
            return tuple(connection.execute(asked).scalars())

    def get(self, node_id: str) -> NodeDetail:
        """One node.

        :raises StoreMissing: there is no such node.
        """
        with self._database.reading() as connection:
            return _detailed(connection, [_known(connection, node_id)])[0]

    def approve(self, node_id: str, *, by: str) -> Node:
        """Trust a pending node, and enable what was accepted when it enrolled.

        :raises StoreMissing: there is no such node.
        :raises StoreConflict: it is quarantined or revoked.
        """
        return self._decide(node_id, trust.APPROVE, by)

    def quarantine(self, node_id: str, *, by: str) -> Node:
        """Take a node's trust away for a while: it may beat, and nothing else.

        :raises StoreMissing: there is no such node.
        :raises StoreConflict: it is revoked.
        """
        return self._decide(node_id, trust.QUARANTINE, by)

    def restore(self, node_id: str, *, by: str) -> Node:
        """Trust a quarantined node again.

        :raises StoreMissing: there is no such node.
        :raises StoreConflict: it is pending or revoked.
        """
        return self._decide(node_id, trust.RESTORE, by)

    def revoke(self, node_id: str, *, by: str) -> Node:
        """End a node for good: its tokens are forgotten, its row is kept. What it saw is not there
        any more, but for what other nodes see.

        :raises StoreMissing: there is no such node.
        """
        return self._decide(node_id, trust.REVOKE, by)

    def rotate(self, node_id: str, *, by: str) -> Secret:
        """Give a node another token at once; with the old one it is not found any more.

        :raises StoreMissing: there is no such node.
        :raises StoreConflict: it is revoked.
        """
        with self._database.writing() as connection:
            trust.standing(_known(connection, node_id), "rotated")
            return node_tokens.replaced(connection, node_id, self._clock())

    def rotate_by_heartbeat(self, node_id: str, *, by: str) -> None:
        """Have a node's next heartbeats offer it another token, until it uses one.

        :raises StoreMissing: there is no such node.
        :raises StoreConflict: it is revoked.
        """
        with self._database.writing() as connection:
            trust.standing(_known(connection, node_id), "rotated")
            mine = node.c.node_id == node_id
            connection.execute(update(node).where(mine).values(rotation_due=True))

    def rename(self, node_id: str, name: str, *, by: str) -> Node:
        """Call a node something else; how it calls itself changes nothing about that.

        :raises StoreMissing: there is no such node.
        """
        with self._database.writing() as connection:
            _known(connection, node_id)
            connection.execute(update(node).where(node.c.node_id == node_id).values(name=name))
            return _known(connection, node_id)

    def _decide(self, node_id: str, decision: trust.Decision, by: str) -> Node:
        now = self._clock()
        with self._database.writing() as connection:
            # Locked first: two people may decide at once, and each goes by what stands then.
            connection.execute(
                select(node.c.node_id).where(node.c.node_id == node_id).with_for_update()
            )
            before = _known(connection, node_id)
            if not trust.changes(before, decision):
                return before
            trust.decide(connection, before, decision, by, now)
            if decision.to == TrustState.REVOKED:
                node_tokens.forget(connection, node_id)
                sites.lock(connection, before.site, now)
                absence.withdraw(connection, before.site, node_id, now)
            return _known(connection, node_id)


def _known(connection: Connection, node_id: str) -> Node:
    row = connection.execute(nodes_asked().where(node.c.node_id == node_id)).one_or_none()
    if row is None:
        raise StoreMissing(f"{node_id}: no such node", "see dpf-edge nodes list")
    return node_row(row)


def _detailed(connection: Connection, nodes: Sequence[Node]) -> tuple[NodeDetail, ...]:
    ids = [each.node_id for each in nodes]
    able = capabilities_of(connection, ids)
    ran = last_runs(connection, ids)
    return tuple(
        NodeDetail(each, able.get(each.node_id, ()), ran.get(each.node_id)) for each in nodes
    )
