"""What Windows and macOS see of the LAN from their own network, by their adapters. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dpf_edge.model import Answer, Lan, Reach
from dpf_edge.vantage import adapters, proof, tables
from dpf_edge.vantage.adapters import Adapter
from dpf_edge.vantage.answers import (
    FAIR,
    GOOD,
    STRONG,
    by_neighbours,
    no,
    no_network,
    nothing_but_loopback,
    unknown,
    yes,
)

if TYPE_CHECKING:
    from dpf_edge.model import Interface
    from dpf_edge.vantage.sight import Sight

GUEST = "this is a virtual machine's card, and no neighbour proves what it leads to"
MAYBE = "a hypervisor may have made the card that is up, and no neighbour proves what it leads to"
NO_CARD = "no network card of this machine is surely up with an address on a network"
ONLY_VPN = "only a VPN or a mobile carrier is up here, and the network cards are down"


def sorted_by_kind(sight: Sight) -> dict[Adapter, list[Interface]]:
    """The adapters of a machine that hold a place on a network, by what they are.

    One whose state is not known is not among them: no *yes* rests on what could not be read.
    """
    judge = adapters.of(sight.finding("kernel").kind)
    found: dict[Adapter, list[Interface]] = {each: [] for each in Adapter}
    for interface in sight.tables.interfaces:
        if interface.up is True and tables.places(interface):
            found[judge(interface, sight.tables)].append(interface)
    return found


def windows(sight: Sight) -> Lan:
    """Windows itself: on the LAN by its cards, or by the port of an external switch."""
    refused = refusal(sight)
    if refused is not None:
        return refused
    found = sorted_by_kind(sight)
    cards = honest(sight, found[Adapter.CARD])
    switches = honest(sight, found[Adapter.SWITCH])
    if cards or switches:
        known = [each for each in cards if each.hardware and routed(sight, each)]
        confidence = STRONG if known else GOOD if cards else FAIR
        why = "Windows' own network card is on it"
        if not cards:
            why = "an external switch carries Windows' own network card"
        return yes(sight, cards + switches, Reach.L2, confidence, why)
    return without_a_card(sight, found)


def macos(sight: Sight) -> Lan:
    """macOS itself: on the LAN by its cards, as far as Local Network privacy lets it see.

    Never surer than FAIR: nothing that can be read tells whether the permission was given
    (Apple's TN3179).
    """
    if sight.is_("local-network-privacy"):
        return unknown("macOS keeps this process from the LAN: it has no Local Network permission")
    refused = refusal(sight)
    if refused is not None:
        return refused
    found = sorted_by_kind(sight)
    cards = honest(sight, found[Adapter.CARD])
    if cards:
        return yes(sight, cards, Reach.L2, FAIR, "this Mac's own network card is on it")
    return without_a_card(sight, found)


def honest(sight: Sight, listed: list[Interface]) -> list[Interface]:
    """Those adapters behind whose gateway no user-mode stack answers."""
    return [each for each in listed if not proof.leads_to_a_stack(sight.tables, each)]


def routed(sight: Sight, interface: Interface) -> bool:
    """Whether a default route leads by an adapter."""
    return tables.lowest_metric(sight.tables, interface) != float("inf")


def refusal(sight: Sight) -> Lan | None:
    """Why no card of this machine can say yes by itself, where that is so."""
    if nothing_but_loopback(sight):
        return no_network(sight)
    if sight.is_("cloud"):
        why = "this machine stands in a cloud, where there is no LAN to see"
        return no(sight, Reach.VM, GOOD, why, "cloud")
    if sight.is_("vm-nat"):
        why = "the hypervisor of this virtual machine translates addresses"
        return no(sight, Reach.NAT, FAIR, why, "vm-nat")
    machine = sight.finding("hypervisor")
    if machine.answer is Answer.YES or sight.finding("cloud").evidence:
        return by_neighbours(sight, FAIR, GUEST)
    return None


def without_a_card(sight: Sight, found: dict[Adapter, list[Interface]]) -> Lan:
    """A machine none of whose adapters is surely a card: by its neighbours, or why not."""
    if found[Adapter.GUEST] or found[Adapter.DOUBTFUL]:
        return by_neighbours(sight, FAIR, GUEST if found[Adapter.GUEST] else MAYBE)
    elsewhere = found[Adapter.VPN] + found[Adapter.MODEM]
    if elsewhere and not found[Adapter.OTHER] and sight.is_("adapters", "away"):
        return no(sight, Reach.ROUTED, FAIR, ONLY_VPN, "adapters")
    return unknown(NO_CARD)
