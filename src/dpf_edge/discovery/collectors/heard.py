from __future__ import annotations

from typing import TYPE_CHECKING

from dpf_edge.discovery.collectors import collector
from dpf_edge.discovery.job import Stage
from dpf_edge.level import Level

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dpf_edge.discovery.job import Job
    from dpf_edge.host.net import Net
    from dpf_edge.observed import Observation

# A node listens for weeks. After so long what was heard may be told anew: whoever is still there is
# seen to be, and what is no longer said is forgotten.
RENEWED_AFTER = 600.0


@collector.declare(
    "heard",
    level=Level.LISTEN,
    stage=Stage.LISTEN,
    reach="segment",
    reads=(
        "ARP, neighbour discovery, DHCP, LLDP, CDP, mDNS, SSDP, WS-Discovery, LLMNR and NetBIOS as"
        " they come by on each link, without joining any group"
    ),
    sends="nothing",
    needs="packet sockets: CAP_NET_RAW on Linux; Windows and macOS have none",
    without="nothing is heard by the way: neither DHCP nor LLDP nor CDP, and no announcements",
)
def heard(job: Job, net: Net) -> Iterator[Observation]:
    """Who makes himself known by the way, without being asked?"""
    if not job.places:
        return
    # All that reads frames: it is imported while others are at work.
    from dpf_edge.discovery.overheard import KINDS, Overheard

    overheard, began = Overheard(job.places), net.now()
    names = [each.name for each in job.places]
    for frame in net.frames(names, KINDS, seconds=net.left()):
        if frame.at - began > RENEWED_AFTER:
            overheard, began = Overheard(job.places), frame.at
        yield from overheard.take(frame)
        if overheard.is_full:
            net.note("more was heard than a link has stations; the rest was left out")
