"""The sweeps' loop: looks at the machine at the Authority's pace, and takes a run where it may.

A look reads this machine's own tables and sends nothing; the node takes one at that pace in any
standing, so that it reports where it stands. Only where the Authority trusts the node and accepts
what it does is the network swept, at the level that the settings allow, and the run kept.
"""

from __future__ import annotations

import asyncio
import uuid
from typing import TYPE_CHECKING, Any

from dpf_edge.level import Level
from dpf_edge.model import Answer
from dpf_edge.node import backoff, runs, snmp_file
from dpf_edge.node.controllers import Controllers
from dpf_edge.node.core import Loop
from dpf_edge.node.happenings import Happenings
from dpf_edge.node.looking import LookFailed
from dpf_edge.node.sweeps import LOOK, asked, is_fatal, run_of
from dpf_edge.observed import Outcome, Status

if TYPE_CHECKING:
    from dpf_edge.discovery.hearing import Ear
    from dpf_edge.discovery.swept import Swept
    from dpf_edge.node.core import Core
    from dpf_edge.node.looking import Sight
    from dpf_edge.node.sweeps import Sweep

KIND = "discovery"


async def run(core: Core) -> None:
    """Sweep for ever."""
    rounds = Rounds(core)
    try:
        while True:
            await core.pause(Loop.SWEEP, await rounds.turn())
    finally:
        rounds.end()


class Rounds:
    """One node's sweeps."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._due = 0.0
        self._could_sweep = False
        self._known: tuple[str, ...] = ()
        self._happenings = Happenings(core)
        self._controllers = Controllers(core)
        self._snmp_warnings: tuple[str, ...] = ()
        self._ear: Ear | None = None
        self._blind: str | None = None

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
        if not may_sweep:
            self.end()
        self._could_sweep = may_sweep
        if now < self._due:
            return self._due - now
        pace = backoff.around(core.sweep_seconds(), core.chance(), core.timing.jitter)
        self._due = now + pace
        try:
            core.sight = await core.looker.look()
            core.looked = core.clock.ticks()
        except LookFailed as error:
            self._failed(error.status, str(error))
            return max(0.0, self._due - core.clock.ticks())
        self._tell_blind(core.sight)
        core.changed.set()
        # It may have been quarantined while the machine was being looked at.
        if core.standing.may_sweep:
            await self._take(core.sight, pace)
        return max(0.0, self._due - core.clock.ticks())

    def _tell_blind(self, sight: Sight) -> None:
        """Say that the LAN is not seen, and that it is again; each once."""
        core, diagnosis = self._core, sight.diagnosis
        blind = diagnosis.lan.why if diagnosis.lan.answer is Answer.NO else None
        if blind and blind != self._blind:
            place = f"this vantage ({diagnosis.vantage.value})"
            core.log.warning(
                "blind",
                f"{place} does not see the LAN: {blind} (`dpf-edge plan` says where it would)",
                vantage=diagnosis.vantage.value,
            )
        elif self._blind and not blind:
            answer = diagnosis.lan.answer.value
            core.log.tell("blind", f"whether the LAN is seen is {answer} now, and no longer no")
        self._blind = blind

    def end(self) -> None:
        """Listen no longer."""
        if self._ear is not None:
            self._ear.stop()
            self._ear = None

    async def _take(self, sight: Sight, pace: float) -> None:
        """Sweep, and keep what was found as a run."""
        core = self._core
        core.begun(Loop.SWEEP)
        observed_at = core.clock.wall()
        swept = await self._swept(sight, pace)
        if swept is None:
            return  # it was quarantined meanwhile, and has stopped
        outcomes = self._ear.outcomes() if self._ear is not None else ()
        found = await core.in_thread(run_of, swept, sight.own, observed_at, outcomes)
        core.outcomes = found.outcomes
        broken = [each for each in found.outcomes if is_fatal(each)]
        if broken:
            # A run is what is there: one that lacks what could not be read would say it is gone.
            says = "; ".join(f"{each.name}: {each.reason}" for each in broken)
            core.failed(Loop.SWEEP, says)
            core.log.fail("sweep-failed", f"a sweep is not kept: {says}")
            return
        self._known = tuple(
            dict.fromkeys(
                address for each in swept.devices if not each.self for address in each.addresses
            )
        )
        await self._keep(found)
        changed = await core.in_thread(self._happenings.note, swept)
        for each in changed:
            core.log.tell("changed", each.summary, what=each.what.value, over=each.is_over)
        if changed:
            core.nudge(Loop.DELIVERY)

    async def _swept(self, sight: Sight, pace: float) -> Swept | None:
        """Sweep beside the event loop; None where the node may not sweep any more."""
        core = self._core
        from dpf_edge.discovery.sweep import Machine, Sweep

        self._listen(sight)
        wanted = asked(core.settings, self._known, pace, await self._told())
        place = core.place
        hosts = iter([sight.host])
        machine = Machine(
            host=lambda: next(hosts, None) or place.host(),
            network=place.network(core.settings.rate),
            ticks=core.clock.ticks,
            wall=core.clock.wall,
            chance=core.chance,
        )
        heard = self._ear.heard() if self._ear is not None else ()
        sweep = await core.in_thread(Sweep, machine, sight.diagnosis, wanted, heard)

        def through() -> None:
            for _ in sweep.events():
                if not core.standing.may_sweep:
                    sweep.stop()

        try:
            await core.in_thread(through)
        except asyncio.CancelledError:
            sweep.stop()
            raise
        return sweep.swept() if core.standing.may_sweep else None

    async def _told(self) -> dict[str, Any]:
        """What collectors are told beside their jobs: this machine's size, and whom to poll.

        The SNMP file is read anew each time, so that a change needs no restart.
        """
        core = self._core
        told: dict[str, Any] = {"hardware": core.place.hardware}
        if core.settings.level.allows(Level.ASK):
            read = await core.in_thread(snmp_file.targets, core.settings.snmp_file)
            if read.warnings != self._snmp_warnings:
                for each in read.warnings:
                    core.log.warning("snmp", each)
            self._snmp_warnings = read.warnings
            told["snmp"] = read.targets
            told["adapters"] = await self._controllers.fetch()
        return told

    def _listen(self, sight: Sight) -> None:
        """Have an ear open where the node looks from now."""
        core = self._core
        from dpf_edge.discovery.hearing import Ear
        from dpf_edge.discovery.sweep import Machine

        place = core.place
        machine = Machine(
            lambda: sight.host,
            place.network(core.settings.rate),
            core.clock.ticks,
            core.clock.wall,
            core.chance,
        )
        ear = Ear(machine, sight.diagnosis)
        if self._ear is not None and self._ear.places == ear.places:
            return
        self.end()
        self._ear = ear
        ear.start()

    async def _keep(self, found: Sweep) -> None:
        """Put a run into the outbox."""
        core = self._core
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
        core.outcomes = (Outcome(LOOK, status, 0.0, why),)
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
            packets=sum(each.packets for each in found.outcomes),
            seconds=round(found.seconds, 3),
            lan=found.diagnosis.lan.answer.value,
            warnings=found.warnings,
        )
