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

    from dpf_edge.addresses import IPNetwork
    from dpf_edge.discovery.job import Job
    from dpf_edge.host.net import Net
    from dpf_edge.model import Interface, Route

# An interface stands on its network; a router that only a route names is what somebody configured.
STANDING, CONFIGURED = 0.95, 0.6


@collector.declare(
    "routes",
    level=Level.LISTEN,
    stage=Stage.TABLES,
    reach="segment",
    reads="this machine's interfaces and its main routing table",
    sends="nothing",
)
def routes(job: Job, net: Net) -> Iterator[Observation]:
    """On which networks does this machine stand, and by which routers does it send?"""
    seen_at = stamp(net.now())
    outer = list(tables.outer(tables.rows(job.host.interfaces), job.diagnosis))
    for each in outer:
        yield from standing(each, seen_at)
    for route in tables.rows(job.host.routes):
        if route.table == "main" and not tables.is_inner(route.dev, job.diagnosis):
            yield from led(route, seen_at)


def standing(interface: Interface, seen_at: str) -> Iterator[Observation]:
    """The networks that an interface stands on, and that it does."""
    for place in tables.networks(interface):
        network = str(place.network)
        yield Observation("routes", seen_at, STANDING, interface=interface.name, network=network)
        yield Observation(
            "routes",
            seen_at,
            STANDING,
            interface=interface.name,
            addresses=(str(place.ip),),
            macs=(interface.mac,) if interface.mac else (),
            ties=(Tie("MEMBER_OF", network=network),),
            is_self=True,
        )


def led(route: Route, seen_at: str) -> Iterator[Observation]:
    """The router that a route leads by, and what it leads to."""
    via = addresses.address(route.via)
    if via is None or via.is_loopback or via.is_multicast:
        return
    is_default = tables.is_default(route)
    yield Observation(
        "routes",
        seen_at,
        CONFIGURED,
        interface=route.dev,
        addresses=(str(via),),
        roles=("gateway" if is_default else "router",),
    )
    through = (Tie("ROUTES_THROUGH", address=str(via)),)
    if is_default:
        yield Observation(
            "routes", seen_at, CONFIGURED, interface=route.dev, ties=through, is_self=True
        )
        return
    network = behind(route)
    if network is not None:
        yield Observation("routes", seen_at, CONFIGURED, network=str(network), ties=through)


def behind(route: Route) -> IPNetwork | None:
    """The network that a route leads to, where it is a site's own; the Internet's are not."""
    place = addresses.interface(route.to)
    is_one = place is not None and place.network.prefixlen < place.max_prefixlen
    return place.network if place and is_one and addresses.is_private(place.ip) else None
