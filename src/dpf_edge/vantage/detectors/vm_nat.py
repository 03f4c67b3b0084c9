from __future__ import annotations

from typing import TYPE_CHECKING

from dpf_edge import addresses, macs
from dpf_edge.macs import MacKind
from dpf_edge.model import Answer, Evidence, Finding
from dpf_edge.vantage import proof, resolver, tables
from dpf_edge.vantage.detectors import detector
from dpf_edge.vantage.reading import Reading

if TYPE_CHECKING:
    from dpf_edge.host.seam import Host
    from dpf_edge.model import Interface
    from dpf_edge.vantage.tables import Tables

# The networks that hypervisors give their guests behind a NAT, each with the gateways that it
# answers as (each product's own documentation of its defaults). VirtualBox numbers the NATs of
# further cards 10.0.3.0/24 and up; QEMU's user-mode stack has VirtualBox's first.
NATS = (
    ("virtualbox", addresses.network("10.0.2.0/24"), ("10.0.2.2",)),
    ("virtualbox", addresses.network("10.0.3.0/24"), ("10.0.3.2",)),
    ("libvirt", addresses.network("192.168.122.0/24"), ("192.168.122.1",)),
    ("vmnet", addresses.network("192.168.64.0/24"), ("192.168.64.1",)),
    ("parallels", addresses.network("10.211.55.0/24"), ("10.211.55.1", "10.211.55.2")),
)
# Hyper-V's Default Switch cuts a /20 out of this range, and gives its guests this domain.
DEFAULT_SWITCH, DEFAULT_SWITCH_PREFIX = addresses.network("172.16.0.0/12"), 20
DEFAULT_SWITCH_DOMAIN = "mshome.net"
# What user-mode stacks that translate answer with; a cloud's fabric and Calico do not translate.
STACKS = frozenset(
    {"52:55:0a:00:02:02", "52:54:00:12:35:02", "f6:16:36:bc:f9:c6", "5a:94:ef:e4:0c:dd"}
)
HYPER_V, VMWARE = "00:15:5d", ("00:50:56", "00:0c:29")


@detector("vm-nat")
def vm_nat(host: Host) -> Finding:
    """Does the hypervisor of this virtual machine translate addresses for its card?

    ``kind`` is the product. A guest's card and a hypervisor's MAC at the gateway are not enough:
    a router may itself be a virtual machine on a real LAN. The product's own numbers must be there,
    and where the gateway is a hardware maker's they are a coincidence.
    """
    held = tables.of(host)
    outside = held.default_interface()
    if outside is None or outside.kind not in {"ether", None}:
        return Finding(Answer.NO)
    gateways = proof.gateway_macs(held, outside)
    if any(macs.kind(mac) is MacKind.HARDWARE for mac in gateways):
        return Finding(Answer.NO)
    evidence, kind = numbers(held, outside)
    text = Reading(host).text("/etc/resolv.conf") or ""
    if any(DEFAULT_SWITCH_DOMAIN in line.split() for line in text.split("\n")):
        kind = kind or "hyper-v"
        told = f"search {DEFAULT_SWITCH_DOMAIN}"
        evidence.append(Evidence("search-domain", told, "/etc/resolv.conf"))
    if kind == "virtualbox" and "10.0.2.3" in resolver.parse(text).servers:
        evidence.append(Evidence("nat-resolver", "10.0.2.3", "/etc/resolv.conf"))
    stack = [mac for mac in gateways if mac in STACKS]
    if kind is None and not stack:
        return Finding(Answer.NO)
    for mac in dict.fromkeys(gateways):
        if macs.kind(mac) is MacKind.VIRTUAL:
            source = f"neighbours of {outside.name}"
            evidence.append(Evidence("gateway-mac", macs.says(mac), source))
    card = tables.virtual_card(outside)
    if card is not None or macs.kind(outside.mac) is MacKind.VIRTUAL:
        told = card.value if card else macs.says(outside.mac or "")
        evidence.append(Evidence("guest-card", told, f"interface {outside.name}"))
    sure = len({item.signal for item in evidence}) > 1
    return Finding(Answer.YES if sure else Answer.UNKNOWN, kind or "stack", tuple(evidence))


def numbers(held: Tables, outside: Interface) -> tuple[list[Evidence], str | None]:
    """The networks and gateways of NATs that a card has, and whose."""
    source = f"interface {outside.name}"
    gateways = held.gateways(outside.name)
    for place in tables.places(outside):
        for product, network, routers in NATS:
            if place.network == network and set(routers) & set(gateways):
                told = f"{place} behind {gateways[0]} is {product}'s NAT"
                return [Evidence("nat-numbers", told, source)], product
        first = str(place.network[1]) in gateways
        second = place.version == 4 and str(place.network[2]) in gateways
        makers = {mac[:8] for mac in proof.gateway_macs(held, outside)}
        default_switch = (
            addresses.within(place.ip, DEFAULT_SWITCH)
            and place.network.prefixlen == DEFAULT_SWITCH_PREFIX
        )
        if default_switch and first and HYPER_V in makers:
            told = f"{place} is Hyper-V's Default Switch"
            return [Evidence("nat-numbers", told, source)], "hyper-v"
        if second and makers & set(VMWARE):
            # VMware's NAT answers as the second address, its host as the first.
            return [Evidence("nat-numbers", f"{place} is VMware's NAT", source)], "vmware"
    return [], None
