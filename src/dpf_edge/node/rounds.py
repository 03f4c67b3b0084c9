"""The sweeps' loop: looks at the machine at the Authority's pace, and takes a run where it may.

A look reads this machine's own tables and sends nothing; the node takes one at that pace in any
standing, so that it reports where it stands. What a look gives is collected and kept only where
the Authority trusts the node and accepts what it does.
"""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from dpf_edge.node import backoff, runs
from dpf_edge.node.core import Loop
from dpf_edge.node.looking import LookFailed
from dpf_edge.node.sweeps import Outcome, Status, sweep

if TYPE_CHECKING:
    from dpf_edge.node.collecting import Sight
    from dpf_edge.node.core import Core
    from dpf_edge.node.sweeps import Sweep

KIND = "discovery"


async def run(core: Core) -> None:
    """Sweep for ever."""
    rounds = Rounds(core)
    while True:
        await core.pause(Loop.SWEEP, await rounds.turn())


class Rounds:
    """One node's sweeps."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._due = 0.0
        self._could_sweep = False

    async def turn(self) -> float:
        """Sweep if it is time to.

        :returns: how many seconds to wait for the next turn.
        """
        core = self._core
        may_sweep, now = core.standing.may_sweep, core.clock.ticks()
        if may_sweep and not self._could_sweep:
            # Once trusted, it sweeps at once; and no sooner than is bearable, should trust come
            # and go.
            last = core.progress[Loop.SWEEP].tried
            self._due = now if last is None else max(now, last + core.timing.sweep_least)
        self._could_sweep = may_sweep
        if now < self._due:
            return self._due - now
        pace = backoff.around(core.sweep_seconds(), core.chance(), core.timing.jitter)
        self._due = now + pace
        try:
            core.sight = await core.looker.look()
        except LookFailed as error:
            self._failed(error.status, str(error))
            return max(0.0, self._due - core.clock.ticks())
        core.changed.set()
        # It may have been quarantined while the machine was being looked at.
        if core.standing.may_sweep:
            await self._take(core.sight)
        return max(0.0, self._due - core.clock.ticks())

    async def _take(self, sight: Sight) -> None:
        """Collect what a look gives, and keep it as a run."""
        core = self._core
        core.begun(Loop.SWEEP)
        found = await core.in_thread(sweep, sight, core.clock.wall(), core.clock.ticks)
        core.outcomes = found.outcomes
        broken = [each for each in found.outcomes if each.status is Status.FAILED]
        if broken:
            # A run is what is there: one that lacks what could not be read would say it is gone.
            told = "; ".join(f"{each.collector}: {each.why}" for each in broken)
            core.failed(Loop.SWEEP, told)
            core.log.fail("sweep-failed", f"a sweep is not kept: {told}")
            return
        dropped = await core.in_thread(core.outbox.dropped, unreported=True)
        also = [
            f"outbox: {number} runs were dropped: {reason}" for reason, number in dropped.items()
        ]
        run_key = str(uuid.uuid4())
        parts = await core.in_thread(runs.bodies, found, run_key, core.agent, also)
        await core.in_thread(core.outbox.put, KIND, parts, found.observed_at, reports=dropped)
        core.worked(Loop.SWEEP)
        self._say(found, run_key, len(parts))
        await core.measure()
        core.nudge(Loop.DELIVERY)

    def _failed(self, status: Status, why: str) -> None:
        """Note a sweep that came to nothing."""
        core = self._core
        core.outcomes = (Outcome("look", status, 0, 0.0, why),)
        core.failed(Loop.SWEEP, why)
        core.log.fail("sweep-failed", why)

    def _say(self, found: Sweep, run_key: str, parts: int) -> None:
        """Say that a run was taken; on return of ``put`` it outlives anything."""
        self._core.log.tell(
            "taken",
            f"a run was taken: {len(found.seen.things)} things, {len(found.seen.links)} links",
            run=run_key,
            parts=parts,
            things=len(found.seen.things),
            links=len(found.seen.links),
            seconds=round(found.seconds, 3),
            lan=found.diagnosis.lan.answer.value,
            warnings=found.warnings,
        )
