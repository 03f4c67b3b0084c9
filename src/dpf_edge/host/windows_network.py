"""Windows' network tables as the seam's values, by IP Helper, in no language."""

from __future__ import annotations

import ctypes
import ipaddress
from typing import TYPE_CHECKING

from dpf_edge.errors import Failed
from dpf_edge.host import ip_helper
from dpf_edge.host.ip_helper import AF_INET, AF_INET6, AdapterAddresses, SocketAddress
from dpf_edge.model import Address, Interface, Neighbour, Route, Rule

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from dpf_edge.host.ip_helper import NeighbourRow, OldNeighbourRow, RouteRow, UnicastAddress
    from dpf_edge.model import LinkKind

UP = 1  # IfOperStatusUp (ifdef.h)
# IfType (ipifcons.h, RFC 2863); of another type nothing is said but its number.
KINDS: dict[int, LinkKind] = {6: "ether", 71: "wifi", 24: "loopback", 23: "ppp"}
LOOPBACK = 24
HARDWARE = 0x1  # the first bit of MIB_IF_ROW2's flags: HardwareInterface
BY_DHCP, BY_ROUTER = 3, 4  # IpPrefixOriginDhcp, IpPrefixOriginRouterAdvertisement (nldef.h)
DEPRECATED = 3  # IpDadStateDeprecated
# NL_ROUTE_PROTOCOL (nldef.h), as `ip route` calls the like.
PROTOCOLS = {2: "kernel", 3: "static", 4: "redirect", 8: "rip", 13: "ospf", 14: "bgp"} | {
    10002: "autostatic",
    10006: "static",
    19: "dhcp",
}
# NL_NEIGHBOR_STATE (nldef.h), as `ip neigh` calls the like.
STATES = {
    0: "failed",
    1: "incomplete",
    2: "probe",
    3: "delay",
    4: "stale",
    5: "reachable",
    6: "permanent",
}
# MIB_IPNET_TYPE (ipmib.h). A dynamic entry may be of just now or of a while ago.
OLD_STATES = {1: "none", 2: "failed", 3: "stale", 4: "permanent"}
MTU_UNLIMITED = 0xFFFFFFFF


def interfaces() -> tuple[Interface, ...]:
    """The adapters with their addresses, by index.

    :raises HostError: IP Helper does not give them.
    """
    memory, found = ip_helper.adapters()
    made = [interface(each, hardware(each.luid)) for each in found]
    del memory  # till now the adapters' texts stood in it
    return tuple(sorted(made, key=lambda each: each.index or 0))


def interface(adapter: AdapterAddresses, is_hardware: bool | None) -> Interface:
    """One adapter.

    :param is_hardware: what Windows says of it (HardwareInterface); None where it says nothing.
    """
    if_type = adapter.if_type
    return Interface(
        name=ip_helper.wide(adapter.friendly_name),
        description=ip_helper.wide(adapter.description) or None,
        index=adapter.index or adapter.ipv6_index or None,
        mac=mac(adapter.physical_address, adapter.physical_address_length),
        mtu=None if adapter.mtu in {0, MTU_UNLIMITED} else adapter.mtu,
        up=adapter.oper_status == UP,
        kind=KINDS.get(if_type),
        if_type=if_type,
        hardware=False if if_type == LOOPBACK else is_hardware,
        addresses=tuple(
            sorted(
                held(ip_helper.chain(ip_helper.UnicastAddress, adapter.first_unicast)),
                key=lambda each: ":" in each.address,
            )
        ),
    )


def hardware(luid: int) -> bool | None:
    """Whether Windows calls an adapter hardware; None where it does not say."""
    row = ip_helper.interface_row(luid)
    return None if row is None else bool(row.status_flags & HARDWARE)


def held(unicast: Iterable[UnicastAddress]) -> Iterator[Address]:
    """The addresses of an adapter, as Windows lists them."""
    for each in unicast:
        # A bare SOCKADDR of IPv4 has 16 bytes: the rest of the structure is not touched.
        if not each.address or each.address_length < 16:
            continue
        text = address(SocketAddress.from_address(each.address), each.address_length)
        if text is not None:
            yield Address(
                f"{text}/{each.prefix_length}",
                dynamic=each.prefix_origin in {BY_DHCP, BY_ROUTER},
                deprecated=each.dad_state == DEPRECATED,
            )


def address(of: SocketAddress, size: int = ctypes.sizeof(SocketAddress)) -> str | None:
    """A socket address as text, without its zone; None where it is of no family of ours.

    :param size: how many bytes of it there are.
    """
    if of.family == AF_INET:
        return str(ipaddress.IPv4Address(bytes(of.v4)))
    if of.family == AF_INET6 and size >= ctypes.sizeof(SocketAddress):
        return str(ipaddress.IPv6Address(bytes(of.v6)))
    return None


