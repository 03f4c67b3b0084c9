"""WSL from outside and inside: what runs in it, how to end it, whose ``.wslconfig`` it reads."""

from __future__ import annotations

import os
import re
import sys
from importlib import resources
from typing import TYPE_CHECKING, NamedTuple

from dpf_edge.errors import Absent, Failed, HostError, WslConfigWhere, WslUnavailable
from dpf_edge.host import commands
from dpf_edge.host.live import is_installed, read_text

if TYPE_CHECKING:
    from dpf_edge.host.capture import Capture

WSL = "wsl.exe"
NAME = ".wslconfig"
# wsl.exe asks a service, which may have to start first.
ASK_SECONDS = 15.0
# Ending every distribution waits for what runs in them.
SHUTDOWN_SECONDS = 120.0
# The virtual machine starts, then the distribution: 3 to 8 s where nothing ran, more on a disk that
# turns.
LOOK_SECONDS = 60.0
# Of Docker Desktop before 4.30: a disk with nothing in it that could be run.
WITHOUT_A_SHELL = frozenset({"docker-desktop-data"})
# More than anybody has; each costs the seconds of a start.
MOST_DISTRIBUTIONS = 16
# How much of wsl.exe's own words is passed on.
MOST_WORDS = 200
# What autoProxy sets in a distribution. Their values may hold a password, and are not read.
PROXY_VARIABLES = ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy", "WSL_PAC_URL")


def default_path() -> str:
    """The ``.wslconfig`` that WSL reads for the Windows user who asks.

    :raises WslConfigWhere: this is neither Windows nor WSL, or Windows does not say.
    """
    if sys.platform == "win32":
        profile = os.environ.get("USERPROFILE", "")
    elif is_wsl():
        profile = profile_from_inside()
    else:
        raise WslConfigWhere(
            "this is neither Windows nor WSL, so there is no .wslconfig of this machine's",
            "name one: --file FILE",
        )
    if not profile:
        raise WslConfigWhere("Windows does not say where its user's folder is", "use --file FILE")
    return os.path.join(profile, NAME)  # noqa: PTH118


def is_wsl() -> bool:
    """Whether this process runs in a WSL distribution, by its kernel's name."""
    try:
        return "microsoft" in read_text("/proc/sys/kernel/osrelease").lower()
    except HostError:
        return False


def profile_from_inside() -> str:
    """The Windows user's folder as a path of the distribution; empty where it cannot be told.

    cmd.exe is asked in UTF-16 (``/u``), because a name may hold what no code page has.
    """
    try:
        told = commands.run(
            ("cmd.exe", "/u", "/d", "/c", "echo %UserProfile%"), seconds=ASK_SECONDS
        )
        windows = told.stdout.strip()
        # An unset variable is echoed as it is written.
        if told.status != 0 or not windows or windows.startswith("%"):
            return ""
        found = commands.run(("wslpath", "-u", windows), seconds=ASK_SECONDS)
    except HostError:
        return ""
    return found.stdout.strip() if found.status == 0 else ""


def proxy_variables() -> tuple[str, ...]:
    """The names of the proxy variables that are set here."""
    return tuple(name for name in PROXY_VARIABLES if name in os.environ)


def started_at() -> float | None:
    """When this machine's kernel started, in seconds since 1970 (``btime``, proc(5))."""
    try:
        found = re.search(r"^btime (\d+)$", read_text("/proc/stat"), re.MULTILINE)
    except HostError:
        return None
    return None if found is None else float(found[1])


def available() -> None:
    """Make sure that there is a WSL to restart.

    :raises WslUnavailable: there is no wsl.exe on PATH.
    """
    if not is_installed(WSL):
        raise WslUnavailable(f"{WSL}: not found, so there is no WSL here to restart")


def running() -> tuple[str, ...]:
    """The distributions that run. With none, wsl.exe says so in Windows' language and fails.

    :raises WslUnavailable: it cannot be asked.
    """
    try:
        told = commands.run((WSL, "--list", "--running", "--quiet"), seconds=ASK_SECONDS)
    except HostError as error:
        raise WslUnavailable(str(error)) from error
    return names(told.stdout) if told.status == 0 else ()


