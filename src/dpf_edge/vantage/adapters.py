"""What an adapter of Windows or macOS is there for, by what the system says of it. Pure.

Windows names adapters as their owner likes and in his own language, so a name decides only where
a program gave it; the type (IfType, RFC 2863's numbers), the maker's MAC and whether Windows
calls it hardware decide the rest.
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import TYPE_CHECKING

from dpf_edge import addresses, macs
from dpf_edge.macs import MacKind
from dpf_edge.vantage import proof, tables

if TYPE_CHECKING:
    from collections.abc import Callable

    from dpf_edge.model import Interface
    from dpf_edge.vantage.tables import Tables


class Adapter(StrEnum):
    """What an adapter is."""

    CARD = "a network card"
    SWITCH = "the host's port on an external switch"
    DOUBTFUL = "a card that a hypervisor may have made"
    GUEST = "a virtual machine's card"
    VPN = "a VPN's adapter"
    MODEM = "a mobile carrier's"
    INNER = "an inner network of this machine"
    LOOPBACK = "a loopback"
    DOWN = "down"
    OTHER = "nothing that is known"


# IfType (RFC 2863, the IANA ifType registry; ipifcons.h).
ETHERNET, PPP, SOFTWARE_LOOPBACK, VIRTUAL, WIFI, TUNNEL = 6, 23, 24, 53, 71, 131
MOBILE = frozenset({243, 244})
LANS = frozenset({ETHERNET, WIFI})

# Words of VPN programs in the names and descriptions that they give their adapters.
VPN_WORDS = (
    r"tailscale|wireguard|wintun|openvpn|tap-windows|tap-win32|\btap\b|zerotier|nordlynx|nordvpn"
    r"|anyconnect|cisco secure client|globalprotect|pangp|palo alto|forti|pulse secure|juniper"
    r"|check point|sonicwall|netextender|array networks|f5 networks|big-ip|hamachi|softether"
    r"|mullvad|proton|surfshark|expressvpn|windscribe|cloudflare|warp|netbird|nebula|twingate"
    r"|zscaler|l2tp|pptp|ikev2|sstp|wan miniport|\bvpn\b|netskope|ivanti|sophos|openconnect"
    r"|private internet access|cyberghost|radmin"
)
MODEM_WORDS = (
    r"mobile broadband|mobilfunk|wwan|remote ndis|rndis|apple mobile device|cellular|\blte\b"
    r"|\b[45]g\b.*modem|modem.*\b[45]g\b|hspa"
)
# What programs call the adapters of the networks that they keep inside this machine.
INNER_NAMES = (
    r"vethernet \((wsl[) ]|default switch|nat\)|dockernat|fse ?switch|fse hostvnic|minikube"
    r"|hns internal|container nic|podman)|vmnet\d|virtualbox host-only|vboxnet|npcap|loopback"
    r"|wi-fi direct"
    r"|bluetooth|hosted network|kernel debug|teredo|6to4|isatap|ip-https|docker|parallels host"
    r"|vmware virtual ethernet adapter|vmware network adapter"
)
SWITCH_WORDS = (
    r"^vethernet \(|^hyper-v virtual ethernet adapter|^hyper-v virtual switch|multiplexor"
    r"|network bridge|mac bridge"
)
GUEST_WORDS = (
    r"microsoft hyper-v network adapter|vmxnet|virtio|red hat|xen net|xensource|parallels"
    r"|vmware accelerated|vmware pci|qemu|virtual function|vf adapter|google|amazon elastic"
    r"|nutanix"
)


def says(words: str, text: str) -> bool:
    """Whether a text has one of some words, in any case.

    The patterns are compiled where they are used: on Linux nobody asks.
    """
    return re.search(words, text, re.IGNORECASE) is not None


def of(system: str | None) -> Callable[[Interface, Tables], Adapter]:
    """The judge of a system's adapters, by the kernel's kind (``windows`` or ``darwin``)."""
    return darwin if system == "darwin" else windows


def windows(interface: Interface, held: Tables) -> Adapter:
    """What an adapter of Windows is.

    A physical card behind an external switch holds no IPv4 address of its own: the switch's port
    does, with that card's MAC, and Windows calls it virtual.
    """
    words = f"{interface.name}\n{interface.description or ''}"
    if interface.if_type == SOFTWARE_LOOPBACK or tables.is_loopback(interface):
        return Adapter.LOOPBACK
    if interface.up is False:
        return Adapter.DOWN
    if is_windows_vpn(interface, words):
        return Adapter.VPN
    if interface.if_type in MOBILE or says(MODEM_WORDS, words):
        return Adapter.MODEM
    if any(says(INNER_NAMES, line) for line in words.split("\n")):
        return Adapter.INNER
    if any(says(SWITCH_WORDS, line) for line in words.split("\n")):
        return port_of_a_switch(interface, held)
    if macs.kind(interface.mac) is MacKind.VIRTUAL or says(GUEST_WORDS, words):
        return Adapter.GUEST
    if interface.kind not in {"ether", "wifi", None} or interface.hardware is False:
        return Adapter.INNER
    if interface.if_type not in {*LANS, None}:
        return Adapter.OTHER
    if interface.hardware is not True:
        return Adapter.DOUBTFUL
    return card_by_mac(interface, wifi=interface.if_type == WIFI or interface.kind == "wifi")


def is_windows_vpn(interface: Interface, words: str) -> bool:
    """Whether an adapter is a VPN's, by its program's words, its kind or its MAC."""
    return bool(
        says(VPN_WORDS, words)
        or interface.kind in {"wireguard", "ppp", "tun"}
        or interface.if_type in {PPP, TUNNEL}
        or (interface.mac or "").lower().startswith(tuple(macs.TUNNELS))
    )


def port_of_a_switch(interface: Interface, held: Tables) -> Adapter:
    """Whose switch a switch's port is on: an external one's, an internal one's, or maybe either.

    An internal switch has no gateway, because this machine is it; or a guest is the gateway, which
    may route to a card that it has for itself. So the card's own MAC at the port shows it, or a
    gateway of matter beside a card that holds no address; that card alone does not.
    """
    if not held.gateways(interface.name):
        return Adapter.INNER
    if macs.kind(interface.mac) is MacKind.HARDWARE:
        return Adapter.SWITCH
    behind = any(
        each.name != interface.name
        and each.up is True
        and each.hardware is True
        and not tables.places(each)
        and macs.kind(each.mac) is MacKind.HARDWARE
        and not says(VPN_WORDS, f"{each.name}\n{each.description or ''}")
        for each in held.interfaces
    )
    if not behind:
        return Adapter.INNER
    routers = {macs.kind(each) for each in proof.gateway_macs(held, interface)}
    return Adapter.SWITCH if routers == {MacKind.HARDWARE} else Adapter.DOUBTFUL


def card_by_mac(interface: Interface, *, wifi: bool) -> Adapter:
    """A card, by whose MAC it has: a radio may hide its maker's, and a wire has no reason to."""
    kind = macs.kind(interface.mac)
    if kind is MacKind.VIRTUAL:
        return Adapter.GUEST
    if kind is MacKind.HARDWARE or (kind is MacKind.LOCAL and wifi):
        return Adapter.CARD
    return Adapter.DOUBTFUL


