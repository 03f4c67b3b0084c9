"""The exact next commands for each form of the node, and what to know before. Pure.

What stands in CAPITALS is for the reader to fill in: it cannot be known from a diagnosis.
"""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from dpf_edge.model import Vantage
from dpf_edge.vantage.forms import IN_WINDOWS, MODES, NATIVE, Mode

if TYPE_CHECKING:
    from dpf_edge.model import Diagnosis

# For one who stands in a container, from where nothing is installed on the machine outside.
# The published node, which every DPF Authority takes. Its version is to be pinned by whoever runs
# it: a tag that moves is another program from one day to the next.
IMAGE = "ghcr.io/opendigitalproductfactory/dpf-edge-node:VERSION"
# The settings stand in a file, because a token on a command line is in every process list. Of the
# capabilities NET_RAW is enough: it asks by ARP, and changes nothing.
RUN = (
    "docker run -d --name dpf-edge-node --restart unless-stopped --cap-add NET_RAW"
    " -v dpf-edge-node:/var/lib/dpf-edge-node --env-file edge.env"
)
WITHOUT_ENGINE, CLOUD = 7, 9
ADVICE = "dpf-edge diagnose"
PROVE = "dpf-edge diagnose --active"
INSTALL = "dpf-edge install"
TOLD = " --authority https://AUTHORITY:8470 --token-file TOKEN-FILE"

ENROLS = (
    "TOKEN-FILE holds what `dpf-edge token issue` printed at the Authority; `dpf-edge up` tries a "
    "node without either."
)
ADMINISTRATOR = (
    "Installing takes an administrator: sudo, or on Windows a prompt that runs as one; --dry-run "
    "shows all of it."
)
SETTINGS = "edge.env holds DPF_AUTHORITY_URL=… and DPF_BOOTSTRAP_TOKEN=…, a line each."
FILL_IN = "Fill in what stands in CAPITALS; Podman takes the same words."
NO_ENGINE = "No engine is seen here that could: Docker or Podman, not rootless, comes first."
POD = "In Kubernetes it is a pod with `hostNetwork: true`."
NOT_ITS_HOST = "A container with a link of its own cannot reach its own host by that link."
PARENT_OUTSIDE = "PARENT is the card of the engine's host, whose name cannot be seen from here."
ADVANCED = (
    "Only an engine inside this distribution counts: Docker Desktop's stands elsewhere, whatever "
    "WSL's mode."
)
FIREWALL = "What comes in from the LAN passes Windows' Hyper-V firewall first; see the guide."
# From these the card that such a link hangs on has another name, or none.
ELSEWHERE = frozenset(
    {
        Vantage.ENGINE_MACVLAN,
        Vantage.ENGINE_IPVLAN_L2,
        Vantage.WINDOWS_NATIVE,
        Vantage.MACOS_NATIVE,
    }
)


def commands(mode: Mode | None, found: Diagnosis, *, blind: bool = False) -> tuple[str, ...]:
    """What to type next for a form, in order, on the machine where it runs.

    :param blind: nobody asked for that form, and it would see nothing: first that is to be mended.
    """
    if mode is None:
        return () if found.recommendation.row == CLOUD else (PROVE,)
    if blind:
        return (ADVICE,)
    if mode is Mode.NATIVE:
        return (PROVE, install(mode, found))
    if mode is Mode.CONTAINER:
        by_hand = f"{RUN} --network host {IMAGE}"
        return ("dpf-edge compare", install(mode, found) if is_outside(found) else by_hand)
    return (install(mode, found),) if is_outside(found) else own_link(mode, found)


def is_outside(found: Diagnosis) -> bool:
    """Whether this program runs outside every container, where it can install one."""
    return NATIVE[found.vantage].here or found.vantage in IN_WINDOWS - {
        Vantage.DOCKER_DESKTOP_DISTRO
    }


def install(mode: Mode, found: Diagnosis) -> str:
    """The command that installs a form; what it takes from the diagnosis is not repeated."""
    words = [INSTALL]
    if MODES.get(found.recommendation.runtime) is not mode:
        words.append(f"--mode {mode}")
    if mode in {Mode.MACVLAN, Mode.IPVLAN}:
        lan = found.lan
        words += [
            *([] if lan.interface and found.vantage not in ELSEWHERE else ["--parent PARENT"]),
            *([] if lan.network else ["--subnet NETWORK/PREFIX"]),
            *([] if lan.gateway else ["--gateway GATEWAY"]),
            "--address FREE-ADDRESS",
        ]
    return " ".join(words) + TOLD


def own_link(mode: Mode, found: Diagnosis) -> tuple[str, ...]:
    """A network on the card that is on the LAN, and the node with an address of its own in it."""
    lan = found.lan
    parent = None if found.vantage in ELSEWHERE else lan.interface
    driver = "macvlan" if mode is Mode.MACVLAN else "ipvlan -o ipvlan_mode=l2"
    network = lan.network or "NETWORK/PREFIX"
    version = " --ipv6" if ":" in network else ""
    # An interface may have nearly any name, and a capture's comes from another machine.
    return (
        f"docker network create -d {driver} -o parent={shlex.quote(parent or 'PARENT')}{version}"
        f" --subnet {network} --gateway {lan.gateway or 'GATEWAY'} dpf-lan",
        f"{RUN} --network dpf-lan {'--ip6' if version else '--ip'} FREE-ADDRESS {IMAGE}",
    )


def notes(mode: Mode | None, found: Diagnosis) -> tuple[str, ...]:
    """What to know before those commands."""
    if mode is None:
        return ()
    if mode is Mode.NATIVE:
        return (ENROLS, ADMINISTRATOR)
    said = [ENROLS, ADMINISTRATOR] if is_outside(found) else [FILL_IN, SETTINGS]
    if mode is not Mode.CONTAINER:
        said.append(NOT_ITS_HOST)
        said += [PARENT_OUTSIDE] if found.vantage in ELSEWHERE else []
    if found.recommendation.row == WITHOUT_ENGINE:
        said.append(NO_ENGINE)
    if found.vantage in {Vantage.KUBERNETES_POD, Vantage.KUBERNETES_HOST}:
        said.append(POD)
    if found.vantage in IN_WINDOWS:
        said += [ADVANCED, FIREWALL]
    return tuple(said)
