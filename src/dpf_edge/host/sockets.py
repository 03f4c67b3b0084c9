"""Sockets as the engines want them, on systems that do not agree how: Linux, Windows, macOS.

A socket is bound to a link by SO_BINDTODEVICE on Linux, by IP_BOUND_IF on macOS, and on Windows,
which sends by the link whose address it was given, by that address.
"""

from __future__ import annotations

import contextlib
import errno
import socket
import struct
import sys

from dpf_edge.host import network_tables

# What a connection that takes its time is told; Windows' sockets have numbers of their own
# (winsock2.h: WSAEWOULDBLOCK, WSAEINPROGRESS and so on).
BEGUN = frozenset({errno.EINPROGRESS, 10035, 10036})
REFUSED = frozenset({errno.ECONNREFUSED, errno.ECONNRESET, 10061, 10054})
TIMED_OUT = frozenset({errno.ETIMEDOUT, 10060})
# No port or no memory of ours is free: the question was not put.
NOT_PUT = frozenset({errno.EADDRNOTAVAIL, errno.ENOBUFS, errno.ENOMEM, errno.EAGAIN, 10049, 10055})
# netinet/in.h and netinet6/in6.h of macOS.
DARWIN_IP_BOUND_IF, DARWIN_IPV6_BOUND_IF = 25, 125
# ws2ipdef.h.
WINDOWS_IP_UNICAST_IF, WINDOWS_IPV6_UNICAST_IF = 31, 31


def opened(family: int, kind: int, protocol: int = 0) -> socket.socket:
    """A non-blocking socket.

    :raises OSError: it is not to be had.
    """
    if sys.platform != "linux":
        sock = socket.socket(family, kind, protocol)
        sock.setblocking(False)
        return sock
    return socket.socket(family, kind | socket.SOCK_NONBLOCK, protocol)


def keep_to_link(sock: socket.socket, name: str, index: int) -> None:
    """Have a socket send by one link alone.

    :raises OSError: there is no such link, or this user may not.
    """
    family_is_four = sock.family == socket.AF_INET
    if sys.platform == "linux":
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, name.encode())
    elif sys.platform == "darwin":
        level = socket.IPPROTO_IP if family_is_four else socket.IPPROTO_IPV6
        option = DARWIN_IP_BOUND_IF if family_is_four else DARWIN_IPV6_BOUND_IF
        sock.setsockopt(level, option, index)
    else:
        # Of IPv4 the number is in network byte order, of IPv6 it is not (Microsoft's page).
        if family_is_four:
            sock.setsockopt(socket.IPPROTO_IP, WINDOWS_IP_UNICAST_IF, struct.pack("!I", index))
        else:
            # Wine hands the number to Linux, which wants it the other way round, and refuses it.
            # A link-local address and a group have their link by other means already.
            with contextlib.suppress(OSError):
                sock.setsockopt(socket.IPPROTO_IPV6, WINDOWS_IPV6_UNICAST_IF, index)


def send_groups_by(sock: socket.socket, name: str, index: int, hops: int) -> None:
    """Have what a socket sends to groups leave by one link, for so many hops; nobody here is told.

    :raises OSError: there is no such link.
    """
    if sock.family != socket.AF_INET:
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF, index)
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_HOPS, hops)
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_LOOP, 0)
        return
    sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, link_of_four(name, index))
    sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, hops)
    sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_LOOP, 0)


def link_of_four(name: str, index: int) -> bytes:
    """A link as IPv4's multicast options take it: struct ip_mreqn, on Windows our address there."""
    if sys.platform == "win32":
        own = network_tables.own_address(name, socket.AF_INET) if name else None
        return socket.inet_aton(own) if own else bytes(4)
    # No group, no address, the interface.
    return struct.pack("=4s4si", bytes(4), bytes(4), index)


def join(sock: socket.socket, group: str, name: str, index: int) -> None:
    """Join a group on a link.

    :raises OSError: the system would not.
    """
    packed = socket.inet_pton(sock.family, group)
    if sock.family == socket.AF_INET:
        link = link_of_four(name, index)
        # struct ip_mreqn begins with the group; Windows takes struct ip_mreq, without the number.
        member = packed + (link if len(link) == len(packed) else link[len(packed) :])
        sock.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, member)
    else:
        option = getattr(socket, "IPV6_JOIN_GROUP", 12)  # the same number on macOS and Windows
        sock.setsockopt(socket.IPPROTO_IPV6, option, packed + struct.pack("=I", index))


def share_port(sock: socket.socket) -> None:
    """Let others have the port that a socket is bound to, as multicast's readers must."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if sys.platform != "win32":
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
