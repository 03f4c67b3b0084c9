from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from dpf_edge import addresses
from dpf_edge.model import Answer, Evidence, Finding
from dpf_edge.vantage import proof, tables
from dpf_edge.vantage.detectors import detector

if TYPE_CHECKING:
    from dpf_edge.host.seam import Host
    from dpf_edge.vantage.tables import Tables

# This many addresses that were asked for and gave one MAC are one stack, and no coincidence: a
# router may hold two.
ADDRESSES_OF_ONE = 3


@detector("answers-for-all")
def answers_for_all(host: Host) -> Finding:
    """Does one stack answer here for everybody, addresses included that nobody has?

    Known by active checks alone: a connection to a neighbour's address that no neighbour has, one
    MAC for most addresses that were asked for, or a router on the way that gives itself out as the
    far end. Where that is so, no host that looks alive need be.
    """
    held = tables.of(host)
    if not held.probes:
        return Finding(Answer.UNKNOWN)
    evidence = [*dead_addresses(held), *one_mac(held), *far_ends(held)]
    return Finding(Answer.YES if evidence else Answer.NO, None, tuple(evidence))


def dead_addresses(held: Tables) -> list[Evidence]:
    """Connections that were taken by addresses on the link that no neighbour has.

    A refusal is no sign: the answer to a lone address may come from a router that is honest.
    """
    live = {
        addresses.address(entry.address)
        for entry in held.neighbours
        if entry.mac and proof.state_of(entry.state) in {*proof.ANSWERED, "permanent"}
    }
    own = {place.ip for each in held.live() for place in tables.places(each)}
    found = []
    for probe in held.probes:
        to = addresses.address(probe.to)
        if probe.check != "tcp" or probe.result != "answered" or to is None:
            continue
        on_link = any(
            tables.within(to, place) for each in held.live() for place in tables.places(each)
        )
        if on_link and to not in live | own | held.routers():
            told = f"{to} took a connection, and no neighbour has that address"
            found.append(Evidence("dead-address", told, "active check tcp"))
    return found


def one_mac(held: Tables) -> list[Evidence]:
    """One MAC behind most of the addresses that were asked for."""
    asked: dict[str, str] = {}
    for probe in held.probes:
        if probe.check == "arp" and probe.result == "answered" and probe.to and probe.mac:
            asked[probe.to] = probe.mac.lower()
    counted = Counter(asked.values())
    for mac, count in counted.items():
        # Real neighbours may stand beside a proxy; a server of many addresses beside them.
        if count >= ADDRESSES_OF_ONE and 2 * count > len(asked):
            told = f"{count} of {len(asked)} addresses that were asked for are {mac}"
            return [Evidence("one-mac", told, "active check arp")]
    return []


def far_ends(held: Tables) -> list[Evidence]:
    """Far ends that answered a packet which lives for one hop only."""
    return [
        Evidence("far-end", f"{probe.to} answered within one hop", "active check hop")
        for probe in held.probes
        if probe.check == "hop"
        and probe.result == "answered"
        and probe.to
        and probe.to == probe.from_
    ]
