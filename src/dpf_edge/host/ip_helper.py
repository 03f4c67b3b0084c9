"""Windows' IP Helper by ctypes: its structures, and its tables as lists of them.

The structures are those of iptypes.h, netioapi.h, ipmib.h and ws2def.h for a 64-bit process, in
types of fixed widths, so that a table read on Windows is the same bytes anywhere. Nothing here
sends anything but :func:`send_arp`.
"""

from __future__ import annotations

import ctypes
import sys
from ctypes import POINTER, Structure, c_int32, c_uint8, c_uint16, c_uint32, c_uint64, c_void_p
from typing import TYPE_CHECKING, Any, ClassVar

from dpf_edge.errors import Denied, Failed

if TYPE_CHECKING:
    from collections.abc import Iterator

AF_INET, AF_INET6 = 2, 23  # ws2def.h; Linux numbers IPv6 otherwise
NO_ERROR, ACCESS_DENIED, NOT_SUPPORTED, BUFFER_OVERFLOW = 0, 5, 50, 111
NOT_FOUND, NO_DATA = 1168, 232
# GetAdaptersAddresses: no anycast, multicast or DNS server addresses are wanted.
SKIP_ANYCAST, SKIP_MULTICAST, SKIP_DNS_SERVER = 0x2, 0x4, 0x8
# Microsoft's page recommends 15 KB to begin with; a machine with many adapters has more.
FIRST_BYTES = 32 << 10
# The table may grow between two calls; three times over it does not.
TRIES = 4
# No machine has more adapters or addresses than this: a list that goes on is broken.
MOST_ROWS = 1 << 16
MAC_BYTES = 6


class SocketAddress(Structure):
    """SOCKADDR_INET: a family, then an IPv4 address at 4, or an IPv6 address at 8."""

    _fields_: ClassVar = [
        ("family", c_uint16),
        ("port", c_uint16),
        ("v4", c_uint8 * 4),  # of IPv6 it is the flow's number
        ("v6", c_uint8 * 16),
        ("scope", c_uint32),
    ]


class UnicastAddress(Structure):
    """IP_ADAPTER_UNICAST_ADDRESS_LH, as far as it is read."""

    _fields_: ClassVar = [
        ("length", c_uint32),
        ("flags", c_uint32),
        ("next", c_void_p),
        ("address", c_void_p),
        ("address_length", c_int32),
        ("padding", c_uint32),  # SOCKET_ADDRESS ends on a pointer's boundary
        ("prefix_origin", c_uint32),
        ("suffix_origin", c_uint32),
        ("dad_state", c_uint32),
        ("valid_lifetime", c_uint32),
        ("preferred_lifetime", c_uint32),
        ("lease_lifetime", c_uint32),
        ("prefix_length", c_uint8),
    ]


class AdapterAddresses(Structure):
    """IP_ADAPTER_ADDRESSES_LH, as far as it is read."""

    _fields_: ClassVar = [
        ("length", c_uint32),
        ("index", c_uint32),
        ("next", c_void_p),
        ("adapter_name", c_void_p),
        ("first_unicast", c_void_p),
        ("first_anycast", c_void_p),
        ("first_multicast", c_void_p),
        ("first_dns_server", c_void_p),
        ("dns_suffix", c_void_p),
        ("description", c_void_p),
        ("friendly_name", c_void_p),
        ("physical_address", c_uint8 * 8),
        ("physical_address_length", c_uint32),
        ("flags", c_uint32),
        ("mtu", c_uint32),
        ("if_type", c_uint32),
        ("oper_status", c_uint32),
        ("ipv6_index", c_uint32),
        ("zone_indices", c_uint32 * 16),
        ("first_prefix", c_void_p),
        ("transmit_speed", c_uint64),
        ("receive_speed", c_uint64),
        ("first_wins_server", c_void_p),
        ("first_gateway", c_void_p),
        ("ipv4_metric", c_uint32),
        ("ipv6_metric", c_uint32),
        ("luid", c_uint64),
    ]


