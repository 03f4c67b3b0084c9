"""What the active checks put on the wire, and how an answer is told from anything else. Pure.

An answer comes from whoever is on the network, so no more of it is read than tells that it is one:
a header of twelve bytes, a status line, an address.
"""

from __future__ import annotations

import socket
import struct
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

# RFC 6762 section 3, and the UPnP Device Architecture 2.0, section 1.3.2.
MDNS_GROUP, MDNS_PORT = "224.0.0.251", 5353
SSDP_GROUP, SSDP_PORT = "239.255.255.250", 1900
# RFC 6762 section 11 wants 255; UPnP's default is 2.
MDNS_TTL, SSDP_TTL = 255, 2

# RFC 6763 section 9: the question that every responder with a service to offer answers.
SERVICES = b"\x09_services\x07_dns-sd\x04_udp\x05local\x00"
PTR, IN = 12, 1
# RFC 6762 section 5.4: the top bit of the class asks for an answer by unicast.
UNICAST_RESPONSE = 0x8000
DNS_HEADER = struct.Struct("!6H")  # id, flags, four counts
# Of the flags (RFC 1035 section 4.1.1): this is an answer; its operation; its outcome.
RESPONSE, OPERATION, OUTCOME = 0x8000, 0x7800, 0x000F

# MX 1: whoever answers waits for up to a second, so that not all do at once.
SEARCH = (
    f"M-SEARCH * HTTP/1.1\r\nHOST: {SSDP_GROUP}:{SSDP_PORT}\r\n"
    'MAN: "ssdp:discover"\r\nMX: 1\r\nST: ssdp:all\r\n\r\n'
).encode()

# linux/errqueue.h: struct sock_extended_err, and whom an error is from.
IP_RECVERR, IPV6_RECVERR = 11, 25
EXTENDED_ERROR = struct.Struct("=IBBBBII")  # errno, origin, type, code, padding, info, data
ORIGINS = {2: socket.AF_INET, 3: socket.AF_INET6}  # ICMP and ICMPv6
# linux/icmp.h, linux/icmpv6.h
TIME_EXCEEDED = {socket.AF_INET: 11, socket.AF_INET6: 3}
UNREACHABLE = {socket.AF_INET: 3, socket.AF_INET6: 1}


def mdns_question(number: int) -> bytes:
    """One question for the services of the link, answered by unicast; ``number`` is its id."""
    header = DNS_HEADER.pack(number, 0, 1, 0, 0, 0)
    return header + SERVICES + struct.pack("!HH", PTR, IN | UNICAST_RESPONSE)


def is_mdns_answer(data: bytes, port: int, number: int) -> bool:
    """Whether a datagram answers that question, by its header alone.

    :param port: the port that it came from; RFC 6762 section 6 has every answer come from 5353.
    :param number: the question's id. Section 6.7 has it repeated; some answer with nought.
    """
    if port != MDNS_PORT or len(data) < DNS_HEADER.size:
        return False
    told, flags, *_ = DNS_HEADER.unpack_from(data)
    return told in (0, number) and flags & (RESPONSE | OPERATION | OUTCOME) == RESPONSE


def is_ssdp_answer(data: bytes) -> bool:
    """Whether a datagram answers a search: UPnP's answers begin like HTTP's."""
    return data.startswith(b"HTTP/1.1 200 ")


class Returned(NamedTuple):
    """An ICMP error: what a router or host said of a packet that was sent."""

    offender: str
    """Who said it."""
    ran_out: bool
    """Whether it says that the packet had no hop left; else that it could not be delivered."""


def returned(ancillary: Iterable[tuple[int, int, bytes]]) -> Returned | None:
    """The ICMP error among the ancillary data of an error queue (ip(7), IP_RECVERR).

    :returns: None for errors of another sort, those of this machine itself among them.
    """
    wanted = {(socket.IPPROTO_IP, IP_RECVERR), (socket.IPPROTO_IPV6, IPV6_RECVERR)}
    for level, kind, data in ancillary:
        if (level, kind) not in wanted or len(data) < EXTENDED_ERROR.size:
            continue
        _, origin, icmp_type, *_ = EXTENDED_ERROR.unpack_from(data)
        family = ORIGINS.get(origin)
        # struct sockaddr_in and sockaddr_in6: two bytes of family, two of port, and IPv6's four
        # of flow before the address.
        offset, size = (4, 4) if family == socket.AF_INET else (8, 16)
        address = data[EXTENDED_ERROR.size + offset :][:size]
        if family is None or len(address) < size:
            continue
        if icmp_type in (TIME_EXCEEDED[family], UNREACHABLE[family]):
            who = socket.inet_ntop(family, address)
            return Returned(who, icmp_type == TIME_EXCEEDED[family])
    return None
