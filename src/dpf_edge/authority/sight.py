"""What a node said of where it stands, read out of its report: does it see the LAN; if not, why.

A report's evidence has any shape, and any node may have put anything there: what is not as this
project's nodes write it is left out, and the answer is then *unknown*.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple, TypeGuard

from dpf_edge.authority import fleet
from dpf_edge.model import Advice, Answer, Vantage
from dpf_edge.wire.vocabulary import Capability, TrustState

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from dpf_edge.model import Layer
    from dpf_edge.store.records import Capability as Reported
    from dpf_edge.store.records import NodeDetail

# A page shows this much of what a node says, and no more.
TEXT = 400
MOST = 40
# Thirty thousand years in seconds, and more of anything than a node counts; what is beyond it is
# nobody's measurement, and no text, float or date takes all of it.
LARGEST = 1e12

NOT_SAID = "this node does not say where it stands; its program may be an older or another one"
NOT_YET = "it has not reported yet"
# A *yes* is shown as long as the contract lets a report stand for the present, and no longer.
FRESH_SECONDS = fleet.REPORT_SECONDS
NOT_SINCE = "it said that it sees the LAN, and has not been heard since"
NOT_LOOKED = "it said that it sees the LAN, and has not looked at its machine since"
NO_LONGER = "it has not been heard since it said that it does not see the LAN"
# The word of a node that is not trusted proves nothing: what it lacks, by its trust state.
UNTRUSTED = {
    TrustState.PENDING: "it says that it sees the LAN, and waits for your approval",
    TrustState.QUARANTINED: "it says that it sees the LAN, and is quarantined",
    TrustState.REVOKED: "it said that it sees the LAN, and was revoked",
}
UNKNOWN_TRUST = "it says that it sees the LAN, and is not trusted"


class Step(NamedTuple):
    """One layer between the node and the wire, outermost first."""

    name: str
    kind: str
    says: str = ""


class Signal(NamedTuple):
    """One thing that an answer rests on: what it is called, what it said, where it was read."""

    signal: str
    value: str
    source: str


class Outbox(NamedTuple):
    """What waits on a node to be delivered, and what it had to drop, by the reason."""

    runs: int
    dropped: tuple[tuple[str, int], ...] = ()


class Sighted(NamedTuple):
    """Where a node stands."""

    answer: Answer
    why: str
    vantage: str | None = None
    stands: str | None = None
    """The vantage in words; None where it is none that is known here."""
    since: float | None = None
    """Since when the answer is what it is, as far as is known; seconds since 1970."""
    reported_at: float | None = None
    reach: str | None = None
    confidence: float | None = None
    interface: str | None = None
    network: str | None = None
    level: str | None = None
    advice: tuple[Advice, ...] = ()
    layers: tuple[Step, ...] = ()
    outcomes: tuple[tuple[str, str], ...] = ()
    """Of the last sweep: each collector and how it ended."""
    items: int | None = None
    outbox: Outbox | None = None
    clock_ahead: float | None = None
    """By how many seconds the Authority's clock is ahead of the node's."""
    others: tuple[tuple[str, str], ...] = ()
    """What else it said: short facts by their names."""
    signals: tuple[Signal, ...] = ()
    is_stale: bool = False
    """It said *yes*, and that does not hold now: it is too long ago, or the node is not trusted."""
    is_old: bool = False
    """Its report is too old to stand for the present, whatever it says."""

    @property
    def lost_at(self) -> int | None:
        """The first layer that has the LAN no more, counted from outside; None where none is."""
        return lost_at(self.answer, self.layers)


def lost_at(answer: Answer, layers: Sequence[Step | Layer]) -> int | None:
    """The first layer that has the LAN no more, counted from outside; None where none is known.

    Docker Desktop's engine has a network of its own; elsewhere it is the last step that is cut.
    """
    if answer is Answer.YES or not layers:
        return None
    engines = [
        place
        for place, step in enumerate(layers)
        if (step.name, step.kind) == ("engine", "docker-desktop")
    ]
    return engines[0] if engines else len(layers) - 1


READ = frozenset(
    {
        *("vantage", "lanAnswer", "lanReach", "lanConfidence", "lanWhy", "lanInterface"),
        *(
            "lanNetwork",
            "lanForSec",
            "lookedAgoSec",
            "advice",
            "layers",
            "signals",
            "level",
            "lastSweep",
            "lastSweepItems",
        ),
        *("outbox", "deploymentRow", "deploymentRuntime", "authorityClockAheadSec"),
    }
)


def sighted(detail: NodeDetail, now: float) -> Sighted:
    """Where a node stands, by its last report.

    A *yes* that is too old is *unknown* again, and so is that of a node that is not trusted.
    """
    report = reported(detail)
    if report is None or report.reported_at is None:
        return Sighted(Answer.UNKNOWN, NOT_YET)
    told = report.evidence or {}
    vantage = text(told, "vantage")
    answer, held = answered(told), number(told, "lanForSec")
    is_old = now - report.reported_at > FRESH_SECONDS
    doubt = None
    if answer is Answer.YES:
        looked = report.reported_at - max(0.0, number(told, "lookedAgoSec") or 0.0)
        has_looked = now - looked <= FRESH_SECONDS
        doubt = doubted(detail.node.trust_state, is_old=is_old, has_looked=has_looked)
    why = text(told, "lanWhy") or ("" if "lanAnswer" in told else NOT_SAID)
    lasts = held is not None and 0 <= held <= report.reported_at and not (is_old or doubt)
    return Sighted(
        answer=answer if doubt is None else Answer.UNKNOWN,
        why=why if doubt is None else doubt,
        vantage=vantage,
        stands=stands(vantage),
        since=report.reported_at - held if lasts and held is not None else None,
        reported_at=report.reported_at,
        reach=text(told, "lanReach"),
        confidence=confidence(told),
        interface=text(told, "lanInterface"),
        network=text(told, "lanNetwork"),
        level=text(told, "level"),
        advice=advised(told.get("advice")),
        layers=steps(told.get("layers")),
        outcomes=outcomes(told.get("lastSweep")),
        items=whole(told, "lastSweepItems"),
        outbox=outbox(told.get("outbox")),
        clock_ahead=number(told, "authorityClockAheadSec"),
        others=others(told),
        signals=signals(told.get("signals")),
        is_stale=doubt is not None,
        is_old=is_old,
    )


def doubted(trust: str, *, is_old: bool, has_looked: bool = True) -> str | None:
    """Why a *yes* is none now, in words; None where it is one.

    :param is_old: whether the report is too old.
    :param has_looked: whether what it rests on is not.
    """
    if is_old and trust != TrustState.REVOKED:
        return NOT_SINCE
    if trust == TrustState.TRUSTED:
        return None if has_looked else NOT_LOOKED
    named = {str(state): says for state, says in UNTRUSTED.items()}
    return named.get(trust, UNKNOWN_TRUST)


def shown(seen: Sighted) -> Sighted:
    """The same as a page marks it: a *no* that is too old is *unknown* too.

    What a blind node stood on stays no LAN, however long it is silent: the rules of coverage take
    its answer as it was given.
    """
    if not seen.is_old or seen.answer is not Answer.NO:
        return seen
    why = f"{NO_LONGER}: {seen.why}" if seen.why else NO_LONGER
    return seen._replace(answer=Answer.UNKNOWN, why=why)


def reported(detail: NodeDetail) -> Reported | None:
    """What a node last said of its discovery."""
    named = (each for each in detail.capabilities if each.name == Capability.DISCOVERY_NETWORK)
    return next(named, None)


def answered(told: Mapping[str, Any]) -> Answer:
    """Does it see the LAN? What is no answer is *unknown*."""
    try:
        return Answer(str(told.get("lanAnswer")))
    except ValueError:
        return Answer.UNKNOWN


def text(told: Mapping[str, Any], name: str) -> str | None:
    """A text of the evidence, at a length that a page takes."""
    found = told.get(name)
    return found[:TEXT] if isinstance(found, str) and found else None


def number(told: Mapping[str, Any], name: str) -> float | None:
    """A number of the evidence, where it is one that can be."""
    found = told.get(name)
    return float(found) if measured(found) else None


def measured(found: object) -> TypeGuard[int | float]:
    """Whether something is a number that can be: neither endless nor beyond all bounds.

    An integer is compared as it is: made a float first, one of 400 digits is an error.
    """
    if not isinstance(found, int | float) or isinstance(found, bool):
        return False
    return -LARGEST <= found <= LARGEST


def confidence(told: Mapping[str, Any]) -> float | None:
    """How sure the node is, from 0 to 1."""
    found = number(told, "lanConfidence")
    return None if found is None else min(1.0, max(0.0, found))


def whole(told: Mapping[str, Any], name: str) -> int | None:
    """How many of something the evidence tells."""
    return counted(told.get(name))


def counted(found: object) -> int | None:
    """A whole number of things; None where it is none."""
    if not isinstance(found, int) or isinstance(found, bool):
        return None
    return found if 0 <= found <= LARGEST else None


def outbox(told: object) -> Outbox | None:
    """What waits on the node; None where it does not say."""
    runs = counted(told.get("runs")) if isinstance(told, dict) else None
    if not isinstance(told, dict) or runs is None:
        return None
    dropped = told.get("dropped")
    found = list(dropped.items())[:MOST] if isinstance(dropped, dict) else []
    counts = ((why[:TEXT], counted(many)) for why, many in found)
    return Outbox(runs, tuple((why, many) for why, many in counts if many))


def stands(vantage: str | None) -> str | None:
    """A vantage in words."""
    from dpf_edge.vantage.homes import HOMES

    try:
        return HOMES[Vantage(str(vantage))].says
    except (ValueError, KeyError):
        return None


def advised(codes: object) -> tuple[Advice, ...]:
    """The advice behind the codes that a node sent; codes of newer nodes are left out."""
    known = catalogue()
    told = codes[:MOST] if isinstance(codes, list) else []
    return tuple(known[each] for each in told if isinstance(each, str) and each in known)


@cache
def catalogue() -> dict[str, Advice]:
    """Every advice by its code."""
    from dpf_edge.vantage.advice import CASES

    return {case.advice.code: case.advice for case in CASES}


def steps(told: object) -> tuple[Step, ...]:
    """The layers, where each is a name, a kind and, where the node says it, what it is in words."""
    given = told[:MOST] if isinstance(told, list) else []
    return tuple(Step(*row) for each in given for row in [*rows([each], 2), *rows([each], 3)])


def signals(told: object) -> tuple[Signal, ...]:
    """What the answer rests on."""
    return tuple(Signal(*each) for each in rows(told, len(Signal._fields)))


def rows(told: object, columns: int) -> Iterator[list[str]]:
    """Those of some rows that are so many texts each."""
    for each in told[:MOST] if isinstance(told, list) else []:
        if isinstance(each, list) and len(each) == columns:
            texts = [one[:TEXT] for one in each if isinstance(one, str)]
            if len(texts) == columns:
                yield texts


def outcomes(told: object) -> tuple[tuple[str, str], ...]:
    """How each collector of the last sweep ended."""
    found = list(told.items())[:MOST] if isinstance(told, dict) else []
    return tuple((name[:TEXT], how[:TEXT]) for name, how in found if isinstance(how, str))


def others(told: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """What nothing here reads: shown as it is, where it is short."""
    found = [
        (name[:TEXT], str(value)[:TEXT])
        for name, value in told.items()
        if name not in READ and (isinstance(value, str | bool) or measured(value)) and str(value)
    ]
    return tuple(found[:MOST])
