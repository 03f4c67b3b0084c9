from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from dpf_edge.model import Answer, Evidence, Finding
from dpf_edge.vantage import tables
from dpf_edge.vantage.detectors import detector
from dpf_edge.vantage.reading import Reading

if TYPE_CHECKING:
    from dpf_edge.host.seam import Host

# Where Windows lists the distributions of WSL, each under a GUID of its own.
LXSS = "HKCU\\Software\\Microsoft\\Windows\\CurrentVersion\\Lxss"


@detector("engine")
def engine(host: Host) -> Finding:
    """Is a container engine at work here, and is it this machine's own or Docker Desktop's?

    ``kind`` is ``docker``, ``docker-rootless``, ``podman`` or ``docker-desktop``. An engine's
    bridge in this network namespace says that containers with host networking would stand here
    too.
    """
    reading = Reading(host)
    evidence = []
    kind = None
    info = engine_info(reading)
    system = info.get("OperatingSystem")
    if isinstance(system, str):
        options = info.get("SecurityOptions")
        rootless = isinstance(options, list) and "name=rootless" in options
        kind = "docker-rootless" if rootless else "docker"
        kind = "docker-desktop" if system == "Docker Desktop" else kind
        evidence.append(Evidence("engine", system[:80], "docker info"))
    label = desktop_label(info)
    if label is not None:
        kind = "docker-desktop"
        evidence.append(Evidence("engine-label", label[:80], "docker info"))
    if host.is_dir("/Docker/host"):
        kind = kind or "docker-desktop"
        evidence.append(Evidence("integration", "Docker Desktop's", "/Docker/host"))
    for value in host.registry_values(LXSS):
        if value.endswith("\\DistributionName") and reading.value(value) == "docker-desktop":
            kind = kind or "docker-desktop"
            evidence.append(Evidence("distribution", "docker-desktop", value))
    for each in host.interfaces():
        if tables.is_engine_bridge(each):
            kind = kind or ("podman" if "podman" in each.name else "docker")
            evidence.append(Evidence("engine-bridge", each.name, f"interface {each.name}"))
    if kind is None:
        return Finding(Answer.NO, None, (), tuple(reading.doubts))
    return Finding(Answer.YES, kind, tuple(evidence), tuple(reading.doubts))


def engine_info(reading: Reading) -> dict[str, object]:
    """What the engine in reach says of itself; nothing where there is none, or it says nonsense."""
    # Docker Desktop from 4.69 may refuse the question on its usual pipe, and says with the
    # refusal whose it is; so a status that tells of failure is read all the same.
    told = reading.output("docker", "info", "--format", "json", whatever=True)
    if told is None:
        return {}
    try:
        info = msgspec.json.decode(told)
    except (ValueError, RecursionError):  # msgspec.DecodeError is a ValueError
        info = None
    if isinstance(info, dict):
        return info
    reading.doubt("engine", "answered nonsense", "docker info")
    return {}


def desktop_label(info: dict[str, object]) -> str | None:
    """The label by which Docker Desktop names its own client's address."""
    labels = info.get("Labels")
    texts = [each for each in labels if isinstance(each, str)] if isinstance(labels, list) else []
    return next((each for each in texts if each.startswith("com.docker.desktop.")), None)
