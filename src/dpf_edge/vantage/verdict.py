"""From findings to a verdict: one table of rules, the first that holds decides. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from dpf_edge.model import Answer, Vantage
from dpf_edge.vantage import macs, places, tables
from dpf_edge.vantage.macs import MacKind
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
    return bool(here and surely and desktop.legs >= places.LEGS) and not (
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
        places.wsl,
    ),
    Rule(
        Vantage.ENGINE_NONE,
        lambda sight: sight.in_container() and places.nothing_but_loopback(sight),
        places.no_network,
    ),
    Rule(Vantage.DOCKER_DESKTOP_HOST, is_docker_desktop_host, places.docker_desktop_engine),
    Rule(
        Vantage.ENGINE_MACVLAN,
        lambda sight: sight.in_container() and sight.namespace() == "macvlan",
        places.engine_macvlan,
    ),
    Rule(Vantage.DOCKER_DESKTOP_BRIDGE, is_docker_desktop_bridge, places.docker_desktop_bridge),
    Rule(Vantage.ENGINE_BRIDGE, on_a_bridge, places.engine_bridge),
    Rule(
        Vantage.ENGINE_HOST,
        lambda sight: (
            sight.in_container()
            and not sight.is_("kernel", "linuxkit", "orbstack", "wsl1")
            and (
                sight.namespace() == "card"
                or (sight.namespace() == "engine" and bool(places.proven(sight)))
                or (
                    sight.is_("kernel", "wsl2")
                    and sight.is_("wsl-mode", "nat", "mirrored", "virtioproxy")
                    and sight.namespace() not in {"veth", "child"}
                )
            )
        ),
        places.engine_host,
    ),
    Rule(
        Vantage.WSL2_NAT,
        lambda sight: sight.is_plain_wsl() and sight.is_("wsl-mode", "nat"),
        places.wsl,
    ),
    Rule(
        Vantage.WSL2_MIRRORED,
        lambda sight: sight.is_plain_wsl() and sight.is_("wsl-mode", "mirrored"),
        places.wsl,
    ),
    Rule(
        Vantage.WSL2_VIRTIOPROXY,
        lambda sight: sight.is_plain_wsl() and sight.is_("wsl-mode", "virtioproxy"),
        places.wsl,
    ),
    Rule(
        Vantage.LINUX_HOST,
        is_linux_host,
        places.own_machine,
    ),
    Rule(Vantage.UNKNOWN, lambda _: True, places.somewhere),
)


def judge(held: Tables, findings: Mapping[str, Finding]) -> Verdict:
    """The verdict on a machine's tables and what the detectors found."""
    sight = Sight(held, findings)
    rule = next(rule for rule in RULES if rule.holds(sight))
    return Verdict(rule.vantage, rule.lan(sight))
