"""How fast packets leave, when a walk slows down, and what it takes for the truth."""

from __future__ import annotations

import random

import pytest

from dpf_edge.host.counting import MOST_LOST, Ledger
from dpf_edge.host.pacing import FASTEST, Pace, Turn
from dpf_edge.host.thinning import CHECKS, LEAST_ASKED, Checking, Thinning
from dpf_edge.host.walking import When


class Clock:
    """A clock whose hands a test turns."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def sent_in(rate: float, seconds: float, step: float) -> int:
    """How many packets one sender gets off who looks every so often."""
    clock = Clock()
    pace = Pace(rate, clock, random.Random(1).random)
    turn, sent = Turn(pace, clock), 0
    for _ in range(int(seconds / step)):
        while turn.due(pace.batch):
            sent += pace.batch
        clock.now += step
    return sent


@pytest.mark.parametrize("rate", [5.0, 150.0, 500.0, 2000.0, 10_000.0, 50_000.0])
def test_a_rate_is_kept_and_used(rate: float) -> None:
    sent = sent_in(rate, seconds=4.0, step=0.001)

    assert 0.9 * rate * 4.0 <= sent <= 1.1 * rate * 4.0 + 1


def test_nobody_is_faster_than_the_charter_allows() -> None:
    assert FASTEST == Pace(1e9, Clock(), random.random).rate


@pytest.mark.parametrize(("rate", "most"), [(5.0, 7), (150.0, 165)])
def test_no_second_ever_sees_more_than_was_promised(rate: float, most: int) -> None:
    """After a pause, too: a switch that guards ARP counts by the second."""
    clock = Clock()
    pace = Pace(rate, clock, random.Random(7).random)
    turn = Turn(pace, clock)
    clock.now += 60.0
    times = []
    for _ in range(5000):
        if turn.due(1):
            times.append(clock.now)
        clock.now += 0.001

    assert max(sum(begin <= each < begin + 1 for each in times) for begin in times) <= most


def test_a_few_questions_do_not_wait_behind_many() -> None:
    clock = Clock()
    pace = Pace(100.0, clock, lambda: 0.5)
    walk, few = Turn(pace, clock), Turn(pace, clock)
    order = []
    for _ in range(100):
        order += [name for name, turn in (("walk", walk), ("few", few)) if turn.due(1)]
        clock.now += 0.01

    assert 0.4 <= order.count("few") / len(order) <= 0.6


def test_who_backs_off_does_so_to_a_floor() -> None:
    pace = Pace(2000.0, Clock(), random.random)
    for _ in range(20):
        pace.slow()

    assert 50.0 == pace.rate
    polite = Pace(5.0, Clock(), random.random)
    polite.slow()
    assert 5.0 == polite.rate


def test_answers_that_stay_away_are_noticed() -> None:
    thinning = Thinning()
    thin = []
    for number in range(4000):
        if number % 10 == 0 and number < 2500:
            thinning.answered()
        thin.append(thinning.asked(1))

    assert not any(thin[:2500])
    assert any(thin[2500:])


def test_chance_is_not_taken_for_a_loss() -> None:
    dice = random.Random(5)
    thinning = Thinning()
    for _ in range(40_000):
        if dice.random() < 0.02:
            thinning.answered()
        assert not thinning.asked(1)


def test_known_addresses_that_come_first_set_no_measure() -> None:
    """All of them answer, and of the walk behind them next to nobody does."""
    thinning = Thinning()
    dice = random.Random(3)
    for number in range(20 * LEAST_ASKED):
        if number < 200 or dice.random() < 0.03:
            thinning.answered()
        assert not thinning.asked(1)


def test_a_network_that_answers_twice_is_fine_and_one_that_does_not_is_not() -> None:
    for loses, fine in ((lambda _: False, True), (lambda number: number % 10 == 0, False)):
        clock = Clock()
        checking = Checking(clock)
        for number in range(50):
            checking.found(bytes([number]))
        checked = 0
        for _ in range(200_000):
            clock.now += 0.001
            address = checking.next()
            if address is not None and not loses(checked := checked + 1):
                checking.heard(address)
        clock.now += 1.0

        assert fine == checking.is_fine()
        assert checked <= CHECKS


def test_too_few_checks_prove_nothing() -> None:
    checking = Checking(Clock())

    assert checking.next() is None
    assert not checking.is_fine()


def test_when_a_question_was_asked_is_known_to_a_hundredth() -> None:
    when = When()
    for number in range(1, 1001):
        when.note(number, number / 1000)

    for index in range(1, 1001, 7):
        assert index / 1000 <= when.at(index) <= index / 1000 + 0.011


def test_what_was_lost_is_counted_and_bounded() -> None:
    import threading

    ledger = Ledger(Pace(5, Clock(), random.random), 10.0, threading.Event(), lambda: 1.0)
    for number in range(100):
        ledger.lose("questions found no room")
        ledger.note(f"device {number} lies")

    told = ledger.lost()
    assert "questions found no room: 100" in told
    assert len(told) == MOST_LOST


def test_an_account_that_was_ended_has_no_time_left() -> None:
    import threading

    stop = threading.Event()
    pace = Pace(5, Clock(), random.random)
    ended, stopped = (Ledger(pace, 10.0, stop, lambda: 1.0) for _ in range(2))
    ended.end()
    assert (0.0, True) == (ended.left(), stopped.left() > 9)
    stop.set()
    assert 0.0 == stopped.left()
    assert not stopped.pause()
