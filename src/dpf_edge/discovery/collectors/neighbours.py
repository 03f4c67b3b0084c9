from __future__ import annotations

from typing import TYPE_CHECKING

from dpf_edge import addresses
from dpf_edge.discovery import tables
from dpf_edge.discovery.collectors import collector
from dpf_edge.discovery.job import Stage
from dpf_edge.discovery.times import stamp
from dpf_edge.level import Level
from dpf_edge.observed import Observation, Tie

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dpf_edge.discovery.job import Job
    from dpf_edge.host.net import Net

# A station gave its MAC lately; that it is there now, nobody asked.
LATELY = 0.7


@collector.declare(
    "neighbours",
    level=Level.LISTEN,
    stage=Stage.TABLES,
    reach="segment",
    reads="this machine's neighbour tables, IPv4 and IPv6, as they stand",
    sends="nothing",
)
def neighbours(job: Job, net: Net) -> Iterator[Observation]:
    """Who gave this machine their MAC lately?"""
    interfaces = {each.name: each for each in tables.rows(job.host.interfaces)}
    seen_at = stamp(net.now())
    for entry in tables.rows(job.host.neighbours):
        ip = tables.station(entry)
        if ip is None or entry.mac is None or tables.is_inner(entry.dev, job.diagnosis):
            continue
        on = interfaces.get(entry.dev or "")
        yield Observation(
            collector="neighbours",
            seen_at=seen_at,
            confidence=LATELY,
            interface=entry.dev,
            addresses=(str(ip),),
            macs=(entry.mac.lower(),),
            ties=tuple(
                Tie("MEMBER_OF", network=str(place.network))
                for place in (tables.networks(on) if on else ())
                if addresses.within(ip, place.network)
            ),
        )
