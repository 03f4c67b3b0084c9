"""One sweep: look at the machine, judge what it sees, and collect what may be collected."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from dpf_edge.errors import HostError
from dpf_edge.model import Answer, Machine
from dpf_edge.node import collecting
from dpf_edge.node.collecting import Own, Sight
from dpf_edge.node.items import Seen, merged
from dpf_edge.vantage import tables
from dpf_edge.vantage.diagnose import diagnose

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from dpf_edge.host.hardware import Hardware
    from dpf_edge.host.seam import Host
    from dpf_edge.model import Diagnosis

# The host itself is known wherever the node stands; all else is the LAN's.
ITSELF: Mapping[str, Callable[[Sight], Seen]] = {"host": collecting.host}
LAN: Mapping[str, Callable[[Sight], Seen]] = {
    "networks": collecting.networks,
    "neighbours": collecting.neighbours,
    "routes": collecting.routes,
}


class Status(StrEnum):
    """How one collector ended."""

    FOUND = "found"
    NOTHING = "nothing"
    SKIPPED = "skipped"
    FAILED = "failed"
    TIMED_OUT = "timed-out"


class Outcome(NamedTuple):
    """What came of one collector; none of these sends anything."""

    collector: str
    status: Status
    things: int
    seconds: float
    why: str = ""


class Sweep(NamedTuple):
    """One round of discovery; ``observed_at`` is in seconds since 1970."""

    observed_at: float
    seen: Seen
    warnings: tuple[str, ...]
    outcomes: tuple[Outcome, ...]
    diagnosis: Diagnosis
    seconds: float


def look(host: Host, own: Own, hardware: Hardware) -> Sight:
    """Read a machine, and judge where it stands."""
    return Sight(
        tables=tables.of(host),
        machine=machine(host),
        system=system(host),
        hardware=hardware,
        diagnosis=diagnose(host),
        own=own,
    )


def machine(host: Host) -> Machine:
    """What the machine says of itself; as good as nothing where it does not."""
    try:
        return host.machine()
    except HostError:
        return Machine(system="Linux")


def system(host: Host) -> str | None:
    """The operating system's name for people (os-release(5)); None where it has none."""
    try:
        lines = host.read("/etc/os-release").splitlines()
    except HostError:
        return None
    named = [line.partition("=")[2] for line in lines if line.startswith("PRETTY_NAME=")]
    return named[0].strip("\"'")[:100] or None if named else None


def sweep(sight: Sight, now: float, ticks: Callable[[], float]) -> Sweep:
    """Collect what one look gives.

    A *no* keeps the LAN's collectors from running: what they would find is some inner network,
    and that they would call it the LAN is the worst they could do. An *unknown* sweeps, and says
    so.

    :param now: the wall clock at the look.
    :param ticks: a clock for how long each takes.
    """
    began = ticks()
    lan = sight.diagnosis.lan
    found: list[Seen] = []
    outcomes: list[Outcome] = []
    for name, collect in {**ITSELF, **LAN}.items():
        if name in LAN and lan.answer is Answer.NO:
            why = f"this vantage does not see the LAN: {lan.why}"
            outcomes.append(Outcome(name, Status.SKIPPED, 0, 0.0, why))
            continue
        seen, outcome = collected(name, collect, sight, ticks)
        found.append(seen)
        outcomes.append(outcome)
    return Sweep(
        now,
        merged(found),
        warnings(sight.diagnosis, outcomes),
        tuple(outcomes),
        sight.diagnosis,
        ticks() - began,
    )


def collected(
    name: str, collect: Callable[[Sight], Seen], sight: Sight, ticks: Callable[[], float]
) -> tuple[Seen, Outcome]:
    """What one collector gives; one that breaks costs what it would have found, and no more."""
    began = ticks()
    try:
        seen = collect(sight)
    except Exception as error:  # noqa: BLE001 -- the one place where a collector's failure is data
        why = f"{type(error).__name__}: {error}"[:200]
        return Seen(), Outcome(name, Status.FAILED, 0, ticks() - began, why)
    status = Status.FOUND if seen.things else Status.NOTHING
    return seen, Outcome(name, status, len(seen.things), ticks() - began)


def warnings(diagnosis: Diagnosis, outcomes: list[Outcome]) -> tuple[str, ...]:
    """What the Authority is told of a sweep in words: what was left out, and why."""
    lan = diagnosis.lan
    told = []
    skipped = [each.collector for each in outcomes if each.status is Status.SKIPPED]
    if skipped:
        codes = ", ".join(each.code for each in diagnosis.advice)
        told.append(
            f"discovery: {', '.join(skipped)} skipped: this vantage ({diagnosis.vantage.value}) "
            f"does not see the LAN: {lan.why}" + (f" (advice: {codes})" if codes else "")
        )
    elif lan.answer is Answer.UNKNOWN:
        told.append(
            f"discovery: whether this vantage ({diagnosis.vantage.value}) sees the LAN is unknown: "
            f"{lan.why}"
        )
    elif "neighbours" in {each.collector for each in outcomes if each.status is Status.NOTHING}:
        told.append("discovery: no neighbour is known on any side that may be the LAN")
    told += [
        f"discovery: {each.collector} {each.status.value}: {each.why}"
        for each in outcomes
        if each.status in {Status.FAILED, Status.TIMED_OUT}
    ]
    return tuple(told)
