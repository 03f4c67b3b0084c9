"""What the databases say when they cannot, in the project's own errors.

Each message names the database and never holds a statement, a value or a password.
"""

from __future__ import annotations

import contextlib
import sqlite3
from typing import TYPE_CHECKING

from sqlalchemy import exc

from dpf_edge.errors import (
    StoreBusy,
    StoreCorrupt,
    StoreDenied,
    StoreFull,
    StoreUnavailable,
    StoreUnreachable,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

# SQLite's primary result codes, https://www.sqlite.org/rescode.html.
SQLITE: dict[int, type[StoreUnavailable]] = {
    3: StoreDenied,  # SQLITE_PERM
    5: StoreBusy,  # SQLITE_BUSY
    6: StoreBusy,  # SQLITE_LOCKED
    8: StoreDenied,  # SQLITE_READONLY
    11: StoreCorrupt,  # SQLITE_CORRUPT
    13: StoreFull,  # SQLITE_FULL
    26: StoreCorrupt,  # SQLITE_NOTADB
}

# PostgreSQL's SQLSTATEs, https://www.postgresql.org/docs/current/errcodes-appendix.html: the whole
# code, or its class.
POSTGRESQL: dict[str, type[StoreUnavailable]] = {
    "28": StoreDenied,  # invalid authorization
    "42501": StoreDenied,  # insufficient_privilege
    "3D": StoreUnreachable,  # no such database
    "40": StoreBusy,  # serialization failure, deadlock
    "53100": StoreFull,  # disk_full
    "53": StoreBusy,  # out of connections, out of memory
    "55": StoreBusy,  # lock_not_available
    "57014": StoreBusy,  # query_canceled: it took longer than statement_timeout
    "57": StoreUnreachable,  # shutting down, starting up
    "58": StoreUnreachable,  # system error
    "08": StoreUnreachable,  # connection exceptions
    "XX001": StoreCorrupt,  # data_corrupted
    "XX002": StoreCorrupt,  # index_corrupted
}

SAYS = {
    StoreBusy: ("another process holds the store", "try again"),
    StoreCorrupt: ("the store is damaged", "restore a backup: dpf-edge authority restore FILE"),
    StoreDenied: ("this user may not use the store", "see who owns it, and its permissions"),
    StoreFull: ("there is no room left for the store", "make room where it is kept"),
    StoreUnreachable: ("the store cannot be reached", "see whether the database runs"),
}


@contextlib.contextmanager
def named(where: str, driver_error: type[Exception]) -> Iterator[None]:
    """Let what the database cannot do come out as one of our errors.

    :param where: which database, for the message.
    :param driver_error: what the driver raises; SQLAlchemy wraps it, COPY goes round SQLAlchemy.
    :raises StoreUnavailable: or one of its kinds.
    """
    try:
        yield
    except (exc.DBAPIError, driver_error) as error:
        ours = said(error.orig if isinstance(error, exc.DBAPIError) else error, where)
        if ours is None:
            raise
        raise ours from error
    except exc.TimeoutError as error:
        raise StoreBusy(f"{where}: all connections are in use", "try again") from error


def said(error: BaseException | None, where: str) -> StoreUnavailable | None:
    """Our error for a driver's; None where it is no trouble of the database's but our mistake."""
    kind = kind_of(error)
    if kind is None:
        return None
    what, hint = SAYS[kind]
    return kind(f"{where}: {what}", hint)


def kind_of(error: BaseException | None) -> type[StoreUnavailable] | None:
    """Which kind of trouble a driver's error is."""
    if isinstance(error, sqlite3.Error):
        code = getattr(error, "sqlite_errorcode", None)
        if code is None:  # the driver's own, such as a database that was closed
            return None
        found = SQLITE.get(code & 0xFF)
        if found is None and isinstance(error, sqlite3.OperationalError) and code & 0xFF != 1:
            return StoreUnreachable  # cannot open, input or output error, interrupted
        return found
    state = getattr(error, "sqlstate", None)
    if isinstance(state, str):
        return POSTGRESQL.get(state) or POSTGRESQL.get(state[:2])
    # Without a state it is not the server that speaks: there was no way to it, or it broke off.
    import psycopg

    return StoreUnreachable if isinstance(error, psycopg.OperationalError) else None
