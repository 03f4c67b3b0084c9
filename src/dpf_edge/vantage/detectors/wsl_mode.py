from __future__ import annotations

import re
from ipaddress import IPv4Network
from typing import TYPE_CHECKING

from dpf_edge import addresses, macs
from dpf_edge.macs import MacKind
from dpf_edge.model import Answer, Evidence, Finding
from dpf_edge.vantage import tables, wslinfo
from dpf_edge.vantage.detectors import detector
from dpf_edge.vantage.detectors.kernel import kernel
from dpf_edge.vantage.reading import Reading

if TYPE_CHECKING:
    from dpf_edge.host.seam import Host
    from dpf_edge.model import Interface
    from dpf_edge.vantage.tables import Tables

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
# Without its relay, mirrored mode by wslinfo's word wants the card and its flags both.
SIGNS_WITHOUT_RELAY = 2


@detector("wsl-mode")
def wsl_mode(host: Host) -> Finding:
    """Which networking mode is in force in this WSL 2 virtual machine?

    ``.wslconfig`` is what somebody wished; ``wslinfo`` and the links are what is. Where these two
    disagree, each is believed against the LAN and neither for it: mirrored mode shows its
    ``loopback0`` without an IPv4 address, and a proxy's has one, whatever wslinfo says.
    """
    if kernel(host).kind != "wsl2":
        return Finding(Answer.NO)
    reading = Reading(host)
    held = tables.of(host)
    said = wslinfo.told(reading)
    shown = {mode: signs for mode, signs in signs_of(held).items() if signs}
    likeliest = max(shown, key=lambda mode: len(shown[mode]), default=None)
    if said is None:
        if likeliest is None:
            return Finding(Answer.UNKNOWN, None, (), tuple(reading.doubts))
        return Finding(Answer.YES, likeliest, tuple(shown[likeliest]), tuple(reading.doubts))
    word, evidence = said
    agrees = shown.get(word, [])
    if word == "mirrored" and not agrees and not shown:
        # No relay to be seen, and nothing of another mode either.
        agrees = hyper_v_cards(held)
        if len({sign.signal for sign in agrees}) < SIGNS_WITHOUT_RELAY:
            return Finding(Answer.UNKNOWN, None, (evidence,), tuple(reading.doubts))
    if word == "mirrored" and not agrees and likeliest not in {None, "none"}:
        reading.doubt("wslinfo", f"says {word}, and the links say {likeliest}", evidence.source)
        if len(shown[likeliest]) >= SIGNS_THAT_OVERRULE:
            return Finding(Answer.YES, likeliest, tuple(shown[likeliest]), tuple(reading.doubts))
        return Finding(Answer.UNKNOWN, None, tuple(shown[likeliest]), tuple(reading.doubts))
    if word != "mirrored" and "mirrored" in shown and not agrees:
        # Its word stands against the LAN too, on one leg: the answer will be unknown.
        reading.doubt("wslinfo", f"says {word}, and the links say mirrored", evidence.source)
    return Finding(Answer.YES, word, (evidence, *agrees), tuple(reading.doubts))


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
        signs["virtioproxy"] += relay_signs(held, relay)
        if not signs["virtioproxy"] and not has_ipv4(relay):
            signs["mirrored"] = mirrored_signs(held, relay)
    elif not proxy:
        signs["nat"] = [sign for each in live for sign in nat_signs(held, each)]
        if not signs["nat"]:
            signs["bridged"] = [sign for each in live for sign in bridged_signs(each)]
    if not held.others():
        signs["none"].append(Evidence("links", "loopback alone", "interfaces"))
    return signs


def mirrored_signs(held: Tables, relay: Interface) -> list[Evidence]:
    """The signs of mirrored mode, none of which is the proxy's too.

    The relay has Hyper-V's MAC and no IPv4 address. The proxy's rules are the same, so they count
    only where no default route lacks a metric: mirrored mode copies Windows' own.
    """
    if relay.mac is not None and not relay.mac.startswith(HYPER_V):
        return []
    found = [Evidence("relay", "loopback0 without IPv4", "interface loopback0")]
    for each in held.live():
        if not tables.is_mirrored_card(each):
            continue
        source = f"interface {each.name}"
        if any(address.noprefixroute for address in each.addresses):
            found.append(Evidence("address-flags", f"{each.name} has noprefixroute", source))
        for route in held.default_routes():
            if route.dev == each.name and route.protocol == "kernel" and route.metric:
                told = f"{each.name} has Windows' metric {route.metric}"
                found.append(Evidence("metric", told, "routes"))
    if not any(unmeasured(held, each) for each in held.live()) and any(
        rule.iif == "loopback0" for rule in held.rules
    ):
        told = "packets from loopback0 have rules of their own"
        found.append(Evidence("rules", told, "routing rules"))
    return found


def hyper_v_cards(held: Tables) -> list[Evidence]:
    """What a mirrored card of Hyper-V's driver shows by itself, where the relay was not seen."""
    found = []
    for each in held.live():
        source = f"interface {each.name}"
        if not tables.is_mirrored_card(each) or each.driver != "hv_netvsc":
            continue
        found.append(Evidence("card", f"{each.name} has its Windows card's MAC", source))
        if any(address.noprefixroute for address in each.addresses):
            found.append(Evidence("address-flags", f"{each.name} has noprefixroute", source))
    return found


def unmeasured(held: Tables, card: Interface) -> bool:
    """Whether WSL set a default route by this card without a metric, as NAT and the proxy do."""
    return any(
        route.dev == card.name and route.protocol == "kernel" and not route.metric
        for route in held.default_routes()
    )


def relay_signs(held: Tables, relay: Interface) -> list[Evidence]:
    """The proxy's signs on its ``loopback0``: an address, a MAC, and a network on the link."""
    source = "interface loopback0"
    found = []
    for address in relay.addresses:
        if addresses.within(addresses.address(address.address), PROXY_NETWORK):
            found.append(Evidence("relay", f"loopback0 has {address.address}", source))
    if relay.mac in PROXY_MACS:
        found.append(Evidence("relay-mac", relay.mac, source))
    for route in held.routes:
        # Both modes send 127.0.0.1 by 169.254.73.152; only the proxy has its network on the link.
        on_link = route.dev == relay.name and not route.via and "/" in route.to
        if on_link and addresses.within(addresses.address(route.to), PROXY_NETWORK):
            found.append(Evidence("relay-route", f"{route.to} on loopback0", "routes"))
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
    if found and unmeasured(held, card) and not any(each.noprefixroute for each in card.addresses):
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
    if found and unmeasured(held, card):
        found.append(Evidence("routes", "the default route has no metric", "routes"))
    return found


def bridged_signs(card: Interface) -> list[Evidence]:
    """The signs of a switch that WSL was bridged to: a random MAC, and no relay."""
    if card.mac and macs.kind(card.mac) is MacKind.LOCAL and card.driver in {"hv_netvsc", None}:
        return [Evidence("card-mac", macs.says(card.mac), f"interface {card.name}")]
    return []
