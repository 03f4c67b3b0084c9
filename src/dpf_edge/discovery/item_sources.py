"""The items that one source has for itself: what SNMP says, what a UniFi controller says. Pure.

Published nodes send them beside a device's ``arp:`` item, and say by ``SAME_AS`` that they are one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dpf_edge.discovery.identity.keys import plain, station
from dpf_edge.discovery.item_things import CHANGING, SAME_AS, VALUE_CHARACTERS
from dpf_edge.discovery.things import Link, Seen, Thing

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dpf_edge.observed import Observation

# The published words for an agent's type, by what its description says: the first that fits.
SNMP_TYPES = (
    ("router", ("router", "ios ", "junos", "routeros", "pfsense", "opnsense")),
    ("switch", ("switch",)),
    ("wireless_ap", ("access point", "wireless", "wifi")),
)
ROLE_TYPES = {"switch": "switch", "access-point": "wireless_ap", "router": "router"}
CLIENT = "client"
# The oid below which every maker has its number (RFC 1155, section 3.1.4).
ENTERPRISES = "1.3.6.1.4.1."


def sourced(seen: Observation, same_as: str | None) -> Iterator[Seen]:
    """The item of a source's own of one observation, if it has one.

    :param same_as: the key of the first item of the device that was observed.
    """
    thing: Thing | None = None
    reason: tuple[tuple[str, Any], ...] = ()
    if seen.collector == "snmp" and seen.told_by is None and any(map(plain, seen.addresses[:1])):
        thing, reason = agent(seen), (("reason", "snmp_target_matches_l3_host"),)
    elif seen.collector == "unifi":
        thing = adopted(seen)
    if thing is not None:
        links = (Link(thing.key, same_as, SAME_AS, reason),) if same_as else ()
        yield Seen((thing,), links)


def agent(seen: Observation) -> Thing:
    """An SNMP agent, as the contract's ``snmp:`` items have it."""
    address, told = seen.addresses[0], seen.attributes
    kind = agent_type(seen)
    oid = str(told.get("sysObjectID", ""))
    attributes = {
        **scalars(told),
        "address": address,
        "port": told.get("snmpPort"),
        "snmpVersion": told.get("snmpVersion"),
        "sysName": told.get("sysName"),
        "sysDescr": told.get("description"),
        "sysLocation": told.get("location"),
        "vendorOidPrefix": vendor_prefix(oid),
        "mac": next((mac for each in seen.macs if (mac := station(each))), None),
        "osiLayer": 3 if kind == "router" else 2,
        "osiLayerName": "network" if kind == "router" else "data-link",
        "protocolFamily": "ipv6" if ":" in address else "ipv4",
        "discoveredVia": "snmp_poll",
    }
    for renamed in ("snmpPort", "description", "location"):
        attributes.pop(renamed, None)
    name = str(told.get("sysName") or address)
    return Thing(f"snmp:{address}", kind, name, 0.95, attributes, is_named="sysName" in told)


def agent_type(seen: Observation) -> str:
    """The published type of an agent, by its description, else by what it was seen to do."""
    described = str(seen.attributes.get("description", "")).lower()
    for kind, words in SNMP_TYPES:
        if any(word in described for word in words):
            return kind
    return next((ROLE_TYPES[each] for each in ROLE_TYPES if each in seen.roles), "network_device")


def vendor_prefix(oid: str) -> str | None:
    """The part of a device's object identifier that names its maker."""
    if not oid.startswith(ENTERPRISES):
        return None
    return ENTERPRISES + oid.removeprefix(ENTERPRISES).partition(".")[0]


def adopted(seen: Observation) -> Thing | None:
    """What a UniFi controller knows, as the contract's ``unifi:`` items have it."""
    said = [each.removeprefix("unifi:") for each in seen.hints if each.startswith("unifi:")]
    mac = next((mac for each in seen.macs if (mac := station(each))), None)
    if not any(said) or (mac is None and "unifiId" not in seen.attributes):
        return None
    is_client = said[0] == CLIENT
    prefix = "unifi-client" if is_client else "unifi"
    key = f"{prefix}:{mac}" if mac else f"unifi-device:{seen.attributes['unifiId']}"
    attributes = {
        **scalars(seen.attributes),
        "mac": mac,
        "address": seen.addresses[0] if seen.addresses else None,
        "osiLayer": 2,
        "osiLayerName": "data-link",
        "discoveredVia": "unifi_clients_api" if is_client else "unifi_api",
    }
    name = next((each for each in seen.names if each), None)
    kind = "network_client" if is_client else said[0]
    sure = 0.9 if is_client else 1.0
    return Thing(key, kind, name or mac or key, sure, attributes, is_named=name is not None)


def scalars(told: dict[str, Any]) -> dict[str, Any]:
    """The attributes that are one value, cut, and without what changes by itself."""
    return {
        name: value[:VALUE_CHARACTERS] if isinstance(value, str) else value
        for name, value in told.items()
        if isinstance(value, str | int | float | bool) and name not in CHANGING
    }
