"""What a node sees without sending anything: its host, its neighbours, its routes. Pure.

Each collector takes the tables as they were read and gives things and links; what is known about
the contract's taxonomy (keys, types, confidences) stands here.
"""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING, Any, NamedTuple

from dpf_edge import addresses, macs
from dpf_edge.macs import MacKind
from dpf_edge.model import Role
from dpf_edge.node.items import Link, Seen, Thing
from dpf_edge.vantage import tables

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dpf_edge.addresses import IPAddress, IPInterface, IPNetwork
    from dpf_edge.host.hardware import Hardware
    from dpf_edge.model import Diagnosis, Interface, Machine, Neighbour, Route
    from dpf_edge.vantage.tables import Tables

# As published: a host knows itself, a neighbour that gave its MAC was there, and a router that
# only a route names is what somebody configured.
SURE, NEIGHBOUR, ROUTE = 1.0, 0.7, 0.6
SUBNET = 0.95

# The sides of this machine that are no LAN: its own guests and containers, its tunnels, itself.
INNER = frozenset({Role.ENGINE, Role.VM, Role.VPN, Role.PROXY, Role.LOOPBACK, Role.DOWN})
# The states of an entry that nobody answered for (linux/neighbour.h).
UNANSWERED = frozenset({"incomplete", "failed", "none"})
# IEEE 802-2014 section 8.4: drawn by whoever uses it (a phone, a hypervisor), and no maker's.
LOCAL_BIT = 0x02
MEMBER_OF, SAME_AS, ROUTES_THROUGH = "MEMBER_OF", "SAME_AS", "ROUTES_THROUGH"


class Own(NamedTuple):
    """What the node is, for its own host's item."""

    key: str
    platform: str
    fingerprint: str


class Sight(NamedTuple):
    """One look at a machine: its tables, and what they come to."""

    tables: Tables
    machine: Machine
    system: str | None
    hardware: Hardware
    diagnosis: Diagnosis
    own: Own

    def is_inner(self, name: str | None) -> bool:
        """Whether an interface leads to no LAN."""
        roles = {each.name: each.role for each in self.diagnosis.interfaces}
        return roles.get(name or "", Role.UNKNOWN) in INNER

    def lan_places(self) -> Iterator[tuple[Interface, IPInterface]]:
        """The places on networks that this machine has, its inner sides apart."""
        for each in self.tables.live():
            if not self.is_inner(each.name):
                for place in tables.places(each):
                    yield each, place


def host(sight: Sight) -> Seen:
    """The machine that the node runs on, with its interfaces and where it stands."""
    machine, diagnosis = sight.machine, sight.diagnosis
    hostname = machine.hostname or sight.own.key
    attributes: dict[str, Any] = {
        "hostname": hostname,
        "platform": sight.own.platform,
        "release": machine.release,
        "os": sight.system,
        "arch": machine.architecture,
        "cpuCount": sight.hardware.processors,
        "totalmemBytes": sight.hardware.memory_bytes,
        "hostFingerprint": sight.own.fingerprint,
        "networkInterfaces": [interface(each) for each in shown(sight.tables.interfaces)],
        "vantage": diagnosis.vantage.value,
        "lanAnswer": diagnosis.lan.answer.value,
        "lanReach": diagnosis.lan.reach.value,
        "lanWhy": diagnosis.lan.why,
        "deploymentRow": diagnosis.recommendation.row,
        "discoveredVia": "host_info",
    }
    itself = Thing(sight.own.key, "host", hostname, SURE, attributes, is_named=True)
    return Seen((itself,))


def shown(interfaces: tuple[Interface, ...]) -> list[Interface]:
    """The interfaces that have an address, as published, in the order of their names."""
    return sorted((each for each in interfaces if each.addresses), key=lambda each: each.name)


def interface(each: Interface) -> dict[str, Any]:
    """One interface as the contract's ``networkInterfaces`` has it."""
    told: dict[str, Any] = {
        "name": each.name,
        "mac": each.mac,
        "mtu": each.mtu,
        "up": each.up,
        "kind": each.kind,
        "internal": tables.is_loopback(each),
        "addresses": [
            {
                "family": f"IPv{place.version}",
                "address": str(place.ip),
                "cidr": place.with_prefixlen,
                "internal": place.ip.is_loopback,
            }
            for place in map(addresses.interface, sorted(one.address for one in each.addresses))
            if place is not None
        ],
    }
    return {key: value for key, value in told.items() if value is not None}


def networks(sight: Sight) -> Seen:
    """The networks that the host stands on, and that it does."""
    found: list[Thing] = []
    links: list[Link] = []
    for each, place in sight.lan_places():
        found.append(subnet(place.network, SUBNET, "interface", iface=each.name))
        links.append(Link(sight.own.key, subnet_key(place.network), MEMBER_OF))
    return Seen(tuple(found), tuple(links))


