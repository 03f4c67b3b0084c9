"""What a machine is made of, as far as it tells anybody, and a name that tells it from others."""

from __future__ import annotations

import hashlib
import hmac
import os
import sys
from typing import NamedTuple

# Where Linux and the BSDs keep their machine's id (machine-id(5); the second is D-Bus's copy).
MACHINE_IDS = ("/etc/machine-id", "/var/lib/dbus/machine-id")
# machine-id(5): it should be considered confidential, and be hashed with a key of the application
# before it is shown to anybody.
APPLICATION = b"dpf-edge host fingerprint 1"


class Hardware(NamedTuple):
    """A machine's size; what is not told is None."""

    processors: int | None = None
    memory_bytes: int | None = None


def hardware() -> Hardware:
    """This machine's processors and memory."""
    return Hardware(os.cpu_count(), memory_bytes())


def memory_bytes() -> int | None:
    """This machine's memory; None where the system does not say so."""
    if sys.platform == "win32":
        return windows_memory_bytes()
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (ValueError, OSError):
        return None


def machine_fingerprint(paths: tuple[str, ...] = MACHINE_IDS) -> str | None:
    """A name for this machine that does not give its machine-id away: 64 hexadecimal digits.

    None where it has no such id: most containers, and macOS.
    """
    if sys.platform == "win32":
        return fingerprint(windows_machine_guid())
    for path in paths:
        try:
            with open(path, encoding="ascii") as file:  # noqa: PTH123
                told = file.read(64).strip()
        except (OSError, ValueError):
            continue
        found = fingerprint(told)
        if found is not None:
            return found
    return None


def fingerprint(told: str) -> str | None:
    """The name that is made of an id of 32 hexadecimal digits; None of anything else."""
    # An image that is prepared for many machines has "uninitialized" there, or nothing.
    if len(told) == 32 and told.strip("0123456789abcdef") == "" and told.strip("0"):
        return hmac.new(bytes.fromhex(told), APPLICATION, hashlib.sha256).hexdigest()
    return None


def windows_machine_guid() -> str:
    """The id that Windows' setup gave this machine, as 32 digits; empty where it has none."""
    from dpf_edge.errors import HostError
    from dpf_edge.host import windows_registry

    try:
        told = windows_registry.read("HKLM\\SOFTWARE\\Microsoft\\Cryptography", "MachineGuid")
    except HostError:
        return ""
    return str(told).replace("-", "").lower()


def windows_memory_bytes() -> int | None:
    """Windows' own word (GlobalMemoryStatusEx); None where it does not say."""
    import ctypes

    from dpf_edge.errors import HostError
    from dpf_edge.host import ip_helper

    # MEMORYSTATUSEX (sysinfoapi.h): its size and the load, then seven sizes, the first is all.
    told = (ctypes.c_uint64 * 8)()
    ctypes.c_uint32.from_buffer(told).value = ctypes.sizeof(told)
    try:
        done = ip_helper.library("kernel32").GlobalMemoryStatusEx(ctypes.byref(told))
    except HostError:
        return None
    return told[1] if done else None
