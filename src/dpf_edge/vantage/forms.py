"""The forms that a node can take on a machine, and what each would see there. Pure.

Four forms: a native program, a container with host networking, and a container with a link of its
own on a card of its host, by macvlan or by ipvlan at layer 2. What a form sees is told by the
vantage that was diagnosed; where that stands behind the machine in question, the answer is
*unknown*, and never a guess.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from dpf_edge.model import Answer, Reach, Runtime, Vantage
from dpf_edge.vantage.homes import AS_HERE, HOMES

if TYPE_CHECKING:
    from dpf_edge.model import Diagnosis, InterfaceRole


class Mode(StrEnum):
    """In what form somebody wants the node: what ``--mode`` takes."""

    NATIVE = "native"
    CONTAINER = "container"
    MACVLAN = "macvlan"
    IPVLAN = "ipvlan"


RUNTIMES = {
    Mode.NATIVE: Runtime.NATIVE,
    Mode.CONTAINER: Runtime.CONTAINER_HOST,
    Mode.MACVLAN: Runtime.CONTAINER_MACVLAN,
    Mode.IPVLAN: Runtime.CONTAINER_IPVLAN,
}
MODES = {runtime: mode for mode, runtime in RUNTIMES.items()}


class Gives(NamedTuple):
    """What a form of the node would see, and why."""

    sees_lan: Answer
    why: str


class Outside(NamedTuple):
    """Where a native program stands, seen from a vantage."""

    where: str
    here: bool
    why: str | None = None
    """Why what it would see there is not known; None where it sees what is seen here."""


HERE = Outside("on this machine", here=True)
ON_WINDOWS = Outside(
    "on Windows itself, outside WSL and every container",
    here=False,
    why="Windows itself has the LAN as a rule; diagnose it there",
)
ON_MACOS = Outside(
    "on macOS itself, outside every virtual machine and container",
    here=False,
    why="macOS itself has the LAN as a rule; diagnose it there",
)
ON_A_DESKTOP = Outside(
    "on the system that the virtual machine runs on, outside every container",
    here=False,
    why="the system outside has the LAN as a rule; diagnose it there",
)
ON_THE_HOST = Outside("on the host itself, outside every container", here=False)
BEHIND_IT = ON_THE_HOST._replace(
    why="what the host sees cannot be seen from this container; diagnose it there"
)
WINDOWS_ROWS, MACOS_ROWS = frozenset({3, 6, 8}), frozenset({4, 5})

# The machine that a native program would run on, for every vantage; a test holds it complete.
NATIVE: dict[Vantage, Outside] = {
    Vantage.WINDOWS_NATIVE: HERE,
    Vantage.MACOS_NATIVE: HERE,
    Vantage.LINUX_HOST: HERE,
    Vantage.LINUX_VM_BRIDGED: HERE,
    Vantage.LINUX_VM_NAT: HERE,
    Vantage.CLOUD_VM: HERE,
    Vantage.LXC_BRIDGED: HERE,
    Vantage.LXC_NAT: HERE,
    Vantage.UNKNOWN: HERE,
    Vantage.WSL1: ON_WINDOWS,
    Vantage.WSL2_MIRRORED: ON_WINDOWS,
    Vantage.WSL2_NAT: ON_WINDOWS,
    Vantage.WSL2_BRIDGED: ON_WINDOWS,
    Vantage.WSL2_VIRTIOPROXY: ON_WINDOWS,
    Vantage.WSL2_NONE: ON_WINDOWS,
    Vantage.DOCKER_DESKTOP_DISTRO: ON_WINDOWS,
    Vantage.DOCKER_DESKTOP_HOST: ON_A_DESKTOP,
    Vantage.DOCKER_DESKTOP_BRIDGE: ON_A_DESKTOP,
    Vantage.PODMAN_MACHINE: ON_A_DESKTOP,
    Vantage.LIMA: ON_A_DESKTOP,
    Vantage.COLIMA: ON_A_DESKTOP,
    Vantage.RANCHER_DESKTOP: ON_A_DESKTOP,
    Vantage.ORBSTACK: ON_A_DESKTOP,
    # These share their host's segment, or its very network: it sees what they see.
    Vantage.ENGINE_HOST: ON_THE_HOST,
    Vantage.ENGINE_MACVLAN: ON_THE_HOST,
    Vantage.ENGINE_IPVLAN_L2: ON_THE_HOST,
    Vantage.KUBERNETES_HOST: ON_THE_HOST,
    Vantage.ENGINE_BRIDGE: BEHIND_IT,
    Vantage.ENGINE_IPVLAN_L3: BEHIND_IT,
    Vantage.ENGINE_NONE: BEHIND_IT,
    Vantage.ROOTLESS_SLIRP: BEHIND_IT,
    Vantage.ROOTLESS_PASTA: BEHIND_IT,
    Vantage.ROOTLESS_VPNKIT: BEHIND_IT,
    Vantage.KUBERNETES_POD: BEHIND_IT,
}

IN_WINDOWS = frozenset(
    {
        Vantage.WSL1,
        Vantage.WSL2_NAT,
        Vantage.WSL2_MIRRORED,
        Vantage.WSL2_BRIDGED,
        Vantage.WSL2_VIRTIOPROXY,
        Vantage.WSL2_NONE,
        Vantage.DOCKER_DESKTOP_DISTRO,
    }
)
ROOTLESS = frozenset({Vantage.ROOTLESS_SLIRP, Vantage.ROOTLESS_PASTA, Vantage.ROOTLESS_VPNKIT})
# Machines whose card hangs on a switch of somebody else's, which may know each MAC that it takes.
ON_A_SWITCH = frozenset(
    {
        Vantage.LINUX_VM_BRIDGED,
        Vantage.LXC_BRIDGED,
        Vantage.PODMAN_MACHINE,
        Vantage.LIMA,
        Vantage.COLIMA,
        Vantage.RANCHER_DESKTOP,
        Vantage.ORBSTACK,
    }
)


def gives(mode: Mode, found: Diagnosis) -> Gives:
    """What a form of the node would see on the machine that was diagnosed."""
    if mode is Mode.NATIVE:
        return native(found)
    if mode is Mode.CONTAINER:
        return container(found)
    return own_link(mode, found)


def outside_of(found: Diagnosis) -> Outside:
    """The machine that a native program would run on: the row tells the system, where it is known.

    A container of an engine's can be one in WSL, or in a virtual machine on macOS.
    """
    outside = NATIVE[found.vantage]
    if outside.here:
        return outside
    if found.recommendation.row in WINDOWS_ROWS:
        # Layer 3 alone, and a yes: WSL 1 and mirrored mode show Windows' own adapters.
        windows_own = found.lan.answer is Answer.YES and found.lan.reach is Reach.L3
        return ON_WINDOWS._replace(why=None) if windows_own else ON_WINDOWS
    if found.recommendation.row in MACOS_ROWS:
        return ON_MACOS
    return outside


def container(found: Diagnosis) -> Gives:
    """A container with host networking on this machine's own engine."""
    here, lan = found.containers_here, found.lan
    as_here = HOMES[found.vantage].containers == AS_HERE and here.answer is lan.answer
    if as_here and here.answer is not Answer.YES and lan.why:
        return Gives(here.answer, f"{here.why}, and {lan.why}")
    return Gives(here.answer, here.why)