# macOS's own links that lead to no LAN: AirDrop, the low-latency radio, Apple's own processors,
# the hotspot's radio, tunnels and packet taps (Apple names them; `ifconfig -a`).
MAC_INNER = (
    r"(awdl|llw|anpi|ap|gif|stf|nan|pktap|iptap|feth|vmenet|XHC|bridge|vnic|vboxnet|vmnet)\d+"
    r"(:\d+)?"
)
MAC_VPN = r"(utun|ipsec|ppp|tun|tap|wg|feth_vpn|zt|gpd|cscotun)\d*\w*"
MAC_CARD = r"(en|bond|vlan)\d+"
# What vmnet gives the guests of UTM, Lima and others: a card with such a number is a guest's.
VMNET_NUMBERS = (addresses.network("192.168.64.0/22"), addresses.network("10.211.55.0/24"))


def darwin(interface: Interface, held: Tables) -> Adapter:
    """What a link of macOS is.

    ``bridge0`` is Thunderbolt's; ``bridge1NN`` is a network of this machine's own, for its virtual
    machines (a member is ``vmenetN``) or for Internet Sharing (a member is ``enN``).
    """
    if tables.is_loopback(interface) or re.fullmatch(r"lo\d+", interface.name):
        return Adapter.LOOPBACK
    if interface.up is False:
        return Adapter.DOWN
    if re.fullmatch(MAC_VPN, interface.name) or interface.kind in {
        "tun",
        "tap",
        "wireguard",
        "ppp",
    }:
        return Adapter.VPN
    if re.fullmatch(MAC_INNER, interface.name) or interface.kind in {"bridge", "veth", "dummy"}:
        return Adapter.INNER
    if not re.fullmatch(MAC_CARD, interface.name):
        return Adapter.OTHER
    if says(MODEM_WORDS, interface.description or ""):
        return Adapter.MODEM
    numbered = any(
        addresses.within(place.ip, network)
        for place in tables.places(interface)
        for network in VMNET_NUMBERS
    )
    gateway_made = any(
        entry.dev == interface.name and macs.kind(entry.mac) is MacKind.LOCAL
        for entry in held.neighbours
        if entry.address in held.gateways(interface.name)
    )
    if numbered and (gateway_made or macs.kind(interface.mac) is not MacKind.HARDWARE):
        return Adapter.GUEST
    return card_by_mac(interface, wifi=interface.kind == "wifi")
