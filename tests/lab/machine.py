"""A machine of the lab: all that a program can tell a machine by, of its own."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .commands import must
from .state import NAMESPACES, RUN

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from .net import Namespace


@dataclass(frozen=True)
class Machine:
    """Network, mount and UTS namespace under one name.

    /sys shows this network's links and not the real machine's; /etc takes writes and keeps them to
    itself; /run is empty but for the lab's own folder.
    """

    net: Namespace
    hostname: str

    @property
    def argv(self) -> tuple[str, ...]:
        """What to put before a command so that it runs in here."""
        return (
            "nsenter",
            f"--net={self.net.path}",
            f"--mount={NAMESPACES / (self.net.name + '.mnt')}",
            f"--uts={NAMESPACES / (self.net.name + '.uts')}",
            "--",
        )


def machine(
    net: Namespace, hostname: str, etc: Mapping[str, str], more: Sequence[str] = ()
) -> Machine:
    """Build a machine around a network namespace.

    `etc` maps names below /etc to their text; `more` are shell lines that run inside, after all
    else, as root and before any program of the place.
    """
    own = RUN / net.name
    upper = own / "etc"
    upper.mkdir(parents=True)
    (own / "etc-work").mkdir()
    for name, text in {"hostname": f"{hostname}\n", "hosts": _hosts(hostname), **etc}.items():
        (upper / name).parent.mkdir(parents=True, exist_ok=True)
        (upper / name).write_text(text)
    files = [NAMESPACES / f"{net.name}.{kind}" for kind in ("mnt", "uts")]
    for file in files:
        file.touch()
    must(
        [
            *("nsenter", f"--net={net.path}", "unshare"),
            *(f"--mount={files[0]}", f"--uts={files[1]}"),
            *("sh", "-eu"),
        ],
        stdin="\n".join([*_lines(hostname, own), *more]) + "\n",
    )
    return Machine(net, hostname)


def _hosts(hostname: str) -> str:
    return f"127.0.0.1\tlocalhost\n127.0.1.1\t{hostname}\n::1\tlocalhost ip6-localhost\n"


def _lines(hostname: str, own: Path) -> list[str]:
    """The shell lines that furnish a new mount namespace."""
    sys, run = own / "sys", own / "run"
    return [
        f"hostname {shlex.quote(hostname)}",
        # sysfs shows the links of the network namespace it was mounted from: without a fresh one a
        # reader of /sys/class/net finds the real machine's adapter. The engines want the cgroups
        # where they were, so these are carried over.
        f"mkdir {sys} {run} {own}/lib {own}/lib-work",
        f"mount -n -t sysfs sysfs {sys}",
        f"mount -n --rbind /sys/fs/cgroup {sys}/fs/cgroup",
        f"mount -n --move {sys} /sys",
        f"mount -n -t overlay -o lowerdir=/etc,upperdir={own}/etc,workdir={own}/etc-work"
        " overlay /etc",
        # Where an engine keeps its own; what it writes beside that is not for this machine's disk.
        f"mount -n -t overlay -o lowerdir=/var/lib,upperdir={own}/lib,workdir={own}/lib-work"
        " overlay /var/lib",
        # Engines leave sockets, locks and namespaces in /run; here these vanish with the machine.
        f"mount -n -t tmpfs -o mode=0755 tmpfs {run}",
        f"mkdir -p {run}/{RUN.name} {run}/lock",
        f"mount -n --bind {RUN} {run}/{RUN.name}",
        f"mount -n --move {run} /run",
    ]