class Listed(NamedTuple):
    """The distributions that are installed and can be looked from, the default one first.

    :ivar why: why there are none, where there is a wsl.exe and it named none: in its own words,
        which are in Windows' language, or that it does not answer.
    """

    names: tuple[str, ...]
    why: str = ""


def listed() -> Listed:
    """Which distributions there are. Nothing is started to find out.

    A Windows without WSL has a wsl.exe too, which prints its usage or offers to install WSL, and
    then waits for a key: it is given none, and no longer than its time.
    """
    try:
        told = commands.run((WSL, "--list", "--quiet"), seconds=ASK_SECONDS)
    except Absent:
        return Listed(())
    except HostError as error:
        return Listed((), str(error))
    named = names(told.stdout) if told.status == 0 else ()
    if named:
        with_shell = (name for name in named if name not in WITHOUT_A_SHELL)
        return Listed(tuple(with_shell)[:MOST_DISTRIBUTIONS])
    said = words(told.stdout + "\n" + told.stderr)
    return Listed((), f"{WSL} lists no distribution" + (f": {said}" if said else ""))


def distributions() -> tuple[str, ...]:
    """The distributions of :func:`listed`, whyever there may be none."""
    return listed().names


def names(text: str) -> tuple[str, ...]:
    """The lines that can be names of distributions; sentences, usage and escapes are none.

    WSL takes ``^[a-zA-Z0-9._-]+$`` and refuses all others (microsoft/WSL issues 3751 and 14039).
    A word that begins with a hyphen would be an option.
    """
    return tuple(line for line in lines(text) if re.fullmatch(r"[a-zA-Z0-9._][\w.-]*", line, re.A))


def command_line(name: str) -> tuple[str, ...]:
    """What runs a shell in a distribution."""
    return (WSL, "--distribution", name, "--exec", "sh")


def look(name: str) -> Capture:
    """A capture from inside a distribution, which is started for it where it does not run.

    :raises HostError: it could not be entered, or did not end in time.
    :raises CaptureError: what it printed is no capture.
    """
    from dpf_edge.host import capture

    script = (resources.files("dpf_edge.host") / "probe.sh").read_bytes()
    ran = commands.run((*command_line(name), "-s"), seconds=LOOK_SECONDS, stdin=script)
    if ran.status != 0:
        # wsl.exe prints its own errors on stdout.
        said = words(ran.stderr + "\n" + ran.stdout)
        raise Failed(f"{name}: {said or f'ended with status {ran.status}'}")
    return capture.decode(ran.stdout.encode(), name)


def version() -> str | None:
    """WSL's own version, ``2.6.3.0``; None before it came from the Store, and where there is none.

    The label before the number is in Windows' language: ``WSL version: ``, ``WSL 版本：``.
    """
    try:
        told = commands.run((WSL, "--version"), seconds=ASK_SECONDS)
    except HostError:
        return None
    first = next(iter(lines(told.stdout)), "") if told.status == 0 else ""
    found = re.search(r"[:：]\s*(\d+(?:\.\d+){1,3})\b", first)
    return found[1] if found else None


def containers() -> tuple[str, ...] | None:
    """The containers that run; None where no engine answers."""
    try:
        told = commands.run(("docker", "ps", "--format", "{{.Names}}"), seconds=ASK_SECONDS)
    except HostError:
        return None
    return lines(told.stdout) if told.status == 0 else None


def lines(text: str) -> tuple[str, ...]:
    """The lines of a text that hold anything; wsl.exe may end one in CR CR LF."""
    return tuple(line.strip() for line in text.replace("\r", "\n").split("\n") if line.strip())


def words(text: str) -> str:
    """What wsl.exe says, in one line and not too much of it."""
    return " ".join(lines(text))[:MOST_WORDS]


def shut_down() -> None:
    """``wsl --shutdown``: end every distribution and WSL's virtual machine.

    :raises WslUnavailable: it could not be, or failed.
    """
    try:
        told = commands.run((WSL, "--shutdown"), seconds=SHUTDOWN_SECONDS)
    except HostError as error:
        raise WslUnavailable(str(error)) from error
    if told.status != 0:
        said = words(told.stdout + "\n" + told.stderr)
        raise WslUnavailable(f"{WSL} --shutdown ended with {told.status}: {said}")
