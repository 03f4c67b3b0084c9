from __future__ import annotations

import queue
from typing import TYPE_CHECKING

from dpf_edge.discovery import links, upnp_xml
from dpf_edge.discovery.collectors import collector
from dpf_edge.discovery.job import Stage
from dpf_edge.discovery.side_by_side import side_by_side
from dpf_edge.discovery.ssdp_text import GROUP, GROUP_6, HOPS, MOST_WAIT, PORT, search
from dpf_edge.discovery.upnp_seen import Location, Told, described
from dpf_edge.errors import HostError
from dpf_edge.host.net import Question
from dpf_edge.level import Level

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dpf_edge.discovery.job import Job
    from dpf_edge.host.net import Net
    from dpf_edge.observed import Observation

# UPnP Device Architecture 2.0, section 1.3.2: a search is sent more than once, for UDP loses some.
AGAIN = 0.5
# Whoever waits as long as he may, and the way there and back through a busy access point.
WAIT = MOST_WAIT + 0.2
# A description comes in milliseconds, from a television that wakes up in one second. One that drips
# holds up a worker for as long, and no more than that.
FETCH_SECONDS = 2.0
FETCH_BYTES = 65_536
WORKERS = 8
# Past this, a LAN has no honest device left to describe itself.
MOST_DESCRIPTIONS = 512


@collector.declare(
    "ssdp",
    level=Level.ASK,
    stage=Stage.FIND,
    reach="segment",
    reads=(
        "answers to the search, and each device's description of itself: at most 64 KiB, only from"
        " the address that answered, without following redirects"
    ),
    sends=(
        "a UPnP search to 239.255.255.250 and ff02::c on each link, again after 0.5 s; then one"
        " HTTP GET for each description"
    ),
)
def ssdp(job: Job, net: Net) -> Iterator[Observation]:
    """Which UPnP devices are there, and what do they say of themselves?"""
    if not job.places:
        return
    waiting: queue.SimpleQueue[Location | None] = queue.SimpleQueue()
    told = Told(links.links(job.places))

    def searching() -> Iterator[Observation]:
        try:
            yield from searched(job, net, told, waiting)
        finally:
            for _ in range(WORKERS):
                waiting.put(None)

    def fetching() -> Iterator[Observation]:
        while (where := waiting.get()) is not None:
            if net.left() > 0:
                yield from fetched(net, where)

    yield from side_by_side([searching, *([fetching] * WORKERS)], WORKERS + 1)


def searched(
    job: Job, net: Net, told: Told, waiting: queue.SimpleQueue[Location | None]
) -> Iterator[Observation]:
    """Search, give whoever answers at his first word and at the end, and line up descriptions."""
    questions = [
        Question(search(group), group, PORT, place.name, HOPS)
        for place in job.places
        for group in (GROUP, GROUP_6)
    ]
    spoke: set[tuple[str | None, str]] = set()
    described = 0
    for got in net.ask(questions, wait=WAIT, again=(AGAIN,)):
        heard = told.hear(got)
        if heard is None:
            continue
        source, location = heard
        if location is not None and described < MOST_DESCRIPTIONS:
            described += 1
            waiting.put(location)
        if (got.interface, got.address) not in spoke:
            spoke.add((got.interface, got.address))
            yield from told.news(source)
    yield from told.news()


def fetched(net: Net, where: Location) -> Iterator[Observation]:
    """What a device's description says; nothing where it has none that can be read."""
    only = where.source
    if only.startswith("fe80:") and where.interface:
        only += f"%{where.interface}"
    try:
        page = net.fetch(where.url, only=only, most=FETCH_BYTES, seconds=FETCH_SECONDS)
    except HostError:
        return
    description = upnp_xml.read(page.body) if page.status == 200 else None
    if description is not None:
        yield described(description, where, page.at)
