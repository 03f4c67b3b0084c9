"""LLDP (IEEE 802.1AB-2016), with what LLDP-MED adds for telephones (ANSI/TIA-1057)."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING, NamedTuple

from dpf_edge.discovery.frames import ethernet
from dpf_edge.discovery.texts import clean

if TYPE_CHECKING:
    from collections.abc import Iterator

END, CHASSIS, PORT, TTL, PORT_TEXT, NAME, DESCRIPTION, CAPABILITIES, MANAGEMENT = range(9)
ORGANIZATION = 127
# Table 8-2 and table 8-3: which sort of id it is.
CHASSIS_MAC, CHASSIS_ADDRESS = 4, 5
PORT_MAC, PORT_ADDRESS = 3, 4
# Table 8-4, in the words of LLDP-MIB and kinds.toml.
CAPABILITY = (
    "other",
    "repeater",
    "bridge",
    "wlan-access-point",
    "router",
    "telephone",
    "docsis-cable-device",
    "station-only",
)
# RFC 1700's numbers for families of addresses.
FAMILY_IPV4, FAMILY_IPV6 = 1, 2
# TIA-1057 table 12: its inventory, by subtype.
MED = bytes.fromhex("0012bb")
INVENTORY = {5: "hardware", 6: "firmware", 7: "software", 8: "serial", 9: "maker", 10: "model"}
# A frame holds 1 500 bytes, so 750 parts; a switch has twenty.
MOST_PARTS = 64
MOST_NAME, MOST_DESCRIPTION = 63, 255


class Lldp(NamedTuple):
    """What a system says of itself and of the port that it says it on.

    :ivar mac: the chassis' MAC, :ivar chassis: or what else it is called by.
    :ivar ttl: for how many seconds this holds; 0 takes back what was said.
    :ivar capabilities: those that are enabled, in the words of :data:`CAPABILITY`.
    :ivar inventory: maker, model, serial and the like.
    """

    mac: str | None
    chassis: str
    port: str
    ttl: int
    port_text: str = ""
    name: str = ""
    description: str = ""
    capabilities: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    inventory: tuple[tuple[str, str], ...] = ()


def parse(found: ethernet.Ethernet) -> Lldp | None:
    """What a frame says; None where it is no LLDP, or lacks what each message has to have."""
    if found.type != ethernet.LLDP:
        return None
    told = list(parts(found.payload))
    # Section 9.2.7.7: chassis, port and time come first, in this order.
    if [kind for kind, _ in told[:3]] != [CHASSIS, PORT, TTL]:
        return None
    (_, chassis), (_, port), (_, ttl), *rest = told
    if len(chassis) < 2 or len(port) < 2 or len(ttl) < 2:
        return None
    texts = {
        kind: value for kind, value in reversed(rest) if kind in (PORT_TEXT, NAME, DESCRIPTION)
    }
    return Lldp(
        mac=ethernet.mac(chassis[1:]) if chassis[0] == CHASSIS_MAC and len(chassis) == 7 else None,
        chassis=named(chassis, CHASSIS_MAC, CHASSIS_ADDRESS),
        port=named(port, PORT_MAC, PORT_ADDRESS),
        ttl=int.from_bytes(ttl[:2], "big"),
        port_text=clean(texts.get(PORT_TEXT, b""), MOST_DESCRIPTION),
        name=clean(texts.get(NAME, b""), MOST_NAME),
        description=clean(texts.get(DESCRIPTION, b""), MOST_DESCRIPTION),
        capabilities=enabled(next((value for kind, value in rest if kind == CAPABILITIES), b"")),
        addresses=tuple(
            dict.fromkeys(
                text
                for kind, value in rest
                if kind == MANAGEMENT and value and (text := address(value[1 : 1 + value[0]]))
            )
        ),
        inventory=tuple(inventory(rest)),
    )


def parts(data: bytes) -> Iterator[tuple[int, bytes]]:
    """The parts of a message: seven bits of type, nine of length (section 8.4)."""
    at = 0
    for _ in range(MOST_PARTS):
        if at + 2 > len(data):
            return
        head = int.from_bytes(data[at : at + 2], "big")
        kind, size = head >> 9, head & 0x1FF
        if kind == END or at + 2 + size > len(data):
            return
        yield kind, data[at + 2 : at + 2 + size]
        at += 2 + size


def named(value: bytes, as_mac: int, as_address: int) -> str:
    """A chassis' or a port's id as text; its first byte says what sort it is."""
    kind, body = value[0], value[1:]
    if kind == as_mac and len(body) == 6:
        return ethernet.mac(body)
    if kind == as_address:
        return address(body) or ""
    return clean(body, MOST_DESCRIPTION)


def address(value: bytes) -> str | None:
    """An IP address behind the number of its family; None for other families."""
    family, body = value[:1], value[1:]
    if family == bytes((FAMILY_IPV4,)) and len(body) == 4:
        return str(ipaddress.IPv4Address(body))
    if family == bytes((FAMILY_IPV6,)) and len(body) == 16:
        return str(ipaddress.IPv6Address(body))
    return None


def enabled(value: bytes) -> tuple[str, ...]:
    """The capabilities that are enabled: two bytes of what it could, two of what it does."""
    bits = int.from_bytes(value[2:4], "big")
    return tuple(word for number, word in enumerate(CAPABILITY) if bits >> number & 1)


def inventory(rest: list[tuple[int, bytes]]) -> Iterator[tuple[str, str]]:
    """What LLDP-MED tells of the hardware."""
    for kind, value in rest:
        if kind == ORGANIZATION and value[:3] == MED and len(value) > 4 and value[3] in INVENTORY:
            text = clean(value[4:], MOST_NAME)
            if text:
                yield INVENTORY[value[3]], text
