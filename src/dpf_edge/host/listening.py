"""The sockets a server listens on: bound before anything is promised, and named where not."""

from __future__ import annotations

import contextlib
import errno
import socket
import sys

from dpf_edge.errors import ListenAddress, ListenDenied, ListenTaken

Socket = socket.socket  # for those who hold one and may not make one

# How many connections the kernel holds for a busy server; Linux caps it at net.core.somaxconn.
BACKLOG = 1024
# How many open files a server asks for. 10 000 nodes that beat once a minute and keep a connection
# for 5 s afterwards are some 900 connections at a time; this is room for a burst.
MOST_FILES = 16_384
# What a connection is not: the store's, the log's, the interpreter's own files.
OTHER_FILES = 128
# Ports that the kernel picks for the first of several addresses may be taken on the second.
TRIES = 8


def bind(host: str, port: int) -> tuple[socket.socket, ...]:
    """Listening sockets at every address of a host, all on one port.

    :param host: an address or ``localhost``; ``::`` takes IPv4 along.
    :param port: 0 takes any free one.
    :raises ListenTaken: another program listens there.
    :raises ListenDenied: this user may not, as with ports below 1024.
    :raises ListenAddress: this machine has no such address, or it is none.
    """
    addresses = resolved(host, port)
    for attempt in range(TRIES):
        try:
            return together(addresses, host, port)
        except ListenTaken:
            if port or attempt == TRIES - 1:
                raise
    raise AssertionError("the last try returns or raises")


def resolved(host: str, port: int) -> list[tuple[socket.AddressFamily, str]]:
    """The addresses of a host. Nobody is asked: a name that only DNS knows is none here."""
    if host.lower().rstrip(".") == "localhost":  # RFC 6761 section 6.3: it is loopback, always
        return [(socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")]
    try:
        found = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE | socket.AI_NUMERICHOST
        )
    except (OSError, UnicodeError, ValueError) as error:
        raise ListenAddress(
            f"{host}: no address", "--listen takes one of this machine's addresses, or localhost"
        ) from error
    return [(family, str(at[0])) for family, _, _, _, at in found]


def together(
    addresses: list[tuple[socket.AddressFamily, str]], host: str, port: int
) -> tuple[socket.socket, ...]:
    """One socket an address, the later ones on the first one's port; all or none."""
    with contextlib.ExitStack() as undone:
        made: list[socket.socket] = []
        absent: ListenAddress | None = None
        for family, address in addresses:
            try:
                listening = one(family, address, port)
            except ListenAddress as error:
                # localhost is ::1 too, also on a machine without IPv6; one that works is enough.
                absent = error
                continue
            undone.callback(listening.close)
            made.append(listening)
            port = listening.getsockname()[1]
        if not made:
            raise absent or ListenAddress(f"{host}: no address to listen on")
        undone.pop_all()
        return tuple(made)


def one(family: socket.AddressFamily, address: str, port: int) -> socket.socket:
    """One listening socket."""
    try:
        # The protocol is named because asyncio turns Nagle's algorithm off only where it is. With
        # it on, an answer's body waits 40 ms for the client to acknowledge its headers.
        listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    except OSError as error:  # a kernel without that family
        raise refusal(address, port, error) from error
    try:
        if sys.platform == "win32":
            # There SO_REUSEADDR would let two programs have one port.
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        else:
            # A server that is started again must not wait for the last one's connections to age.
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            listening.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, int(address != "::"))
        listening.bind((address, port))
        listening.listen(BACKLOG)
        listening.setblocking(False)
    except (OSError, OverflowError) as error:
        listening.close()
        raise refusal(address, port, error) from error
    return listening


def refusal(address: str, port: int, error: OSError | OverflowError) -> Exception:
    """What to say where a socket could not be had."""
    at = f"[{address}]:{port}" if ":" in address else f"{address}:{port}"
    number = getattr(error, "errno", None)
    if number == errno.EADDRINUSE:
        return ListenTaken(
            f"{at}: another program listens there",
            f"stop it, or give another port; --listen {at.rpartition(':')[0]}:0 takes a free one",
        )
    if number in {errno.EACCES, errno.EPERM}:
        return ListenDenied(
            f"{at}: this user may not listen there", "ports below 1024 are root's; 8470 is free"
        )
    why = getattr(error, "strerror", None) or str(error)
    return ListenAddress(f"{at}: {why}", "--listen takes one of this machine's addresses")


def room() -> int:
    """How many connections this process has files for, after asking for more where it may."""
    if sys.platform == "win32":
        return 512 - OTHER_FILES  # the C runtime's default, which sockets do not even count to
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = MOST_FILES if hard == resource.RLIM_INFINITY else min(MOST_FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < most:
        with contextlib.suppress(OSError, ValueError):  # macOS has a lower bound of its own
            resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
            soft = most
    files = MOST_FILES if soft == resource.RLIM_INFINITY else soft
    return max(files - OTHER_FILES, 16)
