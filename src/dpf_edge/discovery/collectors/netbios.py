from __future__ import annotations

from typing import TYPE_CHECKING

from dpf_edge import addresses
from dpf_edge.discovery import nbns, times
from dpf_edge.discovery.collectors import collector
from dpf_edge.discovery.job import Stage
from dpf_edge.host.net import Question
from dpf_edge.level import Level
from dpf_edge.observed import Observation, Service

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dpf_edge.discovery.job import Job
    from dpf_edge.host.net import Net

# RFC 1002 section 6: a broadcast is repeated after 250 ms, a question to one node after 5 s; nodes
# on a LAN answer in milliseconds, and one on Wi-Fi that sleeps within half a second.
AGAIN = 0.3
WAIT = 0.5
CONFIDENCE = 0.9


@collector.declare(
    "netbios",
    level=Level.ASK,
    stage=Stage.DETAIL,
    reach="routed",
    reads="each node's table of NetBIOS names, and the MAC that it gives",
    sends=(
        "a NetBIOS node status question to UDP port 137 of each known IPv4 address, again after"
        " 0.3 s where nobody answered; once, a name query to each network's broadcast address"
    ),
)
def netbios(job: Job, net: Net) -> Iterator[Observation]:
    """What are Windows computers and Samba servers called, and in which workgroup are they?"""
    number = int(net.now()) & 0xFFFF
    query = nbns.question(nbns.QUERY, number)
    status = nbns.question(nbns.STATUS, number)
    known = {each: None for each in job.targets if "." in each}
    asked = [Question(status, each, nbns.PORT) for each in known]
    if job.settings.get("wave", 0) == 0:
        asked += [Question(query, to, nbns.PORT, link) for link, to in broadcasts(job)]
    if not asked:
        return
    others: dict[str, None] = {}
    for got in net.ask(asked, wait=WAIT, again=(AGAIN,)):
        table = nbns.table(got.payload, number)
        if table is not None and got.address in known:
            yield seen(table, got.address, got.at)
        elif nbns.is_answer(got.payload, number) and is_near(job, got.address):
            others.setdefault(got.address)
    rest = [Question(status, each, nbns.PORT) for each in others if each not in known]
    for got in net.ask(rest, wait=WAIT) if rest else ():
        table = nbns.table(got.payload, number)
        if table is not None:
            yield seen(table, got.address, got.at)


def broadcasts(job: Job) -> Iterator[tuple[str, str]]:
    """Each of our IPv4 networks: its link, and its broadcast address."""
    for place in job.places:
        for each in place.networks:
            own = addresses.interface(each)
            if own is not None and own.version == 4 and own.network.prefixlen <= 30:
                yield place.name, str(own.network.broadcast_address)


def is_near(job: Job, address: str) -> bool:
    """Whether an address is of one of our own networks."""
    candidate = addresses.address(address)
    own = (addresses.interface(each) for place in job.places for each in place.networks)
    return any(each is not None and addresses.within(candidate, each.network) for each in own)


def seen(table: nbns.Table, address: str, at: float) -> Observation:
    """What a node's table says of it."""
    hints = ["netbios"]
    if table.serves:
        hints.append("netbios:file-server")
    if table.controls:
        hints.append("netbios:domain-controller")
    return Observation(
        "netbios",
        times.stamp(at),
        CONFIDENCE,
        addresses=(address,),
        macs=(table.mac,) if table.mac else (),
        names=(table.name,) if table.name else (),
        hints=tuple(hints),
        services=(Service("netbios-ns", nbns.PORT, "udp"),),
        attributes={"workgroup": table.group} if table.group else {},
    )
