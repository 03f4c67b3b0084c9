"""Advice for virtual machines and clouds. Pure."""

from __future__ import annotations

from dpf_edge.model import Advice, Answer, Severity
from dpf_edge.vantage.advice.case import Case, blind

CASES: tuple[Case, ...] = (
    Case(
        lambda sight, verdict: (
            verdict.lan.answer is Answer.UNKNOWN
            and not sight.is_("kernel")
            and (
                (sight.is_("hypervisor") and sight.namespace() == "card")
                or sight.finding("adapters").kind == "guest"
            )
        ),
        Advice(
            "virtual-machine",
            Severity.WARNING,
            "A virtual machine's card may lead to the LAN or to a NAT",
            "Its hypervisor decides, and nothing here shows how it did. Bridge the machine's card "
            "to the LAN, or run the node on the machine outside.",
            depends_on=("bridged-card-unproven",),
        ),
    ),
    Case(
        lambda sight, verdict: sight.is_("vm-nat") and blind(verdict),
        Advice(
            "vm-nat",
            Severity.ERROR,
            "The hypervisor's NAT hides the LAN from this virtual machine",
            "Its card leads to a translator of addresses: connections go out, nothing comes in, "
            "and neither ARP nor multicast passes. Bridge the machine's card to the LAN in the "
            "hypervisor's settings, or run the node on the machine outside.",
            depends_on=("desktop-machine", "wsl-nat"),
        ),
    ),
    Case(
        lambda sight, verdict: sight.is_("cloud") and blind(verdict),
        Advice(
            "cloud",
            Severity.ERROR,
            "There is no LAN in a cloud to see",
            "Every neighbour here is the provider's fabric, and multicast goes nowhere. Keep the "
            "Authority here if you like, and put a node on each site that has a LAN.",
        ),
    ),
)
