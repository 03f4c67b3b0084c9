"""What a device offers: one entry a service, whoever told of it. Pure."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

from dpf_edge.discovery.identity.said import Said
from dpf_edge.observed import Service

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dpf_edge.observed import Observation

# A device with every port open has no service; it is one that answers to everything.
MOST_SERVICES, MOST_DETAILS = 256, 48


class Offer(NamedTuple):
    """What tells one service of a device from another."""

    transport: str
    port: int
    protocol: str


def services(observations: Iterable[Observation]) -> tuple[Service, ...]:
    """The services, in the order of their ports; those without one last.

    ``ssh`` at port 22 and ``_ssh._tcp`` at port 22 are one service. ``_ipp._tcp`` and
    ``_printer._tcp`` at one port are two: what a port is asked for differs. A service whose port
    was not told is the one of that protocol whose port somebody else told.
    """
    told: dict[Offer, list[tuple[Service, Observation]]] = defaultdict(list)
    for seen in observations:
        for each in seen.services:
            told[offer(each)].append((each, seen))
    placed = {(each.transport, each.protocol) for each in told if each.port >= 0}
    kept = [
        each for each in told if each.port >= 0 or (each.transport, each.protocol) not in placed
    ]
    ordered = sorted(kept, key=lambda each: (each.port < 0, each))
    return tuple(one(told[each]) for each in ordered[:MOST_SERVICES])


def offer(service: Service) -> Offer:
    """Which service it is."""
    port = -1 if service.port is None else service.port
    return Offer(service.transport, port, protocol(service.name))


def protocol(name: str) -> str:
    """The protocol of a service, by DNS-SD's spelling (RFC 6763, 7) or without it."""
    return name.lower().removesuffix("._tcp").removesuffix("._udp").removeprefix("_")


def one(told: list[tuple[Service, Observation]]) -> Service:
    """One service of all that was told of it: the best word for each field."""
    names, products, words = Said(), Said(), Said()
    details: dict[str, Said] = defaultdict(Said)
    for service, seen in told:
        names.add(service.name, seen)
        if service.product:
            products.add(service.product, seen)
        if service.says:
            words.add(service.says, seen)
        for key, value in service.details.items():
            details[key].add(value, seen)
    first = told[0][0]
    return Service(
        # A protocol's plain name says it to more people than DNS-SD's spelling of it.
        name=min(names.best(MOST_DETAILS), key=lambda name: (name.startswith("_"), name)),
        port=first.port,
        transport=first.transport,
        product=next(iter(products.best(1)), None),
        says=next(iter(words.best(1)), None),
        details={key: details[key].best(1)[0] for key in sorted(details)[:MOST_DETAILS]},
    )


def in_words(service: Service) -> str:
    """A service in a few characters: ``tcp/22 ssh``."""
    port = "" if service.port is None else f"/{service.port}"
    return f"{service.transport}{port} {service.name}"
