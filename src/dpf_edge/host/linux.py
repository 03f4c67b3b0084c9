"""Linux's network tables as the seam's values, each read from this network namespace alone."""

from __future__ import annotations

import array
import fcntl
import os
import socket
import struct
from typing import TYPE_CHECKING, cast, get_args

from dpf_edge.host import netlink
from dpf_edge.model import Address, Bus, Interface, LinkKind, Neighbour, Route, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

# linux/if_link.h
IFLA_ADDRESS, IFLA_IFNAME, IFLA_MTU, IFLA_LINK, IFLA_MASTER = 1, 3, 4, 5, 10
IFLA_LINKINFO, IFLA_LINK_NETNSID, IFLA_PARENT_DEV_BUS_NAME = 18, 37, 57
IFLA_INFO_KIND, IFLA_INFO_DATA, IFLA_TUN_TYPE = 1, 2, 3
IFF_UP, IFF_LOWER_UP = 0x1, 0x10000
# linux/if_arp.h
ARPHRD_ETHER, ARPHRD_PPP, ARPHRD_LOOPBACK = 1, 512, 772
TUN_TYPE_TUN = 1  # linux/if_tun.h: IFF_TUN; IFF_TAP is 2
# linux/if_addr.h
IFA_ADDRESS, IFA_LOCAL, IFA_FLAGS = 1, 2, 8
IFA_F_DEPRECATED, IFA_F_PERMANENT, IFA_F_NOPREFIXROUTE = 0x20, 0x80, 0x200
# linux/rtnetlink.h
RTA_DST, RTA_OIF, RTA_GATEWAY, RTA_PRIORITY, RTA_MULTIPATH, RTA_TABLE, RTA_VIA = (
    1,
    4,
    5,
    6,
    9,
    15,
    18,
)
RTN_UNICAST, RT_TABLE_LOCAL = 1, 255
# linux/fib_rules.h
FRA_IIFNAME, FRA_PRIORITY, FRA_TABLE, FRA_IP_PROTO = 3, 6, 15, 22
# linux/neighbour.h
NDA_DST, NDA_LLADDR, NUD_NOARP = 1, 2, 0x40

TABLES = {253: "default", 254: "main", 255: "local"}
PROTOCOLS = {
    1: "redirect",
    2: "kernel",
    3: "boot",
    4: "static",
    8: "gated",
    9: "ra",
    10: "mrt",
    11: "zebra",
    12: "bird",
    16: "dhcp",
    18: "keepalived",
    42: "babel",
    186: "bgp",
    187: "isis",
    188: "ospf",
    189: "rip",
    192: "eigrp",
}
SCOPES = {0: "global", 200: "site", 253: "link", 254: "host", 255: "nowhere"}
IP_PROTOCOLS = {1: "icmp", 6: "tcp", 17: "udp"}
STATES = {
    0x01: "incomplete",
    0x02: "reachable",
    0x04: "stale",
    0x08: "delay",
    0x10: "probe",
    0x20: "failed",
    0x80: "permanent",
}

KINDS = {"macvtap": "macvlan", "ipvtap": "ipvlan"}
# Links that no card stands behind, so /sys, which may be another namespace's, is not asked.
SOFTWARE = frozenset(get_args(LinkKind)) - {"ether", "wifi", "ppp", "other"}


def interfaces() -> tuple[Interface, ...]:
    """The links of this network namespace with their addresses, by index.

    :raises Failed: netlink is not to be had.
    """
    links = netlink.dump(netlink.GET_LINK, socket.AF_UNSPEC, 16)
    held = addresses()
    names = {
        struct.unpack_from("=i", link.header, 4)[0]: netlink.text(link.attributes[IFLA_IFNAME])
        for link in links
        if IFLA_IFNAME in link.attributes
    }
    found = []
    for link in links:
        _, _, arp_type, index, flags, _ = struct.unpack("=BBHiII", link.header)
        if index not in names:
            continue
        got = link.attributes
        peer = netlink.number(got.get(IFLA_LINK))
        kind = link_kind(names[index], arp_type, got)
        mac = netlink.hardware_address(got.get(IFLA_ADDRESS))
        device = None if kind in SOFTWARE else sysfs(names[index], index, mac)
        bus = parent_bus(got, device)
        found.append(
            Interface(
                name=names[index],
                index=index,
                mac=mac,
                mtu=netlink.number(got.get(IFLA_MTU)),
                up=flags & IFF_UP != 0 and flags & IFF_LOWER_UP != 0,
                kind="wifi" if kind == "ether" and is_wifi(device) else kind,
                driver=driver(names[index]) if kind == "ether" else None,
                bus=cast("Bus", bus) if bus in get_args(Bus) else None,
                peer_index=peer if peer not in (None, 0, index) else None,
                peer_elsewhere=IFLA_LINK_NETNSID in got,
                addresses=tuple(held.get(index, ())),
                master=names.get(netlink.number(got.get(IFLA_MASTER)) or 0),
                hardware=bus is not None,
            )
        )
    return tuple(sorted(found, key=lambda interface: interface.index or 0))


