"""The objects that are asked for, by their MIBs' names."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dpf_edge.discovery.snmp.ber import Oid

_MIB2: Oid = (1, 3, 6, 1, 2, 1)


def mib2(*parts: int) -> Oid:
    """An object below 1.3.6.1.2.1."""
    return (*_MIB2, *parts)


# SNMPv2-MIB (RFC 3418).
SYS_DESCR, SYS_OBJECT_ID, SYS_NAME, SYS_LOCATION, SYS_SERVICES = (
    mib2(1, each) for each in (1, 2, 5, 6, 7)
)
SYS_UP_TIME = mib2(1, 3)
# SNMP-FRAMEWORK-MIB (RFC 3411).
SNMP_ENGINE_ID: Oid = (1, 3, 6, 1, 6, 3, 10, 2, 1, 1)

# IF-MIB (RFC 2863): ifTable and ifXTable.
IF_NUMBER = mib2(2, 1)
IF_DESCR, IF_TYPE, IF_SPEED, IF_PHYS_ADDRESS, IF_OPER_STATUS = (
    mib2(2, 2, 1, each) for each in (2, 3, 5, 6, 8)
)
IF_IN_OCTETS, IF_IN_ERRORS, IF_OUT_OCTETS, IF_OUT_ERRORS = (
    mib2(2, 2, 1, each) for each in (10, 14, 16, 20)
)
IF_NAME, IF_HC_IN_OCTETS, IF_HC_OUT_OCTETS, IF_HIGH_SPEED, IF_ALIAS, IF_DISCONTINUITY = (
    mib2(31, 1, 1, 1, each) for each in (1, 6, 10, 15, 18, 19)
)

# IP-MIB: ipAddrTable and ipNetToMediaTable (RFC 1213's, deprecated, and all that most devices
# have), ipNetToPhysicalTable and ipAddressTable (RFC 4293).
IP_FORWARDING = mib2(4, 1)
IP_AD_ENT_IF_INDEX, IP_AD_ENT_NET_MASK = mib2(4, 20, 1, 2), mib2(4, 20, 1, 3)
IP_ADDRESS_IF_INDEX, IP_ADDRESS_TYPE, IP_ADDRESS_PREFIX = (
    mib2(4, 34, 1, each) for each in (3, 4, 5)
)
IP_NET_TO_MEDIA_PHYS, IP_NET_TO_MEDIA_TYPE = mib2(4, 22, 1, 2), mib2(4, 22, 1, 4)
IP_NET_TO_PHYSICAL_PHYS, IP_NET_TO_PHYSICAL_TYPE, IP_NET_TO_PHYSICAL_STATE = (
    mib2(4, 35, 1, each) for each in (4, 6, 7)
)

# BRIDGE-MIB and Q-BRIDGE-MIB (RFC 4188, RFC 4363).
DOT1D_BASE_BRIDGE_ADDRESS = mib2(17, 1, 1)
DOT1D_BASE_NUM_PORTS = mib2(17, 1, 2)
DOT1D_BASE_PORT_IF_INDEX = mib2(17, 1, 4, 1, 2)
DOT1D_TP_FDB_PORT, DOT1D_TP_FDB_STATUS = mib2(17, 4, 3, 1, 2), mib2(17, 4, 3, 1, 3)
DOT1Q_TP_FDB_PORT, DOT1Q_TP_FDB_STATUS = mib2(17, 7, 1, 2, 2, 1, 2), mib2(17, 7, 1, 2, 2, 1, 3)

# ENTITY-MIB (RFC 6933).
ENT_CLASS, ENT_SERIAL, ENT_MAKER, ENT_MODEL = (
    mib2(47, 1, 1, 1, 1, each) for each in (5, 11, 12, 13)
)

# LLDP-MIB (IEEE 802.1AB-2005) and LLDP-V2-MIB (IEEE 802.1AB-2009).
_LLDP: Oid = (1, 0, 8802, 1, 1, 2, 1)
_LLDP_V2: Oid = (1, 3, 111, 2, 802, 1, 1, 13, 1)
LLDP_LOC_CHASSIS = ((*_LLDP, 3, 1), (*_LLDP, 3, 2))
LLDP_LOC_PORT_ID, LLDP_LOC_PORT_DESC = (*_LLDP, 3, 7, 1, 3), (*_LLDP, 3, 7, 1, 4)
LLDP_REM: tuple[Oid, ...] = tuple((*_LLDP, 4, 1, 1, each) for each in (4, 5, 6, 7, 8, 9, 10, 12))
LLDP_REM_MAN_ADDR: Oid = (*_LLDP, 4, 2, 1, 3)
LLDP_V2_REM: tuple[Oid, ...] = tuple(
    (*_LLDP_V2, 4, 1, 1, each) for each in (5, 6, 7, 8, 9, 10, 11, 13)
)
LLDP_V2_REM_MAN_ADDR: Oid = (*_LLDP_V2, 4, 2, 1, 3)
