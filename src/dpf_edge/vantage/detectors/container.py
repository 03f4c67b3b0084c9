from __future__ import annotations

from typing import TYPE_CHECKING

from dpf_edge.model import Answer, Evidence, Finding
from dpf_edge.vantage import mounts
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
    signs = [*orchestrator(reading), *variables(reading), *mounted(reading)]
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
    kinds = [kind for kind, _ in signs if kind]
    named = next((kind for kind in kinds if kind == "kubernetes"), kinds[0] if kinds else "oci")
    return Finding(
        Answer.YES, named, tuple(evidence for _, evidence in signs), tuple(reading.doubts)
    )


Sign = tuple[str | None, Evidence]


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
    word = reading.env("container")
    if word:
        found.append((NAMES.get(word, "oci"), Evidence("variable", word, "environment container")))
    first = reading.text("/proc/1/environ") or ""
    if first.startswith("container=") and not word:
        word = first.partition("=")[2].partition("\0")[0]
        found.append((NAMES.get(word, "oci"), Evidence("variable", word, "/proc/1/environ")))
    for path in ("/run/systemd/container", "/run/host/container-manager"):
        word = (reading.text(path) or "").strip()
        # systemd writes "wsl" there too, and WSL is no container.
        if word and word != "wsl":
            found.append((NAMES.get(word, "oci"), Evidence("manager", word, path)))
    groups = reading.text("/proc/1/cgroup") or ""
    for part, kind in CGROUPS.items():
        if part in groups:
            found.append((kind, Evidence("control-group", part.strip("/"), "/proc/1/cgroup")))
            break
    for path in ("/dev/lxd", "/dev/incus"):
        if reading.host.is_dir(path):
            found.append(("lxc", Evidence("guest-device", "present", path)))
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