class InterfaceRow(Structure):
    """MIB_IF_ROW2."""

    _fields_: ClassVar = [
        ("luid", c_uint64),
        ("index", c_uint32),
        ("guid", c_uint8 * 16),
        ("alias", c_uint16 * 257),
        ("description", c_uint16 * 257),
        ("physical_address_length", c_uint32),
        ("physical_address", c_uint8 * 32),
        ("permanent_physical_address", c_uint8 * 32),
        ("mtu", c_uint32),
        ("if_type", c_uint32),
        ("tunnel_type", c_uint32),
        ("media_type", c_uint32),
        ("physical_medium_type", c_uint32),
        ("access_type", c_uint32),
        ("direction_type", c_uint32),
        ("status_flags", c_uint8),
        ("oper_status", c_uint32),
        ("admin_status", c_uint32),
        ("media_connect_state", c_uint32),
        ("network_guid", c_uint8 * 16),
        ("connection_type", c_uint32),
        ("counters", c_uint64 * 20),
    ]


class RouteRow(Structure):
    """MIB_IPFORWARD_ROW2; its IP_ADDRESS_PREFIX is ``to`` and ``prefix_length``."""

    _fields_: ClassVar = [
        ("luid", c_uint64),
        ("index", c_uint32),
        ("to", SocketAddress),
        ("prefix_length", c_uint8),
        ("padding", c_uint8 * 3),
        ("via", SocketAddress),
        ("site_prefix_length", c_uint8),
        ("valid_lifetime", c_uint32),
        ("preferred_lifetime", c_uint32),
        ("metric", c_uint32),
        ("protocol", c_uint32),
        ("is_loopback", c_uint8),
        ("autoconfigured", c_uint8),
        ("is_published", c_uint8),
        ("is_immortal", c_uint8),
        ("age", c_uint32),
        ("origin", c_uint32),
    ]


class NeighbourRow(Structure):
    """MIB_IPNET_ROW2."""

    _fields_: ClassVar = [
        ("address", SocketAddress),
        ("index", c_uint32),
        ("luid", c_uint64),
        ("physical_address", c_uint8 * 32),
        ("physical_address_length", c_uint32),
        ("state", c_uint32),
        ("flags", c_uint8),
        ("reachability_time", c_uint32),
    ]


class OldNeighbourRow(Structure):
    """MIB_IPNETROW, IPv4 alone."""

    _fields_: ClassVar = [
        ("index", c_uint32),
        ("physical_address_length", c_uint32),
        ("physical_address", c_uint8 * 8),
        ("address", c_uint8 * 4),
        ("kind", c_uint32),
    ]


def library(name: str = "iphlpapi") -> Any:  # noqa: ANN401 -- its calls have no types
    """One of Windows' libraries.

    :raises Failed: this is no Windows.
    """
    if sys.platform == "win32":
        return ctypes.WinDLL(name)
    raise Failed(f"{name}: a library of Windows")


def check(number: int, call: str) -> None:
    """Nothing, where a call did what it was to.

    :raises Denied: it may not be made; :raises Failed: it answered an error of winerror.h.
    """
    if number == ACCESS_DENIED:
        raise Denied(f"{call}: access denied")
    if number != NO_ERROR:
        raise Failed(f"{call}: error {number}")


def adapters() -> tuple[Any, list[AdapterAddresses]]:
    """The adapters (GetAdaptersAddresses), and the memory that they stand in, to be kept.

    :raises HostError: they are not to be had.
    """
    call = library().GetAdaptersAddresses
    size = c_uint32(FIRST_BYTES)
    flags = SKIP_ANYCAST | SKIP_MULTICAST | SKIP_DNS_SERVER
    number = BUFFER_OVERFLOW
    for _ in range(TRIES):
        held = ctypes.create_string_buffer(size.value)
        number = call(0, flags, None, held, ctypes.byref(size))
        if number != BUFFER_OVERFLOW:
            break
    if number == NO_DATA:
        return None, []
    check(number, "GetAdaptersAddresses")
    return held, list(chain(AdapterAddresses, ctypes.addressof(held)))


