"""What a node has seen and not yet delivered: durable, bounded, in order, each run once.

A run is *taken* when :meth:`Outbox.put` returns: it is on disk then, synced, and outlives a kill
and a loss of power. It leaves when the Authority has it, when it has become too old for any
Authority to take, when newer runs need its room, or when it was refused for good; every one of the
last three is counted by its reason and reported.

On a full or broken disk it goes on in memory, within a bound, and writes that down as soon as the
disk takes it. A file that is no database any more is set aside, what can be read of it is taken
over, and a new one begun.
"""

from __future__ import annotations

import threading
import zlib
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from dpf_edge.store import outbox_file
from dpf_edge.store.outbox_file import (
    AGE,
    COLUMNS,
    Damaged,
    OutboxFile,
    Row,
    Times,
    Unusable,
    count,
    drop_old,
    drop_unsound,
    first,
    insert,
    make_room,
    unpacked,
)

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Mapping, Sequence

    from dpf_edge.host.clock import Clock

T = TypeVar("T")

# Reasons for which runs are dropped; a code that a run was refused with is one too.
TOO_OLD, NO_ROOM, NOT_SAVED, UNREADABLE = "too-old", "no-room", "not-saved", "unreadable"

# What is held in memory while the disk takes nothing: a day of an ordinary site's runs, packed.
HELD_BYTES = 8 << 20


class Part(NamedTuple):
    """A run, or a part of one that was too large to be taken whole."""

    run_key: str
    body: bytes


class Entry(NamedTuple):
    """One run that waits.

    :ivar observed_at: when it was taken, right by today's clock, whatever that day's clock said.
    :ivar shift: how many seconds that differs from what was said when it was put.
    """

    kind: str
    run_key: str
    observed_at: float
    shift: float
    body: bytes


class Depth(NamedTuple):
    """How full the outbox is."""

    runs: int
    bytes: int
    oldest_seconds: float | None
    is_on_disk: bool


class Dead(NamedTuple):
    """One run that was refused for good."""

    run_key: str
    reason: str
    detail: str


