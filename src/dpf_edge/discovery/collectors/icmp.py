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
    from dpf_edge.host.net import Echo, Net

CONFIDENCE = 0.85
PASSES = 2
# What systems begin with: Linux, macOS and most devices with 64, Windows with 128, routers and
# switches with 255; the nearest above what is left is what it was.
BEGINNINGS = (64, 128, 255)
# Further than that no site reaches: the beginning was another.
MOST_HOPS = 32


@collector.declare(
    "icmp",
    level=Level.PROBE,
    stage=Stage.FIND,
    reach="routed",
    reads="answers to its echoes, and the TTL that is left of them",
    sends=(
        "an ICMP or ICMPv6 echo to each address, the silent a second time; on Windows by"
        " IcmpSendEcho, to IPv4 addresses alone"
    ),
    needs="on Linux a ping socket (net.ipv4.ping_group_range) or CAP_NET_RAW; elsewhere nothing",
    without="hosts behind routers that have no service on the tried ports are not found",
    each=PASSES,
)
def icmp(job: Job, net: Net) -> Iterator[Observation]:
    """Who answers an echo, here and behind routers?"""
    ours = {each for place in job.places for each in on_link.addresses_of(place)}
    # A link-local address is known on its link alone, where ndp asks for it.
    targets = (each for each in job.targets if each not in ours and not each.startswith("fe80"))
    patience = on_link.patience(job)
    for got in net.echo(targets, wait=patience.wait, passes=PASSES, quiet=patience.quiet):
        yield seen(job, got)


def seen(job: Job, got: Echo) -> Observation:
    """Who answered, on which of our links, and from how far away."""
    place = on_link.place_of(job.places, got.address)
    network = on_link.network_of(place, got.address) if place else None
    began = next((each for each in BEGINNINGS if got.hops is not None and got.hops <= each), None)
    far = began - got.hops if began is not None and got.hops is not None else 0
    return Observation(
        "icmp",
        times.stamp(got.at),
        CONFIDENCE,
        place.name if place else None,
        addresses=(got.address,),
        ties=on_link.member(network),
        hints=(f"ttl:{began}",) if began is not None and far <= MOST_HOPS else (),
        attributes={"hops": far} if 0 < far <= MOST_HOPS else {},
    )
