"""Puts the looks from all vantages of one machine side by side, and finds where the LAN is lost.

Pure: what was seen comes in, outermost first, and the table goes out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from dpf_edge.model import (
    Answer,
    Boundary,
    Comparison,
    Diagnosis,
    Network,
    Reach,
    Role,
    Seen,
    Vantage,
)
from dpf_edge.vantage.sight import DESKTOP

if TYPE_CHECKING:
    from collections.abc import Sequence

# Which role to show where no interface is on the LAN: the one that leads out.
OUTWARD = (Role.LAN, Role.NAT, Role.PROXY, Role.VM, Role.UNKNOWN)


class Look(NamedTuple):
    """What one vantage of a machine showed, or why it showed nothing."""

    name: str
    reached_by: str
    diagnosis: Diagnosis | None
    error: str | None = None


def compare(looks: Sequence[Look], versions: dict[str, str | None], taken_at: str) -> Comparison:
    """A comparison of some looks.

    :param looks: outermost first: the host, then each engine's host network, then its bridge.
    :param versions: what to stamp it with, by name.
    :param taken_at: RFC 3339.
    """
    rows = tuple(row(look) for look in looks)
    sees = next(
        (look.diagnosis.lan for look in looks if answer(look) is Answer.YES and look.diagnosis),
        None,
    )
    lan = Network(sees.network, sees.address) if sees else Network(None, None)
    where = boundary(looks)
    return Comparison(taken_at, versions, lan, rows, where, conclusion(looks, where))


def answer(look: Look) -> Answer:
    """Whether a look saw the LAN."""
    return look.diagnosis.lan.answer if look.diagnosis else Answer.UNKNOWN


def row(look: Look) -> Seen:
    """One row of the table."""
    found = look.diagnosis
    if found is None:
        return Seen(
            look.name,
            Vantage.UNKNOWN,
            Answer.UNKNOWN,
            "not looked",
            look.reached_by,
            error=look.error,
        )
    interface, address, network = outward(found)
    return Seen(
        look.name,
        found.vantage,
        found.lan.answer,
        says(found),
        look.reached_by,
        interface,
        address,
        network,
        look.error,
    )


def outward(found: Diagnosis) -> tuple[str | None, str | None, str | None]:
    """The interface to show, its address and its network: the LAN's, else the way out's."""
    if found.lan.interface:
        return found.lan.interface, found.lan.address, found.lan.network
    for role in OUTWARD:
        for each in found.interfaces:
            if each.role is not role:
                continue
            # A lone address (/32, /128) is a service's; IPv4 is what people know a place by.
            placed = [text for text in each.addresses if not text.endswith(("/32", "/128"))]
            placed.sort(key=lambda text: ":" in text)
            if placed:
                address, _, prefix = placed[0].partition("/")
                return each.name, address, f"{address}/{prefix}" if prefix else None
    return None, None, None


def says(found: Diagnosis) -> str:
    """A vantage in the few words of a table."""
    lan = found.lan
    if found.vantage is Vantage.DOCKER_DESKTOP_HOST:
        return "Docker services only"
    if lan.answer is Answer.YES:
        mirrored = any(
            layer.name == "distro" and layer.kind == "mirrored" for layer in found.layers
        )
        return "mirrored" if mirrored else "real LAN"
    if lan.answer is Answer.UNKNOWN:
        return "cannot be told"
    if found.vantage is Vantage.DOCKER_DESKTOP_BRIDGE:
        return "a bridge inside Docker Desktop"
    return {
        Reach.NAT: "behind NAT",
        Reach.VM: "a virtual machine's network",
        Reach.ROUTED: "routed",
        Reach.NONE: "no network",
    }.get(lan.reach, "not the LAN")


def boundary(looks: Sequence[Look]) -> Boundary | None:
    """The first step at which the LAN is lost; none where no yes is followed by a no."""
    last = None
    for look in looks:
        if answer(look) is Answer.YES:
            last = look
        elif answer(look) is Answer.NO and last is not None and look.diagnosis:
            why = look.diagnosis.lan.why or "its network is another"
            return Boundary(last.name, look.name, why)
    return None


def conclusion(looks: Sequence[Look], where: Boundary | None) -> str:
    """What the table means for whoever asked, in a sentence or two."""
    answers = [answer(look) for look in looks]
    desktop = any(look.diagnosis and look.diagnosis.vantage in DESKTOP for look in looks)
    if desktop and Answer.YES in answers:
        return (
            "The LAN ends at Docker Desktop's engine: no container of it stands on the LAN, host "
            "networking and mirrored mode notwithstanding. Run the node as a native program."
        )
    if desktop:
        return "Docker Desktop's containers do not see the LAN. Run the node as a native program."
    if where is not None:
        return f"The LAN is seen from this vantage, so run the node there: {where.last_that_sees}."
    if Answer.YES in answers:
        return "The node sees the LAN from every vantage that could be looked from."
    if Answer.UNKNOWN in answers:
        return "No vantage proved that it sees the LAN; the rows say what is missing."
    return "No vantage of this machine sees the LAN."
