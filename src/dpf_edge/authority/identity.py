"""What one item of a discovery run tells of a device: pure, and in one place.

Published nodes and ours name things differently and put their facts into different fields; here
they become the keys that the store merges by. What is not sure to tell one device from another
gives no key: two devices shown where there is one can be merged later, one made of two cannot be
taken apart.
"""

from __future__ import annotations

import ipaddress
import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple, TypeGuard

import msgspec

from dpf_edge.discovery.identity.keys import is_shared, telling
from dpf_edge.macs import STACKS
from dpf_edge.store.sighting import ADDRESS, MAC, PRIVATE_MAC, UUID, Sighting

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from dpf_edge.wire.discovery import Item, Request

# Items that are no device: networks, parts of a device, and what runs on one.
NOT_DEVICES = frozenset({"subnet", "vlan", "network", "switch_port", "switch-port", "interface"})
# Published nodes call one thing by several names.
KINDS = {"wireless_ap": "access_point", "network_client": "host"}

# Interfaces behind which a host has its own guests: every Docker host has 172.17.0.1.
INNER = re.compile(
    r"(?:lo|docker|br-|veth|virbr|vnet|lxc|lxd|cni|flannel|cali|podman|vmnet|vboxnet|bridge100|"
    r"utun|awdl|llw|vethernet \((?:wsl|default switch))",
    re.IGNORECASE,
)

# Facts worth showing, by the fields that published nodes and ours put them in.
SHOWN = {
    "vendor": "vendor",
    "model": "model",
    "hostname": "hostname",
    "sysName": "sysName",
    "sysDescr": "sysDescr",
    "sysLocation": "location",
    "platform": "platform",
    "release": "release",
    "arch": "arch",
    "os": "os",
    "serial": "serial",
}
# What is shown of a fact; a sysDescr may fill a page.
FACT_LENGTH = 200
# A host with more addresses or keys than this is a router with a screenful: more tell no more.
MOST = 64

# An address in its longest form, with zone and prefix length, fits three times.
LONGEST = 128

# Other names and services of a device that it is found by; more tell no more.
MOST_WORDS = 128
WORD_LENGTH = 64
# How a published node and ours say that they found a thing.
VIA = re.compile(r"[a-z][a-z0-9_]{1,39}")

# Where a host item of ours says whether its node sees the LAN.
SEES = "lanAnswer"
# Published and our own keys that say what they are made of.
KEYED_BY_MAC = frozenset({"mac", "unifi", "unifi-client", "kasa"})
KEYED_BY_ADDRESS = frozenset({"arp", "ndp", "snmp"})
MAC_DIGITS = re.compile(r"[0-9a-f]{12}")
# What a node makes out a device to be: one word of few letters.
KIND = re.compile(r"[a-z][a-z-]{1,29}")


OBJECT = msgspec.json.Decoder(dict[str, Any])


class Address(NamedTuple):
    """An IP address, and whether it is one device's within a site.

    A link-local one comes up on every link, so it tells nothing.
    """

    text: str
    is_telling: bool


def sighting(item: Item) -> Sighting | None:
    """What an item tells of a device; None where it is about none."""
    kind = item.item_type.lower()
    if kind in NOT_DEVICES or kind.endswith("_runtime") or "container" in kind:
        return None
    facts = OBJECT.decode(item.raw_data)
    macs = tuple(dict.fromkeys(hardware_addresses(item.observed_key, facts)))[:MOST]
    addresses = tuple(dict.fromkeys(network_addresses(item.observed_key, facts)))[:MOST]
    telling = tuple(each.text for each in addresses if each.is_telling)
    shown = attributes(facts)
    by_mac = [key for mac in macs if (key := mac_key(mac))]
    return Sighting(
        keys=(
            *(key for key in by_mac if key.startswith(MAC)),
            *identifiers(item.observed_key, facts, macs),
            *(key for key in by_mac if key.startswith(PRIVATE_MAC)),
            *(ADDRESS + each for each in telling),
        ),
        name=given_name(item.name, addresses, macs) or shown.get("hostname"),
        kind=kind_of(kind, facts),
        addresses=telling or tuple(each.text for each in addresses),
        macs=macs,
        attributes=shown,
        words=tuple(dict.fromkeys(found_by(facts)))[:MOST_WORDS],
        via=(via,) if (via := how_seen(facts)) else (),
    )


def found_by(facts: dict[str, Any]) -> Iterator[str]:
    """What else somebody may look for a device by: its other names, its services and ports."""
    for name in listed(facts, "names"):
        if isinstance(name, str):
            yield name[:WORD_LENGTH]
    for each in listed(facts, "services"):
        if isinstance(each, str):
            yield each[:WORD_LENGTH]
        elif isinstance(each, dict):
            told = (each.get("name"), each.get("product"))
            yield from (word[:WORD_LENGTH] for word in told if isinstance(word, str) and word)
            port = each.get("port")
            if isinstance(port, int) and not isinstance(port, bool) and 0 < port < 1 << 16:
                yield f"{port}/{'udp' if each.get('transport') == 'udp' else 'tcp'}"


def how_seen(facts: dict[str, Any]) -> str | None:
    """The word for how a thing was found; None where nobody says."""
    told = facts.get("discoveredVia")
    return told if isinstance(told, str) and VIA.fullmatch(told) else None


