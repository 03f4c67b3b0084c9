"""Which of the addresses that a device claims are to be believed, from where we stand. Pure.

A host with a container engine tells of 172.17.0.1 by mDNS, as thousands of others do; to take that
for its address would make one device of them all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from dpf_edge import addresses

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dpf_edge.addresses import IPAddress, IPNetwork
    from dpf_edge.discovery.job import Place


class Links(NamedTuple):
    """The networks on each of our links."""

    by_name: dict[str, tuple[IPNetwork, ...]]

    def networks(self, interface: str | None) -> tuple[IPNetwork, ...]:
        """Those of one link; of all where it is not known which."""
        if interface in self.by_name:
            return self.by_name[interface]
        return tuple(each for some in self.by_name.values() for each in some)

    def has(self, candidate: IPAddress | None, interface: str | None) -> bool:
        """Whether an address is on the link: of its networks, or link-local."""
        if candidate is None or not is_a_stations(candidate):
            return False
        return candidate.is_link_local or any(
            addresses.within(candidate, each) for each in self.networks(interface)
        )

    def may_answer(self, source: str, interface: str | None) -> bool:
        """Whether an answer to a question to a link may come from there (RFC 6762 section 11).

        A second private network on the same wire is common enough; a public address that is not of
        the link's own network is nobody on it.
        """
        candidate = addresses.address(source)
        return candidate is not None and (
            self.has(candidate, interface) or addresses.is_private(candidate)
        )


def links(places: Iterable[Place]) -> Links:
    """The links of some places."""
    made: dict[str, tuple[IPNetwork, ...]] = {}
    for place in places:
        parsed = (addresses.interface(each) for each in place.networks)
        made[place.name] = tuple(each.network for each in parsed if each is not None)
    return Links(made)


def is_a_stations(candidate: IPAddress) -> bool:
    """Whether an address can be one station's own, seen from another one."""
    return not (
        candidate.is_loopback
        or candidate.is_unspecified
        or candidate.is_multicast
        or str(candidate) == "255.255.255.255"
    )
