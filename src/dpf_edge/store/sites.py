"""Sites: one lock each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from dpf_edge.store.schema import site
from dpf_edge.store.upserts import insert_unless_there

if TYPE_CHECKING:
    from sqlalchemy import Connection


def lock(connection: Connection, name: str, now: float) -> None:
    """Keep a site's devices to this transaction: they are told apart by one at a time.

    Two nodes that see one device for the first time at the same moment would make two of it.
    """
    insert_unless_there(connection, site, [{"site": name, "since": now}])
    connection.execute(select(site.c.site).where(site.c.site == name).with_for_update())
