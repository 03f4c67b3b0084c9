"""Rates out of two looks at counters: what is a rate, and what would only look like one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from dpf_edge.discovery.snmp import mib
from dpf_edge.discovery.snmp.rates import Look, Names, Rate, Reading, names, rates, readings, status

if TYPE_CHECKING:
    from dpf_edge.discovery.snmp.agent import Table

KNOWN = {1: Names("eth0", "eth0", "", 1000.0)}


def look(at: float, ticks: int | None, received: int, sent: int = 0, **also: Any) -> Look:
    """One interface at one moment."""
    reading = Reading((received, sent), True, (0, 0), "up", 0)._replace(**also)
    return Look(at, ticks, {1: reading})


def one(before: Look, now: Look, known: dict[int, Names] = KNOWN) -> Rate | None:
    return next(rates(before, now, known), None)


def test_a_rate_is_what_went_by_in_the_agents_own_seconds() -> None:
    rate = one(look(0, 1000, 5000, 100), look(99, 2000, 1_255_000, 200))

    assert rate is not None
    assert (1_000_000.0, 80.0) == (rate.received, rate.sent)


def test_without_an_uptime_our_own_seconds_count() -> None:
    rate = one(look(10, None, 0), look(20, None, 1000))

    assert rate is not None
    assert 800.0 == rate.received


@pytest.mark.parametrize(
    ("before", "now"),
    [
        (look(0, 5000, 10), look(30, 100, 20)),  # it started anew
        (look(0, 5000, 10), look(30, 5000, 20)),  # an answer out of a cache
        (look(30, None, 10), look(30, None, 20)),
        (look(0, 1000, 500), look(30, 4000, 20)),  # a wide counter went back
        (look(0, 1000, 10), look(30, 4000, 20, discontinuity=3900)),
        (look(0, 1000, 10), look(30, 4000, 20, is_wide=False)),
        (Look(0, 1000, {}), look(30, 4000, 20)),  # it was not there
    ],
)
def test_what_was_set_back_is_no_rate(before: Look, now: Look) -> None:
    assert one(before, now) is None


def test_a_narrow_counter_that_begins_anew_went_on() -> None:
    """W28: a wrap was skipped like a reset."""
    before = look(0, 1000, 2**32 - 1000, is_wide=False)

    rate = one(before, look(10, 2000, 250, is_wide=False))

    assert rate is not None
    assert 1000.0 == rate.received


def test_a_narrow_counter_that_outruns_its_link_was_set_back() -> None:
    before = look(0, 1000, 2_000_000_000, is_wide=False)

    assert one(before, look(10, 2000, 5, is_wide=False)) is None


def test_a_loopback_carries_nothing_for_anybody() -> None:
    inner = {1: KNOWN[1]._replace(is_loopback=True)}

    assert one(look(0, 1000, 0), look(10, 2000, 50), inner) is None


def test_old_counters_stand_in_for_those_that_are_not_there() -> None:
    """W28: published nodes read 64-bit counters or nothing."""
    rows: Table = {(1,): {mib.IF_OPER_STATUS: 1}, (2,): {mib.IF_OPER_STATUS: 2}, (3, 4): {}}
    old: Table = {(1,): {mib.IF_IN_OCTETS: 7, mib.IF_OUT_OCTETS: 8}, (2,): {mib.IF_IN_OCTETS: b"x"}}

    assert {1: Reading((7, 8), False, (None, None), "up", 0)} == dict(readings(rows, old))


@pytest.mark.parametrize(
    ("value", "word"),
    [
        (1, "up"),
        (2, "down"),
        (3, "unknown"),
        (4, "unknown"),
        (5, "unknown"),
        (6, "down"),
        (7, "down"),
        (None, "unknown"),
        (b"1", "down"),
    ],
)
def test_a_status_is_one_of_the_contracts_words(value: int | bytes | None, word: str) -> None:
    """W28: the status was never read."""
    assert word == status(value)


def test_a_speed_is_told_in_megabits_whichever_object_has_it() -> None:
    rows: Table = {
        (1,): {mib.IF_DESCR: b"a", mib.IF_HIGH_SPEED: 10_000, mib.IF_SPEED: 2**32 - 1},
        (2,): {mib.IF_DESCR: b"b", mib.IF_SPEED: 100_000_000},
        (3,): {mib.IF_DESCR: b"c", mib.IF_SPEED: 0},
    }

    assert [10_000.0, 100.0, None] == [names(rows)[number].mbps for number in (1, 2, 3)]
