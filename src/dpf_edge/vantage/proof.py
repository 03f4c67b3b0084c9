"""What an interface's neighbours prove: the stations behind it, and the gateway that they share."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from dpf_edge import addresses, macs
from dpf_edge.macs import MacKind
from dpf_edge.model import Evidence
from dpf_edge.vantage.tables import places

if TYPE_CHECKING:
    from dpf_edge.model import Interface
    from dpf_edge.vantage.tables import Tables

# Which states of an entry say that the neighbour has answered (linux/neighbour.h). A permanent
# one was written by a program and proves nothing.
ANSWERED = frozenset({"reachable", "stale", "delay", "probe", None})
# Which states say that it was asked and gave no answer.
UNANSWERED = frozenset({"failed", "incomplete", "unreachable"})
# The gateway and two more: with two stations in all, a proxy and its only client would do.
STATIONS_THAT_PROVE = 3
# With a station that answered a multicast question, the gateway and that one: a proxy that
# forwards single connections has nobody to hand such a question to.
STATIONS_WITH_MULTICAST = 2


class Proof(NamedTuple):
    """What the neighbours of one interface prove."""

    proven: bool
    evidence: tuple[Evidence, ...]


def state_of(text: str | None) -> str | None:
    """A neighbour's state in lower case, as ``ip neigh`` and Windows name it."""
    return text.lower() if text else None


def leads_to_a_stack(tables: Tables, interface: Interface) -> bool:
    """Whether an interface's gateway has a MAC that a user-mode stack answers with."""
    return any(mac in macs.STACKS for mac in gateway_macs(tables, interface))


def gateway_macs(tables: Tables, interface: Interface) -> tuple[str, ...]:
    """The MACs that the gateways through an interface are known by, in lower case."""
    gateways = {addresses.address(via) for via in tables.gateways(interface.name)} - {None}
    return tuple(
        entry.mac.lower()
        for entry in tables.neighbours
        if entry.dev in {interface.name, None}
        and entry.mac is not None
        and macs.kind(entry.mac) is not MacKind.NONE
        and addresses.address(entry.address) in gateways
    )


def stations(tables: Tables, interface: Interface) -> dict[str, set[str]]:
    """The stations with a hardware maker's MAC that have answered on an interface's networks.

    :returns: MAC in lower case to its addresses. This machine's own MACs are none of them.
    """
    networks = [place.network for place in places(interface)]
    own = {each.mac for each in tables.interfaces}
    found: dict[str, set[str]] = {}
    for entry in tables.neighbours:
        where = addresses.address(entry.address)
        if entry.dev != interface.name or entry.mac is None or where is None:
            continue
        # A link-local address is on this link by what it is (RFC 4291 section 2.5.6).
        on_link = where.is_link_local or any(addresses.within(where, each) for each in networks)
        mac = entry.mac.lower()
        answered = state_of(entry.state) in ANSWERED
        if answered and on_link and mac not in own and macs.kind(mac) is MacKind.HARDWARE:
            found.setdefault(mac, set()).add(str(where))
    return found


def neighbours_prove(tables: Tables, interface: Interface) -> Proof:
    """Whether an interface's neighbours prove a LAN: makers' MACs behind a maker's gateway.

    Five containers on one engine's network have five MACs and answer every question, so only
    stations with a hardware maker's MAC count, and none where the gateway's own is virtual or
    locally administered: then all of this is some machine's inner network.
    """
    source = f"neighbours of {interface.name}"
    gateways = gateway_macs(tables, interface)
    if not gateways:
        return Proof(False, ())
    known = tuple(
        Evidence("gateway-mac", macs.says(mac), source) for mac in dict.fromkeys(gateways)
    )
    if any(macs.kind(mac) is not MacKind.HARDWARE for mac in gateways):
        return Proof(False, known)
    there = stations(tables, interface)
    count = Evidence("stations", f"{len(there)} with a hardware maker's MAC", source)
    multicast = multicast_answers(tables, there) - set(gateways)
    wanted = STATIONS_WITH_MULTICAST if multicast else STATIONS_THAT_PROVE
    behind_a_gateway = not set(there).isdisjoint(gateways)
    return Proof(behind_a_gateway and len(there) >= wanted, (*known, count))


def multicast_answers(tables: Tables, there: dict[str, set[str]]) -> set[str]:
    """The MACs of those stations that answered a multicast question."""
    told = {
        str(addresses.address(probe.from_))
        for probe in tables.probes
        if probe.check in {"mdns", "ssdp"} and probe.result == "answered"
    }
    return {mac for mac, held in there.items() if held & told}
