from __future__ import annotations

from typing import TYPE_CHECKING

from dpf_edge import addresses
from dpf_edge.model import Answer, Evidence, Finding
from dpf_edge.vantage import tables
from dpf_edge.vantage.detectors import detector

if TYPE_CHECKING:
    from dpf_edge.host.seam import Host

ROOT = 0


@detector("local-network-privacy")
def local_network_privacy(host: Host) -> Finding:
    """Does macOS hide the LAN from this process, for want of the Local Network permission?

    macOS 15 and later answer "no route to host" at once for a neighbour that the process may not
    reach, while the gateway answers. Root is exempt (Apple's TN3179), so there it is a neighbour
    that is not there. Known by active checks alone.
    """
    machine = host.machine()
    if machine.system != "Darwin" or machine.uid == ROOT:
        return Finding(Answer.NO)
    held = tables.of(host)
    routers = held.routers()
    evidence = []
    for probe in held.probes:
        to = addresses.address(probe.to)
        on_link = any(
            tables.within(to, place) for each in held.live() for place in tables.places(each)
        )
        if probe.check == "tcp" and probe.result == "unreachable" and on_link:
            if to not in routers:
                told = f"no route to the neighbour {probe.to}"
                evidence.append(Evidence("unreachable", told, "active check tcp"))
        elif probe.result == "answered" and to in routers:
            told = f"the gateway {probe.to} answers"
            evidence.append(Evidence("gateway", told, f"active check {probe.check}"))
    if any(item.signal == "unreachable" for item in evidence):
        return Finding(Answer.YES, None, tuple(evidence))
    return Finding(Answer.UNKNOWN, None, tuple(evidence))
