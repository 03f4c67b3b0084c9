"""What is never asked, whoever wants to: held here, where no collector can forget it."""

from __future__ import annotations

import socket
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from dpf_edge import addresses
from dpf_edge.errors import Failed
from dpf_edge.host import network_tables

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dpf_edge.model import Interface

# Raw printing (JetDirect and its relatives): a printer prints whatever connects there.
PRINTS_WHAT_IT_GETS = range(9100, 9108)
# RFC 919: everybody on this link, whatever its network.
EVERYBODY = "255.255.255.255"


class Place(NamedTuple):
    """Where something is sent to: an address of a family, and a link's number or 0."""

    family: int
    address: str
    scope: int

    def sockaddr(self, port: int) -> tuple[str, int] | tuple[str, int, int, int]:
        """The address as sockets take it."""
        if self.family == socket.AF_INET:
            return (self.address, port)
        return (self.address, port, 0, self.scope)


def place(text: str, interface: str | None = None) -> Place:
    """An address, with the zone that it was written with or the interface that was named.

    :raises Failed: it is no address, or there is no such link; no name is looked up.
    """
    bare, _, zone = text.partition("%")
    parsed = addresses.address(bare)
    if parsed is None:
        raise Failed(f"{text!r} is no address")
    if parsed.version == 4:
        return Place(socket.AF_INET, str(parsed), 0)
    name = zone or interface
    scope = 0
    if name and (parsed.is_link_local or parsed.is_multicast):
        try:
            scope = int(name) if name.isdigit() else network_tables.index(name)
        except OSError as error:
            raise Failed(f"{name} is no interface") from error
    return Place(socket.AF_INET6, str(parsed), scope)


class Fence(NamedTuple):
    """What may be sent on, and whom a walk or a connection may reach.

    :ivar own: the networks of this machine's interfaces, which may be public ones.
    :ivar links: the interfaces that may be named; None for all.
    """

    own: frozenset[addresses.IPNetwork]
    links: frozenset[str] | None = None

    def check_link(self, interface: str | None) -> None:
        """Nothing, where an interface may be sent on.

        :raises Failed: it is none of those that this sweep was given.
        """
        if interface is not None and self.links is not None and interface not in self.links:
            raise Failed(f"{interface} is no interface of this sweep")

    def check_station(self, to: Place) -> None:
        """Nothing, where an address may be walked to: it is one station's, and a site's own.

        :raises Failed: it is a group's, or somewhere in the internet.
        """
        parsed = addresses.address(to.address)
        if parsed is None or parsed.is_multicast or parsed.is_unspecified:
            raise Failed(f"{to.address} is no station's address")
        if not (
            parsed.is_loopback
            or parsed.is_link_local
            or addresses.is_private(parsed)
            or any(addresses.within(parsed, network) for network in self.own)
        ):
            raise Failed(f"{to.address} is neither private nor on a network of this machine")

    def check(self, to: Place, port: int) -> None:
        """Nothing, where a TCP connection may be made.

        :raises Failed: the port is a printer's, or the address may not be walked to.
        """
        self.check_port(port)
        self.check_station(to)

    def check_port(self, port: int) -> None:
        """Nothing, where a port may be touched.

        :raises Failed: it is a printer's.
        """
        if port in PRINTS_WHAT_IT_GETS:
            raise Failed(f"port {port} is never touched: a printer prints what it gets there")

    def is_group(self, to: Place) -> bool:
        """Whether an address is many stations': a group's, or everybody's on one network."""
        if to.family == socket.AF_INET6:
            return to.address.startswith("ff")
        if to.address == EVERYBODY or 224 <= int(to.address.partition(".")[0]) <= 239:
            return True
        return to.address in broadcasts(self.own)


@lru_cache(maxsize=8)
def broadcasts(own: frozenset[addresses.IPNetwork]) -> frozenset[str]:
    """The broadcast addresses of some networks; a /31 and a /32 have none (RFC 3021)."""
    return frozenset(
        str(each.broadcast_address) for each in own if each.version == 4 and each.prefixlen < 31
    )


def fence(interfaces: Iterable[Interface], links: frozenset[str] | None) -> Fence:
    """The fence around this machine's own networks."""
    held = (addresses.interface(each.address) for link in interfaces for each in link.addresses)
    return Fence(frozenset(each.network for each in held if each is not None), links)
