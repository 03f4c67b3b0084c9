"""The deployment matrix: nine rows, and which of them fits a verdict. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from dpf_edge.model import Answer, ContainersHere, Recommendation, Runtime, Vantage
from dpf_edge.vantage.sight import DESKTOP

if TYPE_CHECKING:
    from dpf_edge.vantage.sight import Sight, Verdict


class Row(NamedTuple):
    """One row: where it applies, the runtime that sees the LAN there, and why that one."""

    number: int
    place: str
    runtime: Runtime
    why: str


ROWS = {
    row.number: row
    for row in (
        Row(
            1,
            "Linux host with a container engine",
            Runtime.CONTAINER_HOST,
            "a container with host networking stands where its Linux host stands",
        ),
        Row(
            2,
            "Linux host, the node with an address of its own",
            Runtime.CONTAINER_MACVLAN,
            "a macvlan gives the container a MAC of its own on the host's segment",
        ),
        Row(
            3,
            "Windows with Docker Desktop",
            Runtime.NATIVE,
            "Docker Desktop gives no container the LAN, whatever WSL's mode; Windows has it",
        ),
        Row(
            4,
            "macOS with Docker Desktop",
            Runtime.NATIVE,
            "Docker Desktop gives no container the LAN; macOS has it",
        ),
        Row(5, "macOS without Docker", Runtime.NATIVE, "macOS itself is on the LAN"),
        Row(6, "Windows without Docker", Runtime.NATIVE, "Windows itself is on the LAN"),
        Row(
            7,
            "Linux without Docker",
            Runtime.NATIVE,
            "the host itself is on the LAN, and no engine is there to run a container",
        ),
        Row(
            8,
            "Docker Engine inside a mirrored WSL 2 distribution",
            Runtime.CONTAINER_HOST,
            "the distribution's own engine shares its mirrored view of the LAN",
        ),
        Row(9, "Authority in a cloud", Runtime.NONE, "there is no LAN in a cloud to see"),
    )
}

WSL = frozenset({Vantage.WSL2_NAT, Vantage.WSL2_MIRRORED, Vantage.WSL2_VIRTIOPROXY})


def recommendation(sight: Sight, verdict: Verdict) -> Recommendation:
    """The row that fits; none where nothing is known that a row could rest on."""
    number = row_number(sight, verdict)
    if number is None:
        why = desktop_of_unknown_system(verdict)
        return Recommendation(None, Runtime.NATIVE if why else Runtime.NONE, why or NO_ROW)
    row = ROWS[number]
    return Recommendation(number, row.runtime, row.why)


NO_ROW = "what stands here is not known well enough to recommend a place"


def desktop_of_unknown_system(verdict: Verdict) -> str | None:
    """Why the answer is native even where Windows and macOS cannot be told apart."""
    if verdict.vantage in DESKTOP:
        return "Docker Desktop gives no container the LAN; the system that it runs on has it"
    return None


def row_number(sight: Sight, verdict: Verdict) -> int | None:
    """The number of the row, by the vantage first and the engine second."""
    vantage = verdict.vantage
    engine = sight.finding("engine")
    if vantage is Vantage.DOCKER_DESKTOP_DISTRO:
        return 3
    if vantage in DESKTOP:
        return desktop_row(sight)
    if vantage in WSL or (vantage is Vantage.ENGINE_HOST and sight.is_("kernel", "wsl2")):
        native_engine = engine.answer is Answer.YES and engine.kind != "docker-desktop"
        if verdict.lan.answer is Answer.YES and (native_engine or vantage is Vantage.ENGINE_HOST):
            return 8
        return 3 if engine.kind == "docker-desktop" else 6
    if vantage is Vantage.ENGINE_MACVLAN:
        return desktop_row(sight) if sight.is_("docker-desktop") else 2
    if vantage is Vantage.LINUX_HOST or seen_from_linux(sight, verdict):
        own = engine.answer is Answer.YES and engine.kind in {"docker", "podman"}
        return 1 if own else 7
    if vantage in {Vantage.ENGINE_BRIDGE, Vantage.ENGINE_NONE, Vantage.ENGINE_HOST}:
        # Inside WSL the host's mode is not seen from a bridge; Windows itself always has the LAN.
        return 6 if sight.is_("kernel", "wsl2") else 1
    return None


def seen_from_linux(sight: Sight, verdict: Verdict) -> bool:
    """Whether this is a Linux machine of unknown sort that proved to be on the LAN."""
    return (
        verdict.vantage is Vantage.UNKNOWN
        and verdict.lan.answer is Answer.YES
        and sight.finding("kernel").kind == "generic"
        and not sight.is_("container")
    )


def desktop_row(sight: Sight) -> int | None:
    """Docker Desktop's row by the system under it: WSL's kernel or Hyper-V's link is Windows,
    LinuxKit is macOS as a rule (Docker Desktop for Linux has it too, and wants native as well)."""
    desktop = sight.finding("docker-desktop")
    if sight.finding("kernel").kind == "wsl2" or any(
        item.value == "hvint0" for item in desktop.evidence
    ):
        return 3
    if sight.is_("kernel", "linuxkit"):
        return 4
    return None


def containers_here(sight: Sight, verdict: Verdict) -> ContainersHere:
    """Would a container with host networking, on this machine's own engine, see the LAN?"""
    vantage, lan = verdict.vantage, verdict.lan
    engine = sight.finding("engine")
    if vantage in {Vantage.DOCKER_DESKTOP_DISTRO, *DESKTOP} or sight.is_(
        "engine", "docker-desktop"
    ):
        return ContainersHere(
            Answer.NO,
            "Docker Desktop runs containers in a network of its own, host networking included",
        )
    if sight.is_("engine", "docker-rootless"):
        return ContainersHere(Answer.NO, "a rootless engine's host network is not the machine's")
    if vantage in {Vantage.WSL2_NAT, Vantage.WSL2_VIRTIOPROXY}:
        return ContainersHere(
            Answer.NO if lan.answer is Answer.NO else Answer.UNKNOWN,
            "a container sees no more than the distribution that its engine runs in",
        )
    if vantage is Vantage.WSL2_MIRRORED:
        if engine.answer is Answer.YES and lan.answer is Answer.YES:
            return ContainersHere(Answer.YES, "the distribution's own engine shares its network")
        return ContainersHere(
            Answer.UNKNOWN,
            "yes by an engine inside this distribution, no by Docker Desktop; neither is seen",
        )
    if vantage in {Vantage.LINUX_HOST, Vantage.ENGINE_HOST, Vantage.ENGINE_MACVLAN}:
        if vantage is Vantage.ENGINE_MACVLAN and sight.is_("docker-desktop"):
            return ContainersHere(Answer.NO, "the engine is Docker Desktop's")
        return ContainersHere(lan.answer, "an engine's host network is this machine's own")
    if vantage in {Vantage.ENGINE_BRIDGE, Vantage.ENGINE_NONE}:
        return ContainersHere(
            Answer.UNKNOWN, "what its engine's host sees cannot be seen from this container"
        )
    if seen_from_linux(sight, verdict) and sight.is_("engine", "docker", "podman"):
        return ContainersHere(Answer.YES, "an engine's bridge is here, so its host network is too")
    return ContainersHere(Answer.UNKNOWN, "what this machine is could not be told")
