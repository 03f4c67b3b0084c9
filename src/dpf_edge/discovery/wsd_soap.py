"""WS-Discovery by UDP, and the metadata of Devices Profile for Web Services by HTTP. Pure.

Sources: Web Services Dynamic Discovery (April 2005), sections 2.4 and 5; Devices Profile for Web
Services (February 2006), sections 4 and 5; PnP-X, for what Windows says of a computer. Windows,
printers and ONVIF cameras all speak this first version.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import unquote

from dpf_edge import addresses
from dpf_edge.discovery import http_text, unique, xml_tree
from dpf_edge.discovery.texts import clean

if TYPE_CHECKING:
    from dpf_edge.discovery.xml_tree import Element

GROUP, GROUP_6, PORT, HOPS = "239.255.255.250", "ff02::c", 3702, 1  # section 2.4
# Section 2.4, APP_MAX_DELAY: whoever answers waits for up to so long.
MOST_WAIT = 0.5

MOST_MATCHES, MOST_TYPES, MOST_SCOPES, MOST_PLACES, MOST_TEXT = 16, 16, 32, 4, 200

# What Windows asks for. wsdd, which speaks for Samba, compares the text and answers nothing else;
# cameras have other types, and answer the probe for everything.
DEVICE = "wsdp:Device"

_SOAP = "http://www.w3.org/2003/05/soap-envelope"
_ADDRESSING = "http://schemas.xmlsoap.org/ws/2004/08/addressing"
_DISCOVERY = "http://schemas.xmlsoap.org/ws/2005/04/discovery"
_DEVICES = "http://schemas.xmlsoap.org/ws/2006/02/devprof"
_KINDS = ("ProbeMatch", "ResolveMatch", "Hello")
_GET = "http://schemas.xmlsoap.org/ws/2004/09/transfer/Get"
_ENDPOINT = re.compile(r"urn:uuid:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_PLACE = re.compile(
    r"http://(\[[0-9A-Fa-f:.]{2,45}(?:%[0-9A-Za-z._-]{1,20})?\]|[0-9.]{7,15})"
    r"(?::([0-9]{1,5}))?(/[!-~]{0,500})?"
)
# ONVIF Core Specification 23.12, section 7.3.2.2: what a camera says of itself by its scopes.
_SCOPE = re.compile(
    r"onvif://www\.onvif\.org/(name|hardware|location|MAC)/([!-~]{1,200})", re.IGNORECASE
)
# What Windows and wsdd call themselves to whoever asks is not what the computer is called.
_COMPUTER = re.compile(r"([^/]{1,64})/(Workgroup|Domain):(.{1,64})", re.DOTALL)


class Place(NamedTuple):
    """Where metadata is to be had: always of the address that said so."""

    port: int
    path: str


class Match(NamedTuple):
    """One endpoint that answered a probe.

    :ivar endpoint: its address, ``urn:uuid:…``; empty where it is of another form.
    :ivar id: the same as an id of ours.
    :ivar types: ``Device``, ``Computer``, ``PrintDeviceType`` …, without prefixes.
    :ivar scopes: what ONVIF cameras say: ``name``, ``hardware``, ``location``, ``mac``.
    """

    endpoint: str
    id: str | None
    types: tuple[str, ...]
    scopes: dict[str, str]
    places: tuple[Place, ...]


class Metadata(NamedTuple):
    """What an endpoint says of itself: the host's names, its types, and attributes."""

    names: tuple[str, ...]
    types: tuple[str, ...]
    attributes: dict[str, str]


def probe(number: str, types: str = "") -> bytes:
    """A probe (section 5.2), for everything where it names no types.

    :param number: the message's own UUID; who has seen it before does not answer.
    :param types: the types that who answers has to have; :data:`DEVICE`.
    """
    return _envelope(
        f"<a:To>urn:schemas-xmlsoap-org:ws:2005:04:discovery</a:To>"
        f"<a:Action>{_DISCOVERY}/Probe</a:Action><a:MessageID>urn:uuid:{number}</a:MessageID>",
        f"<d:Probe><d:Types>{types}</d:Types></d:Probe>" if types else "<d:Probe/>",
    )


def resolve(endpoint: str, number: str) -> bytes:
    """The question where an endpoint's metadata is (section 6.1), for those that did not say."""
    return _envelope(
        f"<a:To>urn:schemas-xmlsoap-org:ws:2005:04:discovery</a:To>"
        f"<a:Action>{_DISCOVERY}/Resolve</a:Action><a:MessageID>urn:uuid:{number}</a:MessageID>",
        f"<d:Resolve><a:EndpointReference><a:Address>{endpoint}</a:Address>"
        "</a:EndpointReference></d:Resolve>",
    )


