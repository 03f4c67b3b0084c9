"""What the rows of SNMP's tables say, as plain facts: interfaces, stations, neighbours. Pure.

Rows come from a device, so every value may be of another type than its MIB has it, and every index
of another length; what does not fit is left out.
"""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING, NamedTuple

from dpf_edge import macs
from dpf_edge.discovery.snmp import mib
from dpf_edge.discovery.texts import clean
from dpf_edge.macs import MacKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from dpf_edge.addresses import IPAddress, IPInterface
    from dpf_edge.discovery.snmp.agent import Row, Table
    from dpf_edge.discovery.snmp.ber import Oid
    from dpf_edge.discovery.snmp.message import Value

# RFC 3418: a DisplayString has at most 255 characters; of an interface's name a line is enough.
TEXT, NAME = 255, 100
# RFC 4001: the kinds of an address in an index.
_IPV4, _IPV6, _IPV6_ZONED = 1, 2, 4
# IANAifType-MIB: what is no place on a LAN.
_LOOPBACK = 24
# Interfaces on the inner side of a host: their stations are its own guests and containers, and
# their addresses (172.17.0.1 …) are the same on every such host.
INNER = ("docker", "br-", "veth", "virbr", "vnet", "cni", "flannel", "cali", "lxc", "lxdbr", "tap")
_UNICAST = 1  # RFC 4293, ipAddressType
_INVALID = 2  # RFC 1213, ipNetToMediaType; RFC 4293, ipNetToPhysicalType
# RFC 4293, ipNetToPhysicalState: invalid, incomplete.
_NOBODY = frozenset({5, 7})
# RFC 4188, dot1dTpFdbStatus.
LEARNED, SELF = 3, 4
# IEEE 802.1AB: subtypes of a chassis id and of a port id that are addresses or names.
_CHASSIS_MAC, _CHASSIS_ADDRESS, _CHASSIS_NAME = 4, 5, 6
_PORT_MAC = 3
# IEEE 802.1AB, LldpSystemCapabilitiesMap: bits from the left.
CAPABILITIES = (
    "other",
    "repeater",
    "bridge",
    "access-point",
    "router",
    "telephone",
    "cable-modem",
    "station",
)


class Port(NamedTuple):
    """One interface of an agent."""

    number: int
    name: str
    mac: str | None
    alias: str = ""
    kind: int = 0

    @property
    def is_inner(self) -> bool:
        """Whether it leads to no LAN: loopback, or the agent's own guests."""
        return self.kind == _LOOPBACK or self.name.startswith(INNER)


class Entry(NamedTuple):
    """One row of an address table: a station as the agent knows it, and by which interface."""

    address: IPAddress
    mac: str
    port: int


class Learned(NamedTuple):
    """One row of a forwarding table: behind which interface a station is."""

    mac: str
    port: int
    is_own: bool = False


class Peer(NamedTuple):
    """One neighbour that LLDP told an agent of.

    :ivar port: the agent's own port; ``far_port`` is the neighbour's.
    """

    port: str
    far_port: str
    name: str
    description: str
    macs: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    capabilities: tuple[str, ...] = ()


def text(value: Value, most: int = TEXT) -> str:
    """A text; empty where it is none."""
    return clean(value, most) if isinstance(value, bytes) else ""


def number(value: Value) -> int | None:
    """A number; None where it is none."""
    return value if isinstance(value, int) else None


def mac(value: Value) -> str | None:
    """The MAC address of a station; None where it is none."""
    if not isinstance(value, bytes) or len(value) != 6:
        return None
    spelt = value.hex(":")
    return None if macs.kind(spelt) is MacKind.NONE else spelt


def octets(parts: Oid) -> bytes | None:
    """Bytes that an index spells one a part; None where a part is no byte."""
    return bytes(parts) if all(part < 256 for part in parts) else None


def address(raw: bytes | None) -> IPAddress | None:
    """The unicast address that bytes are; None where they are none."""
    if raw is None or len(raw) not in {4, 16}:
        return None
    found = ipaddress.ip_address(raw)
    if found.is_multicast or found.is_loopback or found.is_unspecified:
        return None
    if found.version == 4 and (found.is_reserved or raw[0] == 0):
        return None
    return found


