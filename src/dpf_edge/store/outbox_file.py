"""The outbox's file: how it is opened, written in whole transactions, and replaced when damaged."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import zlib
from typing import TYPE_CHECKING, NamedTuple, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

T = TypeVar("T")

# A run is at most 5 MiB when it is sent; what unpacks to more was never ours.
UNPACKED_BYTES = 8 << 20
# What was refused for good is kept to be looked at: so many runs, and so many packed bytes.
DEAD_RUNS, DEAD_BYTES = 16, 4 << 20
# How many files that were set aside are kept beside the one in use.
SET_ASIDE = 2
# Another process has no business here, but for somebody's backup, which is waited for.
BUSY_SECONDS = 5.0
# Free pages that are worth giving back to the file system: 1 MiB of 4 KiB pages.
SPARE_PAGES = 256
CORRUPT = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
VERSION = 1

SCHEMA = """
CREATE TABLE IF NOT EXISTS run (
    seq         INTEGER PRIMARY KEY AUTOINCREMENT,
    place       INTEGER NOT NULL,  -- what it is ordered by; the parts of a run keep the run's,
                                   -- and are ordered by their keys
    kind        TEXT NOT NULL,     -- the route that it goes by
    run_key     TEXT NOT NULL UNIQUE,
    observed_at REAL NOT NULL,     -- by the wall clock of then
    boot        TEXT NOT NULL,     -- and by the ticks of that boot, which nobody sets
    ticks       REAL NOT NULL,
    body        BLOB NOT NULL      -- packed by zlib
);
CREATE TABLE IF NOT EXISTS dead (
    seq         INTEGER PRIMARY KEY AUTOINCREMENT,
    kind        TEXT NOT NULL,
    run_key     TEXT NOT NULL,
    observed_at REAL NOT NULL,
    reason      TEXT NOT NULL,
    detail      TEXT NOT NULL,
    body        BLOB NOT NULL
);
CREATE TABLE IF NOT EXISTS dropped (
    reason     TEXT PRIMARY KEY,
    total      INTEGER NOT NULL,
    unreported INTEGER NOT NULL
);
"""
# The boot, the ticks and the wall time of now, by which a run's age is told: by the ticks if it
# is of this boot, else by the wall clock.
Times = tuple[str, float, float]
AGE = "coalesce(CASE WHEN boot = ? THEN ? - ticks ELSE ? - observed_at END, 0)"
COLUMNS = "place, kind, run_key, observed_at, boot, ticks, body"
KINDS = ("integer", "text", "text", "real", "text", "real", "blob")


class Row(NamedTuple):
    """A run as it is kept; ``place`` is None for one that comes behind all others."""

    place: int | None
    kind: str
    run_key: str
    observed_at: float
    boot: str
    ticks: float
    body: bytes


class Unusable(Exception):
    """The file takes nothing now: a full disk, a file system gone read-only."""


class Damaged(Exception):
    """The file was no database of ours any more: it is set aside, and a new one can be begun.

    :ivar saved: the runs that could still be read.
    """

    def __init__(self, says: str, saved: list[Row]) -> None:
        super().__init__(says)
        self.saved = saved


class OutboxFile:
    """One SQLite file. Not thread-safe: its one user is.

    :param now: the wall clock, for the name of a file that is set aside.
    """

    def __init__(self, path: str, now: Callable[[], float]) -> None:
        self.path = path
        self._now = now
        self._connection: sqlite3.Connection | None = None

    def do(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Do some work in one transaction: it is on disk on return, or nothing of it was done.

        :raises Unusable: the disk does not let us.
        :raises Damaged: the file had to be set aside.
        """
        try:
            connection = self._open()
            connection.execute("BEGIN IMMEDIATE")
            try:
                done = work(connection)
                connection.execute("COMMIT")
            except BaseException:
                with contextlib.suppress(sqlite3.Error):
                    connection.execute("ROLLBACK")
                raise
        except (sqlite3.Error, UnicodeDecodeError) as error:
            # What an error leaves behind in a connection is not worth finding out.
            self.close()
            if is_damage(error):
                self._set_aside(error)
            raise Unusable(str(error)) from error
        return done

    def give_back(self) -> None:
        """Give the file system the room that delivered runs have left; it may refuse."""
        with contextlib.suppress(sqlite3.Error):
            connection = self._open()
            if connection.execute("PRAGMA freelist_count").fetchone()[0] > SPARE_PAGES:
                connection.execute("PRAGMA incremental_vacuum").fetchall()

    def close(self) -> None:
        """Close the file; the next work opens it again."""
        if self._connection is not None:
            with contextlib.suppress(sqlite3.Error):
                self._connection.close()
            self._connection = None

    def _open(self) -> sqlite3.Connection:
        """The open database, made where there is none.

        :raises sqlite3.Error: it cannot be opened.
        """
        if self._connection is not None:
            return self._connection
        try:
            # SQLite gives the files beside it the mode that this one has.
            os.close(os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600))
        except OSError as error:
            raise sqlite3.OperationalError(error.strerror) from error
        connection = sqlite3.connect(
            self.path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
        )
        try:
            prepare(connection)
        except (sqlite3.Error, UnicodeDecodeError):
            connection.close()
            raise
        self._connection = connection
        return connection

    def _set_aside(self, error: Exception) -> None:
        """Rename a file that is no database of ours, and read of it what can be read.

        :raises Damaged: that is done.
        :raises Unusable: it cannot be renamed.
        """
        aside = f"{self.path}.damaged-{int(self._now())}"
        try:
            for suffix in ("-wal", "-shm", ""):
                with contextlib.suppress(FileNotFoundError):
                    os.replace(self.path + suffix, aside + suffix)  # noqa: PTH105
        except OSError as refused:
            raise Unusable(str(refused)) from error
        saved = salvaged(aside)
        self._forget_old_ones()
        told = f"{error}; set aside as {aside}, {len(saved)} runs of it could still be read"
        raise Damaged(told, saved) from error

    def _forget_old_ones(self) -> None:
        """Keep the last few files that were set aside."""
        folder, name = os.path.split(self.path)
        with contextlib.suppress(OSError):
            aside = [each for each in os.listdir(folder) if each.startswith(f"{name}.damaged-")]  # noqa: PTH208
            stems = sorted({each.removesuffix("-wal").removesuffix("-shm") for each in aside})
            for each in aside:
                if each.startswith(tuple(stems[:-SET_ASIDE])):
                    os.unlink(os.path.join(folder, each))  # noqa: PTH108, PTH118


