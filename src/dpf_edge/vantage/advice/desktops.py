"""Advice for the virtual machines that desktop engines run containers in. Pure."""

from __future__ import annotations

from dpf_edge.model import Advice, Answer, Severity, Vantage
from dpf_edge.vantage.advice.case import Case, blind
from dpf_edge.vantage.sight import DESKTOP

MACHINES = frozenset(
    {
        Vantage.PODMAN_MACHINE,
        Vantage.LIMA,
        Vantage.COLIMA,
        Vantage.RANCHER_DESKTOP,
        Vantage.ORBSTACK,
    }
)


CASES: tuple[Case, ...] = (
    Case(
        lambda sight, verdict: (
            verdict.vantage in DESKTOP
            or (
                sight.is_("docker-desktop")
                and blind(verdict)
                and verdict.vantage is not Vantage.DOCKER_DESKTOP_DISTRO
            )
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
        lambda _, verdict: verdict.vantage in MACHINES and blind(verdict),
        Advice(
            "desktop-machine",
            Severity.ERROR,
            "A desktop engine's virtual machine stands on an inner network",
            "Podman, Lima, Colima, Rancher Desktop and OrbStack run containers in a virtual "
            "machine whose network is their own; host networking inside it reaches that network "
            "and not the LAN. Run the node as a native program on macOS or Windows itself. Lima, "
            "Colima and Rancher Desktop can give the machine a second, bridged card, which needs "
            "an administrator's consent.",
            ("dpf-edge diagnose",),
        ),
    ),
    Case(
        lambda _, verdict: verdict.vantage in MACHINES and verdict.lan.answer is Answer.UNKNOWN,
        Advice(
            "bridged-card-unproven",
            Severity.WARNING,
            "A second card is here, and nothing proves that it is bridged",
            "The virtual machine has a card beside its inner one. If it is bridged it stands on "
            "the LAN; if it is shared or host-only it does not. Let its neighbours answer, or run "
            "the node as a native program on the machine itself.",
            ("dpf-edge diagnose --active",),
        ),
    ),
)