def neighbours(sight: Sight) -> Seen:
    """The stations that gave their MAC lately, IPv4 and IPv6, on every side that may be a LAN."""
    found: list[Thing] = []
    links: list[Link] = []
    by_mac: dict[tuple[str | None, str], list[str]] = {}
    for entry in sight.tables.neighbours:
        ip = station(entry)
        if ip is None or entry.mac is None or sight.is_inner(entry.dev):
            continue
        thing = neighbour(entry, ip, entry.mac)
        found.append(thing)
        by_mac.setdefault((entry.dev, entry.mac), []).append(thing.key)
        links += [
            Link(thing.key, subnet_key(place.network), MEMBER_OF)
            for on, place in sight.lan_places()
            if on.name == entry.dev and addresses.within(ip, place.network)
        ]
    links += [link for keys in by_mac.values() for link in same(sorted(set(keys)))]
    return Seen(tuple(found), tuple(links))


def same(keys: list[str]) -> list[Link]:
    """That several addresses behind one MAC are one station's.

    A router that answers for others (proxy ARP) has one MAC for many IPv4 addresses, which are
    many things: two of those are never said to be one, nor is an IPv6 address one of several.
    """
    old = [key for key in keys if key.startswith("arp:")]
    new = [key for key in keys if key.startswith("ndp:")]
    first = old if len(old) == 1 else new[:1]
    return [Link(key, one, SAME_AS) for one in first for key in new if key != one]


def station(entry: Neighbour) -> IPAddress | None:
    """The address of an entry that is one station's; None for what is no station, or nowhere."""
    ip = addresses.address(entry.address)
    if ip is None or entry.state in UNANSWERED or macs.kind(entry.mac) is MacKind.NONE:
        return None
    if ip.is_multicast or ip.is_loopback or ip.is_unspecified:
        return None
    if isinstance(ip, ipaddress.IPv4Address):
        # 0/8 (RFC 1122), link-local (RFC 3927), and what was never handed out, broadcast in it.
        is_nobodys = ip.is_link_local or ip in ipaddress.IPv4Network("0.0.0.0/8") or ip.is_reserved
        return None if is_nobodys else ip
    return ip


def neighbour(entry: Neighbour, ip: IPAddress, mac: str) -> Thing:
    """One station, as the contract's ``arp:`` items have it; IPv6's are ``ndp:``."""
    is_old = ip.version == 4
    zone = f"%{entry.dev}" if ip.is_link_local and entry.dev else ""
    attributes: dict[str, Any] = {
        "address": f"{ip}{zone}",
        "mac": mac.lower(),
        "macLocallyAdministered": True if int(mac[:2], 16) & LOCAL_BIT else None,
        "iface": entry.dev,
        "osiLayer": 3,
        "osiLayerName": "network",
        "protocolFamily": f"ipv{ip.version}",
        "discoveredVia": "arp_table" if is_old else "ndp_table",
    }
    key = f"{'arp' if is_old else 'ndp'}:{ip}{zone}"
    return Thing(key, "host", f"LAN Host {ip}{zone}", NEIGHBOUR, attributes)


def routes(sight: Sight) -> Seen:
    """The routers that the host sends through, and the networks that lie behind them."""
    found: list[Thing] = []
    links: list[Link] = []
    for route in sight.tables.routes:
        ip = addresses.address(route.via)
        is_ours = route.table == "main" and not sight.is_inner(route.dev)
        if ip is None or not is_ours or ip.is_loopback or ip.is_multicast:
            continue
        through = router(ip, route)
        found.append(through)
        if tables.is_default(route):
            links.append(Link(sight.own.key, through.key, ROUTES_THROUGH))
            continue
        network = behind(route)
        if network is not None:
            found.append(subnet(network, ROUTE, "route_table"))
            links.append(Link(subnet_key(network), through.key, ROUTES_THROUGH))
    return Seen(tuple(found), tuple(links))


def router(ip: IPAddress, route: Route) -> Thing:
    """A router, by the address that a route names; its neighbour's entry knows the rest."""
    zone = f"%{route.dev}" if ip.is_link_local and route.dev else ""
    key = f"{'arp' if ip.version == 4 else 'ndp'}:{ip}{zone}"
    attributes: dict[str, Any] = {
        "address": f"{ip}{zone}",
        "iface": route.dev,
        "isGateway": True if tables.is_default(route) else None,
        "osiLayer": 3,
        "osiLayerName": "network",
        "protocolFamily": f"ipv{ip.version}",
        "discoveredVia": "route_table",
    }
    return Thing(key, "host", f"LAN Host {ip}{zone}", ROUTE, attributes)


def behind(route: Route) -> IPNetwork | None:
    """The network that a route leads to, where it is a site's own; the Internet's are not."""
    place = addresses.interface(route.to)
    is_one = place is not None and place.network.prefixlen < place.max_prefixlen
    return place.network if place and is_one and addresses.is_private(place.ip) else None


def subnet_key(network: IPNetwork) -> str:
    """The observed key of a network."""
    return f"subnet:{network}"


def subnet(network: IPNetwork, confidence: float, via: str, iface: str | None = None) -> Thing:
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
    return Thing(subnet_key(network), "subnet", str(network), confidence, attributes, is_named=True)