class Outbox:
    """The runs of one node, oldest first. Thread-safe: each method is one transaction.

    :param path: the database; its folder exists and belongs to this process alone.
    :param most_bytes: how much is kept on disk, packed.
    :param oldest_seconds: how old a run may become.
    :param say: is told, in a sentence, what nobody asked for: a full disk, a damaged file.
    """

    def __init__(
        self,
        path: str,
        *,
        clock: Clock,
        most_bytes: int,
        oldest_seconds: float,
        say: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._file = OutboxFile(path, clock.wall)
        self._clock = clock
        self._most_bytes = most_bytes
        self._oldest = oldest_seconds
        self._say = say
        self._lock = threading.RLock()
        # What the disk did not take: runs that are here alone, runs that have left and are still
        # there, and drops that are not counted there.
        self._held: dict[str, Row] = {}
        self._gone: set[str] = set()
        self._uncounted: dict[str, int] = {}
        self._deferred: dict[str, float] = {}
        self._is_usable = True
        self._write(lambda _: None)

    def put(
        self,
        kind: str,
        parts: Sequence[Part],
        observed_at: float,
        *,
        reports: Mapping[str, int] | None = None,
    ) -> None:
        """Take a run, in all its parts or none. On return it is on disk, or, where the disk takes
        nothing, in memory.

        A run key that is there already is left as it is.

        :param observed_at: when it was taken, by the wall clock of now.
        :param reports: the drops, by reason, that this run tells of; they are reported then.
        """
        now = self._clock
        like = Row(None, kind, "", observed_at, now.boot(), now.ticks(), b"")
        rows = [
            like._replace(run_key=part.run_key, body=zlib.compress(part.body)) for part in parts
        ]

        def take(connection: sqlite3.Connection) -> None:
            for reason, number in (reports or {}).items():
                connection.execute(
                    "UPDATE dropped SET unreported = max(0, unreported - ?) WHERE reason = ?",
                    (number, reason),
                )
            for row in rows:
                insert(connection, row)
            self._make_room(connection)

        with self._lock:
            if not self._write(take):
                for row in rows:
                    self._hold(row)

    def next(self) -> Entry | None:
        """The oldest run that is not deferred; what became too old is dropped on the way."""
        with self._lock:
            ticks = self._clock.ticks()
            self._deferred = {key: at for key, at in self._deferred.items() if at > ticks}
            self._drop_old()
            while (row := self._first()) is not None:
                body = unpacked(row.body)
                if body is not None:
                    observed = self._clock.wall() - self._age(row)
                    return Entry(row.kind, row.run_key, observed, observed - row.observed_at, body)
                self.drop(row.run_key, UNREADABLE, "its bytes are not those that were written")
            return None

    def done(self, run_key: str) -> None:
        """A run has arrived: it is forgotten."""
        with self._lock:
            self._forget(run_key, lambda _: None)
            self._file.give_back()

    def defer(self, run_key: str, seconds: float) -> None:
        """Let the others go first for a while. A restart forgets this, and asks again."""
        with self._lock:
            self._deferred[run_key] = self._clock.ticks() + seconds

    def drop(self, run_key: str, reason: str, detail: str) -> None:
        """A run is refused for good: it is counted, and kept aside to be looked at."""

        def also(connection: sqlite3.Connection) -> None:
            outbox_file.bury(connection, run_key, reason, detail)
            count(connection, reason, 1)

        with self._lock:
            if not self._forget(run_key, also):
                self._count(reason)

    def replace(self, run_key: str, parts: Sequence[Part]) -> None:
        """Put the parts of a run in its place: all of them, or none and the run stays."""

        def split(connection: sqlite3.Connection) -> None:
            found = connection.execute(
                f"SELECT {COLUMNS} FROM run WHERE run_key = ?",  # noqa: S608 -- our own words
                (run_key,),
            ).fetchone()
            connection.execute("DELETE FROM run WHERE run_key = ?", (run_key,))
            for part in parts if found else ():
                packed = zlib.compress(part.body)
                insert(connection, Row._make(found)._replace(run_key=part.run_key, body=packed))
            self._make_room(connection)

        with self._lock:
            if self._write(split) or run_key not in self._held:
                return
            whole = self._held.pop(run_key)
            for part in parts:
                self._hold(whole._replace(run_key=part.run_key, body=zlib.compress(part.body)))

    def depth(self) -> Depth:
        """How much waits, and for how long the oldest has."""

        def measure(connection: sqlite3.Connection) -> list[tuple[str, int, float]]:
            return connection.execute(
                f"SELECT run_key, length(body), {AGE} FROM run",  # noqa: S608 -- our own words
                self._times(),
            ).fetchall()

        with self._lock:
            nothing: list[tuple[str, int, float]] = []
            found = [row for row in self._read(measure, nothing) if row[0] not in self._gone]
            found += [(key, len(row.body), self._age(row)) for key, row in self._held.items()]
            found = [row for row in found if row[2] <= self._oldest]
            oldest = max((max(0.0, age) for _, _, age in found), default=None)
            return Depth(len(found), sum(size for _, size, _ in found), oldest, self._is_usable)

    def dropped(self, *, unreported: bool = False) -> dict[str, int]:
        """How many runs were dropped, by reason: ever, or since a run last told of it."""

        def read(connection: sqlite3.Connection) -> dict[str, tuple[int, int]]:
            rows = connection.execute(
                "SELECT reason, CAST(total AS INTEGER), CAST(unreported AS INTEGER) FROM dropped"
            )
            return {reason: numbers for reason, *numbers in rows}

        with self._lock:
            nothing: dict[str, tuple[int, int]] = {}
            counts = {
                reason: numbers[1 if unreported else 0]
                for reason, numbers in self._read(read, nothing).items()
            }
            for reason, number in self._uncounted.items():
                counts[reason] = counts.get(reason, 0) + number
            return {reason: number for reason, number in sorted(counts.items()) if number}

    def dead(self) -> list[Dead]:
        """What was refused for good and is still kept, oldest first."""

        def read(connection: sqlite3.Connection) -> list[Dead]:
            rows = connection.execute("SELECT run_key, reason, detail FROM dead ORDER BY seq")
            return [Dead._make(row) for row in rows]

        with self._lock:
            nothing: list[Dead] = []
            return self._read(read, nothing)

    def close(self) -> None:
        """Write down what is only in memory, if that can be, and close the file."""
        with self._lock:
            self._write(lambda _: None)
            self._file.close()

    def _first(self) -> Row | None:
        """The oldest run that is neither deferred nor delivered, on disk or only in memory."""
        passed = [*self._deferred, *self._gone]
        times, oldest = self._times(), self._oldest
        # A disk that is full deletes nothing: what is too old is still there, and passed over.
        found = self._read(lambda connection: first(connection, passed, times, oldest), None)
        held = (row for key, row in self._held.items() if key not in self._deferred)
        return found or next(held, None)

    def _times(self) -> Times:
        """What the age of a run is told by, now."""
        return (self._clock.boot(), self._clock.ticks(), self._clock.wall())

    def _age(self, row: Row) -> float:
        """How long ago a run was taken: by the ticks of this boot, else by the wall clock."""
        if row.boot == self._clock.boot():
            return max(0.0, self._clock.ticks() - row.ticks)
        return max(0.0, self._clock.wall() - row.observed_at)

    def _hold(self, row: Row) -> None:
        """Keep a run in memory alone."""
        self._held.setdefault(row.run_key, row)
        self._bound_held()

    def _bound_held(self) -> None:
        """Drop the oldest runs that only memory has until the rest fits; the newest stays."""
        size = sum(len(row.body) for row in self._held.values())
        for run_key, row in list(self._held.items())[:-1]:
            if size <= HELD_BYTES:
                return
            del self._held[run_key]
            size -= len(row.body)
            self._count(NOT_SAVED)

    def _forget(self, run_key: str, also: Callable[[sqlite3.Connection], None]) -> bool:
        """Take a run out, wherever it is, and do something else in the same transaction."""

        def delete(connection: sqlite3.Connection) -> None:
            also(connection)
            connection.execute("DELETE FROM run WHERE run_key = ?", (run_key,))

        self._deferred.pop(run_key, None)
        is_written = self._write(delete)
        if not is_written and self._held.pop(run_key, None) is None:
            self._gone.add(run_key)
        return is_written

    def _make_room(self, connection: sqlite3.Connection) -> None:
        """Drop the oldest runs until the rest fits; the newest always stays."""
        gone = make_room(connection, self._most_bytes)
        if gone:
            count(connection, NO_ROOM, gone)

    def _drop_old(self) -> None:
        """Drop what no Authority takes any more."""

        def delete(connection: sqlite3.Connection) -> None:
            unsound = drop_unsound(connection)
            if unsound:
                count(connection, UNREADABLE, unsound)
            gone = drop_old(connection, self._times(), self._oldest)
            if gone:
                count(connection, TOO_OLD, gone)

        self._write(delete)
        for row in [each for each in self._held.values() if self._age(each) > self._oldest]:
            del self._held[row.run_key]
            self._count(TOO_OLD)

    def _count(self, reason: str) -> None:
        """Count a drop that the disk did not take."""
        self._uncounted[reason] = self._uncounted.get(reason, 0) + 1

    def _write(self, work: Callable[[sqlite3.Connection], object]) -> bool:
        """Do some work in one transaction, after what was left undone before.

        :returns: whether it is on disk; if not, nothing of it was done.
        """

        def all_of_it(connection: sqlite3.Connection) -> None:
            for row in self._held.values():
                insert(connection, row)
            gone = [(run_key,) for run_key in self._gone]
            connection.executemany("DELETE FROM run WHERE run_key = ?", gone)
            for reason, number in self._uncounted.items():
                count(connection, reason, number)
            work(connection)

        try:
            try:
                self._file.do(all_of_it)
            except Damaged as damage:
                self._take_over(damage)
                self._file.do(all_of_it)
        except (Unusable, Damaged) as error:
            if self._is_usable:
                self._say(
                    f"{self._file.path}: {error}; until it is writable, memory holds the runs"
                )
            self._is_usable = False
            self._bound_held()
            return False
        if not self._is_usable:
            self._say(f"{self._file.path}: is writable again")
        self._is_usable = True
        self._held.clear()
        self._gone.clear()
        self._uncounted.clear()
        return True

    def _read(self, work: Callable[[sqlite3.Connection], T], otherwise: T) -> T:
        """What some work reads; a disk that is full can still be read."""
        if self._held or self._gone or self._uncounted:
            self._write(lambda _: None)
        try:
            return self._file.do(work)
        except Damaged as damage:
            self._take_over(damage)
            self._write(lambda _: None)
        except Unusable:
            pass
        return otherwise

    def _take_over(self, damage: Damaged) -> None:
        """Go on with what could be read of a damaged file."""
        self._say(f"{self._file.path}: {damage}")
        self._count(UNREADABLE)
        # What was delivered, and could not be taken out, is not to be sent again.
        saved = {row.run_key: row for row in damage.saved if row.run_key not in self._gone}
        self._held = saved | self._held
