"""What the services of multicast DNS tell of the device behind them, as a table. Pure.

A service's TXT record holds pairs (RFC 6763 section 6); which keys a service has is in its own
description: Bonjour Printing 1.2.1 sections 9.2 and 9.4, the HomeKit accessory protocol section
6.4, and for the rest what devices send.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from dpf_edge.discovery import unique
from dpf_edge.discovery.texts import clean

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

# Services to ask for at once, beside asking which there are: that saves a round, and many a small
# device does not answer the question for all of them.
_COMMON = """
    http._tcp https._tcp ipp._tcp ipps._tcp printer._tcp pdl-datastream._tcp scanner._tcp
    uscan._tcp airplay._tcp raop._tcp googlecast._tcp spotify-connect._tcp sonos._tcp hap._tcp
    hue._tcp matter._tcp meshcop._udp esphomelib._tcp home-assistant._tcp shelly._tcp mqtt._tcp
    smb._tcp afpovertcp._tcp nfs._tcp adisk._tcp ssh._tcp sftp-ssh._tcp rfb._tcp workstation._tcp
    device-info._tcp companion-link._tcp sleep-proxy._udp androidtvremote2._tcp amzn-wplay._tcp
    axis-video._tcp psia._tcp plexmediasvr._tcp rdp._tcp
"""
COMMON = tuple(f"_{each}" for each in _COMMON.split())

# Whose instance is called what the device is called, as its owner named it.
_PRINTS = frozenset({"_ipp._tcp", "_ipps._tcp", "_printer._tcp", "_pdl-datastream._tcp"})
_SCANS = frozenset({"_uscan._tcp", "_scanner._tcp"})
_APPLE = frozenset({"_airplay._tcp", "_afpovertcp._tcp", "_device-info._tcp", "_rfb._tcp"})
_NAMED = (
    _PRINTS
    | _SCANS
    | _APPLE
    | {
        "_hap._tcp",
        "_smb._tcp",
        "_hue._tcp",
        "_companion-link._tcp",
        "_shelly._tcp",
        "_axis-video._tcp",
        "_androidtvremote2._tcp",
    }
)
# Where it stands in the record instead; ``_raop._tcp`` has it behind a MAC and an ``@``.
_NAMED_BY = {
    "_googlecast._tcp": "fn",
    "_amzn-wplay._tcp": "n",
    "_esphomelib._tcp": "friendly_name",
    "_home-assistant._tcp": "location_name",
}
_PAPER = _PRINTS | {"_uscan._tcp"}

# Attribute, and by which services and keys it is told, the best first.
_ATTRIBUTES: tuple[tuple[str, frozenset[str] | None, str], ...] = (
    ("model", _PAPER, "ty"),
    ("model", _PAPER, "product"),
    ("model", frozenset({"_http._tcp", "_airplay._tcp", "_shelly._tcp", "_sonos._tcp"}), "model"),
    ("model", frozenset({"_googlecast._tcp", "_hap._tcp"}), "md"),
    ("model", frozenset({"_raop._tcp"}), "am"),
    ("model", frozenset({"_hue._tcp"}), "modelid"),
    ("model", frozenset({"_esphomelib._tcp"}), "board"),
    ("model", frozenset({"_companion-link._tcp"}), "rpmd"),
    # The last: a NAS calls itself a Mac of some kind there, for the picture that Finder shows.
    ("model", frozenset({"_device-info._tcp"}), "model"),
    ("maker", _PAPER, "usb_mfg"),
    ("maker", frozenset({"_airplay._tcp"}), "manufacturer"),
    ("maker", None, "vendor"),
    ("location", _PAPER, "note"),
    ("os", frozenset({"_airplay._tcp"}), "osvers"),
    ("firmware", frozenset({"_airplay._tcp", "_hap._tcp"}), "fv"),
    ("firmware", frozenset({"_esphomelib._tcp", "_home-assistant._tcp"}), "version"),
    ("firmware", frozenset({"_shelly._tcp"}), "ver"),
    ("page", _PAPER, "adminurl"),
    ("mac", frozenset({"_airplay._tcp"}), "deviceid"),
    ("mac", frozenset({"_esphomelib._tcp"}), "mac"),
    ("mac", frozenset({"_axis-video._tcp"}), "macaddress"),
)
# Which keys hold a UUID that stays with the device.
_UUIDS = {
    "uuid": None,
    "duuid": None,
    "id": frozenset({"_googlecast._tcp"}),
    "pi": frozenset({"_airplay._tcp"}),
}
_HEX_12 = re.compile(r"[0-9a-f]{12}")

MOST_PAIRS, MOST_KEY, MOST_VALUE = 40, 32, 128


class Facts(NamedTuple):
    """What one service tells of its device.

    :ivar attributes: to each its rank in the table, the lower the better, and its value.
    """

    names: tuple[str, ...]
    ids: tuple[str, ...]
    attributes: dict[str, tuple[int, str]]


def pairs(texts: Iterable[bytes]) -> dict[str, str]:
    """The pairs of a TXT record, keys in lower case; of a key that comes twice, the first."""
    made: dict[str, str] = {}
    for each in texts:
        key, equals, value = each.partition(b"=")
        name = clean(key, MOST_KEY).lower()
        if name and equals and name not in made:
            made[name] = clean(value, MOST_VALUE)
        if len(made) == MOST_PAIRS:
            break
    return made


def facts(service: str, label: str, told: Mapping[str, str]) -> Facts:
    """What a service tells of its device.

    :param service: ``_ipp._tcp``.
    :param label: what this instance of it is called.
    :param told: its pairs.
    """
    names = [told.get(_NAMED_BY[service], "")] if service in _NAMED_BY else []
    if service in _NAMED:
        names.append(label)
    mac, at, friendly = label.partition("@")
    if service == "_raop._tcp" and at and _HEX_12.fullmatch(mac.lower()):
        names.append(friendly)
    attributes: dict[str, tuple[int, str]] = {}
    for rank, (attribute, services, key) in enumerate(_ATTRIBUTES):
        value = told.get(key)
        if value and (services is None or service in services):
            # PostScript's product is written in brackets.
            value = value.strip("()") if key == "product" else value
            attributes.setdefault(attribute, (rank, value))
    ids = [
        unique.uuid(told[key])
        for key, services in _UUIDS.items()
        if key in told and (services is None or service in services)
    ]
    return Facts(
        tuple(each for each in names if each), tuple(each for each in ids if each), attributes
    )


def best(told: Iterable[Facts]) -> dict[str, str]:
    """Of what a device's services tell of it, the best of each attribute."""
    ranked: dict[str, tuple[int, str]] = {}
    for each in told:
        for attribute, ranking in each.attributes.items():
            ranked[attribute] = min(ranked.get(attribute, ranking), ranking)
    return {attribute: value for attribute, (_rank, value) in sorted(ranked.items())}
