"""What is installed on: the machine, its service manager, and where it is written down."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

    from dpf_edge.deploy.step import Service
    from dpf_edge.host.installing import Machine


class Services(Protocol):
    """Windows' service manager, where there is one."""

    def make(self, service: Service) -> None:
        """Make a service, or set one that is there to this, and start it anew.

        :raises DeployError: it could not be made.
        """

    def state(self, name: str) -> str | None:
        """What a service does, in one word; None where there is none.

        :raises DeployError: it may not be asked.
        """

    def remove(self, name: str) -> None:
        """Stop a service and remove it, where it is there.

        :raises DeployError: it is there, and could not be.
        """


class Ground(NamedTuple):
    """What is installed on, and how it is told.

    :ivar journal: where the journal is.
    :ivar say: takes what a person should know while it goes on.
    """

    machine: Machine
    journal: str
    version: str
    say: Callable[[str], None]
    services: Services | None = None


def folder_of(path: str) -> str:
    """The folder that a file stands in, on either system."""
    return path[: max(path.rfind("/"), path.rfind("\\"))]