def link_kind(name: str, arp_type: int, got: dict[int, bytes]) -> LinkKind:
    """What sort of link it is: netlink's own word where it has one."""
    info = netlink.attributes(got.get(IFLA_LINKINFO, b""))
    if IFLA_INFO_KIND in info:
        word = netlink.text(info[IFLA_INFO_KIND])
        word = KINDS.get(word, word)
        if word == "tun":
            flavour = netlink.attributes(info.get(IFLA_INFO_DATA, b"")).get(IFLA_TUN_TYPE)
            if flavour is None:  # Linux before 4.19 does not say; only a tap has MACs
                return "tap" if arp_type == ARPHRD_ETHER else "tun"
            return "tun" if flavour == bytes([TUN_TYPE_TUN]) else "tap"
        return cast("LinkKind", word) if word in get_args(LinkKind) else "other"
    if arp_type == ARPHRD_LOOPBACK or name == "lo":
        return "loopback"
    return {ARPHRD_ETHER: "ether", ARPHRD_PPP: "ppp"}.get(arp_type, "other")  # type: ignore[return-value]


def sysfs(name: str, index: int, mac: str | None) -> str | None:
    """The link's folder in /sys, if /sys shows this network namespace at all.

    A process that entered a namespace by nsenter(1) keeps the /sys of the one it came from,
    where ``eth0`` is another machine's card: without this check a container's veth would pass
    for that card.
    """
    folder = f"/sys/class/net/{name}"
    try:
        with open(f"{folder}/ifindex") as file:  # noqa: PTH123
            same = file.read().strip() == str(index)
        with open(f"{folder}/address") as file:  # noqa: PTH123
            said = file.read().strip()
    except (OSError, ValueError):
        return None
    # A link without a MAC, a tunnel's, has an empty file there.
    return folder if same and said == (mac or "") else None


def parent_bus(got: dict[int, bytes], device: str | None) -> str | None:
    """The bus that the card sits on: netlink since Linux 5.14, /sys before."""
    if IFLA_PARENT_DEV_BUS_NAME in got:
        return netlink.text(got[IFLA_PARENT_DEV_BUS_NAME])
    if device is None:
        return None
    try:
        return os.readlink(f"{device}/device/subsystem").rpartition("/")[2]  # noqa: PTH115
    except OSError:
        return None


def is_wifi(device: str | None) -> bool:
    """Whether the link has a radio: cfg80211 puts a phy80211 beside it."""
    return device is not None and os.path.exists(f"{device}/phy80211")  # noqa: PTH110


def driver(name: str) -> str | None:
    """The driver's name by ethtool's ioctl, which asks this namespace and not /sys."""
    siocethtool, get_driver_info = 0x8946, 0x3
    # struct ethtool_drvinfo: cmd, driver[32], version[32], … 196 bytes in all.
    answer = array.array("B", struct.pack("=I", get_driver_info).ljust(196, b"\0"))
    where, _ = answer.buffer_info()
    request = struct.pack("16sP", os.fsencode(name)[:15], where)
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
            fcntl.ioctl(any_socket, siocethtool, request.ljust(40, b"\0"))
    except OSError:
        return None
    return netlink.text(answer.tobytes()[4:36]) or None


def addresses() -> dict[int, list[Address]]:
    """The addresses of each link, by the link's index."""
    held: dict[int, list[Address]] = {}
    for family in (socket.AF_INET, socket.AF_INET6):
        for message in netlink.dump(netlink.GET_ADDRESS, family, 8):
            _, prefix, flags, _, index = struct.unpack("=BBBBI", message.header)
            got = message.attributes
            # On a point-to-point link IFA_ADDRESS is the peer's, and IFA_LOCAL one's own.
            text = netlink.address(got.get(IFA_LOCAL, got.get(IFA_ADDRESS)))
            flags = netlink.number(got.get(IFA_FLAGS)) or flags
            if text is not None:
                held.setdefault(index, []).append(
                    Address(
                        f"{text}/{prefix}",
                        dynamic=flags & IFA_F_PERMANENT == 0,
                        noprefixroute=flags & IFA_F_NOPREFIXROUTE != 0,
                        deprecated=flags & IFA_F_DEPRECATED != 0,
                    )
                )
    return held


