"""Devices and networks as the contract's items: published keys, types and attributes. Pure.

A published node has an item for each address (``arp:<ip>``), one more for what SNMP says of it
(``snmp:<host>``) and for what a controller says (``unifi:<mac>``), and says by ``SAME_AS`` that
these are one. So do we. The address that a device has first carries all that is known of it, the
others what tells them to be the same; their type is ``host``, whatever the device is: the type is
part of an item's identity, and what a device is becomes known with time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from dpf_edge.discovery import makers
from dpf_edge.discovery.identity.keys import address_order, label, plain
from dpf_edge.discovery.things import Link, Own, Thing

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from dpf_edge.observed import Device, Observation, Service, Source

SAME_AS = "SAME_AS"
# A device's addresses that get an item each: an IPv6 host may have had many of late.
MOST_ADDRESSES = 32
# fe80::/10 as the addresses of devices are spelt (RFC 4291, 2.5.6).
LINK_LOCAL = ("fe8", "fe9", "fea", "feb")
# What a value may measure; a page of text is nobody's model.
VALUE_CHARACTERS = 300
MOST_LISTED = 32
MOST_SERVICES = 64
# What a device says that is another from one moment to the next, or is told elsewhere.
CHANGING = frozenset(
    {"uptime", "uptimeSec", "sysUpTime", "sysUpTimeTicks", "time", "age", "lease", "signal"}
)
# How the first of these found a device is what is said of its finding, as published where there
# is a word for it.
VIA = {
    "arp": "arp_scan",
    "nudge": "arp_scan",
    "ndp": "ndp_scan",
    "neighbours": "arp_table",
    "snmp": "snmp_poll",
    "unifi": "unifi_clients_api",
    "icmp": "icmp_echo",
    "tcp": "tcp_connect",
    "mdns": "mdns",
    "ssdp": "ssdp",
    "wsd": "ws_discovery",
    "netbios": "netbios",
    "llmnr": "llmnr",
    "heard": "heard",
    "routes": "route_table",
    "ptr": "dns_ptr",
}
NDP_TABLE = "ndp_table"


class Face(NamedTuple):
    """One device with the items that stand for it.

    :ivar first: the key of the item that all the others are the same as.
    :ivar keys: the item's key for each of its addresses.
    """

    device: Device
    first: str
    keys: Mapping[str, str]
    things: tuple[Thing, ...]
    links: tuple[Link, ...]


def faces(devices: Sequence[Device], on: Mapping[str, str], own: Own) -> list[Face]:
    """The devices' items.

    :param on: the link that each address was seen on.
    """
    taken: dict[str, int] = {}
    for device in devices:
        for address in device.addresses:
            taken[address] = taken.get(address, 0) + 1
    disputed = {address for address, count in taken.items() if count > 1}
    given: set[str] = set()
    return [
        itself(device, own) if device.self else face(device, on, disputed, given)
        for device in devices
    ]


def itself(device: Device, own: Own) -> Face:
    """The machine that looks: one item, with its interfaces in it."""
    attributes = {
        **device.attributes,
        "hostname": device.attributes.get("hostname") or named(device, own.key),
        "platform": own.platform,
        "hostFingerprint": own.fingerprint,
        "discoveredVia": "host_info",
    }
    name = str(attributes["hostname"])
    thing = Thing(own.key, "host", name, 1.0, attributes, is_named=True)
    return Face(device, own.key, dict.fromkeys(device.addresses, own.key), (thing,), ())


def face(device: Device, on: Mapping[str, str], disputed: set[str], given: set[str]) -> Face:
    """Any other device: an item for each of its addresses, or one where it has none.

    Two devices may answer at one address, and one key is one item: the first of them has it, the
    other one is known by its MAC.

    :param given: the keys that are taken; those of this device are added.
    """
    keys = {
        address: key
        for address in sorted(device.addresses, key=address_order)[:MOST_ADDRESSES]
        if (key := address_key(address, on)) not in given
    }
    without = other_key(device)
    if not keys and without in given:
        without = device.key
    given.update(keys.values(), () if keys else (without,))
    first = next(iter(keys.values()), without)
    whole = portrait(device, disputed)
    sources = {each.value: each for each in reversed(device.sources.get("addresses", ()))}
    things = [
        Thing(
            key,
            "host",
            name_of(device, address),
            sources[address].confidence if address in sources else confidence(device),
            {**of_address(device, address, on), **(whole if key == first else {})},
            is_named=bool(device.names),
        )
        for address, key in keys.items()
    ]
    if not keys:
        held = next((each for each in device.addresses if each in disputed), None)
        at = of_address(device, held, on) if held else of_link(device)
        name = name_of(device, held)
        things = [
            Thing(first, "host", name, confidence(device), {**at, **whole}, bool(device.names))
        ]
    links = [Link(each.key, first, SAME_AS) for each in things if each.key != first]
    return Face(device, first, keys, tuple(things), tuple(links))


def address_key(address: str, on: Mapping[str, str]) -> str:
    """The published key of an address: ``arp:``, and ours for IPv6, ``ndp:``."""
    prefix = "ndp" if ":" in address else "arp"
    return f"{prefix}:{with_zone(address, on)}"


def with_zone(address: str, on: Mapping[str, str]) -> str:
    """An address with its link, where every link may have it."""
    is_everywhere = address.startswith(LINK_LOCAL) and address in on
    return f"{address}%{on[address]}" if is_everywhere else address


def other_key(device: Device) -> str:
    """The key of a device that no address is known of."""
    return f"mac:{device.macs[0]}" if device.macs else device.key


def confidence(device: Device) -> float:
    """How sure it is that the device is there."""
    every: Iterable[Source] = (each for told in device.sources.values() for each in told)
    return max((each.confidence for each in every), default=0.5)


def name_of(device: Device, address: str | None) -> str:
    """A name for people: its own, or its maker's with its address, as published."""
    if device.names:
        return device.names[0]
    at = address or (device.macs[0] if device.macs else device.key)
    return f"{makers.short(device.maker) if device.maker else 'LAN Host'} {at}"


