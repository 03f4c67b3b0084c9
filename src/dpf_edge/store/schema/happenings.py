"""What nodes report beside that: events, figures, other installations."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Table,
)

from dpf_edge.store.columns import Json, Seconds, Words
from dpf_edge.store.schema.frame import metadata, required

# What was answered to a batch of events: the same runKey gets the same answer again.
event_batch = Table(
    "event_batch",
    metadata,
    required("node_id"),
    required("run_key"),
    required("digest"),
    required("answer", Json),
    required("received_at", Seconds),
    PrimaryKeyConstraint("node_id", "run_key"),
    Index("event_batch_by_age", "received_at"),
)

alert = Table(
    "alert",
    metadata,
    required("node_id"),
    required("dedup_key"),
    required("status"),  # triggered | acknowledged | resolved
    required("source"),
    Column("component", Words),
    Column("event_group", Words),
    Column("event_class", Words),
    required("severity"),
    required("summary"),
    Column("details", Json),
    required("count", BigInteger),
    required("occurred_at", Seconds),
    required("first_at", Seconds),
    required("last_at", Seconds),
    Column("resolved_at", Seconds),
    PrimaryKeyConstraint("node_id", "dedup_key"),
    Index("alert_by_status", "status", "last_at"),
    Index("alert_by_time", "last_at"),
)

# What somebody decided about an entry of the feed. Of an alert its own status is what holds, and
# this says who brought it about.
decision = Table(
    "decision",
    metadata,
    required("site"),
    required("entry"),  # as store.feed names it: bounded, as the parts of its key are
    required("state"),  # acknowledged | resolved
    required("actor"),
    required("at", Seconds),
    Column("note", Words),
    PrimaryKeyConstraint("site", "entry"),
    Index("decision_by_age", "at"),
)

change_event = Table(
    "change_event",
    metadata,
    required("node_id"),
    required("change_key"),
    required("source"),
    Column("component", Words),
    Column("event_group", Words),
    Column("event_class", Words),
    required("severity"),
    required("summary"),
    Column("details", Json),
    required("occurred_at", Seconds),
    required("first_at", Seconds),
    required("last_at", Seconds),
    PrimaryKeyConstraint("node_id", "change_key"),
    Index("change_event_by_time", "last_at"),
)

security_event = Table(
    "security_event",
    metadata,
    required("node_id"),
    required("event_key"),
    required("at", Seconds),
    required("class_uid", BigInteger),
    Column("severity", Integer),
    required("source_kind"),
    required("source_name"),
    required("document", Json),
    required("received_at", Seconds),
    PrimaryKeyConstraint("node_id", "event_key"),
    # Not by `at`: whoever made the record says that.
    Index("security_event_by_arrival", "received_at"),
)

# The latest of each interface, for 90 s.
interface_metric = Table(
    "interface_metric",
    metadata,
    required("node_id"),
    required("metric_id"),  # digest of deviceKey, ifIndex and ifName
    required("document", Json),
    required("observed_at", Seconds),
    required("kept_at", Seconds),
    PrimaryKeyConstraint("node_id", "metric_id"),
    Index("interface_metric_by_age", "kept_at"),
)

candidate = Table(
    "candidate",
    metadata,
    required("node_id"),
    required("candidate_id"),  # digest of discoveryId and endpoint
    required("document", Json),
    required("seen_at", Seconds),
    PrimaryKeyConstraint("node_id", "candidate_id"),
    Index("candidate_by_age", "seen_at"),
)
