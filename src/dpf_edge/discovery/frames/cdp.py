"""Cisco's discovery protocol, versions 1 and 2.

Its format is in the public as Cisco's "CDP packet format" (Troubleshooting TechNotes) and as many
free programs speak it: an 802.2 SNAP header, then version, time to live, check sum, and fields.
"""

from __future__ import annotations

import ipaddress
import re
from typing import TYPE_CHECKING, NamedTuple

from dpf_edge.discovery.frames import ethernet
from dpf_edge.discovery.texts import clean

if TYPE_CHECKING:
    from collections.abc import Iterator

GROUP = "01:00:0c:cc:cc:cc"
# 802.2 with SNAP: DSAP and SSAP aa, control 3, Cisco's OUI, the protocol's number.
SNAP = bytes.fromhex("aaaa0300000c2000")
DEVICE, ADDRESSES, PORT, CAPABILITIES, VERSION, PLATFORM, MANAGEMENT = 1, 2, 3, 4, 5, 6, 0x16
# The bits of the capabilities, from the lowest, in the words of kinds.toml.
CAPABILITY = (
    "router",
    "transparent-bridge",
    "source-route-bridge",
    "switch",
    "host",
    "igmp",
    "repeater",
    "phone",
    "remotely-managed",
)
# How an address says which protocol it is of: NLPID 0xcc is IP; 802.2 with 0x86dd is IPv6.
IPV4 = b"\x01\x01\xcc"
IPV6 = bytes.fromhex("0208aaaa0300000086dd")
MOST_FIELDS, MOST_ADDRESSES = 64, 16
MOST_NAME, MOST_TEXT = 63, 255
# A telephone's name is its MAC behind SEP, an analogue adapter's behind ATA.
NAMED_BY_MAC = re.compile(r"(?:SEP|ATA)([0-9A-F]{12})")


class Cdp(NamedTuple):
    """What a device says of itself and of the port that it says it on."""

    name: str
    port: str = ""
    addresses: tuple[str, ...] = ()
    capabilities: tuple[str, ...] = ()
    version: str = ""
    platform: str = ""
    ttl: int = 0

    @property
    def mac(self) -> str | None:
        """The MAC that a telephone is named after."""
        found = NAMED_BY_MAC.fullmatch(self.name)
        return ethernet.mac(bytes.fromhex(found[1])) if found else None


def parse(found: ethernet.Ethernet) -> Cdp | None:
    """What a frame says; None where it is no CDP, or names nobody."""
    data = found.payload
    if found.type != 0 or not data.startswith(SNAP) or len(data) < len(SNAP) + 4:
        return None
    told: dict[int, bytes] = {}
    for kind, value in fields(data[len(SNAP) + 4 :]):
        told.setdefault(kind, value)
    name = clean(told.get(DEVICE, b""), MOST_NAME)
    if not name:
        return None
    bits = int.from_bytes(told.get(CAPABILITIES, b"")[:4], "big")
    listed = (*addresses(told.get(ADDRESSES, b"")), *addresses(told.get(MANAGEMENT, b"")))
    return Cdp(
        name,
        clean(told.get(PORT, b""), MOST_NAME),
        tuple(dict.fromkeys(listed)),
        tuple(word for number, word in enumerate(CAPABILITY) if bits >> number & 1),
        clean(told.get(VERSION, b""), MOST_TEXT),
        clean(told.get(PLATFORM, b""), MOST_NAME),
        data[len(SNAP) + 1],
    )


def fields(data: bytes) -> Iterator[tuple[int, bytes]]:
    """The fields: two bytes of type, two of length with those four."""
    at = 0
    for _ in range(MOST_FIELDS):
        if at + 4 > len(data):
            return
        kind = int.from_bytes(data[at : at + 2], "big")
        size = int.from_bytes(data[at + 2 : at + 4], "big")
        if size < 4 or at + size > len(data):
            return
        yield kind, data[at + 4 : at + size]
        at += size


def addresses(value: bytes) -> Iterator[str]:
    """The IP addresses of a list: how many, then protocol and address of each with lengths."""
    count, at = int.from_bytes(value[:4], "big"), 4
    for _ in range(min(count, MOST_ADDRESSES)):
        if at + 2 > len(value):
            return
        protocol = value[at : at + 2 + value[at + 1]]
        at += len(protocol)
        size = int.from_bytes(value[at : at + 2], "big")
        body = value[at + 2 : at + 2 + size]
        at += 2 + size
        if protocol == IPV4 and len(body) == 4:
            yield str(ipaddress.IPv4Address(body))
        elif protocol == IPV6 and len(body) == 16:
            yield str(ipaddress.IPv6Address(body))
