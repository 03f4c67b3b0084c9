"""Runs one program on Windows as :mod:`dpf_edge.host.commands` does elsewhere.

Pipes there cannot be waited for by select, so each has a thread; and there are no process groups
that could be killed, so the program is put into a job object, which takes all that it starts with
it when it is closed (learn.microsoft.com, "Job Objects").
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import threading
import time
from typing import IO, TYPE_CHECKING, cast

from dpf_edge.errors import Absent, Failed
from dpf_edge.host.commands import starting

if TYPE_CHECKING:
    from collections.abc import Mapping

# What a reader takes at once.
PIECE = 1 << 16
# How long a thread may take to notice that its pipe is closed, once the program is gone.
REAP_SECONDS = 1.0
# winbase.h: no console window flashes up where the caller has none (a service, a GUI).
CREATE_NO_WINDOW = 0x08000000
# What a name without an extension may stand for: nothing that cmd.exe would have to interpret.
EXTENSION = ".exe"


def find(program: str, environment: Mapping[str, str] = os.environ) -> str:
    """The path of a program on PATH.

    CreateProcess alone would look in the current folder first, and run what somebody put there.

    :raises Absent: it is on none of PATH's folders.
    """
    name = program if program.lower().endswith(EXTENSION) else program + EXTENSION
    for folder in environment.get("PATH", "").split(os.pathsep):
        # A folder that is not given from a root is one of the current folder's.
        path = os.path.join(folder.strip('"'), name)  # noqa: PTH118
        if os.path.isabs(path) and os.path.isfile(path):  # noqa: PTH113, PTH117
            return path
    raise Absent(f"{program}: no such program")


class Reader:
    """A thread that reads one of the program's outputs to its end, or to the bound."""

    def __init__(self, stream: IO[bytes], most: int) -> None:
        self.stream, self.most = stream, most
        self.data = bytearray()
        self.thread = threading.Thread(target=self.read, daemon=True)
        self.thread.start()

    def read(self) -> None:
        """Read; what a closed pipe raises is the end of it."""
        with contextlib.suppress(OSError, ValueError):
            while len(self.data) <= self.most:
                piece = os.read(self.stream.fileno(), PIECE)
                if not piece:
                    return
                self.data += piece

    @property
    def is_full(self) -> bool:
        """Whether the program printed more than the bound."""
        return len(self.data) > self.most


def execute(
    argv: tuple[str, ...],
    environment: Mapping[str, str],
    *,
    seconds: float,
    stdin: bytes,
    most: int,
) -> tuple[int, bytes, bytes]:
    """Run a program to its end: its exit status and both its outputs.

    :param most: bytes that each output may have.
    :raises Absent: there is no such program.
    :raises Denied: it may not be run.
    :raises Failed: it took longer than the deadline, printed more than the bound, or broke.
    """
    deadline = time.monotonic() + seconds
    process = start((find(argv[0], environment), *argv[1:]), environment)
    job = confine(process)
    named = " ".join(argv[:2])
    try:
        readers = [
            Reader(cast("IO[bytes]", stream), most) for stream in (process.stdout, process.stderr)
        ]
        threading.Thread(target=feed, args=(process.stdin, stdin), daemon=True).start()
        for reader in readers:
            reader.thread.join(max(0.0, deadline - time.monotonic()))
            if any(each.is_full for each in readers):
                raise Failed(f"{named}: printed more than {most} bytes")
            if reader.thread.is_alive():
                raise Failed(f"{named}: no answer within {seconds:g} s")
        try:
            status = process.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired as error:
            raise Failed(f"{named}: no answer within {seconds:g} s") from error
        return status, bytes(readers[0].data), bytes(readers[1].data)
    finally:
        end(process, job)


def start(argv: tuple[str, ...], environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
    """Start a program with pipes on all three sides; raises as :func:`execute`."""
    with starting(argv[0]):
        return subprocess.Popen(  # noqa: S603 -- the allow-list decides what is run
            argv,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=dict(environment),
            creationflags=CREATE_NO_WINDOW if sys.platform == "win32" else 0,
        )


def feed(stream: IO[bytes] | None, data: bytes) -> None:
    """Write what the program reads and close it; one that stopped reading is no error."""
    if stream is not None:
        with contextlib.suppress(OSError, ValueError):
            stream.write(data)
        with contextlib.suppress(OSError, ValueError):
            stream.close()


def confine(process: subprocess.Popen[bytes]) -> int | None:
    """A job object that the program is in; None where Windows refuses.

    It was started already, so what it starts in its very first moment is not in the job; programs
    that are asked here (docker, wsl.exe) take longer than that to load.
    """
    if sys.platform == "win32":
        import ctypes
        from ctypes import wintypes

        kernel = ctypes.WinDLL("kernel32", use_last_error=True)
        kernel.CreateJobObjectW.restype = wintypes.HANDLE
        kernel.CreateJobObjectW.argtypes = (wintypes.LPVOID, wintypes.LPCWSTR)
        kernel.AssignProcessToJobObject.argtypes = (wintypes.HANDLE, wintypes.HANDLE)
        job: int | None = kernel.CreateJobObjectW(None, None)
        if job and kernel.AssignProcessToJobObject(job, int(vars(process)["_handle"])):
            return job
        if job:
            close(job)
    return None


def close(job: int, *, terminate: bool = False) -> None:
    """Close a job object, after ending all that is in it where that is asked."""
    if sys.platform == "win32":
        import ctypes
        from ctypes import wintypes

        kernel = ctypes.WinDLL("kernel32", use_last_error=True)
        kernel.TerminateJobObject.argtypes = (wintypes.HANDLE, wintypes.UINT)
        kernel.CloseHandle.argtypes = (wintypes.HANDLE,)
        if terminate:
            kernel.TerminateJobObject(job, 1)
        kernel.CloseHandle(job)


def end(process: subprocess.Popen[bytes], job: int | None) -> None:
    """End the program and all that it started, and close the pipes."""
    if job is not None:
        close(job, terminate=True)
    with contextlib.suppress(OSError):
        process.kill()
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(REAP_SECONDS)
    # Closing a pipe that a thread still reads would wait for it; the reader's end closes with it.
    for stream in (process.stdout, process.stderr):
        if stream is not None and process.poll() is not None:
            with contextlib.suppress(OSError):
                stream.close()
