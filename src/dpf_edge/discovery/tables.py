"""This machine's network tables, as discovery reads them: which sides may be the LAN, who is a
station."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from dpf_edge import addresses, macs
from dpf_edge.errors import HostError
from dpf_edge.macs import MacKind
from dpf_edge.model import Role

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from dpf_edge.addresses import IPAddress, IPInterface
    from dpf_edge.host.seam import Host
    from dpf_edge.model import Diagnosis, Interface, Neighbour, Route

T = TypeVar("T")

# The sides of a machine that are no LAN: its own guests and containers, its tunnels, itself.
INNER = frozenset({Role.ENGINE, Role.VM, Role.VPN, Role.PROXY, Role.LOOPBACK, Role.DOWN})
# The states of an entry that nobody answered for (linux/neighbour.h).
UNANSWERED = frozenset({"incomplete", "failed", "none"})
DEFAULTS = frozenset({"default", "0.0.0.0/0", "::/0"})


class Tables(NamedTuple):
    """The links, routes and neighbours of one network namespace."""

    interfaces: tuple[Interface, ...] = ()
    routes: tuple[Route, ...] = ()
    neighbours: tuple[Neighbour, ...] = ()
    resolvers: tuple[str, ...] = ()
    """The addresses of the resolvers that /etc/resolv.conf names (resolv.conf(5))."""


def of(host: Host) -> Tables:
    """The tables of a host; one that cannot be read is empty, and costs the others nothing."""
    return Tables(rows(host.interfaces), rows(host.routes), rows(host.neighbours), resolvers(host))


def resolvers(host: Host) -> tuple[str, ...]:
    """The resolvers that this machine asks; none where it does not say."""
    try:
        lines = host.read("/etc/resolv.conf").splitlines()
    except HostError:
        return ()
    named = (
        words[1] for words in map(str.split, lines) if words[:1] == ["nameserver"] and words[1:]
    )
    return tuple(str(ip) for ip in map(addresses.address, named) if ip is not None)


def rows(ask: Callable[[], tuple[T, ...]]) -> tuple[T, ...]:
    """One table, empty where it cannot be read."""
    try:
        return ask()
    except HostError:
        return ()


def role(name: str | None, diagnosis: Diagnosis) -> Role:
    """What an interface is there for."""
    roles = {each.name: each.role for each in diagnosis.interfaces}
    return roles.get(name or "", Role.UNKNOWN)


def is_inner(name: str | None, diagnosis: Diagnosis) -> bool:
    """Whether an interface leads to no LAN."""
    return role(name, diagnosis) in INNER


def held(interface: Interface) -> list[IPInterface]:
    """An interface's addresses but loopback ones, IPv4 first; link-local ones among them."""
    parsed = (addresses.interface(each.address) for each in interface.addresses)
    found = [each for each in parsed if each and not each.ip.is_loopback]
    return sorted(found, key=lambda each: (each.version, each.ip.is_link_local))


def networks(interface: Interface) -> list[IPInterface]:
    """An interface's places on networks that have neighbours, IPv4 first; link-local ones not."""
    return [each for each in held(interface) if addresses.stands_on_a_network(each)]


def outer(interfaces: tuple[Interface, ...], diagnosis: Diagnosis) -> Iterator[Interface]:
    """The interfaces that are not down and may lead to a LAN."""
    for each in interfaces:
        is_loopback = each.kind == "loopback" or each.name == "lo"
        if not is_loopback and each.up is not False and not is_inner(each.name, diagnosis):
            yield each


def station(entry: Neighbour) -> IPAddress | None:
    """The address of an entry that is one station's; None for what is no station, or nowhere."""
    ip = addresses.address(entry.address)
    if ip is None or entry.state in UNANSWERED or macs.kind(entry.mac) is MacKind.NONE:
        return None
    return ip if is_a_stations(ip) else None


def is_a_stations(ip: IPAddress) -> bool:
    """Whether an address can be one station's: no group's, no loopback's, nobody's."""
    if ip.is_multicast or ip.is_loopback or ip.is_unspecified:
        return False
    # 0/8 (RFC 1122), link-local (RFC 3927), and what was never handed out, broadcast in it.
    is_nobodys = ip.version == 4 and (
        ip.is_link_local or ip in ipaddress.IPv4Network("0.0.0.0/8") or ip.is_reserved
    )
    return not is_nobodys


def is_default(route: Route) -> bool:
    """Whether a route takes what no other takes."""
    return route.to in DEFAULTS
