"""One sweep of a node: what it is asked to do by the settings, and what its run is to say."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from dpf_edge.discovery.asked import Asked
from dpf_edge.discovery.collectors import collector
from dpf_edge.discovery.items import items
from dpf_edge.discovery.job import Stage
from dpf_edge.level import Level
from dpf_edge.model import Answer
from dpf_edge.observed import Outcome, Status

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from typing import Any

    from dpf_edge.discovery.items import Own, Seen
    from dpf_edge.discovery.swept import Swept
    from dpf_edge.model import Diagnosis
    from dpf_edge.node.settings import NodeSettings

# A look at the machine is no collector; where it fails, this is what failed.
LOOK = "look"
BROKEN = frozenset({Status.FAILED, Status.TIMED_OUT})
# A sweep is done well before the next is due, whatever the rate; the rest of a walk is walked next
# time, from another place on.
SHARE = 0.8


class Sweep(NamedTuple):
    """One round of discovery as a run tells of it; ``observed_at`` is in seconds since 1970."""

    observed_at: float
    seen: Seen
    warnings: tuple[str, ...]
    outcomes: tuple[Outcome, ...]
    diagnosis: Diagnosis
    seconds: float


def asked(
    settings: NodeSettings, known: Iterable[str], pace: float, told: Mapping[str, Any]
) -> Asked:
    """What a sweep of a node is asked to do.

    :param known: the addresses that the last one found.
    :param pace: how many seconds there are from one to the next.
    :param told: what collectors are told beside their jobs.
    """
    return Asked(
        level=settings.level,
        rate=settings.rate,
        subnets=settings.subnets,
        known=tuple(known),
        least_bits=settings.least_bits,
        listen=0.0,
        most=SHARE * pace,
        settings=told,
    )


def run_of(swept: Swept, own: Own, observed_at: float, outcomes: Iterable[Outcome] = ()) -> Sweep:
    """What a run tells of a sweep.

    :param outcomes: those of collectors that ran beside it.
    """
    by_name = {each.name: each for each in (*swept.outcomes, *outcomes)}
    all_of_them = tuple(by_name[name] for name in sorted(by_name))
    return Sweep(
        observed_at,
        items(swept.devices, swept.observations, own),
        tuple(warnings(swept, all_of_them)),
        all_of_them,
        swept.diagnosis,
        swept.seconds,
    )


def is_fatal(outcome: Outcome) -> bool:
    """Whether a run would say that things are gone which only could not be read: this machine's
    own tables were not."""
    if outcome.status not in BROKEN:
        return False
    about = collector.about().get(outcome.name)
    return about is None or about.stage is Stage.TABLES


def warnings(swept: Swept, outcomes: Iterable[Outcome]) -> Iterator[str]:
    """What the Authority is told of a sweep in words: what was left out, and why."""
    diagnosis, lan = swept.diagnosis, swept.diagnosis.lan
    abouts = collector.about()
    outcomes = tuple(outcomes)
    blind = [
        each.name
        for each in outcomes
        if each.status is Status.SKIPPED
        and each.name in abouts
        and abouts[each.name].level is Level.LISTEN
        and lan.answer is Answer.NO
    ]
    if blind:
        codes = ", ".join(each.code for each in diagnosis.advice)
        yield (
            f"discovery: {', '.join(blind)} skipped: this vantage ({diagnosis.vantage.value}) "
            f"does not see the LAN: {lan.why}" + (f" (advice: {codes})" if codes else "")
        )
    elif lan.answer is Answer.YES and any(
        each.name == "neighbours" and each.status is Status.NOTHING for each in outcomes
    ):
        yield "discovery: no neighbour is known on any side that may be the LAN"
    yield from (f"discovery: {warning}" for warning in swept.warnings)
    for each in outcomes:
        if each.status in BROKEN:
            yield f"discovery: {each.name} {each.status.value}: {each.reason}"
        elif each.reason and each.status is not Status.SKIPPED:
            yield f"discovery: {each.name}: {each.reason}"
