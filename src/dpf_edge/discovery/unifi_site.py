"""What a UniFi site's rows come to: its devices, how they hang together, and its clients."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from dpf_edge import addresses, macs
from dpf_edge.discovery.side_by_side import side_by_side
from dpf_edge.discovery.texts import clean
from dpf_edge.discovery.unifi_api import ABSENT, REFUSED, Trouble
from dpf_edge.macs import MacKind
from dpf_edge.observed import Observation, Tie

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from dpf_edge.discovery.unifi_api import (
        Client,
        Controller,
        Detail,
        Device,
        OldClient,
        OldDevice,
        Site,
    )

COLLECTOR = "unifi"
# As published: a controller knows its devices, and has seen its clients.
DEVICE, CLIENT = 1.0, 0.9
NAME, MODEL = 200, 100
# Documents that are asked for at once: a controller is a small machine.
AT_ONCE = 4
# The published item types, by the old API's types.
OLD_TYPES = {
    "usw": "switch",
    "uap": "access_point",
    "ugw": "gateway",
    "udm": "gateway",
    "udmpro": "gateway",
    "uxg": "gateway",
}
# By the official API's features, a gateway first: it switches and has a radio as well.
FEATURES = (
    ({"routing", "gateway"}, "gateway"),
    ({"accesspoint", "wifi"}, "access_point"),
    ({"switching"}, "switch"),
)
# Where nothing else tells, by how its model's name begins.
MODELS = {
    "USW": "switch",
    "US-": "switch",
    "UAP": "access_point",
    "U6": "access_point",
    "U7": "access_point",
    "UDM": "gateway",
    "UDR": "gateway",
    "UXG": "gateway",
    "USG": "gateway",
    "UCG": "gateway",
}
KINDS = {"switch": "switch", "access_point": "access-point", "gateway": "router"}
ROLES = {"switch": "switch", "access_point": "access-point", "gateway": "gateway"}


class Thing(NamedTuple):
    """One device or client, out of either API.

    :ivar id: the controller's own; of the old API the MAC.
    :ivar kind: the published item type; ``client`` for a client.
    :ivar parent: the MAC of the device that it hangs on.
    """

    id: str
    kind: str
    mac: str | None
    address: str | None
    name: str
    model: str = ""
    firmware: str = ""
    serial: str = ""
    parent: str | None = None
    port: str | None = None


class Found(NamedTuple):
    """A site, and what was missing of it as published warning codes."""

    things: tuple[Thing, ...]
    warnings: tuple[str, ...]


def site(controller: Controller, wanted: str, *, clients: bool) -> Found:
    """All that a controller knows of a site.

    :raises Trouble: nothing can be had.
    """
    try:
        found = controller.site(wanted)
    except Trouble as trouble:
        if trouble.status not in ABSENT | REFUSED:
            raise
        return by_old(controller, wanted, clients=clients)
    if found is None:
        raise Trouble("unifi_site_not_found")
    warnings: list[str] = []
    devices = list(controller.devices(found))
    if not devices:
        warnings.append("unifi_no_devices")
    parents = uplinks(controller, found, devices, warnings)
    by_id = {each.id: of_mac(each.mac_address) for each in devices}
    things = [of_device(each, parents.get(each.id)) for each in devices]
    if clients:
        try:
            things += [of_client(each, by_id) for each in controller.clients(found)]
        except Trouble:
            warnings.append("unifi_partial:clients")
    return Found(tuple(things), tuple(warnings))


def uplinks(
    controller: Controller, where: Site, devices: list[Device], warnings: list[str]
) -> dict[str, str]:
    """The MAC of the device that each one hangs on, by its id."""

    def asked(device: Device) -> Callable[[], Iterator[tuple[Device, Detail | None]]]:
        def ask() -> Iterator[tuple[Device, Detail | None]]:
            try:
                yield device, controller.detail(where, device)
            except Trouble:
                yield device, None

        return ask

    by_id = {each.id: of_mac(each.mac_address) for each in devices}
    parents = {}
    for device, detail in side_by_side([asked(each) for each in devices], AT_ONCE):
        if detail is None:
            warnings.append(f"unifi_partial:device_detail:{clean(device.id, MODEL)}")
            continue
        parent = detail.uplink.device_id if detail.uplink else ""
        if not parent:
            continue
        found = by_id.get(parent)
        if found:
            parents[device.id] = found
        else:
            warnings.append(f"unifi_partial:missing_uplink_parent:{clean(device.id, MODEL)}")
    return parents


def by_old(controller: Controller, wanted: str, *, clients: bool) -> Found:
    """All that a controller without the official API knows of a site.

    :raises Trouble: nothing can be had.
    """
    warnings = ["unifi_legacy_api"]
    things = [of_old_device(each) for each in controller.old_devices(wanted)]
    if not things:
        warnings.append("unifi_no_devices")
    if clients:
        try:
            things += [of_old_client(each) for each in controller.old_clients(wanted)]
        except Trouble:
            warnings.append("unifi_partial:clients")
    return Found(tuple(things), tuple(warnings))


def of_mac(text: str | None) -> str | None:
    """A MAC address in lower case with colons, however it was spelt; None where it is none."""
    digits = re.sub(r"[:\-.]", "", (text or "")[:32]).lower()
    if not re.fullmatch(r"[0-9a-f]{12}", digits):
        return None
    spelt = bytes.fromhex(digits).hex(":")
    return None if macs.kind(spelt) is MacKind.NONE else spelt


def of_address(text: str | None) -> str | None:
    """An address of the site's own; a gateway tells its provider's address too."""
    found = addresses.address((text or "")[:64])
    if found is None or not (addresses.is_private(found) or found.is_link_local):
        return None
    return str(found)


def of_device(device: Device, parent: str | None) -> Thing:
    """A device of the official API."""
    return Thing(
        id=clean(device.id, MODEL),
        kind=kind_of(device),
        mac=of_mac(device.mac_address),
        address=of_address(device.ip_address),
        name=clean(device.name, NAME),
        model=clean(device.model, MODEL),
        firmware=clean(device.firmware_version or "", MODEL),
        parent=parent,
    )


def kind_of(device: Device) -> str:
    """What a device is, by its features, or else by its model's name."""
    has = {each.casefold() for each in device.features}
    for words, kind in FEATURES:
        if words & has:
            return kind
    model = device.model.upper()
    return next(
        (kind for begins, kind in MODELS.items() if model.startswith(begins)), "network_device"
    )


