"""Windows as a host: IP Helper, the registry and the commands of the allow-list.

Nothing is read from text in Windows' language, and no path of Linux's list is opened: on Windows
``/proc/version`` would be whatever somebody put at ``C:\\proc\\version``.
"""

from __future__ import annotations

import ctypes
import os
import sys
from typing import TYPE_CHECKING, Literal

from dpf_edge.errors import Absent, HostError
from dpf_edge.host import allowed, ip_helper, windows_registry
from dpf_edge.model import Machine, Ran

if TYPE_CHECKING:
    from dpf_edge.model import Interface, Neighbour, Probe, Route, Rule

COMMAND_SECONDS = 5.0  # wsl.exe asks a service, which may have to start first
WINDOWS_VERSION = "HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion"
DNS_NAME = 1  # ComputerNameDnsHostname (sysinfoapi.h): not cut to 15 letters, not in capitals
NAME_UNITS = 256
PIPES = "\\\\.\\pipe\\"
BUSY_TOO_LONG = 121  # ERROR_SEM_TIMEOUT: the pipe is there, and all its ends are taken


class WindowsHost:
    """See :class:`~dpf_edge.host.seam.Host`."""

    def machine(self) -> Machine:
        """What Windows says of itself: its build, and its name as DNS has it."""
        system: Literal["Windows"] = "Windows"
        build = release()
        return Machine(
            system=system,
            release=build,
            version=version(build),
            architecture=architecture(),
            hostname=hostname(),
            uid=None,
        )

    def env(self, name: str) -> str:
        """One variable of the allow-list."""
        if name not in allowed.VARIABLES or name not in os.environ:
            raise Absent(name)
        return os.environ[name].encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")

    def read(self, path: str) -> str:
        """None of the files of the allow-list is a Windows file."""
        raise Absent(path)

    def is_dir(self, path: str) -> bool:
        """None of the folders of the allow-list is one of Windows'."""
        del path
        return False

    def link(self, path: str) -> str:
        """None of the links of the allow-list is one of Windows'."""
        raise Absent(path)

    def interfaces(self) -> tuple[Interface, ...]:
        """The adapters."""
        from dpf_edge.host import windows_network

        return windows_network.interfaces()

    def routes(self) -> tuple[Route, ...]:
        """The routes."""
        from dpf_edge.host import windows_network

        return windows_network.routes()

    def rules(self) -> tuple[Rule, ...]:
        """Windows has none."""
        return ()

    def neighbours(self) -> tuple[Neighbour, ...]:
        """The neighbour tables as they stand."""
        from dpf_edge.host import windows_network

        return windows_network.neighbours()

    def probes(self) -> tuple[Probe, ...]:
        """None: this host only looks."""
        return ()

    def names(self, name: str) -> tuple[str, ...]:
        """What Windows' hosts file gives a name of the allow-list."""
        from dpf_edge.host.live import hosts, read_text

        folder = os.environ.get("SYSTEMROOT", r"C:\Windows")
        try:
            text = read_text(os.path.join(folder, "System32", "drivers", "etc", "hosts"))  # noqa: PTH118
        except HostError:
            return ()
        return hosts(text).get(name, ())

    def run(self, *argv: str) -> Ran:
        """One command of the allow-list: its output filtered, its time and size bounded."""
        command = allowed.commands("Windows").get(argv)
        if command is None:
            raise Absent(f"{' '.join(argv)}: not on the list of what may be run")
        if command.needs and not any(is_pipe(path) for path in command.needs):
            raise Absent(f"{argv[0]}: none of {', '.join(command.needs)} is there")
        from dpf_edge.host import commands

        ran = commands.run(command.runs, seconds=COMMAND_SECONDS)
        return Ran(argv, ran.status, command.keep(ran.stdout), "")

    def registry(self, key: str) -> str | int:
        """One value of the allow-list."""
        return windows_registry.value(key)

    def registry_values(self, under: str) -> tuple[str, ...]:
        """The values of the allow-list that are there below a key."""
        return windows_registry.values(under)


def release() -> str | None:
    """``10.0.BUILD`` (RtlGetVersion, which tells the truth whatever a program is made for)."""
    # OSVERSIONINFOW (winnt.h): its size, major, minor, build, platform, and 128 units of text.
    told = (ctypes.c_uint32 * (5 + 64))()
    told[0] = ctypes.sizeof(told)
    try:
        number = ip_helper.library("ntdll").RtlGetVersion(ctypes.byref(told))
    except HostError:
        return None
    return f"{told[1]}.{told[2]}.{told[3]}" if number == 0 else None


def version(build: str | None) -> str | None:
    """``Windows 10.0.22631.2361``; under Wine, which is no Windows, that is said too."""
    if build is None:
        return None
    try:
        update = windows_registry.value(f"{WINDOWS_VERSION}\\UBR")
    except HostError:
        update = ""
    told = f"Windows {build}.{update}".rstrip(".")
    wine = wine_version()
    return f"{told}, Wine {wine}" if wine else told


def wine_version() -> str | None:
    """Wine's version, where this is Wine; None on Windows.

    Wine's own ntdll has a call of that name, and Windows' has none.
    """
    try:
        call = getattr(ip_helper.library("ntdll"), "wine_get_version", None)
    except (HostError, OSError):
        return None
    if call is None:
        return None
    call.restype = ctypes.c_char_p
    told: bytes = call() or b""
    return told.decode("ascii", "replace")


def architecture() -> str | None:
    """The machine's architecture as Windows names it, ``AMD64`` or ``ARM64``; of an emulated
    process it is the machine's still."""
    told = os.environ.get("PROCESSOR_ARCHITEW6432") or os.environ.get("PROCESSOR_ARCHITECTURE")
    return told or None


def hostname() -> str | None:
    """This computer's own name (GetComputerNameExW); None where Windows does not say."""
    held = (ctypes.c_uint16 * NAME_UNITS)()
    size = ctypes.c_uint32(NAME_UNITS)
    try:
        done = ip_helper.library("kernel32").GetComputerNameExW(
            DNS_NAME, ctypes.byref(held), ctypes.byref(size)
        )
    except HostError:
        return None
    return ip_helper.wide(ctypes.addressof(held)) or None if done else None


def is_pipe(path: str) -> bool:
    """Whether a named pipe is there; it is not opened, so nobody is kept from it.

    :param path: as an engine's clients write it, ``//./pipe/docker_engine``.
    """
    if sys.platform == "win32":
        name = path.replace("/", "\\")
        kernel = ctypes.WinDLL("kernel32", use_last_error=True)
        # One millisecond: the shortest wait that is not the pipe's own default.
        if kernel.WaitNamedPipeW(ctypes.c_wchar_p(name), 1):
            return True
        return ctypes.get_last_error() == BUSY_TOO_LONG
    return False
