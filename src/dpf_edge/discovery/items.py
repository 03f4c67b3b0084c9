"""A sweep as the contract's items and relationships. Pure.

Keys and types are the published ones (``host:``, ``arp:``, ``subnet:``, ``snmp:``, ``unifi:`` …)
and, where none is published, ours: ``ndp:`` for an IPv6 address, ``mac:`` for a station of which no
address is known. Everything is there once, and no relationship names what is not.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from typing import TYPE_CHECKING, Any

from dpf_edge import addresses
from dpf_edge.discovery.identity.keys import is_shared, label, plain, station, telling
from dpf_edge.discovery.identity.merging import condensed
from dpf_edge.discovery.item_sources import sourced
from dpf_edge.discovery.item_things import Face, faces, links
from dpf_edge.discovery.things import Link, Own, Seen, Thing, merged

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from dpf_edge.addresses import IPNetwork
    from dpf_edge.observed import Device, Observation, Tie

__all__ = ["Link", "Own", "Seen", "Thing", "items", "merged"]

MEMBER_OF = "MEMBER_OF"
# A network that only somebody's membership names.
NAMED = 0.6
# How a network was found, by the collector that says so, as published where there is a word.
VIA = {"routes": "interface", "host": "interface", "snmp": "snmp_poll", "engines": "engine"}


def items(devices: Sequence[Device], observations: Iterable[Observation], own: Own) -> Seen:
    """What a sweep comes to on the wire.

    :param devices: what the observations merge into.
    :param own: what the node is; its own machine's item has its key.
    """
    seen = condensed(observations)
    shown = faces(devices, links(seen), own)
    index = Index(shown)
    found = [Seen(each.things, each.links) for each in shown]
    for each in seen:
        if each.network is not None:
            found += network(each, index)
            continue
        face = index.of(each)
        found += sourced(each, face.first if face else None)
        if face is not None:
            found += ties(each, face, index)
    return merged(found)


class Index:
    """The devices by everything that somebody may name them by."""

    def __init__(self, shown: Iterable[Face]) -> None:
        self._by: dict[tuple[str, str], list[Face]] = defaultdict(list)
        self._self: Face | None = None
        for face in shown:
            device = face.device
            if device.self:
                self._self = face
            for mac in itertools.filterfalse(is_shared, device.macs):
                self._by["mac", mac].append(face)
            for each in device.ids:
                self._by["id", each].append(face)
            for address in device.addresses:
                self._by["address", address].append(face)
            for name in {label(each) or each.casefold() for each in device.names}:
                self._by["name", name].append(face)

    def one(self, by: str, value: str | None) -> Face | None:
        """The device that has it; None where none has, or several: then nobody is meant."""
        found = self._by.get((by, value), []) if value else []
        return found[0] if len(found) == 1 else None

    def of(self, seen: Observation) -> Face | None:
        """The device that an observation is of."""
        if seen.is_self:
            return self._self
        asked: list[tuple[str, str | None]] = [
            *(("mac", station(each)) for each in seen.macs),
            *(("id", telling(each)) for each in seen.ids),
            *(("address", spelt(each)) for each in seen.addresses),
            *(("name", label(each) or each.casefold()) for each in seen.names[:1]),
        ]
        return next((face for by, value in asked if (face := self.one(by, value))), None)

    def meant(self, tie: Tie) -> tuple[Face, str] | None:
        """The device that a tie leads to, and the key of its item that is meant."""
        asked = (
            ("mac", station(tie.mac) if tie.mac else None),
            ("id", telling(tie.id) if tie.id else None),
            ("address", spelt(tie.address) if tie.address else None),
            ("name", (label(tie.name) or tie.name.casefold()) if tie.name else None),
        )
        face = next((face for by, value in asked if (face := self.one(by, value))), None)
        if face is None:
            return None
        return face, face.keys.get(spelt(tie.address or "") or "", face.first)


def spelt(address: str) -> str | None:
    """An address as devices have it."""
    ip = plain(address)
    return None if ip is None else str(ip)


def ties(seen: Observation, face: Face, index: Index) -> Iterator[Seen]:
    """The relationships of one observation, and the networks that they name."""
    held = (face.keys.get(spelt(each) or "") for each in seen.addresses)
    own = next((key for key in held if key), face.first)
    for tie in seen.ties:
        if tie.network is not None:
            network = addresses.interface(tie.network)
            if network is not None:
                named = subnet(network.network, NAMED, None)
                yield Seen((named,), (Link(own, named.key, tie.kind),))
            continue
        target = index.meant(tie)
        if target is None or target[0] is face:
            continue
        source = face.first if tie.kind != MEMBER_OF else own
        yield Seen((), (Link(source, target[1], tie.kind, ports(tie)),))


def ports(tie: Tie) -> tuple[tuple[str, Any], ...]:
    """Both ends of a cable, as far as they are told."""
    told = {"port": tie.port, "farPort": tie.far_port}
    return tuple((name, value) for name, value in told.items() if value)


def network(seen: Observation, index: Index) -> Iterator[Seen]:
    """A network, and the router that it lies behind."""
    place = addresses.interface(seen.network or "")
    if place is None:
        return
    via = "route_table" if seen.collector == "routes" and seen.ties else VIA.get(seen.collector)
    thing = subnet(place.network, seen.confidence, via, iface=None if seen.ties else seen.interface)
    links = []
    for tie in seen.ties:
        target = index.meant(tie)
        if target is not None:
            links.append(Link(thing.key, target[1], tie.kind))
    yield Seen((thing,), tuple(links))


def subnet(
    network: IPNetwork, confidence: float, via: str | None, iface: str | None = None
) -> Thing:
    """A network, as the contract's ``subnet:`` items have it."""
    attributes: dict[str, Any] = {
        "network": str(network.network_address),
        "cidr": network.prefixlen,
        "networkAddress": str(network),
        "iface": iface,
        "osiLayer": 3,
        "osiLayerName": "network",
        "protocolFamily": f"ipv{network.version}",
        "discoveredVia": via,
    }
    name = str(network)
    return Thing(f"subnet:{name}", "subnet", name, confidence, attributes, is_named=True)
