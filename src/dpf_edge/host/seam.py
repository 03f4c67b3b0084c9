"""The seam: what the rest of the project may ask a machine, live or recorded.

A live machine and a replayed capture answer alike, so a detector cannot tell them apart, and a
customer's machine can be judged again on a developer's desk.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from dpf_edge.model import Interface, Machine, Neighbour, Probe, Ran, Route, Rule


class Host(Protocol):
    """One machine as seen from one process. Every method may be called more than once.

    What cannot be learnt is raised as :class:`~dpf_edge.errors.Absent` (not there),
    :class:`~dpf_edge.errors.Denied` (may not be read) or :class:`~dpf_edge.errors.Failed`
    (there, and unusable); nothing else is raised.
    """

    def machine(self) -> Machine:
        """What the machine says of itself."""

    def env(self, name: str) -> str:
        """One environment variable of the allow-list."""

    def read(self, path: str) -> str:
        """The text of one file of the allow-list, filtered as the charter says."""

    def is_dir(self, path: str) -> bool:
        """Whether a directory exists."""

    def link(self, path: str) -> str:
        """The target of a symbolic link, as written."""

    def interfaces(self) -> tuple[Interface, ...]:
        """The interfaces of this network namespace, by index."""

    def routes(self) -> tuple[Route, ...]:
        """The routes of every table but the kernel's own ``local``."""

    def rules(self) -> tuple[Rule, ...]:
        """The IPv4 routing rules, by priority."""

    def neighbours(self) -> tuple[Neighbour, ...]:
        """The neighbour tables, IPv4 and IPv6, as they stand: nothing is sent to fill them."""

    def probes(self) -> tuple[Probe, ...]:
        """The active checks that were made, and what they gave; none unless they were asked for."""

    def names(self, name: str) -> tuple[str, ...]:
        """The addresses that the hosts file gives a name; no resolver is asked."""

    def run(self, *argv: str) -> Ran:
        """The result of one command of the allow-list, within its deadline."""

    def registry(self, key: str) -> str | int:
        """One value of the Windows registry: ``KEY\\VALUE``."""

    def registry_values(self, under: str) -> tuple[str, ...]:
        """The names, ``KEY\\VALUE``, of all values below one key of the Windows registry."""
