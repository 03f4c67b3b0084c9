"""The Windows host of the stage: 192.168.0.200 on the LAN, with wsl.exe and docker.exe.

Its address is the mirrored distro's too, as on the real thing, where both are one card. Here they
are two, so this one's cable is in only while somebody uses the host: two cards with one address
would be a fault that discovery is right to report.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tests.lab import docker_desktop, wsl_distro
from tests.lab.commands import Done, LabError, must, run, start_daemon, wait_until
from tests.lab.engine import DOCKER, socket
from tests.lab.lan import PREFIX_LENGTH, ROUTER
from tests.lab.machine import Machine, machine
from tests.lab.net import PREFIX as NAMESPACE_PREFIX
from tests.lab.net import End, Namespace, namespace, ping, plug
from tests.lab.state import LOGS, NAMESPACES, NETNS, RUN, read_state

from .prefix import COMPILER, PYTHON, Prefix, packages, prefix

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from tests.lab.lab import Lab

NAME = "windows-host"
ADDRESS = wsl_distro.ADDRESS
_MAC = "04:ec:d8:10:02:02"  # Intel, as the mirrored link's

DISTRO = "docker-desktop"

# No other port of the switch has this number; the stage counts its own from 1.
_PORT = 200
_PORT_MAC = "9c:3d:cf:10:00:c8"

RELAY = Path(__file__).with_name("relay.py")
STAND_IN = Path(__file__).with_name("stand_in.c")
# Where Docker Desktop has its client on Windows, and puts it on PATH.
_DOCKER_FOLDER = Path("Program Files") / "Docker" / "Docker" / "resources" / "bin"

# Python's start takes 1.5 s with a cold Wine; compare starts two containers on two busy cores.
SECONDS = 60.0


@dataclass(frozen=True)
class WindowsHost:
    """The host as a test has it."""

    machine: Machine
    prefix: Prefix

    def run(
        self,
        argv: Sequence[str],
        *,
        timeout: float = SECONDS,
        env: Mapping[str, str] | None = None,
        stdin: str | None = None,
    ) -> Done:
        """Run a Windows program here, by its Windows path; `env` beside what it has already.

        Raises subprocess.TimeoutExpired; any exit code is the caller's to judge.
        """
        variables = {"WINEPATH": _windows(_DOCKER_FOLDER), **(env or {})}
        bounded = ("timeout", "--signal=KILL", str(timeout))
        enter = (*self.machine.argv, *bounded)
        inside = self.prefix.argv(*(f"{name}={value}" for name, value in variables.items()))
        done = run([*enter, *inside, *argv], timeout=timeout + 5, stdin=stdin)
        done.stdout, done.stderr = (
            text.replace("\r\n", "\n") for text in (done.stdout, done.stderr)
        )
        return done

    def python(self, *arguments: str, **options: object) -> Done:
        """Run Windows' Python; its output is UTF-8."""
        return self.run([PYTHON, "-X", "utf8", *arguments], **options)  # type: ignore[arg-type]

    def dpf_edge(self, *arguments: str, **options: object) -> Done:
        """Run the program, as Windows' Python would without being told of any encoding."""
        return self.run([PYTHON, "-m", "dpf_edge", *arguments], **options)  # type: ignore[arg-type]

    def stop_distro(self) -> None:
        """End the distro as far as wsl.exe tells; the next that enters it starts it again."""
        done = self.run(["wsl.exe", "--terminate", DISTRO])
        if done.returncode != 0:
            raise LabError(f"wsl.exe did not end it: {done.stdout}{done.stderr}")


def _windows(below_drive: Path) -> str:
    return "C:\\" + str(below_drive).replace("/", "\\")


def build(lab: Lab) -> WindowsHost:
    """Build the host beside the standing stage, no cable in it yet."""
    state = read_state()
    if state is None:
        raise LabError("no lab stands that the Windows host could stand in")
    end()
    work = Path(state.work) / NAME
    for left in (work, RUN / (NAMESPACE_PREFIX + NAME)):
        shutil.rmtree(left, ignore_errors=True)
    net = namespace(NAME)
    host = machine(net, "DESKTOP-7Q2K9", {})
    made = prefix(work / "prefix")
    packages()
    _stand_ins(made)
    plan = RUN / "windows-host.json"
    plan.write_text(
        json.dumps(
            {
                "distros": {
                    DISTRO: list(lab.places[wsl_distro.NAME].argv),
                },
                "running": [DISTRO],
                "docker": [DOCKER, "-H", f"unix://{socket(docker_desktop.NAME)}"],
                "engine": str(socket(docker_desktop.NAME)),
            }
        )
    )
    # In the host's network, but with this machine's files: it has to enter other places.
    start_daemon([*net.argv, sys.executable, str(RELAY), str(plan)], log=LOGS / "windows-host.log")
    return WindowsHost(host, made)


def _stand_ins(made: Prefix) -> None:
    """Compile the stand-ins to where Windows has the real ones."""
    wsl = made.drive / "windows" / "system32" / "wsl.exe"
    docker = made.drive / _DOCKER_FOLDER / "docker.exe"
    docker.parent.mkdir(parents=True)
    wsl.unlink(missing_ok=True)
    flags = ("-municode", "-O2", "-Wall", "-Wextra", "-Werror", "-s")
    must([COMPILER, *flags, "-o", str(docker), str(STAND_IN), "-lws2_32"])
    shutil.copy2(docker, wsl)


@contextlib.contextmanager
def plugged_in(host: WindowsHost, lab: Lab) -> Iterator[WindowsHost]:
    """The host with its cable in and its neighbours met; the cable is out again at the end."""
    net = host.machine.net
    switch = Namespace(f"{NAMESPACE_PREFIX}lan")
    plug(switch, "br-lan", End(net, "eth0", _MAC), _PORT, _PORT_MAC)
    try:
        net.ip(
            f"addr add {ADDRESS}/{PREFIX_LENGTH} brd + dev eth0",
            f"route add default via {ROUTER} dev eth0",
        )
        ping(host.machine.argv, [device.address for device in lab.devices.values()])
        if not wait_until(lambda: _relay_answers(net), seconds=10):
            raise LabError(f"the relay does not listen; see {LOGS / 'windows-host.log'}")
        yield host
    finally:
        net.ip("link del eth0")


def _relay_answers(net: Namespace) -> bool:
    return ":4711" in run([*net.argv, "ss", "-ltnH"]).stdout


def end(name: str = NAMESPACE_PREFIX + NAME) -> None:
    """Take the host away, whole or half made, with all that runs in it; the stage stays."""
    if not (NETNS / name).exists():
        return

    def killed() -> bool:
        # What stands in the namespace is the host's own: Wine's server, its programs, the relay.
        pids = run(["ip", "netns", "pids", name]).stdout.split()
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(pid), signal.SIGKILL)
        return not pids

    if not wait_until(killed, seconds=10):
        raise LabError("what runs on the Windows host does not end")
    for kind in ("mnt", "uts"):
        file = NAMESPACES / f"{name}.{kind}"
        run(["umount", "-n", "-l", str(file)])
        file.unlink(missing_ok=True)
    must(["ip", "netns", "del", name])


__all__ = ["ADDRESS", "NAME", "WindowsHost", "build", "end", "plugged_in"]
