"""Runs one program within a deadline and a bound on what it prints, and leaves nothing behind."""

from __future__ import annotations

import codecs
import contextlib
import os
import selectors
import signal
import subprocess
import sys
import time
from typing import IO, TYPE_CHECKING, cast

from dpf_edge.errors import Absent, Denied, Failed
from dpf_edge.model import Ran

if TYPE_CHECKING:
    from collections.abc import Iterator

# The longest honest answer, `docker info` of a busy engine, is under 64 KiB.
MOST_BYTES = 1 << 20
# How long a killed program may take to be gone; SIGKILL leaves it no choice but a kernel wait.
REAP_SECONDS = 1.0


def run(argv: tuple[str, ...], *, seconds: float, stdin: bytes = b"") -> Ran:
    """Run a program to its end.

    It gets a process group of its own, so that what it started dies with it, the C locale, and
    UTF-8 from wsl.exe.

    :param seconds: the deadline for all of it.
    :param stdin: what it reads, at most a pipe's 64 KiB.
    :raises Absent: there is no such program.
    :raises Denied: it may not be run.
    :raises Failed: it took longer than the deadline, printed more than the bound, or broke.
    """
    # Text in UTF-8 and English messages, from whoever heeds that.
    environment = {**os.environ, "LC_ALL": "C", "WSL_UTF8": "1"}
    if sys.platform == "win32":
        from dpf_edge.host import commands_windows

        status, out, errors = commands_windows.execute(
            argv, environment, seconds=seconds, stdin=stdin, most=MOST_BYTES
        )
        return Ran(argv, status, decode(out), decode(errors))
    named = " ".join(argv[:2])
    with starting(argv[0]):
        process = subprocess.Popen(  # noqa: S603 -- the allow-list decides what is run
            argv,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment,
            start_new_session=True,
        )
    deadline = time.monotonic() + seconds
    try:
        stdout, stderr = exchange(process, stdin, deadline)
        status = process.wait(max(0.0, deadline - time.monotonic()))
    except (TimeoutError, subprocess.TimeoutExpired) as error:
        raise Failed(f"{named}: no answer within {seconds:g} s") from error
    except OverflowError as error:
        raise Failed(f"{named}: {error}") from error
    finally:
        end(process)
    return Ran(argv, status, decode(stdout), decode(stderr))


@contextlib.contextmanager
def starting(program: str) -> Iterator[None]:
    """Say why a program could not be started; raises as :func:`run`."""
    try:
        yield
    except FileNotFoundError as error:
        raise Absent(f"{program}: no such program") from error
    except PermissionError as error:
        raise Denied(f"{program}: may not be run") from error
    except OSError as error:
        raise Failed(f"{program}: {error.strerror}") from error
    except ValueError as error:  # a word with a NUL, or half a surrogate pair
        raise Failed(f"{program}: {error}") from error


def exchange(
    process: subprocess.Popen[bytes], stdin: bytes, deadline: float
) -> tuple[bytes, bytes]:
    """Feed the program and read both its outputs until it closes them.

    :raises TimeoutError: the deadline came first.
    :raises OverflowError: it printed more than the bound.
    """
    reader, writer = cast("IO[bytes]", process.stdout), cast("IO[bytes]", process.stdin)
    errors = cast("IO[bytes]", process.stderr)
    got: dict[IO[bytes], bytearray] = {reader: bytearray(), errors: bytearray()}
    os.set_blocking(writer.fileno(), False)
    with selectors.DefaultSelector() as selector:
        for stream in got:
            selector.register(stream, selectors.EVENT_READ)
        if stdin:
            selector.register(writer, selectors.EVENT_WRITE)
        else:
            writer.close()
        while selector.get_map():
            left = deadline - time.monotonic()
            # A program that never pauses is ready whenever it is asked: the clock decides.
            ready = selector.select(left) if left > 0 else []
            if not ready:
                raise TimeoutError
            for key, _ in ready:
                stream = cast("IO[bytes]", key.fileobj)
                if stream is writer:
                    stdin = feed(writer, stdin)
                    if not stdin:
                        selector.unregister(writer)
                        with contextlib.suppress(BrokenPipeError):
                            writer.close()
                    continue
                piece = os.read(stream.fileno(), 1 << 16)
                got[stream] += piece
                if not piece:
                    selector.unregister(stream)
                if len(got[stream]) > MOST_BYTES:
                    raise OverflowError(f"printed more than {MOST_BYTES} bytes")
    return bytes(got[reader]), bytes(got[errors])


def feed(writer: IO[bytes], data: bytes) -> bytes:
    """Write what fits; what is left is returned, nothing where the program has stopped reading."""
    try:
        return data[os.write(writer.fileno(), data) :]
    except BlockingIOError:
        return data
    except BrokenPipeError:
        return b""


def end(process: subprocess.Popen[bytes]) -> None:
    """End the program and all that it started, and close the pipes."""
    # Even where the program has ended: what it left running stands in its group still.
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(REAP_SECONDS)
    for stream in (process.stdin, process.stdout, process.stderr):
        if stream is not None:
            with contextlib.suppress(OSError):
                stream.close()


def decode(data: bytes) -> str:
    """Text in UTF-8, or in UTF-16LE where its mark or NULs tell it (wsl.exe before 0.64, and
    without WSL_UTF8); on Windows also in the country's code page of the console (OEM), in which
    its older programs print. What fits none is replaced, and a byte-order mark dropped."""
    if b"\0" in data or data.startswith(codecs.BOM_UTF16_LE):
        return data.decode("utf-16-le", "replace").removeprefix("\ufeff")
    try:
        text = data.decode()
    except UnicodeDecodeError:
        text = data.decode("oem" if sys.platform == "win32" else "utf-8", "replace")
    return text.removeprefix("\ufeff")
