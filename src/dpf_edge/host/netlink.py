"""Reads the kernel's network tables by rtnetlink(7): links, addresses, routes, rules, neighbours.

A dump is a request to the kernel of this network namespace; nothing leaves the machine, and no
privilege is needed. Numbers are those of linux/rtnetlink.h, linux/if_link.h, linux/if_addr.h,
linux/fib_rules.h and linux/neighbour.h.
"""

from __future__ import annotations

import socket
import struct
import sys
from typing import TYPE_CHECKING, NamedTuple

from dpf_edge.errors import Failed

if TYPE_CHECKING:
    from collections.abc import Iterator

GET_LINK, GET_ADDRESS, GET_ROUTE, GET_NEIGHBOUR, GET_RULE = 18, 22, 26, 30, 34

NLMSG_ERROR, NLMSG_DONE = 2, 3
NLM_F_REQUEST, NLM_F_DUMP, NLM_F_DUMP_INTR = 0x1, 0x300, 0x10
HEADER = struct.Struct("=IHHII")  # length, type, flags, sequence, port
ATTRIBUTE = struct.Struct("=HH")  # length, type

# The kernel fills at most 32 KiB a datagram for a dump (NLMSG_GOODSIZE and up).
DATAGRAM_BYTES = 1 << 16
# The kernel answers from memory; a second without a word means that it never will.
SILENCE_SECONDS = 1.0
# A dump that the tables changed under is asked for again; a router that flaps without pause is
# believed the third time.
TRIES = 3
# 64 MiB: half a million neighbours. More is no machine that a node stands on.
MOST_BYTES = 1 << 26


class Message(NamedTuple):
    """One object of a dump: its fixed header, and its attributes by number."""

    header: bytes
    attributes: dict[int, bytes]


def attributes(data: bytes) -> dict[int, bytes]:
    """The attributes of one message, by number; the nested flag is dropped, lengths obeyed."""
    found: dict[int, bytes] = {}
    offset = 0
    while offset + ATTRIBUTE.size <= len(data):
        length, kind = ATTRIBUTE.unpack_from(data, offset)
        if length < ATTRIBUTE.size or offset + length > len(data):
            break
        found[kind & 0x3FFF] = data[offset + ATTRIBUTE.size : offset + length]
        offset += (length + 3) & ~3  # attributes are aligned to four bytes
    return found


def messages(datagram: bytes, header_bytes: int) -> Iterator[Message | None]:
    """The objects of one datagram; None where the dump ends.

    :raises Failed: the kernel refused, or the datagram is malformed.
    :raises InterruptedError: the tables changed while the kernel wrote them down.
    """
    offset = 0
    while offset + HEADER.size <= len(datagram):
        length, kind, flags, _, _ = HEADER.unpack_from(datagram, offset)
        if length < HEADER.size or offset + length > len(datagram):
            raise Failed("netlink: a message is cut short")
        body = datagram[offset + HEADER.size : offset + length]
        if kind in {NLMSG_ERROR, NLMSG_DONE}:
            # A dump that the kernel gives up ends with the reason in place of a nought.
            number = int.from_bytes(body[:4], sys.byteorder, signed=True)
            if kind == NLMSG_ERROR or number < 0:
                raise Failed(f"netlink: the kernel refused (errno {-number})")
        if flags & NLM_F_DUMP_INTR:
            raise InterruptedError
        if kind == NLMSG_DONE:
            yield None
            return
        if len(body) >= header_bytes:
            yield Message(body[:header_bytes], attributes(body[header_bytes:]))
        offset += (length + 3) & ~3


def dump(request: int, family: int, header_bytes: int) -> list[Message]:
    """Every object of one kind in this network namespace.

    :param request: one of the GET numbers.
    :param family: AF_UNSPEC, AF_INET or AF_INET6.
    :param header_bytes: the size of the kind's fixed header.
    :raises Failed: no netlink here, or the kernel did not answer.
    """
    for _ in range(TRIES):
        try:
            return dump_once(request, family, header_bytes)
        except InterruptedError:
            continue
        except OSError as error:
            raise Failed(f"netlink: {error.strerror or error}") from error
    raise Failed("netlink: the tables changed during every read")


def dump_once(request: int, family: int, header_bytes: int) -> list[Message]:
    """One try of :func:`dump`; InterruptedError where the tables changed meanwhile."""
    found: list[Message] = []
    read = 0
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE) as kernel:
        kernel.settimeout(SILENCE_SECONDS)
        kernel.bind((0, 0))
        body = bytes([family]) + bytes(header_bytes - 1)
        header = HEADER.pack(HEADER.size + len(body), request, NLM_F_REQUEST | NLM_F_DUMP, 1, 0)
        kernel.send(header + body)
        while read <= MOST_BYTES:
            datagram = kernel.recv(DATAGRAM_BYTES)
            read += len(datagram)
            for message in messages(datagram, header_bytes):
                if message is None:
                    return found
                # A kernel without IPv6 answers a question for it with the tables of all families.
                if message.header[0] == family or family == socket.AF_UNSPEC:
                    found.append(message)
    raise Failed("netlink: a table without end")


def text(value: bytes) -> str:
    """A name as the kernel gives it: ended by NUL, and any bytes at all.

    What is no UTF-8 is spelt out, not replaced: two links must not come to share one name.
    """
    return value.split(b"\0", 1)[0].decode("utf-8", "backslashreplace")


def number(value: bytes | None) -> int | None:
    """An attribute of four bytes."""
    return struct.unpack("=I", value)[0] if value is not None and len(value) == 4 else None


def hardware_address(value: bytes | None) -> str | None:
    """A MAC as ``00:11:22:33:44:55``; None for other lengths (InfiniBand has 20 bytes)."""
    return value.hex(":") if value is not None and len(value) == 6 else None


def address(value: bytes | None) -> str | None:
    """An IPv4 or IPv6 address by its length."""
    if value is None or len(value) not in (4, 16):
        return None
    return socket.inet_ntop(socket.AF_INET if len(value) == 4 else socket.AF_INET6, value)
