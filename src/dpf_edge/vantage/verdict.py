"""From findings to a verdict: one table of rules, the first that holds decides. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from dpf_edge import macs
from dpf_edge.macs import MacKind
from dpf_edge.model import Answer, Reach, Vantage
from dpf_edge.vantage import answers, natives, places, proof, tables
from dpf_edge.vantage.sight import Sight, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from dpf_edge.model import Finding, Lan
    from dpf_edge.vantage.tables import Tables


class Rule(NamedTuple):
    """A vantage, when it holds, and what it then sees."""

    vantage: Vantage
    holds: Callable[[Sight], bool]
    lan: Callable[[Sight], Lan]


def is_docker_desktop_distro(sight: Sight) -> bool:
    """Docker Desktop's own WSL distribution, and no container of its engine."""
    return (
        sight.is_("docker-desktop-distro")
        and sight.is_("kernel", "wsl2")
        and not sight.is_("container")
        and not sight.shows_docker_desktops("link")
    )


def is_docker_desktop_host(sight: Sight) -> bool:
    """The engine's own network namespace: by two signs, one of them more than a number."""
    desktop = sight.finding("docker-desktop")
    if not sight.is_("docker-desktop") or sight.namespace() in {"empty", "macvlan", "ipvlan"}:
        return False
    if not sight.shows_docker_desktops("link") and any(map(tables.is_card, sight.tables.live())):
        # A LAN may have its numbers, and a router of its own in another table.
        return False
    signals = {item.signal for item in desktop.evidence}
    here = signals & {"link", "address", "default-route", "hostname"}
    wants = {"link", "hostname", "default-route"}
    surely = signals & wants or sight.in_container()
    return bool(here and surely and desktop.legs >= answers.LEGS) and not (
        # A bridge container knows the engine by its resolver and its disk alone.
        sight.namespace() == "veth" and not signals & {"link", "address"}
    )


def is_docker_desktop_bridge(sight: Sight) -> bool:
    """A container on a bridge whose resolver, disk or kernel is Docker Desktop's."""
    signals = {item.signal for item in sight.finding("docker-desktop").evidence}
    told = bool(signals - {"address", "hostname"}) or sight.is_("engine", "docker-desktop")
    return on_a_bridge(sight) and told


def on_a_bridge(sight: Sight) -> bool:
    """A container whose way out is one half of a pair.

    Where the kind of the link could not be read it may as well be a macvlan; then only an
    engine's own numbers tell. Its MAC does not: Docker before 28 derived a macvlan's from the
    address too.
    """
    if not sight.in_container():
        return False
    if sight.namespace() in {"child", "link"}:
        live = [each for each in sight.tables.live() if not tables.is_vpn(each)]
        return bool(live) and all(
            each.kind is None and tables.numbered_by_engine(sight.tables, each) for each in live
        )
    return sight.namespace() == "veth"


def is_linux_host(sight: Sight) -> bool:
    """A Linux machine of metal, seen from its own network namespace.

    Where nothing was read that would tell a virtual machine, a card with a maker's MAC must.
    """
    metal = sight.finding("hypervisor").answer is Answer.NO or any(
        tables.is_card(each) and macs.kind(each.mac) is MacKind.HARDWARE
        for each in sight.tables.others()
    )
    return (
        metal
        and sight.finding("kernel").kind == "generic"
        and not sight.is_("container")
        and not sight.is_("hypervisor")
        and not sight.is_("user-mode-stack")
        and sight.namespace() == "card"
    )


def kernel_is(kind: str) -> Callable[[Sight], bool]:
    """Whether the kernel is of one kind, ``windows`` or ``darwin``: there nothing else is asked."""
    return lambda sight: sight.finding("kernel").kind == kind


def is_wsl_in(mode: str) -> Callable[[Sight], bool]:
    """Whether this is a WSL 2 distribution in one networking mode."""
    return lambda sight: sight.is_plain_wsl() and sight.is_("wsl-mode", mode)


