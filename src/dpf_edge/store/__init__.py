"""What is kept: the Authority's store on SQLite or PostgreSQL, and the node's outbox.

The only package that knows SQL. To import it costs nothing: SQLAlchemy and Alembic come in when a
store is opened, so a node, which keeps no more than its outbox, never loads them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from dpf_edge.store.kept import Store as Store
    from dpf_edge.store.sighting import Sight

__all__ = ["open_store"]


def open_store(
    url: str,
    *,
    clock: Callable[[], float],
    sight: Sight | None = None,
    key: bytes | None = None,
    made: bool = True,
) -> Store:
    """Open an Authority's store, and make or migrate it where that is due.

    Two processes may do so at once: one makes it, the other waits. Nothing is deleted, and a store
    that a newer version made is left as it is.

    :param url: ``sqlite:///relative/path``, ``sqlite:////absolute/path`` or
        ``postgresql://user@host/database``.
    :param clock: gives the time, in seconds since 1970 (UTC).
    :param sight: what an item of a discovery run tells of a device; without it no devices are
        made of what nodes report.
    :param key: 32 bytes that adapters' API keys are sealed with.
    :param made: whether one is made where there is none.
    :raises StoreUrl: the URL names no kind of store.
    :raises StoreForeign: there is a database, and it is another program's.
    :raises StoreNewer: a newer version of this program made it.
    :raises StoreUnavailable: it is away, locked, full, damaged or forbidden; or there is none, and
        none is to be made.
    """
    from dpf_edge.store.kept import Store as Store

    return Store.at(url, clock=clock, sight=sight, key=key, made=made)
