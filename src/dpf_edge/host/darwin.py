"""macOS as a host: its own tools, and the commands of the allow-list."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Literal

from dpf_edge.errors import Absent, HostError
from dpf_edge.host import allowed
from dpf_edge.host.live import LinuxHost, readable
from dpf_edge.model import Machine

if TYPE_CHECKING:
    from dpf_edge.model import Interface, Neighbour, Ran, Route, Rule

SW_VERS = ("/usr/bin/sw_vers", "-productVersion")
# The files of the allow-list that macOS has as well.
FILES = frozenset({"/etc/resolv.conf"})


class DarwinHost(LinuxHost):
    """See :class:`~dpf_edge.host.seam.Host`. The environment, the hosts file and what is read from
    files are POSIX's, as on Linux; there is no /proc and no /sys."""

    def machine(self) -> Machine:
        """What the kernel and ``sw_vers`` say."""
        told = os.uname()
        system: Literal["Darwin"] = "Darwin"
        return Machine(
            system=system,
            release=told.release,
            version=version(),
            architecture=told.machine,
            hostname=readable(told.nodename),
            uid=os.getuid(),
        )

    def read(self, path: str) -> str:
        """One file of the allow-list that macOS has."""
        if path not in FILES:
            raise Absent(path)
        return super().read(path)

    def is_dir(self, path: str) -> bool:
        """None of the folders of the allow-list is one of macOS'."""
        del path
        return False

    def interfaces(self) -> tuple[Interface, ...]:
        """The links."""
        from dpf_edge.host import darwin_network

        return darwin_network.interfaces()

    def routes(self) -> tuple[Route, ...]:
        """The routes."""
        from dpf_edge.host import darwin_network

        return darwin_network.routes()

    def rules(self) -> tuple[Rule, ...]:
        """macOS has none."""
        return ()

    def neighbours(self) -> tuple[Neighbour, ...]:
        """The neighbour tables as they stand."""
        from dpf_edge.host import darwin_network

        return darwin_network.neighbours()

    def run(self, *argv: str) -> Ran:
        """One command of macOS' allow-list."""
        if argv not in allowed.DARWIN_COMMANDS:
            raise Absent(f"{' '.join(argv)}: not on the list of what may be run")
        return super().run(*argv)


def version() -> str | None:
    """``macOS 15.1``, by sw_vers(1); None where it does not say."""
    from dpf_edge.host import commands

    try:
        told = commands.run(SW_VERS, seconds=3.0).stdout.strip()
    except HostError:
        return None
    return f"macOS {told}" if told else None
