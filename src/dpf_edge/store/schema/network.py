"""The network as nodes see it: runs, things, devices."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    Column,
    Double,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Table,
    text,
)

from dpf_edge.store.columns import Json, Seconds, Words
from dpf_edge.store.schema.frame import ROOM, metadata, required

# One row a site. Whoever changes a site's devices locks its row first, so two nodes that see one
# device at the same moment do not make two of it.
site = Table(
    "site",
    metadata,
    Column("site", Words, primary_key=True),
    required("since", Seconds),
)

run = Table(
    "run",
    metadata,
    required("node_id"),
    required("run_id"),
    required("site"),
    required("run_key"),
    required("digest"),  # of the content without runKey and observedAt
    required("observed_at", Seconds),
    required("received_at", Seconds),
    required("late", Boolean),  # a newer one was there already: the present was left alone
    required("agent_mode"),
    required("agent_version"),
    required("capabilities", Json),
    required("warnings", Json),
    required("item_count", Integer),
    required("relationship_count", Integer),
    required("persisted", Json),
    PrimaryKeyConstraint("node_id", "run_id"),
    Index("run_by_key", "node_id", "run_key", unique=True),
    Index("run_by_id", "run_id"),
    Index("run_by_site", "site", "run_id"),
    Index("run_by_age", "received_at"),
)

# A node's picture of its network comes in as many parts as it sends runs with one observedAt:
# more than 10 000 items do not fit into one. The items of the newest run of a part carry no time
# of their own; when they were last seen stands here, once for all of them.
part = Table(
    "part",
    metadata,
    required("node_id"),
    required("part", Integer),  # 0 for the first run of a sweep, 1 for the next
    required("run_id"),
    required("digest"),
    required("observed_at", Seconds),
    PrimaryKeyConstraint("node_id", "part"),
)

item = Table(
    "item",
    metadata,
    required("node_id"),
    required("item_id"),  # digest of itemType and observedKey
    required("part", Integer),
    required("site"),
    required("observed_key"),
    required("item_type"),
    required("name"),
    Column("confidence", Double),
    Column("source_path", Words),
    required("digest"),  # of all that the node says of it
    Column("device_id", Words),  # NULL: it tells of no device (a subnet)
    required("first_seen", Seconds),
    required("changed_at", Seconds),  # when it was seen to be as it is now
    Column("seen_until", Seconds),  # NULL: it is in its part's newest run
    Column("sighting", Words),  # what of it tells of a device, as JSON
    required("raw"),  # rawData as it came; last, for it is long and rarely read
    PrimaryKeyConstraint("node_id", "item_id"),
    Index("item_by_device", "site", "device_id"),
    **ROOM,
)

relation = Table(
    "relation",
    metadata,
    required("node_id"),
    required("relation_id"),
    required("part", Integer),
    required("from_key"),
    required("to_key"),
    required("kind"),
    required("digest"),
    required("first_seen", Seconds),
    Column("seen_until", Seconds),
    Column("raw", Words),
    PrimaryKeyConstraint("node_id", "relation_id"),
    # SAME_AS is looked up by itself, whenever devices are told apart.
    Index("relation_by_kind", "node_id", "kind"),
)

_MISSED = text("absent_since IS NOT NULL AND gone_at IS NULL")
device = Table(
    "device",
    metadata,
    required("site"),
    required("device_id"),
    required("kind"),
    required("sort_name"),  # casefolded and cut: it stands in an index
    required("sort_address"),
    required("search"),  # all that is searched, casefolded
    required("portrait"),  # name, kind, addresses, macs, attributes, as JSON
    required("maker"),  # who made it, as its attributes say; cut, for it stands in an index
    required("via"),  # how it is seen: words, each with a blank on either side
    required("first_seen", Seconds),
    Column("absent_since", Seconds),  # NULL: the newest run of some node has it
    Column("gone_at", Seconds),
    PrimaryKeyConstraint("site", "device_id"),
    Index("device_by_id", "device_id"),
    Index("device_by_name", "site", "sort_name", "device_id"),
    Index("device_by_name_anywhere", "sort_name", "device_id"),
    # What there is to choose from.
    Index("device_by_kind", "kind"),
    Index("device_by_maker", "maker"),
    # Who stands in a range of addresses, and how many do: answered out of the index alone.
    Index("device_by_address", "site", "sort_address", "device_id", "absent_since", "gone_at"),
    **ROOM,
)
# Those that are missed and not gone yet: a few, looked for at every run.
Index(
    "device_missed",
    device.c.site,
    device.c.absent_since,
    sqlite_where=_MISSED,
    postgresql_where=_MISSED,
)

# What a device is known by. A hardware address or a UUID keeps standing for its device when nobody
# reports it any more: seen again, it is the same device. An address stands for whoever has it now.
device_key = Table(
    "device_key",
    metadata,
    required("site"),
    required("key"),
    required("device_id"),
    PrimaryKeyConstraint("site", "key"),
    Index("device_key_by_device", "site", "device_id"),
    sqlite_with_rowid=False,  # nothing but keys: SQLite then keeps them once
)

change = Table(
    "change",
    metadata,
    required("site"),
    required("id"),  # sorts by time
    required("at", Seconds),
    required("device_id"),
    required("kind"),  # new | gone | back | moved | renamed
    Column("before", Words),
    Column("after", Words),
    Column("node_id", Words),
    PrimaryKeyConstraint("site", "id"),
    Index("change_by_id", "id"),
    Index("change_by_device", "site", "device_id"),
)

comparison = Table(
    "comparison",
    metadata,
    Column("node_id", Words, primary_key=True),
    required("document"),
    required("received_at", Seconds),
)
