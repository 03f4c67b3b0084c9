"""Neighbour discovery for IPv6 (RFC 4861): who solicits, who advertises, and which routers."""

from __future__ import annotations

import ipaddress
import struct
from typing import TYPE_CHECKING, NamedTuple

from dpf_edge.discovery.frames import ethernet

if TYPE_CHECKING:
    from collections.abc import Iterator

ROUTER_SOLICITATION, ROUTER_ADVERTISEMENT = 133, 134
SOLICITATION, ADVERTISEMENT = 135, 136
SOURCE_MAC, TARGET_MAC, PREFIX, RDNSS = 1, 2, 3, 25
# RFC 4861 section 7.1: what comes with less has been through a router, and is not of this link.
HOPS = 255
# A message of 1 500 bytes could hold 187 options; a router has a handful.
MOST_OPTIONS = 32
UNSPECIFIED = "::"
# Router advertisement: hop limit, flags, lifetime, reachable and retransmission times (4.2).
_ROUTER = struct.Struct("!BBHII")
IS_ROUTER = 0x80


class Ndp(NamedTuple):
    """One message.

    :ivar source: the sender's address; ``::`` where it has none yet.
    :ivar target: whom a solicitation or an advertisement is about; None in other messages.
    :ivar mac: the MAC that it gives: the sender's, or the target's in an advertisement; None.
    :ivar is_router: whether the sender says that it is one.
    :ivar lifetime: for how many seconds a router is one to send everything through; 0 is not.
    :ivar prefixes: of an advertising router's link, :ivar resolvers: and its name servers.
    """

    kind: int
    source: str
    target: str | None = None
    mac: str | None = None
    is_router: bool = False
    lifetime: int = 0
    prefixes: tuple[str, ...] = ()
    resolvers: tuple[str, ...] = ()


def parse(found: ethernet.Ethernet) -> Ndp | None:
    """The message in a frame; None where it is none, or none from this link."""
    packet = ethernet.packet(found)
    if packet is None or packet.protocol != ethernet.ICMPV6 or packet.hops != HOPS:
        return None
    data = packet.payload
    if len(data) < 8 or data[1] != 0:  # the code of every such message is nought
        return None
    kind, source = data[0], packet.source
    if kind in (SOLICITATION, ADVERTISEMENT) and len(data) >= 24:
        target = str(ipaddress.IPv6Address(data[8:24]))
        wanted = SOURCE_MAC if kind == SOLICITATION else TARGET_MAC
        mac = next((mac_of(body) for number, body in options(data[24:]) if number == wanted), None)
        is_router = kind == ADVERTISEMENT and bool(data[4] & IS_ROUTER)
        return Ndp(kind, source, target, mac, is_router)
    if kind == ROUTER_SOLICITATION:
        mac = next((mac_of(b) for number, b in options(data[8:]) if number == SOURCE_MAC), None)
        return Ndp(kind, source, mac=mac)
    if kind == ROUTER_ADVERTISEMENT and len(data) >= 4 + _ROUTER.size:
        return router(source, data)
    return None


def router(source: str, data: bytes) -> Ndp:
    """What a router advertises of itself and its link."""
    _, _, lifetime, _, _ = _ROUTER.unpack_from(data, 4)
    mac, prefixes, resolvers = None, [], []
    for number, body in options(data[4 + _ROUTER.size :]):
        if number == SOURCE_MAC:
            mac = mac_of(body)
        elif number == PREFIX and len(body) >= 30 and body[0] <= 128:
            network = ipaddress.IPv6Network((body[14:30], body[0]), strict=False)
            prefixes.append(str(network))
        elif number == RDNSS:
            resolvers += [
                str(ipaddress.IPv6Address(body[at : at + 16]))
                for at in range(6, len(body) - 15, 16)
            ]
    return Ndp(
        ROUTER_ADVERTISEMENT,
        source,
        mac=mac,
        is_router=True,
        lifetime=lifetime,
        prefixes=tuple(prefixes),
        resolvers=tuple(resolvers),
    )


def options(data: bytes) -> Iterator[tuple[int, bytes]]:
    """The options of a message, each by its number; lengths are in units of eight bytes."""
    at = 0
    for _ in range(MOST_OPTIONS):
        if at + 2 > len(data):
            return
        size = data[at + 1] * 8
        if size == 0 or at + size > len(data):  # RFC 4861 section 4.6: such are thrown away
            return
        yield data[at], data[at + 2 : at + size]
        at += size


def mac_of(body: bytes) -> str | None:
    """The MAC in a link-layer address option."""
    return ethernet.mac(body[:6]) if len(body) >= 6 else None


def solicitation(mac: str, source: str, target: str) -> bytes:
    """A solicitation to the target's own group (section 7.2.2): who has it?

    :raises ValueError: one of them is no MAC, or no IPv6 address.
    """
    own, wanted = ethernet.mac_bytes(mac), ipaddress.IPv6Address(target).packed
    group = ipaddress.IPv6Address("ff02::1:ff00:0").packed[:13] + wanted[13:]
    body = bytes((SOLICITATION, 0, 0, 0)) + bytes(4) + wanted + bytes((SOURCE_MAC, 1)) + own
    sender = ipaddress.IPv6Address(source).packed
    total = checksum(sender + group + struct.pack("!II", len(body), ethernet.ICMPV6) + body)
    body = body[:2] + total.to_bytes(2, "big") + body[4:]
    head = struct.pack("!IHBB", 6 << 28, len(body), ethernet.ICMPV6, HOPS)
    # RFC 2464 section 7: a group's MAC is 33:33 and the group's last four bytes.
    to = b"\x33\x33" + group[12:]
    return to + own + ethernet.IPV6.to_bytes(2, "big") + head + sender + group + body


def checksum(data: bytes) -> int:
    """The internet check sum (RFC 1071)."""
    padded = data + bytes(len(data) % 2)
    total = sum(int.from_bytes(padded[at : at + 2], "big") for at in range(0, len(padded), 2))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF
