from __future__ import annotations

from typing import TYPE_CHECKING

from dpf_edge import addresses
from dpf_edge.model import Answer, Evidence, Finding
from dpf_edge.vantage import adapters, proof, tables
from dpf_edge.vantage.detectors import detector

if TYPE_CHECKING:
    from dpf_edge.host.seam import Host
    from dpf_edge.model import Interface
    from dpf_edge.vantage.tables import Tables

# So many neighbours that were asked in vain are no coincidence, on a network of any size.
ASKED_IN_VAIN = 3
# So many stations besides the gateway make a multicast question that nobody answers odd: on a LAN
# of one printer it is not.
STATIONS = 2


@detector("asked-neighbours")
def asked_neighbours(host: Host) -> Finding:
    """Do the neighbours answer that were asked, or the gateway alone, or nobody's multicast?

    ``kind`` is ``isolated`` (by radio, the gateway answers and no other station does: an access
    point that keeps its clients apart) or ``deaf`` (stations are there, and no multicast answer
    came in: something on this machine drops what comes unasked).
    """
    held = tables.of(host)
    for each in held.live():
        evidence = isolated(held, each)
        if evidence:
            return Finding(Answer.YES, "isolated", tuple(evidence))
    evidence = deaf(held)
    if evidence:
        return Finding(Answer.YES, "deaf", tuple(evidence))
    return Finding(Answer.NO if held.probes else Answer.UNKNOWN)


def isolated(held: Tables, interface: Interface) -> list[Evidence]:
    """The signs of an access point that keeps its clients apart."""
    if interface.kind != "wifi" and interface.if_type != adapters.WIFI:
        return []
    gateways = {addresses.address(via) for via in held.gateways(interface.name)} - {None}
    answered, vain = set(), set()
    for entry in held.neighbours:
        where = addresses.address(entry.address)
        if entry.dev != interface.name or where is None or where.is_multicast:
            continue
        if entry.mac and proof.state_of(entry.state) in proof.ANSWERED:
            answered.add(where)
        elif proof.state_of(entry.state) in proof.UNANSWERED:
            vain.add(where)
    for probe in held.probes:
        to = addresses.address(probe.to)
        if probe.check == "arp" and probe.result in {"silent", "unreachable"} and to is not None:
            vain.add(to)
    heard = any(
        probe.check in {"mdns", "ssdp"} and probe.result == "answered" for probe in held.probes
    )
    if heard or not answered & gateways or answered - gateways or len(vain) < ASKED_IN_VAIN:
        return []
    source = f"neighbours of {interface.name}"
    return [
        Evidence("gateway-answers", "and no other station does", source),
        Evidence("silent-neighbours", f"{len(vain)} were asked in vain", source),
    ]


def deaf(held: Tables) -> list[Evidence]:
    """The signs of a machine that hears no answer to a multicast question."""
    asked = [probe for probe in held.probes if probe.check in {"mdns", "ssdp"}]
    if not asked or any(probe.result == "answered" for probe in asked):
        return []
    for each in held.live():
        others = set(proof.stations(held, each)) - set(proof.gateway_macs(held, each))
        if len(others) >= STATIONS:
            checks = " and ".join(sorted({probe.check for probe in asked}))
            return [
                Evidence(
                    "stations", f"{len(others)} besides the gateway", f"neighbours of {each.name}"
                ),
                Evidence("silent-multicast", f"no answer to {checks}", "active checks"),
            ]
    return []
