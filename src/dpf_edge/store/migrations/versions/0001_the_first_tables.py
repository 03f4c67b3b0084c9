"""The first tables.

A migration says for itself what it makes: ``store/schema.py`` goes on, and this stays as it was.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

WORDS = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def words(name: str, *, null: bool = False) -> sa.Column[str]:
    """Text, or JSON as text."""
    return sa.Column(name, WORDS, nullable=null)


def number(name: str, *, null: bool = False) -> sa.Column[float]:
    """A double; times are in seconds since 1970 (UTC)."""
    return sa.Column(name, sa.Double, nullable=null)


def integer(name: str, *, null: bool = False) -> sa.Column[int]:
    """A whole number of 32 bits."""
    return sa.Column(name, sa.Integer, nullable=null)


def big(name: str, *, null: bool = False) -> sa.Column[int]:
    """A whole number of 64 bits."""
    return sa.Column(name, sa.BigInteger, nullable=null)


def boolean(name: str, *, null: bool = False) -> sa.Column[bool]:
    """Yes or no."""
    return sa.Column(name, sa.Boolean, nullable=null)


def upgrade() -> None:
    """Make them."""
    _who_may_come_in()
    _what_every_call_goes_through()
    _runs()
    _devices()
    _events()
    _the_latest()
    _who_looks_after_it()


def _who_may_come_in() -> None:
    op.create_table(
        "bootstrap_token",
        words("digest"),
        words("prefix"),
        words("site"),
        boolean("auto_approve"),
        words("fingerprint", null=True),
        number("issued_at"),
        words("issued_by"),
        number("expires_at"),
        number("consumed_at", null=True),
        words("consumed_by", null=True),
        number("revoked_at", null=True),
        words("revoked_by", null=True),
        sa.PrimaryKeyConstraint("digest", name="bootstrap_token_pk"),
    )
    op.create_table(
        "node",
        words("node_id"),
        words("site"),
        words("name"),
        words("platform"),
        words("install_mode"),
        words("version"),
        words("trust_state"),
        words("status"),
        words("fingerprint", null=True),
        words("metadata"),
        number("enrolled_at"),
        number("last_seen_at", null=True),
        number("trust_changed_at"),
        words("trust_changed_by"),
        boolean("rotation_due"),
        sa.PrimaryKeyConstraint("node_id", name="node_pk"),
    )
    op.create_index("node_by_last_seen", "node", ["status", "last_seen_at"])
    op.create_index("node_by_site", "node", ["site", "name"])
    op.create_table(
        "node_token",
        words("digest"),
        words("node_id"),
        words("prefix"),
        boolean("offered"),
        number("issued_at"),
        sa.PrimaryKeyConstraint("digest", name="node_token_pk"),
        sa.ForeignKeyConstraint(
            ["node_id"], ["node.node_id"], name="node_token_node_id_fk", ondelete="CASCADE"
        ),
    )
    op.create_index("node_token_by_node", "node_token", ["node_id"])
    op.create_table(
        "capability",
        words("node_id"),
        words("name"),
        words("mode"),
        words("status"),
        boolean("accepted"),
        words("evidence", null=True),
        number("reported_at", null=True),
        sa.PrimaryKeyConstraint("node_id", "name", name="capability_pk"),
        sa.ForeignKeyConstraint(
            ["node_id"], ["node.node_id"], name="capability_node_id_fk", ondelete="CASCADE"
        ),
    )


def _what_every_call_goes_through() -> None:
    op.create_table(
        "rate",
        words("node_id"),
        words("route"),
        words("taken"),
        sa.PrimaryKeyConstraint("node_id", "route", name="rate_pk"),
    )
    op.create_table(
        "audit",
        words("node_id"),
        words("id"),
        number("at"),
        words("tool"),
        integer("status"),
        words("code", null=True),
        number("ms"),
        words("detail", null=True),
        words("mode"),
        words("actor"),
        sa.PrimaryKeyConstraint("node_id", "id", name="audit_pk"),
    )
    op.create_index("audit_by_id", "audit", ["id"])
    op.create_index("audit_by_tool", "audit", ["tool", "id"])


def _runs() -> None:
    op.create_table(
        "site",
        words("site"),
        number("since"),
        sa.PrimaryKeyConstraint("site", name="site_pk"),
    )
    op.create_table(
        "run",
        words("node_id"),
        words("run_id"),
        words("site"),
        words("run_key"),
        words("digest"),
        number("observed_at"),
        number("received_at"),
        boolean("late"),
        words("agent_mode"),
        words("agent_version"),
        words("capabilities"),
        words("warnings"),
        integer("item_count"),
        integer("relationship_count"),
        words("persisted"),
        sa.PrimaryKeyConstraint("node_id", "run_id", name="run_pk"),
    )
    op.create_index("run_by_age", "run", ["received_at"])
    op.create_index("run_by_id", "run", ["run_id"])
    op.create_index("run_by_key", "run", ["node_id", "run_key"], unique=True)
    op.create_index("run_by_site", "run", ["site", "run_id"])
    op.create_table(
        "part",
        words("node_id"),
        integer("part"),
        words("run_id"),
        words("digest"),
        number("observed_at"),
        sa.PrimaryKeyConstraint("node_id", "part", name="part_pk"),
    )
    op.create_table(
        "item",
        words("node_id"),
        words("item_id"),
        integer("part"),
        words("site"),
        words("observed_key"),
        words("item_type"),
        words("name"),
        number("confidence", null=True),
        words("source_path", null=True),
        words("digest"),
        words("device_id", null=True),
        number("first_seen"),
        number("changed_at"),
        number("seen_until", null=True),
        words("sighting", null=True),
        words("raw"),
        sa.PrimaryKeyConstraint("node_id", "item_id", name="item_pk"),
        postgresql_with={"fillfactor": "50"},
    )
    op.create_index("item_by_device", "item", ["site", "device_id"])
    op.create_table(
        "relation",
        words("node_id"),
        words("relation_id"),
        integer("part"),
        words("from_key"),
        words("to_key"),
        words("kind"),
        words("digest"),
        number("first_seen"),
        number("seen_until", null=True),
        words("raw", null=True),
        sa.PrimaryKeyConstraint("node_id", "relation_id", name="relation_pk"),
    )
    op.create_index("relation_by_kind", "relation", ["node_id", "kind"])
    op.create_table(
        "comparison",
        words("node_id"),
        words("document"),
        number("received_at"),
        sa.PrimaryKeyConstraint("node_id", name="comparison_pk"),
    )


def _devices() -> None:
    missed = sa.text("absent_since IS NOT NULL AND gone_at IS NULL")
    op.create_table(
        "device",
        words("site"),
        words("device_id"),
        words("kind"),
        words("sort_name"),
        words("sort_address"),
        words("search"),
        words("portrait"),
        number("first_seen"),
        number("absent_since", null=True),
        number("gone_at", null=True),
        sa.PrimaryKeyConstraint("site", "device_id", name="device_pk"),
        postgresql_with={"fillfactor": "50"},
    )
    op.create_index("device_by_id", "device", ["device_id"])
    op.create_index("device_by_name", "device", ["site", "sort_name", "device_id"])
    op.create_index("device_by_name_anywhere", "device", ["sort_name", "device_id"])
    op.create_index(
        "device_missed",
        "device",
        ["site", "absent_since"],
        sqlite_where=missed,
        postgresql_where=missed,
    )
    op.create_table(
        "device_key",
        words("site"),
        words("key"),
        words("device_id"),
        sa.PrimaryKeyConstraint("site", "key", name="device_key_pk"),
        sqlite_with_rowid=False,
    )
    op.create_index("device_key_by_device", "device_key", ["site", "device_id"])
    op.create_table(
        "change",
        words("site"),
        words("id"),
        number("at"),
        words("device_id"),
        words("kind"),
        words("before", null=True),
        words("after", null=True),
        words("node_id", null=True),
        sa.PrimaryKeyConstraint("site", "id", name="change_pk"),
    )
    op.create_index("change_by_device", "change", ["site", "device_id"])
    op.create_index("change_by_id", "change", ["id"])


def _events() -> None:
    op.create_table(
        "event_batch",
        words("node_id"),
        words("run_key"),
        words("digest"),
        words("answer"),
        number("received_at"),
        sa.PrimaryKeyConstraint("node_id", "run_key", name="event_batch_pk"),
    )
    op.create_index("event_batch_by_age", "event_batch", ["received_at"])
    op.create_table(
        "alert",
        words("node_id"),
        words("dedup_key"),
        words("status"),
        words("source"),
        words("component", null=True),
        words("event_group", null=True),
        words("event_class", null=True),
        words("severity"),
        words("summary"),
        words("details", null=True),
        big("count"),
        number("occurred_at"),
        number("first_at"),
        number("last_at"),
        number("resolved_at", null=True),
        sa.PrimaryKeyConstraint("node_id", "dedup_key", name="alert_pk"),
    )
    op.create_index("alert_by_status", "alert", ["status", "last_at"])
    op.create_table(
        "change_event",
        words("node_id"),
        words("change_key"),
        words("source"),
        words("component", null=True),
        words("event_group", null=True),
        words("event_class", null=True),
        words("severity"),
        words("summary"),
        words("details", null=True),
        number("occurred_at"),
        number("first_at"),
        number("last_at"),
        sa.PrimaryKeyConstraint("node_id", "change_key", name="change_event_pk"),
    )
    op.create_index("change_event_by_time", "change_event", ["last_at"])
    op.create_table(
        "security_event",
        words("node_id"),
        words("event_key"),
        number("at"),
        big("class_uid"),
        integer("severity", null=True),
        words("source_kind"),
        words("source_name"),
        words("document"),
        number("received_at"),
        sa.PrimaryKeyConstraint("node_id", "event_key", name="security_event_pk"),
    )
    op.create_index("security_event_by_time", "security_event", ["at"])


def _the_latest() -> None:
    op.create_table(
        "interface_metric",
        words("node_id"),
        words("metric_id"),
        words("document"),
        number("observed_at"),
        number("kept_at"),
        sa.PrimaryKeyConstraint("node_id", "metric_id", name="interface_metric_pk"),
    )
    op.create_index("interface_metric_by_age", "interface_metric", ["kept_at"])
    op.create_table(
        "candidate",
        words("node_id"),
        words("candidate_id"),
        words("document"),
        number("seen_at"),
        sa.PrimaryKeyConstraint("node_id", "candidate_id", name="candidate_pk"),
    )
    op.create_index("candidate_by_age", "candidate", ["seen_at"])


def _who_looks_after_it() -> None:
    op.create_table(
        "adapter",
        words("adapter_id"),
        words("connection_key"),
        words("name"),
        words("collector_type"),
        words("endpoint_url"),
        words("sealed_key"),
        words("configuration"),
        words("site", null=True),
        words("node_id", null=True),
        number("created_at"),
        sa.PrimaryKeyConstraint("adapter_id", name="adapter_pk"),
        sa.UniqueConstraint("connection_key", name="adapter_connection_key_uq"),
    )
    op.create_table(
        "person",
        words("name"),
        words("role"),
        words("password_hash"),
        number("created_at"),
        sa.PrimaryKeyConstraint("name", name="person_pk"),
    )
    op.create_table(
        "session",
        words("digest"),
        words("person", null=True),
        words("role"),
        number("created_at"),
        number("expires_at"),
        sa.PrimaryKeyConstraint("digest", name="session_pk"),
        sa.ForeignKeyConstraint(
            ["person"], ["person.name"], name="session_person_fk", ondelete="CASCADE"
        ),
    )
    op.create_table(
        "sign_in_link",
        words("digest"),
        words("role"),
        number("expires_at"),
        sa.PrimaryKeyConstraint("digest", name="sign_in_link_pk"),
    )
    op.create_table(
        "api_token",
        words("digest"),
        words("prefix"),
        words("label"),
        words("role"),
        number("created_at"),
        words("created_by"),
        number("expires_at", null=True),
        number("revoked_at", null=True),
        sa.PrimaryKeyConstraint("digest", name="api_token_pk"),
    )
    op.create_table(
        "setting",
        words("name"),
        words("value"),
        sa.PrimaryKeyConstraint("name", name="setting_pk"),
    )
