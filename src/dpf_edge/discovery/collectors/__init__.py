"""One collector a file: each looks or asks in one way, and yields what it sees as it sees it.

A collector lets :class:`~dpf_edge.errors.HostError` out where it cannot work at all; its outcome
is then *failed*, or *skipped* where a privilege is missing, with the reason.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from dpf_edge.discovery.job import About, Collector, Stage
from dpf_edge.registry import Registry

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from dpf_edge.level import Level


class Collectors(Registry[Collector]):
    """The collectors by name, each with what it says of itself."""

    def __init__(self, package: str) -> None:
        super().__init__(package)
        self._about: dict[str, About] = {}

    def declare(
        self,
        name: str,
        *,
        level: Level,
        stage: Stage,
        reach: str,
        reads: str,
        sends: str,
        needs: str | None = None,
        without: str | None = None,
        each: int = 2,
        stands_in_for: str | None = None,
        asks_others: bool = False,
        named_in: str | None = None,
    ) -> Callable[[Collector], Collector]:
        """Register the decorated collector, with what it reads, sends and needs."""
        register = self(name)

        def declared(function: Collector) -> Collector:
            self._about[name] = About(
                level,
                stage,
                reach,
                reads,
                sends,
                needs,
                without,
                each,
                stands_in_for,
                asks_others,
                named_in,
            )
            return register(function)

        return declared

    def about(self) -> Mapping[str, About]:
        """What each collector says of itself, in the order of their names."""
        return MappingProxyType({name: self._about[name] for name in self.all()})


collector = Collectors(__name__)
