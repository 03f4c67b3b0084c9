"""From findings to a verdict: one table of rules, the first that holds decides. Pure.

A *no* stands on two legs or is *unknown*. A *yes* comes from a card made of matter, from WSL's
mirrored mode, or from neighbours that prove it; everywhere else the answer is *unknown*.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from dpf_edge.model import Answer, Finding, Lan, Reach, Vantage
from dpf_edge.vantage import macs, tables
from dpf_edge.vantage.macs import MacKind

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from dpf_edge.model import Interface
    from dpf_edge.vantage.tables import Tables

# A no on fewer independent signs than this is unknown: one file that is missing or lies must not
# be enough to blind a node.
LEGS = 2

# Confidence, from how each was seen to fail (docs/concepts/verdict.md).
CERTAIN = 0.98  # a signature that nothing else has
STRONG = 0.95  # two independent readings that agree
GOOD = 0.9  # the links alone, which WSL versions have changed before
FAIR = 0.8  # the usual case; a rarer arrangement looks the same
WEAK = 0.5
NOTHING = 0.0

VIRTUAL_MACHINE = "this is a virtual machine, and no neighbour proves what its card leads to"

UNASKED = Finding(Answer.UNKNOWN)


class Sight(NamedTuple):
    """All that a rule may look at."""

    tables: Tables
    findings: Mapping[str, Finding]

    def finding(self, name: str) -> Finding:
        """A detector's finding; *unknown* where the detector is not there."""
        return self.findings.get(name, UNASKED)

    def is_(self, name: str, *kinds: str) -> bool:
        """Whether a detector said yes, and of one of these kinds."""
        finding = self.finding(name)
        return finding.answer is Answer.YES and (not kinds or finding.kind in kinds)

    def in_container(self) -> bool:
        """Whether an engine's container surrounds this process."""
        return self.is_("container", "docker", "podman", "oci")

    def namespace(self) -> str | None:
        """Which sort of network namespace this is."""
        return self.finding("namespace").kind


class Verdict(NamedTuple):
    """A vantage, and whether it sees the LAN."""

    vantage: Vantage
    lan: Lan


class Rule(NamedTuple):
    """A vantage, when it holds, and what it then sees."""

    vantage: Vantage
    holds: Callable[[Sight], bool]
    lan: Callable[[Sight], Lan]


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


# --- one function a place: what does it see? -------------------------------------------------


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
    # The laboratory's stand-in has no card of Hyper-V's; there the neighbours have to speak.
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
    if plain_wsl(sight):
        return wsl(sight)
    if sight.finding("kernel").kind in {"windows", "darwin"} or sight.is_("kernel"):
        return unknown("this kind of machine is not told apart yet")
    if sight.namespace() == "card" and sight.is_("hypervisor"):
        return by_neighbours(sight, FAIR, VIRTUAL_MACHINE)
    return by_neighbours(sight, FAIR, "nothing here shows what lies behind the link")


# --- when does which hold? -------------------------------------------------------------------


def is_docker_desktop_distro(sight: Sight) -> bool:
    """Docker Desktop's own WSL distribution, and no container of its engine."""
    return (
        sight.is_("docker-desktop-distro")
        and sight.is_("kernel", "wsl2")
        and not sight.is_("container")
        and not has_sign(sight, "link")
    )


def has_sign(sight: Sight, signal: str) -> bool:
    """Whether Docker Desktop's engine shows one of its signs."""
    return any(item.signal == signal for item in sight.finding("docker-desktop").evidence)


def is_docker_desktop_host(sight: Sight) -> bool:
    """The engine's own network namespace: by two signs, one of them more than a number."""
    desktop = sight.finding("docker-desktop")
    if not sight.is_("docker-desktop") or sight.namespace() in {"empty", "macvlan", "ipvlan"}:
        return False
    if not has_sign(sight, "link") and any(map(tables.is_card, sight.tables.live())):
        # A LAN may have its numbers, and a router of its own in another table.
        return False
    signals = {item.signal for item in desktop.evidence}
    here = signals & {"link", "address", "default-route", "hostname"}
    wants = {"link", "hostname", "default-route"}
    surely = signals & wants or sight.in_container()
    return bool(here and surely and desktop.legs >= LEGS) and not (
        # A bridge container knows the engine by its resolver and its disk alone.
        sight.namespace() == "veth" and not signals & {"link", "address"}
    )


def is_docker_desktop_bridge(sight: Sight) -> bool:
    """A container on a bridge whose resolver, disk or kernel is Docker Desktop's."""
    signals = {item.signal for item in sight.finding("docker-desktop").evidence}
    return on_a_bridge(sight) and bool(signals - {"address", "hostname"})


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


RULES: tuple[Rule, ...] = (
    Rule(
        Vantage.DOCKER_DESKTOP_DISTRO,
        is_docker_desktop_distro,
        wsl,
    ),
    Rule(
        Vantage.ENGINE_NONE,
        lambda sight: sight.in_container() and nothing_but_loopback(sight),
        no_network,
    ),
    Rule(Vantage.DOCKER_DESKTOP_HOST, is_docker_desktop_host, docker_desktop_engine),
    Rule(
        Vantage.ENGINE_MACVLAN,
        lambda sight: sight.in_container() and sight.namespace() == "macvlan",
        engine_macvlan,
    ),
    Rule(Vantage.DOCKER_DESKTOP_BRIDGE, is_docker_desktop_bridge, docker_desktop_bridge),
    Rule(Vantage.ENGINE_BRIDGE, on_a_bridge, engine_bridge),
    Rule(
        Vantage.ENGINE_HOST,
        lambda sight: (
            sight.in_container()
            and not sight.is_("kernel", "linuxkit", "orbstack", "wsl1")
            and (
                sight.namespace() == "card"
                or (sight.namespace() == "engine" and bool(proven(sight)))
                or (
                    sight.is_("kernel", "wsl2")
                    and sight.is_("wsl-mode", "nat", "mirrored", "virtioproxy")
                    and sight.namespace() not in {"veth", "child"}
                )
            )
        ),
        engine_host,
    ),
    Rule(
        Vantage.WSL2_NAT,
        lambda sight: plain_wsl(sight) and sight.is_("wsl-mode", "nat"),
        wsl,
    ),
    Rule(
        Vantage.WSL2_MIRRORED,
        lambda sight: plain_wsl(sight) and sight.is_("wsl-mode", "mirrored"),
        wsl,
    ),
    Rule(
        Vantage.WSL2_VIRTIOPROXY,
        lambda sight: plain_wsl(sight) and sight.is_("wsl-mode", "virtioproxy"),
        wsl,
    ),
    Rule(
        Vantage.LINUX_HOST,
        is_linux_host,
        own_machine,
    ),
    Rule(Vantage.UNKNOWN, lambda _: True, somewhere),
)


def plain_wsl(sight: Sight) -> bool:
    """A WSL 2 distribution, with no container around this process."""
    return sight.is_("kernel", "wsl2") and not sight.is_("container")


def judge(held: Tables, findings: Mapping[str, Finding]) -> Verdict:
    """The verdict on a machine's tables and what the detectors found."""
    sight = Sight(held, findings)
    rule = next(rule for rule in RULES if rule.holds(sight))
    return Verdict(rule.vantage, rule.lan(sight))