def is_machine_of(kind: str) -> Callable[[Sight], bool]:
    """Whether this is a desktop engine's virtual machine, and no container's own network in it.

    An OrbStack machine's link is half of a pair, as a container's is; its address tells it.
    """

    def holds(sight: Sight) -> bool:
        found = sight.finding("desktop-machine")
        numbered = any(item.signal == "machine-numbers" for item in found.evidence)
        own = sight.namespace() in {"card", "engine", "user-mode", "link", "child", "veth"}
        bridged = sight.namespace() in {"veth", "child"} and sight.in_container()
        return sight.is_("desktop-machine", kind) and own and (numbered or not bridged)

    return holds


def is_rootless(kind: str) -> Callable[[Sight], bool]:
    """Whether a program of one kind carries a user's namespace: by a tap or tun, and no card.

    A virtual machine behind QEMU's user-mode stack has the same numbers, on a card.
    """

    def holds(sight: Sight) -> bool:
        outside = sight.tables.default_interface()
        stack = sight.finding("user-mode-stack")
        signals = {item.signal for item in stack.evidence}
        made = outside is not None and (
            "tunnel" in signals
            or (outside.bus is None and not outside.hardware and "user-namespace" in signals)
        )
        return sight.is_("user-mode-stack", kind) and made and sight.namespace() != "card"

    return holds


def is_ipvlan(sight: Sight, *, layer: int) -> bool:
    """Whether a container's link is an ipvlan of one layer: at layer 3 no gateway is named."""
    if not sight.in_container() or sight.namespace() != "ipvlan":
        return False
    children = [each for each in sight.tables.live() if each.kind == "ipvlan"]
    bridged = any(sight.tables.gateways(each.name) for each in children)
    return bridged == (layer == 2)


def is_kubernetes_host(sight: Sight) -> bool:
    """A pod that has its node's network: by the node's own links, or by a card."""
    if not sight.is_("kubernetes"):
        return False
    return sight.namespace() == "card" or sight.is_("kubernetes", "node")


def is_system_container(sight: Sight) -> bool:
    """A container of a system and not of a program, with a network of its own."""
    return sight.is_("container", "lxc") and sight.namespace() not in {"card", "empty", None}


def may_be_bridged(sight: Sight) -> bool:
    """Whether a system container's bridge may have a card in it: its gateway or Proxmox says so."""
    return sight.finding("lxc-bridge").kind == "bridged" or bool(answers.proven(sight))


def is_engine_host(sight: Sight) -> bool:
    """A container in its machine's own network namespace."""
    if not sight.in_container() or sight.is_("kernel", "linuxkit", "orbstack", "wsl1"):
        return False
    if sight.namespace() == "card":
        return True
    if sight.namespace() == "engine":
        return bool(answers.proven(sight))
    return (
        sight.is_("kernel", "wsl2")
        and sight.is_("wsl-mode", "nat", "mirrored", "virtioproxy")
        and sight.namespace() not in {"veth", "child"}
    )


def is_own_machine_and(name: str) -> Callable[[Sight], bool]:
    """Whether a detector says yes of a machine's own network, with no container around."""
    return lambda sight: (
        sight.is_(name)
        and not sight.is_("kernel", "wsl1", "wsl2", "linuxkit")
        and not sight.is_("container")
        and sight.namespace() in {"card", "link", "engine", "child"}
    )


def is_bridged_machine(sight: Sight) -> bool:
    """A virtual machine whose gateway is a maker's hardware: a switch is behind its card."""
    if not is_own_machine_and("hypervisor")(sight) or sight.namespace() != "card":
        return False
    outside = sight.tables.default_interface()
    known = proof.gateway_macs(sight.tables, outside) if outside else ()
    return bool(known) and all(macs.kind(mac) is MacKind.HARDWARE for mac in known)


