"""What each place of Linux and WSL sees of the LAN: one function a place. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dpf_edge import macs
from dpf_edge.macs import MacKind
from dpf_edge.model import Answer, Lan, Reach
from dpf_edge.vantage import inner, proof, tables
from dpf_edge.vantage.answers import (
    CERTAIN,
    FAIR,
    GOOD,
    LEGS,
    STRONG,
    by_neighbours,
    no,
    no_network,
    nothing_but_loopback,
    proven,
    unknown,
    yes,
)

if TYPE_CHECKING:
    from dpf_edge.model import Interface
    from dpf_edge.vantage.sight import Sight
    from dpf_edge.vantage.tables import Tables


# The second cards that can be bridged; Rancher Desktop's rd1 is always shared.
BRIDGED_LINKS = r"lima\d+|col0|rd0|eth\d+|enp\w+"

VIRTUAL_MACHINE = "this is a virtual machine, and no neighbour proves what its card leads to"


def docker_desktop_engine(sight: Sight) -> Lan:
    """Docker Desktop's own network, whatever WSL's mode and its host-networking setting."""
    why = "this is Docker Desktop's own network inside its virtual machine, and not the LAN"
    return no(sight, Reach.VM, CERTAIN, why, "docker-desktop", "container")


def docker_desktop_bridge(sight: Sight) -> Lan:
    """A bridge inside that network."""
    why = "this is a bridge network inside Docker Desktop's virtual machine"
    return no(sight, Reach.VM, STRONG, why, "docker-desktop", "container", "namespace", "engine")


def gateway_is_hardware(sight: Sight) -> bool:
    """Whether a gateway's MAC is a hardware maker's, which no engine's own bridge has."""
    return any(
        macs.kind(mac) is MacKind.HARDWARE
        for each in sight.tables.live()
        for mac in proof.gateway_macs(sight.tables, each)
    )


def engine_bridge(sight: Sight) -> Lan:
    """A container's own network, behind its engine's NAT; unless its neighbours say otherwise."""
    if gateway_is_hardware(sight):
        return unknown("an engine made this network, yet its gateway is a maker's hardware")
    why = "this is a container's own network, behind its engine's NAT"
    return no(sight, Reach.NAT, FAIR, why, "container", "namespace")


def on_the_hosts_card(sight: Sight) -> Lan:
    """A container with a link of its own on its host's card: macvlan, or ipvlan at layer 2."""
    if sight.is_("docker-desktop"):
        why = "in Docker Desktop such a link hangs on its virtual machine's card, not on the LAN"
        return no(sight, Reach.VM, STRONG, why, "docker-desktop", "container")
    return by_neighbours(
        sight,
        FAIR,
        "such a link is only as good as the card it hangs on, and no neighbour proves that",
    )


def engine_ipvlan_l3(sight: Sight) -> Lan:
    """ipvlan at layer 3: the host routes for it, and nothing that is broadcast comes in."""
    if sight.is_("docker-desktop"):
        return on_the_hosts_card(sight)
    why = "ipvlan at layer 3 is routed by its host: no ARP, no multicast, and no LAN around it"
    return no(sight, Reach.ROUTED, FAIR, why, "container", "namespace")


def kubernetes_pod(sight: Sight) -> Lan:
    """A pod's own network, behind its node; unless its gateway is a maker's hardware."""
    if sight.is_("docker-desktop"):
        why = "this pod's node is Docker Desktop's virtual machine"
        return no(sight, Reach.VM, STRONG, why, "docker-desktop", "kubernetes")
    if any(each.kind in {"macvlan", "ipvlan"} for each in sight.tables.live()):
        return by_neighbours(sight, FAIR, "this pod has a second link, on a card of its node's")
    if gateway_is_hardware(sight):
        return unknown("this is a pod's network, yet its gateway is a maker's hardware")
    why = "this is a pod's own network, behind its node's translation of addresses"
    return no(sight, Reach.NAT, GOOD, why, "kubernetes", "container", "namespace")


def kubernetes_host(sight: Sight) -> Lan:
    """A pod on its node's network sees what the node sees."""
    return engine_host(sight)


