from __future__ import annotations

from typing import TYPE_CHECKING

from dpf_edge.model import Answer, Finding
from dpf_edge.vantage import proof, tables
from dpf_edge.vantage.detectors import detector

if TYPE_CHECKING:
    from dpf_edge.host.seam import Host
    from dpf_edge.model import Evidence


@detector("neighbours")
def neighbours(host: Host) -> Finding:
    """Do the neighbours that this machine already knows prove that it stands on a LAN?

    ``kind`` names the interface that they stand behind. Nothing is asked: a table that is empty
    proves nothing, and neither does one full of virtual machines.
    """
    held = tables.of(host)
    seen: list[Evidence] = []
    for each in held.live():
        shown = proof.neighbours_prove(held, each)
        if shown.proven:
            return Finding(Answer.YES, each.name, shown.evidence)
        seen += shown.evidence
    return Finding(Answer.UNKNOWN, None, tuple(seen))
