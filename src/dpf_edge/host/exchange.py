"""One loop over the sockets of the active checks: nothing in it waits for longer than it was told.

No thread, no signal, no blocking call: every socket is non-blocking, and one that is flooded is
heard no more before it can hold up the others.
"""

from __future__ import annotations

import errno
import socket
import struct
import sys
from typing import TYPE_CHECKING, Literal

from dpf_edge.host import questions, sockets

if TYPE_CHECKING:
    import selectors
    from collections.abc import Callable, Sequence

    Handler = Callable[[socket.socket], None]

Refusal = Literal["unreachable", "denied"]

# The longest datagram that mDNS allows with its headers (RFC 6762 section 17). Only the beginning
# is looked at, and the kernel drops what is longer.
WSAEACCES = 10013  # winsock2.h
DATAGRAM_BYTES = 9000
# struct sock_extended_err with an IPv6 address behind it, its header and its padding.
ANCILLARY_BYTES = 256
# How often one socket is read. A household of devices answers a search with 200 datagrams; who
# sends more wants to keep us busy.
MOST_READS = 512

# linux/in.h, linux/in6.h: choose the interface of a datagram, which takes no privilege.
IP_UNICAST_IF, IPV6_UNICAST_IF = 50, 76


class Exchange:
    """The sockets of one run. It closes them all when it is left."""

    def __init__(self, selector: selectors.BaseSelector, clock: Callable[[], float]) -> None:
        self._selector = selector
        self._clock = clock
        # How often each socket may still be read; none is, of one that is heard no more.
        self._reads: dict[socket.socket, int] = {}

    def __enter__(self) -> Exchange:
        return self

    def __exit__(self, *_: object) -> None:
        for each in list(self._reads):
            self.drop(each)
        self._selector.close()

    def watch(self, sock: socket.socket, events: int, handler: Handler) -> None:
        """Have a handler called for each of a socket's events, a bounded number of times."""
        self._selector.register(sock, events, handler)
        self._reads[sock] = MOST_READS

    def drop(self, sock: socket.socket) -> None:
        """Close a socket, and forget it."""
        if self._reads.pop(sock):
            self._selector.unregister(sock)
        sock.close()

    def until(self, end: float, done: Callable[[], bool] = lambda: False) -> None:
        """Serve the sockets until the clock says ``end``, or what was wanted is there."""
        while not done() and (left := end - self._clock()) > 0:
            for key, _ in self._selector.select(left):
                sock: socket.socket = key.fileobj  # type: ignore[assignment]
                self._reads[sock] -= 1
                if not self._reads[sock]:
                    # It stays open: for a closed port the kernel would answer the flood.
                    self._selector.unregister(sock)
                key.data(sock)


def bound(
    family: int, kind: int, name: str, index: int, source: str | None = None
) -> socket.socket:
    """A non-blocking socket that talks by one interface alone.

    :param family: AF_INET or AF_INET6.
    :param kind: SOCK_DGRAM or SOCK_STREAM.
    :param source: the interface's own address to talk from; the kernel's choice where None.
    :raises OSError: it is not to be had: the address or the interface has gone.
    """
    sock = sockets.opened(family, kind)
    try:
        try:
            sockets.keep_to_link(sock, name, index)
        except PermissionError:
            # Linux before 5.7 lets only root do it. Datagrams can be told their interface all the
            # same; a connection cannot, and is not made.
            if kind != socket.SOCK_DGRAM:
                raise
            option = struct.pack("!I", index)
            if family == socket.AF_INET:
                sock.setsockopt(socket.IPPROTO_IP, IP_UNICAST_IF, option)
            else:
                sock.setsockopt(socket.IPPROTO_IPV6, IPV6_UNICAST_IF, option)
        if source is not None:
            sock.bind((source, 0))
    except BaseException:
        sock.close()
        raise
    return sock


def from_address(source: str) -> socket.socket:
    """A non-blocking socket for a connection from an IPv4 address, by whatever route there is.

    :raises OSError: it is not to be had.
    """
    sock = sockets.opened(socket.AF_INET, socket.SOCK_STREAM)
    try:
        sock.bind((source, 0))
    except BaseException:
        sock.close()
        raise
    return sock


def leads_by(own: Sequence[str], address: str, port: int) -> bool:
    """Whether the kernel's own way to an IPv4 address begins at one of some addresses.

    A datagram's connection sends nothing: it only has the kernel choose.

    :raises OSError: there is no way.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.connect((address, port))
        return sock.getsockname()[0] in own


def hear_errors(sock: socket.socket) -> None:
    """Have the ICMP errors for a socket's datagrams kept for it (ip(7), IP_RECVERR); Linux alone
    can, and elsewhere nothing is heard of the first router."""
    if sys.platform != "linux":
        return
    if sock.family == socket.AF_INET:
        sock.setsockopt(socket.IPPROTO_IP, questions.IP_RECVERR, 1)
    else:
        sock.setsockopt(socket.IPPROTO_IPV6, questions.IPV6_RECVERR, 1)


def multicasting(sock: socket.socket, index: int, source: str, ttl: int) -> None:
    """Have a socket send to groups by one interface; none is joined, and nothing comes back."""
    # struct ip_mreqn: a group, which is none here, an address of ours, the interface. Windows takes
    # the address alone.
    interface = socket.inet_aton(source)
    if sys.platform != "win32":
        interface = struct.pack("=4s4si", bytes(4), interface, index)
    sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, interface)
    sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, ttl)
    # This machine's own programs need not be asked.
    sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_LOOP, 0)


def limited(sock: socket.socket, hops: int) -> None:
    """Have a socket's datagrams live for so many hops."""
    if sock.family == socket.AF_INET:
        sock.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, hops)
    else:
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_UNICAST_HOPS, hops)


def datagram(sock: socket.socket) -> tuple[bytes, str, int] | None:
    """The next datagram, with the address and port that it came from; None where there is none.

    An error that an earlier datagram met is passed over: its queue is read by
    :func:`returned_error`.
    """
    try:
        data, where = sock.recvfrom(DATAGRAM_BYTES)
    except OSError:
        return None
    return data, str(where[0]), int(where[1])


def returned_error(sock: socket.socket) -> questions.Returned | None:
    """The next ICMP error that was kept for a socket; None where there is none."""
    if sys.platform != "linux":
        return None
    try:
        _, ancillary, _, _ = sock.recvmsg(0, ANCILLARY_BYTES, socket.MSG_ERRQUEUE)
    except OSError:
        return None
    return questions.returned(ancillary)


def refusal(error: OSError) -> Refusal:
    """What it means that the kernel would not send: not allowed to, or no way there."""
    return "denied" if error.errno in (errno.EPERM, errno.EACCES, WSAEACCES) else "unreachable"


def connection(number: int) -> Literal["answered", "refused", "unreachable", "denied", "silent"]:
    """What a connection's error number means; 0 is a connection."""
    if number == 0:
        return "answered"
    if number in sockets.REFUSED:
        return "refused"
    if number in sockets.TIMED_OUT:
        return "silent"
    return refusal(OSError(number, ""))
