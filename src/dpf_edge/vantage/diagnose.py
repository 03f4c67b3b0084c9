"""Puts the detectors, the verdict and what follows from it together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dpf_edge.errors import HostError
from dpf_edge.model import Answer, Diagnosis, Evidence, Finding
from dpf_edge.vantage import matrix, tables, verdict
from dpf_edge.vantage.advice import advice
from dpf_edge.vantage.detectors import detector
from dpf_edge.vantage.layers import layers
from dpf_edge.vantage.roles import roles
from dpf_edge.vantage.sight import Sight

if TYPE_CHECKING:
    from dpf_edge.host.seam import Host


def findings(host: Host) -> dict[str, Finding]:
    """What every detector finds; one that cannot ask its question is *unknown*."""
    found = {}
    for name, detect in detector.all().items():
        try:
            found[name] = detect(host)
        except HostError as refusal:
            doubt = Evidence(name, f"{refusal.code}: {refusal}", "host")
            found[name] = Finding(Answer.UNKNOWN, None, (), (doubt,))
    return found


def diagnose(host: Host) -> Diagnosis:
    """Where a host stands, and whether it sees the LAN. Sends nothing.

    Never raises for anything that a host may contain: what cannot be learnt is *unknown*.
    """
    found = findings(host)
    held = tables.of(host)
    sight = Sight(held, found)
    judged = verdict.judge(held, found)
    return Diagnosis(
        vantage=judged.vantage,
        lan=judged.lan,
        layers=layers(sight, judged),
        interfaces=roles(sight, judged),
        containers_here=matrix.containers_here(sight, judged),
        evidence=evidence(found),
        advice=advice(sight, judged),
        recommendation=matrix.recommendation(sight, judged),
    )


def evidence(found: dict[str, Finding]) -> tuple[Evidence, ...]:
    """All evidence once, in the order of the detectors; doubts after it, named as such."""
    seen: dict[Evidence, None] = {}
    for finding in found.values():
        seen.update(dict.fromkeys(finding.evidence))
    for finding in found.values():
        for doubt in finding.doubts:
            if doubt not in seen:
                told = Evidence(f"doubt: {doubt.signal}", doubt.value, doubt.source)
                seen[told] = None
    return tuple(seen)
