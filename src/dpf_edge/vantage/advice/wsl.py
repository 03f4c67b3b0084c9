"""Advice for the distributions of WSL. Pure."""

from __future__ import annotations

from dpf_edge.model import Advice, Answer, Severity, Vantage
from dpf_edge.vantage.advice.case import Case, blind, sees

CASES: tuple[Case, ...] = (
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
            "Mirrored mode carries what is sent from here, and mDNS that is sent to its group "
            "comes in. Unicast answers to a multicast question, SSDP, and whatever others start "
            "are blocked until a Hyper-V firewall rule lets them in.",
            (
                "Get-NetFirewallHyperVVMSetting -PolicyStore ActiveStore"
                " -Name '{40E0AC32-46A5-438A-A0B2-2B479E8F2E90}'",
            ),
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
        lambda _, verdict: verdict.vantage is Vantage.WSL1 and sees(verdict),
        Advice(
            "wsl1-no-layer-2",
            Severity.WARNING,
            "WSL 1 reaches the LAN's addresses and hears nothing else",
            "WSL 1 opens connections by Windows' own adapters. It has no raw sockets, no ARP table "
            "and little multicast, so a node finds only what answers a connection. Run the node "
            "as a native program on Windows.",
        ),
    ),
    Case(
        lambda sight, verdict: (
            sight.is_("wsl-mode", "bridged") and verdict.lan.answer is Answer.UNKNOWN
        ),
        Advice(
            "wsl-bridged-unproven",
            Severity.WARNING,
            "WSL's bridged mode is as good as its switch",
            "An external switch leads to the LAN, an internal one to Windows alone, and nothing "
            "here tells which it is. Let the neighbours answer, or run the node as a native "
            "program on Windows.",
            ("dpf-edge diagnose --active", "Get-VMSwitch"),
        ),
    ),
)
