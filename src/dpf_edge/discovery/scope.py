"""Which collectors run, on which interfaces, over which addresses; and why the others do not. Pure.

What the charter lets a sweep do is decided here, before anything is sent, and can be said in words
first (:func:`announced`). No collector is named here: what one may do follows from what it
declares of itself.
"""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING, NamedTuple

from dpf_edge import addresses
from dpf_edge.discovery import tables
from dpf_edge.discovery.job import About, Place, Stage
from dpf_edge.discovery.reach import Reached, gateways, reach, unwalked
from dpf_edge.discovery.walk import Walk
from dpf_edge.level import Level
from dpf_edge.model import Answer, Role

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

    from dpf_edge.discovery.asked import Asked
    from dpf_edge.discovery.tables import Tables
    from dpf_edge.model import Diagnosis, Interface, Neighbour

    Range = ipaddress.IPv4Network

# A collector that asks needs this long, whatever it asks: mDNS asks at 0, 1 and 3 seconds (RFC
# 6762 5.2), and those who sleep on Wi-Fi answer within a second.
SETTLE_SECONDS = 6.0
# Own tables are read in milliseconds; where that takes a command, it has 3 s.
TABLES_SECONDS = 10.0
# Packets are paced, and some wait for others: half as long again as the rate alone would take.
SLACK = 1.5
# What a target takes beside its packets, where it is silent: a connect's wait among many others.
SILENT_SECONDS = 0.05
# The roles that a blind process is still not to look through, even if it is told to look.
NEVER = frozenset({Role.LOOPBACK, Role.DOWN, Role.ENGINE, Role.VPN})
_HERE = ipaddress.IPv4Address("127.0.0.1")
# What one collector sends is said within so many characters.
LINE = 100
# So many ranges are named before a sweep; the others are counted.
MOST_NAMED = 8


class Task(NamedTuple):
    """What one collector is to do; one of the stage *detail* gets its targets as they are found."""

    name: str
    about: About
    targets: Collection[str]
    seconds: float


class Scope(NamedTuple):
    """What a sweep does.

    :ivar skipped: the collectors that do not run, each with the reason.
    :ivar known: the neighbour table's stations.
    :ivar resolvers: the addresses that may be the LAN's own resolvers.
    """

    places: tuple[Place, ...]
    tasks: tuple[Task, ...]
    skipped: Mapping[str, str]
    warnings: tuple[str, ...]
    reached: Reached
    known: tuple[Neighbour, ...]
    resolvers: tuple[str, ...]


def scope(
    asked: Asked,
    diagnosis: Diagnosis,
    held: Tables,
    abouts: Mapping[str, About],
    *,
    privileged: bool,
    chance: Callable[[], float],
) -> Scope:
    """What a sweep is to do.

    :param abouts: the collectors there are, by name.
    :param privileged: whether packet sockets may be opened.
    :param chance: gives a number in [0, 1), anew each time.
    """
    looking = tuple(places(held.interfaces, diagnosis, even_if_blind=asked.even_if_blind))
    warnings = list(told_of(diagnosis, asked))
    reached = reach(asked, held, looking, warnings, chance)
    judge = Judge(asked, diagnosis, bool(looking), privileged)
    tasks: list[Task] = []
    skipped: dict[str, str] = {}
    # Those that stand in for others come last: by then it is known whether the others run.
    for name, about in sorted(abouts.items(), key=lambda each: each[1].stands_in_for is not None):
        task = Task(name, about, targets_of(about, reached), 0.0)
        reason = judge.why_not(task, {each.name for each in tasks})
        if reason is None:
            tasks.append(task)
        else:
            skipped[name] = reason
    if asked.level is Level.PROBE and asked.subnets is None:
        warnings += unwalked(asked, looking)
    timed = tuple(task._replace(seconds=time_for(task, tasks, asked)) for task in tasks)
    return Scope(
        places=looking,
        tasks=timed,
        skipped=skipped,
        warnings=tuple(warnings),
        reached=reached,
        known=stations(held, diagnosis),
        resolvers=resolvers(held, looking),
    )


def walks(about: About) -> bool:
    """Whether a collector walks through ranges."""
    return about.level is Level.PROBE and about.stage is Stage.FIND


class Judge(NamedTuple):
    """What decides whether a collector runs."""

    asked: Asked
    diagnosis: Diagnosis
    has_places: bool
    privileged: bool

    def why_not(self, task: Task, running: Collection[str]) -> str | None:
        """Why a collector does not run; None where it does.

        :param running: the collectors of which it is known that they do.
        """
        about, asked, lan = task.about, self.asked, self.diagnosis.lan
        if asked.only and task.name not in asked.only:
            return "not asked for"
        # Before the level: where the LAN is not seen, no level would help.
        if about.reach != "machine" and lan.answer is Answer.NO and not asked.even_if_blind:
            return f"this vantage does not see the LAN: {lan.why}"
        if not asked.level.allows(about.level):
            return f"needs the level {about.level}, and this sweep may {asked.level}"
        if about.reach == "machine":
            return None
        if not self.has_places and about.stage is not Stage.TABLES:
            return "no interface here leads to a LAN"
        if self.privileged and about.stands_in_for in running:
            return f"{about.stands_in_for} asks the same, and more of it"
        if about.named_in is not None and not asked.settings.get(about.named_in):
            return "nobody was named whom it could ask"
        if walks(about) and not task.targets:
            return "there is no address to ask: none is known, and no range may be walked"
        return None


