"""Nodes, tokens and people: who may come in, and who looks after it."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Table,
)

from dpf_edge.store.columns import Json, Seconds, Words
from dpf_edge.store.schema.frame import metadata, required

bootstrap_token = Table(
    "bootstrap_token",
    metadata,
    Column("digest", Words, primary_key=True),  # SHA-256 of the whole token, in hex
    required("prefix"),
    required("site"),
    required("auto_approve", Boolean),
    Column("fingerprint", Words),  # the one hostFingerprint that it is good for; NULL: any
    required("issued_at", Seconds),
    required("issued_by"),
    required("expires_at", Seconds),
    Column("consumed_at", Seconds),
    Column("consumed_by", Words),  # a node's id
    Column("revoked_at", Seconds),
    Column("revoked_by", Words),
)

node = Table(
    "node",
    metadata,
    Column("node_id", Words, primary_key=True),
    required("site"),
    required("name"),
    required("platform"),
    required("install_mode"),
    required("version"),
    required("trust_state"),  # pending | trusted | quarantined | revoked
    required("status"),  # pending | active | offline
    Column("fingerprint", Words),
    required("metadata", Json),
    required("enrolled_at", Seconds),
    Column("last_seen_at", Seconds),  # the last heartbeat
    required("trust_changed_at", Seconds),
    required("trust_changed_by"),
    required("rotation_due", Boolean),  # each heartbeat offers a new token, until one is used
    Index("node_by_site", "site", "name"),
    # What the marking of silent nodes looks through.
    Index("node_by_last_seen", "status", "last_seen_at"),
)

# A node has one token that is its own, and for a while some that were offered by heartbeats. Which
# of these it got is known when it first uses one: then that is its own, and all others go.
node_token = Table(
    "node_token",
    metadata,
    Column("digest", Words, primary_key=True),
    Column("node_id", ForeignKey("node.node_id", ondelete="CASCADE"), nullable=False),
    required("prefix"),
    required("offered", Boolean),
    required("issued_at", Seconds),
    Index("node_token_by_node", "node_id"),
)

capability = Table(
    "capability",
    metadata,
    Column("node_id", ForeignKey("node.node_id", ondelete="CASCADE"), nullable=False),
    required("name"),
    required("mode"),  # enabled | reporting-only | disabled
    required("status"),  # healthy | degraded | failing | unknown
    required("accepted", Boolean),  # at enrolment; approving the node enables these
    Column("evidence", Json),
    Column("reported_at", Seconds),
    PrimaryKeyConstraint("node_id", "name"),
)

# One row a node and route: when the calls of the longest window were let through.
rate = Table(
    "rate",
    metadata,
    required("node_id"),
    required("route"),
    required("taken", Json),
    PrimaryKeyConstraint("node_id", "route"),
)

audit = Table(
    "audit",
    metadata,
    required("node_id"),  # "" where nobody was recognised
    required("id"),  # sorts by time
    required("at", Seconds),
    required("tool"),
    required("status", Integer),
    Column("code", Words),
    required("ms", Double),
    Column("detail", Json),
    required("mode"),
    required("actor"),
    PrimaryKeyConstraint("node_id", "id"),
    Index("audit_by_id", "id"),
    Index("audit_by_tool", "tool", "id"),
)

adapter = Table(
    "adapter",
    metadata,
    Column("adapter_id", Words, primary_key=True),
    Column("connection_key", Words, nullable=False, unique=True),
    required("name"),
    required("collector_type"),
    required("endpoint_url"),
    required("sealed_key"),  # AES-256-GCM, bound to this row's id
    required("configuration", Json),
    Column("site", Words),
    Column("node_id", Words),
    required("created_at", Seconds),
)

person = Table(
    "person",
    metadata,
    Column("name", Words, primary_key=True),
    required("role"),  # viewer | operator
    required("password_hash"),  # argon2id
    required("created_at", Seconds),
)

# Whoever signed in: by a password, or by a one-time link, which belongs to no person.
session = Table(
    "session",
    metadata,
    Column("digest", Words, primary_key=True),
    Column("person", ForeignKey("person.name", ondelete="CASCADE")),
    required("role"),
    required("created_at", Seconds),
    required("expires_at", Seconds),
)

sign_in_link = Table(
    "sign_in_link",
    metadata,
    Column("digest", Words, primary_key=True),
    required("role"),
    required("expires_at", Seconds),
)

api_token = Table(
    "api_token",
    metadata,
    Column("digest", Words, primary_key=True),
    required("prefix"),
    required("label"),
    required("role"),
    required("created_at", Seconds),
    required("created_by"),
    Column("expires_at", Seconds),
    Column("revoked_at", Seconds),
)

setting = Table(
    "setting",
    metadata,
    Column("name", Words, primary_key=True),
    required("value"),
)
