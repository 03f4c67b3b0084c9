from __future__ import annotations

import re
from ipaddress import IPv4Network
from typing import TYPE_CHECKING

from dpf_edge.model import Answer, Evidence, Finding
from dpf_edge.vantage import addresses, macs, tables
from dpf_edge.vantage.detectors import detector
from dpf_edge.vantage.detectors.kernel import kernel
from dpf_edge.vantage.macs import MacKind
from dpf_edge.vantage.reading import Reading

if TYPE_CHECKING:
    from dpf_edge.host.seam import Host
    from dpf_edge.model import Interface
    from dpf_edge.vantage.tables import Tables

# What wslinfo prints (WSL 2.0.4 and later); Consomme is VirtioProxy's name since WSL 2.9.
WORDS = {
    "nat": "nat",
    "mirrored": "mirrored",
    "bridged": "bridged",
    "virtioproxy": "virtioproxy",
    "consomme": "virtioproxy",
    "none": "none",
}
# The proxy's own address on loopback0: .153/30 until WSL 2.8, .250/29 from 2.9.
PROXY_NETWORK = IPv4Network("169.254.73.0/24")
PROXY_MACS = frozenset({"00:11:22:33:44:55", "00:00:00:00:01:00"})
# Linux names a card on a virtual PCI segment of Hyper-V so; WSL's plain cards are ethN.
PROXY_NAME = r"enP\d+p\d+s\d+"
# Windows gives its NAT switch a /20 out of this range, unless the registry says otherwise.
NAT_RANGE = IPv4Network("172.16.0.0/12")
NAT_PREFIX = 20
HYPER_V = "00:15:5d"
# A user-mode proxy that hides behind the right words still shows one of these; below this many
# signs of its own the links do not overrule what WSL says of itself.
SIGNS_THAT_OVERRULE = 2


@detector("wsl-mode")
def wsl_mode(host: Host) -> Finding:
    """Which networking mode is in force in this WSL 2 virtual machine?

    ``.wslconfig`` is what somebody wished; ``wslinfo`` and the links are what is. Where the two
    disagree the links are believed against the LAN and never for it: mirrored mode needs its
    ``loopback0`` without an IPv4 address, whatever wslinfo says, and a proxy has one.
    """
    if kernel(host).kind != "wsl2":
        return Finding(Answer.NO)
    reading = Reading(host)
    held = tables.of(host)
    said = told(reading)
    shown = {mode: signs for mode, signs in signs_of(held).items() if signs}
    likeliest = max(shown, key=lambda mode: len(shown[mode]), default=None)
    if said is None:
        if likeliest is None:
            return Finding(Answer.UNKNOWN, None, (), tuple(reading.doubts))
        return Finding(Answer.YES, likeliest, tuple(shown[likeliest]), tuple(reading.doubts))
    word, evidence = said
    agrees = shown.get(word, [])
    if word == "mirrored" and not agrees:
        agrees = mirrored_cards(held)
    against = [
        sign
        for mode, signs in shown.items()
        if mode != word and len(signs) >= SIGNS_THAT_OVERRULE
        for sign in signs
    ]
    if word == "mirrored" and not mirrored(held) and likeliest not in {None, "mirrored", "none"}:
        reading.doubt("wslinfo", f"says {word}, and the links say {likeliest}", evidence.source)
        if len(shown[likeliest]) >= SIGNS_THAT_OVERRULE:
            return Finding(Answer.YES, likeliest, tuple(shown[likeliest]), tuple(reading.doubts))
        return Finding(Answer.UNKNOWN, None, tuple(shown[likeliest]), tuple(reading.doubts))
    if word != "mirrored" and mirrored(held) and len(agrees) == 0 and against:
        reading.doubt("wslinfo", f"says {word}, and the links say {likeliest}", evidence.source)
        return Finding(Answer.UNKNOWN, None, tuple(against), tuple(reading.doubts))
    return Finding(Answer.YES, word, (evidence, *agrees), tuple(reading.doubts))


def told(reading: Reading) -> tuple[str, Evidence] | None:
    """The mode by WSL's own word; None where it has none to say, or says something else."""
    source = "wslinfo --networking-mode"
    output = reading.output("wslinfo", "--networking-mode")
    if output is None:
        return None
    word = output.strip().lower()
    if word in WORDS:
        return WORDS[word], Evidence("wslinfo", word, source)
    reading.doubt("wslinfo", f"answered {output.strip()[:40]!r}", source)
    return None


def mirrored(held: Tables) -> bool:
    """Whether the links are those of mirrored mode: ``loopback0`` is there, without IPv4."""
    relay = held.named("loopback0")
    return relay is not None and not has_ipv4(relay)


def has_ipv4(interface: Interface) -> bool:
    """Whether an interface holds any IPv4 address."""
    return any(":" not in held.address for held in interface.addresses)


