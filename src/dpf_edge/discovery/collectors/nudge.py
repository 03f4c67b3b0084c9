from __future__ import annotations

from typing import TYPE_CHECKING

from dpf_edge.discovery import on_link, times
from dpf_edge.discovery.collectors import collector
from dpf_edge.discovery.job import Stage
from dpf_edge.level import Level
from dpf_edge.observed import Observation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dpf_edge.discovery.job import Job
    from dpf_edge.host.net import Net

CONFIDENCE = 0.9
# States in which the neighbour itself has confirmed its MAC (linux/neighbour.h); older entries are
# told of by the neighbours collector, as what they are.
CONFIRMED = frozenset({"reachable"})


@collector.declare(
    "nudge",
    level=Level.PROBE,
    stage=Stage.FIND,
    reach="segment",
    reads="what the kernel's neighbour table comes to have, as it changes",
    sends=(
        "an empty UDP datagram to port 9 of each address of the link's own networks, which lives"
        " for one hop; where nobody has the address the kernel asks for it three times by ARP, and"
        " no datagram leaves. On Windows no datagram: SendARP has Windows itself ask for each"
    ),
    each=4,
    stands_in_for="arp",
)
def nudge(job: Job, net: Net) -> Iterator[Observation]:
    """Which stations are on the link, found without any privilege?"""
    places = {each.name: each for each in job.places}
    ours = {each for place in job.places for each in on_link.addresses_of(place)}
    targets = (
        each
        for each in job.targets
        if "." in each
        and each not in ours
        and any(on_link.network_of(place, each) for place in job.places)
    )
    patience = on_link.patience(job)
    for found in net.nudge(targets, wait=patience.wait, quiet=patience.quiet):
        place = places.get(found.dev or "")
        if place is None or found.mac is None or found.state not in CONFIRMED:
            continue
        network = on_link.network_of(place, found.address)
        yield Observation(
            "nudge",
            times.stamp(net.now()),
            CONFIDENCE,
            place.name,
            addresses=(found.address,),
            macs=(found.mac,),
            ties=on_link.member(network),
        )
