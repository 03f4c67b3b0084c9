"""What a list of devices is narrowed by: who made each, and how it is seen."""

from __future__ import annotations

import json

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

WORDS = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
MAKER_CHARACTERS = 64


def upgrade() -> None:
    """Make the columns, and fill in what is known; how a device is seen its next run tells."""
    for name in ("maker", "via"):
        op.add_column("device", sa.Column(name, WORDS, nullable=False, server_default=""))
    connection = op.get_bind()
    rows = connection.execute(sa.text("SELECT site, device_id, portrait FROM device")).all()
    known = [
        {"site": site, "device": device_id, "maker": maker[:MAKER_CHARACTERS]}
        for site, device_id, portrait in rows
        if (maker := json.loads(portrait).get("attributes", {}).get("vendor"))
    ]
    if known:
        connection.execute(
            sa.text("UPDATE device SET maker = :maker WHERE site = :site AND device_id = :device"),
            known,
        )
    op.create_index("device_by_kind", "device", ["kind"])
    op.create_index("device_by_maker", "device", ["maker"])
