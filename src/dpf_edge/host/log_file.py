"""A file of lines that stays within its size: a full one is put aside, the oldest is dropped."""

from __future__ import annotations

import contextlib
import os
import threading
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

OWNER_ONLY = 0o600
# How often a reader that follows looks for more.
LOOK_SECONDS = 0.2
# What is read at a time while the end of a file is looked for.
CHUNK_BYTES = 64 << 10


class LogFile:
    """Lines, appended whole; thread-safe. A disk that takes none costs the lines, never the node.

    :param most_bytes: how long a file becomes.
    :param kept: how many full ones are kept, as ``NAME.1`` (the newest) and so on.
    :ivar is_writable: whether the last line could be written.
    """

    def __init__(self, path: str, most_bytes: int, kept: int) -> None:
        self.path = path
        self.is_writable = True
        self._most_bytes = most_bytes
        self._kept = kept
        self._handle: int | None = None
        self._lock = threading.Lock()

    def write(self, line: str) -> None:
        """Append a line."""
        data = (line + "\n").encode("utf-8", "backslashreplace")
        with self._lock:
            try:
                handle = self._opened()
                if os.fstat(handle).st_size + len(data) > self._most_bytes:
                    self._turn()
                    handle = self._opened()
                os.write(handle, data)
            except OSError:
                self.is_writable = False
                self._close()
            else:
                self.is_writable = True

    def _opened(self) -> int:
        if self._handle is None:
            os.makedirs(os.path.dirname(self.path), 0o700, exist_ok=True)  # noqa: PTH103, PTH120
            flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_CLOEXEC", 0)
            self._handle = os.open(self.path, flags, OWNER_ONLY)
        return self._handle

    def _turn(self) -> None:
        """Put the full file aside."""
        self._close()
        for number in range(self._kept, 0, -1):
            older = self.path if number == 1 else f"{self.path}.{number - 1}"
            with contextlib.suppress(FileNotFoundError):
                os.replace(older, f"{self.path}.{number}")  # noqa: PTH105

    def _close(self) -> None:
        if self._handle is not None:
            with contextlib.suppress(OSError):
                os.close(self._handle)
            self._handle = None

    def close(self) -> None:
        """Close the file; the next line opens it again."""
        with self._lock:
            self._close()


def last_lines(path: str, number: int) -> list[str]:
    """The last lines of a log, the oldest first, reaching into the files that were put aside.

    :raises OSError: there is no such file, or it cannot be read.
    """
    with open(path, "rb") as file:  # noqa: PTH123
        return reaching_back(file, path, number)


def followed(path: str, number: int) -> Iterator[str]:
    """The last lines of a log, and then those that come, without end and without a gap.

    A file that is put aside is followed by its heir.

    :raises OSError: there is no such file, or it cannot be read.
    """
    file = open(path, "rb")  # noqa: PTH123, SIM115
    try:
        yield from reaching_back(file, path, number)
        held = b""
        while True:
            held += file.read(CHUNK_BYTES)
            *whole, held = held.split(b"\n")
            for line in whole:
                yield line.decode("utf-8", "replace")
            if whole:
                continue
            time.sleep(LOOK_SECONDS)
            with contextlib.suppress(OSError):
                if not os.path.samestat(os.stat(path), os.fstat(file.fileno())):  # noqa: PTH116
                    held += file.read()
                    file.close()
                    file = open(path, "rb")  # noqa: PTH123, SIM115
    finally:
        file.close()


def reaching_back(file: BinaryIO, path: str, number: int) -> list[str]:
    """The last lines up to the end of an open log, where it is left, and of those before it."""
    lines = tail(file, number)
    older = 1
    while len(lines) < number:
        try:
            with open(f"{path}.{older}", "rb") as aside:  # noqa: PTH123
                lines = tail(aside, number - len(lines)) + lines
        except OSError:
            break
        older += 1
    return lines


def tail(file: BinaryIO, number: int) -> list[str]:
    """The last lines of one file, read from its end, where it is left."""
    end = at = file.seek(0, os.SEEK_END)
    held = b""
    while at > 0 and held.count(b"\n") <= number:
        size = min(CHUNK_BYTES, at)
        at -= size
        file.seek(at)
        held = file.read(size) + held
    file.seek(end)
    lines = held.decode("utf-8", "replace").split("\n")
    return [line for line in lines if line][-number:] if number else []
