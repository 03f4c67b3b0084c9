from __future__ import annotations

import json
from typing import TYPE_CHECKING

from dpf_edge.model import Answer, Evidence, Finding
from dpf_edge.vantage import tables
from dpf_edge.vantage.detectors import detector
from dpf_edge.vantage.reading import Reading

if TYPE_CHECKING:
    from dpf_edge.host.seam import Host


@detector("engine")
def engine(host: Host) -> Finding:
    """Is a container engine at work here, and is it this machine's own or Docker Desktop's?

    ``kind`` is ``docker``, ``podman`` or ``docker-desktop``. An engine's bridge in this network
    namespace says that containers with host networking would stand here too.
    """
    reading = Reading(host)
    evidence = []
    kind = None
    told = reading.output("docker", "info", "--format", "json")
    try:
        info = json.loads(told or "null")
    except (ValueError, RecursionError):
        info = None
        reading.doubt("engine", "answered nonsense", "docker info")
    if isinstance(info, dict) and isinstance(info.get("OperatingSystem"), str):
        system = info["OperatingSystem"]
        kind = "docker-desktop" if system == "Docker Desktop" else "docker"
        evidence.append(Evidence("engine", system[:80], "docker info"))
    if host.is_dir("/Docker/host"):
        kind = kind or "docker-desktop"
        evidence.append(Evidence("integration", "Docker Desktop's", "/Docker/host"))
    for each in host.interfaces():
        if tables.ENGINE_BRIDGE.fullmatch(each.name):
            kind = kind or ("podman" if "podman" in each.name else "docker")
            evidence.append(Evidence("engine-bridge", each.name, f"interface {each.name}"))
    if kind is None:
        return Finding(Answer.NO, None, (), tuple(reading.doubts))
    return Finding(Answer.YES, kind, tuple(evidence), tuple(reading.doubts))
