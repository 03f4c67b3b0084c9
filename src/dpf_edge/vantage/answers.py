"""What a place may answer, and on what: a *no* on two legs, a *yes* by name. Pure.

A *no* stands on two independent signs or is *unknown*. A *yes* comes from a card made of matter,
from WSL's mirrored mode, from Windows' or macOS's own card, or from neighbours that prove it;
everywhere else the answer is *unknown*.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dpf_edge.model import Answer, Lan, Reach
from dpf_edge.vantage import proof, tables

if TYPE_CHECKING:
    from dpf_edge.model import Interface
    from dpf_edge.vantage.sight import Sight

# A no on fewer independent signs than this is unknown: one file that is missing or lies must not
# be enough to blind a node.
LEGS = 2

# Confidence, from how each was seen to fail (docs/concepts/verdict.md).
CERTAIN = 0.98  # a signature that nothing else has
STRONG = 0.95  # two independent readings that agree
GOOD = 0.9  # the links alone, which WSL versions have changed before
FAIR = 0.8  # the usual case; a rarer arrangement looks the same
NOTHING = 0.0


def no(sight: Sight, reach: Reach, confidence: float, why: str, *legs: str) -> Lan:
    """No, if the named findings bring enough independent signs; else unknown."""
    signs = {item.signal for name in legs for item in sight.finding(name).evidence}
    if len(signs) < LEGS:
        return unknown(f"{why}, but only one sign says so")
    return Lan(Answer.NO, reach, confidence, why=why)


def unknown(why: str) -> Lan:
    """Unknown, with its reason."""
    return Lan(Answer.UNKNOWN, Reach.UNKNOWN, NOTHING, why=why)


def yes(sight: Sight, on: list[Interface], reach: Reach, confidence: float, why: str) -> Lan:
    """Yes, by the best of some interfaces; unknown where there is none to name."""
    chosen = tables.best(sight.tables, [each for each in on if each.up is True])
    if chosen is None and on:
        return unknown(f"whether {on[0].name} is up could not be read")
    if chosen is None:
        return unknown("no interface of this machine holds an address on a network")
    place = tables.places(chosen)[0]
    return Lan(
        Answer.YES,
        reach,
        confidence,
        interface=chosen.name,
        address=str(place.ip),
        network=str(place.network),
        gateway=tables.gateway_on(sight.tables, chosen, place),
        why=why,
    )


def proven(sight: Sight) -> list[Interface]:
    """The interfaces whose neighbours prove a LAN, where no proxy may have made them up."""
    return [
        each
        for each in sight.tables.live()
        if each.kind not in {"tun", "tap"}
        and not tables.is_engine(each)
        and not tables.is_vpn(each)
        and proof.neighbours_prove(sight.tables, each).proven
    ]


def by_neighbours(sight: Sight, confidence: float, otherwise: str) -> Lan:
    """Yes where the neighbours prove it, else unknown for the reason given."""
    on = proven(sight)
    # Docker Desktop's own distribution shows its engine's signs, and stands beside it.
    desktop = sight.is_("docker-desktop") and not sight.is_plain_wsl()
    if desktop or sight.is_("user-mode-stack"):
        return unknown("a program answers for the neighbours here")
    if not on:
        return unknown(otherwise)
    return yes(sight, on, Reach.L2, confidence, "its neighbours are machines on a LAN")


def nothing_but_loopback(sight: Sight) -> bool:
    """Whether no interface but the loopback can carry a packet."""
    held = sight.tables
    # A namespace without even a loopback was not read: nothing follows from an empty list.
    return bool(held.interfaces) and not any(
        each.up is not False and each.addresses for each in held.others()
    )


def no_network(_: Sight) -> Lan:
    """A place with nothing but loopback: that it sees no LAN needs no further sign."""
    return Lan(Answer.NO, Reach.NONE, STRONG, why="there is no network here but loopback")
