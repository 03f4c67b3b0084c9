"""What each interface of a machine is there for, given where the machine stands. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dpf_edge import macs
from dpf_edge.macs import MacKind
from dpf_edge.model import Answer, InterfaceRole, Reach, Role, Vantage
from dpf_edge.vantage import adapters, inner, proof, tables
from dpf_edge.vantage.adapters import Adapter

if TYPE_CHECKING:
    from dpf_edge.model import Interface
    from dpf_edge.vantage.sight import Sight, Verdict

# Bridges that other programs than container engines make for their guests.
GUESTS = (
    "virbr",
    "lxcbr",
    "lxdbr",
    "incusbr",
    "vnet",
    "tap",
    "ifb",
    "cni",
    "flannel",
    "cali",
    "vmnet",
    "vboxnet",
)
# Kinds of links that lead nowhere by themselves.
IDLE = frozenset({"dummy", "other"})


def roles(sight: Sight, verdict: Verdict) -> tuple[InterfaceRole, ...]:
    """The role of every interface, in the machine's own order."""
    found = []
    for interface in sight.tables.interfaces:
        role, why = role_of(interface, sight, verdict)
        held = tuple(each.address for each in interface.addresses)
        found.append(InterfaceRole(interface.name, role, held, why, interface.kind))
    return tuple(found)


def role_of(interface: Interface, sight: Sight, verdict: Verdict) -> tuple[Role, str]:
    """One interface's role and the reason: first what it is by itself, then where it leads."""
    if sight.finding("kernel").kind in {"windows", "darwin"}:
        return native_role(interface, sight, verdict)
    if tables.is_loopback(interface):
        return Role.LOOPBACK, "the loopback"
    if interface.up is False:
        return Role.DOWN, "it is down"
    if interface.name == "loopback0" and sight.finding("kernel").kind == "wsl2":
        return Role.VIRTUAL, "WSL's relay to Windows' loopback"
    if interface.name == "services1" and verdict.vantage is Vantage.DOCKER_DESKTOP_HOST:
        return Role.VM, "Docker Desktop's services"
    if tables.is_engine(interface):
        return Role.ENGINE, "a container engine made it"
    if tables.is_vpn(interface):
        return Role.VPN, "a VPN's"
    if (
        interface.name.startswith(GUESTS)
        and interface.bus is None
        and not default(interface, sight)
    ):
        return Role.VIRTUAL, "for guests of this machine"
    if interface.kind in IDLE and interface.bus is None:
        return Role.VIRTUAL, "leads nowhere by itself"
    return leading(interface, sight, verdict)


NATIVE_ROLES = {
    Adapter.LOOPBACK: Role.LOOPBACK,
    Adapter.DOWN: Role.DOWN,
    Adapter.VPN: Role.VPN,
    Adapter.MODEM: Role.NAT,
    Adapter.INNER: Role.VIRTUAL,
}


def native_role(interface: Interface, sight: Sight, verdict: Verdict) -> tuple[Role, str]:
    """The role of an adapter of Windows or macOS."""
    kind = adapters.of(sight.finding("kernel").kind)(interface, sight.tables)
    if kind in NATIVE_ROLES:
        return NATIVE_ROLES[kind], f"it is {kind.value}"
    if kind is Adapter.CARD and not tables.places(interface):
        return Role.UNKNOWN, "it holds no address on a network"
    if verdict.lan.answer is Answer.YES and kind in {Adapter.CARD, Adapter.SWITCH}:
        if interface.name == verdict.lan.interface:
            return Role.LAN, "the LAN is here"
        if tables.places(interface) and interface.up is True:
            return Role.LAN, "it is on a LAN too"
    return leading(interface, sight, verdict)


def default(interface: Interface, sight: Sight) -> bool:
    """Whether the way out leads through it."""
    outside = sight.tables.default_interface()
    return outside is not None and outside.name == interface.name


def leading(interface: Interface, sight: Sight, verdict: Verdict) -> tuple[Role, str]:
    """Where an interface of the ordinary sort leads, by the verdict on its machine."""
    lan = verdict.lan
    if lan.answer is Answer.YES:
        return on_a_lan(interface, sight, verdict)
    if lan.answer is Answer.NO:
        if not tables.places(interface):
            return Role.UNKNOWN, "it holds no address on a network"
        if verdict.vantage is Vantage.WSL2_VIRTIOPROXY or sight.is_("wsl-mode", "virtioproxy"):
            return Role.PROXY, "a program answers for all behind it"
        if lan.reach is Reach.VM:
            return Role.VM, "a virtual machine's inner network"
        if lan.reach is Reach.NAT:
            return Role.NAT, "behind a translator of addresses"
        if lan.reach is Reach.ROUTED:
            return Role.UNKNOWN, "its host routes for it"
    return Role.UNKNOWN, "nothing shows where it leads"


def on_a_lan(interface: Interface, sight: Sight, verdict: Verdict) -> tuple[Role, str]:
    """An interface of a machine that sees the LAN: is it one of those that do?"""
    if interface.name == verdict.lan.interface:
        return Role.LAN, "the LAN is here"
    if sight.is_("desktop-machine") and inner.is_inner(interface):
        return Role.VM, "a virtual machine's inner network"
    if interface.master is not None:
        return Role.VIRTUAL, f"a part of {interface.master}"
    if not tables.places(interface):
        return Role.UNKNOWN, "it holds no address on a network"
    card = tables.rests_on_a_card(interface, sight.tables) is not None
    mirrored = sight.is_("wsl-mode", "mirrored") and tables.is_mirrored_card(interface)
    if card or mirrored or proof.neighbours_prove(sight.tables, interface).proven:
        return Role.LAN, "it is on a LAN too"
    if macs.kind(interface.mac) is MacKind.VIRTUAL:
        return Role.VIRTUAL, "a virtual adapter"
    return Role.UNKNOWN, "nothing shows where it leads"
