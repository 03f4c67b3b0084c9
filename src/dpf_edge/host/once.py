"""A host that asks another host each question once and keeps the answer, refusals included."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from dpf_edge.errors import HostError

if TYPE_CHECKING:
    from collections.abc import Callable

    from dpf_edge.host.seam import Host
    from dpf_edge.model import Interface, Machine, Neighbour, Probe, Ran, Route, Rule

T = TypeVar("T")


class Once:
    """One consistent look at a machine: all detectors judge the same tables.

    A command that hung is not waited for a second time, because its failure is kept too.
    """

    def __init__(self, host: Host) -> None:
        self._host = host
        self._answers: dict[tuple[object, ...], Any] = {}

    def _ask(self, question: Callable[..., T], *of: str) -> T:
        key = (question.__name__, *of)
        if key not in self._answers:
            try:
                self._answers[key] = question(*of)
            except HostError as refusal:
                self._answers[key] = refusal
        answer = self._answers[key]
        if isinstance(answer, HostError):
            raise answer
        return answer  # type: ignore[no-any-return]

    def machine(self) -> Machine:
        """See :meth:`Host.machine`."""
        return self._ask(self._host.machine)

    def env(self, name: str) -> str:
        """See :meth:`Host.env`."""
        return self._ask(self._host.env, name)

    def read(self, path: str) -> str:
        """See :meth:`Host.read`."""
        return self._ask(self._host.read, path)

    def is_dir(self, path: str) -> bool:
        """See :meth:`Host.is_dir`."""
        return self._ask(self._host.is_dir, path)

    def link(self, path: str) -> str:
        """See :meth:`Host.link`."""
        return self._ask(self._host.link, path)

    def interfaces(self) -> tuple[Interface, ...]:
        """See :meth:`Host.interfaces`."""
        return self._ask(self._host.interfaces)

    def routes(self) -> tuple[Route, ...]:
        """See :meth:`Host.routes`."""
        return self._ask(self._host.routes)

    def rules(self) -> tuple[Rule, ...]:
        """See :meth:`Host.rules`."""
        return self._ask(self._host.rules)

    def neighbours(self) -> tuple[Neighbour, ...]:
        """See :meth:`Host.neighbours`."""
        return self._ask(self._host.neighbours)

    def probes(self) -> tuple[Probe, ...]:
        """See :meth:`Host.probes`."""
        return self._ask(self._host.probes)

    def names(self, name: str) -> tuple[str, ...]:
        """See :meth:`Host.names`."""
        return self._ask(self._host.names, name)

    def run(self, *argv: str) -> Ran:
        """See :meth:`Host.run`."""
        return self._ask(self._host.run, *argv)

    def registry(self, key: str) -> str | int:
        """See :meth:`Host.registry`."""
        return self._ask(self._host.registry, key)

    def registry_values(self, under: str) -> tuple[str, ...]:
        """See :meth:`Host.registry_values`."""
        return self._ask(self._host.registry_values, under)
