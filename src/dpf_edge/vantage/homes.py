"""Every vantage with what it means: where it stands, its row of the matrix, its containers. Pure.

docs/reference/vantages.md is this table, and a test holds it complete.
"""

from __future__ import annotations

from typing import NamedTuple

from dpf_edge.model import Answer, Reach, Vantage

# What containers_here may rest on, besides a fixed answer.
AS_HERE = "as this vantage sees"
BY_ENGINE = "by the engine that is seen here"


class Home(NamedTuple):
    """One vantage."""

    says: str
    reach: tuple[Reach, ...]
    """What it may reach: where several stand, what is seen decides; *unknown* is always one."""
    row: int | None
    rows: dict[str, int]
    """Other rows by the engine that is seen: its kind, as the engine detector names it."""
    containers: Answer | str
    """Would a container with host networking stand on the LAN: always so, or by what?"""
    why: str


INNER_WHY = "its engine runs containers in a network of its own, host networking included"
SAME_WHY = "an engine's host network is this machine's own"
BEHIND_WHY = "what its engine's host sees cannot be seen from this container"
DISTRO_WHY = "a container sees no more than the distribution that its engine runs in"
OWN_ENGINE = {"docker": 1, "podman": 1}
WINDOWS_ROWS = {"docker-desktop": 3}

