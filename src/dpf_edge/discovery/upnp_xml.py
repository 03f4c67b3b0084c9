"""A UPnP device's description of itself (UPnP Device Architecture 2.0, section 2.3). Pure."""

from __future__ import annotations

from typing import NamedTuple

from dpf_edge.discovery import unique, xml_tree
from dpf_edge.discovery.texts import clean

# A router has a device in a device in a device, and four services each.
MOST_DEVICES, MOST_SERVICES, MOST_TEXT = 16, 32, 200

# Attribute, and the element that tells it, the best first (section 2.3).
_ATTRIBUTES = (
    ("maker", "manufacturer"),
    ("model", "modelName"),
    ("model_number", "modelNumber"),
    ("description", "modelDescription"),
    ("serial", "serialNumber"),
    ("page", "presentationURL"),
)


class Description(NamedTuple):
    """What a description says.

    :ivar name: what its owner calls it.
    :ivar ids: of the device and of those in it, ``uuid:…``.
    :ivar types: of the device and of those in it, ``urn:schemas-upnp-org:device:MediaServer:1``.
    :ivar services: the types of their services.
    """

    name: str
    ids: tuple[str, ...]
    types: tuple[str, ...]
    services: tuple[str, ...]
    attributes: dict[str, str]


def read(data: bytes) -> Description | None:
    """A description; None where there is none in it."""
    root = xml_tree.read(data)
    devices = list(root.all("device"))[:MOST_DEVICES] if root is not None else []
    if root is None or not devices:
        return None
    first = devices[0]
    attributes: dict[str, str] = {}
    for attribute, element in _ATTRIBUTES:
        value = clean(first.says(element), MOST_TEXT)
        if attribute == "serial":
            value = unique.serial(value) or ""
        if value:
            attributes.setdefault(attribute, value)
    ids = (unique.udn(each.says("UDN")) for each in devices)
    types = (clean(each.says("deviceType"), MOST_TEXT) for each in devices)
    services = (
        clean(each.says("serviceType"), MOST_TEXT)
        for device in devices
        for each in (device.child("serviceList") or xml_tree.Element("")).children
    )
    return Description(
        clean(first.says("friendlyName"), MOST_TEXT),
        tuple(dict.fromkeys(each for each in ids if each)),
        tuple(dict.fromkeys(each for each in types if each)),
        tuple(dict.fromkeys(each for each in services if each))[:MOST_SERVICES],
        attributes,
    )
