"""What the systems call differently of one and the same file: how it is opened, locked and kept."""

from __future__ import annotations

import os
import sys

# Not every system has each: what it lacks is nothing to ask for.
CLOSED_ON_EXEC = getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NOINHERIT", 0)
BINARY = getattr(os, "O_BINARY", 0)
NO_WAITING = getattr(os, "O_NONBLOCK", 0)
NO_FOLLOWING = getattr(os, "O_NOFOLLOW", 0)
# What Windows says where another process holds a file: sharing violation, lock violation.
HELD_ON_WINDOWS = frozenset({32, 33})


def is_held(error: Exception) -> bool:
    """Whether Windows refused something because another process holds the file."""
    return getattr(error, "winerror", None) in HELD_ON_WINDOWS


def lock(handle: int) -> None:
    """Keep an open file or folder to this process; the kernel gives it back when it dies.

    :raises OSError: another process has it.
    """
    if sys.platform == "win32":
        import msvcrt

        msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
    else:
        import fcntl

        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)


def sync_folder(path: str) -> None:
    """Make a file's coming, going or other name last through a loss of power.

    Windows has no such thing for a folder.

    :param path: of the file.
    :raises OSError: its folder cannot be opened or written.
    """
    if sys.platform == "win32":
        return
    handle = os.open(os.path.dirname(path) or ".", os.O_RDONLY | CLOSED_ON_EXEC)  # noqa: PTH120
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
