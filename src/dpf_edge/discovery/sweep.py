"""One round of discovery: every collector in a thread of its own, and what they see as they see it.

Nothing that a collector does can end a sweep: one that breaks, hangs or floods is an outcome. What
was seen until then counts.
"""

from __future__ import annotations

import contextlib
import queue
import threading
from typing import TYPE_CHECKING, NamedTuple

from dpf_edge.discovery import control, tables
from dpf_edge.discovery.at_work import (
    LOOK_SECONDS,
    REASON_CHARACTERS,
    STOPPED,
    Account,
    Message,
    Network,
    Run,
    ending,
    summed,
    worked,
)
from dpf_edge.discovery.collectors import collector
from dpf_edge.discovery.identity.merging import merge
from dpf_edge.discovery.job import Job, Stage
from dpf_edge.discovery.kept import Kept
from dpf_edge.discovery.scope import Scope, Task, announced, budget, scope
from dpf_edge.discovery.swept import Swept
from dpf_edge.discovery.times import stamp
from dpf_edge.discovery.waves import Waves
from dpf_edge.level import Level
from dpf_edge.observed import Observation, Outcome, Status

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from dpf_edge.discovery.asked import Asked
    from dpf_edge.discovery.job import About, Collector
    from dpf_edge.host.seam import Host
    from dpf_edge.model import Diagnosis
    from dpf_edge.observed import Device

# How often the machine's tables are read again: once all are found, and once all are asked.
LOOKS = 2
# An account ends its collector at the deadline; one that still runs so much later hangs.
GRACE_SECONDS = 2.0
# A listener without a deadline of its own is ended when the others are done, or after this.
LONGEST_SECONDS = 7 * 24 * 3600.0
# So much may wait to be taken in before collectors are held up: a flood is not to fill the memory.
WAITING = 10_000


class Machine(NamedTuple):
    """Where a sweep takes place.

    :ivar host: gives the machine, read anew; what it gives is asked from several threads.
    :ivar ticks: a clock that nobody sets, in seconds.
    :ivar wall: the wall clock, in seconds since 1970.
    :ivar chance: gives a number in [0, 1), anew each time.
    """

    host: Callable[[], Host]
    network: Network
    ticks: Callable[[], float]
    wall: Callable[[], float]
    chance: Callable[[], float]


class Event(NamedTuple):
    """Something happened: an observation that is new, or a collector's end; or nothing for a
    while, so that whoever watches can show the time."""

    seen: Observation | None = None
    ended: Outcome | None = None


