"""What one observation is known by: its keys, in one spelling each. Pure."""

from __future__ import annotations

import ipaddress
import re
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from dpf_edge import addresses, macs
from dpf_edge.macs import MacKind

if TYPE_CHECKING:
    from dpf_edge.observed import Observation

# Hardware addresses that several devices have, or that pass from one to the next: virtual routers
# (VRRP, RFC 9568 section 7.3; HSRP 1 and 2; GLBP), VMware's host-only networks, which are the same
# on every machine, and the adapters of VPN programs.
VIRTUAL_ROUTERS = {
    "00:00:5e:00:01:": "VRRP",
    "00:00:5e:00:02:": "VRRP",
    "00:00:0c:07:ac:": "HSRP",
    "00:00:0c:9f:f": "HSRP",
    "00:05:73:a0:0": "HSRP",
    "00:07:b4:": "GLBP",
}
SHARED = (*VIRTUAL_ROUTERS, "00:50:56:c0:00:", *macs.TUNNELS)

# Who asks a device what it is called, and hears it from itself. What a resolver or a table says of
# a name is somebody's word, and an alias as often as not.
OWN_WORD = frozenset({"mdns", "llmnr", "netbios", "snmp"})

# Addresses of one observation that are looked at. A host has a few, of both families; a device
# that claims all of a network's is lying, and may not cost more for it.
MOST_ADDRESSES = 64
MOST_MACS = 64
# The same for identifiers: a UPnP device has one UUID for each device embedded in it.
MOST_IDS = 64
# A host goes by one name, or by one for each protocol.
MOST_LABELS = 8
# The last 16 bits of a link-local address that people type (fe80::1); the rest are made of a MAC
# or of 64 random bits (RFC 7217), and stand on no two links by chance.
TYPED = 1 << 16
# A host name as DNS and NetBIOS have it, without its domain; what has a space is a name for people.
LABEL = re.compile(r"[a-z0-9_][a-z0-9_-]{0,62}")
# Names that are on half of all devices.
NOBODYS_NAMES = frozenset({"localhost", "unknown", "none", "default", "android", "linux"})
NOBODYS_IDS = re.compile(r"[^:]*:(?:.*:)?[0-]*|[^:]*:(?:.*:)?[f-]*")


WRITTEN = re.compile(r"(?:[0-9a-f]{2}:){5}[0-9a-f]{2}")


class Keys(NamedTuple):
    """What one observation is known by.

    :ivar macs: stations' only, in lower case.
    :ivar addresses: IP addresses in their shortest spelling, a link-local one that people type
        with its link; what no device has to itself (loopback, groups) is left out.
    :ivar shown: the same addresses as a device shows them.
    :ivar ids: without those that say nothing.
    :ivar labels: host names in lower case, without a domain.
    """

    macs: tuple[str, ...]
    addresses: tuple[str, ...]
    shown: tuple[str, ...]
    ids: tuple[str, ...]
    labels: frozenset[str]


def keys(of: Observation) -> Keys:
    """What an observation is known by."""
    places: dict[str, str] = {}
    for text in of.addresses[:MOST_ADDRESSES]:
        ip = plain(text)
        if ip is not None:
            places.setdefault(scoped(ip, of.interface or of.told_by), str(ip))
    return Keys(
        macs=tuple(dict.fromkeys(each for mac in of.macs[:MOST_MACS] if (each := station(mac)))),
        addresses=tuple(places),
        shown=tuple(places.values()),
        ids=tuple(dict.fromkeys(each for one in of.ids[:MOST_IDS] if (each := telling(one)))),
        labels=frozenset(found for name in of.names[:MOST_LABELS] if (found := label(name))),
    )


# The same few thousand come again and again while a sweep goes on.
@lru_cache(1 << 14)
def plain(text: str) -> addresses.IPAddress | None:
    """An address that can be one device's; None for any other text."""
    ip = addresses.address(text)
    if ip is None or ip.is_loopback or ip.is_multicast or ip.is_unspecified:
        return None
    if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped:
        return plain(str(ip.ipv4_mapped))
    return None if ip == ipaddress.IPv4Address("255.255.255.255") else ip


def address_order(text: str) -> tuple[object, ...]:
    """IPv4 before IPv6, what is routed before what is link-local, and then by number."""
    ip = plain(text)
    return (9,) if ip is None else (ip.version, ip.is_link_local, int(ip))


def scoped(ip: addresses.IPAddress, link: str | None) -> str:
    """An address as a key: with its link, where every link may have it."""
    is_typed = ip.version == 4 or int(ip) & ((1 << 64) - 1) < TYPED
    return f"{ip}%{link or ''}" if ip.is_link_local and is_typed else str(ip)


@lru_cache(1 << 14)
def station(mac: str) -> str | None:
    """A MAC address as it is written here; None where it is no station's."""
    low = mac.strip().lower().replace("-", ":")
    return None if macs.kind(low) is MacKind.NONE or not WRITTEN.fullmatch(low) else low


def telling(identifier: str) -> str | None:
    """An identifier as it is written here; None for one that many devices have.

    A UUID of zeros is what a machine has whose maker wrote none into it (SMBIOS 2.1, 7.2.1).
    """
    low = identifier.strip().lower()
    prefix, colon, rest = low.partition(":")
    if not colon or not prefix or not rest or NOBODYS_IDS.fullmatch(low):
        return None
    # What follows may tell capitals apart: a host key's base64 does.
    return low if prefix == "uuid" else f"{prefix}:{identifier.strip()[len(prefix) + 1 :]}"


@lru_cache(1 << 14)
def label(name: str) -> str | None:
    """A host name's first label in lower case; None for what is no host name."""
    if plain(name) is not None:
        return None
    first = name.strip().rstrip(".").partition(".")[0].lower()
    return first if LABEL.fullmatch(first) and first not in NOBODYS_NAMES else None


def is_shared(mac: str) -> bool:
    """Whether a MAC address is one that several devices have in turn."""
    return mac.startswith(SHARED)
