"""How a bootstrap token becomes a node: all of it in one transaction, or nothing."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from sqlalchemy import insert, select, update

from dpf_edge.store import node_tokens
from dpf_edge.store.keeper import record
from dpf_edge.store.records import BootstrapToken, Enrolled
from dpf_edge.store.schema import bootstrap_token, capability, node
from dpf_edge.wire import tokens
from dpf_edge.wire.refusals import Code, token_not_found, unauthorized
from dpf_edge.wire.vocabulary import CapabilityMode, CapabilityStatus, NodeStatus, TrustState

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

    from dpf_edge.wire import enroll
    from dpf_edge.wire.refusals import Refusal

_TOKEN = [bootstrap_token.c[name] for name in BootstrapToken.__struct_fields__]


def enrol(
    connection: Connection,
    token_digest: str,
    request: enroll.Request,
    accepted: Sequence[str],
    now: float,
) -> Enrolled:
    """See :meth:`dpf_edge.store.nodes.Nodes.enrol`."""
    mine = bootstrap_token.c.digest == token_digest
    asked = select(*_TOKEN).where(mine)
    row = connection.execute(asked).one_or_none()
    if row is None:
        raise token_not_found()
    token = record(BootstrapToken, row)
    fingerprint = request.host_fingerprint if isinstance(request.host_fingerprint, str) else None
    refusal = why_not(token, fingerprint, now)
    if refusal:
        raise refusal
    node_id = tokens.node_id(uuid.uuid4())
    # Of two that came this far at once one finds the row changed under it. SQLite lets in one
    # writer at a time; PostgreSQL waits for the other's commit, then looks at the row again.
    spent = connection.execute(
        update(bootstrap_token)
        .where(
            mine, bootstrap_token.c.consumed_at.is_(None), bootstrap_token.c.revoked_at.is_(None)
        )
        .values(consumed_at=now, consumed_by=node_id)
    )
    if spent.rowcount != 1:
        after = record(BootstrapToken, connection.execute(asked).one())
        raise why_not(after, fingerprint, now) or token_not_found()
    trusted = token.auto_approve
    state = TrustState.TRUSTED if trusted else TrustState.PENDING
    connection.execute(insert(node).values(_node(node_id, token, request, state, now)))
    connection.execute(insert(capability), _capabilities(node_id, accepted, enabled=trusted))
    secret = node_tokens.made(connection, node_id, now, offered=False)
    return Enrolled(node_id, secret, str(state), token.site)


def why_not(token: BootstrapToken, fingerprint: str | None, now: float) -> Refusal | None:
    """Why a token enrols nobody, in the contract's order; None where it does."""
    if token.consumed_at is not None:
        return unauthorized(Code.TOKEN_ALREADY_CONSUMED, "this token has enrolled a node already")
    if token.revoked_at is not None:
        return unauthorized(Code.TOKEN_REVOKED, "this token was revoked")
    if now >= token.expires_at:
        return unauthorized(Code.TOKEN_EXPIRED, "this token has expired")
    # Not in the published list: there nobody compares (W11). It is the last look, and like the
    # others it spends nothing.
    if token.fingerprint is not None and token.fingerprint != fingerprint:
        return unauthorized(Code.FINGERPRINT_MISMATCH, "this token is bound to another host")
    return None


def _node(
    node_id: str, token: BootstrapToken, request: enroll.Request, state: TrustState, now: float
) -> dict[str, Any]:
    fingerprint = request.host_fingerprint
    return {
        "node_id": node_id,
        "site": token.site,
        "name": request.display_name,
        "platform": str(request.platform),
        "install_mode": str(request.install_mode),
        "version": request.version,
        "trust_state": str(state),
        "status": str(NodeStatus.PENDING),
        "fingerprint": fingerprint if isinstance(fingerprint, str) else None,
        "metadata": request.metadata if isinstance(request.metadata, dict) else {},
        "enrolled_at": now,
        "last_seen_at": None,
        "trust_changed_at": now,
        "trust_changed_by": f"token {token.prefix}",
        "rotation_due": False,
    }


def _capabilities(node_id: str, accepted: Sequence[str], *, enabled: bool) -> list[dict[str, Any]]:
    mode = CapabilityMode.ENABLED if enabled else CapabilityMode.DISABLED
    return [
        {
            "node_id": node_id,
            "name": name,
            "mode": str(mode),
            "status": str(CapabilityStatus.UNKNOWN),
            "accepted": True,
            "evidence": None,
            "reported_at": None,
        }
        for name in dict.fromkeys(accepted)
    ]