def inet(parts: Oid) -> IPAddress | None:
    """An InetAddressType with its InetAddress in an index: kind, length, bytes (RFC 4001)."""
    if len(parts) < 2 or parts[1] != len(parts) - 2:
        return None
    raw = octets(parts[2:])
    match parts[0], len(parts) - 2:
        case (1, 4) | (2, 16):
            return address(raw)
        case (4, 20):  # with a zone, which means something to the agent alone
            return address(raw[:16] if raw else None)
    return None


def ports(rows: Table) -> dict[int, Port]:
    """The interfaces, by their ifIndex."""
    found = {}
    for index, row in rows.items():
        if len(index) == 1:
            described = text(row.get(mib.IF_DESCR), NAME)
            found[index[0]] = Port(
                index[0],
                text(row.get(mib.IF_NAME), NAME) or described or f"if{index[0]}",
                mac(row.get(mib.IF_PHYS_ADDRESS)),
                text(row.get(mib.IF_ALIAS), NAME),
                number(row.get(mib.IF_TYPE)) or 0,
            )
    return found


def own_addresses(old: Table, new: Table) -> Iterator[tuple[int, IPInterface]]:
    """The agent's own addresses with the interface that has them; a lone one is its own network.

    :param old: ipAddrTable; ``new`` is ipAddressTable, which alone has IPv6.
    """
    seen = set()
    for index, row in old.items():
        found, port = address(octets(index)), number(row.get(mib.IP_AD_ENT_IF_INDEX))
        if found is None or found.version != 4 or port is None:
            continue
        seen.add(found)
        mask = row.get(mib.IP_AD_ENT_NET_MASK)
        yield port, with_mask(found, mask if isinstance(mask, bytes) else b"")
    for index, row in new.items():
        found, port = inet(index), number(row.get(mib.IP_ADDRESS_IF_INDEX))
        kind = row.get(mib.IP_ADDRESS_TYPE)
        if (
            found is not None
            and port is not None
            and found not in seen
            and kind in {None, _UNICAST}
        ):
            yield port, with_prefix(found, row.get(mib.IP_ADDRESS_PREFIX))


def with_prefix(found: IPAddress, pointer: Value) -> IPInterface:
    """An address on its network, whose length is the last part of a pointer to its row in
    ipAddressPrefixTable; alone, where that leads nowhere."""
    length = pointer[-1] if isinstance(pointer, tuple) and len(pointer) > 2 else found.max_prefixlen
    return ipaddress.ip_interface(f"{found}/{min(length, found.max_prefixlen)}")


def with_mask(found: IPAddress, mask: bytes) -> IPInterface:
    """An IPv4 address on its network; alone, where the mask is none."""
    if len(mask) == 4:
        try:
            return ipaddress.ip_interface(f"{found}/{ipaddress.IPv4Address(mask)}")
        except ValueError:
            pass
    return ipaddress.ip_interface(found)


def entries(old: Table, new: Table) -> Iterator[Entry]:
    """The stations of both address tables, each once.

    :param old: ipNetToMediaTable; ``new`` is ipNetToPhysicalTable.
    """
    seen = set()
    for index, row in (*old.items(), *new.items()):
        is_old = mib.IP_NET_TO_MEDIA_PHYS in row
        phys = mac(row.get(mib.IP_NET_TO_MEDIA_PHYS if is_old else mib.IP_NET_TO_PHYSICAL_PHYS))
        kind = row.get(mib.IP_NET_TO_MEDIA_TYPE if is_old else mib.IP_NET_TO_PHYSICAL_TYPE)
        found = address(octets(index[1:])) if is_old else inet(index[1:])
        if phys is None or found is None or kind == _INVALID:
            continue
        if row.get(mib.IP_NET_TO_PHYSICAL_STATE) in _NOBODY:
            continue
        if (found, phys) not in seen:
            seen.add((found, phys))
            yield Entry(found, phys, index[0])


