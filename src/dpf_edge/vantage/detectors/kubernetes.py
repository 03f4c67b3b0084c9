from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dpf_edge import addresses
from dpf_edge.model import Answer, Evidence, Finding
from dpf_edge.vantage import tables
from dpf_edge.vantage.detectors import detector
from dpf_edge.vantage.detectors.container import orchestrator
from dpf_edge.vantage.reading import Reading

if TYPE_CHECKING:
    from dpf_edge.host.seam import Host

# Where Calico's pods believe their gateway to be, and what answers for it.
CALICO_GATEWAY, CALICO_MAC = "169.254.1.1", "ee:ee:ee:ee:ee:ee"
# The links that a node's network plug-in makes; a pod of its own network has none of them.
NODE_LINKS = (
    r"cni0|flannel\.\d+|cali[0-9a-f]+|cilium_(host|net|vxlan)|kube-ipvs0|kube-bridge|lxc_health"
)


@detector("kubernetes")
def kubernetes(host: Host) -> Finding:
    """Is this a Kubernetes pod, and has it the node's network or one of its own?

    ``kind`` is ``node`` where the node's own links are here, else ``pod``.
    """
    reading = Reading(host)
    held = tables.of(host)
    evidence = [item for _, item in orchestrator(reading)]
    if "kubepods" in (reading.text("/proc/1/cgroup") or ""):
        evidence.append(Evidence("pod-group", "kubepods", "/proc/1/cgroup"))
    for line in (reading.text("/etc/resolv.conf") or "").split("\n"):
        if line.startswith("search ") and "svc.cluster.local" in line:
            evidence.append(Evidence("pod-domain", "svc.cluster.local", "/etc/resolv.conf"))
    in_pod = bool(evidence)
    if any(route.via == CALICO_GATEWAY for route in held.default_routes()):
        evidence.append(Evidence("pod-gateway", f"via {CALICO_GATEWAY}", "routes"))
    if any((entry.mac or "").lower() == CALICO_MAC for entry in held.neighbours):
        evidence.append(Evidence("pod-gateway-mac", CALICO_MAC, "neighbours"))
    lone = [
        held_address.address
        for each in held.others()
        for held_address in each.addresses
        if held_address.address.endswith("/32") and is_usable(held_address.address)
    ]
    if evidence and lone:
        evidence.append(Evidence("pod-address", f"{lone[0]} alone on its link", "interfaces"))
    links = [each for each in held.interfaces if in_pod and re.fullmatch(NODE_LINKS, each.name)]
    if links:
        told = Evidence("node-link", links[0].name, f"interface {links[0].name}")
        return Finding(Answer.YES, "node", (*evidence, told), tuple(reading.doubts))
    calico = {item.signal for item in evidence} >= {"pod-gateway", "pod-gateway-mac"}
    if in_pod or calico:
        return Finding(Answer.YES, "pod", tuple(evidence), tuple(reading.doubts))
    return Finding(Answer.NO, None, (), tuple(reading.doubts))


def is_usable(text: str) -> bool:
    """Whether an address is a station's, and no loopback."""
    ip = addresses.address(text)
    return ip is not None and not ip.is_loopback and not ip.is_link_local