def chain(kind: type[Any], address: int | None) -> Iterator[Any]:
    """A list whose members each hold the address of the next."""
    for _ in range(MOST_ROWS):
        if not address:
            return
        found = kind.from_address(address)
        yield found
        address = found.next


def interface_row(luid: int) -> InterfaceRow | None:
    """What Windows says of one interface (GetIfEntry2); None where it does not."""
    row = InterfaceRow(luid=luid)
    number: int = library().GetIfEntry2(ctypes.byref(row))
    return row if number == NO_ERROR else None


def routes() -> list[RouteRow]:
    """The routes of both families (GetIpForwardTable2).

    :raises HostError: they are not to be had.
    """
    return table(RouteRow, "GetIpForwardTable2")


def neighbours() -> list[NeighbourRow]:
    """The neighbours of both families (GetIpNetTable2).

    :raises HostError: they are not to be had; Wine 8 answers error 1.
    """
    return table(NeighbourRow, "GetIpNetTable2")


def table(kind: type[Any], call: str) -> list[Any]:
    """A table that Windows makes and that has to be given back, copied.

    :raises HostError: it is not to be had.
    """
    helper = library()
    where = c_void_p()
    number = getattr(helper, call)(0, ctypes.byref(where))
    if number == NOT_FOUND:
        return []
    check(number, call)
    try:
        return rows(kind, where.value or 0)
    finally:
        helper.FreeMibTable(where)


def rows(kind: type[Any], address: int) -> list[Any]:
    """The rows of a table in memory, copied: how many, then the rows at the next 8 bytes."""
    if not address:
        return []
    count = min(c_uint32.from_address(address).value, MOST_ROWS)
    held = (kind * count).from_address(address + 8)
    return [kind.from_buffer_copy(each) for each in held]


def old_neighbours() -> list[OldNeighbourRow]:
    """The IPv4 neighbours by the older call (GetIpNetTable).

    :raises HostError: they are not to be had.
    """
    call = library().GetIpNetTable
    size = c_uint32(FIRST_BYTES)
    insufficient = 122
    number = insufficient
    for _ in range(TRIES):
        held = ctypes.create_string_buffer(size.value)
        number = call(held, ctypes.byref(size), 0)
        if number != insufficient:
            break
    if number == NO_DATA:
        return []
    check(number, "GetIpNetTable")
    count = min(c_uint32.from_buffer(held).value, MOST_ROWS)
    return list((OldNeighbourRow * count).from_buffer_copy(held, 4))


def send_arp(address: bytes, source: bytes) -> bytes | None:
    """The MAC that an IPv4 address of this link answers with; None where nobody answers.

    It blocks while Windows asks, and for the seconds in which it asks in vain. A neighbour that
    the table already names may be given without asking.

    :param source: our own address to ask from, which chooses the link; zeros let Windows choose.
    :raises Failed: this Windows has no such call (Wine 8 has not).
    """
    mac = (c_uint8 * 8)()
    length = c_uint32(len(mac))
    number = library().SendARP(
        c_uint32(int.from_bytes(address, "little")),
        c_uint32(int.from_bytes(source, "little")),
        ctypes.byref(mac),
        ctypes.byref(length),
    )
    if number == NOT_SUPPORTED:
        raise Failed("SendARP: not supported")
    if number != NO_ERROR or length.value != MAC_BYTES:
        return None
    return bytes(mac[:MAC_BYTES])


def wide(address: int | None) -> str:
    """The text at an address, in UTF-16; half a surrogate pair, which JSON cannot hold, replaced.

    Read by hand, because ``c_wchar`` has another width on other systems.
    """
    if not address:
        return ""
    units = ctypes.cast(address, POINTER(c_uint16))
    # IF_MAX_STRING_SIZE is 256; whatever has no end is cut.
    held = bytearray()
    for at in range(1024):
        unit = units[at]
        if not unit:
            break
        held += unit.to_bytes(2, "little")
    return held.decode("utf-16-le", "replace")