class Sweep:
    """One sweep. :meth:`events` is iterated over once; :meth:`swept` is what it came to so far.

    :param heard: what was heard before the sweep began and belongs to it.
    :param look_seconds: how often it looks at its clock while it hears nothing.
    """

    def __init__(
        self,
        machine: Machine,
        diagnosis: Diagnosis,
        asked: Asked,
        heard: Iterable[Observation] = (),
        *,
        collectors: Mapping[str, Collector] | None = None,
        abouts: Mapping[str, About] | None = None,
        look_seconds: float = LOOK_SECONDS,
    ) -> None:
        self._look_seconds = look_seconds
        self._machine, self._diagnosis, self._asked = machine, diagnosis, asked
        self._host = machine.host()
        self._collectors = collector.all() if collectors is None else collectors
        self._abouts = collector.about() if abouts is None else abouts
        self._kept = Kept()
        for each in heard:
            self._kept.add(each)
        self._messages: queue.Queue[Message | None] = queue.Queue(WAITING)
        self._running: list[Run] = []
        self._ended: dict[str, list[Outcome]] = {}
        self._answered = control.Answered({}, frozenset(), frozenset())
        self._lies: tuple[control.Lie, ...] = ()
        self._believed: Callable[[Observation], bool] = lambda _: True
        self._is_stopped = False
        self._looks = 0
        self._entries: dict[tuple[str, str | None, tuple[str, ...]], Observation] = {}
        self._began, self._started_at = machine.ticks(), stamp(machine.wall())
        self.scope = self._scoped()
        is_probing = asked.level is Level.PROBE
        self._controls = control.controls(self.scope.reached) if is_probing else ()
        self._settings = {
            "rate": asked.rate,
            "resolvers": self.scope.resolvers,
            **asked.settings,
        }
        self._waves = Waves(
            [task for task in self.scope.tasks if task.about.stage is Stage.DETAIL],
            self.scope.reached,
        )

    def _scoped(self) -> Scope:
        return scope(
            self._asked,
            self._diagnosis,
            tables.of(self._host),
            self._abouts,
            privileged=self._machine.network.privileged(),
            chance=self._machine.chance,
        )

    @property
    def announcement(self) -> tuple[str, ...]:
        """What is going to be sent, in lines; none where nothing is."""
        return announced(self.scope, self._asked)

    @property
    def seconds(self) -> float:
        """How long it has taken so far."""
        return self._machine.ticks() - self._began

    @property
    def running(self) -> tuple[str, ...]:
        """The collectors at work."""
        return tuple(dict.fromkeys(each.name for each in self._running))

    @property
    def packets(self) -> int:
        """How many packets were sent so far."""
        ended = sum(each.packets for several in self._ended.values() for each in several)
        return ended + sum(each.account.packets for each in self._running)

    @property
    def kept(self) -> tuple[Observation, ...]:
        """What was seen so far."""
        return tuple(self._kept)

    def forget(self, before: str) -> None:
        """Forget what was not seen since some time; from the thread that takes the events."""
        self._kept.only(lambda each: each.seen_at >= before)

    def events(self) -> Iterator[Event]:
        """Sweep, and tell what happens as it happens."""
        for name, reason in self.scope.skipped.items():
            yield self._end(Outcome(name, Status.SKIPPED, 0.0, reason))
        for task in self.scope.tasks:
            if task.about.stage is not Stage.DETAIL:
                self._start(task)
        self._start_control()
        while not self._is_done():
            self._look_again()
            self._start_waves()
            yield from self._hear()
        for each in self._running:
            each.account.end()
        until = self._machine.ticks() + GRACE_SECONDS
        while self._running and self._machine.ticks() < until:
            yield from self._hear()
        for each in tuple(self._running):
            yield self._abandon(each)
        self._doubt()

    def stop(self) -> None:
        """End it: what was found counts. May be called from any thread."""
        self._is_stopped = True
        for each in tuple(self._running):
            each.account.end()
        with contextlib.suppress(queue.Full):
            self._messages.put_nowait(None)  # whoever waits for something waits no longer

    def devices(self) -> tuple[Device, ...]:
        """What the observations merge into so far."""
        return merge(self._kept)

    def swept(self) -> Swept:
        """What it came to so far; a collector that is still at work was stopped."""
        with contextlib.suppress(queue.Empty):
            while True:
                message = self._messages.get_nowait()
                for _ in self._take(*message) if message else ():
                    pass
        for each in tuple(self._running):
            self._abandon(each)
        return Swept(
            started_at=self._started_at,
            seconds=round(self.seconds, 3),
            diagnosis=self._diagnosis,
            devices=self.devices(),
            observations=tuple(self._kept),
            outcomes=tuple(summed(name, self._ended[name]) for name in sorted(self._ended)),
            warnings=self._warnings(),
        )

    def _warnings(self) -> tuple[str, ...]:
        told = [*self.scope.warnings, *(control.warning(each) for each in self._lies)]
        told += [
            f"{number} observations of {name} did not fit and are not kept"
            for name, number in sorted(self._kept.lost.items())
        ]
        return tuple(told)

    def _start(self, task: Task, wave: int = 0) -> None:
        """Set a collector to work."""
        job = Job(
            host=self._host,
            diagnosis=self._diagnosis,
            places=self.scope.places,
            targets=task.targets,
            known=self.scope.known,
            seconds=task.seconds,
            settings={**self._settings, "wave": wave},
        )
        function = self._collectors[task.name]
        self._run(task.name, task.about.stage, task.seconds, lambda net: function(job, net))

    def _run(
        self,
        name: str,
        stage: Stage,
        seconds: float,
        work: Callable[[Account], Iterator[Observation]],
    ) -> None:
        seconds = min(seconds, LONGEST_SECONDS)
        account, now = self._machine.network.account(name, seconds), self._machine.ticks()
        run = Run(name, stage, account, now, now + seconds + GRACE_SECONDS)
        self._running.append(run)
        threading.Thread(
            target=worked, args=(run, work, self._messages), daemon=True, name=name
        ).start()

    def _look_again(self) -> None:
        """Read this machine's tables again once all are found, and once all are asked: whoever
        answered had to learn our MAC for it, and stands in the neighbour table since."""
        due = self._looks == 0 and not any(each.stage is Stage.FIND for each in self._running)
        if due or (self._looks == 1 and not self._are_asking() and not self._waves.are_waiting):
            self._looks += 1
            self._host = self._machine.host()
            for task in self.scope.tasks:
                if task.about.stage is Stage.TABLES:
                    self._start(task)

    def _start_control(self) -> None:
        """Ask addresses that must be dead, where a collector walks."""
        if not self._controls or self._asked.only:
            return

        def work(net: Account) -> Iterator[Observation]:
            self._answered = control.answers(self._controls, net, control.WAIT_SECONDS)
            return iter(())

        packets = sum(len(each.addresses) for each in self._controls) * (1 + len(control.PORTS))
        self._run(control.NAME, Stage.FIND, budget(packets, 0, self._asked.rate), work)

    def _start_waves(self) -> None:
        """Set those to work that ask who was found."""
        is_finding = any(each.stage is Stage.FIND for each in self._running)
        busy = {each.name for each in self._running}
        for task, targets in self._waves.due(self._machine.ticks(), busy, is_finding=is_finding):
            count = len(targets)
            seconds = budget(count * task.about.each, count, self._asked.rate)
            wave = len(self._ended.get(task.name, ()))
            self._start(task._replace(targets=targets, seconds=self._left(seconds)), wave)

    def _left(self, seconds: float) -> float:
        """A time, cut to what the sweep has left."""
        most = self._asked.most
        return seconds if most is None else max(0.5, min(seconds, most - self.seconds))

    def _are_asking(self) -> bool:
        """Whether anybody is at work but those who listen."""
        return any(each.stage is not Stage.LISTEN for each in self._running)

    def _is_done(self) -> bool:
        """Whether there is nothing to wait for but those who listen."""
        if self._is_stopped:
            return True
        is_heard = self._asked.level is not Level.LISTEN or self.seconds >= self._asked.listen
        is_over = not self._running or (is_heard and not self._are_asking())
        return is_over and not self._waves.are_waiting and self._looks == LOOKS

    def _hear(self) -> Iterator[Event]:
        """Take in what comes next, and whatever waits behind it."""
        try:
            message = self._messages.get(timeout=self._look_seconds if self._running else 0.001)
        except queue.Empty:
            message = None
        if message is None:
            yield Event()
        else:
            yield from self._take(*message)
        now = self._machine.ticks()
        for each in [each for each in self._running if now > each.due]:
            yield self._abandon(each)

    def _take(
        self, run: Run, seen: Observation | None, error: BaseException | None
    ) -> Iterator[Event]:
        if run not in self._running:
            return  # it was given up
        if seen is None:
            yield self._finish(run, error)
            return
        if not self._believed(seen):
            return
        if run.stage is Stage.TABLES:
            self._supersede(seen)
        if self._kept.add(seen):
            run.found += 1
            if not seen.is_self:
                self._waves.add(seen.addresses, self._machine.ticks())
            yield Event(seen=seen)

    def _supersede(self, seen: Observation) -> None:
        """Of two looks at one table the later counts: an entry whose MAC changed in between is
        one station's after another's, and not two stations' at once."""
        entry = (seen.collector, seen.interface, seen.addresses)
        before = self._entries.get(entry)
        if before is not None and before.macs != seen.macs:
            self._kept.drop(before)
        if seen.addresses:
            self._entries[entry] = seen

    def _finish(self, run: Run, error: BaseException | None) -> Event:
        """A collector has ended by itself, or broke."""
        self._running.remove(run)
        status, reason = ending(run, error, is_stopped=self._is_stopped)
        lost = "; ".join(run.account.lost())
        told = "; ".join(filter(None, (reason, lost)))[:REASON_CHARACTERS] or None
        if run.stage is Stage.TABLES and self._looks:
            self._doubt()
        return self._end(self._outcome(run, status, told))

    def _doubt(self) -> None:
        """Forget what only those say who answer for everybody."""
        macs = control.resolved(self._controls, self._kept)
        told = tuple(control.lies(self._controls, self._answered._replace(macs=macs)))
        if told != self._lies:
            self._lies = told
            self._believed = control.believer(told, self._abouts.get)
            self._kept.only(self._believed)
            self._waves.only({a for each in self._kept for a in each.addresses})

    def _abandon(self, run: Run) -> Event:
        """Wait for a collector no longer."""
        run.is_over = True
        run.account.end()
        self._running.remove(run)
        if run.stage is Stage.LISTEN:
            status = Status.FOUND if run.found else Status.NOTHING
            return self._end(self._outcome(run, status, None))
        reason = STOPPED if self._is_stopped else "it did not end in its time"
        return self._end(self._outcome(run, Status.TIMED_OUT, reason))

    def _outcome(self, run: Run, status: Status, reason: str | None) -> Outcome:
        return Outcome(
            run.name,
            status,
            round(self._machine.ticks() - run.began, 3),
            reason,
            run.account.packets,
            run.account.bytes,
            run.found,
        )

    def _end(self, outcome: Outcome) -> Event:
        self._ended.setdefault(outcome.name, []).append(outcome)
        return Event(ended=outcome)