def places(
    interfaces: Iterable[Interface], diagnosis: Diagnosis, *, even_if_blind: bool = False
) -> Iterator[Place]:
    """The interfaces to look through: those of the LAN, or, where none is known to be, those that
    may be."""
    roles = {each.name: each.role for each in diagnosis.interfaces}
    usable = [
        each
        for each in interfaces
        if each.index is not None and each.up is not False and tables.held(each)
    ]
    wanted = next(
        (role for role in (Role.LAN, Role.UNKNOWN) if role in map(roles.get, names(usable))), None
    )
    for each in usable:
        role = roles.get(each.name, Role.UNKNOWN)
        is_blind_look = even_if_blind and wanted is None and role not in NEVER
        if role is wanted or is_blind_look:
            yield Place(
                each.name,
                each.index or 0,
                each.mac,
                tuple(held.with_prefixlen for held in tables.held(each)),
                each.mtu or 1500,
            )


def names(interfaces: Iterable[Interface]) -> list[str]:
    """The names of interfaces."""
    return [each.name for each in interfaces]


def resolvers(held: Tables, looking: Iterable[Place]) -> tuple[str, ...]:
    """The addresses that may be the LAN's own resolvers: those that this machine asks, or, where
    it asks a program of its own that asks somebody else, the routers."""
    asked = [each for each in held.resolvers if not (addresses.address(each) or _HERE).is_loopback]
    return tuple(dict.fromkeys(asked or gateways(held, looking)))


def stations(held: Tables, diagnosis: Diagnosis) -> tuple[Neighbour, ...]:
    """The neighbour table's stations on sides that may be a LAN."""
    return tuple(
        each
        for each in held.neighbours
        if tables.station(each) is not None and not tables.is_inner(each.dev, diagnosis)
    )


def targets_of(about: About, reached: Reached) -> Collection[str]:
    """Whom a collector may ask, as far as that is known when the sweep begins."""
    if about.reach == "machine" or about.level is Level.LISTEN:
        return ()
    if not walks(about):
        return reached.known if about.stage is Stage.FIND else ()
    is_segment = about.reach == "segment"
    known = [
        each
        for each in reached.known
        if not is_segment
        or any(addresses.within(addresses.address(each), net) for net in reached.nets)
    ]
    return Walk(
        known, reached.own if is_segment else reached.routed, reached.without, reached.chance
    )


def time_for(task: Task, tasks: Iterable[Task], asked: Asked) -> float:
    """How long a collector may take; those of one stage share the rate."""
    if task.about.stage is Stage.TABLES:
        return within(TABLES_SECONDS, asked)
    if task.about.stage is Stage.LISTEN:
        return asked.most if asked.most is not None else float("inf")
    beside = [each for each in tasks if each.about.stage is task.about.stage]
    packets = sum(len(each.targets) * each.about.each for each in beside)
    return within(budget(packets, len(task.targets), asked.rate), asked)


def budget(packets: int, targets: int, rate: float) -> float:
    """How long so many packets to so many targets may take."""
    return SETTLE_SECONDS + SLACK * packets / rate + SILENT_SECONDS * targets


def within(seconds: float, asked: Asked) -> float:
    """A time, cut to what the whole sweep may take."""
    return seconds if asked.most is None else min(seconds, asked.most)


def told_of(diagnosis: Diagnosis, asked: Asked) -> Iterator[str]:
    """What is to be said of where the sweep looks from."""
    lan = diagnosis.lan
    place = f"this vantage ({diagnosis.vantage.value})"
    if lan.answer is Answer.UNKNOWN:
        yield f"whether {place} sees the LAN is unknown: {lan.why}"
    if lan.answer is Answer.NO and asked.even_if_blind:
        yield f"{place} does not see the LAN: {lan.why}; what was found is of some inner network"


def announced(found: Scope, asked: Asked) -> tuple[str, ...]:
    """What is going to be sent, in lines; none where nothing is."""
    # Who has a stand-in that runs cannot run himself.
    replaced = {task.about.stands_in_for for task in found.tasks}
    sending = sorted(
        (
            task
            for task in found.tasks
            if task.about.level is not Level.LISTEN
            and not task.about.sends.startswith("nothing")
            and task.name not in replaced
        ),
        key=lambda task: task.name,
    )
    if not sending:
        return ()
    on = ", ".join(each.name for each in found.places) or "this machine"
    told = [f"sending on {on}, at most {asked.rate} packets a second (`dpf-edge list` says more)"]
    told += [f"  {task.name}: {first_clause(task.about.sends)}" for task in sending]
    ranges = [*found.reached.own, *found.reached.routed]
    if ranges and any(walks(task.about) for task in sending):
        number = sum(each.num_addresses for each in ranges)
        listed = ", ".join(map(str, ranges[:MOST_NAMED]))
        listed += f" and {len(ranges) - MOST_NAMED} more" if len(ranges) > MOST_NAMED else ""
        told.append(f"  walking {listed}: {number} addresses")
        told.append("  control: a few of them that nobody should have, to see who lies")
    return tuple(told)


def first_clause(sends: str) -> str:
    """What is sent, in short: up to the first semicolon, and within a line."""
    clause = sends.partition(";")[0]
    return clause if len(clause) <= LINE else clause[: LINE - 1].rstrip() + "…"