def get(endpoint: str, number: str, host: str, place: Place) -> bytes:
    """A request for metadata, with its HTTP header.

    :param host: the address that is asked, in brackets where it is IPv6.
    """
    body = _envelope(
        f"<a:To>{endpoint}</a:To><a:Action>{_GET}</a:Action>"
        f"<a:MessageID>urn:uuid:{number}</a:MessageID>"
        f"<a:ReplyTo><a:Address>{_ADDRESSING}/role/anonymous</a:Address></a:ReplyTo>",
        "",
    )
    head = (
        f"POST {place.path} HTTP/1.1\r\nHost: {host}:{place.port}\r\n"
        "Content-Type: application/soap+xml; charset=utf-8\r\n"
        f"Content-Length: {len(body)}\r\nUser-Agent: dpf-edge\r\nConnection: close\r\n\r\n"
    )
    return head.encode() + body


def _envelope(header: str, body: str) -> bytes:
    """A SOAP 1.2 envelope."""
    return (
        '<?xml version="1.0" encoding="utf-8"?>'
        f'<s:Envelope xmlns:s="{_SOAP}" xmlns:a="{_ADDRESSING}" xmlns:d="{_DISCOVERY}"'
        f' xmlns:wsdp="{_DEVICES}">'
        f"<s:Header>{header}</s:Header><s:Body>{body}</s:Body></s:Envelope>"
    ).encode()


def matches(data: bytes, source: str) -> tuple[Match, ...]:
    """Who says what in a greeting, or in an answer to a probe or to the question where its metadata
    is (sections 4.1, 5.3 and 6.3).

    :param source: the address that the datagram came from.
    """
    root = xml_tree.read(data)
    if root is None or root.name != "Envelope":
        return ()
    found = [each for kind in _KINDS for each in root.all(kind)][:MOST_MATCHES]
    return tuple(_match(each, source) for each in found)


def _match(told: Element, source: str) -> Match:
    """One endpoint."""
    endpoint = told.says("EndpointReference", "Address")
    scopes: dict[str, str] = {}
    for each in told.says("Scopes").split()[:MOST_SCOPES]:
        found = _SCOPE.fullmatch(each)
        if found:
            scopes.setdefault(found[1].lower(), clean(unquote(found[2]), MOST_TEXT))
    named = [place(each, source) for each in told.says("XAddrs").split()]
    return Match(
        endpoint if _ENDPOINT.fullmatch(endpoint) else "",
        unique.uuid(endpoint),
        _types(told.says("Types")),
        scopes,
        tuple(dict.fromkeys(each for each in named if each))[:MOST_PLACES],
    )


def _types(text: str) -> tuple[str, ...]:
    """Types by their names alone: a prefix is whatever the sender chose."""
    names = (clean(each.rpartition(":")[2], 64) for each in text.split()[:MOST_TYPES])
    return tuple(dict.fromkeys(each for each in names if each))


def place(url: str, source: str) -> Place | None:
    """Where a URL leads, if that is to the address which gave it, by plain HTTP."""
    found = _PLACE.fullmatch(url)
    if found is None:
        return None
    host = addresses.address(found[1].strip("[]"))
    port = int(found[2] or 80)
    if host is None or host != addresses.address(source) or not 0 < port < 1 << 16:
        return None
    return Place(port, found[3] or "/")


def metadata(data: bytes) -> Metadata | None:
    """What an HTTP answer with metadata says; None where it says nothing.

    A computer gives its name as PnP-X has it, ``NAME/Workgroup:GROUP``; what it says as a device,
    ``Microsoft Publication Service``, is the program's name and is left out.
    """
    answer = http_text.head(data)
    root = xml_tree.read(http_text.body(answer)) if answer.status == 200 else None
    if root is None or root.name != "Envelope":
        return None
    types = tuple(name for each in root.all("Types") for name in _types(each.text))[:MOST_TYPES]
    attributes: dict[str, str] = {}
    for each in root.all("Computer"):
        named = _COMPUTER.fullmatch(each.text.strip())
        name = clean(named[1] if named else each.text, MOST_TEXT)
        if named and (group := clean(named[3], 64)):
            attributes[named[2].lower()] = group
        return Metadata((name,) if name else (), types, attributes)
    for attribute, section, element in (
        ("maker", "ThisModel", "Manufacturer"),
        ("model", "ThisModel", "ModelName"),
        ("model_number", "ThisModel", "ModelNumber"),
        ("page", "ThisModel", "PresentationUrl"),
        ("firmware", "ThisDevice", "FirmwareVersion"),
        ("serial", "ThisDevice", "SerialNumber"),
    ):
        value = clean(_first(root, section, element), MOST_TEXT)
        value = unique.serial(value) or "" if attribute == "serial" else value
        if value:
            attributes[attribute] = value
    name = clean(_first(root, "ThisDevice", "FriendlyName"), MOST_TEXT)
    return Metadata((name,) if name else (), types, attributes)


def _first(root: Element, section: str, element: str) -> str:
    """The text of the first element of a name in the first section of a name."""
    found = next(root.all(section), None)
    return found.says(element) if found is not None else ""
