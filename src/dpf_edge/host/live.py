"""The machine that this process runs on, read once and only as far as it is asked.

Every diagnosis starts here, so what takes long to import (pathlib, subprocess, datetime, json) is
imported where it is used, or left alone where os does as well.
"""

from __future__ import annotations

import os
import stat
import sys
from typing import TYPE_CHECKING, Literal

from dpf_edge.errors import Absent, Denied, Failed, HostError, UnsupportedSystem
from dpf_edge.host import allowed
from dpf_edge.host.file_calls import BINARY, CLOSED_ON_EXEC, NO_WAITING
from dpf_edge.host.once import Once
from dpf_edge.model import Machine, Ran

if TYPE_CHECKING:
    from dpf_edge.host.seam import Host
    from dpf_edge.model import Interface, Neighbour, Probe, Route, Rule

# A command of the allow-list reads local state and answers in milliseconds; wslinfo asks Windows
# across the border and has been seen to take a second there.
COMMAND_SECONDS = 3.0


def live() -> Host:
    """This machine.

    :raises UnsupportedSystem: it is none that can be read live.
    """
    return Once(fresh())


def fresh() -> Host:
    """This machine, read anew with every question.

    :raises UnsupportedSystem: it is none that can be read live.
    """
    if sys.platform == "win32":
        from dpf_edge.host.windows import WindowsHost

        return WindowsHost()
    if sys.platform == "darwin":
        from dpf_edge.host.darwin import DarwinHost

        return DarwinHost()
    if sys.platform != "linux":
        raise UnsupportedSystem(
            f"{sys.platform}: only Linux, Windows and macOS can be read live",
            "take a capture on the machine and judge it with --capture",
        )
    return LinuxHost()


class LinuxHost:
    """Linux by netlink, /proc, /sys and the commands of the allow-list; see :class:`Host`."""

    def machine(self) -> Machine:
        """What the kernel says, from /proc and never uname(2), which a namespace cannot replace."""
        told = os.uname()
        system: Literal["Linux"] = "Linux"
        return Machine(
            system=system,
            release=self._optional("/proc/sys/kernel/osrelease"),
            version=self._optional("/proc/version"),
            architecture=told.machine,
            hostname=readable(told.nodename),
            uid=os.getuid(),
        )

    def _optional(self, path: str) -> str | None:
        try:
            return self.read(path).strip()
        except HostError:
            return None

    def env(self, name: str) -> str:
        """One variable of the allow-list."""
        if name not in allowed.VARIABLES or name not in os.environ:
            raise Absent(name)
        return readable(os.environ[name])

    def read(self, path: str) -> str:
        """One file of the allow-list, filtered; never more than its bound, never a pipe."""
        keep = allowed.FILES.get(path)
        if keep is None:
            raise Absent(f"{path}: not on the list of what may be read")
        return keep(read_text(path))

    def is_dir(self, path: str) -> bool:
        """Whether a directory of the allow-list exists."""
        return path in allowed.DIRECTORIES and os.path.isdir(path)  # noqa: PTH112

    def link(self, path: str) -> str:
        """The target of a symbolic link of the allow-list."""
        try:
            if path in allowed.LINKS:
                return readable(os.readlink(path))  # noqa: PTH115
        except OSError:
            pass
        raise Absent(path)

    def interfaces(self) -> tuple[Interface, ...]:
        """The links of this network namespace."""
        from dpf_edge.host import linux

        return linux.interfaces()

    def routes(self) -> tuple[Route, ...]:
        """The routes of all tables."""
        from dpf_edge.host import linux

        return linux.routes()

    def rules(self) -> tuple[Rule, ...]:
        """The IPv4 rules."""
        from dpf_edge.host import linux

        return linux.rules()

    def neighbours(self) -> tuple[Neighbour, ...]:
        """The neighbour tables as they stand."""
        from dpf_edge.host import linux

        return linux.neighbours()

    def probes(self) -> tuple[Probe, ...]:
        """None: this host only looks."""
        return ()

    def names(self, name: str) -> tuple[str, ...]:
        """What /etc/hosts gives a name of the allow-list."""
        try:
            return hosts(read_text("/etc/hosts")).get(name, ())
        except HostError:
            return ()

    def run(self, *argv: str) -> Ran:
        """One command of the allow-list: its output filtered, its time and size bounded."""
        command = allowed.COMMANDS.get(argv)
        if command is None:
            raise Absent(f"{' '.join(argv)}: not on the list of what may be run")
        if command.needs and not any(os.path.exists(path) for path in command.needs):  # noqa: PTH110
            raise Absent(f"{argv[0]}: none of {', '.join(command.needs)} is there")
        if not is_installed(command.runs[0]):
            raise Absent(f"{argv[0]}: no such program")
        from dpf_edge.host import commands

        ran = commands.run(command.runs, seconds=COMMAND_SECONDS)
        # What it said on stderr is for a person; no detector reads it, so none of it is kept.
        return Ran(argv, ran.status, command.keep(ran.stdout), "")

    def registry(self, key: str) -> str | int:
        """Linux has none."""
        raise Absent(key)

    def registry_values(self, under: str) -> tuple[str, ...]:
        """Linux has none."""
        del under
        return ()


def read_text(path: str) -> str:
    """A regular file's text, bounded, with bytes that are no UTF-8 replaced.

    :raises Absent: it is not there.
    :raises Denied: it may not be read.
    :raises Failed: it is no regular file, is longer than the bound, or breaks off.
    """
    try:
        # Non-blocking: a pipe under a known name must not hold up the answer.
        handle = os.open(path, os.O_RDONLY | NO_WAITING | CLOSED_ON_EXEC | BINARY)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise Absent(path) from error
    except PermissionError as error:
        raise Denied(path) from error
    except OSError as error:
        raise Failed(f"{path}: {error.strerror}") from error
    try:
        # Asked before it becomes a file object, which a folder's descriptor cannot.
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise Failed(f"{path}: not a regular file")
        with open(handle, "rb", closefd=False) as file:
            data = file.read(allowed.FILE_BYTES + 1)
    except PermissionError as error:
        raise Denied(path) from error
    except OSError as error:
        raise Failed(f"{path}: {error.strerror}") from error
    finally:
        os.close(handle)
    if len(data) > allowed.FILE_BYTES:
        raise Failed(f"{path}: longer than {allowed.FILE_BYTES} bytes")
    return data.decode("utf-8", "replace")


def readable(text: str) -> str:
    """A text as the system gives it, with bytes that are no UTF-8 replaced: JSON holds none."""
    return os.fsencode(text).decode("utf-8", "replace")


def is_installed(program: str) -> bool:
    """Whether a program stands on PATH: cheaper than to find out by starting it."""
    folders = os.environ.get("PATH", os.defpath).split(os.pathsep)
    return any(os.access(os.path.join(folder, program), os.X_OK) for folder in folders)  # noqa: PTH118


def hosts(text: str) -> dict[str, tuple[str, ...]]:
    """The names of a hosts file that are on the allow-list, each with its addresses."""
    found: dict[str, tuple[str, ...]] = {}
    for line in text.split("\n"):
        words = line.partition("#")[0].split()
        for name in words[1:]:
            if name in allowed.NAMES and words[0] not in found.get(name, ()):
                found[name] = (*found.get(name, ()), words[0])
    return found


def now() -> str:
    """The time, as RFC 3339 writes it, in UTC and to the second."""
    import datetime

    return datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
