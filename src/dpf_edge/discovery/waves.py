"""Who asks those that were found, and when: details are asked for while others still find. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dpf_edge.discovery.walk import Walk, number_of
from dpf_edge.level import Level

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from dpf_edge.discovery.reach import Reached
    from dpf_edge.discovery.scope import Task

# Addresses are gathered for so long before they are asked: most of a segment answers within it.
GATHER_SECONDS = 0.3
# Ranges behind a router are walked by connections too, since whoever filters echoes may still
# serve; at some twenty ports an address, no further than this many addresses.
MOST_ROUTED = 1024
# Of addresses that are only told of, so many are asked about: a router's table has fewer.
MOST_TOLD = 4096


class Waves:
    """The collectors of the stage *detail*, and the addresses that each has still to ask."""

    def __init__(self, tasks: Iterable[Task], reached: Reached) -> None:
        self._tasks, self._reached = tuple(tasks), reached
        self._found: dict[str, float] = {}
        self._told: dict[str, float] = {}
        self._given: dict[str, set[str]] = {task.name: set() for task in self._tasks}
        self._to_walk = {task.name for task in self._tasks if walks_too(task, reached)}
        for each in reached.known:
            self._found[each] = float("-inf")

    def add(self, addresses: Iterable[str], now: float) -> None:
        """Addresses were found; those that may not be asked are left out."""
        for each in addresses if self._tasks else ():
            if self._reached.may_be_asked(each):
                self._found.setdefault(each, now)
            elif len(self._told) < MOST_TOLD and self._reached.may_be_asked_about(each):
                self._told.setdefault(each, now)

    def only(self, believed: Collection[str]) -> None:
        """Forget the addresses that only those told of who are not believed."""
        known = {*self._reached.known}
        self._found = {k: at for k, at in self._found.items() if k in believed or k in known}
        self._told = {k: at for k, at in self._told.items() if k in believed}

    @property
    def are_waiting(self) -> bool:
        """Whether somebody is still to be asked."""
        return bool(self._to_walk) or any(self._fresh(task) for task in self._tasks)

    def due(
        self, now: float, busy: Collection[str], *, is_finding: bool
    ) -> Iterator[tuple[Task, Collection[str]]]:
        """The collectors that are to begin now, with their targets.

        :param busy: the collectors that are at work.
        :param is_finding: whether others may still find somebody.
        """
        for task in self._tasks:
            fresh = self._fresh(task)
            if task.name in busy:
                continue
            since = {**self._told, **self._found}
            oldest = min((since[each] for each in fresh), default=now)
            if fresh and (not is_finding or now - oldest >= GATHER_SECONDS):
                self._given[task.name].update(fresh)
                yield task, fresh
            elif not fresh and not is_finding and task.name in self._to_walk:
                self._to_walk.discard(task.name)
                yield task, self._rest(task)

    def _fresh(self, task: Task) -> tuple[str, ...]:
        """The addresses that a collector was not given yet."""
        given = self._given[task.name]
        found = (*self._found, *(self._told if task.about.asks_others else ()))
        return tuple(each for each in found if each not in given)

    def _rest(self, task: Task) -> Walk:
        """The addresses behind routers of which nothing is known."""
        reached, given = self._reached, self._given[task.name]
        passed = {number_of(each) for each in given} - {None}
        without = reached.without | {each for each in passed if each is not None}
        return Walk((), reached.routed, without, reached.chance)


def walks_too(task: Task, reached: Reached) -> bool:
    """Whether a collector walks behind routers once all others are done."""
    size = sum(each.num_addresses for each in reached.routed)
    is_routed = task.about.level is Level.PROBE and task.about.reach == "routed"
    return is_routed and 0 < size <= MOST_ROUTED