def native(found: Diagnosis) -> Gives:
    """A native program: here, or on the machine that this place is inside of."""
    outside = outside_of(found)
    if outside.why is not None:
        return Gives(Answer.UNKNOWN, outside.why)
    lan = found.lan
    if not outside.here and lan.answer is not Answer.YES:
        # A host's network, seen from inside it, can be less than the host has, and never more.
        return Gives(Answer.UNKNOWN, f"what is seen here proves nothing for it: {lan.why}")
    return Gives(lan.answer, lan.why or "it sees what is seen here")


def own_link(mode: Mode, found: Diagnosis) -> Gives:
    """A container with a link of its own on a card of its host."""
    if found.vantage in IN_WINDOWS:
        return Gives(
            Answer.NO, "WSL carries Windows' own addresses, and no link of a container's beside"
        )
    if found.vantage in ROOTLESS:
        return Gives(Answer.NO, "a rootless engine may not hang a link on a card of its host")
    if found.containers_here.answer is Answer.NO:
        return container(found)
    if NATIVE[found.vantage] is BEHIND_IT:
        return Gives(Answer.UNKNOWN, "the card that it would hang on cannot be seen from here")
    if found.lan.answer is not Answer.YES:
        return Gives(found.lan.answer, found.lan.why or "no card here is known to be on a LAN")
    if found.vantage is Vantage.UNKNOWN:
        return Gives(Answer.UNKNOWN, "what machine's card it would hang on could not be told")
    return on_a_card(mode, found)


def on_a_card(mode: Mode, found: Diagnosis) -> Gives:
    """Such a link on a card that is on the LAN: a second MAC is not welcome everywhere."""
    if found.lan.reach is not Reach.L2:
        return Gives(Answer.UNKNOWN, "layer 2 is not proven here, and such a link lives on it")
    if mode is Mode.IPVLAN:
        return Gives(Answer.YES, "ipvlan at layer 2 shares the card's MAC, and its segment")
    card = parent(found)
    if is_radio(card):
        return Gives(
            Answer.NO, "by radio an access point takes one MAC a client: use ipvlan at layer 2"
        )
    if found.vantage in ON_A_SWITCH:
        return Gives(
            Answer.UNKNOWN, "the switch that its card hangs on may drop a MAC that it did not give"
        )
    if card is None or card.kind in {None, "ipvlan"}:
        return Gives(Answer.UNKNOWN, "whether the card that it hangs on is a radio cannot be seen")
    return Gives(Answer.YES, "a macvlan has a MAC of its own on the card's segment")


def parent(found: Diagnosis) -> InterfaceRole | None:
    """The interface that is on the LAN; None where none is."""
    return next((each for each in found.interfaces if each.name == found.lan.interface), None)


def is_radio(card: InterfaceRole | None) -> bool:
    """Whether a card is a Wi-Fi one."""
    return card is not None and card.kind == "wifi"
