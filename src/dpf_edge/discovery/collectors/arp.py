from __future__ import annotations

from typing import TYPE_CHECKING

from dpf_edge.discovery import on_link, times
from dpf_edge.discovery.collectors import collector
from dpf_edge.discovery.frames import arp as protocol
from dpf_edge.discovery.frames import ethernet
from dpf_edge.discovery.job import Stage
from dpf_edge.discovery.side_by_side import side_by_side
from dpf_edge.level import Level
from dpf_edge.observed import Observation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dpf_edge.discovery.job import Job, Place
    from dpf_edge.host.net import Net

CONFIDENCE = 0.9
PASSES = 2


@collector.declare(
    "arp",
    level=Level.PROBE,
    stage=Stage.FIND,
    reach="segment",
    reads="the ARP messages that come to each link meanwhile",
    sends=(
        "an ARP request for each address of the link's own networks, the silent a second time; of"
        " more than 4 096 addresses at more than 2 000 a second only where asking some who answered"
        " once more shows that packets were lost"
    ),
    needs="packet sockets: CAP_NET_RAW on Linux; Windows and macOS have none",
    without="nudge takes its place, which is slower on large networks",
    each=PASSES,
)
def arp(job: Job, net: Net) -> Iterator[Observation]:
    """Which IPv4 stations are on the link, whatever else they answer to?"""
    places = [each for each in job.places if each.mac and on_link.held(each, 4)]
    if len(places) == 1:  # the first answer is given without a thread between
        yield from asked(job, net, places[0])
        return
    works = [lambda place=each: asked(job, net, place) for each in places]
    yield from side_by_side(works, len(works))


def asked(job: Job, net: Net, place: Place) -> Iterator[Observation]:
    """Who answers on one link; a station that answers with two MACs, or two with one address, is
    told of with each."""
    own = on_link.held(place, 4)
    requests = protocol.Requests(place.mac or "", own, job.targets)
    told: set[tuple[str, str]] = set()
    patience = on_link.patience(job)
    for frame in net.exchange_frames(
        place.name, "arp", requests, wait=patience.wait, passes=PASSES, quiet=patience.quiet
    ):
        found = ethernet.frame(frame.data)
        said = protocol.parse(found) if found else None
        if said is None or (said.address, said.mac) in told or len(told) >= on_link.MOST_STATIONS:
            continue
        network = on_link.network_of(place, said.address)
        if network is None or not ethernet.is_station(said.mac) or said.mac == place.mac:
            continue
        told.add((said.address, said.mac))
        yield Observation(
            "arp",
            times.stamp(frame.at),
            CONFIDENCE,
            place.name,
            addresses=(said.address,),
            macs=(said.mac,),
            ties=on_link.member(network),
        )
