"""What is installed on this machine, and how its service does."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import msgspec

from dpf_edge.deploy import compose, journal, launchd, systemd, windows_service
from dpf_edge.deploy.step import Left, Trace
from dpf_edge.errors import DeployError
from dpf_edge.host import places
from dpf_edge.host.windows_service import Manager

if TYPE_CHECKING:
    from dpf_edge.host.installing import Machine
    from dpf_edge.model import Ran

ASK_SECONDS = 10.0
# As the container's own health check is given.
INSIDE_SECONDS = 20.0
SAID_CHARACTERS = 100
# Both generations of Compose label what they start, and name it differently.
LISTED = (
    "docker",
    "ps",
    "--all",
    "--filter",
    f"label=com.docker.compose.project={compose.PROJECT}",
)


class Installed(msgspec.Struct, frozen=True, kw_only=True):
    """The node that `dpf-edge install` put here.

    :ivar target: systemd, launchd, windows-service or compose.
    :ivar version: of the program that installed it.
    :ivar phase: installed; or installing, removing: it was interrupted.
    :ivar service: what its supervisor says of it, in its own words; None where it says nothing.
    """

    target: str
    version: str
    phase: str
    service: str | None


def journal_path() -> str:
    """Where it is written down what is installed: readable by all, it holds no secret."""
    if sys.platform == "win32":
        return rf"{places.program_data()}\installed.json"
    return "/etc/dpf-edge/installed.json"


def installed(machine: Machine, path: str) -> Installed | None:
    """What is installed; None where nothing is, or where that may not be read."""
    try:
        data = machine.read(path)
        told = None if data is None else journal.decode(path, data)
    except DeployError:
        return None
    if told is None:
        return None
    return Installed(
        target=told.target,
        version=told.version,
        phase=told.phase.value,
        service=service(machine, told.target),
    )


def service(machine: Machine, target: str) -> str | None:
    """What a supervisor says of the service; None where it cannot be asked."""
    try:
        if target == "systemd":
            argv = ("systemctl", "show", systemd.UNIT, "--property=ActiveState,SubState")
            told = properties(machine.run(argv, ASK_SECONDS).stdout)
            return f"{told['ActiveState']} ({told['SubState']})"
        if target == "launchd":
            ran = machine.run(("launchctl", "print", launchd.SERVICE), ASK_SECONDS)
            return state_line(ran.stdout) if ran.status == 0 else "not loaded"
        if target == "compose":
            return first_line(machine.run((*LISTED, "--format", "{{.Status}}"), ASK_SECONDS))
        if target == "windows-service":
            return Manager().state(windows_service.NAME) or "missing"
    except (DeployError, KeyError):
        return None
    return None


def first_line(ran: Ran) -> str | None:
    """The first line that a command printed; None where it failed."""
    if ran.status != 0:
        return None
    return next(iter(ran.stdout.splitlines()), "no container")[:SAID_CHARACTERS]


def asked_inside(machine: Machine) -> str | None:
    """What the node in the container prints for `dpf-edge status --json`; None where none does."""
    try:
        named = first_line(machine.run((*LISTED, "--quiet"), ASK_SECONDS))
        if named is None or not named.isalnum():
            return None
        argv = ("docker", "exec", named, "dpf-edge", "status", "--json")
        return machine.run(argv, INSIDE_SECONDS).stdout or None
    except DeployError:
        return None


def kept_state(machine: Machine) -> tuple[Trace, ...]:
    """The state that an uninstall without a purge left here, of whatever form."""
    if sys.platform == "win32":
        data = places.program_data()
        paths = tuple(rf"{data}\{name}" for name in windows_service.STATE_FILES)
    elif sys.platform == "darwin":
        paths = (launchd.Layout().state,)
    else:
        layout = systemd.Layout()
        paths = (layout.state, layout.state_behind)
    trees = tuple(Trace(Left.TREE, path, is_state=True) for path in paths if machine.stands(path))
    if not has_volume(machine):
        return trees
    volume = Trace(Left.COMMAND, argv=compose.REMOVE_VOLUME, is_state=True, must=True)
    return (*trees, volume)


def has_volume(machine: Machine) -> bool:
    """Whether an engine here has the volume of a node that was installed as a container."""
    try:
        ran = machine.run(compose.LOOK_FOR_VOLUME, ASK_SECONDS)
    except DeployError:
        return False
    return ran.status == 0 and ran.stdout.strip() == compose.VOLUME


def properties(text: str) -> dict[str, str]:
    """What `systemctl show` prints: a property a line."""
    return dict(line.split("=", 1) for line in text.splitlines() if "=" in line)


def state_line(text: str) -> str | None:
    """The state in what `launchctl print` prints, which Apple promises nothing of."""
    for line in text.splitlines():
        name, equals, value = line.strip().partition(" = ")
        if equals and name == "state":
            return value[:40]
    return None
