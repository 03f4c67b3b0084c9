from __future__ import annotations

from typing import TYPE_CHECKING

from dpf_edge.model import Answer, Evidence, Finding
from dpf_edge.vantage.detectors import detector
from dpf_edge.vantage.reading import Reading

if TYPE_CHECKING:
    from dpf_edge.host.seam import Host

PRETTY_NAMES = ('PRETTY_NAME="Docker Desktop"', "PRETTY_NAME=Docker Desktop")
DISTRIBUTIONS = frozenset({"docker-desktop", "docker-desktop-data"})


@detector("docker-desktop-distro")
def docker_desktop_distro(host: Host) -> Finding:
    """Is this Docker Desktop's own WSL distribution, whose view its containers do not share?

    The engine runs in a network namespace of its own inside the same virtual machine, so what is
    seen from here says nothing of containers.
    """
    reading = Reading(host)
    evidence = []
    name = reading.env("WSL_DISTRO_NAME")
    if name in DISTRIBUTIONS:
        evidence.append(Evidence("distribution", name, "environment WSL_DISTRO_NAME"))
    lines = (reading.text("/etc/os-release") or "").splitlines()
    if any(line.strip() in PRETTY_NAMES for line in lines):
        evidence.append(Evidence("os-release", "Docker Desktop", "/etc/os-release"))
    if not evidence:
        return Finding(Answer.NO, None, (), tuple(reading.doubts))
    if host.is_dir("/mnt/docker-desktop-disk"):
        path = "/mnt/docker-desktop-disk"
        evidence.append(Evidence("engine-disk", "mounted here", path))
    return Finding(Answer.YES, None, tuple(evidence), tuple(reading.doubts))
