"""Addresses as the judge needs them: parsed without fuss, private or not, usable or not."""

from __future__ import annotations

import ipaddress
from functools import lru_cache

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
IPInterface = ipaddress.IPv4Interface | ipaddress.IPv6Interface
IPNetwork = ipaddress.IPv4Network | ipaddress.IPv6Network

# RFC 1918, RFC 4193 and RFC 6598, the last because providers number small sites from it.
PRIVATE: tuple[IPNetwork, ...] = (
    ipaddress.IPv4Network("10.0.0.0/8"),
    ipaddress.IPv4Network("172.16.0.0/12"),
    ipaddress.IPv4Network("192.168.0.0/16"),
    ipaddress.IPv4Network("100.64.0.0/10"),
    ipaddress.IPv6Network("fc00::/7"),
)


@lru_cache(maxsize=4096)  # a capture's tables name the same few addresses again and again
def interface(text: str) -> IPInterface | None:
    """An address with its prefix length; None where the text is none."""
    try:
        return ipaddress.ip_interface(text.partition("%")[0] if "%" in text else text)
    except ValueError:
        return None


def network(text: str) -> IPNetwork:
    """A network that is written in the code.

    :raises ValueError: it is none.
    """
    return ipaddress.ip_network(text)


def address(text: str | None) -> IPAddress | None:
    """An address, with or without a prefix length or zone; None where the text is none."""
    parsed = interface(text.partition("/")[0]) if text else None
    return parsed.ip if parsed else None


def within(candidate: IPAddress | None, network: IPNetwork) -> bool:
    """Whether an address lies in a network, of whichever family."""
    return candidate is not None and candidate.version == network.version and candidate in network


def is_private(candidate: IPAddress) -> bool:
    """Whether an address is one that a site gives itself."""
    return any(within(candidate, network) for network in PRIVATE)


# Docker's default address pools (docs.docker.com: daemon.json default-address-pools), with the
# prefix lengths that it cuts them into, and Podman's default network.
POOLS = (
    *((ipaddress.IPv4Network(f"172.{n}.0.0/16"), 16) for n in range(17, 32)),
    (ipaddress.IPv4Network("192.168.0.0/16"), 20),
    (ipaddress.IPv4Network("10.88.0.0/16"), 16),
)


def is_of_an_engines_pool(place: IPInterface) -> bool:
    """Whether an address is of a network that an engine hands out unasked, and cut as it cuts."""
    return any(
        within(place.ip, pool) and place.network.prefixlen == length for pool, length in POOLS
    )


def stands_on_a_network(candidate: IPInterface) -> bool:
    """Whether an address could be a place on a LAN: no loopback, link-local or lone address.

    A /32 or /128 has no neighbours: it is a tunnel's end, a service's address or a cloud's.
    """
    ip = candidate.ip
    if ip.is_loopback or ip.is_link_local or ip.is_multicast or ip.is_unspecified:
        return False
    return candidate.network.prefixlen <= candidate.max_prefixlen - 2
