"""What the collectors that walk have in common: which addresses are on which link, and how patient
a walk is. Pure.
"""

from __future__ import annotations

import ipaddress
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from dpf_edge import addresses
from dpf_edge.observed import Tie

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dpf_edge.addresses import IPInterface, IPNetwork
    from dpf_edge.discovery.job import Job, Place

# No link has more stations that are real; who makes up more is not kept.
MOST_STATIONS = 1 << 17
# From this rate on (arp-scan's own; the charter's fast is 2 000) it is a wired network of ours,
# and a walk is over soon after the last answer. Below it sleepers on Wi-Fi get a second: an access
# point keeps broadcasts for them until they wake, every 100 to 300 ms, and the kernel asks again
# after one.
FAST = 500.0
NORMAL = 150.0


class Patience(NamedTuple):
    """How long is waited after the last question, and after the last answer; in seconds.

    :ivar connect: how long for a connection. A SYN that is lost is sent again after one second.
    """

    wait: float
    quiet: float | None
    connect: float


def patience(job: Job) -> Patience:
    """How patient a walk at the job's rate is."""
    if float(job.settings.get("rate", NORMAL)) >= FAST:
        return Patience(1.0, 0.15, 0.5)
    return Patience(1.2, None, 1.2)


@lru_cache(maxsize=256)
def held_by(networks: tuple[str, ...], version: int) -> tuple[IPInterface, ...]:
    """Some addresses with their networks, of one version, parsed."""
    found = (addresses.interface(each) for each in networks)
    return tuple(each for each in found if each is not None and each.version == version)


def held(place: Place, version: int) -> tuple[ipaddress.IPv4Interface, ...]:
    """A link's own IPv4 addresses with their networks; of none that has no neighbours."""
    return tuple(
        each
        for each in held_by(place.networks, version)
        if isinstance(each, ipaddress.IPv4Interface) and each.network.prefixlen <= 30
    )


def held_6(place: Place) -> tuple[ipaddress.IPv6Interface, ...]:
    """A link's own IPv6 addresses with their networks."""
    return tuple(
        each
        for each in held_by(place.networks, 6)
        if isinstance(each, ipaddress.IPv6Interface) and each.network.prefixlen <= 126
    )


def addresses_of(place: Place) -> tuple[str, ...]:
    """A link's own addresses."""
    return tuple(str(each.ip) for v in (4, 6) for each in held_by(place.networks, v))


def network_of(place: Place, address: str) -> IPNetwork | None:
    """The network of a link that an address is in; None where it is in none of them."""
    version = 6 if ":" in address else 4
    candidate = addresses.address(address)
    for each in held_by(place.networks, version):
        if addresses.within(candidate, each.network):
            return each.network
    return None


def place_of(places: Iterable[Place], address: str) -> Place | None:
    """The link that an address is on; None where it is behind a router."""
    return next((each for each in places if network_of(each, address)), None)


def member(network: IPNetwork | None) -> tuple[Tie, ...]:
    """That a station is of a network; nothing of the link-local one, which every link has."""
    if network is None or network.is_link_local:
        return ()
    return (Tie("MEMBER_OF", network=str(network)),)