def of_client(client: Client, by_id: dict[str, str | None]) -> Thing:
    """A client of the official API."""
    return Thing(
        id=clean(client.id, MODEL),
        kind="client",
        mac=of_mac(client.mac_address),
        address=of_address(client.ip_address),
        name=clean(client.name, NAME),
        parent=by_id.get(client.uplink_device_id or ""),
    )


def of_old_device(device: OldDevice) -> Thing:
    """A device of the old API."""
    return Thing(
        id=clean(device.mac, MODEL),
        kind=OLD_TYPES.get((device.type or "").lower(), "network_device"),
        mac=of_mac(device.mac),
        address=of_address(device.ip),
        name=clean(device.name or "", NAME),
        model=clean(device.model or "", MODEL),
        firmware=clean(device.version or "", MODEL),
        serial=clean(device.serial or "", MODEL),
        parent=of_mac(device.uplink.uplink_mac) if device.uplink else None,
    )


def of_old_client(client: OldClient) -> Thing:
    """A client of the old API."""
    wired = client.sw_mac if client.is_wired else None
    return Thing(
        id=clean(client.mac, MODEL),
        kind="client",
        mac=of_mac(client.mac),
        address=of_address(client.ip),
        name=clean(client.name or client.hostname or "", NAME),
        parent=of_mac(wired or client.ap_mac or client.sw_mac),
        port=str(client.sw_port) if wired and client.sw_port else None,
    )


def observations(
    things: Iterable[Thing], told_by: str | None, seen_at: str
) -> Iterator[Observation]:
    """What a site's things come to; what has neither MAC nor address cannot be told from others."""
    listed = [each for each in things if each.mac or each.address]
    children: dict[str, list[str]] = {}
    for each in listed:
        if each.kind != "client" and each.parent and each.mac and each.mac != each.parent:
            children.setdefault(each.parent, []).append(each.mac)
    for each in listed:
        hangs = tuple(ties(each, sorted(set(children.get(each.mac or "", ())))))
        told = {
            "model": each.model,
            "firmware": each.firmware,
            "serial": each.serial,
            "unifiId": each.id,
        }
        hints = [f"unifi:{each.kind}"] + ([f"unifi-model:{each.model}"] if each.model else [])
        yield Observation(
            collector=COLLECTOR,
            seen_at=seen_at,
            confidence=CLIENT if each.kind == "client" else DEVICE,
            told_by=told_by,
            addresses=(each.address,) if each.address else (),
            macs=(each.mac,) if each.mac else (),
            names=(each.name,) if each.name else (),
            kind=KINDS.get(each.kind),
            hints=tuple(hints),
            roles=(ROLES[each.kind],) if each.kind in ROLES else (),
            ties=hangs,
            attributes={name: value for name, value in told.items() if value},
        )


def ties(thing: Thing, below: Iterable[str]) -> Iterator[Tie]:
    """How a thing hangs together with others: a client on a device, devices below a device."""
    if thing.kind != "client":
        yield from (Tie("HOSTS", mac=each) for each in below)
    elif thing.parent:
        yield Tie("CONNECTS_TO", mac=thing.parent, far_port=thing.port)
