"""Waits: within their bounds whatever the dice say, and longer with each failure."""

from __future__ import annotations

import pytest

from dpf_edge.node import backoff
from dpf_edge.node.timing import Timing

CHANCES = (0.0, 0.25, 0.5, 0.999)


def test_each_failure_waits_longer_up_to_the_last_span() -> None:
    """W14: a table of published nodes that none of them applies."""
    spans = Timing().retries

    waits = [backoff.after_failures(failures, 0.999, spans) for failures in range(1, 15)]

    assert waits == sorted(waits)
    assert [1, 2, 4, 8, 16, 32, 60, 120, 300, 300] == [round(wait) for wait in waits[:10]]


@pytest.mark.parametrize("chance", CHANCES)
def test_a_wait_is_drawn_from_the_upper_half_of_its_span(chance: float) -> None:
    """A fleet that lost its Authority at once does not come back at once."""
    assert 30 <= backoff.after_failures(7, chance, Timing().retries) < 60


@pytest.mark.parametrize("chance", CHANCES)
def test_what_a_server_asked_for_is_never_cut_short(chance: float) -> None:
    assert 60 <= backoff.as_told(60, chance, 0.1) < 67


@pytest.mark.parametrize("chance", CHANCES)
def test_three_beats_come_before_an_authority_calls_a_node_degraded(chance: float) -> None:
    timing = Timing()

    assert 54 <= backoff.around(60, chance, timing.jitter) < 66
    assert 3 * backoff.around(60, 0.999, timing.jitter) < 200


def test_a_span_is_brought_within_bounds() -> None:
    assert [5, 60, 3600] == [backoff.within(each, 5, 3600) for each in (0, 60, 10**12)]
