from __future__ import annotations

from typing import TYPE_CHECKING

from dpf_edge.model import Answer, Evidence, Finding
from dpf_edge.vantage import tables
from dpf_edge.vantage.detectors import detector

if TYPE_CHECKING:
    from dpf_edge.host.seam import Host
    from dpf_edge.model import Interface


@detector("namespace")
def namespace(host: Host) -> Finding:
    """Is this network namespace one that was made for a container, or the machine's own?

    ``kind`` is ``empty`` (loopback alone), ``macvlan``, ``ipvlan``, ``veth``, ``user-mode`` (a
    tun or tap and no card), ``engine`` (the link to the outside is no card, and an engine's
    bridge is here: Docker inside a container looks so, and so does a host in the laboratory),
    ``card`` (a network card is here) or ``link`` (a link that nothing more is known of).
    """
    held = tables.of(host)
    others = held.others()
    if not others:
        return Finding(Answer.YES, "empty", (Evidence("links", "loopback alone", "interfaces"),))
    live = [each for each in held.live() if not tables.is_vpn(each) and not tables.is_engine(each)]
    cards = [each for each in others if each.hardware or each.bus]
    if cards:
        told = f"{cards[0].name} sits on the {cards[0].bus or 'machine'} bus"
        return Finding(Answer.NO, "card", (Evidence("card", told, f"interface {cards[0].name}"),))
    if not live:
        told = ", ".join(each.name for each in others[:8])
        kind = "empty" if not held.live() else "link"
        return Finding(
            Answer.UNKNOWN, kind, (Evidence("links", f"none with a place: {told}", "interfaces"),)
        )
    children = [each for each in live if each.kind in {"macvlan", "ipvlan"}]
    if children:
        return Finding(Answer.YES, children[0].kind, (link(children[0]),))
    outside = held.default_interface() or live[0]
    if outside.kind in {"tun", "tap"}:
        return Finding(Answer.YES, "user-mode", (link(outside),))
    bridge = next((each for each in others if tables.is_engine_bridge(each)), None)
    if bridge is not None:
        seen = Evidence("engine-bridge", bridge.name, f"interface {bridge.name}")
        return Finding(Answer.UNKNOWN, "engine", (link(outside), seen))
    if outside.kind == "veth":
        return Finding(Answer.YES, "veth", (link(outside),))
    if outside.kind is None and tables.is_child(outside):
        return Finding(Answer.YES, "child", (link(outside),))
    return Finding(Answer.UNKNOWN, "link", (link(outside),))


def link(interface: Interface) -> Evidence:
    """A link as a line of evidence."""
    kind = interface.kind or "a link of unknown kind"
    peer = ", its other half elsewhere" if tables.is_child(interface) else ""
    return Evidence("link", f"{interface.name} is {kind}{peer}", f"interface {interface.name}")