def lxc_bridged(sight: Sight) -> Lan:
    """A system container on a bridge that may have a card of the host in it."""
    why = "a bridge leads out of this system container, and no neighbour proves what it leads to"
    return by_neighbours(sight, FAIR, why)


def lxc_nat(sight: Sight) -> Lan:
    """A system container on its manager's own bridge."""
    why = "this is a system container on its manager's own bridge, behind its host's NAT"
    return no(sight, Reach.NAT, FAIR, why, "container", "lxc-bridge")


def rootless(sight: Sight) -> Lan:
    """A network that a program keeps for a user without privileges."""
    why = "a program carries the connections of this user's namespace: there is no LAN behind it"
    return no(sight, Reach.NAT, GOOD, why, "user-mode-stack")


def wsl1(sight: Sight) -> Lan:
    """WSL 1 has Windows' own adapters, one for one, and no layer 2.

    An adapter that is up with an address is enough, if its MAC is one that a card has: Hyper-V's
    own ports and VPNs' adapters are mirrored too.
    """
    if nothing_but_loopback(sight):
        return no_network(sight)
    held = sight.tables
    cards = [
        each
        for each in held.live()
        if each.up is True
        and each.kind in {"ether", "wifi", None}
        and (
            macs.kind(each.mac) is MacKind.HARDWARE
            # A radio may hide its maker; so does the port of Windows' own hotspot, but nothing
            # leads out by that.
            or (macs.kind(each.mac) is MacKind.LOCAL and held.gateways(each.name))
        )
        and not tables.is_vpn(each)
        and not proof.leads_to_a_stack(held, each)
    ]
    if not cards:
        return unknown("none of Windows' adapters here is surely a network card with an address")
    return yes(sight, cards, Reach.L3, STRONG, "WSL 1 uses Windows' own adapters")


def wsl(sight: Sight) -> Lan:
    """WSL 2, by the networking mode that is in force."""
    mode = sight.finding("wsl-mode")
    if nothing_but_loopback(sight):
        return no_network(sight)
    if mode.answer is not Answer.YES:
        return unknown("WSL's networking mode cannot be told: what it says and shows disagree")
    if mode.kind == "nat":
        why = "WSL's NAT mode puts a router, Windows itself, between here and the LAN"
        return no(sight, Reach.NAT, STRONG, why, "wsl-mode")
    if mode.kind == "virtioproxy":
        why = "WSL's user-mode proxy carries connections only: there is no LAN behind the address"
        return no(sight, Reach.NAT, STRONG, why, "wsl-mode")
    if mode.kind == "mirrored":
        return mirrored(sight)
    if mode.kind == "bridged":
        why = "WSL's bridged mode is as good as its switch, and no neighbour proves that"
        return by_neighbours(sight, FAIR, why)
    return unknown("WSL says that it has no network, and yet a link is up here")


def mirrored(sight: Sight) -> Lan:
    """Mirrored mode: yes at layer 3, where a card of Windows' own is among those mirrored.

    Layer 2 is not claimed: no capture shows LAN neighbours resolving under mirrored mode.
    """
    held = sight.tables
    cards = [each for each in held.live() if tables.is_mirrored_card(each)]
    # Windows may give its Wi-Fi a random MAC; then the neighbours have to speak for it.
    cards = cards or [each for each in proven(sight) if each.name != "loopback0"]
    mode = sight.finding("wsl-mode")
    if not cards:
        return unknown("only virtual adapters of Windows are mirrored here, and no network card")
    if mode.legs < LEGS:
        return unknown("only one sign says that this is mirrored mode")
    confidence = STRONG if any(item.signal == "wslinfo" for item in mode.evidence) else GOOD
    return yes(sight, cards, Reach.L3, confidence, "WSL mirrors Windows' own network card here")


def cloud_vm(sight: Sight) -> Lan:
    """A machine in a cloud: its neighbours are the provider's fabric."""
    why = "this machine stands in a cloud: its neighbours are the provider's fabric, and no LAN"
    return no(sight, Reach.VM, GOOD, why, "cloud")


