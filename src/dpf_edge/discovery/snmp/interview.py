"""All that one SNMP agent is asked in one sweep, and the observations that it comes to."""

from __future__ import annotations

import hashlib
import ipaddress
from typing import TYPE_CHECKING, Any

from dpf_edge import addresses
from dpf_edge.discovery import times
from dpf_edge.discovery.snmp import mib
from dpf_edge.discovery.snmp import rows as snmp_rows
from dpf_edge.discovery.snmp import seen as snmp_seen
from dpf_edge.discovery.snmp.agent import Agent
from dpf_edge.discovery.snmp.rows import VERSION_1, VERSION_2, text
from dpf_edge.discovery.snmp.session import Ids, session

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dpf_edge.discovery.job import SnmpTarget
    from dpf_edge.discovery.snmp.agent import Table
    from dpf_edge.discovery.snmp.ber import Oid
    from dpf_edge.discovery.snmp.message import Value
    from dpf_edge.discovery.snmp.rows import Peer, Port
    from dpf_edge.host.net import Net
    from dpf_edge.observed import Observation

# Agents that are asked at once: each is a thread that mostly waits.
AT_ONCE = 8
# The largest tables that are read to the end: a chassis of 2 000 ports, a router of a campus, a
# switch with the forwarding table of a large site.
MOST_PORTS, MOST_ADDRESSES, MOST_ENTRIES, MOST_STATIONS = 2_000, 1_000, 8_000, 16_000
MOST_PEERS, MOST_PARTS = 1_000, 256
# The published settings file leaves five seconds to an agent; none gets more than a minute.
LONGEST_MS, SHORTEST_MS = 60_000, 100
# RFC 6933, PhysicalClass; a stack's members are chassis.
_CHASSIS = 3
_FORWARDS = 1  # RFC 4293, ipForwarding
# RFC 3418, sysServices: bit 2 is a bridge (layer 2), bit 3 a router (layer 3).
_SWITCHES, _ROUTES = 0x02, 0x04

SYSTEM = (
    mib.SYS_DESCR,
    mib.SYS_OBJECT_ID,
    mib.SYS_NAME,
    mib.SYS_LOCATION,
    mib.SYS_SERVICES,
    mib.IF_NUMBER,
    mib.IP_FORWARDING,
    mib.DOT1D_BASE_BRIDGE_ADDRESS,
    mib.DOT1D_BASE_NUM_PORTS,
    mib.SNMP_ENGINE_ID,
)


def wrong_with(target: SnmpTarget) -> str | None:
    """Why an agent is not asked; None where it is."""
    try:
        at = ipaddress.ip_address(target.host)
    except ValueError:
        return "is a name: write the agent's address, for no name is looked up"
    if at.is_multicast or at.is_unspecified or str(at) == "255.255.255.255":
        return "is no single agent's address"
    is_near = addresses.is_private(at) or at.is_link_local or at.is_loopback
    if target.version != "3" and not is_near:
        return "is a public address, and a community would go there in the clear: use version 3"
    return None


def agent_of(target: SnmpTarget, net: Net) -> Agent:
    """The agent that a target names.

    :raises ValueError: the target cannot be used; the text says why.
    """
    # Nobody who did not see the clock can guess the ids; the source port is the kernel's draw.
    seed = hashlib.sha256(f"{net.now():.9f} {target.host}".encode()).digest()
    seconds = min(max(target.timeout_ms, SHORTEST_MS), LONGEST_MS) / 1000
    return Agent(net, session(target, Ids(seed)), target.host, target.port, seconds, net.note)


def interview(target: SnmpTarget, net: Net) -> Iterator[Observation]:
    """Ask one agent who it is, and whom it knows.

    :raises Silent: it does not answer.
    :raises Refused: it does not let us in.
    :raises ValueError: the target cannot be used.
    """
    agent = agent_of(target, net)
    heads = agent.heads(*SYSTEM)
    ports = snmp_rows.ports(agent.table("the interface table", PORTS, MOST_PORTS))
    parts = agent.table("the table of parts", PARTS, MOST_PARTS)
    facts = said(target, agent.engine_id, heads, ports, parts, own(agent))
    is_bridge = mib.DOT1D_BASE_BRIDGE_ADDRESS in heads
    found = list(stations(agent)) if is_bridge else []
    ours = sorted({each.mac for each in found if each.is_own} | bridge_mac(heads))
    facts = facts._replace(own_macs=tuple(ours))
    stamp = times.stamp(net.now())
    yield snmp_seen.agent(facts, stamp)
    yield from snmp_seen.networks(facts, stamp)
    entries = snmp_rows.entries(
        agent.table("the ARP table", ARP, MOST_ENTRIES),
        agent.table("the address table", NEIGHBOURS, MOST_ENTRIES),
    )
    yield from snmp_seen.stations(facts, entries, stamp)
    near = list(peers(agent, ports))
    yield from snmp_seen.peers(facts, near, stamp)
    yield from snmp_seen.switched(facts, found, near, stamp)


PORTS = (mib.IF_DESCR, mib.IF_TYPE, mib.IF_PHYS_ADDRESS, mib.IF_NAME, mib.IF_ALIAS)
PARTS = (mib.ENT_CLASS, mib.ENT_SERIAL, mib.ENT_MAKER, mib.ENT_MODEL)
ARP = (mib.IP_NET_TO_MEDIA_PHYS, mib.IP_NET_TO_MEDIA_TYPE)
NEIGHBOURS = (
    mib.IP_NET_TO_PHYSICAL_PHYS,
    mib.IP_NET_TO_PHYSICAL_TYPE,
    mib.IP_NET_TO_PHYSICAL_STATE,
)


