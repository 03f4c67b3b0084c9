from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from dpf_edge import addresses
from dpf_edge.discovery import dns, links, times
from dpf_edge.discovery.collectors import collector
from dpf_edge.discovery.job import Stage
from dpf_edge.host.net import Question
from dpf_edge.level import Level
from dpf_edge.observed import Observation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dpf_edge.discovery.job import Job
    from dpf_edge.host.net import Net

GROUP, GROUP_6, PORT, HOPS = "224.0.0.252", "ff02::1:3", 5355, 1  # RFC 4795 sections 2 and 2.5
# Section 7: LLMNR_TIMEOUT is 1 s before a question is put again, and JITTER_INTERVAL 100 ms.
WAIT = 0.5
# Each name is a question of its own to everybody (section 2.1.1), so not more than a small network.
MOST_NAMES = 256
CONFIDENCE = 0.9


@collector.declare(
    "llmnr",
    level=Level.ASK,
    stage=Stage.DETAIL,
    reach="segment",
    reads="the names that computers have for their own addresses",
    sends=(
        "one LLMNR question for each address that was found on our own networks, at most 256, to"
        " 224.0.0.252 or ff02::1:3"
    ),
    each=1,
)
def llmnr(job: Job, net: Net) -> Iterator[Observation]:
    """What do Windows computers and systemd-resolved call themselves?

    Only who has an address answers for its name, so an answer from anywhere else is none.
    """
    here = links.links(job.places)
    wanted = list(islice((each for each in job.targets if is_asked_for(each, here)), MOST_NAMES))
    first = int(net.now() * 1000) & 0xFFFF
    pending = {(first + count) & 0xFFFF: address for count, address in enumerate(wanted)}
    questions = [
        Question(
            dns.query([(dns.reverse(address), dns.PTR)], number=number), group, PORT, name, HOPS
        )
        for number, address in pending.items()
        for name, group in ways(job, here, address)
    ]
    if not questions:
        return
    named: set[str] = set()
    for got in net.ask(questions, wait=WAIT):
        message = dns.parse(got.payload)
        if message is None or not message.is_answer or got.port != PORT:
            continue
        address = pending.get(message.number)
        if address != got.address or address in named:
            continue
        name = next((each.target for each in message.records if is_for(each, address)), ())
        if name:
            named.add(address)
            yield Observation(
                "llmnr",
                times.stamp(got.at),
                CONFIDENCE,
                got.interface,
                addresses=(address,),
                names=(dns.text(name),),
                hints=("llmnr",),
            )


def is_asked_for(text: str, here: links.Links) -> bool:
    """Whether an address is of our own links."""
    return here.has(addresses.address(text), None)


def ways(job: Job, here: links.Links, address: str) -> Iterator[tuple[str, str]]:
    """The links that an address may be on, and the group of its family."""
    for place in job.places:
        if here.has(addresses.address(address), place.name):
            yield place.name, GROUP_6 if ":" in address else GROUP


def is_for(record: dns.Record, address: str) -> bool:
    """Whether a record gives the name of an address."""
    named = dns.lowered(record.name) == dns.reverse(address)
    return record.kind == dns.PTR and named and not dns.is_reverse(record.target)
