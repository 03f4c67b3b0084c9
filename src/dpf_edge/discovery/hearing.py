"""An ear that stays open between sweeps: what comes by in the hours, and not in the seconds."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from dpf_edge.discovery.asked import Asked
from dpf_edge.discovery.collectors import collector
from dpf_edge.discovery.job import Stage
from dpf_edge.discovery.sweep import Machine, Sweep
from dpf_edge.discovery.times import stamp
from dpf_edge.observed import Outcome, Status

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dpf_edge.discovery.job import About, Place
    from dpf_edge.model import Diagnosis
    from dpf_edge.observed import Observation

# What was heard stands for so long: leases are renewed and switches announce themselves well
# within it, so a network that does not change is heard as one that does not change.
REMEMBERED_SECONDS = 3600.0
# How often what is older is forgotten.
FORGET_SECONDS = 60.0
# An ear has no deadline that it could miss, and is not to wake the machine for nothing.
LOOK_SECONDS = 5.0


def listeners() -> Mapping[str, About]:
    """The collectors that listen, by name."""
    return {name: about for name, about in collector.about().items() if about.stage is Stage.LISTEN}


class Ear:
    """Every collector that listens, in a thread of its own, until it is told to stop.

    It sends nothing and joins no group. Where it may not listen it ends by itself, and
    :meth:`outcomes` says why.
    """

    def __init__(
        self,
        machine: Machine,
        diagnosis: Diagnosis,
        *,
        even_if_blind: bool = False,
        abouts: Mapping[str, About] | None = None,
    ) -> None:
        self._machine = machine
        asked = Asked(listen=float("inf"), even_if_blind=even_if_blind)
        abouts = listeners() if abouts is None else abouts
        self._sweep = Sweep(machine, diagnosis, asked, abouts=abouts, look_seconds=LOOK_SECONDS)
        self._ended: dict[str, Outcome] = {}

    @property
    def places(self) -> tuple[Place, ...]:
        """The interfaces that it listens on."""
        return self._sweep.scope.places

    def start(self) -> None:
        """Begin to listen."""
        threading.Thread(target=self._listen, daemon=True, name="ear").start()

    def _listen(self) -> None:
        due = self._machine.ticks() + FORGET_SECONDS
        for event in self._sweep.events():
            if event.ended is not None:
                self._ended[event.ended.name] = event.ended
            if self._machine.ticks() >= due:
                self._sweep.forget(stamp(self._machine.wall() - REMEMBERED_SECONDS))
                due += FORGET_SECONDS

    def heard(self) -> tuple[Observation, ...]:
        """What was heard lately."""
        return self._sweep.kept

    def outcomes(self) -> tuple[Outcome, ...]:
        """How each collector does, or did."""
        heard = [each.collector for each in self.heard()]
        working = (
            Outcome(
                name,
                Status.FOUND if name in heard else Status.NOTHING,
                round(self._sweep.seconds, 3),
                found=heard.count(name),
            )
            for name in self._sweep.running
        )
        return tuple({**self._ended, **{each.name: each for each in working}}.values())

    def stop(self) -> None:
        """Listen no longer."""
        self._sweep.stop()