def routes() -> tuple[Route, ...]:
    """The unicast routes of all tables but ``local``, IPv4 first."""
    names = link_names()
    return tuple(
        route
        for family in (socket.AF_INET, socket.AF_INET6)
        for message in netlink.dump(netlink.GET_ROUTE, family, 12)
        for route in unicast_routes(message, names)
    )


def unicast_routes(message: netlink.Message, names: dict[int, str]) -> Iterator[Route]:
    """One route for each next hop of one entry; none where it is no unicast route."""
    _, prefix, _, _, table, protocol, scope, kind, _ = struct.unpack("=BBBBBBBBI", message.header)
    got = message.attributes
    table = netlink.number(got.get(RTA_TABLE)) or table
    if kind != RTN_UNICAST or table == RT_TABLE_LOCAL:
        return
    target = netlink.address(got.get(RTA_DST))
    hops = [got]
    if RTA_MULTIPATH in got:
        hops = list(next_hops(got[RTA_MULTIPATH]))
    for hop in hops:
        via = hop.get(RTA_GATEWAY)
        if via is None and RTA_VIA in hop:
            via = hop[RTA_VIA][2:]  # struct rtvia: two bytes of family, then the address
        yield Route(
            to="default" if prefix == 0 else f"{target}/{prefix}",
            via=netlink.address(via),
            dev=names.get(netlink.number(hop.get(RTA_OIF)) or 0),
            table=TABLES.get(table, table),
            metric=netlink.number(got.get(RTA_PRIORITY)),
            protocol=PROTOCOLS.get(protocol, str(protocol)),
            scope=SCOPES.get(scope, str(scope)),
        )


def next_hops(data: bytes) -> Iterator[dict[int, bytes]]:
    """The next hops of a multipath route: struct rtnexthop, then attributes of its own."""
    offset = 0
    while offset + 8 <= len(data):
        length, _, _, index = struct.unpack_from("=HBBi", data, offset)
        if length < 8 or offset + length > len(data):
            return
        yield {
            **netlink.attributes(data[offset + 8 : offset + length]),
            RTA_OIF: struct.pack("=i", index),
        }
        offset += (length + 3) & ~3


def rules() -> tuple[Rule, ...]:
    """The IPv4 rules, by priority."""
    found = []
    for message in netlink.dump(netlink.GET_RULE, socket.AF_INET, 12):
        got = message.attributes
        table = netlink.number(got.get(FRA_TABLE)) or message.header[4]
        protocol = got.get(FRA_IP_PROTO)
        found.append(
            Rule(
                priority=netlink.number(got.get(FRA_PRIORITY)) or 0,
                iif=netlink.text(got[FRA_IIFNAME]) if FRA_IIFNAME in got else None,
                protocol=IP_PROTOCOLS.get(protocol[0], str(protocol[0])) if protocol else None,
                # 0 is no table: the rule refuses, or jumps to another rule.
                table=TABLES.get(table, table) if table else None,
            )
        )
    return tuple(sorted(found, key=lambda rule: rule.priority))


def neighbours() -> tuple[Neighbour, ...]:
    """The neighbour tables of IPv4 and IPv6, without the multicast entries that need no asking."""
    names = link_names()
    found = []
    for family in (socket.AF_INET, socket.AF_INET6):
        for message in netlink.dump(netlink.GET_NEIGHBOUR, family, 12):
            _, _, _, index, state, _, _ = struct.unpack("=BBHiHBB", message.header)
            text = netlink.address(message.attributes.get(NDA_DST))
            if text is None or state & NUD_NOARP:
                continue
            found.append(
                Neighbour(
                    address=text,
                    mac=netlink.hardware_address(message.attributes.get(NDA_LLADDR)),
                    dev=names.get(index),
                    state=STATES.get(state, "none"),
                )
            )
    return tuple(found)


def link_names() -> dict[int, str]:
    """The name of each link, by its index."""
    return {
        struct.unpack_from("=i", link.header, 4)[0]: netlink.text(link.attributes[IFLA_IFNAME])
        for link in netlink.dump(netlink.GET_LINK, socket.AF_UNSPEC, 16)
        if IFLA_IFNAME in link.attributes
    }
