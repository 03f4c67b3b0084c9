"""One question to whoever listens at one of Windows' named pipes, bounded in time and size.

Engines on Windows are asked by such pipes, as they are by sockets elsewhere. A pipe is opened for
overlapped input and output (learn.microsoft.com, "Synchronous and Overlapped Input and Output"),
because a plain read waits for as long as the other side likes.
"""

from __future__ import annotations

import contextlib
import ctypes
import sys
import time
from ctypes import Structure, c_uint32, c_void_p
from typing import Any, ClassVar

from dpf_edge.errors import Absent, Denied, Failed

READ_WRITE = 0xC0000000  # GENERIC_READ | GENERIC_WRITE (winnt.h)
OPEN_EXISTING = 3
# FILE_FLAG_OVERLAPPED, and SECURITY_SQOS_PRESENT with SECURITY_ANONYMOUS: whoever put a pipe under
# an engine's name learns what was asked, and cannot act as the user who asked (winbase.h).
OVERLAPPED, ANONYMOUS = 0x40000000, 0x00100000
NOT_FOUND, NO_PATH, REFUSED, BUSY = 2, 3, 5, 231  # winerror.h
PENDING, MORE_DATA = 997, 234
# The other side has closed: ERROR_BROKEN_PIPE, ERROR_PIPE_NOT_CONNECTED, ERROR_NO_DATA.
CLOSED = frozenset({109, 233, 232})
INVALID_HANDLE = c_void_p(-1).value
PIECE = 1 << 16


class Waiting(Structure):
    """OVERLAPPED: one input or output that is under way."""

    _fields_: ClassVar = [
        ("internal", c_void_p),
        ("internal_high", c_void_p),
        ("offset", c_uint32),
        ("offset_high", c_uint32),
        ("event", c_void_p),
    ]


def asked(path: str, question: bytes, *, seconds: float, most: int) -> bytes:
    """What is answered to a question, until the other side closes the pipe.

    :param path: as an engine's clients write it, ``//./pipe/docker_engine``.
    :param most: bytes that an answer may have.
    :raises Absent: nobody listens there; :raises Denied: this user may not ask; :raises Failed: it
        answers with too much, or not in time.
    """
    end = time.monotonic() + seconds
    held = bytearray()
    with contextlib.closing(Pipe(path, end)) as pipe:
        pipe.write(question)
        while part := pipe.read():
            held += part
            if len(held) > most:
                raise Failed(f"{path}: more than {most >> 20} MiB")
    return bytes(held)


def kernel() -> Any:  # noqa: ANN401 -- its calls have no types
    """kernel32, with the types of what is a pointer.

    :raises Failed: this is no Windows.
    """
    if sys.platform == "win32":
        found = ctypes.WinDLL("kernel32", use_last_error=True)
        found.CreateFileW.restype = found.CreateEventW.restype = c_void_p
        return found
    raise Failed("named pipes are Windows'")


def last_error() -> int:
    """The error of the call before, of winerror.h."""
    if sys.platform == "win32":
        return ctypes.get_last_error()
    return 0


class Pipe:
    """A pipe's end that is ours.

    :param path: as :func:`asked` has it.
    :param end: the moment, by the monotonic clock, after which nothing is waited for.
    :raises HostError: as :func:`asked` does.
    """

    def __init__(self, path: str, end: float) -> None:
        self._path, self._end = path, end
        self._kernel = kernel()
        self._handle = c_void_p(self._opened())
        self._event = c_void_p(self._kernel.CreateEventW(None, True, False, None))

    def _left(self) -> int:
        """How many milliseconds there are left."""
        return max(0, int((self._end - time.monotonic()) * 1000))

    def _opened(self) -> int:
        name = self._path.replace("/", "\\")
        while True:
            handle = self._kernel.CreateFileW(
                *(ctypes.c_wchar_p(name), READ_WRITE, 0, None, OPEN_EXISTING),
                *(OVERLAPPED | ANONYMOUS, None),
            )
            if handle != INVALID_HANDLE:
                return int(handle)
            error = last_error()
            if error in {NOT_FOUND, NO_PATH}:
                raise Absent(f"{self._path}: nobody listens")
            if error == REFUSED:
                raise Denied(f"{self._path}: this user may not ask the engine")
            if error != BUSY:
                raise Failed(f"{self._path}: error {error}")
            # All its ends are taken: one may become free. A wait of nought would be the pipe's own.
            left = self._left()
            if not left or not self._kernel.WaitNamedPipeW(ctypes.c_wchar_p(name), left):
                raise Failed(f"{self._path}: no answer in time")

    def write(self, data: bytes) -> None:
        """Write all of it.

        :raises Failed: the other side does not take it, or not in time.
        """
        held = ctypes.create_string_buffer(data, len(data))
        if self._done(self._kernel.WriteFile, held, len(data)) != len(data):
            raise Failed(f"{self._path}: the question was not taken")

    def read(self) -> bytes:
        """What comes next; nothing where the other side has closed the pipe.

        :raises Failed: nothing comes in time.
        """
        held = ctypes.create_string_buffer(PIECE)
        count = self._done(self._kernel.ReadFile, held, PIECE)
        return held.raw[:count]

    def _done(self, call: Any, held: Any, length: int) -> int:  # noqa: ANN401 -- of ctypes
        """Have one call done with some memory: how many bytes; 0 where the pipe is closed."""
        waiting, count = Waiting(event=self._event), c_uint32()
        begun = call(self._handle, held, length, None, ctypes.byref(waiting))
        error = 0 if begun else last_error()
        if error == PENDING and self._kernel.WaitForSingleObject(self._event, self._left()):
            # Until it is given up, Windows may write into the memory: that is waited for.
            self._kernel.CancelIoEx(self._handle, ctypes.byref(waiting))
            self._result(waiting, count, wait=True)
            raise Failed(f"{self._path}: no answer in time")
        if error in {0, PENDING, MORE_DATA}:
            error = self._result(waiting, count, wait=False)
        if error in CLOSED:
            return 0
        # Of a message that is longer than the memory, the rest comes with the next read.
        if error not in {0, MORE_DATA}:
            raise Failed(f"{self._path}: error {error}")
        return count.value

    def _result(self, waiting: Waiting, count: c_uint32, *, wait: bool) -> int:
        """The error that a call ended with, 0 for none; how many bytes, in ``count``."""
        done = self._kernel.GetOverlappedResult(
            self._handle, ctypes.byref(waiting), ctypes.byref(count), wait
        )
        return 0 if done else last_error()

    def close(self) -> None:
        """Close our end."""
        self._kernel.CloseHandle(self._event)
        self._kernel.CloseHandle(self._handle)