def of_address(device: Device, address: str, on: Mapping[str, str]) -> dict[str, Any]:
    """What an address's item holds, as published."""
    version = 6 if ":" in address else 4
    seen_by = {
        each.collector for each in device.sources.get("addresses", ()) if each.value == address
    }
    found = next((VIA[each] for each in VIA if each in seen_by), None)
    return {
        **of_card(device),
        "address": with_zone(address, on),
        "iface": on.get(address),
        "osiLayer": 3,
        "osiLayerName": "network",
        "protocolFamily": f"ipv{version}",
        "discoveredVia": NDP_TABLE if version == 6 and found == VIA["neighbours"] else found,
    }


def of_link(device: Device) -> dict[str, Any]:
    """What the item of a device holds of which no address is known."""
    collectors = {each.collector for told in device.sources.values() for each in told}
    return {
        **of_card(device),
        "osiLayer": 2,
        "osiLayerName": "data-link",
        "discoveredVia": next((VIA[each] for each in VIA if each in collectors), None),
    }


def of_card(device: Device) -> dict[str, Any]:
    """What a device's network card tells."""
    if not device.macs:
        return {"uuid": uuid(device)}
    found = makers.maker(device.macs[0])
    prefix = found.prefix.partition("/")[0] if found else None
    return {
        "mac": device.macs[0],
        "macLocallyAdministered": True if int(device.macs[0][1], 16) & 0b10 else None,
        "vendor": found.name if found else None,
        "vendorOui": prefix.replace(":", "").upper() if prefix else None,
        "vendorShort": makers.short(found.name) if found else None,
        "uuid": uuid(device),
    }


def uuid(device: Device) -> str | None:
    """The first UUID of a device, as published: without a prefix."""
    return next(
        (each.removeprefix("uuid:") for each in device.ids if each.startswith("uuid:")), None
    )


def portrait(device: Device, disputed: set[str]) -> dict[str, Any]:
    """All that is known of a device, but for its addresses."""
    shared = [each for each in device.addresses if each in disputed]
    plain = {
        name: value[:VALUE_CHARACTERS] if isinstance(value, str) else value
        for name, value in device.attributes.items()
        if name not in CHANGING and isinstance(value, str | int | float | bool)
    }
    return {
        **{name: value for name, value in plain.items() if name not in {"address", "mac"}},
        "hostname": named(device, None),
        "names": list(device.names[:MOST_LISTED]) if len(device.names) > 1 else None,
        "macs": list(device.macs[:MOST_LISTED]) if len(device.macs) > 1 else None,
        "ids": list(device.ids[:MOST_LISTED]) or None,
        "deviceKind": device.kind,
        "privateMac": device.private_mac or None,
        "roles": list(device.roles) or None,
        "isGateway": True if "gateway" in device.roles else None,
        "services": [offered(each) for each in device.services[:MOST_SERVICES]] or None,
        "duplicateAddresses": shared or None,
    }


def named(device: Device, otherwise: str | None) -> str | None:
    """The first name that is a host's and not one for people."""
    return next((name for name in device.names if label(name)), otherwise)


def offered(service: Service) -> dict[str, Any]:
    """A service without what changes by itself: a page's title counts alarms, a record's texts
    a state."""
    told = {
        "name": service.name,
        "port": service.port,
        "transport": service.transport,
        "product": service.product,
    }
    return {key: value for key, value in told.items() if value is not None}


def links(observations: Iterable[Observation]) -> dict[str, str]:
    """The link that each address was seen on; the first of several by name."""
    found: dict[str, str] = {}
    for seen in observations:
        for address in seen.addresses if seen.interface else ():
            ip = plain(address)
            if ip is not None:
                link = seen.interface or ""
                found[str(ip)] = min(link, found.get(str(ip), link))
    return found
