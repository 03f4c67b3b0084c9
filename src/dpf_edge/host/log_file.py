"""A file of lines that stays within its size: a full one is put aside, the oldest is dropped."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
import time
from typing import TYPE_CHECKING

from dpf_edge.host.file_calls import BINARY, CLOSED_ON_EXEC

if TYPE_CHECKING:
    from collections.abc import Iterator
    from io import FileIO

OWNER_ONLY = 0o600
# Lines as they are: on Windows a file is one of text unless it is told otherwise.
APPENDING = os.O_WRONLY | os.O_CREAT | os.O_APPEND | CLOSED_ON_EXEC | BINARY
# How often a reader that follows looks for more.
LOOK_SECONDS = 0.2
# What is read at a time while the end of a file is looked for.
CHUNK_BYTES = 64 << 10


class LogFile:
    """Lines, appended whole; thread-safe. A disk that takes none costs the lines, never the node.

    :param most_bytes: how long a file becomes; up to twice that where it cannot be put aside, as
        on Windows while another program (a virus scanner, an editor) has it open.
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
                size = os.fstat(handle).st_size + len(data)
                if size > self._most_bytes:
                    handle = self._turned(size)
                os.write(handle, data)
            except OSError:
                self.is_writable = False
                self._close()
            else:
                self.is_writable = True

    def _opened(self) -> int:
        if self._handle is None:
            os.makedirs(os.path.dirname(self.path), 0o700, exist_ok=True)  # noqa: PTH103, PTH120
            self._handle = os.open(self.path, APPENDING, OWNER_ONLY)
        return self._handle

    def _turned(self, size: int) -> int:
        """The file to write to, once the full one is put aside.

        :param size: what the full one would come to.
        """
        try:
            self._turn()
        except PermissionError:
            if size > 2 * self._most_bytes:
                raise
        return self._opened()

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


def opened(path: str) -> FileIO:
    """A log, to be read while it is written to and put aside by another process.

    Windows lets nobody rename a file that is open, unless whoever opened it said that he does not
    mind (FILE_SHARE_DELETE, beside reading and writing), which Python's own open does not.

    :raises OSError: there is no such file, or it cannot be read.
    """
    if sys.platform == "win32":
        import ctypes
        import msvcrt

        kernel = ctypes.WinDLL("kernel32", use_last_error=True)
        kernel.CreateFileW.restype = ctypes.c_void_p
        read, share, existing = 0x80000000, 0x7, 3  # GENERIC_READ; OPEN_EXISTING (winnt.h)
        handle = kernel.CreateFileW(ctypes.c_wchar_p(path), read, share, None, existing, 0, None)
        if handle == ctypes.c_void_p(-1).value:
            raise ctypes.WinError(ctypes.get_last_error())
        return open(msvcrt.open_osfhandle(handle, os.O_RDONLY), "rb", 0)  # noqa: PTH123
    return open(path, "rb", 0)  # noqa: PTH123


def last_lines(path: str, number: int) -> list[str]:
    """The last lines of a log, the oldest first, reaching into the files that were put aside.

    :raises OSError: there is no such file, or it cannot be read.
    """
    with opened(path) as file:
        return reaching_back(file, path, number)


def followed(path: str, number: int) -> Iterator[str]:
    """The last lines of a log, and then those that come, without end and without a gap.

    A file that is put aside is followed by its heir.

    :raises OSError: there is no such file, or it cannot be read.
    """
    file = opened(path)
    try:
        yield from reaching_back(file, path, number)
        held = b""
        while True:
            file.seek(0, os.SEEK_CUR)  # some C runtimes (Wine's) believe in an end for good
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
                    file = opened(path)
    finally:
        file.close()


def reaching_back(file: FileIO, path: str, number: int) -> list[str]:
    """The last lines up to the end of an open log, where it is left, and of those before it."""
    lines = tail(file, number)
    older = 1
    while len(lines) < number:
        try:
            with opened(f"{path}.{older}") as aside:
                lines = tail(aside, number - len(lines)) + lines
        except OSError:
            break
        older += 1
    return lines


def tail(file: FileIO, number: int) -> list[str]:
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
