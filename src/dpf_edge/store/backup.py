"""Backup and restore: one file for both kinds of database, and it is itself a store.

A backup is an SQLite store. So it goes from one kind into the other, any SQLite tool can look into
it, and SQLite can tell where it is damaged.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import stat
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import URL, delete, insert, select, text

from dpf_edge.errors import (
    BackupUnusable,
    BackupUnwritten,
    StoreForeign,
    StoreNotEmpty,
    StoreUnavailable,
)
from dpf_edge.store.database import Database
from dpf_edge.store.migrate import migrate, revision
from dpf_edge.store.schema import (
    REVISION,
    adapter,
    api_token,
    bootstrap_token,
    metadata,
    node,
    person,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from os import PathLike

    from sqlalchemy import Connection

# Rows in memory at a time; each may hold 64 KiB of what a node sent.
AT_ONCE = 500
# A store that has none of these was never used, whatever its settings and its trail say.
USED = (node, bootstrap_token, person, api_token, adapter)
# What SQLite puts beside a database that is open.
BESIDE = ("", "-wal", "-shm", "-journal")


def backup(database: Database, path: str | PathLike[str]) -> None:
    """See :meth:`dpf_edge.store.kept.Store.backup`."""
    target = Path(path)
    if database.is_sqlite and _is_of(target, Path(database.where)):
        raise BackupUnwritten(f"{target}: is the store itself", "name another file")
    draft = target.with_name(f"{target.name}.{os.getpid()}.part")
    with _tidied(draft):
        try:
            os.close(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
            if database.is_sqlite:
                _copied_pages(Path(database.where), draft)
            else:
                _copied_rows(database, draft)
            _alone(draft)
            _synced(draft)
            draft.replace(target)
            _synced(target.parent)
        except (OSError, sqlite3.Error, StoreUnavailable) as error:
            why = error.strerror if isinstance(error, OSError) else error
            raise BackupUnwritten(f"{target}: {why}", "name another file") from error


def restore(database: Database, path: str | PathLike[str], *, replace: bool) -> None:
    """See :meth:`dpf_edge.store.kept.Store.restore`."""
    source = Path(path)
    with _readable(source) as copy, copy.reading() as rows, database.writing() as sink:
        _emptied(sink, database.where, replace=replace)
        _copy(rows, sink)


def _is_of(target: Path, store: Path) -> bool:
    """Whether a file is a store's, or one that SQLite keeps beside it: a running Authority would
    go on writing into what stood there before, and nobody would ever read it."""
    own = os.path.realpath(store)
    return os.path.realpath(target) in {own + suffix for suffix in BESIDE}


def _copied_pages(source: Path, draft: Path) -> None:
    """SQLite's online backup: all pages as they stand at one moment, while others write."""
    with (
        contextlib.closing(sqlite3.connect(source)) as from_,
        contextlib.closing(sqlite3.connect(draft)) as to,
    ):
        from_.backup(to)


def _copied_rows(database: Database, draft: Path) -> None:
    with contextlib.closing(_at(draft)) as copy:
        migrate(copy)
        with database.reading() as rows, copy.writing() as sink:
            # One moment for all tables, and no lock that anybody would wait for.
            rows.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY"))
            _copy(rows, sink)


def _copy(source: Connection, sink: Connection) -> None:
    """All rows of all tables; those that others refer to come first."""
    for table in metadata.sorted_tables:
        rows = source.execution_options(yield_per=AT_ONCE).execute(select(table)).mappings()
        for some in rows.partitions(AT_ONCE):
            sink.execute(insert(table), [dict(row) for row in some])


def _emptied(sink: Connection, where: str, *, replace: bool) -> None:
    used = any(sink.execute(select(table).limit(1)).first() for table in USED)
    if used and not replace:
        raise StoreNotEmpty(
            f"{where}: there is something in this store", "say --replace to lose it"
        )
    for table in reversed(metadata.sorted_tables):
        sink.execute(delete(table))


@contextlib.contextmanager
def _readable(source: Path) -> Iterator[Database]:
    """A backup, opened: as it lies there, or a copy of it that was brought to this version."""
    try:
        if not stat.S_ISREG(source.stat().st_mode):
            raise BackupUnusable(f"{source}: is not a regular file")
    except OSError as error:
        raise BackupUnusable(f"{source}: {error.strerror}") from error
    draft = source.with_name(f"{source.name}.{os.getpid()}.part")
    with contextlib.closing(Database.read_only(source)) as database:
        if _checked(database, source) == REVISION:
            yield database
            return
    with _tidied(draft):
        _copied_pages(source, draft)
        with contextlib.closing(_at(draft)) as copy:
            migrate(copy)
            yield copy


def _checked(database: Database, source: Path) -> str:
    """The version of a backup that is whole.

    :raises BackupUnusable: it is not.
    :raises StoreNewer: a newer version of this program wrote it.
    """
    try:
        with database.reading() as rows:
            found = revision(rows, str(source))
            said = rows.exec_driver_sql("PRAGMA integrity_check(1)").scalar()
    except (StoreUnavailable, StoreForeign) as error:
        raise BackupUnusable(f"{source}: not a backup of a store, or damaged") from error
    if found is None or said != "ok":
        raise BackupUnusable(f"{source}: {said if found else 'an empty database'}")
    return found


def _at(path: Path) -> Database:
    return Database.at(URL.create("sqlite+pysqlite", database=str(path)))


def _alone(path: Path) -> None:
    """Have all of a database in its one file: nothing is left in a log beside it."""
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode=DELETE")


def _synced(path: Path) -> None:
    """Make a file, or a rename in a folder, last through a loss of power."""
    if os.name == "nt" and path.is_dir():
        return  # Windows has no such thing for a folder
    handle = os.open(path, os.O_RDWR if path.is_file() else os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextlib.contextmanager
def _tidied(draft: Path) -> Iterator[None]:
    """Leave nothing of a draft behind, whatever happens; what an earlier one left goes first."""
    _removed(draft)
    try:
        yield
    finally:
        _removed(draft)


def _removed(draft: Path) -> None:
    for suffix in BESIDE:
        with contextlib.suppress(OSError):
            draft.with_name(draft.name + suffix).unlink()
