"""Advice for a place that is on the LAN and sees nothing, or cannot be told. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dpf_edge.model import Advice, Answer, Severity, Vantage
from dpf_edge.vantage import adapters, tables
from dpf_edge.vantage.adapters import Adapter
from dpf_edge.vantage.advice.case import Case, blind, sees

if TYPE_CHECKING:
    from dpf_edge.vantage.sight import Sight, Verdict

NATIVE = frozenset({Vantage.WINDOWS_NATIVE, Vantage.MACOS_NATIVE})
# The two halves of everything, which VPN programs set to outdo a default route (OpenVPN's
# redirect-gateway def1).
HALVES = frozenset({"0.0.0.0/1", "128.0.0.0/1"})


# The page of System Settings that holds the permission (macOS 15).
LOCAL_NETWORK_PANE = "x-apple.systempreferences:com.apple.preference.security?Privacy_LocalNetwork"


def wrong_adapters(sight: Sight, verdict: Verdict) -> bool:
    """Whether adapters are up, and none of them is a card, nor one that may be a guest's."""
    if sees(verdict):
        return False
    if sight.is_("wsl-mode", "mirrored"):
        return verdict.lan.answer is Answer.UNKNOWN and not sight.is_("docker-desktop")
    found = sight.finding("adapters")
    return (
        verdict.vantage in NATIVE
        and found.kind not in {"card", "guest"}
        and bool(found.evidence)
        and not sight.is_("hypervisor")
    )


def vpn_takes_all(sight: Sight) -> bool:
    """Whether the best way to everywhere leads by a VPN."""
    held = sight.tables
    default = held.default_routes()
    through = {route.dev for route in held.routes if route.to in HALVES}
    through |= {route.dev for route in default[:1]}
    return any(is_vpn(sight, name) for name in through)


def is_vpn(sight: Sight, name: str | None) -> bool:
    """Whether an interface is a VPN's, as its system shows it."""
    interface = sight.tables.named(name)
    if interface is None:
        return False
    kind = sight.finding("kernel").kind
    if kind in {"windows", "darwin"}:
        return adapters.of(kind)(interface, sight.tables) is Adapter.VPN
    return tables.is_vpn(interface)


CASES: tuple[Case, ...] = (
    Case(
        wrong_adapters,
        Advice(
            "wrong-adapter",
            Severity.WARNING,
            "No network card is among the adapters that are up",
            "Only other adapters hold an address here: a VPN's, a virtual switch's, a mobile "
            "carrier's. In WSL's mirrored mode the wrong ones were mirrored. Check which adapter "
            "has the LAN and that it is up, and run the node on the machine that has it.",
            ("Get-NetAdapter", "ifconfig -a"),
            depends_on=("no-network",),
        ),
    ),
    Case(
        lambda sight, verdict: sees(verdict) and sight.is_("asked-neighbours", "isolated"),
        Advice(
            "client-isolated",
            Severity.WARNING,
            "The access point seems to keep its clients apart",
            "By this radio the gateway answers and no other station does. Guest networks and "
            "client isolation (AP isolation) do that: this process is on the LAN and sees nobody. "
            "Use a cable, or a network without isolation, or have it turned off.",
            ("dpf-edge diagnose --active",),
        ),
    ),
    Case(
        lambda sight, verdict: (
            verdict.lan.answer is not Answer.NO and sight.is_("asked-neighbours", "deaf")
        ),
        Advice(
            "firewall-inbound",
            Severity.WARNING,
            "Stations are there, and no answer to multicast comes in",
            "Neighbours answer ARP, and nobody answered mDNS or SSDP. A firewall on this machine "
            "usually drops such answers, because they come from addresses that were not asked. "
            "Let UDP in from the local network: to the node's program on Windows, from the ports "
            "of mDNS and SSDP on Linux.",
            (
                "New-NetFirewallRule -DisplayName dpf-edge -Direction Inbound -Action Allow"
                " -Protocol UDP -RemoteAddress LocalSubnet -Program C:\\PATH\\TO\\dpf-edge.exe",
                "sudo firewall-cmd --add-source-port=5353/udp --add-source-port=1900/udp",
            ),
            depends_on=("wsl-mirrored-inbound", "macos-local-network"),
        ),
    ),
    Case(
        lambda sight, verdict: (
            verdict.vantage is Vantage.MACOS_NATIVE
            and (sees(verdict) or sight.is_("local-network-privacy"))
        ),
        Advice(
            "macos-local-network",
            Severity.WARNING,
            "macOS may hide the LAN from this program",
            "macOS 15 and later ask each program for the Local Network permission. Without it "
            "every neighbour is unreachable or silent while the gateway answers. Allow it in "
            "System Settings, Privacy & Security, Local Network. A LaunchDaemon that runs as root, "
            "and programs started from Terminal or by ssh, are exempt.",
            (f"open '{LOCAL_NETWORK_PANE}'",),
        ),
    ),
    Case(
        lambda sight, verdict: not blind(verdict) and vpn_takes_all(sight),
        Advice(
            "vpn-in-the-way",
            Severity.WARNING,
            "A VPN takes the default route",
            "What is not on the LAN's own network leaves by the VPN, and many VPN programs forbid "
            "the local network besides. Allow local access (split tunnelling) in the VPN's "
            "settings, or the node will see neither all of the LAN nor its Authority.",
        ),
    ),
    Case(
        lambda sight, _: sight.is_("answers-for-all"),
        Advice(
            "stack-answers-for-all",
            Severity.WARNING,
            "One stack answers here for addresses that nobody has",
            "A connection to an address without a station was taken, or every address has one MAC. "
            "A user-mode proxy, a proxy-ARP router or an isolating switch does that, and every "
            "host behind it looks alive. What is seen from here proves nothing; look from the "
            "machine outside.",
            ("dpf-edge compare",),
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
            depends_on=(
                "wsl-mode-disputed",
                "wrong-adapter",
                "virtual-machine",
                "bridged-card-unproven",
                "wsl-bridged-unproven",
                "stack-answers-for-all",
                "macos-local-network",
            ),
        ),
    ),
)
