"""What an agent's interfaces carry: two looks at their counters make a rate. Pure.

The seconds between two looks are the agent's own (sysUpTime), where it has them: its counters are
of the moment when it read them, and not of the one when its answer came.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from dpf_edge.discovery.snmp import mib
from dpf_edge.discovery.snmp.rows import NAME, number, text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from dpf_edge.discovery.snmp.agent import Agent, Table
    from dpf_edge.discovery.snmp.ber import Oid
    from dpf_edge.discovery.snmp.message import Value

# What changes with every look, and what is looked at now and then.
COUNTERS = (
    mib.IF_OPER_STATUS,
    mib.IF_HC_IN_OCTETS,
    mib.IF_HC_OUT_OCTETS,
    mib.IF_IN_ERRORS,
    mib.IF_OUT_ERRORS,
    mib.IF_DISCONTINUITY,
)
OLD_COUNTERS = (mib.IF_IN_OCTETS, mib.IF_OUT_OCTETS)
NAMES = (
    mib.IF_DESCR,
    mib.IF_TYPE,
    mib.IF_SPEED,
    mib.IF_NAME,
    mib.IF_ALIAS,
    mib.IF_HIGH_SPEED,
)
# A chassis' ports; more than an Authority takes in one round (the contract's 2 000).
MOST_INTERFACES = 2_000
# RFC 2863: a 32-bit counter begins anew.
WRAP = 1 << 32
# A counter cannot have run faster than its link; a little more is the clock's grain.
GRAIN = 1.1
BITS = 8
TICKS = 100  # RFC 3418: sysUpTime is in hundredths
LOOPBACK = 24  # IANAifType-MIB
UP, UNKNOWN = 1, frozenset({3, 4, 5})


class Names(NamedTuple):
    """What an interface is called, and how fast it can be.

    :ivar mbps: its speed, Mbit a second; None where it says none.
    """

    description: str
    name: str
    alias: str
    mbps: float | None
    is_loopback: bool = False


class Reading(NamedTuple):
    """One interface's counters at one moment.

    :ivar octets: received and sent.
    :ivar is_wide: whether the counters have 64 bits.
    :ivar discontinuity: when they were last set back, by the agent's own clock.
    """

    octets: tuple[int, int]
    is_wide: bool
    errors: tuple[int | None, int | None]
    status: str
    discontinuity: int


class Look(NamedTuple):
    """All interfaces of one agent at one moment.

    :ivar at: seconds since 1970.
    :ivar ticks: the agent's sysUpTime; None where it has none.
    """

    at: float
    ticks: int | None
    readings: Mapping[int, Reading]


class Rate(NamedTuple):
    """What one interface carries, bits a second; ``number`` is its ifIndex."""

    number: int
    received: float
    sent: float
    reading: Reading


def look(agent: Agent, at: float) -> Look:
    """Look at the counters of an agent's interfaces.

    :raises Silent: it does not answer.
    :raises Refused: it does not let us in.
    """
    ticks = number(agent.heads(mib.SYS_UP_TIME).get(mib.SYS_UP_TIME))
    rows = agent.table("the interface counters", COUNTERS, MOST_INTERFACES)
    wide = any(mib.IF_HC_IN_OCTETS in row for row in rows.values())
    old = {} if wide else agent.table("the old counters", OLD_COUNTERS, MOST_INTERFACES)
    return Look(at, ticks, dict(readings(rows, old)))


def readings(rows: Table, old: Table) -> Iterator[tuple[int, Reading]]:
    """The readings of the interfaces that count at all, by ifIndex."""
    for index, row in rows.items():
        if len(index) != 1:
            continue
        narrow = old.get(index, {})
        is_wide = mib.IF_HC_IN_OCTETS in row
        columns: tuple[Oid, ...] = (
            (mib.IF_HC_IN_OCTETS, mib.IF_HC_OUT_OCTETS) if is_wide else OLD_COUNTERS
        )
        octets = [number((row if is_wide else narrow).get(column)) for column in columns]
        received, sent = octets
        if received is None or sent is None:
            continue
        yield (
            index[0],
            Reading(
                (received, sent),
                is_wide,
                (number(row.get(mib.IF_IN_ERRORS)), number(row.get(mib.IF_OUT_ERRORS))),
                status(row.get(mib.IF_OPER_STATUS)),
                number(row.get(mib.IF_DISCONTINUITY)) or 0,
            ),
        )


def status(value: Value) -> str:
    """ifOperStatus as the contract's word: what is not there or has no link below it is down."""
    if value == UP:
        return "up"
    return "unknown" if value is None or value in UNKNOWN else "down"


def names(rows: Table) -> dict[int, Names]:
    """What interfaces are called, by ifIndex."""
    found = {}
    for index, row in rows.items():
        if len(index) == 1:
            high, low = number(row.get(mib.IF_HIGH_SPEED)), number(row.get(mib.IF_SPEED))
            found[index[0]] = Names(
                text(row.get(mib.IF_DESCR), NAME),
                text(row.get(mib.IF_NAME), NAME),
                text(row.get(mib.IF_ALIAS), NAME),
                float(high) if high else (low / 1e6 if low else None),
                row.get(mib.IF_TYPE) == LOOPBACK,
            )
    return found


def rates(before: Look, now: Look, known: Mapping[int, Names]) -> Iterator[Rate]:
    """What each interface carried between two looks.

    One whose counters were set back in between, or that was not there, is left out: the next look
    has it again.
    """
    seconds = between(before, now)
    if seconds is None:
        return
    for index, reading in now.readings.items():
        former, called = before.readings.get(index), known.get(index)
        if former is None or former.is_wide != reading.is_wide or (called and called.is_loopback):
            continue
        if former.discontinuity != reading.discontinuity:
            continue
        mbps = called.mbps if called else None
        moved = [
            gone(old, new, is_wide=reading.is_wide)
            for old, new in zip(former.octets, reading.octets, strict=True)
        ]
        received, sent = (None if each is None else each * BITS / seconds for each in moved)
        if received is None or sent is None:
            continue
        if not reading.is_wide and mbps and max(received, sent) > mbps * 1e6 * GRAIN:
            continue  # it was no wrap: the counter was set back
        yield Rate(index, received, sent, reading)


def between(before: Look, now: Look) -> float | None:
    """The seconds between two looks; None where the agent started anew, or stood still."""
    if before.ticks is not None and now.ticks is not None:
        ticks = now.ticks - before.ticks
        return ticks / TICKS if ticks > 0 else None
    seconds = now.at - before.at
    return seconds if seconds > 0 else None


def gone(before: int, now: int, *, is_wide: bool) -> int | None:
    """By how much a counter went on; None where a wide one went back, which it does by a reset."""
    if now >= before:
        return now - before
    return None if is_wide else now - before + WRAP
