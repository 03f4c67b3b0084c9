"""The tables. One schema for SQLite and PostgreSQL; the migrations make it.

The first column of a key is the node or the site: what belongs together lies together, and a
database that spreads tables over machines (Citus) spreads these by that column. What belongs to
neither (tokens, people, settings) is small, and would be copied to each machine.

Three rules hold for every table:

- No key and no indexed column holds a text that a node could make as long as it likes: those are
  short digests (``texts.short_digest``), or are bounded by the contract, or cut.
- A time is a double, in seconds since 1970 (UTC).
- JSON is text. The databases never look inside.
"""

from __future__ import annotations

from dpf_edge.store.schema.access import (
    adapter,
    api_token,
    audit,
    bootstrap_token,
    capability,
    node,
    node_token,
    person,
    rate,
    session,
    setting,
    sign_in_link,
)
from dpf_edge.store.schema.frame import metadata
from dpf_edge.store.schema.happenings import (
    alert,
    candidate,
    change_event,
    decision,
    event_batch,
    interface_metric,
    security_event,
)
from dpf_edge.store.schema.network import (
    change,
    comparison,
    device,
    device_key,
    item,
    part,
    relation,
    run,
    site,
)

__all__ = [
    "APPLICATION_ID",
    "REVISION",
    "REVISIONS",
    "adapter",
    "alert",
    "api_token",
    "audit",
    "bootstrap_token",
    "candidate",
    "capability",
    "change",
    "change_event",
    "comparison",
    "decision",
    "device",
    "device_key",
    "event_batch",
    "interface_metric",
    "item",
    "metadata",
    "node",
    "node_token",
    "part",
    "person",
    "rate",
    "relation",
    "run",
    "security_event",
    "session",
    "setting",
    "sign_in_link",
    "site",
]

# The migrations' revisions, oldest first. Written here so that opening a store that is up to date
# needs no Alembic, whose import takes longer than all the rest; a test holds them together.
REVISIONS = ("0001", "0002", "0003", "0004")
REVISION = REVISIONS[-1]

# What marks an SQLite file as ours, "dpfe" in ASCII (PRAGMA application_id, file(1) shows it).
APPLICATION_ID = 0x64706665
