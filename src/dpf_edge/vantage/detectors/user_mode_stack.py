from __future__ import annotations

from ipaddress import IPv4Network
from typing import TYPE_CHECKING

from dpf_edge import addresses, macs
from dpf_edge.model import Answer, Evidence, Finding
from dpf_edge.vantage import proof, resolver, tables
from dpf_edge.vantage.detectors import detector
from dpf_edge.vantage.reading import Reading

if TYPE_CHECKING:
    from dpf_edge.host.seam import Host

# The networks that user-mode stacks give their one client, with the gateway each answers as.
STACKS = (
    ("slirp", IPv4Network("10.0.2.0/24"), "10.0.2.2"),
    ("vpnkit", IPv4Network("192.168.65.0/24"), "192.168.65.1"),
    ("gvproxy", IPv4Network("192.168.127.0/24"), "192.168.127.1"),
    ("lima", IPv4Network("192.168.5.0/24"), "192.168.5.2"),
    ("orbstack", IPv4Network("198.19.248.0/23"), "198.19.249.1"),
)
# pasta and slirp4netns give their link the largest frame an IPv4 packet fits in, rounded to
# eight bytes; no Ethernet card carries it.
LARGEST_MTU = 65520
# Where pasta answers DNS questions for its client, unless told otherwise.
PASTA_RESOLVER = "169.254.1.1"
# A process that maps fewer user IDs than all of them runs in somebody's user namespace.
ALL_IDS = 4294967295


@detector("user-mode-stack")
def user_mode_stack(host: Host) -> Finding:
    """Does a program, and not a wire, stand behind the link to the outside?

    slirp, pasta, vpnkit and gvproxy complete connections on behalf of their client and have no
    layer 2 behind them; pasta even copies the host's interface name, address and routes.
    """
    held = tables.of(host)
    outside = held.default_interface()
    if outside is None:
        return Finding(Answer.NO)
    source = f"interface {outside.name}"
    evidence = []
    kind = None
    # Where the kind was not read, the name that rootless engines give their tap stands for it.
    named = outside.kind is None and outside.name == "tap0"
    if outside.kind in {"tun", "tap"} or named:
        sort = outside.kind or "tap by its name"
        evidence.append(Evidence("tunnel", f"{outside.name} is a {sort}", source))
        kind = "pasta"
    if outside.mtu == LARGEST_MTU:
        evidence.append(Evidence("mtu", str(LARGEST_MTU), source))
        kind = "pasta"
    gateways = held.gateways(outside.name)
    for name, network, gateway in STACKS:
        inside = any(addresses.within(place.ip, network) for place in tables.places(outside))
        if inside and gateway in gateways:
            kind = name
            evidence.append(Evidence("numbers", f"{name}'s network and gateway", source))
    for mac in proof.gateway_macs(held, outside):
        if mac in macs.STACKS:
            kind = kind or "stack"
            evidence.append(
                Evidence("gateway-mac", macs.says(mac), f"neighbours of {outside.name}")
            )
    told = resolver.parse(Reading(host).text("/etc/resolv.conf") or "")
    if PASTA_RESOLVER in told.servers:
        kind = kind or "pasta"
        evidence.append(Evidence("resolver", PASTA_RESOLVER, "/etc/resolv.conf"))
    if kind is not None and maps_few_users(host):
        evidence.append(Evidence("user-namespace", "not all users are here", "/proc/self/uid_map"))
    if kind is None:
        return Finding(Answer.NO, None, (), tuple(evidence))
    return Finding(Answer.YES if len(evidence) > 1 else Answer.UNKNOWN, kind, tuple(evidence))


def maps_few_users(host: Host) -> bool:
    """Whether this process lives in a user namespace that has only some of the machine's users."""
    words = (Reading(host).text("/proc/self/uid_map") or "").split()
    return len(words) >= 3 and words[:3] != ["0", "0", str(ALL_IDS)]
