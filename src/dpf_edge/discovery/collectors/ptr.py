from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from dpf_edge import addresses
from dpf_edge.discovery import dns, links, times
from dpf_edge.discovery.collectors import collector
from dpf_edge.discovery.job import Stage
from dpf_edge.errors import Failed
from dpf_edge.host.net import Question
from dpf_edge.level import Level
from dpf_edge.observed import Observation, Service

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dpf_edge.discovery.job import Job
    from dpf_edge.host.net import Net

PORT = 53
# A resolver on the LAN answers for the LAN's own names at once; one that has to ask further for
# them gets the time of one try (RFC 1035 section 4.2.1 has 2 to 5 s for the internet).
AGAIN = 0.7
WAIT = 1.0
# A resolver is a small box's spare-time work: more names than this are no LAN's.
MOST_NAMES = 4096
MOST_RESOLVERS = 2
# What somebody wrote down once, and may have forgotten.
CONFIDENCE = 0.6
CONFIDENCE_OF_RESOLVER = 0.9


@collector.declare(
    "ptr",
    level=Level.ASK,
    stage=Stage.DETAIL,
    reach="segment",
    reads="the names that the LAN's own resolver has for addresses that were found",
    sends=(
        "one DNS question for each address that was found, to this machine's resolvers that stand"
        " on the LAN itself, again after 0.7 s; none to any other"
    ),
    asks_others=True,
)
def ptr(job: Job, net: Net) -> Iterator[Observation]:
    """What does the LAN's own resolver call the addresses that were found?

    Some resolvers make up a name for whatever they are asked. So the network's broadcast address is
    asked for too, which nobody has: a resolver that names it is believed in nothing.
    """
    here = links.links(job.places)
    for resolver in own_resolvers(job, here)[:MOST_RESOLVERS]:
        wanted = [each for each in islice(job.targets, MOST_NAMES) if is_asked_for(each, here)]
        if not wanted or net.left() <= 0:
            return
        nobody = controls(job)
        answers = asked(net, resolver, [*nobody, *wanted])
        if any(answers[each][0] for each in nobody if each in answers):
            raise Failed(f"{resolver} names addresses that nobody has: its names are not kept")
        if answers:
            yield seen_resolver(resolver, max(at for _name, at in answers.values()))
            for address, (name, at) in answers.items():
                if name:
                    yield seen(address, name, resolver, at)
            return


def own_resolvers(job: Job, here: links.Links) -> list[str]:
    """This machine's resolvers that stand on the LAN: private, and of our own networks."""
    found = []
    for text in job.settings.get("resolvers", ()):
        candidate = addresses.address(text)
        if candidate is not None and here.has(candidate, None) and is_own(candidate):
            found.append(str(candidate))
    return list(dict.fromkeys(found))


def is_own(candidate: addresses.IPAddress) -> bool:
    """Whether an address is one that a site gives itself, or that is good for one link only."""
    return addresses.is_private(candidate) or candidate.is_link_local


def is_asked_for(text: str, here: links.Links) -> bool:
    """Whether an address's name is the LAN's own business."""
    candidate = addresses.address(text)
    if candidate is None or not links.is_a_stations(candidate) or candidate.is_link_local:
        return False
    return addresses.is_private(candidate) or here.has(candidate, None)


def controls(job: Job) -> list[str]:
    """Addresses that nobody has: each IPv4 network's broadcast address."""
    own = (addresses.interface(each) for place in job.places for each in place.networks)
    return [
        str(each.network.broadcast_address)
        for each in own
        if each is not None and each.version == 4 and each.network.prefixlen <= 30
    ]


def asked(net: Net, resolver: str, wanted: list[str]) -> dict[str, tuple[str, float]]:
    """The name and the time of each answer; an empty name where the resolver has none."""
    # Each question has a number of its own, and an answer has to repeat it and the question.
    first = int(net.now() * 1000) & 0xFFFF
    pending = {(first + count) & 0xFFFF: address for count, address in enumerate(wanted)}
    questions = [
        Question(
            dns.query([(dns.reverse(address), dns.PTR)], number=number, flags=dns.RECURSION),
            resolver,
            PORT,
        )
        for number, address in pending.items()
    ]
    found: dict[str, tuple[str, float]] = {}
    for got in net.ask(questions, wait=WAIT, again=(AGAIN,)):
        message = dns.parse(got.payload)
        if message is None or not message.flags & dns.RESPONSE or got.port != PORT:
            continue
        address = pending.get(message.number)
        if address is None or address in found or not is_about(message, address):
            continue
        name = named(message, address) if message.is_answer else ""
        found[address] = (name, got.at)
    return found


def is_about(message: dns.Message, address: str) -> bool:
    """Whether an answer repeats the question for an address (RFC 5452 section 9.1)."""
    asked_for = (dns.reverse(address), dns.PTR)
    return [(dns.lowered(name), kind) for name, kind in message.questions] == [asked_for]


def named(message: dns.Message, address: str) -> str:
    """The name in an answer; an empty one where there is none."""
    wanted = dns.reverse(address)
    for record in message.records:
        if record.kind != dns.PTR or dns.lowered(record.name) != wanted:
            continue
        # A resolver that gives the question back has no name to give.
        if record.target and not dns.is_reverse(record.target):
            return dns.text(record.target)
    return ""


def seen(address: str, name: str, resolver: str, at: float) -> Observation:
    """An address's name, as the resolver has it."""
    return Observation(
        "ptr",
        times.stamp(at),
        CONFIDENCE,
        told_by=resolver,
        addresses=(address,),
        names=(name,),
    )


def seen_resolver(resolver: str, at: float) -> Observation:
    """That the resolver answered."""
    return Observation(
        "ptr",
        times.stamp(at),
        CONFIDENCE_OF_RESOLVER,
        addresses=(resolver,),
        roles=("resolver",),
        services=(Service("domain", PORT, "udp"),),
    )