RULES: tuple[Rule, ...] = (
    Rule(Vantage.WINDOWS_NATIVE, kernel_is("windows"), natives.windows),
    Rule(Vantage.MACOS_NATIVE, kernel_is("darwin"), natives.macos),
    Rule(Vantage.DOCKER_DESKTOP_DISTRO, is_docker_desktop_distro, places.wsl),
    Rule(
        Vantage.ENGINE_NONE,
        lambda sight: sight.in_container() and answers.nothing_but_loopback(sight),
        answers.no_network,
    ),
    Rule(Vantage.DOCKER_DESKTOP_HOST, is_docker_desktop_host, places.docker_desktop_engine),
    Rule(
        Vantage.ENGINE_MACVLAN,
        lambda sight: sight.in_container() and sight.namespace() == "macvlan",
        places.on_the_hosts_card,
    ),
    Rule(
        Vantage.ENGINE_IPVLAN_L2, lambda sight: is_ipvlan(sight, layer=2), places.on_the_hosts_card
    ),
    Rule(
        Vantage.ENGINE_IPVLAN_L3, lambda sight: is_ipvlan(sight, layer=3), places.engine_ipvlan_l3
    ),
    Rule(Vantage.DOCKER_DESKTOP_BRIDGE, is_docker_desktop_bridge, places.docker_desktop_bridge),
    Rule(Vantage.ORBSTACK, is_machine_of("orbstack"), places.desktop_machine),
    Rule(Vantage.RANCHER_DESKTOP, is_machine_of("rancher-desktop"), places.desktop_machine),
    Rule(Vantage.COLIMA, is_machine_of("colima"), places.desktop_machine),
    Rule(Vantage.LIMA, is_machine_of("lima"), places.desktop_machine),
    Rule(Vantage.PODMAN_MACHINE, is_machine_of("podman-machine"), places.desktop_machine),
    Rule(Vantage.ROOTLESS_SLIRP, is_rootless("slirp"), places.rootless),
    Rule(Vantage.ROOTLESS_VPNKIT, is_rootless("vpnkit"), places.rootless),
    Rule(Vantage.ROOTLESS_PASTA, is_rootless("pasta"), places.rootless),
    Rule(Vantage.KUBERNETES_HOST, is_kubernetes_host, places.kubernetes_host),
    Rule(
        Vantage.KUBERNETES_POD,
        lambda sight: sight.is_("kubernetes") and not answers.nothing_but_loopback(sight),
        places.kubernetes_pod,
    ),
    Rule(
        Vantage.LXC_NAT,
        lambda sight: is_system_container(sight) and sight.is_("lxc-bridge", "nat"),
        places.lxc_nat,
    ),
    Rule(
        Vantage.LXC_BRIDGED,
        lambda sight: is_system_container(sight) and may_be_bridged(sight),
        places.lxc_bridged,
    ),
    Rule(Vantage.ENGINE_BRIDGE, on_a_bridge, places.engine_bridge),
    Rule(Vantage.ENGINE_HOST, is_engine_host, places.engine_host),
    Rule(Vantage.WSL1, lambda sight: sight.is_("kernel", "wsl1"), places.wsl1),
    Rule(Vantage.WSL2_NAT, is_wsl_in("nat"), places.wsl),
    Rule(Vantage.WSL2_MIRRORED, is_wsl_in("mirrored"), places.wsl),
    Rule(Vantage.WSL2_VIRTIOPROXY, is_wsl_in("virtioproxy"), places.wsl),
    Rule(Vantage.WSL2_BRIDGED, is_wsl_in("bridged"), places.wsl),
    Rule(Vantage.WSL2_NONE, is_wsl_in("none"), places.wsl),
    Rule(Vantage.CLOUD_VM, is_own_machine_and("cloud"), places.cloud_vm),
    Rule(Vantage.LINUX_VM_NAT, is_own_machine_and("vm-nat"), places.linux_vm_nat),
    Rule(Vantage.LINUX_VM_BRIDGED, is_bridged_machine, places.linux_vm_bridged),
    Rule(Vantage.LINUX_HOST, is_linux_host, places.own_machine),
    Rule(Vantage.UNKNOWN, lambda _: True, places.somewhere),
)

IMPOSTOR = "one stack answers here for addresses that nobody has, so nothing it shows is a proof"


def judge(held: Tables, findings: Mapping[str, Finding]) -> Verdict:
    """The verdict on a machine's tables and what the detectors found."""
    sight = Sight(held, findings)
    rule = next(rule for rule in RULES if rule.holds(sight))
    lan = rule.lan(sight)
    if lan.answer is Answer.YES and sight.is_("answers-for-all"):
        # What the check caught is one leg; the stack's own signs may be the other.
        lan = answers.no(
            sight, Reach.NAT, answers.GOOD, IMPOSTOR, "answers-for-all", "user-mode-stack"
        )
    return Verdict(rule.vantage, lan)
