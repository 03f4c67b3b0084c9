from __future__ import annotations

import queue
from typing import TYPE_CHECKING

from dpf_edge.discovery import on_link, tcp_words, times
from dpf_edge.discovery.collectors import collector
from dpf_edge.discovery.job import Stage
from dpf_edge.discovery.side_by_side import side_by_side
from dpf_edge.discovery.tcp_ports import BY_NUMBER, EACH, FIRST, PORTS, REST, Port, Way
from dpf_edge.errors import HostError
from dpf_edge.level import Level
from dpf_edge.observed import Observation, Service

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dpf_edge.discovery.job import Job
    from dpf_edge.host.net import Connected, Net

CONFIDENCE = 0.85
# A service that speaks first does so at once, but for name servers that are asked for our name
# first (sshd, ftpd); a page of a small device takes a second.
TALK_SECONDS = 2.0
PAGE_BYTES, WORDS_BYTES = 16_384, 512
WORKERS = 8
# Of one host: one with more than half of the list open answers to everything.
MOST_OPEN = EACH // 2
SOME = ", ".join(str(each.number) for each in FIRST)
LIST = ", ".join(str(each.number) for each in sorted(PORTS))


@collector.declare(
    "tcp",
    level=Level.PROBE,
    stage=Stage.DETAIL,
    reach="routed",
    reads="which ports answer, the first words of those that speak, page titles, certificates",
    sends=(
        f"a TCP connection to ports {LIST} of each address, closed at once, behind routers only to"
        f" the first of them ({SOME}) where nobody answers there; to those that are open"
        " and speak HTTP or TLS one request, or one handshake. Ports 9100 to 9107 are never touched"
    ),
    each=EACH,
)
def tcp(job: Job, net: Net) -> Iterator[Observation]:
    """Which services are there, and what do they say of themselves?"""
    waiting: queue.SimpleQueue[tuple[str, Port] | None] = queue.SimpleQueue()

    def connecting() -> Iterator[Observation]:
        try:
            yield from connected(job, net, waiting)
        finally:
            for _ in range(WORKERS):
                waiting.put(None)

    def talking() -> Iterator[Observation]:
        while (one := waiting.get()) is not None:
            if net.left() > 0:
                yield from conversation(job, net, *one)

    yield from side_by_side([connecting, *([talking] * WORKERS)], WORKERS + 1)


def connected(
    job: Job, net: Net, waiting: queue.SimpleQueue[tuple[str, Port] | None]
) -> Iterator[Observation]:
    """Who answers on any port, and what is open; what can be spoken to is lined up.

    Who is on our own link was found there. Of the addresses behind routers most are nobody's: they
    are tried on the first few ports, and on the others where somebody answers.
    """
    near = [address for each in job.targets if (address := on_our_link(job, each))]
    opened: dict[str, int] = {}
    far: dict[str, None] = {}

    def first() -> Iterator[tuple[str, int]]:
        # Port by port through all hosts, so that no host gets all of them in one burst.
        yield from ((each, port.number) for port in PORTS for each in near)
        for port in FIRST:
            behind = (each for each in job.targets if not is_near(job, each))
            yield from ((each, port.number) for each in behind)

    def rest() -> Iterator[tuple[str, int]]:
        yield from ((each, port.number) for port in REST for each in list(far))

    for wanted in (first, rest):
        for got in net.connect(wanted(), wait=on_link.patience(job).connect):
            if got.result not in ("open", "closed"):
                continue
            if got.address not in opened:
                opened[got.address] = 0
                if not is_near(job, got.address):
                    far[got.address] = None
                yield seen(job, got.address, got.at)
            if got.result == "open":
                opened[got.address] += 1
                if opened[got.address] <= MOST_OPEN:
                    yield from answered(job, got, waiting)


def is_near(job: Job, address: str) -> bool:
    """Whether an address is on a link of ours."""
    return address.startswith("fe80") or on_link.place_of(job.places, address) is not None


def on_our_link(job: Job, address: str) -> str | None:
    """An address that is on a link of ours, as it is connected to; None where it is not.

    A link-local address needs its link, and which one that is, is known where there is but one.
    """
    if not address.startswith("fe80"):
        return address if is_near(job, address) else None
    return f"{address}%{job.places[0].name}" if len(job.places) == 1 else None


def answered(
    job: Job, got: Connected, waiting: queue.SimpleQueue[tuple[str, Port] | None]
) -> Iterator[Observation]:
    """An open port: told of at once where nothing is to be said to it."""
    port = BY_NUMBER[got.port]
    if port.way is Way.SILENT:
        yield seen(job, got.address, got.at, Service(port.name, port.number))
    else:
        waiting.put((got.address, port))


def conversation(job: Job, net: Net, address: str, port: Port) -> Iterator[Observation]:
    """What an open port says; that it is open, where it says nothing that is understood."""
    try:
        if port.way is Way.GREETS:
            said = net.talk(address, port.number, most=WORDS_BYTES, seconds=TALK_SECONDS)
            service, at = tcp_words.greeted(port, said), said.at
        elif port.way is Way.TLS:
            said = net.talk(address, port.number, tls=True, most=0, seconds=TALK_SECONDS)
            details = tcp_words.certified(said.certificate) if said.certificate else {}
            service, at = Service(port.name, port.number, details=details), said.at
        else:
            service, at = page(net, address, port)
    except HostError:
        service, at = Service(port.name, port.number), net.now()
    yield seen(job, address, at, service)


def page(net: Net, address: str, port: Port) -> tuple[Service, float]:
    """What a web server shows; with TLS where that is usual at its port, and else without.

    :raises HostError: it is no web server.
    """
    host = f"[{address.partition('%')[0]}]" if ":" in address else address
    if port.way is Way.HTTPS:
        try:
            url = f"https://{host}:{port.number}/"
            got = net.fetch(url, only=address, most=PAGE_BYTES, seconds=TALK_SECONDS)
            return tcp_words.shown(port.name, port.number, got), got.at
        except HostError:
            pass
    got = net.fetch(
        f"http://{host}:{port.number}/", only=address, most=PAGE_BYTES, seconds=TALK_SECONDS
    )
    name = "http" if port.way is Way.HTTPS else port.name
    return tcp_words.shown(name, port.number, got), got.at


def seen(job: Job, address: str, at: float, *services: Service) -> Observation:
    """Who answered, on which of our links, and with what."""
    bare = address.partition("%")[0]
    place = on_link.place_of(job.places, bare)
    return Observation(
        "tcp",
        times.stamp(at),
        CONFIDENCE,
        place.name if place else None,
        addresses=(bare,),
        services=services,
        ties=on_link.member(on_link.network_of(place, bare)) if place else (),
    )
