from __future__ import annotations

from typing import TYPE_CHECKING

from dpf_edge.model import Answer, Evidence, Finding
from dpf_edge.vantage import adapters as kinds
from dpf_edge.vantage import tables
from dpf_edge.vantage.adapters import Adapter
from dpf_edge.vantage.detectors import detector

if TYPE_CHECKING:
    from dpf_edge.host.seam import Host

NATIVE = frozenset({"Windows", "Darwin"})
AWAY = frozenset({Adapter.VPN, Adapter.MODEM})


@detector("adapters")
def adapters(host: Host) -> Finding:
    """Which adapters of Windows or macOS are network cards, and which lead elsewhere?

    ``kind`` is ``card`` (a network card or an external switch's port is up with an address),
    ``away`` (a VPN or a mobile carrier is, and every card is seen to be down or without an
    address), ``guest`` (a card is up that a hypervisor may have made) or ``none``. On other systems
    the answer is no.
    """
    system = host.machine().system
    if system not in NATIVE:
        return Finding(Answer.NO)
    held = tables.of(host)
    judge = kinds.of(system.lower())
    evidence, seen, idle = [], set(), False
    for each in held.interfaces:
        kind = judge(each, held)
        if each.up is True and tables.places(each) and kind is not Adapter.LOOPBACK:
            seen.add(kind)
            told = f"{each.name} is {kind.value}"
            evidence.append(Evidence("adapter", told, f"interface {each.name}"))
        elif each.hardware is True and (each.up is False or not tables.places(each)):
            idle = True
            told = f"{each.name} is down" if each.up is False else f"{each.name} has no address"
            evidence.append(Evidence("idle-card", told, f"interface {each.name}"))
    if seen & {Adapter.CARD, Adapter.SWITCH}:
        return Finding(Answer.YES, "card", tuple(evidence))
    if seen & AWAY and seen <= {*AWAY, Adapter.INNER} and idle:
        return Finding(Answer.YES, "away", tuple(evidence))
    maybe = "guest" if seen & {Adapter.GUEST, Adapter.DOUBTFUL} else "none"
    return Finding(Answer.UNKNOWN, maybe, tuple(evidence))
