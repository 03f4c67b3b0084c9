from __future__ import annotations

from typing import TYPE_CHECKING

from dpf_edge.discovery import dns, links
from dpf_edge.discovery.collectors import collector
from dpf_edge.discovery.job import Stage
from dpf_edge.discovery.mdns import GROUP, GROUP_6, HOPS, PORT, SERVICES, Told
from dpf_edge.discovery.mdns_facts import COMMON
from dpf_edge.host.net import Question
from dpf_edge.level import Level

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from dpf_edge.discovery.dns import Name
    from dpf_edge.discovery.job import Job
    from dpf_edge.host.net import Datagram, Net
    from dpf_edge.observed import Observation

TYPES = frozenset(dns.name(f"{each}.local") for each in COMMON)
FIRST = ((SERVICES, dns.PTR), *((name, dns.PTR) for name in sorted(TYPES)))

# Small enough for an answer of 512 bytes to hold it, as a question from another port than 5353 is
# answered (RFC 6762 section 6.7): those come at once, from everybody, but with little in them.
SHORT = ((SERVICES, dns.PTR),)

# Section 5.2 has the second question at least 1 s after the first, the third 2 s later.
MARKS = (0.0, 1.0, 3.0)
# What a mark takes: its questions, what they leave open, and some room.
MARK_SECONDS = 1.2
# Section 6: whoever shares a record with others waits for 20 to 120 ms before it answers, and a
# station that sleeps on Wi-Fi is woken each 100 to 300 ms.
SETTLE = 0.4
# What is only one responder's is answered at once.
FOLLOW = 0.25
# A device with three services says all there is in three answers; who goes on is read to the
# end of the round before it is given again.
MOST_AT_ONCE = 4
# As many names as fit a few messages; the names of more neighbours are left to ``ptr``.
MOST_NEIGHBOURS = 128


@collector.declare(
    "mdns",
    level=Level.ASK,
    stage=Stage.FIND,
    reach="segment",
    reads="answers from port 5353: services, hosts, addresses, what TXT records tell",
    sends=(
        "multicast DNS questions to 224.0.0.251 and ff02::fb on each link: for the services there"
        " are, for the names of known neighbours, and for what the answers leave open; the first"
        " again after 1 s and 3 s; joins both groups"
    ),
)
def mdns(job: Job, net: Net) -> Iterator[Observation]:
    """Who offers services by multicast DNS, and what do hosts call themselves there?

    The first questions ask for answers by unicast, which come at once and cost nobody else
    anything; the repeats, for who slept, are answered to the group, and name what need not be told
    again. A firewall that lets only port 5353 in is no hindrance.
    """
    if not job.places:
        return
    told = Told(links.links(job.places))
    seconds = min(job.seconds, net.left())
    began = net.now()
    neighbours = [(dns.reverse(each), dns.PTR) for each in near(job)]
    for mark in MARKS:
        if mark and seconds < mark + MARK_SECONDS:
            break
        if mark:
            yield from heard(job, net, told, mark - (net.now() - began))
            put = list(questions(job, FIRST, unicast=False, known=list(told.known())))
        else:
            put = [*questions(job, SHORT, port=0), *questions(job, [*FIRST, *neighbours])]
        yield from answered(told, net.ask(put, wait=SETTLE))
        for _ in range(2):
            following = told.following(TYPES)
            if following:
                put = list(questions(job, following))
                yield from answered(told, net.ask(put, wait=FOLLOW))


def near(job: Job) -> list[str]:
    """The neighbours whose names are asked for: those of our own links."""
    here = links.links(job.places)
    known = sorted({each.address for each in job.known if each.state != "failed"})
    return [each for each in known if here.may_answer(each, None)][:MOST_NEIGHBOURS]


def questions(
    job: Job,
    wanted: Sequence[tuple[Name, int]],
    *,
    unicast: bool = True,
    port: int = PORT,
    known: Sequence[tuple[Name, Name]] = (),
) -> Iterator[Question]:
    """Questions to both groups on each link.

    :param unicast: ask for answers by unicast.
    :param port: the port to ask from.
    :param known: what nobody has to tell again.
    """
    for lot in dns.batches(wanted):
        payload = dns.query(lot, unicast=unicast, known=known)
        for place in job.places:
            for group in (GROUP, GROUP_6):
                yield Question(payload, group, PORT, place.name, HOPS, port)


def answered(told: Told, datagrams: Iterable[Datagram]) -> Iterator[Observation]:
    """Take answers, and give what is new of each responder: at its first words, and at the end."""
    spoke: dict[tuple[str | None, str], int] = {}
    for got in datagrams:
        responder = told.hear(got.payload, got.address, got.port, got.interface, got.at)
        key = (got.interface, got.address)
        if responder is not None and spoke.get(key, 0) < MOST_AT_ONCE:
            spoke[key] = spoke.get(key, 0) + 1
            yield from told.news(responder)
    yield from told.news()


def heard(job: Job, net: Net, told: Told, seconds: float) -> Iterator[Observation]:
    """Hear what is said to the groups until the next question's time."""
    if seconds > 0:
        groups = ((GROUP, PORT), (GROUP_6, PORT))
        names = [place.name for place in job.places]
        yield from answered(told, net.hear(groups, names, seconds=seconds))