def linux_vm_nat(sight: Sight) -> Lan:
    """A virtual machine behind its hypervisor's own translation of addresses."""
    why = "the hypervisor of this virtual machine translates addresses between it and the LAN"
    return no(sight, Reach.NAT, FAIR, why, "vm-nat")


def linux_vm_bridged(sight: Sight) -> Lan:
    """A virtual machine whose gateway is a maker's hardware: on the LAN where neighbours agree."""
    return by_neighbours(sight, FAIR, VIRTUAL_MACHINE)


def desktop_machine(sight: Sight) -> Lan:
    """A desktop engine's virtual machine: on the LAN by a bridged second card, or not at all."""
    held = sight.tables
    extra = [
        each for each in held.live() if not tables.is_engine(each) and not inner.is_inner(each)
    ]
    bridged = [each for each in extra if proof.neighbours_prove(held, each).proven]
    if bridged:
        return yes(sight, bridged, Reach.L2, GOOD, "its second card is bridged to the LAN")
    if any(re.fullmatch(BRIDGED_LINKS, each.name) for each in extra):
        return unknown("a second card may be bridged to the LAN, and no neighbour proves it")
    why = "this is the inner network of a desktop engine's virtual machine"
    return no(sight, Reach.VM, GOOD, why, "desktop-machine", "user-mode-stack")


def own_machine(sight: Sight) -> Lan:
    """A Linux machine's own network namespace: a card made of matter is on the LAN."""
    held = sight.tables
    if sight.is_("cloud"):
        return cloud_vm(sight)
    if sight.is_("vm-nat"):
        return linux_vm_nat(sight)
    if sight.is_("user-mode-stack"):
        return unknown("a program stands behind the link to the outside")
    outside = [
        each
        for each in held.live()
        if not tables.is_vpn(each)
        and not tables.is_engine(each)
        and tables.rests_on_a_card(each, held) is not None
    ]
    if sight.is_("hypervisor"):
        return by_neighbours(sight, FAIR, VIRTUAL_MACHINE)
    if sight.finding("hypervisor").answer is Answer.UNKNOWN:
        outside = [each for each in outside if vouched_for(each, held)]
    outside = [each for each in outside if not proof.leads_to_a_stack(held, each)]
    if not outside:
        return by_neighbours(sight, FAIR, "no network card here is surely one on a LAN")
    routed = any(tables.lowest_metric(held, each) != float("inf") for each in outside)
    confidence = STRONG if routed and sight.finding("hypervisor").answer is Answer.NO else FAIR
    return yes(sight, outside, Reach.L2, confidence, "this machine's own network card is on it")


def vouched_for(interface: Interface, held: Tables) -> bool:
    """Whether a card is a maker's, on a machine that may be virtual for all that is known.

    An emulated card sits on PCI too; its MAC, or its gateway's, is what gives it away.
    """
    card = tables.rests_on_a_card(interface, held)
    return (
        card is not None
        and macs.kind(card.mac) is MacKind.HARDWARE
        and not any(
            macs.kind(mac) is MacKind.VIRTUAL for mac in proof.gateway_macs(held, interface)
        )
    )


def engine_host(sight: Sight) -> Lan:
    """A container in its machine's own network namespace sees what the machine sees."""
    if sight.is_("docker-desktop") and sight.finding("docker-desktop").legs >= LEGS:
        return unknown("some signs are Docker Desktop's, and some are a host's own network")
    if sight.is_("kernel", "wsl2"):
        return wsl(sight)
    if sight.namespace() == "engine":
        return by_neighbours(sight, FAIR, "the link to the outside is no card, and unproven")
    return own_machine(sight)


def somewhere(sight: Sight) -> Lan:
    """A place that no rule knows: unknown, unless there is no network, or neighbours prove one."""
    if nothing_but_loopback(sight):
        return no_network(sight)
    if sight.is_plain_wsl():
        return wsl(sight)
    if sight.namespace() == "card" and sight.is_("hypervisor"):
        return by_neighbours(sight, FAIR, VIRTUAL_MACHINE)
    return by_neighbours(sight, FAIR, "nothing here shows what lies behind the link")
