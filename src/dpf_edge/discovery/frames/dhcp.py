"""DHCP for IPv4 (RFC 2131, options of RFC 2132) as it is overheard."""

from __future__ import annotations

import ipaddress
import struct
from typing import TYPE_CHECKING, NamedTuple

from dpf_edge.discovery.frames import ethernet
from dpf_edge.discovery.texts import clean

if TYPE_CHECKING:
    from collections.abc import Iterator

SERVER_PORT, CLIENT_PORT = 67, 68
DISCOVER, OFFER, REQUEST, DECLINE, ACK, NAK, RELEASE, INFORM = range(1, 9)
# op, hardware type and size, hops, id, seconds, flags, the client's, your, next server's and
# relay's addresses, the client's MAC, 64 bytes of server name, 128 of file, the cookie.
_HEAD = struct.Struct("!BBBBIHH4s4s4s4s16s64s128s4s")
_COOKIE = bytes.fromhex("63825363")
BOOT_REQUEST, BOOT_REPLY, ETHERNET = 1, 2, 1
PAD, END = 0, 255
ROUTERS, RESOLVERS, HOST_NAME, DOMAIN = 3, 6, 12, 15
WANTED, TYPE, SERVER, PARAMETERS, CLASS, FQDN = 50, 53, 54, 55, 60, 81
MOST_OPTIONS = 128
# RFC 3396 lets an option go on in another; nothing that is read here is that long.
MOST_ADDRESSES = 8
MOST_NAME, MOST_CLASS = 63, 128
NOBODY = "0.0.0.0"  # noqa: S104 -- an address that is not there


class Dhcp(NamedTuple):
    """One message.

    :ivar kind: DISCOVER to INFORM.
    :ivar mac: the client's.
    :ivar client: the address that it has, :ivar yours: that it gets, :ivar wanted: that it asks
        for; empty where there is none.
    :ivar server: who serves, :ivar routers: and what it tells of the network.
    :ivar parameters: what the client asks to be told, in its order: each system has its own.
    """

    kind: int
    mac: str
    client: str = ""
    yours: str = ""
    wanted: str = ""
    server: str = ""
    routers: tuple[str, ...] = ()
    resolvers: tuple[str, ...] = ()
    name: str = ""
    domain: str = ""
    vendor_class: str = ""
    parameters: tuple[int, ...] = ()


def parse(data: bytes) -> Dhcp | None:
    """A message from a UDP datagram's payload; None where it is none over Ethernet."""
    if len(data) < _HEAD.size:
        return None
    op, hardware, size, _, _, _, _, client, yours, _, _, mac, _, _, cookie = _HEAD.unpack_from(data)
    if cookie != _COOKIE or hardware != ETHERNET or size != 6:
        return None
    told: dict[int, bytes] = {}
    for number, value in options(data[_HEAD.size :]):
        told.setdefault(number, value)
    kind = told.get(TYPE, b"")
    if len(kind) != 1 or not DISCOVER <= kind[0] <= INFORM:
        return None
    if (op == BOOT_REPLY) != (kind[0] in (OFFER, ACK, NAK)):
        return None
    return Dhcp(
        kind[0],
        ethernet.mac(mac[:6]),
        client=address(client),
        yours=address(yours),
        wanted=address(told.get(WANTED, b"")),
        server=address(told.get(SERVER, b"")),
        routers=addresses(told.get(ROUTERS, b"")),
        resolvers=addresses(told.get(RESOLVERS, b"")),
        name=name_of(told),
        domain=clean(told.get(DOMAIN, b"").rstrip(b"\0"), 253),
        vendor_class=clean(told.get(CLASS, b"").rstrip(b"\0"), MOST_CLASS),
        parameters=tuple(told.get(PARAMETERS, b"")),
    )


def options(data: bytes) -> Iterator[tuple[int, bytes]]:
    """The options, each by its number."""
    at = 0
    for _ in range(MOST_OPTIONS):
        while at < len(data) and data[at] == PAD:
            at += 1
        if at + 2 > len(data) or data[at] == END or at + 2 + data[at + 1] > len(data):
            return
        yield data[at], data[at + 2 : at + 2 + data[at + 1]]
        at += 2 + data[at + 1]


def name_of(told: dict[int, bytes]) -> str:
    """What the client calls itself: its host name, or its whole one (RFC 4702)."""
    name = told.get(HOST_NAME, b"").rstrip(b"\0")
    if not name and len(told.get(FQDN, b"")) > 3:
        flags, full = told[FQDN][0], told[FQDN][3:]
        # With the E flag it is as DNS writes it: each label behind its length.
        name = b".".join(labels(full)) if flags & 0x04 else full
    return clean(name, MOST_NAME)


def labels(data: bytes) -> Iterator[bytes]:
    """A name's labels, without pointers: there is nothing here to point at."""
    at = 0
    while at < len(data) and 0 < data[at] < 64:
        yield data[at + 1 : at + 1 + data[at]]
        at += 1 + data[at]


def address(value: bytes) -> str:
    """An address; empty where it is none, or nobody's."""
    text = str(ipaddress.IPv4Address(value)) if len(value) == 4 else NOBODY
    return "" if text == NOBODY else text


def addresses(value: bytes) -> tuple[str, ...]:
    """A list of addresses."""
    found = (address(value[at : at + 4]) for at in range(0, 4 * MOST_ADDRESSES, 4))
    return tuple(each for each in found if each)
