"""What nodes' items say of networks: which there are, how a node knows, whom it reached. Pure.

Any node may have put anything into an item; what is not understood says the least that it can.
"""

from __future__ import annotations

import ipaddress
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from dpf_edge import addresses
from dpf_edge.wire.discovery import NETWORK_KEY

if TYPE_CHECKING:
    from dpf_edge.addresses import IPNetwork

# Beyond this a text is no prefix; the longest in words is an IPv6 address and its length.
MOST_PREFIX = 64


class How(StrEnum):
    """How a node knows that a network exists, best first."""

    STANDS = "stands"
    """One of its interfaces stands on it."""
    ROUTE = "route"
    """Its routing table leads there."""
    SNMP = "snmp"
    """A router or switch has it in its tables."""
    NAMED = "named"
    """A device says that it is a member: LLDP, router advertisements, a controller."""
    ENGINE = "engine"
    """A container engine made it: inside of a machine."""


# ``discoveredVia`` of a network's item. What a published node walked, it stands on.
HOW = {
    "interface": How.STANDS,
    "nmap_sn": How.STANDS,
    "arp_scan": How.STANDS,
    "route_table": How.ROUTE,
    "snmp_poll": How.SNMP,
    "engine": How.ENGINE,
}
# ``discoveredVia`` of a device's item. A hardware address that was resolved is on the same segment;
# what another device's tables tell of was not reached by whoever was told.
BY_LINK = frozenset({"arp_scan", "arp_table", "ndp_scan", "ndp_table", "nmap_sn"})
TOLD_OF = frozenset({"snmp_poll", "route_table", "unifi_clients_api", "unifi_api"})
# What somebody says of an address is no answer from it: what was overheard (the management address
# of an LLDP neighbour may lie anywhere), a name server's record, the node's own word for itself.
# Multicast goes through no router either: an address elsewhere is another one of who spoke.
SAID_OF = frozenset({"heard", "dns_ptr", "host_info", "mdns", "llmnr", "ssdp", "ws_discovery"})
# Item keys that hold an address.
ADDRESSED = ("arp", "ndp", "ip", "snmp")
# Beyond this a text is no address: the longest is IPv6 with a zone.
MOST_ADDRESS = 64


class Place(NamedTuple):
    """A network of a site."""

    site: str
    network: IPNetwork

    @property
    def key(self) -> str:
        """What tells it from every other, in an address or a drawing."""
        return f"{self.network}@{self.site}"


class Claim(NamedTuple):
    """That a node knows of a network, and how."""

    place: Place
    node_id: str
    how: How
    interface: str | None = None


class Reached(NamedTuple):
    """What a node has of the devices in a network: resolved on the link, answered, or neither."""

    by_link: bool = False
    answered: bool = False


class _Facts(msgspec.Struct, frozen=True, rename="camel"):
    """What is read of an item's rawData; any node may have put anything there."""

    network_address: object = None
    discovered_via: object = None
    iface: object = None
    services: object = None
    address: object = None
    ip: object = None
    ip_address: object = None


_FACTS = msgspec.json.Decoder(_Facts)


def claim(site: str, node_id: str, observed_key: str, raw: str) -> Claim | None:
    """What a network's item says; None where that is no network that a device could stand on."""
    told = _FACTS.decode(raw)
    network = prefix(told.network_address) or prefix(observed_key.removeprefix(NETWORK_KEY))
    if network is None:
        return None
    how = HOW.get(said(told.discovered_via) or "", How.NAMED)
    interface = (said(told.iface) or "")[:MOST_PREFIX] or None
    return Claim(Place(site, network), node_id, how, interface)


def found(observed_key: str, raw: str, network: IPNetwork) -> Reached | None:
    """What a device's item says of how its node came to know it in a network.

    None where the item's own address lies elsewhere: a device may stand in several networks, and
    what was resolved is one address of it.
    """
    told = _FACTS.decode(raw)
    if not lies_in(observed_key, told, network):
        return None
    via = said(told.discovered_via)
    if via in BY_LINK:
        return Reached(by_link=True, answered=True)
    if via in SAID_OF:
        return Reached()
    # Whom somebody else's tables named, and who then told of a service, was reached.
    spoke = isinstance(told.services, list) and bool(told.services)
    return Reached(answered=spoke or (via is not None and via not in TOLD_OF))


def lies_in(observed_key: str, told: _Facts, network: IPNetwork) -> bool:
    """Whether an item is of an address of a network: all that it says of itself has to agree."""
    prefix, _, rest = observed_key.partition(":")
    texts = [rest] if prefix in ADDRESSED else []
    texts += [each for each in (told.address, told.ip, told.ip_address) if isinstance(each, str)]
    told_once = dict.fromkeys(each for each in texts if 0 < len(each) <= MOST_ADDRESS)
    held = [addresses.address(each) for each in told_once]
    return bool(held) and all(addresses.within(each, network) for each in held)


def said(told: object) -> str | None:
    """A text that has anything in it."""
    return told if isinstance(told, str) and told else None


def prefix(told: object) -> IPNetwork | None:
    """A network that devices stand on; None where a text is none.

    Not the whole Internet, a lone address, a link-local prefix, which every link has, or loopback.
    """
    if not isinstance(told, str) or "/" not in told or len(told) > MOST_PREFIX:
        return None
    try:
        network = ipaddress.ip_network(told, strict=False)
    except ValueError:
        return None
    first = network.network_address
    is_odd = first.is_loopback or first.is_link_local or first.is_multicast
    is_one = network.prefixlen > network.max_prefixlen - 1
    return None if is_odd or is_one or network.prefixlen == 0 else network
