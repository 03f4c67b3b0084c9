"""A socket that only this machine's user can open: says one thing to whoever connects.

Windows has no such sockets in Python; there the status file has to do.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

# unix(7): sun_path has 108 bytes with its NUL, and 104 on macOS.
LONGEST_PATH = 103
# What is said is a page of JSON; more is not what we said.
MOST_BYTES = 256 << 10
# Whoever connects and does not read is not waited for.
SAY_SECONDS = 2.0
CLOSING_TURNS = 8


def can_be_at(path: str) -> bool:
    """Whether there can be a socket by this name."""
    return sys.platform != "win32" and len(os.fsencode(path)) <= LONGEST_PATH


@contextlib.asynccontextmanager
async def said_at(path: str, tell: Callable[[], bytes]) -> AsyncIterator[bool]:
    """Say something to whoever connects, for a while.

    :param tell: what is said, anew for each.
    :returns: whether there is a socket: not where the path is too long for one, or not writable.
    """
    if not can_be_at(path):
        yield False
        return

    listeners: set[asyncio.StreamWriter] = set()

    async def say(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        del reader
        listeners.add(writer)
        try:
            with contextlib.suppress(OSError, TimeoutError):
                writer.write(tell())
                async with asyncio.timeout(SAY_SECONDS):
                    await writer.drain()
                    writer.close()
                    await writer.wait_closed()
        finally:
            # Also where it is ended half-way: nobody else would close it then.
            writer.transport.abort()
            listeners.discard(writer)

    try:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path)  # noqa: PTH108 -- of a process that was killed; the folder is ours alone
        server = await asyncio.start_unix_server(say, path)
        os.chmod(path, 0o600)  # noqa: PTH101
    except OSError:
        yield False
        return
    try:
        yield True
    finally:
        # Nobody new. A server that is closed refuses whoever was being accepted just now, and
        # leaves his connection open (CPython issue 109564): so he turns up first, within a few
        # turns, and is let go.
        for each in server.sockets:
            asyncio.get_running_loop().remove_reader(each.fileno())
        for _ in range(CLOSING_TURNS):
            for writer in listeners:
                writer.transport.abort()
            await asyncio.sleep(0)
        server.close()
        with contextlib.suppress(OSError):
            os.unlink(path)  # noqa: PTH108


def heard_at(path: str, seconds: float) -> bytes | None:
    """What is said at a socket; None where nobody says anything, whole and in time.

    :raises ConnectionRefusedError: whoever had the socket was killed.
    """
    if not can_be_at(path):
        return None
    held = bytearray()
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listening:
            listening.settimeout(seconds)
            listening.connect(path)
            while part := listening.recv(65536):
                held += part
                if len(held) > MOST_BYTES:
                    return None
    except ConnectionRefusedError:
        raise
    except OSError:
        return None
    return bytes(held) or None
