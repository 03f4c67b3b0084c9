"""What to do, as data: a stable code each, chosen by the verdict. Pure.

An advice that depends on another stays silent where that other one already told the cause.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from dpf_edge.model import Advice, Answer, Reach, Severity, Vantage
from dpf_edge.vantage.sight import DESKTOP

if TYPE_CHECKING:
    from collections.abc import Callable

    from dpf_edge.vantage.sight import Sight, Verdict


class Case(NamedTuple):
    """An advice, and when it is given."""

    applies: Callable[[Sight, Verdict], bool]
    advice: Advice


def blind(verdict: Verdict) -> bool:
    """Whether the answer is no."""
    return verdict.lan.answer is Answer.NO


CASES: tuple[Case, ...] = (
    Case(
        lambda sight, verdict: (
            verdict.vantage in DESKTOP or (sight.is_("docker-desktop") and blind(verdict))
        ),
        Advice(
            "docker-desktop-container",
            Severity.ERROR,
            "Docker Desktop gives no container the LAN",
            "This container stands on a network inside Docker Desktop's virtual machine. Neither "
            "network_mode: host, nor its host-networking setting, nor WSL's mirrored mode changes "
            "that: they end at the engine. Run the node as a native program on the Windows or "
            "macOS machine itself; the container can go on holding everything that needs no LAN.",
            ("dpf-edge diagnose", "dpf-edge compare"),
        ),
    ),
    Case(
        lambda _, verdict: verdict.vantage is Vantage.DOCKER_DESKTOP_DISTRO,
        Advice(
            "docker-desktop-distro",
            Severity.WARNING,
            "What this distribution sees, its containers do not",
            "This is Docker Desktop's own WSL distribution. Its engine runs in another network "
            "namespace, so even in mirrored mode no container stands on the LAN. Run the node as "
            "a native program on Windows.",
            ("dpf-edge compare",),
        ),
    ),
    Case(
        lambda sight, verdict: blind(verdict) and sight.is_("wsl-mode", "nat"),
        Advice(
            "wsl-nat",
            Severity.ERROR,
            "WSL's NAT mode hides the LAN",
            "Windows translates addresses between this distribution and the LAN: no ARP, no "
            "multicast, nothing inbound. Run the node as a native program on Windows. Mirrored "
            "mode (networkingMode=mirrored in .wslconfig, Windows 11 22H2 and later) gives WSL "
            "distributions the LAN, though never a container of Docker Desktop.",
        ),
    ),
    Case(
        lambda sight, verdict: blind(verdict) and sight.is_("wsl-mode", "virtioproxy"),
        Advice(
            "wsl-virtioproxy",
            Severity.ERROR,
            "WSL's proxy shows the LAN's address and not the LAN",
            "The address here is Windows' own, but a program answers for everything behind it, so "
            "every host looks alive. WSL also falls back to this mode by itself where NAT fails. "
            "Run the node as a native program on Windows.",
        ),
    ),
    Case(
        lambda sight, verdict: (
            sight.is_("wsl-mode", "mirrored") and verdict.lan.answer is Answer.YES
        ),
        Advice(
            "wsl-mirrored-inbound",
            Severity.INFO,
            "The Hyper-V firewall blocks what comes in by default",
            "Mirrored mode carries what is sent from here. Answers to multicast questions and "
            "whatever others start are blocked until a Hyper-V firewall rule lets them in.",
            (
                "Get-NetFirewallHyperVVMSetting -PolicyStore ActiveStore"
                " -Name '{40E0AC32-46A5-438A-A0B2-2B479E8F2E90}'",
            ),
        ),
    ),
    Case(
        lambda sight, verdict: (
            sight.is_("wsl-mode", "mirrored") and verdict.lan.answer is Answer.UNKNOWN
        ),
        Advice(
            "wrong-adapter",
            Severity.WARNING,
            "Mirrored mode shows no network card of Windows",
            "Only virtual adapters (a VPN's or a virtual switch's) are mirrored here. Check on "
            "Windows which adapter has the LAN, and run the node there as a native program.",
        ),
    ),
    Case(
        lambda sight, verdict: (
            sight.is_("kernel", "wsl2")
            and any(item.signal == "wslinfo" for item in sight.finding("wsl-mode").doubts)
        ),
        Advice(
            "wsl-mode-disputed",
            Severity.WARNING,
            "WSL's word and its links disagree",
            "wslinfo names one networking mode and the links show another, or it answered with no "
            "mode at all. The links were believed only against the LAN. Update WSL, and restart "
            "it when nothing runs in it.",
            ("wsl.exe --version",),
        ),
    ),
    Case(
        lambda sight, verdict: verdict.vantage is Vantage.ENGINE_BRIDGE,
        Advice(
            "engine-bridge",
            Severity.ERROR,
            "A bridge network hides the LAN from its containers",
            "The engine translates addresses between this container and its host: no ARP, no "
            "multicast, nothing inbound. On a Linux host start the container with host "
            "networking, or on a macvlan. On Windows and macOS run the node as a native program.",
            ("docker run --network host …",),
        ),
    ),
    Case(
        lambda sight, verdict: verdict.vantage is Vantage.ENGINE_NONE,
        Advice(
            "engine-none",
            Severity.ERROR,
            "This container was given no network",
            "It was started with network none. On a Linux host start it with host networking.",
            ("docker run --network host …",),
        ),
    ),
    Case(
        lambda _, verdict: (
            verdict.vantage is not Vantage.ENGINE_NONE and verdict.lan.reach is Reach.NONE
        ),
        Advice(
            "no-network",
            Severity.ERROR,
            "There is no network here but loopback",
            "Every other link is missing or down. In WSL this is what a failed mirrored mode "
            "leaves behind (a VPN, or IPv6 disabled in Windows); elsewhere check the cable and "
            "the namespace that this program was started in.",
        ),
    ),
    Case(
        lambda _, verdict: (
            verdict.vantage is Vantage.ENGINE_MACVLAN and verdict.lan.answer is Answer.YES
        ),
        Advice(
            "macvlan-own-host",
            Severity.INFO,
            "A macvlan cannot reach its own host",
            "The kernel keeps a macvlan and the card it hangs on apart. If the Authority runs on "
            "this same host, give the host a macvlan link of its own.",
        ),
    ),
    Case(
        lambda sight, verdict: (
            sight.is_("hypervisor")
            and sight.namespace() == "card"
            and not sight.is_("kernel")
            and verdict.lan.answer is Answer.UNKNOWN
        ),
        Advice(
            "virtual-machine",
            Severity.WARNING,
            "A virtual machine's card may lead to the LAN or to a NAT",
            "Its hypervisor decides, and nothing here shows how it did. Bridge the machine's card "
            "to the LAN, or run the node on the machine outside.",
        ),
    ),
    Case(
        lambda sight, verdict: verdict.lan.answer is Answer.UNKNOWN,
        Advice(
            "unproven",
            Severity.WARNING,
            "Whether this is the LAN could not be told from here",
            "Nothing that can be read here proves a LAN, and a wrong yes would be worse than "
            "none. Look from the machine outside this one, where its cards are.",
            ("dpf-edge compare",),
            depends_on=("wsl-mode-disputed", "wrong-adapter", "virtual-machine"),
        ),
    ),
)


def advice(sight: Sight, verdict: Verdict) -> tuple[Advice, ...]:
    """The advice for a verdict, the gravest first."""
    given = [case.advice for case in CASES if case.applies(sight, verdict)]
    told = {each.code for each in given}
    heard = [each for each in given if not told & set(each.depends_on)]
    return tuple(sorted(heard, key=lambda each: list(Severity).index(each.severity)))
