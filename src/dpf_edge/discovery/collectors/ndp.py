from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING

from dpf_edge import addresses
from dpf_edge.discovery import on_link, times
from dpf_edge.discovery.collectors import collector
from dpf_edge.discovery.frames import ethernet
from dpf_edge.discovery.frames import ndp as protocol
from dpf_edge.discovery.job import Stage
from dpf_edge.discovery.side_by_side import side_by_side
from dpf_edge.errors import Denied, Failed
from dpf_edge.level import Level
from dpf_edge.observed import Observation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dpf_edge.discovery.job import Job, Place
    from dpf_edge.host.net import Net

EVERYBODY = "ff02::1"
CONFIDENCE, BY_ECHO = 0.9, 0.85
# The question to everybody is put twice: one multicast in a hundred is lost on a radio.
ECHOES, PASSES = 2, 2
# More stations than a /20 has do not stand on one link.
MOST = 4096


@collector.declare(
    "ndp",
    level=Level.PROBE,
    stage=Stage.FIND,
    reach="segment",
    reads="answers to its echoes, and neighbour advertisements",
    sends=(
        "two ICMPv6 echoes to ff02::1 from each of the link's own IPv6 addresses; then a neighbour"
        " solicitation for each IPv6 address that is known, answered, or follows from one that did"
        " (the same last 64 bits in the link's other networks), the silent a second time"
    ),
    needs="packet sockets: CAP_NET_RAW on Linux; Windows and macOS have none",
    without=(
        "MACs come from the neighbour table, and addresses that nobody told of are not tried; on"
        " Windows ff02::1 is not asked either"
    ),
    each=PASSES,
)
def ndp(job: Job, net: Net) -> Iterator[Observation]:
    """Which IPv6 stations are on the link?"""
    for place in job.places:
        own = on_link.held_6(place)
        if not own:
            continue
        sources = [str(each.ip) for each in own]
        works = [lambda place=place, one=each: answers(job, net, place, one) for each in sources]
        echoed: dict[str, float] = {}
        for address, at in side_by_side(works, len(works)):
            if len(echoed) < MOST:
                echoed.setdefault(address, at)
        ours = set(on_link.addresses_of(place))
        wanted = [each for each in candidates(job, place, echoed) if each not in ours]
        resolved: set[str] = set()
        for seen in found(job, net, place, wanted):
            resolved.update(seen.addresses)
            yield seen
        for address, at in echoed.items():
            if address not in resolved and address not in ours:
                yield observation(place, address, None, at, BY_ECHO)


def answers(job: Job, net: Net, place: Place, source: str) -> Iterator[tuple[str, float]]:
    """Who answers an echo to everybody from one of our addresses, and when."""
    patience = on_link.patience(job)
    try:
        for got in net.echo(
            [EVERYBODY],
            wait=patience.wait,
            interface=place.name,
            source=source,
            passes=ECHOES,
            quiet=patience.quiet,
        ):
            yield got.address, got.at
    except Denied as error:
        net.note(str(error))
    except Failed as error:
        # An address that is still being checked for duplicates cannot be sent from: others can.
        net.note(f"no echo from {source}: {error}")


def candidates(job: Job, place: Place, echoed: dict[str, float]) -> list[str]:
    """The addresses to ask for: those that are known on the link, and what follows from them."""
    known = [each.address for each in job.known if each.dev == place.name and ":" in each.address]
    targets = [each for each in job.targets if ":" in each and on_link.network_of(place, each)]
    wanted = dict.fromkeys((*echoed, *known, *targets))
    networks = [each.network for each in on_link.held_6(place) if each.network.prefixlen == 64]
    for each in list(wanted):
        parsed = addresses.address(each)
        if isinstance(parsed, ipaddress.IPv6Address):
            last = int(parsed) & (1 << 64) - 1
            wanted.update((str(network[last]), None) for network in networks)
    return [
        each
        for each in list(wanted)[:MOST]
        if (parsed := addresses.address(each)) and not parsed.is_multicast
    ]


def found(job: Job, net: Net, place: Place, wanted: list[str]) -> Iterator[Observation]:
    """Who has which of some addresses: by frames where they are allowed, else by the kernel."""
    if not wanted:
        return
    if not net.privileged() or not place.mac:
        # Every address would be left in the neighbour table for a while: only what is there.
        zoned = [f"{each}%{place.name}" if each.startswith("fe80") else each for each in wanted]
        for each in net.nudge(zoned, wait=on_link.patience(job).wait):
            if each.mac and each.dev == place.name:
                yield observation(place, each.address, each.mac, net.now(), CONFIDENCE)
        return
    told: set[tuple[str, str]] = set()
    frames = [protocol.solicitation(place.mac, source(place, each), each) for each in wanted]
    patience = on_link.patience(job)
    for frame in net.exchange_frames(
        place.name, "ndp", frames, wait=patience.wait, passes=PASSES, quiet=patience.quiet
    ):
        outer = ethernet.frame(frame.data)
        said = protocol.parse(outer) if outer else None
        if outer is None or said is None or said.kind != protocol.ADVERTISEMENT:
            continue
        mac = said.mac or outer.source
        if said.target is None or (said.target, mac) in told or not ethernet.is_station(mac):
            continue
        if mac == place.mac or len(told) >= MOST:
            continue
        told.add((said.target, mac))
        yield observation(place, said.target, mac, frame.at, CONFIDENCE, said.is_router)


def source(place: Place, target: str) -> str:
    """Our own address to ask for another from: of the same network, else any."""
    own = on_link.held_6(place)
    wanted = addresses.address(target)
    return str(next((each.ip for each in own if addresses.within(wanted, each.network)), own[0].ip))


def observation(
    place: Place,
    address: str,
    mac: str | None,
    at: float,
    confidence: float,
    is_router: bool = False,
) -> Observation:
    """One station's address, with its MAC where that is known."""
    return Observation(
        "ndp",
        times.stamp(at),
        confidence,
        place.name,
        addresses=(address,),
        macs=(mac,) if mac else (),
        roles=("router",) if is_router else (),
        ties=on_link.member(on_link.network_of(place, address)),
    )
