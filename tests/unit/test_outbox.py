"""The outbox: what is taken is kept, in order and within its bounds, whatever the disk does."""

from __future__ import annotations

import contextlib
import random
import sqlite3
import stat
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from dpf_edge.store import outbox as module
from dpf_edge.store import outbox_file
from dpf_edge.store.outbox import NO_ROOM, NOT_SAVED, TOO_OLD, UNREADABLE, Outbox, Part
from tests.node.clock import HandClock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

DAY = 24 * 3600.0


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


class Opened:
    """An outbox in a folder, opened as often as a test likes, and what it said."""

    def __init__(self, folder: Path, clock: HandClock) -> None:
        self.path = folder / "outbox.sqlite3"
        self.clock = clock
        self.said: list[str] = []

    def __call__(self, most_bytes: int = 64 << 20) -> Outbox:
        return Outbox(
            str(self.path),
            clock=self.clock,
            most_bytes=most_bytes,
            oldest_seconds=DAY,
            say=self.said.append,
        )


@pytest.fixture
def opened(tmp_path: Path, clock: HandClock) -> Opened:
    return Opened(tmp_path, clock)


def body(number: int, size: int = 0) -> bytes:
    """A body that zlib cannot make much smaller."""
    return f"run {number} ".encode() + random.Random(number).randbytes(size)


def take(box: Outbox, key: str, observed_at: float, octets: bytes) -> None:
    box.put("discovery", [Part(key, octets)], observed_at)


def put(box: Outbox, *numbers: int, size: int = 0) -> None:
    for number in numbers:
        take(box, f"key-{number}", float(number), body(number, size))


def drained(box: Outbox) -> list[str]:
    """The keys of all that waits, in the order it is handed out in."""
    keys = []
    while entry := box.next():
        keys.append(entry.run_key)
        box.done(entry.run_key)
    return keys


def test_runs_leave_in_the_order_they_came_and_outlive_a_restart(opened: Opened) -> None:
    """W13: the queue of a published node is in memory alone."""
    box = opened()
    put(box, 1, 2, 3)
    box.close()

    again = opened()
    entry = again.next()

    assert entry is not None
    assert ("discovery", "key-1", body(1)) == (entry.kind, entry.run_key, entry.body)
    assert ["key-1", "key-2", "key-3"] == drained(again)
    assert again.next() is None


def test_a_run_stays_until_it_is_said_to_have_arrived(opened: Opened) -> None:
    box = opened()
    put(box, 1)

    first, second = box.next(), box.next()

    assert first == second
    assert first is not None


def test_a_run_key_is_taken_once(opened: Opened) -> None:
    box = opened()
    take(box, "key", 1.0, b"first")
    take(box, "key", 2.0, b"second")

    entry = box.next()

    assert entry is not None
    assert b"first" == entry.body
    assert 1 == box.depth().runs


def test_a_deferred_run_lets_the_others_go_first_and_comes_back(
    opened: Opened, clock: HandClock
) -> None:
    """W14: one run that the Authority cannot store does not hold up those behind it."""
    box = opened()
    put(box, 1, 2)

    box.defer("key-1", 60)
    between = box.next()
    clock.advance(61)
    after = box.next()

    assert "key-2" == (between and between.run_key)
    assert "key-1" == (after and after.run_key)


def test_what_is_too_old_is_dropped_and_counted(opened: Opened, clock: HandClock) -> None:
    box = opened()
    put(box, 1, 2)
    clock.advance(DAY - 10)
    put(box, 3)
    clock.advance(11)

    assert ["key-3"] == drained(box)
    assert {TOO_OLD: 2} == box.dropped()


def test_the_oldest_runs_make_room_for_new_ones_and_are_counted(opened: Opened) -> None:
    box = opened(most_bytes=5000)
    put(box, 1, 2, 3, 4, 5, size=1500)

    assert ["key-3", "key-4", "key-5"] == drained(box)
    assert {NO_ROOM: 2} == box.dropped()


def test_a_run_larger_than_the_bound_stays_while_it_is_the_newest(opened: Opened) -> None:
    box = opened(most_bytes=1000)
    put(box, 1, 2, size=5000)

    assert ["key-2"] == drained(box)


def test_a_refused_run_is_counted_by_its_reason_and_kept_to_be_looked_at(opened: Opened) -> None:
    box = opened()
    put(box, 1, 2)

    box.drop("key-1", "invalid_body", "items[3].name is empty")

    assert {"invalid_body": 1} == box.dropped()
    assert [("key-1", "invalid_body", "items[3].name is empty")] == box.dead()
    assert ["key-2"] == drained(box)


