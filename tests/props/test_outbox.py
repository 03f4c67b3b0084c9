"""Whatever is done to an outbox, in whatever order: nothing is lost in silence, nothing doubled."""

from __future__ import annotations

import sqlite3
import tempfile
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from dpf_edge.store.outbox import Outbox, Part
from dpf_edge.store.outbox_file import salvaged, unpacked
from tests.node.clock import HandClock

OLDEST = 1000.0


class Life(RuleBasedStateMachine):
    """An outbox beside a list that it must agree with."""

    @initialize()
    def begin(self) -> None:
        self.folder = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        self.clock = HandClock()
        self.waiting: list[tuple[str, float]] = []  # run keys, and when they become too old
        self.dropped = 0
        self.number = 0
        self.is_full = False
        self.box = self.opened()

    def opened(self) -> Outbox:
        box = Outbox(
            str(Path(self.folder.name) / "outbox.sqlite3"),
            clock=self.clock,
            most_bytes=1 << 30,
            oldest_seconds=OLDEST,
        )
        work = box._file.do

        def do(of: object) -> object:
            def then(connection: sqlite3.Connection) -> object:
                before = connection.total_changes
                done = of(connection)  # type: ignore[operator]
                if self.is_full and connection.total_changes != before:
                    raise sqlite3.OperationalError("database or disk is full")
                return done

            return work(then)

        box._file.do = do  # type: ignore[method-assign, assignment]
        return box

    @rule(parts=st.integers(1, 3))
    def take(self, parts: int) -> None:
        keys = [f"{self.number:05}/{n}" for n in range(parts)]
        self.number += 1
        self.box.put("discovery", [Part(key, key.encode()) for key in keys], self.clock.wall())
        self.waiting += [(key, self.clock.ticks() + OLDEST) for key in keys]

    @rule()
    def deliver(self) -> None:
        self.forget_old()
        entry = self.box.next()
        assert (entry.run_key if entry else None) == (self.waiting[0][0] if self.waiting else None)
        if entry is not None:
            assert entry.run_key.encode() == entry.body
            self.box.done(entry.run_key)
            self.waiting.pop(0)

    @rule()
    def refuse(self) -> None:
        self.forget_old()
        entry = self.box.next()
        if entry is not None:
            self.box.drop(entry.run_key, "invalid_body", "why")
            self.waiting.pop(0)
            self.dropped += 1

    @rule()
    def split(self) -> None:
        self.forget_old()
        entry = self.box.next()
        if entry is None or self.is_full:
            return
        keys = [f"{entry.run_key}/{n}" for n in (1, 2)]
        self.box.replace(entry.run_key, [Part(key, key.encode()) for key in keys])
        _, until = self.waiting.pop(0)
        self.waiting[:0] = [(key, until) for key in keys]

    @rule(seconds=st.sampled_from([1.0, 100.0, 600.0]))
    def wait(self, seconds: float) -> None:
        self.clock.advance(seconds)

    @rule(seconds=st.sampled_from([-1e6, -5.0, 5.0, 1e6]))
    def set_the_clock(self, seconds: float) -> None:
        self.clock.step(seconds)

    @rule()
    def restart_the_process(self) -> None:
        if not self.is_full:
            self.box.close()
            self.box = self.opened()

    @rule()
    def fill_the_disk(self) -> None:
        self.is_full = True

    @rule()
    def make_room(self) -> None:
        self.is_full = False

    def forget_old(self) -> None:
        now = self.clock.ticks()
        kept = [each for each in self.waiting if now <= each[1]]
        self.dropped += len(self.waiting) - len(kept)
        self.waiting = kept

    @invariant()
    def agrees(self) -> None:
        now = self.clock.ticks()
        waiting = [each for each in self.waiting if now <= each[1]]
        assert len(waiting) == self.box.depth().runs
        # What a full disk could not count is counted once it can be written; never twice.
        assert sum(self.box.dropped().values()) <= self.dropped + len(self.waiting) - len(waiting)

    def teardown(self) -> None:
        if hasattr(self, "box"):
            self.is_full = False
            self.forget_old()
            self.box.next()
            counted = sum(self.box.dropped().values())
            self.box.close()
            self.folder.cleanup()
            assert self.dropped == counted


TestLife = Life.TestCase
TestLife.settings = settings(
    max_examples=40, stateful_step_count=25, deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)  # fmt: skip


@given(st.binary(max_size=200))
def test_bytes_that_were_never_packed_unpack_to_nothing_or_less_than_a_bound(data: bytes) -> None:
    found = unpacked(data)

    assert found is None or len(found) < 1 << 20


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_no_damage_to_the_file_raises_or_makes_a_run_up(data: st.DataObject) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "outbox.sqlite3"
        clock = HandClock()
        box = Outbox(str(path), clock=clock, most_bytes=1 << 30, oldest_seconds=OLDEST)
        bodies = {f"{number}": bytes([number]) * 700 for number in range(20)}
        for key, body in bodies.items():
            box.put("discovery", [Part(key, body)], clock.wall())
        box.close()
        octets = bytearray(path.read_bytes())
        for _ in range(data.draw(st.integers(1, 4))):
            at = data.draw(st.integers(0, len(octets) - 1))
            junk = data.draw(st.binary(min_size=1, max_size=300))
            octets[at : at + len(junk)] = junk
        path.write_bytes(octets)

        again = Outbox(str(path), clock=clock, most_bytes=1 << 30, oldest_seconds=OLDEST)
        found = {}
        while entry := again.next():
            found[entry.run_key] = entry.body
            again.done(entry.run_key)
        again.put("discovery", [Part("new", b"new")], clock.wall())
        last = again.next()
        again.close()

        assert last is not None
        assert b"new" == last.body
        assert set(found.values()) <= set(bodies.values())
        for aside in Path(folder).glob("*.damaged-*"):
            if not aside.name.endswith(("-wal", "-shm")):
                salvaged(str(aside))
