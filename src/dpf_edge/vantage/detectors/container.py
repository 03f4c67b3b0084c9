from __future__ import annotations

from typing import TYPE_CHECKING

from dpf_edge.model import Answer, Evidence, Finding
from dpf_edge.vantage import mounts, tables
from dpf_edge.vantage.detectors import detector
from dpf_edge.vantage.reading import Reading

if TYPE_CHECKING:
    from dpf_edge.host.seam import Host

MOUNTINFO = "/proc/self/mountinfo"
SERVICE_ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount"
# What runs a container, by the words its files and variables use.
NAMES = {
    "docker": "docker",
    "podman": "podman",
    "oci": "oci",
    "lxc": "lxc",
    "lxc-libvirt": "lxc",
    "systemd-nspawn": "nspawn",
    "containerd": "oci",
}
# In this order one sign outranks another: an engine's own files name it for sure.
KINDS = ("docker", "podman", "oci", "lxc", "nspawn")
# A sandbox of a sort that says nothing of its network: Flatpak, a build's chroot.
OTHER = "other"
CGROUPS = {"kubepods": "kubernetes", "/docker/": "docker", "libpod-": "podman", "/lxc": "lxc"}


@detector("container")
def container(host: Host) -> Finding:
    """Is this process inside a container, and whose?

    ``/.dockerenv`` alone proves nothing: it survives in a root that was made by ``docker
    export``, as in WSL distributions and virtual machines built that way. Docker always lays its
    own hosts file over the container's, so where the mounts can be read and show neither that
    nor an engine's root, the marker is a leftover.
    """
    reading = Reading(host)
    signs = [
        *orchestrator(reading),
        *variables(reading),
        *mounted(reading),
        *written_by_an_engine(reading),
    ]
    marker = reading.exists("/.dockerenv")
    if reading.exists("/run/.containerenv"):
        signs.append(("podman", Evidence("marker", "present", "/run/.containerenv")))
    if marker:
        evidence = Evidence("docker-marker", "present", "/.dockerenv")
        if signs or reading.text(MOUNTINFO) is None:
            signs.append(("docker", evidence))
        else:
            reading.doubt("docker-marker", "left over: no engine mounted this root", "/.dockerenv")
    if not signs:
        return Finding(Answer.NO, None, (), tuple(reading.doubts))
    kinds = [kind for kind, _ in signs]
    named = next((kind for kind in ("kubernetes", *KINDS) if kind in kinds), OTHER)
    return Finding(
        Answer.YES, named, tuple(evidence for _, evidence in signs), tuple(reading.doubts)
    )


Sign = tuple[str, Evidence]
# What Docker's own resolver notes above its servers (moby: resolvconf.go).
EXT_SERVERS = "# ExtServers:"


def kind_of(word: str) -> str | None:
    """What a runtime's word stands for; None where it stands for no container.

    systemd writes ``wsl`` in the same places, and WSL is no container.
    """
    low = word.strip().lower()
    return None if low in {"", "wsl"} else NAMES.get(low, OTHER)


def orchestrator(reading: Reading) -> list[Sign]:
    """Kubernetes' own signs."""
    found: list[Sign] = []
    if reading.env("KUBERNETES_SERVICE_HOST"):
        source = "environment KUBERNETES_SERVICE_HOST"
        found.append(("kubernetes", Evidence("kubernetes", "set", source)))
    if reading.host.is_dir(SERVICE_ACCOUNT):
        found.append(("kubernetes", Evidence("service-account", "present", SERVICE_ACCOUNT)))
    return found


def variables(reading: Reading) -> list[Sign]:
    """The word that a runtime leaves in the environment, in /run or in the control groups."""
    found: list[Sign] = []
    first = (reading.text("/proc/1/environ") or "").partition("\0")[0]
    words = {
        "environment container": reading.env("container") or "",
        "/proc/1/environ": first.partition("=")[2] if first.startswith("container=") else "",
        "/run/systemd/container": reading.text("/run/systemd/container") or "",
        "/run/host/container-manager": reading.text("/run/host/container-manager") or "",
    }
    for source, word in words.items():
        kind = kind_of(word)
        if kind is not None:
            found.append((kind, Evidence("runtime", word.strip(), source)))
    groups = reading.text("/proc/1/cgroup") or ""
    for part, kind in CGROUPS.items():
        if part in groups:
            found.append((kind, Evidence("control-group", part.strip("/"), "/proc/1/cgroup")))
            break
    for path in ("/dev/lxd", "/dev/incus"):
        if reading.host.is_dir(path):
            found.append(("lxc", Evidence("guest-device", "present", path)))
    return found


def written_by_an_engine(reading: Reading) -> list[Sign]:
    """What Docker leaves in a container's network: its resolver's comment, a MAC of its making.

    Docker before 28 made a container's MAC of 02:42 and its IPv4 address; later ones draw it.
    """
    found: list[Sign] = []
    if EXT_SERVERS in (reading.text("/etc/resolv.conf") or ""):
        found.append(("docker", Evidence("engine-resolver", EXT_SERVERS, "/etc/resolv.conf")))
    for each in tables.of(reading.host).others():
        for place in tables.places(each):
            made = f"02:42:{place.ip.packed.hex(':')}"
            if each.mac == made and not tables.is_engine_bridge(each):
                told = f"{each.name} has {made}, of its own address"
                found.append(("docker", Evidence("engine-mac", told, f"interface {each.name}")))
    return found


def mounted(reading: Reading) -> list[Sign]:
    """What an engine's mounts say: its root, and its files over /etc."""
    table = mounts.parse(reading.text(MOUNTINFO) or "")
    found: list[Sign] = []
    file = mounts.engine_file(table)
    if file is not None:
        kind = "podman" if "overlay-containers" in file.root else "docker"
        found.append((kind, Evidence("engine-file", f"{file.point} from {file.root}", MOUNTINFO)))
    root = mounts.engine_root(table)
    if root is not None:
        kind = "podman" if "/containers/storage" in root.options else "docker"
        found.append(
            (kind, Evidence("engine-root", f"{root.kind} of an engine's store", MOUNTINFO))
        )
    if any(mount.kind == "fuse.lxcfs" for mount in table) and file is None and root is None:
        found.append(("lxc", Evidence("lxcfs", "mounted", MOUNTINFO)))
    return found
