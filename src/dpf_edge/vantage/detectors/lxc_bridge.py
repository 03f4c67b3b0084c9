from __future__ import annotations

from typing import TYPE_CHECKING

from dpf_edge import addresses, macs
from dpf_edge.macs import MacKind
from dpf_edge.model import Answer, Evidence, Finding
from dpf_edge.vantage import proof, tables
from dpf_edge.vantage.detectors import detector
from dpf_edge.vantage.reading import Reading

if TYPE_CHECKING:
    from dpf_edge.host.seam import Host

# lxc-net's own bridge (lxc: its default configuration).
LXCBR0, LXCBR0_GATEWAY = addresses.network("10.0.3.0/24"), "10.0.3.1"
# LXD and Incus draw a /24 out of 10/8 and a /64 out of this range for their bridge, and give it a
# MAC of Xen's or of their own maker's number.
ULA = addresses.network("fd42::/16")
BRIDGE_MACS = ("00:16:3e", "10:66:6a")
DOMAINS = frozenset({"lxd", "incus", "lxc"})
PROXMOX = "bc:24:11"


@detector("lxc-bridge")
def lxc_bridge(host: Host) -> Finding:
    """Is the way out of a system container its manager's own NAT, or a bridge on a LAN?

    ``kind`` is ``nat`` where the manager's own numbers, MAC or domain show, and ``bridged`` where
    the gateway is a hardware maker's or the card has the MAC that Proxmox gives its guests, whose
    bridge has a card of the host in it. A bridge's MAC alone proves no NAT.
    """
    held = tables.of(host)
    outside = held.default_interface()
    if outside is None:
        return Finding(Answer.NO)
    source = f"interface {outside.name}"
    evidence = []
    gateways = held.gateways(outside.name)
    places = tables.places(outside)
    if any(place.network == LXCBR0 for place in places) and LXCBR0_GATEWAY in gateways:
        evidence.append(Evidence("bridge-numbers", "10.0.3.0/24 is lxc-net's own", source))
    if any(addresses.within(place.ip, ULA) for place in places):
        evidence.append(Evidence("bridge-ula", "an address of fd42::/16", source))
    known = proof.gateway_macs(held, outside)
    for mac in dict.fromkeys(known):
        if mac.startswith(BRIDGE_MACS):
            told = f"the gateway is {macs.says(mac)}"
            evidence.append(Evidence("bridge-mac", told, f"neighbours of {outside.name}"))
    for line in (Reading(host).text("/etc/resolv.conf") or "").split("\n"):
        if line.startswith("search ") and DOMAINS & set(line.split()[1:]):
            evidence.append(Evidence("bridge-domain", line.strip(), "/etc/resolv.conf"))
    if known and all(
        macs.kind(mac) is MacKind.HARDWARE and mac[:8] not in BRIDGE_MACS for mac in known
    ):
        seen = Evidence("gateway-mac", macs.says(known[0]), f"neighbours of {outside.name}")
        return Finding(Answer.NO, "bridged", (seen,))
    if evidence:
        return Finding(Answer.YES, "nat", tuple(evidence))
    if (outside.mac or "").startswith(PROXMOX):
        return Finding(Answer.NO, "bridged", (Evidence("card-mac", "Proxmox gave it", source),))
    return Finding(Answer.NO)
