"""One database of either kind: how it is opened, and what a transaction is.

SQLite: WAL, so that readers never wait for the writer; ``synchronous=FULL``, so that what was
acknowledged outlives a loss of power; and a transaction that writes begins with the write lock
(``BEGIN IMMEDIATE``), so that it waits its turn at the start, and never fails half-way because
another one wrote in between. PostgreSQL: its own defaults, which say the same, and row locks.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import stat
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import NullPool, create_engine, event

from dpf_edge.errors import StoreBusy, StoreDenied, StoreUnreachable
from dpf_edge.store.trouble import named
from dpf_edge.store.url import described

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager
    from typing import Self

    from sqlalchemy import URL, Connection, Engine

# How long to wait for another's transaction. The longest of ours is a run of 10 000 items, about a
# second on a slow disk, and a few of them may stand in line.
WAIT_SECONDS = 15
# For how long SQLite waits by itself for the writer before it is asked again: it looks after 1, 3,
# 8 and 18 ms.
TURN_MILLISECONDS = 20
# A server that does not answer is said to be away after this long.
CONNECT_SECONDS = 5
# Connections kept, and how many more at a time. PostgreSQL takes 100 in all by default, and several
# processes share it; SQLite's cost a file handle each.
KEPT, MORE = 8, 8

# What is left of SQLite's write-ahead log once it is written back; a large run makes it grow.
LOG_BYTES = 16 * 2**20

READING = {"dpf_edge_reading": True}

ELSEWHERE = "name another place with --store"


class Database:
    """An engine and its transactions.

    Safe to share between threads; a transaction belongs to the thread that began it.
    """

    def __init__(self, where: str, engine: Engine) -> None:
        self.where = where
        self.engine = engine
        self.is_sqlite = engine.dialect.name == "sqlite"
        self._mine = threading.local()
        self._line = threading.Lock()

    @classmethod
    def at(cls, url: URL) -> Self:
        """The database that a store's URL names."""
        is_sqlite = url.drivername.startswith("sqlite")
        return cls(described(url), _sqlite(url) if is_sqlite else _postgresql(url))

    @classmethod
    def read_only(cls, path: Path) -> Self:
        """A file that nobody writes, in a folder that may be read-only too."""
        named_file = f"{path.absolute().as_uri()}?mode=ro&immutable=1"
        engine = create_engine(
            "sqlite+pysqlite://",
            creator=lambda: sqlite3.connect(named_file, uri=True),
            hide_parameters=True,
            poolclass=NullPool,
        )
        return cls(str(path), engine)

    @contextlib.contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that may write: all of it lasts, or nothing.

        Within :meth:`together` it is that one.

        :raises StoreUnavailable: the database is away, locked, full, damaged or forbidden.
        """
        outer: Connection | None = getattr(self._mine, "connection", None)
        with self._named():
            if outer is not None:
                yield outer
            else:
                with self._in_line(), self.engine.begin() as connection:
                    yield connection

    @contextlib.contextmanager
    def _in_line(self) -> Iterator[None]:
        """SQLite has one writer at a time. The threads of a process wait for each other here, where
        the next one wakes at once; only the first in line waits for other processes."""
        if not self.is_sqlite:
            yield
            return
        if not self._line.acquire(timeout=WAIT_SECONDS):
            raise StoreBusy(f"{self.where}: too many write to the store at once", "try again")
        try:
            yield
        finally:
            self._line.release()

    def _named(self) -> AbstractContextManager[None]:
        dialect: Any = self.engine.dialect
        return named(self.where, dialect.loaded_dbapi.Error)

    @contextlib.contextmanager
    def reading(self) -> Iterator[Connection]:
        """A transaction that only reads; on SQLite it waits for nobody.

        :raises StoreUnavailable: as :meth:`writing`.
        """
        outer: Connection | None = getattr(self._mine, "connection", None)
        with self._named():
            if outer is not None:
                yield outer
            else:
                with self.engine.connect().execution_options(**READING) as connection:
                    yield connection

    @contextlib.contextmanager
    def snapshot(self) -> Iterator[Connection]:
        """A transaction that only reads, and sees to its end what was there at its beginning.

        Within :meth:`together` it is that one.

        :raises StoreUnavailable: as :meth:`writing`.
        """
        with self.reading() as connection:
            if not self.is_sqlite and not connection.in_transaction():
                # SQLite's transactions are so by themselves.
                connection.exec_driver_sql(
                    "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY"
                )
            yield connection

    @contextlib.contextmanager
    def together(self) -> Iterator[None]:
        """Make one transaction of all that this thread does inside.

        An exception that leaves it undoes all of it. Inside another one it is part of that.
        """
        if getattr(self._mine, "connection", None) is not None:
            yield
            return
        with self.writing() as connection:
            self._mine.connection = connection
            try:
                yield
            finally:
                self._mine.connection = None

    def close(self) -> None:
        """Give all connections back."""
        self.engine.dispose()


def _postgresql(url: URL) -> Engine:
    options = {"connect_timeout": CONNECT_SECONDS, "application_name": "dpf-edge"}
    engine = create_engine(
        url,
        connect_args={key: value for key, value in options.items() if key not in url.query},
        hide_parameters=True,
        # A connection that the server or a firewall dropped meanwhile is replaced, not an error.
        pool_pre_ping=True,
        pool_size=KEPT,
        max_overflow=MORE,
        pool_timeout=WAIT_SECONDS,
    )

    @event.listens_for(engine, "connect")
    def _bounded(connection: Any, _: object) -> None:  # noqa: ANN401 -- the driver's own
        connection.execute(f"SET lock_timeout = '{WAIT_SECONDS}s'")
        connection.commit()

    return engine


def _sqlite(url: URL) -> Engine:
    path = Path(str(url.database))
    engine = create_engine(
        url,
        hide_parameters=True,
        connect_args={"timeout": WAIT_SECONDS},
        pool_size=KEPT,
        # SQLite has no server to spare: more threads than connections would only wait here.
        max_overflow=-1,
    )

    @event.listens_for(engine, "do_connect")
    def _there(*_: object) -> None:
        _made(path)

    @event.listens_for(engine, "connect")
    def _settings(connection: sqlite3.Connection, _: object) -> None:
        # The driver would begin transactions by itself, at another time and of another kind.
        connection.isolation_level = None
        if connection.execute("PRAGMA journal_mode").fetchone() != ("wal",):
            connection.execute("PRAGMA journal_mode=WAL")  # a backup that is used as a store
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA foreign_keys=ON")
        connection.execute(f"PRAGMA journal_size_limit={LOG_BYTES}")
        # A damaged or planted file runs none of the SQL that its schema may hold.
        connection.execute("PRAGMA trusted_schema=OFF")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        driver: Any = connection.connection.driver_connection
        if connection.get_execution_options().get("dpf_edge_reading", False):
            driver.execute("BEGIN")
        else:
            _take_turn(driver)

    return engine


def _take_turn(driver: sqlite3.Connection) -> None:
    """Begin a transaction that writes, when nobody else does.

    SQLite itself looks again after longer and longer pauses, up to a tenth of a second: beside a
    process that writes all the time somebody who writes once would hardly ever find it idle.

    :raises sqlite3.OperationalError: the others took too long.
    """
    until = time.monotonic() + WAIT_SECONDS
    driver.execute(f"PRAGMA busy_timeout={TURN_MILLISECONDS}")
    try:
        while True:
            try:
                driver.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                    raise
            else:
                return
    finally:
        driver.execute(f"PRAGMA busy_timeout={int(WAIT_SECONDS * 1000)}")


def _made(path: Path) -> None:
    """Have the file there, before SQLite makes one that others may read.

    It appears in one step, in WAL mode already: two processes that start at once would get in each
    other's way while it changes. The files that SQLite puts beside it get its mode, 0600.

    :raises StoreDenied: this user may not make it there.
    :raises StoreUnavailable: it cannot be made, or something else has its name.
    """
    draft = path.with_name(f"{path.name}.{os.getpid()}-{threading.get_ident()}.part")
    try:
        # One look: between two of them another process may have made it.
        with contextlib.suppress(FileNotFoundError):
            if stat.S_ISREG(path.stat().st_mode):
                return
            raise StoreUnreachable(f"{path}: is not a regular file", ELSEWHERE)
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        with contextlib.closing(sqlite3.connect(draft)) as connection:
            connection.execute("PRAGMA journal_mode=WAL")
        _put_where_none_is(draft, path)
    except PermissionError as error:
        raise StoreDenied(f"{path}: {error.strerror}", ELSEWHERE) from error
    except OSError as error:
        raise StoreUnreachable(f"{path}: {error.strerror}", ELSEWHERE) from error
    finally:
        with contextlib.suppress(OSError):
            draft.unlink()


def _put_where_none_is(draft: Path, path: Path) -> None:
    """Give a file its name, unless another process was faster: then its file counts."""
    with contextlib.suppress(FileExistsError):
        if os.name == "nt":
            draft.rename(path)
            return
        try:
            path.hardlink_to(draft)
        except FileExistsError:
            raise
        except OSError:
            # A file system without hard links; that the name was free was looked at just now.
            draft.rename(path)
