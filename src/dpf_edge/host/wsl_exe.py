"""WSL from outside and inside: what runs in it, how to end it, whose ``.wslconfig`` it reads."""

from __future__ import annotations

import os
import re
import sys

from dpf_edge.errors import HostError, WslConfigWhere, WslUnavailable
from dpf_edge.host import commands
from dpf_edge.host.live import is_installed, read_text

WSL = "wsl.exe"
NAME = ".wslconfig"
# wsl.exe asks a service, which may have to start first.
ASK_SECONDS = 15.0
# Ending every distribution waits for what runs in them.
SHUTDOWN_SECONDS = 120.0
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
    return lines(told.stdout) if told.status == 0 else ()


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


def shut_down() -> None:
    """``wsl --shutdown``: end every distribution and WSL's virtual machine.

    :raises WslUnavailable: it could not be, or failed.
    """
    try:
        told = commands.run((WSL, "--shutdown"), seconds=SHUTDOWN_SECONDS)
    except HostError as error:
        raise WslUnavailable(str(error)) from error
    if told.status != 0:
        said = " ".join(lines(told.stdout + told.stderr))[:200]
        raise WslUnavailable(f"{WSL} --shutdown ended with {told.status}: {said}")