def is_damage(error: sqlite3.Error | UnicodeDecodeError) -> bool:
    """Whether an error tells of a file that is no database of ours any more.

    Python cannot even decode SQLite's words where these quote a schema that was overwritten.
    """
    code = getattr(error, "sqlite_errorcode", 0)
    return isinstance(error, UnicodeDecodeError) or code & 0xFF in CORRUPT


def prepare(connection: sqlite3.Connection) -> None:
    """Make a fresh connection durable, and sure that it has our tables and nobody else's.

    :raises sqlite3.Error: it has not, or cannot be.
    :raises UnicodeDecodeError: it has not, and cannot even be said what it has.
    """
    # A text that was damaged is another text, and no failure.
    connection.text_factory = lambda data: data.decode("utf-8", "replace")
    connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
    connection.execute("PRAGMA journal_mode = WAL").fetchone()
    # Acknowledged means on disk: the log is synced at each commit.
    connection.execute("PRAGMA synchronous = FULL")
    told = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if told != "ok" or version > VERSION:
        broken = sqlite3.DatabaseError(
            told if told != "ok" else f"of version {version}, and this program knows {VERSION}"
        )
        broken.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
        raise broken
    if version < VERSION:
        connection.executescript(f"BEGIN;{SCHEMA}PRAGMA user_version = {VERSION};COMMIT;")


def insert(connection: sqlite3.Connection, row: Row) -> None:
    """Write a run down, behind all others unless it has a place; a known run key stays as it is."""
    connection.execute(
        f"INSERT OR IGNORE INTO run ({COLUMNS})"  # noqa: S608 -- our own words
        " VALUES (coalesce(?, (SELECT coalesce(max(place), 0) + 1 FROM run)), ?, ?, ?, ?, ?, ?)",
        row,
    )


def first(
    connection: sqlite3.Connection, passed: Sequence[str], times: Times, oldest: float
) -> Row | None:
    """The first run, some passed over, and those too that are older than so many seconds."""
    marks = ",".join("?" * len(passed))
    found = connection.execute(
        f"SELECT {COLUMNS} FROM run WHERE run_key NOT IN ({marks})"  # noqa: S608 -- marks
        f" AND {AGE} <= ? ORDER BY place, run_key LIMIT 1",
        (*passed, *times, oldest),
    ).fetchone()
    return Row._make(found) if found else None


