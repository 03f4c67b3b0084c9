"""What exporters are given: devices, networks and how they hang together. Pure.

It is read from a sweep (:mod:`dpf_edge.export.swept`) or made from a store's rows; an exporter
cannot tell which.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from dpf_edge import addresses

if TYPE_CHECKING:
    from collections.abc import Iterable

# The longest address in words, IPv6 with an embedded IPv4, has 45 characters; with a prefix and a
# zone it stays below this.
MOST_ADDRESS = 128
# Six bytes in lower case with colons (EUI-48).
MAC = re.compile(r"[0-9a-f]{2}(?::[0-9a-f]{2}){5}")


class Offer(msgspec.Struct, frozen=True, omit_defaults=True):
    """A service of a device; ``port`` is None where it has none or nobody said."""

    name: str = ""
    port: int | None = None
    transport: str = "tcp"
    product: str | None = None
    says: str | None = None
    details: dict[str, str] = {}


class Entry(msgspec.Struct, frozen=True, omit_defaults=True):
    """One device, as far as any exporter needs to know it.

    Names, makers, what services say: all of it comes from the network, and may hold anything that
    Unicode has. Addresses are addresses.

    :ivar key: tells it from every other of the inventory.
    :ivar addresses: IP addresses in their usual form, without a zone, best first.
    :ivar macs: hardware addresses, in lower case with colons.
    :ivar first_seen: RFC 3339; a single sweep knows no such thing.
    """

    key: str
    addresses: tuple[str, ...] = ()
    macs: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    ids: tuple[str, ...] = ()
    kind: str | None = None
    maker: str | None = None
    private_mac: bool = False
    roles: tuple[str, ...] = ()
    services: tuple[Offer, ...] = ()
    attributes: dict[str, Any] = {}
    site: str | None = None
    first_seen: str | None = None
    last_seen: str | None = None
    self: bool = False

    @property
    def title(self) -> str:
        """What to call it: its name, else an address, a MAC, its key."""
        return next(iter((*self.names, *self.addresses, *self.macs, self.key)))

    @property
    def reachable(self) -> str | None:
        """The best address that is one from elsewhere too; a link-local one needs a link."""
        for each in self.addresses:
            ip = parsed(each)
            if ip is not None and not ip.is_link_local:
                return each
        return None

    @property
    def ports(self) -> tuple[int, ...]:
        """The ports of its services, in order."""
        return tuple(sorted({each.port for each in self.services if each.port is not None}))

    def said(self, *names: str) -> str:
        """The first of these attributes that is a text; empty where none is."""
        told = (self.attributes.get(name) for name in names)
        return next((each for each in told if isinstance(each, str) and each), "")


class Network(NamedTuple):
    """A network; two sites may have one of the same prefix.

    :ivar key: tells it from every other, and from every device.
    :ivar prefix: ``192.168.50.0/24``; what others wrote there may be no prefix.
    """

    key: str
    prefix: str
    site: str | None = None


class Edge(NamedTuple):
    """That one thing stands in a relation to another; both are keys of devices or networks."""

    source: str
    target: str
    kind: str
    port: str | None = None
    far_port: str | None = None


class Inventory(NamedTuple):
    """All there is to export.

    ``devices`` and ``edges`` may be gone through again and again, and need not be in memory.

    :ivar made_at: when it was seen, RFC 3339.
    """

    devices: Iterable[Entry]
    networks: tuple[Network, ...] = ()
    edges: Iterable[Edge] = ()
    made_at: str = "1970-01-01T00:00:00Z"


def placed(texts: Iterable[str]) -> tuple[str, ...]:
    """The addresses among some texts in their usual form, each once, best first."""
    found = {each for text in texts if (each := parsed(text)) is not None}
    return tuple(map(str, sorted(found, key=rank)))


def parsed(text: str) -> addresses.IPAddress | None:
    """An address; None where the text is none. What was parsed is kept, so it is to be short."""
    return addresses.address(text) if len(text) <= MOST_ADDRESS else None


def rank(address: addresses.IPAddress) -> tuple[bool, int, int]:
    """What reaches beyond the link before what does not, IPv4 before IPv6, then by number."""
    return (address.is_link_local, address.version, int(address))
