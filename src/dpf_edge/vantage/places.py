"""What each place sees of the LAN: one function a place, from findings to an answer. Pure.

A *no* stands on two legs or is *unknown*. A *yes* comes from a card made of matter, from WSL's
mirrored mode, or from neighbours that prove it; everywhere else the answer is *unknown*.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dpf_edge.model import Answer, Lan, Reach
from dpf_edge.vantage import macs, tables
from dpf_edge.vantage.macs import MacKind

if TYPE_CHECKING:
    from dpf_edge.model import Interface
    from dpf_edge.vantage.sight import Sight
    from dpf_edge.vantage.tables import Tables

# A no on fewer independent signs than this is unknown: one file that is missing or lies must not
# be enough to blind a node.
LEGS = 2

# Confidence, from how each was seen to fail (docs/concepts/verdict.md).
CERTAIN = 0.98  # a signature that nothing else has
STRONG = 0.95  # two independent readings that agree
GOOD = 0.9  # the links alone, which WSL versions have changed before
FAIR = 0.8  # the usual case; a rarer arrangement looks the same
NOTHING = 0.0

VIRTUAL_MACHINE = "this is a virtual machine, and no neighbour proves what its card leads to"


def no(sight: Sight, reach: Reach, confidence: float, why: str, *legs: str) -> Lan:
    """No, if the named findings bring enough independent signs; else unknown."""
    signs = {item.signal for name in legs for item in sight.finding(name).evidence}
    if len(signs) < LEGS:
        return unknown(f"{why}, but only one sign says so")
    return Lan(Answer.NO, reach, confidence, why=why)


def unknown(why: str) -> Lan:
    """Unknown, with its reason."""
    return Lan(Answer.UNKNOWN, Reach.UNKNOWN, NOTHING, why=why)


def yes(sight: Sight, on: list[Interface], reach: Reach, confidence: float, why: str) -> Lan:
    """Yes, by the best of some interfaces; unknown where there is none to name."""
    chosen = tables.best(sight.tables, on)
    if chosen is None:
        return unknown("no interface of this machine holds an address on a network")
    place = tables.places(chosen)[0]
    return Lan(
        Answer.YES,
        reach,
        confidence,
        interface=chosen.name,
        address=str(place.ip),
        network=str(place.network),
        why=why,
    )


def proven(sight: Sight) -> list[Interface]:
    """The interfaces whose neighbours prove a LAN, where no proxy may have made them up."""
    return [
        each
        for each in sight.tables.live()
        if each.kind not in {"tun", "tap"}
        and not tables.is_engine(each)
        and not tables.is_vpn(each)
        and tables.neighbours_prove(sight.tables, each).proven
    ]


def by_neighbours(sight: Sight, confidence: float, otherwise: str) -> Lan:
    """Yes where the neighbours prove it, else unknown for the reason given."""
    on = proven(sight)
    if sight.is_("docker-desktop") or sight.is_("user-mode-stack"):
        return unknown("a program answers for the neighbours here")
    if not on:
        return unknown(otherwise)
    return yes(sight, on, Reach.L2, confidence, "its neighbours are machines on a LAN")


def nothing_but_loopback(sight: Sight) -> bool:
    """Whether no interface but the loopback can carry a packet."""
    held = sight.tables
    # A namespace without even a loopback was not read: nothing follows from an empty list.
    return bool(held.interfaces) and not any(
        each.up is not False and each.addresses for each in held.others()
    )


def no_network(_: Sight) -> Lan:
    """A place with nothing but loopback: that it sees no LAN needs no further sign."""
    return Lan(Answer.NO, Reach.NONE, STRONG, why="there is no network here but loopback")


def docker_desktop_engine(sight: Sight) -> Lan:
    """Docker Desktop's own network, whatever WSL's mode and its host-networking setting."""
    why = "this is Docker Desktop's own network inside its virtual machine, and not the LAN"
    return no(sight, Reach.VM, CERTAIN, why, "docker-desktop", "container")


def docker_desktop_bridge(sight: Sight) -> Lan:
    """A bridge inside that network."""
    why = "this is a bridge network inside Docker Desktop's virtual machine"
    return no(sight, Reach.VM, STRONG, why, "docker-desktop", "container", "namespace")


def engine_bridge(sight: Sight) -> Lan:
    """A container's own network, behind its engine's NAT; unless its neighbours say otherwise."""
    if any(
        macs.kind(mac) is MacKind.HARDWARE
        for each in sight.tables.live()
        for mac in tables.gateway_macs(sight.tables, each)
    ):
        return unknown("an engine made this network, yet its gateway is a maker's hardware")
    why = "this is a container's own network, behind its engine's NAT"
    return no(sight, Reach.NAT, FAIR, why, "container", "namespace")


def engine_macvlan(sight: Sight) -> Lan:
    """A container with a MAC of its own beside its host's: on whatever the host's card is on."""
    if sight.is_("docker-desktop"):
        why = "macvlan in Docker Desktop hangs on its virtual machine's card, not on the LAN"
        return no(sight, Reach.VM, STRONG, why, "docker-desktop", "container")
    return by_neighbours(
        sight, FAIR, "macvlan is only as good as the card it hangs on, and no neighbour proves that"
    )


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
    return unknown(f"WSL's {mode.kind} mode depends on the switch that it was given")


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


def own_machine(sight: Sight) -> Lan:
    """A Linux machine's own network namespace: a card made of matter is on the LAN."""
    held = sight.tables
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
    outside = [each for each in outside if not tables.leads_to_a_stack(held, each)]
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
            macs.kind(mac) is MacKind.VIRTUAL for mac in tables.gateway_macs(held, interface)
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
    if sight.finding("kernel").kind in {"windows", "darwin"} or sight.is_("kernel"):
        return unknown("this kind of machine is not told apart yet")
    if sight.namespace() == "card" and sight.is_("hypervisor"):
        return by_neighbours(sight, FAIR, VIRTUAL_MACHINE)
    return by_neighbours(sight, FAIR, "nothing here shows what lies behind the link")