def drop_old(connection: sqlite3.Connection, times: Times, oldest: float) -> int:
    """Delete the runs that are older than so many seconds; how many those were."""
    return connection.execute(
        f"DELETE FROM run WHERE {AGE} > ?",  # noqa: S608 -- our own words
        (*times, oldest),
    ).rowcount


def drop_unsound(connection: sqlite3.Connection) -> int:
    """Delete the rows that are none of ours: SQLite keeps any kind of value in any column, and a
    few bytes that a disk changed may make another kind of one. How many those were."""
    kinds = zip(COLUMNS.split(", "), KINDS, strict=True)
    unlike = " OR ".join(f"typeof({column}) <> '{kind}'" for column, kind in kinds)
    return connection.execute(f"DELETE FROM run WHERE {unlike}").rowcount  # noqa: S608 -- our own


def make_room(connection: sqlite3.Connection, most_bytes: int) -> int:
    """Delete the oldest runs until the rest fits, the newest always; how many those were."""
    return connection.execute(
        "DELETE FROM run WHERE seq IN (SELECT seq FROM (SELECT seq,"
        " row_number() OVER newest AS number, sum(length(body)) OVER newest AS upto"
        " FROM run WINDOW newest AS (ORDER BY place DESC, run_key DESC))"
        " WHERE upto > ? AND number > 1)",
        (most_bytes,),
    ).rowcount


def bury(connection: sqlite3.Connection, run_key: str, reason: str, detail: str) -> None:
    """Copy a run to those that were refused for good, of which the last few are kept."""
    connection.execute(
        "INSERT INTO dead (kind, run_key, observed_at, reason, detail, body)"
        " SELECT kind, run_key, observed_at, ?, ?, body FROM run WHERE run_key = ?",
        (reason, detail, run_key),
    )
    connection.execute(
        "DELETE FROM dead WHERE seq IN (SELECT seq FROM (SELECT seq,"
        " row_number() OVER newest AS number, sum(length(body)) OVER newest AS upto"
        " FROM dead WINDOW newest AS (ORDER BY seq DESC))"
        " WHERE number > ? OR (upto > ? AND number > 1))",
        (DEAD_RUNS, DEAD_BYTES),
    )


def count(connection: sqlite3.Connection, reason: str, number: int) -> None:
    """Count runs that were dropped."""
    connection.execute(
        "INSERT INTO dropped (reason, total, unreported) VALUES (?1, ?2, ?2) ON CONFLICT (reason)"
        " DO UPDATE SET total = total + ?2, unreported = unreported + ?2",
        (reason, number),
    )


def salvaged(path: str) -> list[Row]:
    """The runs that can still be read of a damaged file, each by itself, in their order."""
    found: list[Row] = []
    with contextlib.closing(sqlite3.connect(path, timeout=BUSY_SECONDS)) as connection:
        connection.text_factory = lambda data: data.decode("utf-8", "replace")
        for number in numbers(connection):
            with contextlib.suppress(sqlite3.Error, UnicodeDecodeError):
                rows = connection.execute(
                    f"SELECT {COLUMNS} FROM run WHERE seq = ?",  # noqa: S608 -- our own words
                    (number,),
                ).fetchall()
                found += [row for row in map(Row._make, rows) if is_sound(row)]
    found.sort(key=lambda row: (row.place or 0, row.run_key))
    return [row._replace(place=None) for row in found]


def numbers(connection: sqlite3.Connection) -> list[object]:
    """The numbers of a damaged file's runs, as far as they can be read."""
    found: list[object] = []
    with contextlib.suppress(sqlite3.Error, UnicodeDecodeError):
        for row in connection.execute("SELECT seq FROM run NOT INDEXED"):
            found.append(row[0])
    return found


def is_sound(row: Row) -> bool:
    """Whether a row of a damaged file is a run, and its body what was written."""
    kinds = (int, str, str, float, str, float, bytes)
    return (
        all(isinstance(value, kind) for value, kind in zip(row, kinds, strict=True))
        and unpacked(row.body) is not None
    )


def unpacked(body: bytes) -> bytes | None:
    """A run's body; None where it is not what was written (zlib ends with a checksum)."""
    unpacker = zlib.decompressobj()
    try:
        data = unpacker.decompress(body, UNPACKED_BYTES)
    except zlib.error:
        return None
    return data if unpacker.eof else None
