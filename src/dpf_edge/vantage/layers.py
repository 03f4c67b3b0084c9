"""What stands between a process and the wire, outermost first. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dpf_edge.model import Layer, Vantage
from dpf_edge.vantage.sight import DESKTOP

if TYPE_CHECKING:
    from dpf_edge.vantage.sight import Sight, Verdict

CONTAINER_NETWORKS = {
    Vantage.DOCKER_DESKTOP_HOST: "host networking",
    Vantage.DOCKER_DESKTOP_BRIDGE: "bridge",
    Vantage.ENGINE_HOST: "host networking",
    Vantage.ENGINE_BRIDGE: "bridge",
    Vantage.ENGINE_MACVLAN: "macvlan",
    Vantage.ENGINE_IPVLAN_L2: "ipvlan at layer 2",
    Vantage.ENGINE_IPVLAN_L3: "ipvlan at layer 3",
    Vantage.ENGINE_NONE: "none",
    Vantage.ROOTLESS_SLIRP: "slirp4netns",
    Vantage.ROOTLESS_PASTA: "pasta",
    Vantage.ROOTLESS_VPNKIT: "vpnkit",
    Vantage.KUBERNETES_POD: "a pod's own network",
    Vantage.KUBERNETES_HOST: "host networking",
    Vantage.LXC_BRIDGED: "bridge",
    Vantage.LXC_NAT: "the manager's own bridge",
}
MACHINES = {
    Vantage.PODMAN_MACHINE: "Podman's virtual machine",
    Vantage.LIMA: "Lima's virtual machine",
    Vantage.COLIMA: "Colima's virtual machine",
    Vantage.RANCHER_DESKTOP: "Rancher Desktop's virtual machine",
    Vantage.ORBSTACK: "OrbStack's virtual machine",
}


def layers(sight: Sight, verdict: Verdict) -> tuple[Layer, ...]:
    """The layers in the words host, vm, distro, engine and container."""
    vantage = verdict.vantage
    kernel = sight.finding("kernel").kind
    found = [host_layer(sight, verdict)]
    if vantage in MACHINES and kernel != "wsl2":
        found.append(Layer("vm", vantage.value, MACHINES[vantage]))
    elif kernel == "wsl2":
        found.append(Layer("vm", "wsl2", "the virtual machine that all WSL 2 distributions share"))
    elif kernel == "linuxkit" or vantage in DESKTOP:
        found.append(Layer("vm", "docker-desktop", "Docker Desktop's virtual machine"))
    elif sight.is_("hypervisor") or sight.is_("cloud"):
        kind = sight.finding("hypervisor").kind or "unknown"
        found.append(Layer("vm", kind, "a virtual machine"))
    if kernel == "wsl1":
        found.append(Layer("distro", "wsl1", "WSL 1, on Windows' own kernel"))
    elif vantage in MACHINES and kernel == "wsl2":
        found.append(Layer("distro", vantage.value, MACHINES[vantage]))
    elif kernel == "wsl2" and vantage not in DESKTOP:
        mode = sight.finding("wsl-mode").kind or "unknown"
        found.append(Layer("distro", mode, f"networking mode {mode}"))
    if vantage in CONTAINER_NETWORKS or sight.is_("container"):
        desktop = vantage in DESKTOP or sight.is_("docker-desktop")
        kind = "docker-desktop" if desktop else sight.finding("container").kind or "unknown"
        found.append(Layer("engine", kind))
        found.append(Layer("container", CONTAINER_NETWORKS.get(vantage, "unknown")))
    return tuple(found)


def host_layer(sight: Sight, verdict: Verdict) -> Layer:
    """The machine of metal, as far as it can be told from here."""
    kernel = sight.finding("kernel").kind
    if kernel in {"wsl1", "wsl2", "windows"}:
        return Layer("host", "windows")
    if kernel == "darwin":
        return Layer("host", "macos")
    if kernel in {"linuxkit", "orbstack"} or verdict.vantage in {*DESKTOP, *MACHINES}:
        return Layer("host", "unknown", "the desktop system that the virtual machine runs on")
    if sight.is_("cloud"):
        return Layer("host", "cloud", "the provider's machine")
    if sight.is_("hypervisor") or sight.is_("vm-nat"):
        return Layer("host", "unknown", "the machine that this virtual machine runs on")
    return Layer("host", "linux")