def kind_of(item_type: str, facts: dict[str, Any]) -> str:
    """What a device is: as its item says, or, where that says only that it is one, as its node
    made out."""
    made_out = facts.get("deviceKind")
    if item_type == "host" and isinstance(made_out, str) and KIND.fullmatch(made_out):
        return made_out.replace("-", "_")
    # Cut: it stands in an index, where PostgreSQL takes 2 704 bytes.
    return KINDS.get(item_type, item_type)[:FACT_LENGTH]


def is_blind(request: Request) -> bool:
    """Whether a run is of a node that says that it does not see the LAN.

    What such a run does not name is not gone: it was not looked at.
    """
    return any(
        item.observed_key.startswith("host:") and OBJECT.decode(item.raw_data).get(SEES) == "no"
        for item in request.items
    )


def hardware_addresses(observed_key: str, facts: dict[str, Any]) -> Iterator[str]:
    """The hardware addresses of a device: in its key, its fields, its own interfaces."""
    prefix, _, rest = observed_key.partition(":")
    told: list[object] = [rest] if prefix in KEYED_BY_MAC else []
    told += [facts.get("mac"), facts.get("macAddress"), *listed(facts, "macs")]
    told += [each.get("mac") for each in outer_interfaces(facts)]
    for each in told:
        if isinstance(each, str) and len(each) <= LONGEST and (mac := as_mac(each)):
            yield mac


def network_addresses(observed_key: str, facts: dict[str, Any]) -> Iterator[Address]:
    """The IP addresses of a device: in its key, its fields, its own interfaces."""
    prefix, _, rest = observed_key.partition(":")
    told: list[object] = [rest] if prefix in KEYED_BY_ADDRESS else []
    told += [facts.get("address"), facts.get("ip"), facts.get("ipAddress")]
    for interface in outer_interfaces(facts):
        listed = interface.get("addresses")
        for each in listed if isinstance(listed, list) else ():
            if isinstance(each, dict) and each.get("internal") is not True:
                told.append(each.get("address"))
    for each in told:
        if isinstance(each, str) and len(each) <= LONGEST and (address := as_address(each)):
            yield address


def listed(facts: dict[str, Any], field: str) -> list[Any]:
    """What a field lists, as far as it is looked at; nothing where it is no list."""
    told = facts.get(field)
    return told[:MOST] if isinstance(told, list) else []


def outer_interfaces(facts: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The interfaces of a host that lead out of it."""
    listed = facts.get("networkInterfaces")
    for each in listed if isinstance(listed, list) else ():
        if isinstance(each, dict) and each.get("internal") is not True:
            called = each.get("name")
            if not (isinstance(called, str) and INNER.match(called)):
                yield each


def identifiers(observed_key: str, facts: dict[str, Any], macs: Sequence[str]) -> tuple[str, ...]:
    """What a device calls itself that no other does."""
    named = (facts.get(field) for field in ("uuid", "udn", "hostFingerprint"))
    first = next((each for each in named if fits(each)), None)
    found = [] if first is None else [first.lower().removeprefix("uuid:")]
    # A UUID has the same key wherever it stands; a serial number keeps what it is before it.
    told = (telling(each) for each in listed(facts, "ids") if fits(each))
    found += [each.removeprefix("uuid:") for each in told if each]
    # The published key of a host is made of its name alone. Two hosts of a site may have one name,
    # so it counts only for a published node that tells nothing better.
    if not found and observed_key.startswith("host:") and not macs:
        found = [observed_key.lower()]
    return tuple(f"{UUID}{each}" for each in dict.fromkeys(found))[:MOST]


def fits(told: object) -> TypeGuard[str]:
    """Whether a field holds a text, and one of a length that an identifier has."""
    return isinstance(told, str) and 0 < len(told) <= FACT_LENGTH


def mac_key(mac: str) -> str | None:
    """The key of a hardware address; None for one that does not belong to one device."""
    if mac in STACKS or is_shared(mac):
        return None
    is_private = int(mac[1], 16) & 0b10  # the local bit, IEEE 802-2014 section 8.4
    return f"{PRIVATE_MAC if is_private else MAC}{mac}"


# The same few thousand addresses come in every run of every node, and to read one takes longer
# than all else that is done with an item.
@lru_cache(1 << 15)
def as_mac(told: str) -> str | None:
    """A hardware address as it is written here; None where it is none, or a group's."""
    plain = told.lower().replace("-", "").replace(":", "").replace(".", "")
    if not MAC_DIGITS.fullmatch(plain) or plain == "0" * 12 or int(plain[1], 16) & 1:
        return None
    return ":".join(plain[at : at + 2] for at in range(0, 12, 2))


@lru_cache(1 << 15)
def as_address(told: str) -> Address | None:
    """An IP address, without prefix length and zone; None where it is none, or nobody's own."""
    try:
        found = ipaddress.ip_address(told.partition("/")[0].partition("%")[0])
    except ValueError:
        return None
    if found.is_loopback or found.is_multicast or found.is_unspecified:
        return None
    return Address(str(found), not found.is_link_local)


def given_name(name: str, addresses: Iterable[Address], macs: Iterable[str]) -> str | None:
    """A name that somebody gave; None where it was only made up of an address."""
    low = name.lower()
    made_up = any(each.text in low for each in addresses) or any(each in low for each in macs)
    return None if made_up else name


def attributes(facts: dict[str, Any]) -> dict[str, str]:
    """The facts that are worth showing, cut to what fits a page."""
    return {
        shown: told[:FACT_LENGTH]
        for field, shown in SHOWN.items()
        if isinstance(told := facts.get(field), str) and told
    }