def own(agent: Agent) -> list[tuple[int, Any]]:
    """The agent's own addresses, by interface."""
    old = agent.table(
        "the table of its addresses",
        (mib.IP_AD_ENT_IF_INDEX, mib.IP_AD_ENT_NET_MASK),
        MOST_ADDRESSES,
    )
    columns = (mib.IP_ADDRESS_IF_INDEX, mib.IP_ADDRESS_TYPE, mib.IP_ADDRESS_PREFIX)
    new = agent.table("the table of its addresses", columns, MOST_ADDRESSES)
    return list(snmp_rows.own_addresses(old, new))


def stations(agent: Agent) -> Iterator[snmp_rows.Learned]:
    """Who stands in an agent's forwarding tables."""
    bridge_ports = agent.table(
        "the table of bridge ports", (mib.DOT1D_BASE_PORT_IF_INDEX,), MOST_PORTS
    )
    called = "the forwarding table"
    by_vlan = agent.table(called, (mib.DOT1Q_TP_FDB_PORT, mib.DOT1Q_TP_FDB_STATUS), MOST_STATIONS)
    plain = agent.table(called, (mib.DOT1D_TP_FDB_PORT, mib.DOT1D_TP_FDB_STATUS), MOST_STATIONS)
    return snmp_rows.learned(plain, by_vlan, bridge_ports)


def peers(agent: Agent, ports: dict[int, Port]) -> Iterator[Peer]:
    """Whom LLDP told an agent of: by the MIB that all have, else by the one that followed it."""
    called = "the table of neighbours"
    remote = agent.table(called, mib.LLDP_REM, MOST_PEERS)
    if remote:
        managed = agent.table(called, (mib.LLDP_REM_MAN_ADDR,), MOST_PEERS)
        local = agent.table(called, (mib.LLDP_LOC_PORT_ID, mib.LLDP_LOC_PORT_DESC), MOST_PORTS)
        named = snmp_rows.local_ports(local, ports.values())
        yield from snmp_rows.peers(VERSION_1, remote, managed, named)
        return
    remote = agent.table(called, mib.LLDP_V2_REM, MOST_PEERS)
    if remote:
        managed = agent.table(called, (mib.LLDP_V2_REM_MAN_ADDR,), MOST_PEERS)
        named = {each.number: each.name for each in ports.values()}
        yield from snmp_rows.peers(VERSION_2, remote, managed, named)


def bridge_mac(heads: dict[Oid, Value]) -> set[str]:
    """The address that a bridge goes by, if it has one."""
    found = snmp_rows.mac(heads.get(mib.DOT1D_BASE_BRIDGE_ADDRESS))
    return {found} if found else set()


def said(
    target: SnmpTarget,
    engine_id: bytes | None,
    heads: dict[Oid, Value],
    ports: dict[int, Port],
    parts: Table,
    own: list[tuple[int, Any]],
) -> snmp_seen.Facts:
    """What an agent said of itself."""
    described, oid = text(heads.get(mib.SYS_DESCR)), heads.get(mib.SYS_OBJECT_ID)
    spelt = ".".join(map(str, oid)) if isinstance(oid, tuple) and oid != (0, 0) else ""
    told = heads.get(mib.SNMP_ENGINE_ID)
    maker, model, serial = chassis(parts)
    attributes: dict[str, Any] = {
        "description": described,
        "location": text(heads.get(mib.SYS_LOCATION)),
        "maker": maker,
        "model": model,
        "serial": serial,
        "sysName": text(heads.get(mib.SYS_NAME)),
        "sysObjectID": spelt,
        "interfaceCount": snmp_rows.number(heads.get(mib.IF_NUMBER)),
        "snmpVersion": target.version,
        "snmpPort": target.port,
    }
    hints = (f"snmp-oid:{spelt}" if spelt else "", f"snmp-descr:{described}" if described else "")
    return snmp_seen.Facts(
        host=target.host,
        port=target.port,
        version=target.version,
        name=text(heads.get(mib.SYS_NAME)),
        engine_id=engine_id or (told if isinstance(told, bytes) else b""),
        attributes={name: value for name, value in attributes.items() if value},
        hints=tuple(each for each in hints if each),
        roles=tuple(roles(heads)),
        serial=f"{maker}:{serial}" if maker and serial else None,
        ports=ports,
        own=own,
    )


def chassis(parts: Table) -> tuple[str, str, str]:
    """The maker, the model and the serial number of a device, as its first chassis has them."""
    for _, row in sorted(parts.items()):
        if row.get(mib.ENT_CLASS) == _CHASSIS:
            return (
                text(row.get(mib.ENT_MAKER), snmp_rows.NAME),
                text(row.get(mib.ENT_MODEL), snmp_rows.NAME),
                text(row.get(mib.ENT_SERIAL), snmp_rows.NAME),
            )
    return "", "", ""


def roles(heads: dict[Oid, Value]) -> Iterator[str]:
    """What an agent does for its network, as far as it says so itself.

    A host with containers forwards too and says nothing of layer 3, so both must be told.
    """
    services = snmp_rows.number(heads.get(mib.SYS_SERVICES)) or 0
    bridged = snmp_rows.number(heads.get(mib.DOT1D_BASE_NUM_PORTS)) or 0
    if bridged > 1 or (services & _SWITCHES and mib.DOT1D_BASE_BRIDGE_ADDRESS in heads):
        yield "switch"
    if heads.get(mib.IP_FORWARDING) == _FORWARDS and services & _ROUTES:
        yield "router"
