"""Whom a sweep may ask: the addresses that are known, and the ranges that may be walked. Pure."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING, NamedTuple

from dpf_edge import addresses
from dpf_edge.discovery import subnets, tables
from dpf_edge.level import Level

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from dpf_edge.discovery.asked import Asked
    from dpf_edge.discovery.job import Place
    from dpf_edge.discovery.tables import Tables

    Range = ipaddress.IPv4Network

# Shorter prefixes than this have no network's and no broadcast address (RFC 3021).
NARROWEST = 30


class Reached(NamedTuple):
    """What may be asked.

    :ivar known: addresses of the LAN that the tables name, gateways first.
    :ivar own: the parts of the allow-list that lie on our own networks.
    :ivar routed: the rest of it.
    :ivar without: addresses, as numbers, that no host has or that are ours.
    :ivar chance: see :class:`~dpf_edge.discovery.walk.Walk`.
    """

    known: tuple[str, ...]
    own: tuple[Range, ...]
    routed: tuple[Range, ...]
    without: frozenset[int]
    nets: tuple[addresses.IPNetwork, ...]
    chance: Callable[[], float]

    def may_be_asked(self, address: str) -> bool:
        """Whether an address that somebody told of may be asked: it is one station's, not ours,
        and on our own networks or in the allow-list. Anybody can tell of any address."""
        ip = addresses.address(address)
        if ip is None or not tables.is_a_stations(ip) or ip.is_link_local:
            return False
        if ip.version == 4 and int(ip) in self.without:
            return False
        return any(addresses.within(ip, each) for each in (*self.nets, *self.routed))

    def may_be_asked_about(self, address: str) -> bool:
        """Whether others may be asked about an address: it is one station's, and a site's own."""
        ip = addresses.address(address)
        if ip is None or ip.is_link_local or not tables.is_a_stations(ip):
            return False
        return addresses.is_private(ip) and not (ip.version == 4 and int(ip) in self.without)


def reach(
    asked: Asked,
    held: Tables,
    looking: tuple[Place, ...],
    warnings: list[str],
    chance: Callable[[], float],
) -> Reached:
    """What may be asked; what was asked for and may not be is added to the warnings."""
    standing = [
        place
        for each in looking
        for place in map(addresses.interface, each.networks)
        if place is not None
    ]
    on = [each for each in standing if addresses.stands_on_a_network(each)]
    mine = [each.network for each in on if isinstance(each, ipaddress.IPv4Interface)]
    allowed = allow_list(asked, mine, warnings)
    own = [part for net in mine for range_ in allowed if (part := common(net, range_))]
    routed = [part for range_ in allowed for part in apart(range_, mine)]
    ours = {
        int(place.ip)
        for each in held.interfaces
        for place in map(addresses.interface, (one.address for one in each.addresses))
        if place is not None and place.version == 4
    }
    # A range within our own network may well begin with a host.
    ends = ends_of([*mine, *(each for each in allowed if not any(map(each.subnet_of, mine)))])
    known = [
        str(ip)
        for ip in map(addresses.address, (*gateways(held, looking), *asked.known))
        if ip is not None
    ]
    lan = {each.name for each in looking}
    known += [
        str(ip)
        for entry in held.neighbours
        if entry.dev in lan and (ip := tables.station(entry)) is not None
    ]
    reached = Reached(
        (), tuple(outermost(own)), tuple(routed), frozenset(ours | ends),
        tuple(each.network for each in on), chance,
    )  # fmt: skip
    return reached._replace(known=tuple(filter(reached.may_be_asked, dict.fromkeys(known))))


def allow_list(asked: Asked, mine: Iterable[Range], warnings: list[str]) -> list[Range]:
    """The ranges that may be walked: those that were named, else the LAN's own."""
    if asked.level is not Level.PROBE:
        return []
    if asked.subnets is not None:
        warnings += [f"not walked: {each}" for each in asked.subnets.refused]
        return outermost(asked.subnets.allowed)
    return outermost(each for each in mine if why_unwalked(each, asked) is None)


def why_unwalked(network: Range, asked: Asked) -> str | None:
    """Why an own network is not walked unasked; None where it is."""
    if network.prefixlen < asked.least_bits:
        return f"is larger than a /{asked.least_bits}: name it, or a part of it, to walk it"
    return subnets.refusal(network)


def unwalked(asked: Asked, looking: Iterable[Place]) -> Iterator[str]:
    """The own networks that are not walked, each with the reason."""
    for each in looking:
        for place in map(addresses.interface, each.networks):
            if not isinstance(place, ipaddress.IPv4Interface) or place.ip.is_link_local:
                continue
            why = why_unwalked(place.network, asked)
            if why is not None:
                yield f"not walked: {place.network} of {each.name} {why}"


def outermost(ranges: Iterable[Range]) -> list[Range]:
    """Ranges, each once, without those that lie in another. Neighbours are not joined: each was
    named for itself, and is doubted for itself."""
    listed = list(dict.fromkeys(ranges))
    return [
        each
        for each in listed
        if not any(each.subnet_of(other) for other in listed if each != other)
    ]


def common(one: Range, other: Range) -> Range | None:
    """What two ranges have in common: one of them, where it lies in the other."""
    if one.subnet_of(other):
        return one
    return other if other.subnet_of(one) else None


def apart(whole: Range, without: Iterable[Range]) -> list[Range]:
    """A range without some others."""
    parts = [whole]
    for each in without:
        parts = [
            rest
            for part in parts
            for rest in (
                part.address_exclude(each)
                if each.subnet_of(part)
                else []
                if part.subnet_of(each)
                else [part]
            )
        ]
    return sorted(parts)


def ends_of(ranges: Iterable[Range]) -> set[int]:
    """The networks' own and broadcast addresses, which no host has."""
    return {
        int(end)
        for each in ranges
        if each.prefixlen <= NARROWEST
        for end in (each.network_address, each.broadcast_address)
    }


def gateways(held: Tables, looking: Iterable[Place]) -> Iterator[str]:
    """The routers of the default routes by the LAN's interfaces."""
    lan = {each.name for each in looking}
    for route in held.routes:
        if tables.is_default(route) and route.via and route.dev in lan:
            yield route.via
