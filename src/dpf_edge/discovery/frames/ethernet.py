"""Ethernet frames, and the datagrams in them: as much of IEEE 802.3, IP and UDP as it takes."""

from __future__ import annotations

import ipaddress
import struct
from typing import NamedTuple

ARP, IPV4, IPV6, LLDP = 0x0806, 0x0800, 0x86DD, 0x88CC
# IEEE 802.1Q and 802.1ad; a frame with more than two tags is no LAN's.
TAGS, MOST_TAGS = (0x8100, 0x88A8), 2
# What is less than this in the type's place is a length (IEEE 802.3 section 3.2.6).
FIRST_TYPE = 0x0600
HEADER_BYTES = 14
UDP, ICMPV6 = 17, 58

# IPv4 (RFC 791): version and length, type of service, total, id, fragment, TTL, protocol, check
# sum, source, destination.
_IPV4 = struct.Struct("!BBHHHBBH4s4s")
# IPv6 (RFC 8200): version and class and flow, length, next header, hop limit, source, destination.
_IPV6 = struct.Struct("!IHBB16s16s")
_UDP = struct.Struct("!HHHH")
MORE_FRAGMENTS, OFFSET = 0x2000, 0x1FFF


class Ethernet(NamedTuple):
    """One frame.

    :ivar source: the sender's MAC, :ivar to: the receiver's or the group's.
    :ivar type: the EtherType behind all tags; 0 where there is a length in its place.
    """

    to: str
    source: str
    type: int
    payload: bytes


class Packet(NamedTuple):
    """One IP packet that is whole: no fragment."""

    source: str
    to: str
    hops: int
    protocol: int
    payload: bytes


class Udp(NamedTuple):
    """One UDP datagram."""

    source_port: int
    port: int
    payload: bytes


def mac(data: bytes) -> str:
    """A MAC as text."""
    return data.hex(":")


def mac_bytes(text: str) -> bytes:
    """A MAC from text.

    :raises ValueError: it is none.
    """
    found = bytes.fromhex(text.replace(":", ""))
    if len(found) != 6:
        raise ValueError(f"no MAC: {text!r}")
    return found


def is_station(text: str) -> bool:
    """Whether a MAC can be one station's: no group's, and not all nought."""
    return int(text[:2], 16) & 1 == 0 and text != "00:00:00:00:00:00"


def frame(data: bytes) -> Ethernet | None:
    """A frame's parts; None where it is too short to have any."""
    if len(data) < HEADER_BYTES:
        return None
    at = 12
    for _ in range(MOST_TAGS):
        if int.from_bytes(data[at : at + 2], "big") not in TAGS:
            break
        at += 4
    if len(data) < at + 2:
        return None
    kind = int.from_bytes(data[at : at + 2], "big")
    payload = data[at + 2 :]
    if kind < FIRST_TYPE:
        kind, payload = 0, payload[:kind]
    return Ethernet(mac(data[:6]), mac(data[6:12]), kind, payload)


def packet(found: Ethernet) -> Packet | None:
    """The IP packet in a frame; None where there is none, or a part of one."""
    if found.type == IPV4:
        return ipv4(found.payload)
    return ipv6(found.payload) if found.type == IPV6 else None


def ipv4(data: bytes) -> Packet | None:
    """An IPv4 packet; None where it is none, is cut short, or is a fragment."""
    if len(data) < _IPV4.size:
        return None
    first, _, total, _, fragment, hops, protocol, _, source, to = _IPV4.unpack_from(data)
    size = (first & 0x0F) * 4
    if first >> 4 != 4 or size < _IPV4.size or not size <= total <= len(data):
        return None
    if fragment & (MORE_FRAGMENTS | OFFSET):
        return None
    addresses = str(ipaddress.IPv4Address(source)), str(ipaddress.IPv4Address(to))
    return Packet(*addresses, hops, protocol, data[size:total])


def ipv6(data: bytes) -> Packet | None:
    """An IPv6 packet without extension headers; None where it is none, or cut short."""
    if len(data) < _IPV6.size:
        return None
    first, length, protocol, hops, source, to = _IPV6.unpack_from(data)
    if first >> 28 != 6 or _IPV6.size + length > len(data):
        return None
    addresses = str(ipaddress.IPv6Address(source)), str(ipaddress.IPv6Address(to))
    return Packet(*addresses, hops, protocol, data[_IPV6.size : _IPV6.size + length])


def udp(found: Packet) -> Udp | None:
    """The UDP datagram in a packet; its check sum is the kernel's business, and may be undone."""
    if found.protocol != UDP or len(found.payload) < _UDP.size:
        return None
    source_port, port, length, _ = _UDP.unpack_from(found.payload)
    if not _UDP.size <= length <= len(found.payload):
        return None
    return Udp(source_port, port, found.payload[_UDP.size : length])