def test_only_the_last_few_refused_runs_are_kept(opened: Opened) -> None:
    box = opened()
    numbers = range(outbox_file.DEAD_RUNS + 5)
    put(box, *numbers)

    for number in numbers:
        box.drop(f"key-{number}", "invalid_body", "")

    assert [f"key-{number}" for number in numbers][5:] == [each.run_key for each in box.dead()]
    assert {"invalid_body": len(numbers)} == box.dropped()


def test_a_drop_is_unreported_until_a_run_tells_of_it(opened: Opened) -> None:
    box = opened()
    put(box, 1)
    box.drop("key-1", "invalid_body", "")

    told = box.dropped(unreported=True)
    box.put("discovery", [Part("key-2", b"")], 2.0, reports=told)

    assert {"invalid_body": 1} == told
    assert {} == box.dropped(unreported=True)
    assert {"invalid_body": 1} == box.dropped()


def test_the_parts_of_a_run_take_its_place(opened: Opened) -> None:
    """W17: a run that is refused as too large goes in parts, before those that came after it."""
    box = opened()
    put(box, 1, 2)

    box.replace("key-1", [Part("key-1/1-of-2", b"a"), Part("key-1/2-of-2", b"b")])

    assert ["key-1/1-of-2", "key-1/2-of-2", "key-2"] == drained(box)


def test_a_clock_that_was_set_meanwhile_ages_nothing_and_corrects_what_was_written(
    opened: Opened, clock: HandClock
) -> None:
    """A machine without a battery begins in 1970 and is set by NTP minutes later."""
    clock = HandClock(wall=100.0)
    opened.clock = clock
    box = opened()
    take(box, "key", clock.wall(), b"")
    clock.advance(60)
    clock.step(1.7e9)

    entry = box.next()

    assert entry is not None
    assert 1.7e9 + 100.0 == pytest.approx(entry.observed_at)
    assert 1.7e9 == pytest.approx(entry.shift)


def test_after_a_restart_the_clock_on_the_wall_has_to_do(opened: Opened, clock: HandClock) -> None:
    box = opened()
    take(box, "key", clock.wall(), b"")
    taken = clock.wall()
    clock.restart(off_seconds=3600)

    entry = box.next()

    assert entry is not None
    assert (taken, 0.0) == (entry.observed_at, entry.shift)
    clock.advance(DAY)
    assert box.next() is None
    assert {TOO_OLD: 1} == box.dropped()


def test_a_run_from_the_future_is_as_old_as_can_be_told(opened: Opened, clock: HandClock) -> None:
    """The clock was an hour ahead, the machine restarted, and NTP put it right."""
    box = opened()
    take(box, "key", clock.wall() + 3600, b"")
    clock.restart(off_seconds=30)

    entry = box.next()

    assert entry is not None
    assert clock.wall() == entry.observed_at


def test_the_depth_tells_runs_bytes_and_the_age_of_the_oldest(
    opened: Opened, clock: HandClock
) -> None:
    box = opened()
    empty = box.depth()
    put(box, 1, 2, size=1000)
    clock.advance(90)

    depth = box.depth()

    assert (0, 0, None, True) == empty
    assert 2 == depth.runs
    assert 2000 < depth.bytes < 2200
    assert 90 == depth.oldest_seconds


def test_the_files_are_for_their_owner_alone(opened: Opened) -> None:
    box = opened()
    put(box, 1)

    files = list(opened.path.parent.iterdir())

    assert 2 <= len(files)
    assert {0o600} == {stat.S_IMODE(file.stat().st_mode) for file in files}


DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "is something else": lambda _: b"no database at all, but long enough for a header" * 40,
    "has its first page cut out": lambda data: b"\xff" * 100 + data[100:],
    "ends too soon": lambda data: data[: len(data) // 2],
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES.keys())
def test_a_damaged_file_is_set_aside_and_said_and_a_new_one_begun(
    opened: Opened, damage: Callable[[bytes], bytes]
) -> None:
    box = opened()
    put(box, *range(30), size=1000)
    box.close()
    opened.path.write_bytes(damage(opened.path.read_bytes()))

    again = opened()
    put(again, 100)

    assert "key-100" == drained(again)[-1]
    assert list(opened.path.parent.glob("*.damaged-*"))
    assert any("set aside" in line for line in opened.said)
    assert {UNREADABLE: 1} == again.dropped()