HOMES: dict[Vantage, Home] = {
    Vantage.WINDOWS_NATIVE: Home(
        "a program of Windows itself",
        (Reach.L2, Reach.NAT, Reach.ROUTED, Reach.VM, Reach.NONE),
        6,
        WINDOWS_ROWS,
        Answer.NO,
        "engines on Windows run containers in a virtual machine; only an engine inside a mirrored "
        "WSL distribution would stand on the LAN, and none is seen",
    ),
    Vantage.MACOS_NATIVE: Home(
        "a program of macOS itself",
        (Reach.L2, Reach.NAT, Reach.ROUTED, Reach.VM, Reach.NONE),
        5,
        {"docker-desktop": 4, "docker": 4, "docker-rootless": 4, "podman": 4},
        Answer.NO,
        "engines on macOS run containers in a virtual machine with a network of its own",
    ),
    Vantage.LINUX_HOST: Home(
        "a Linux machine of metal, in its own network namespace",
        (Reach.L2, Reach.NONE),
        7,
        OWN_ENGINE,
        AS_HERE,
        SAME_WHY,
    ),
    Vantage.LINUX_VM_BRIDGED: Home(
        "a virtual machine whose card is bridged to a switch",
        (Reach.L2,),
        7,
        OWN_ENGINE,
        AS_HERE,
        SAME_WHY,
    ),
    Vantage.LINUX_VM_NAT: Home(
        "a virtual machine behind its hypervisor's own translation of addresses",
        (Reach.NAT,),
        None,
        {},
        AS_HERE,
        SAME_WHY,
    ),
    Vantage.CLOUD_VM: Home(
        "a machine in a cloud",
        (Reach.VM,),
        9,
        {},
        AS_HERE,
        SAME_WHY,
    ),
    Vantage.WSL1: Home(
        "WSL 1, which uses Windows' own adapters and has no layer 2",
        (Reach.L3, Reach.NONE),
        6,
        WINDOWS_ROWS,
        Answer.NO,
        "no engine runs in WSL 1, and Docker Desktop's runs in a virtual machine",
    ),
    Vantage.WSL2_NAT: Home(
        "a WSL 2 distribution behind Windows' translation of addresses",
        (Reach.NAT, Reach.NONE),
        6,
        WINDOWS_ROWS,
        AS_HERE,
        DISTRO_WHY,
    ),
    Vantage.WSL2_MIRRORED: Home(
        "a WSL 2 distribution with Windows' own cards mirrored into it",
        (Reach.L3, Reach.NONE),
        6,
        {"docker-desktop": 3, "docker": 8, "podman": 8},
        BY_ENGINE,
        "yes by an engine inside this distribution, no by Docker Desktop; neither is seen",
    ),
    Vantage.WSL2_BRIDGED: Home(
        "a WSL 2 distribution on a switch of Hyper-V's",
        (Reach.L2, Reach.NONE),
        6,
        {"docker-desktop": 3, "docker": 8, "podman": 8},
        BY_ENGINE,
        "as this distribution by an engine inside it, no by Docker Desktop; neither is seen",
    ),
    Vantage.WSL2_VIRTIOPROXY: Home(
        "a WSL 2 distribution behind Windows' user-mode proxy",
        (Reach.NAT, Reach.NONE),
        6,
        WINDOWS_ROWS,
        AS_HERE,
        DISTRO_WHY,
    ),
    Vantage.WSL2_NONE: Home(
        "a WSL 2 distribution without a network",
        (Reach.NONE,),
        6,
        WINDOWS_ROWS,
        AS_HERE,
        DISTRO_WHY,
    ),
    Vantage.DOCKER_DESKTOP_DISTRO: Home(
        "Docker Desktop's own WSL distribution, whose view its containers do not share",
        (Reach.L3, Reach.L2, Reach.NAT, Reach.NONE),
        3,
        {},
        Answer.NO,
        INNER_WHY,
    ),
    Vantage.DOCKER_DESKTOP_HOST: Home(
        "a container of Docker Desktop with host networking",
        (Reach.VM,),
        None,
        {},
        Answer.NO,
        INNER_WHY,
    ),
    Vantage.DOCKER_DESKTOP_BRIDGE: Home(
        "a container of Docker Desktop on a bridge",
        (Reach.VM,),
        None,
        {},
        Answer.NO,
        INNER_WHY,
    ),
    Vantage.ENGINE_HOST: Home(
        "a container with host networking on its machine's own engine",
        (Reach.L2, Reach.L3, Reach.NAT, Reach.VM, Reach.NONE),
        1,
        {},
        AS_HERE,
        SAME_WHY,
    ),
    Vantage.ENGINE_BRIDGE: Home(
        "a container on an engine's bridge",
        (Reach.NAT,),
        1,
        {},
        Answer.UNKNOWN,
        BEHIND_WHY,
    ),
    Vantage.ENGINE_MACVLAN: Home(
        "a container with a MAC of its own on its host's card",
        (Reach.L2, Reach.VM),
        2,
        {},
        AS_HERE,
        "host networking stands on the card that this link hangs on",
    ),
    Vantage.ENGINE_IPVLAN_L2: Home(
        "a container that shares the MAC of its host's card, at layer 2",
        (Reach.L2, Reach.VM),
        2,
        {},
        AS_HERE,
        "host networking stands on the card that this link hangs on",
    ),
    Vantage.ENGINE_IPVLAN_L3: Home(
        "a container that its host routes for, at layer 3",
        (Reach.ROUTED, Reach.VM),
        1,
        {},
        Answer.UNKNOWN,
        BEHIND_WHY,
    ),
    Vantage.ENGINE_NONE: Home(
        "a container without a network",
        (Reach.NONE,),
        1,
        {},
        Answer.UNKNOWN,
        BEHIND_WHY,
    ),
    Vantage.ROOTLESS_SLIRP: Home(
        "a rootless engine's namespace behind slirp4netns",
        (Reach.NAT,),
        7,
        {},
        Answer.NO,
        "a rootless engine's host network is its user's namespace, and not the machine's",
    ),
    Vantage.ROOTLESS_PASTA: Home(
        "a rootless engine's namespace behind pasta, which copies the host's name and address",
        (Reach.NAT,),
        7,
        {},
        Answer.UNKNOWN,
        "Podman's host network would be the machine's own, and rootless Docker's would not",
    ),
    Vantage.ROOTLESS_VPNKIT: Home(
        "a rootless engine's namespace behind vpnkit",
        (Reach.NAT,),
        7,
        {},
        Answer.NO,
        "a rootless engine's host network is its user's namespace, and not the machine's",
    ),
    Vantage.PODMAN_MACHINE: Home(
        "Podman's virtual machine on macOS or Windows, behind gvproxy",
        (Reach.VM, Reach.L2),
        5,
        {},
        AS_HERE,
        SAME_WHY,
    ),
    Vantage.LIMA: Home(
        "a virtual machine of Lima's",
        (Reach.VM, Reach.L2),
        5,
        {},
        AS_HERE,
        SAME_WHY,
    ),
    Vantage.COLIMA: Home(
        "Colima's virtual machine",
        (Reach.VM, Reach.L2),
        5,
        {},
        AS_HERE,
        SAME_WHY,
    ),
    Vantage.RANCHER_DESKTOP: Home(
        "Rancher Desktop's virtual machine or distribution",
        (Reach.VM, Reach.L2),
        5,
        {},
        AS_HERE,
        SAME_WHY,
    ),
    Vantage.ORBSTACK: Home(
        "a machine or container of OrbStack's",
        (Reach.VM,),
        5,
        {},
        AS_HERE,
        SAME_WHY,
    ),
    Vantage.KUBERNETES_POD: Home(
        "a Kubernetes pod with a network of its own",
        (Reach.NAT, Reach.VM),
        1,
        {},
        Answer.UNKNOWN,
        "what its node sees cannot be seen from this pod",
    ),
    Vantage.KUBERNETES_HOST: Home(
        "a Kubernetes pod on its node's network",
        (Reach.L2, Reach.L3, Reach.NAT, Reach.VM, Reach.NONE),
        1,
        {},
        AS_HERE,
        SAME_WHY,
    ),
    Vantage.LXC_BRIDGED: Home(
        "a system container (LXC, Incus, Proxmox) on a bridge with a card in it",
        (Reach.L2,),
        7,
        {},
        AS_HERE,
        SAME_WHY,
    ),
    Vantage.LXC_NAT: Home(
        "a system container on its manager's own bridge",
        (Reach.NAT,),
        7,
        {},
        AS_HERE,
        SAME_WHY,
    ),
    Vantage.UNKNOWN: Home(
        "a place that is not known",
        (Reach.L2, Reach.NONE),
        None,
        {},
        Answer.UNKNOWN,
        "what this machine is could not be told",
    ),
}
