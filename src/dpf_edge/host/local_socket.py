"""A socket that only this machine's user can open: says one thing to whoever connects.

Windows has no such sockets in Python. There it is one on the loopback, and who connects has to say
a key that stands, with the port's number, in a file by the socket's name: whoever may read the
node's folder may hear it, and nobody else. What is said is nothing until the key was right.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import socket
import sys
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from dpf_edge.errors import PrivateFileUnwritten

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

# unix(7): sun_path has 108 bytes with its NUL, and 104 on macOS.
LONGEST_PATH = 103
# What is said is a page of JSON; more is not what we said.
MOST_BYTES = 256 << 10
# Whoever connects and does not read is not waited for.
SAY_SECONDS = 2.0
CLOSING_TURNS = 8
LOOPBACK = "127.0.0.1"
KEY_BYTES = 32


def can_be_at(path: str) -> bool:
    """Whether there can be a socket by this name."""
    return sys.platform == "win32" or len(os.fsencode(path)) <= LONGEST_PATH


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
    key = secrets.token_hex(KEY_BYTES).encode() if sys.platform == "win32" else b""

    async def say(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        listeners.add(writer)
        try:
            with contextlib.suppress(OSError, TimeoutError, asyncio.IncompleteReadError):
                if not await knows(reader, key):
                    raise ConnectionAbortedError
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
        server = await (with_key(say, path, key) if key else by_name(say, path))
    except (OSError, PrivateFileUnwritten):
        yield False
        return
    try:
        yield True
    finally:
        # Nobody new. A server that is closed refuses whoever was being accepted just now, and
        # leaves his connection open (CPython issue 109564): so he turns up first, within a few
        # turns, and is let go.
        for each in server.sockets:
            with contextlib.suppress(NotImplementedError):  # Windows' loop has no readers
                asyncio.get_running_loop().remove_reader(each.fileno())
        for _ in range(CLOSING_TURNS):
            for writer in listeners:
                writer.transport.abort()
            await asyncio.sleep(0)
        server.close()
        with contextlib.suppress(OSError):
            os.unlink(path)  # noqa: PTH108


Say = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


async def by_name(say: Say, path: str) -> asyncio.Server:
    """A server at a name in a folder, for this user alone."""
    server = await asyncio.start_unix_server(say, path)
    os.chmod(path, 0o600)  # noqa: PTH101
    return server


async def with_key(say: Say, path: str, key: bytes) -> asyncio.Server:
    """A server on the loopback, its port and its key in a private file."""
    from dpf_edge.host import private_file

    server = await asyncio.start_server(say, LOOPBACK, 0)
    port = server.sockets[0].getsockname()[1]
    try:
        private_file.write(path, b"%d %s\n" % (port, key), is_lasting=False)
    except BaseException:
        server.close()
        raise
    return server


async def knows(reader: asyncio.StreamReader, key: bytes) -> bool:
    """Whether somebody says the key, in time; where there is none, everybody does."""
    if not key:
        return True
    async with asyncio.timeout(SAY_SECONDS):
        return secrets.compare_digest(await reader.readexactly(len(key)), key)


def connected(path: str, seconds: float) -> socket.socket:
    """A connection to whoever talks at a path, the key said where there is one.

    :raises ConnectionRefusedError: whoever had the socket was killed; :raises OSError: nobody.
    """
    if sys.platform == "win32":
        with open(path, "rb") as file:  # noqa: PTH123
            port, _, key = file.read(128).strip().partition(b" ")
        if not port.isdigit() or not 0 < int(port) < 1 << 16:
            raise OSError(f"{path}: names no port")
        sock = socket.create_connection((LOOPBACK, int(port)), seconds)
        sock.sendall(key)
        return sock
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        sock.settimeout(seconds)
        sock.connect(path)
    except BaseException:
        sock.close()
        raise
    return sock


def heard_at(path: str, seconds: float) -> bytes | None:
    """What is said at a socket; None where nobody says anything, whole and in time.

    :raises ConnectionRefusedError: whoever had the socket was killed.
    """
    if not can_be_at(path):
        return None
    held = bytearray()
    try:
        with connected(path, seconds) as listening:
            while part := listening.recv(65536):
                held += part
                if len(held) > MOST_BYTES:
                    return None
    except ConnectionRefusedError:
        raise
    except OSError:
        return None
    return bytes(held) or None
