"""macOS' network tables, by its own tools."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

from dpf_edge.errors import HostError
from dpf_edge.host import commands, darwin_text

if TYPE_CHECKING:
    from dpf_edge.model import Interface, Neighbour, Route, Rule

# They read the kernel's tables, and answer in some ten milliseconds; -n keeps them from asking DNS.
SECONDS = 3.0
IFCONFIG = ("/sbin/ifconfig", "-a")
PORTS = ("/usr/sbin/networksetup", "-listallhardwareports")
ROUTES = ("/usr/sbin/netstat", "-rn")
ARP = ("/usr/sbin/arp", "-an")
NDP = ("/usr/sbin/ndp", "-an")


def interfaces() -> tuple[Interface, ...]:
    """The links, by index.

    :raises HostError: ifconfig is not to be had.
    """
    try:
        ports = darwin_text.ports(said(PORTS))
    except HostError:
        ports = {}
    indexes = {name: number for number, name in link_names().items()}
    return darwin_text.interfaces(said(IFCONFIG), ports, indexes)


def routes() -> tuple[Route, ...]:
    """The routes of both families.

    :raises HostError: netstat is not to be had.
    """
    return darwin_text.routes(said(ROUTES))


def rules() -> tuple[Rule, ...]:
    """None: macOS has no routing rules."""
    return ()


def neighbours() -> tuple[Neighbour, ...]:
    """The neighbour tables of IPv4 and IPv6.

    :raises HostError: arp is not to be had.
    """
    arp = said(ARP)
    try:
        ndp = said(NDP)
    except HostError:
        ndp = ""
    return darwin_text.neighbours(arp, ndp)


def link_names() -> dict[int, str]:
    """The name of each link, by its index."""
    try:
        return dict(socket.if_nameindex())
    except OSError:
        return {}


def said(argv: tuple[str, ...]) -> str:
    """What one of the tools prints.

    :raises HostError: it is not there, or does not end in time.
    """
    return commands.run(argv, seconds=SECONDS).stdout
