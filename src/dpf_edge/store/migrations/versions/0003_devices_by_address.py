"""Devices by their addresses: what maps and coverage count, a network at a time."""

from __future__ import annotations

from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Make the index."""
    op.create_index(
        "device_by_address",
        "device",
        ["site", "sort_address", "device_id", "absent_since", "gone_at"],
    )
