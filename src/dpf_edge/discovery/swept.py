"""What a sweep came to: the value that `dpf-edge sweep --json` prints (sweep-1)."""

from __future__ import annotations

import msgspec

from dpf_edge.model import Diagnosis
from dpf_edge.observed import Device, Observation, Outcome


class Swept(msgspec.Struct, frozen=True, kw_only=True):
    """One round of discovery.

    :ivar started_at: RFC 3339 in UTC, ending in Z.
    :ivar devices: what the observations merge into; the sweeping machine is one of them.
    :ivar observations: each once, however often it was made; the newest time counts.
    :ivar outcomes: one of each collector there is.
    """

    started_at: str
    seconds: float
    diagnosis: Diagnosis
    devices: tuple[Device, ...]
    observations: tuple[Observation, ...]
    outcomes: tuple[Outcome, ...]
    warnings: tuple[str, ...] = ()
    sweep: int = 1


def encoded(swept: Swept) -> bytes:
    """A sweep as sweep-1: indented JSON, ended by a newline."""
    return msgspec.json.format(msgspec.json.encode(swept), indent=2) + b"\n"
