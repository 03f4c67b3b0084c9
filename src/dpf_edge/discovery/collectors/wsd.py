from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, NamedTuple

from dpf_edge.discovery import links, times, wsd_soap
from dpf_edge.discovery.collectors import collector
from dpf_edge.discovery.job import Stage
from dpf_edge.discovery.side_by_side import side_by_side
from dpf_edge.discovery.wsd_soap import GROUP, GROUP_6, HOPS, MOST_WAIT, PORT, Match
from dpf_edge.errors import HostError
from dpf_edge.host.net import Question
from dpf_edge.level import Level
from dpf_edge.observed import Observation, Service

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dpf_edge.discovery.job import Job
    from dpf_edge.discovery.links import Links
    from dpf_edge.host.net import Datagram, Net

# Section 2.4 has every message sent at least twice: UDP_MIN_DELAY and UDP_MAX_DELAY are 50 and
# 250 ms apart.
AGAIN = 0.25
WAIT = MOST_WAIT + 0.3
# Metadata is asked of one endpoint a worker; who drips holds up one of them for as long.
METADATA_SECONDS, METADATA_BYTES = 2.0, 65_536
WORKERS = 8
MOST_ENDPOINTS = 1024
MOST_RESOLVED = 128
CONFIDENCE = 0.9


class Endpoint(NamedTuple):
    """One endpoint at one address, and when it was heard."""

    match: Match
    source: str
    interface: str | None
    at: float


@collector.declare(
    "wsd",
    level=Level.ASK,
    stage=Stage.FIND,
    reach="segment",
    reads=(
        "answers to the probe, and each endpoint's metadata: at most 64 KiB, only from the address"
        " that answered"
    ),
    sends=(
        "WS-Discovery probes, for everything and for devices, to 239.255.255.250 and ff02::c on"
        " each link, again after 0.25 s; a question to the group for each endpoint that does not"
        " say where its metadata is; then one HTTP POST for each endpoint's metadata"
    ),
)
def wsd(job: Job, net: Net) -> Iterator[Observation]:
    """Which Windows computers, printers and cameras answer by WS-Discovery?"""
    if not job.places:
        return
    near = links.links(job.places)
    found: dict[tuple[str, str], Endpoint] = {}
    for got in net.ask(probes(job, net.now()), wait=WAIT, again=(AGAIN,)):
        for endpoint in endpoints(got, near):
            key = (endpoint.source, endpoint.match.endpoint)
            if key not in found and len(found) < MOST_ENDPOINTS:
                found[key] = endpoint
                yield seen(endpoint)
    placed(net, near, found)

    def asking(endpoint: Endpoint) -> Iterator[Observation]:
        if net.left() > 0:
            yield from asked(net, endpoint)

    works = [lambda each=each: asking(each) for each in found.values() if each.match.places]
    yield from side_by_side(works, WORKERS)


def probes(job: Job, now: float) -> list[Question]:
    """Two probes for each link; in both families they are one message, which is answered once."""
    made: list[Question] = []
    for place in job.places:
        for types in ("", wsd_soap.DEVICE):
            # Nobody else may have sent this number: the link's own address and the time make it.
            name = f"dpf-edge:{place.mac}:{place.name}:{now}:{types}"
            payload = wsd_soap.probe(str(uuid.uuid5(uuid.NAMESPACE_URL, name)), types)
            for group in (GROUP, GROUP_6):
                made.append(Question(payload, group, PORT, place.name, HOPS))
    return made


def placed(net: Net, near: Links, found: dict[tuple[str, str], Endpoint]) -> None:
    """Fill in where the metadata is of those endpoints that did not say."""
    questions = resolves(list(found.values()))
    missing = {key for key, each in found.items() if not each.match.places}
    for got in net.ask(questions, wait=WAIT) if questions else ():
        for each in endpoints(got, near):
            key = (each.source, each.match.endpoint)
            if key in missing and each.match.places:
                match = found[key].match._replace(places=each.match.places)
                found[key] = found[key]._replace(match=match)
                missing.discard(key)
        if not missing:
            return


def resolves(found: list[Endpoint]) -> list[Question]:
    """The question where its metadata is, for each endpoint that did not say."""
    made: list[Question] = []
    for each in found:
        if each.match.endpoint and not each.match.places and len(made) < MOST_RESOLVED:
            payload = wsd_soap.resolve(each.match.endpoint, number(each, "resolve"))
            group = GROUP_6 if ":" in each.source else GROUP
            made.append(Question(payload, group, PORT, each.interface, HOPS))
    return made


def number(endpoint: Endpoint, action: str) -> str:
    """A number for a message to an endpoint, which nobody else has sent."""
    name = f"dpf-edge:{endpoint.match.endpoint}:{endpoint.source}:{endpoint.at}:{action}"
    return str(uuid.uuid5(uuid.NAMESPACE_URL, name))


def endpoints(got: Datagram, near: Links) -> list[Endpoint]:
    """The endpoints that a datagram tells of; none where it is not from the link."""
    if not near.may_answer(got.address, got.interface):
        return []
    told = wsd_soap.matches(got.payload, got.address)
    return [Endpoint(each, got.address, got.interface, got.at) for each in told]


def seen(endpoint: Endpoint) -> Observation:
    """What an endpoint's own answer says."""
    match = endpoint.match
    scopes = match.scopes
    attributes = {
        attribute: scopes[scope]
        for attribute, scope in (("model", "hardware"), ("location", "location"), ("mac", "mac"))
        if scopes.get(scope)
    }
    return Observation(
        "wsd",
        times.stamp(endpoint.at),
        CONFIDENCE,
        endpoint.interface,
        addresses=(endpoint.source,),
        ids=(match.id,) if match.id else (),
        names=(scopes["name"],) if scopes.get("name") else (),
        hints=tuple(f"wsd:{each}" for each in match.types),
        services=(Service("wsd", match.places[0].port if match.places else None),),
        attributes=attributes,
    )


def asked(net: Net, endpoint: Endpoint) -> Iterator[Observation]:
    """What an endpoint says of itself when it is asked; nothing where it does not."""
    match, source = endpoint.match, endpoint.source
    if not match.endpoint:
        return
    host = f"[{source}]" if ":" in source else source
    to = source
    if source.startswith("fe80:") and endpoint.interface:
        to = f"{source}%{endpoint.interface}"
    place = match.places[0]
    try:
        said = net.talk(
            to,
            place.port,
            say=wsd_soap.get(match.endpoint, number(endpoint, "get"), host, place),
            most=METADATA_BYTES,
            seconds=METADATA_SECONDS,
            until=b"Envelope>",
        )
    except HostError:
        return
    told = wsd_soap.metadata(said.data)
    if told is None:
        return
    yield Observation(
        "wsd",
        times.stamp(said.at),
        CONFIDENCE,
        endpoint.interface,
        addresses=(source,),
        ids=(match.id,) if match.id else (),
        names=told.names,
        hints=tuple(dict.fromkeys(f"wsd:{each}" for each in (*match.types, *told.types))),
        attributes=told.attributes,
    )
