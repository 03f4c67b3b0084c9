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
    """This machine's memory; None where the system does not say so (Windows has no sysconf)."""
    if sys.platform == "win32":
        return None
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (ValueError, OSError):
        return None


def machine_fingerprint(paths: tuple[str, ...] = MACHINE_IDS) -> str | None:
    """A name for this machine that does not give its machine-id away: 64 hexadecimal digits.

    None where it has no such id: most containers, Windows and macOS.
    """
    for path in paths:
        try:
            with open(path, encoding="ascii") as file:  # noqa: PTH123
                told = file.read(64).strip()
        except (OSError, ValueError):
            continue
        # An image that is prepared for many machines has "uninitialized" there, or nothing.
        if len(told) == 32 and told.strip("0123456789abcdef") == "" and told.strip("0"):
            return hmac.new(bytes.fromhex(told), APPLICATION, hashlib.sha256).hexdigest()
    return None