def signs_of(held: Tables) -> dict[str, list[Evidence]]:
    """The signs of each mode that the links, routes and rules show."""
    relay = held.named("loopback0")
    cards = [
        each
        for each in held.others()
        if each.name != "loopback0" and not tables.is_engine(each) and not tables.is_vpn(each)
    ]
    live = [each for each in cards if each.up is not False and tables.places(each)]
    proxy = [sign for each in live for sign in proxy_signs(held, each)]
    signs: dict[str, list[Evidence]] = {
        "virtioproxy": proxy,
        "mirrored": [],
        "nat": [],
        "bridged": [],
        "none": [],
    }
    if relay is not None:
        source = "interface loopback0"
        if has_ipv4(relay):
            signs["virtioproxy"] += relay_signs(relay)
        else:
            signs["mirrored"].append(Evidence("relay", "loopback0 without IPv4", source))
            if any(rule.iif == "loopback0" for rule in held.rules):
                told = "packets from loopback0 have rules of their own"
                signs["mirrored"].append(Evidence("rules", told, "routing rules"))
            signs["mirrored"] += mirrored_cards(held)
    elif not proxy:
        signs["nat"] = [sign for each in live for sign in nat_signs(held, each)]
        if not signs["nat"]:
            signs["bridged"] = [sign for each in live for sign in bridged_signs(each)]
    if not held.others():
        signs["none"].append(Evidence("links", "loopback alone", "interfaces"))
    return signs


def mirrored_cards(held: Tables) -> list[Evidence]:
    """The signs of mirrored mode on the cards: flags that Windows asks for, a maker's MAC.

    They support what something else says: a bridged card can be given any MAC by hand.
    """
    found = []
    for each in held.live():
        source = f"interface {each.name}"
        if tables.is_engine(each) or tables.is_vpn(each):
            continue
        if any(address.noprefixroute for address in each.addresses):
            found.append(Evidence("address-flags", f"{each.name} has noprefixroute", source))
        if each.driver == "hv_netvsc" and macs.kind(each.mac) is MacKind.HARDWARE:
            found.append(Evidence("card", f"{each.name} has its Windows card's MAC", source))
    return found


def relay_signs(relay: Interface) -> list[Evidence]:
    """The proxy's signs on its ``loopback0``."""
    source = "interface loopback0"
    found = []
    for held in relay.addresses:
        if addresses.within(addresses.address(held.address), PROXY_NETWORK):
            found.append(Evidence("relay", f"loopback0 has {held.address}", source))
    if relay.mac in PROXY_MACS:
        found.append(Evidence("relay-mac", relay.mac, source))
    return found


def proxy_signs(held: Tables, card: Interface) -> list[Evidence]:
    """The proxy's signs on the card itself."""
    source = f"interface {card.name}"
    found = []
    if card.driver == "virtio_net" or card.bus == "virtio":
        found.append(Evidence("driver", f"{card.name} is a virtio card", source))
    if re.fullmatch(PROXY_NAME, card.name):
        found.append(Evidence("name", f"{card.name} is a card on virtual PCI", source))
    if card.mac in PROXY_MACS:
        found.append(Evidence("card-mac", card.mac, source))
    gateways = set(held.gateways(card.name))
    for entry in held.neighbours:
        if entry.address in gateways and (entry.mac or "").lower() in PROXY_MACS:
            said = f"{entry.address} is {entry.mac}"
            found.append(Evidence("gateway-mac", said, f"neighbours of {card.name}"))
    # Mirrored mode copies Windows' metrics and suppresses prefix routes; the proxy does neither.
    unmeasured = [
        route
        for route in held.default_routes()
        if route.dev == card.name and route.protocol == "kernel" and not route.metric
    ]
    if found and unmeasured and not any(each.noprefixroute for each in card.addresses):
        found.append(Evidence("routes", "the default route has no metric", "routes"))
    return found


def nat_signs(held: Tables, card: Interface) -> list[Evidence]:
    """The signs of the NAT switch on a card."""
    source = f"interface {card.name}"
    found = []
    if card.mac and card.mac.startswith(HYPER_V):
        found.append(Evidence("card-mac", macs.says(card.mac), source))
    for place in tables.places(card):
        if addresses.within(place.ip, NAT_RANGE) and place.network.prefixlen == NAT_PREFIX:
            found.append(Evidence("network", f"{place} is of Windows' NAT range", source))
    gateways = set(held.gateways(card.name))
    for entry in held.neighbours:
        if entry.address in gateways and (entry.mac or "").lower().startswith(HYPER_V):
            said = f"{entry.address} is {macs.says(entry.mac or '')}"
            found.append(Evidence("gateway-mac", said, f"neighbours of {card.name}"))
    unmeasured = [
        route
        for route in held.default_routes()
        if route.dev == card.name and route.protocol == "kernel" and not route.metric
    ]
    if found and unmeasured:
        found.append(Evidence("routes", "the default route has no metric", "routes"))
    return found


def bridged_signs(card: Interface) -> list[Evidence]:
    """The signs of a switch that WSL was bridged to: a random MAC, and no relay."""
    if card.mac and macs.kind(card.mac) is MacKind.LOCAL and card.driver in {"hv_netvsc", None}:
        return [Evidence("card-mac", macs.says(card.mac), f"interface {card.name}")]
    return []