def mac(data: Sequence[int], length: int) -> str | None:
    """A hardware address of Ethernet's length; None for any other, and for none."""
    if length != ip_helper.MAC_BYTES:
        return None
    octets = bytes(data[: ip_helper.MAC_BYTES])
    return octets.hex(":") if any(octets) else None


def routes() -> tuple[Route, ...]:
    """The unicast routes, IPv4 first; a metric is the route's and its interface's together, as
    Windows compares them.

    :raises HostError: IP Helper does not give them.
    """
    memory, found = ip_helper.adapters()
    names = {
        number: ip_helper.wide(each.friendly_name) for each in found for number in numbers(each)
    }
    metrics = {
        (family, number): metric
        for each in found
        for family, metric in ((AF_INET, each.ipv4_metric), (AF_INET6, each.ipv6_metric))
        for number in numbers(each)
    }
    del memory
    made = (route(each, names, metrics) for each in ip_helper.routes())
    known = [each for each in made if each is not None]
    return tuple(sorted(known, key=lambda each: ":" in (each.to + (each.via or ""))))


def numbers(adapter: AdapterAddresses) -> set[int]:
    """The numbers of an adapter: of IPv4 and of IPv6, which are mostly one."""
    return {adapter.index, adapter.ipv6_index} - {0}


def route(
    row: RouteRow, names: dict[int, str], metrics: dict[tuple[int, int], int]
) -> Route | None:
    """One route; None for what Windows keeps for itself: its own addresses, groups, broadcasts."""
    to, via = address(row.to), address(row.via)
    if to is None or row.is_loopback:
        return None
    parsed = ipaddress.ip_address(to)
    most = parsed.max_prefixlen
    if parsed.is_multicast or parsed.is_loopback or row.prefix_length > most:
        return None
    if row.prefix_length == most and via in {None, "0.0.0.0", "::"}:  # noqa: S104 -- no gateway
        return None
    return Route(
        to="default" if row.prefix_length == 0 else f"{to}/{row.prefix_length}",
        via=None if via in {"0.0.0.0", "::"} else via,  # noqa: S104 -- on-link has none
        dev=names.get(row.index),
        metric=row.metric + metrics.get((row.to.family, row.index), 0),
        protocol=PROTOCOLS.get(row.protocol, str(row.protocol)),
    )


def rules() -> tuple[Rule, ...]:
    """None: Windows has no routing rules."""
    return ()


def neighbours() -> tuple[Neighbour, ...]:
    """The neighbour tables of IPv4 and IPv6, without groups and broadcasts; IPv4's alone where
    only the older call is answered.

    :raises HostError: IP Helper gives neither.
    """
    names = link_names()
    try:
        made = (neighbour(each, names) for each in ip_helper.neighbours())
        return tuple(each for each in made if each is not None)
    except Failed:
        older = (old_neighbour(each, names) for each in ip_helper.old_neighbours())
        return tuple(each for each in older if each is not None)


def neighbour(row: NeighbourRow, names: dict[int, str]) -> Neighbour | None:
    """One entry; None where it is a group's, everybody's or this machine's own."""
    return entry(
        address(row.address),
        mac(row.physical_address, row.physical_address_length),
        names.get(row.index),
        STATES.get(row.state, "none"),
    )


def old_neighbour(row: OldNeighbourRow, names: dict[int, str]) -> Neighbour | None:
    """One entry of the older table; without a MAC nobody has answered yet, and maybe never will."""
    known = mac(row.physical_address, row.physical_address_length)
    return entry(
        str(ipaddress.IPv4Address(bytes(row.address))),
        known,
        names.get(row.index),
        OLD_STATES.get(row.kind, "none") if known else "incomplete",
    )


def entry(
    text: str | None, hardware_address: str | None, dev: str | None, state: str
) -> Neighbour | None:
    """An entry of a station's; None of all others."""
    if text is None:
        return None
    parsed = ipaddress.ip_address(text)
    if parsed.is_multicast or parsed.is_loopback or parsed.is_unspecified:
        return None
    # A MAC whose first octet is odd is a group's (IEEE 802): broadcasts have such entries.
    if text == "255.255.255.255" or (hardware_address and int(hardware_address[:2], 16) & 1):
        return None
    return Neighbour(address=text, mac=hardware_address, dev=dev, state=state)


def link_names() -> dict[int, str]:
    """The name of each adapter, by its number.

    :raises HostError: IP Helper does not give them.
    """
    memory, found = ip_helper.adapters()
    names = {
        number: ip_helper.wide(each.friendly_name) for each in found for number in numbers(each)
    }
    del memory
    return names