def learned(plain: Table, by_vlan: Table, bridge_ports: Table) -> Iterator[Learned]:
    """The stations of a bridge, each once a port.

    :param plain: dot1dTpFdbTable; ``by_vlan`` is dot1qTpFdbTable.
    :param bridge_ports: dot1dBasePortTable, from a bridge's port to its ifIndex.
    """
    by_port = {
        index[0]: number(row.get(mib.DOT1D_BASE_PORT_IF_INDEX))
        for index, row in bridge_ports.items()
        if len(index) == 1
    }
    seen = set()
    for index, row in (*plain.items(), *by_vlan.items()):
        station = mac(octets(index[-6:])) if len(index) in {6, 7} else None
        port = number(row.get(mib.DOT1D_TP_FDB_PORT, row.get(mib.DOT1Q_TP_FDB_PORT)))
        status = number(row.get(mib.DOT1D_TP_FDB_STATUS, row.get(mib.DOT1Q_TP_FDB_STATUS)))
        if station is None or port is None or status not in {None, LEARNED, SELF}:
            continue
        # RFC 4188: port 0 is *not known*.
        found = Learned(station, by_port.get(port) or port, status == SELF)
        if port and found not in seen:
            seen.add(found)
            yield found


class Lldp(NamedTuple):
    """Which columns a version of LLDP's MIB has the same things in.

    :ivar remote: chassis subtype, chassis id, port subtype, port id, port's description, system's
        name, system's description, capabilities that are on.
    :ivar keys: how many parts of an index tell the neighbour; in the second the local port stands.
    """

    remote: tuple[Oid, ...]
    keys: int


VERSION_1 = Lldp(mib.LLDP_REM, 3)
VERSION_2 = Lldp(mib.LLDP_V2_REM, 4)


def peers(version: Lldp, remote: Table, managed: Table, local: dict[int, str]) -> Iterator[Peer]:
    """The neighbours that LLDP told of.

    :param remote: lldpRemTable; ``managed`` is lldpRemManAddrTable.
    :param local: the names of the agent's own ports by their numbers.
    """
    reached: dict[Oid, list[str]] = {}
    for index in managed:
        at = index[version.keys :]
        # AddressFamilyNumbers has IPv4 and IPv6 as 1 and 2, as InetAddressType does.
        found = inet(at) if at[:1] in {(_IPV4,), (_IPV6,)} else None
        if found is not None:
            reached.setdefault(index[: version.keys], []).append(str(found))
    for index, row in remote.items():
        if len(index) == version.keys:
            port = local.get(index[1], f"port {index[1]}")
            yield peer(version, row, port, tuple(reached.get(index, ())))


def peer(version: Lldp, row: Row, port: str, addresses: tuple[str, ...]) -> Peer:
    """One neighbour."""
    chassis_kind, chassis, port_kind, far, described, name, says, on = (
        row.get(column) for column in version.remote
    )
    found_macs, found_addresses = [], list(addresses)
    if chassis_kind == _CHASSIS_MAC:
        found_macs.append(mac(chassis))
    elif chassis_kind == _CHASSIS_ADDRESS and isinstance(chassis, bytes):
        one = address(chassis[1:])  # the first byte is its family
        found_addresses += [str(one)] if one else []
    if port_kind == _PORT_MAC:
        found_macs.append(mac(far))
        far = None
    return Peer(
        port,
        text(described, NAME) or text(far, NAME),
        text(name) or (text(chassis) if chassis_kind == _CHASSIS_NAME else ""),
        text(says),
        tuple(dict.fromkeys(each for each in found_macs if each)),
        tuple(dict.fromkeys(found_addresses)),
        tuple(capabilities(on)),
    )


def capabilities(value: Value) -> Iterator[str]:
    """The capabilities whose bits are set."""
    if isinstance(value, bytes) and value:
        for place, word in enumerate(CAPABILITIES):
            if value[0] & 0x80 >> place:
                yield word


def local_ports(rows: Table, known: Iterable[Port]) -> dict[int, str]:
    """The names of an agent's ports by LLDP's own numbers; by ifIndex where it has none."""
    named = {each.number: each.name for each in known}
    for index, row in rows.items():
        if len(index) == 1:
            said = row.get(mib.LLDP_LOC_PORT_DESC) or row.get(mib.LLDP_LOC_PORT_ID)
            spelt = text(said, NAME)
            if spelt:
                named[index[0]] = spelt
    return named
