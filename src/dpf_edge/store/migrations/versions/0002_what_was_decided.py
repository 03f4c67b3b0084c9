"""What somebody decided about a change; alerts by time, and security records by when they came.

See the first one: a migration says for itself what it makes.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

WORDS = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Make them."""
    op.create_table(
        "decision",
        sa.Column("site", WORDS, nullable=False),
        sa.Column("entry", WORDS, nullable=False),
        sa.Column("state", WORDS, nullable=False),
        sa.Column("actor", WORDS, nullable=False),
        sa.Column("at", sa.Double, nullable=False),
        sa.Column("note", WORDS, nullable=True),
        sa.PrimaryKeyConstraint("site", "entry", name="decision_pk"),
    )
    op.create_index("decision_by_age", "decision", ["at"])
    op.create_index("alert_by_time", "alert", ["last_at"])
    # Whoever made a record says when it was, be it the year 9999; when it came, we know.
    op.drop_index("security_event_by_time", "security_event")
    op.create_index("security_event_by_arrival", "security_event", ["received_at"])
