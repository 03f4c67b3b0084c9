"""The deployment matrix: nine rows, and which of them fits a verdict. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from dpf_edge.model import Answer, ContainersHere, Reach, Recommendation, Runtime, Vantage
from dpf_edge.vantage.homes import AS_HERE, BY_ENGINE, HOMES, INNER_WHY
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


def recommendation(sight: Sight, verdict: Verdict) -> Recommendation:
    """The row that fits; none where nothing is known that a row could rest on."""
    number = row_number(sight, verdict)
    if number is None:
        why = native_outside(verdict)
        return Recommendation(None, Runtime.NATIVE if why else Runtime.NONE, why or NO_ROW)
    row = ROWS[number]
    if verdict.vantage is Vantage.ENGINE_IPVLAN_L2 and row.runtime is Runtime.CONTAINER_MACVLAN:
        return Recommendation(number, Runtime.CONTAINER_IPVLAN, IPVLAN)
    return Recommendation(number, row.runtime, row.why)


NO_ROW = "what stands here is not known well enough to recommend a place"
IPVLAN = "ipvlan at layer 2 shares its card's MAC, which a radio wants where macvlan fails"


def native_outside(verdict: Verdict) -> str | None:
    """Why the answer is native even where the machine outside is not known."""
    if verdict.vantage in DESKTOP:
        return "Docker Desktop gives no container the LAN; the system that it runs on has it"
    if verdict.vantage is Vantage.LINUX_VM_NAT:
        return "the machine outside this virtual machine has the LAN, or bridges its card to it"
    return None


def row_number(sight: Sight, verdict: Verdict) -> int | None:
    """The number of the row: the vantage's own, or that of the engine which is seen there."""
    vantage = verdict.vantage
    kind = sight.finding("engine").kind
    home = HOMES[vantage]
    if vantage in DESKTOP or (vantage in ON_A_CARD and sight.is_("docker-desktop")):
        return desktop_row(sight)
    if sight.is_("cloud") and vantage in {Vantage.ENGINE_HOST, Vantage.KUBERNETES_HOST}:
        return 9
    if vantage in {Vantage.ENGINE_HOST, Vantage.PODMAN_MACHINE, Vantage.RANCHER_DESKTOP} | BEHIND:
        if sight.is_("kernel", "wsl2"):
            # Inside WSL only an engine that sees the LAN is worth a container of its own.
            return 8 if verdict.lan.answer is Answer.YES else 6
        return home.row
    if home.rows.get(kind or "") == MIRRORED_ENGINE and verdict.lan.answer is not Answer.YES:
        return home.row
    if vantage is Vantage.UNKNOWN and seen_from_linux(sight, verdict):
        home = HOMES[Vantage.LINUX_HOST]
    return home.rows.get(kind or "", home.row)


MIRRORED_ENGINE = 8
ON_A_CARD = frozenset({Vantage.ENGINE_MACVLAN, Vantage.ENGINE_IPVLAN_L2, Vantage.ENGINE_IPVLAN_L3})
# Containers from which their engine's host cannot be seen.
BEHIND = frozenset({Vantage.ENGINE_BRIDGE, Vantage.ENGINE_NONE, Vantage.KUBERNETES_POD})


def seen_from_linux(sight: Sight, verdict: Verdict) -> bool:
    """Whether this is a Linux machine of unknown sort that proved to be on the LAN."""
    return (
        verdict.vantage is Vantage.UNKNOWN
        and verdict.lan.answer is Answer.YES
        and sight.finding("kernel").kind == "generic"
        and not sight.is_("container")
    )


def desktop_row(sight: Sight) -> int | None:
    """Docker Desktop's row by the system under it: WSL's kernel, Hyper-V's link or a drive's
    letter is Windows, and LinuxKit is macOS as a rule (Docker Desktop for Linux has it too, and
    wants native as well)."""
    told = [item.value for item in sight.finding("docker-desktop").evidence]
    windows = any(value == "hvint0" or "C:" in value or "/mnt/host/c" in value for value in told)
    if sight.finding("kernel").kind == "wsl2" or windows:
        return 3
    if sight.is_("kernel", "linuxkit") or any("/Users" in value for value in told):
        return 4
    return None


def containers_here(sight: Sight, verdict: Verdict) -> ContainersHere:
    """Would a container with host networking, on this machine's own engine, see the LAN?"""
    vantage, lan = verdict.vantage, verdict.lan
    home = HOMES[vantage]
    if sight.is_("engine", "docker-desktop") or (
        vantage in ON_A_CARD and sight.is_("docker-desktop")
    ):
        return ContainersHere(Answer.NO, f"the engine is Docker Desktop's: {INNER_WHY}")
    if sight.is_("engine", "docker-rootless"):
        return ContainersHere(Answer.NO, "a rootless engine's host network is not the machine's")
    if home.containers == AS_HERE:
        return ContainersHere(lan.answer, home.why)
    if home.containers == BY_ENGINE:
        return by_engine(sight, verdict)
    if vantage is Vantage.UNKNOWN and seen_from_linux(sight, verdict) and sight.is_("engine"):
        return ContainersHere(Answer.YES, "an engine's bridge is here, so its host network is too")
    return ContainersHere(Answer(home.containers), home.why)


def by_engine(sight: Sight, verdict: Verdict) -> ContainersHere:
    """The answer where it hangs on whose engine it is, and not Docker Desktop's is seen."""
    home = HOMES[verdict.vantage]
    if sight.is_("engine", "docker", "podman"):
        return ContainersHere(
            verdict.lan.answer, "the distribution's own engine shares its network"
        )
    answer = Answer.NO if verdict.lan.reach is Reach.NONE else Answer.UNKNOWN
    return ContainersHere(answer, home.why)