def test_what_can_be_read_of_a_damaged_file_is_taken_over(opened: Opened) -> None:
    box = opened()
    put(box, *range(200), size=2000)
    box.close()
    data = bytearray(opened.path.read_bytes())
    data[-4096:] = b"\xff" * 4096
    opened.path.write_bytes(data)

    again = opened()

    assert 150 < len(drained(again)) < 200
    assert any("could still be read" in line for line in opened.said)


def test_a_file_that_is_damaged_while_it_is_open_costs_no_more(opened: Opened) -> None:
    box = opened()
    put(box, *range(50), size=1000)
    box.close()
    put(box, 50)
    with opened.path.open("r+b") as file:
        file.write(b"\xff" * 8192)

    for number in (51, 52):
        put(box, number)
    box.close()

    assert ["key-51", "key-52"] == drained(opened())[-2:]


def test_a_file_of_a_later_version_is_not_written_into(opened: Opened) -> None:
    opened().close()
    with sqlite3.connect(opened.path) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()

    box = opened()
    put(box, 1)

    assert ["key-1"] == drained(box)
    assert any("of version 99" in line for line in opened.said)


@contextmanager
def unwritable(box: Outbox) -> Iterator[None]:
    """The disk is full: the database may not grow by a page, and neither may its log."""
    work = box._file.do

    def full(of: Callable[[sqlite3.Connection], object]) -> object:
        def then(connection: sqlite3.Connection) -> object:
            before = connection.total_changes
            done = of(connection)
            if connection.total_changes != before:
                error = sqlite3.OperationalError("database or disk is full")
                error.sqlite_errorcode = sqlite3.SQLITE_FULL
                raise error
            return done

        return work(then)

    box._file.do = full  # type: ignore[method-assign, assignment]
    yield
    box._file.do = work  # type: ignore[method-assign]


def test_while_the_disk_takes_nothing_memory_holds_the_runs(opened: Opened) -> None:
    box = opened()
    put(box, 1)
    with unwritable(box):
        put(box, 2, 3)
        assert not box.depth().is_on_disk
        assert 3 == box.depth().runs

    put(box, 4)
    box.close()

    assert ["key-1", "key-2", "key-3", "key-4"] == drained(opened())
    assert [True, True] == ["full" in opened.said[0], "writable again" in opened.said[1]]


def test_delivery_goes_on_while_the_disk_takes_nothing(opened: Opened) -> None:
    """What is delivered cannot be deleted then, and is not sent again all the same."""
    box = opened()
    put(box, 1, 2)
    with unwritable(box):
        put(box, 3)
        assert ["key-1", "key-2", "key-3"] == drained(box)
        assert 0 == box.depth().runs

    box.close()

    assert [] == drained(opened())


def test_memory_is_bounded_and_what_it_drops_is_counted(
    opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "HELD_BYTES", 3000)
    box = opened()
    with unwritable(box):
        put(box, 1, 2, 3, 4, size=1400)
        assert ["key-3", "key-4"] == drained(box)

    assert {NOT_SAVED: 2} == box.dropped()


def test_a_folder_that_is_gone_is_said_and_survived(opened: Opened, tmp_path: Path) -> None:
    opened.path = tmp_path / "none" / "outbox.sqlite3"
    box = opened()
    put(box, 1)

    assert ["key-1"] == drained(box)
    assert 1 == len(opened.said)


WRITER = """
import sys
from dpf_edge.store.outbox import Outbox, Part
from dpf_edge.host.clock import SystemClock
box = Outbox(sys.argv[1], clock=SystemClock(), most_bytes=1 << 30, oldest_seconds=1e6)
for number in range(10**6):
    box.put("discovery", [Part(f"key-{number}", b"x" * 3000)], 0.0)
    print(number, flush=True)
    if number % 7 == 6:
        box.done(f"key-{number - 3}")
"""


def test_what_was_taken_is_there_after_a_kill(opened: Opened) -> None:
    """Ten writers are killed in the middle; every number that one printed is there, or was sent."""
    opened.clock = HandClock(wall=1.0)
    for kill in range(10):
        path = opened.path.with_name(f"outbox-{kill}.sqlite3")
        with subprocess.Popen(
            [sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE, text=True
        ) as process:
            assert process.stdout is not None
            printed = [process.stdout.readline() for _ in range(5 + 13 * kill)]
            process.kill()
            printed += process.stdout.readlines()
        last = max(int(line) for line in printed if line.endswith("\n"))

        opened.path = path
        with contextlib.closing(opened()) as box:
            found = {int(key.removeprefix("key-")) for key in drained(box)}

        sent = {number - 3 for number in range(6, last + 2, 7)}
        assert set(range(last + 1)) - sent <= found
        assert max(found) <= last + 1
        assert [] == opened.said
