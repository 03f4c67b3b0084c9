"""A machine's clocks, the one on the wall, which may be set, and the one that counts; its dice."""

from __future__ import annotations

import os
import random
import time
from typing import Protocol

BOOT_ID = "/proc/sys/kernel/random/boot_id"


class Clock(Protocol):
    """What time it is. Injected wherever time matters, so that a test can turn the hands."""

    def wall(self) -> float:
        """Seconds since 1970, as far as this machine knows."""

    def ticks(self) -> float:
        """Seconds of a clock that nobody sets and that goes on while the machine sleeps."""

    def boot(self) -> str:
        """A name for the time in which ticks can be compared; another after each boot."""


class SystemClock:
    """This machine's clocks; see :class:`Clock`."""

    def __init__(self) -> None:
        self._boot = boot_name()

    def wall(self) -> float:
        """CLOCK_REALTIME."""
        return time.time()

    def ticks(self) -> float:
        """CLOCK_BOOTTIME (Linux), else the monotonic clock, which on Windows counts sleep too."""
        number = getattr(time, "CLOCK_BOOTTIME", None)
        return time.monotonic() if number is None else time.clock_gettime(number)

    def boot(self) -> str:
        """Linux's own name for it; elsewhere this process's, whose ticks no other can compare."""
        return self._boot


def chance() -> float:
    """A number in [0, 1), drawn anew each time: for waits that are not to be in step."""
    return random.random()  # noqa: S311 -- no secret hangs on it


def boot_name() -> str:
    """A name for this boot, or at least for this process."""
    try:
        with open(BOOT_ID, encoding="ascii") as file:  # noqa: PTH123
            return file.read(64).strip()
    except (OSError, ValueError):
        return os.urandom(16).hex()
