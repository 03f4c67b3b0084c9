"""What an SNMP agent's facts come to as observations: itself, and those it knows. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from dpf_edge import addresses, macs
from dpf_edge.discovery.snmp.rows import SELF, Entry, Learned, Peer, Port
from dpf_edge.macs import MacKind
from dpf_edge.observed import Observation, Service, Tie

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from dpf_edge.addresses import IPAddress, IPInterface

__all__ = ["SELF", "Facts", "agent", "networks", "peers", "stations", "switched"]

COLLECTOR = "snmp"
# The device's own word, and what its tables say of others.
OWN, TOLD = 0.9, 0.7
# LLDP's capabilities as roles.
ROLES = {"bridge": "switch", "router": "router", "access-point": "access-point"}
# What has so many stations behind it is another switch's link: where they stand is not known.
MOST_ON_A_PORT = 24


class Facts(NamedTuple):
    """What an agent said of itself.

    :ivar host: the address that it was asked at.
    :ivar attributes: ``description``, ``location``, ``model`` and the like.
    """

    host: str
    port: int
    version: str
    name: str
    engine_id: bytes
    attributes: Mapping[str, Any]
    hints: tuple[str, ...]
    roles: tuple[str, ...]
    serial: str | None
    ports: Mapping[int, Port]
    own: Sequence[tuple[int, IPInterface]]
    own_macs: tuple[str, ...] = ()

    def port_name(self, index: int) -> str:
        """What an interface is called."""
        known = self.ports.get(index)
        return known.name if known else f"if{index}"

    def is_inner(self, index: int) -> bool:
        """Whether an interface leads to no LAN."""
        known = self.ports.get(index)
        return known is not None and known.is_inner


def agent(facts: Facts, seen_at: str) -> Observation:
    """The agent itself."""
    outer = [place for port, place in facts.own if not facts.is_inner(port)]
    shown = [str(place.ip) for place in outer]
    ids = [f"snmp-engine:{each.hex()}" for each in (facts.engine_id,) if is_unique(each)]
    if facts.serial:
        ids.append(f"serial:{facts.serial}")
    return Observation(
        collector=COLLECTOR,
        seen_at=seen_at,
        confidence=OWN,
        addresses=tuple(dict.fromkeys((facts.host, *sorted(shown)))),
        macs=own_macs(facts),
        ids=tuple(ids),
        names=(facts.name,) if facts.name else (),
        hints=facts.hints,
        roles=facts.roles,
        services=(Service("snmp", facts.port, "udp", details={"version": facts.version}),),
        ties=tuple(
            Tie("MEMBER_OF", network=each)
            for each in sorted({str(place.network) for place in outer if is_shown(place)})
        ),
        attributes=dict(facts.attributes),
    )


def own_macs(facts: Facts) -> tuple[str, ...]:
    """The agent's own MAC addresses that nobody else has.

    A MAC that a program drew for a bridge or a guest's end is left out, unless the address that
    was asked stands there: some are the same on every host.
    """
    asked = {port for port, place in facts.own if str(place.ip) == facts.host}
    found = {
        each.mac
        for each in facts.ports.values()
        if each.mac
        and not each.is_inner
        and (each.number in asked or macs.kind(each.mac) is not MacKind.LOCAL)
    }
    return tuple(sorted(found | set(facts.own_macs)))


def is_unique(engine_id: bytes) -> bool:
    """Whether an engine's id can tell its device from others: some makers fill it with nothing."""
    # RFC 3411 section 5: four bytes name the maker, the fifth says how the rest was made.
    return len(engine_id) > 8 and len(set(engine_id[5:])) > 2


def is_shown(place: IPInterface) -> bool:
    """Whether a network is a site's own, and one that others can stand on."""
    return addresses.stands_on_a_network(place) and addresses.is_private(place.ip)


def networks(facts: Facts, seen_at: str) -> Iterator[Observation]:
    """The networks that lie behind an agent that routes: all of its own, but for the one that it
    was asked on."""
    asked = addresses.address(facts.host)
    if "router" not in facts.roles:
        return
    found = {
        str(place.network)
        for port, place in facts.own
        if is_shown(place)
        and not facts.is_inner(port)
        and not addresses.within(asked, place.network)
    }
    for each in sorted(found):
        tie = Tie("ROUTES_THROUGH", address=facts.host)
        yield Observation(COLLECTOR, seen_at, TOLD, told_by=facts.host, network=each, ties=(tie,))


def stations(facts: Facts, entries: Iterable[Entry], seen_at: str) -> Iterator[Observation]:
    """Who stands in the agent's address tables.

    What has a public IPv4 address is a provider's station on the far side of a router, and no
    business of the site's.
    """
    own = {place.ip for _, place in facts.own}
    for each in entries:
        if each.address in own or facts.is_inner(each.port) or not is_of_site(each.address):
            continue
        member = next(
            (
                Tie("MEMBER_OF", network=str(place.network))
                for port, place in facts.own
                if port == each.port
                and is_shown(place)
                and addresses.within(each.address, place.network)
            ),
            None,
        )
        yield Observation(
            COLLECTOR,
            seen_at,
            TOLD,
            told_by=facts.host,
            addresses=(str(each.address),),
            macs=(each.mac,),
            ties=(member,) if member else (),
        )


def is_of_site(address: IPAddress) -> bool:
    """Whether an address can be a station of the site's own."""
    return address.version == 6 or address.is_link_local or addresses.is_private(address)


def switched(
    facts: Facts, found: Sequence[Learned], peers: Iterable[Peer], seen_at: str
) -> Iterator[Observation]:
    """Who stands behind which port of a switch.

    Behind a port that leads to another switch stand that one's stations: they are there, and where
    is for that one to say.
    """
    own = {each.mac for each in facts.ports.values()} | set(facts.own_macs)
    behind: dict[int, set[str]] = {}
    for each in found:
        if not each.is_own and each.mac not in own and not facts.is_inner(each.port):
            behind.setdefault(each.port, set()).add(each.mac)
    links = {each.port for each in peers if {"bridge", "repeater"} & set(each.capabilities)}
    for port, stations in sorted(behind.items()):
        name = facts.port_name(port)
        tie = Tie("CONNECTS_TO", address=facts.host, far_port=name)
        is_link = len(stations) > MOST_ON_A_PORT or name in links
        for station in sorted(stations):
            yield Observation(
                COLLECTOR,
                seen_at,
                TOLD,
                told_by=facts.host,
                macs=(station,),
                ties=() if is_link else (tie,),
            )


def peers(facts: Facts, found: Iterable[Peer], seen_at: str) -> Iterator[Observation]:
    """Whom LLDP told the agent of; one that nothing can be known by is left out."""
    for each in found:
        if not (each.macs or each.addresses or each.name):
            continue
        yield Observation(
            COLLECTOR,
            seen_at,
            TOLD,
            told_by=facts.host,
            addresses=each.addresses,
            macs=each.macs,
            names=(each.name,) if each.name else (),
            hints=tuple(f"lldp:{word}" for word in each.capabilities),
            roles=tuple(ROLES[word] for word in each.capabilities if word in ROLES),
            ties=(
                Tie(
                    "PEER_OF",
                    address=facts.host,
                    port=each.far_port or None,
                    far_port=each.port or None,
                ),
            ),
            attributes={"description": each.description} if each.description else {},
        )
