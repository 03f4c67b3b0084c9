from __future__ import annotations

from typing import TYPE_CHECKING

from dpf_edge import addresses, macs
from dpf_edge.macs import MacKind
from dpf_edge.model import Answer, Evidence, Finding
from dpf_edge.vantage import tables
from dpf_edge.vantage.detectors import detector

if TYPE_CHECKING:
    from dpf_edge.host.seam import Host
    from dpf_edge.model import Probe
    from dpf_edge.vantage.tables import Tables

PROVES_NOTHING = "proves nothing"


@detector("active-checks")
def active_checks(host: Host) -> Finding:
    """What did each active check give, and what does that prove?

    One line of evidence for each check that was made, for whoever reads: what follows from them
    together is for the other detectors, and for the verdict.
    """
    held = tables.of(host)
    evidence = []
    for check, told in (("arp", arp), ("tcp", tcp), ("mdns", multicast), ("ssdp", multicast)):
        made = [probe for probe in held.probes if probe.check == check]
        if made:
            evidence.append(Evidence(f"check {check}", told(held, made), "active check"))
    hops = [probe for probe in held.probes if probe.check == "hop"]
    if hops:
        evidence.append(Evidence("check hop", hop(held, hops), "active check"))
    return Finding(Answer.YES if evidence else Answer.NO, None, tuple(evidence))


def arp(held: Tables, made: list[Probe]) -> str:
    """What the addresses gave that were looked for on the link."""
    answered = {probe.to: (probe.mac or "").lower() for probe in made if probe.result == "answered"}
    if not answered:
        return f"{len(made)} asked, none answered; {PROVES_NOTHING}, or that the link is cut off"
    routers = held.routers() & {addresses.address(to) for to in answered}
    gateway = "the gateway among them" if routers else "the gateway not"
    hardware = {mac for mac in answered.values() if macs.kind(mac) is MacKind.HARDWARE}
    proof = f"{len(hardware)} hardware makers' MACs share this segment"
    if not hardware:
        proof = "no hardware maker's MAC, so this may be an inner network"
    return f"{len(made)} asked, {len(answered)} answered, {gateway}; {proof}"


def tcp(_: Tables, made: list[Probe]) -> str:
    """What came of connections to addresses that nobody has."""
    dead = (
        "an address that nobody has" if len(made) == 1 else f"{len(made)} addresses that nobody has"
    )
    taken = [probe.to for probe in made if probe.result == "answered"]
    if taken:
        return f"{taken[0]} took a connection that nobody is there to take"
    if any(probe.result == "silent" for probe in made):
        return f"{dead} stayed dead; the stack is honest as far as that goes"
    gave = ", ".join(sorted({probe.result for probe in made}))
    return f"{dead}: {gave}; {PROVES_NOTHING}"


def multicast(_: Tables, made: list[Probe]) -> str:
    """Who answered a question to everybody."""
    sources = {probe.from_: (probe.mac or "").lower() for probe in made if probe.from_}
    if not sources:
        return f"nobody answered; {PROVES_NOTHING}, for firewalls drop such answers"
    hardware = [mac for mac in sources.values() if macs.kind(mac) is MacKind.HARDWARE]
    told = f"{len(hardware)} of them by a hardware maker's MAC"
    return f"{len(sources)} answered, {told}; they share this segment"


def hop(held: Tables, made: list[Probe]) -> str:
    """Who returned a packet that lives for one hop."""
    first = next(
        (probe.from_ for probe in made if probe.result == "answered" and probe.from_), None
    )
    if first is None:
        return f"no router said anything; {PROVES_NOTHING}"
    if any(probe.from_ == probe.to for probe in made):
        return f"{first} itself answered, which is further than one hop"
    if addresses.address(first) in held.routers():
        return f"the gateway {first} is the first router; it may be a LAN's or a translator's"
    return f"{first} is the first router, and no gateway of this machine's"
