"""What the loops of one node share: what it is, how it stands, and how far each of them is.

Everything that changes here changes on the event loop, as a whole new value: a loop that reads
``core.standing`` reads what holds now, and never a half of it.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, ParamSpec, TypeVar

import msgspec

from dpf_edge.errors import PrivateFileError
from dpf_edge.node import backoff, memory, state, trust
from dpf_edge.node.memory import Former
from dpf_edge.node.replies import Act
from dpf_edge.node.trust import Mode, Standing
from dpf_edge.store.outbox import Depth
from dpf_edge.wire import times

if TYPE_CHECKING:
    from collections.abc import Callable

    from dpf_edge.host.clock import Clock
    from dpf_edge.model import Diagnosis
    from dpf_edge.node.client import Authority
    from dpf_edge.node.logs import Log
    from dpf_edge.node.looking import Looker, Sight
    from dpf_edge.node.machine import Place
    from dpf_edge.node.memory import Memory
    from dpf_edge.node.replies import Reply
    from dpf_edge.node.runs import Agent
    from dpf_edge.node.settings import NodeSettings
    from dpf_edge.node.state import State
    from dpf_edge.node.timing import Timing
    from dpf_edge.observed import Outcome
    from dpf_edge.store.outbox import Outbox
    from dpf_edge.wire.tokens import Secret

P = ParamSpec("P")
T = TypeVar("T")


class Loop(StrEnum):
    """The tasks of a node."""

    ENROLMENT = "enrolment"
    HEARTBEAT = "heartbeat"
    SWEEP = "sweep"
    DELIVERY = "delivery"
    KEEPING = "keeping"
    METRICS = "metrics"


@dataclass
class Progress:
    """How far one loop is; times are ticks.

    :ivar tried: when it last began something.
    :ivar worked: when that last succeeded.
    :ivar due: by when it will have turned again; None while it waits for something to happen.
    :ivar failures: how often in a row it did not succeed.
    :ivar says: what came of it last, where it did not.
    """

    tried: float | None = None
    worked: float | None = None
    due: float | None = None
    failures: int = 0
    says: str = ""


@dataclass
class Core:
    """One node.

    :ivar chance: gives a number in [0, 1), anew each time.
    :ivar place: the machine and its network.
    :ivar looker: looks at the machine.
    :ivar on_disk: the state that is written down.
    :ivar rotated: a token that was handed out and is not written down yet.
    :ivar former: the token before the last that was handed out, until the new one has worked.
    """

    settings: NodeSettings
    timing: Timing
    place: Place
    clock: Clock
    chance: Callable[[], float]
    log: Log
    authority: Authority
    outbox: Outbox
    looker: Looker
    name: str
    agent: Agent
    state: State | None = None
    on_disk: State | None = None
    rotated: Secret | None = None
    former: Secret | None = None
    depth: Depth = field(default_factory=lambda: Depth(0, 0, None, is_on_disk=True))
    dropped: dict[str, int] = field(default_factory=dict)
    memory: Memory = field(default_factory=memory.Memory)
    standing: Standing = field(default_factory=lambda: Standing(Mode.ENROLLING))
    sight: Sight | None = None
    looked: float | None = None
    """When :attr:`sight` was taken, by the clock's ticks; a look that fails leaves both."""
    outcomes: tuple[Outcome, ...] = ()
    started: float = 0.0
    progress: dict[Loop, Progress] = field(
        default_factory=lambda: {loop: Progress() for loop in Loop}
    )
    nudges: dict[Loop, asyncio.Event] = field(
        default_factory=lambda: {loop: asyncio.Event() for loop in Loop}
    )
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def diagnosis(self) -> Diagnosis | None:
        """Where the node stood when it last looked."""
        return self.sight.diagnosis if self.sight is not None else None

    async def pause(self, loop: Loop, seconds: float | None) -> None:
        """Wait for a while, or until somebody nudges this loop; None is until then."""
        event, progress = self.nudges[loop], self.progress[loop]
        progress.due = None if seconds is None else self.clock.ticks() + seconds
        self.changed.set()
        try:
            async with asyncio.timeout(seconds):
                await event.wait()
        except TimeoutError:
            pass
        event.clear()

    async def rest(self, loop: Loop, seconds: float) -> None:
        """Wait for a while that nobody cuts short: a server asked for it."""
        self.progress[loop].due = self.clock.ticks() + seconds
        self.changed.set()
        await asyncio.sleep(seconds)

    def nudge(self, *loops: Loop) -> None:
        """Let loops turn at once."""
        for loop in loops:
            self.nudges[loop].set()

    async def in_thread(self, work: Callable[P, T], *arguments: P.args, **named: P.kwargs) -> T:
        """Do what may block (a disk, a command) beside the event loop."""
        return await asyncio.to_thread(work, *arguments, **named)

    def begun(self, loop: Loop) -> None:
        """A loop begins something."""
        self.progress[loop].tried = self.clock.ticks()

    def worked(self, loop: Loop) -> None:
        """What a loop began has succeeded."""
        progress = self.progress[loop]
        progress.worked = self.clock.ticks()
        progress.failures, progress.says = 0, ""

    def failed(self, loop: Loop, says: str) -> int:
        """What a loop began has failed.

        :returns: how often in a row by now.
        """
        progress = self.progress[loop]
        progress.failures += 1
        progress.says = says
        return progress.failures

    def stand(self, after: Standing, *, is_said: bool = False) -> None:
        """Stand otherwise, say so where it matters and was not said, and let every loop look."""
        before, self.standing = self.standing, after
        if before != after:
            # A heartbeat comes in its own time: what it heard is what this is about.
            self.nudge(*(loop for loop in Loop if loop is not Loop.HEARTBEAT))
            self.changed.set()
        if trust.is_news(before, after) and not is_said:
            self.log.tell(
                "standing",
                f"the node is {trust.told(after)}",
                before=before.mode.value,
                now=after.mode.value,
                accepted=after.accepted,
            )

    def keep(self, new: State) -> None:
        """Go on with a new state; it is written down by a task of its own."""
        if new != self.state:
            self.state = new
            self.nudge(Loop.KEEPING)

    async def write(self, new: State) -> bool:
        """Write a state down.

        :returns: whether it is on disk.
        """
        is_written = await self._written(lambda: state.save(self.settings.state_folder, new))
        if is_written:
            self.on_disk = new
        return is_written

    async def remember(self, new: Memory) -> bool:
        """Remember something.

        :returns: whether it is on disk.
        """
        self.memory = new
        return await self._written(lambda: memory.save(self.settings.state_folder, new))

    async def _written(self, write: Callable[[], None]) -> bool:
        try:
            await self.in_thread(write)
        except PrivateFileError as error:
            self.log.fail("not-written", str(error), code=error.code)
            return False
        return True

    async def measure(self) -> None:
        """Look how full the outbox is. Heartbeats report what was seen last: they wait for no
        disk."""
        self.depth = await self.in_thread(self.outbox.depth)
        self.dropped = await self.in_thread(self.outbox.dropped)
        self.changed.set()

    async def bury(self, why: str, *, is_revoked: bool) -> None:
        """Put up a tombstone for the node that this was."""
        if self.state is None:
            return
        former = Former(
            node_id=self.state.node_id,
            enrolled_at=self.state.enrolled_at,
            ended_at=times.stamp(self.clock.wall()),
            why=why[:200],
        )
        await self.remember(self.memory.buried(former, is_revoked=is_revoked))

    async def end(self, why: str) -> None:
        """Be a revoked node: a tombstone, and its token forgotten.

        The tombstone comes first: whoever is cut off in between finds both, and ends it again.
        """
        await self.bury(why, is_revoked=True)
        self.state = self.on_disk = None
        await self._written(lambda: state.forget(self.settings.state_folder))

    def wait_after(self, reply: Reply, failures: int) -> float:
        """How long to wait before the next attempt, by what came of the last."""
        chance, timing = self.chance(), self.timing
        if reply.retry_after is not None and reply.act in {Act.WAIT, Act.RETRY}:
            told = backoff.within(reply.retry_after, 1.0, timing.retry_after_most)
            return backoff.as_told(told, chance, timing.jitter)
        spans = timing.retries
        if reply.act is Act.ABSENT:
            spans = (*spans, timing.absent_retry)
        # What a person has to set right is asked for soon at first as well: a proxy that is being
        # restarted answers nonsense for a few seconds.
        return backoff.after_failures(failures, chance, spans)

    def beat_seconds(self) -> float:
        """How long from one heartbeat to the next, as the Authority set it within our bounds."""
        told = self.state.heartbeat_interval_sec if self.state else 60
        return backoff.within(told, self.timing.beat_least, self.timing.beat_most)

    def sweep_seconds(self) -> float:
        """How long from one sweep to the next, as the Authority set it within our bounds."""
        told = self.state.sweep_interval_sec if self.state else 300
        return backoff.within(told, self.timing.sweep_least, self.timing.sweep_most)

    def replaced(self, **fields: object) -> State:
        """The state with some fields changed.

        :raises ValueError: there is no state.
        """
        if self.state is None:
            raise ValueError("a node that is not enrolled has no state")
        return msgspec.structs.replace(self.state, **fields)
