"""Where a run belongs in its node's picture: pure, told by tables."""

from __future__ import annotations

import pytest

from dpf_edge.store.sweeps import ASIDE, Newest, Place, placed


def picture(*times: float) -> dict[int, Newest]:
    """A picture whose parts were observed at these times."""
    return {number: Newest(at, f"digest {number}") for number, at in enumerate(times)}


@pytest.mark.parametrize(
    ("parts", "observed_at", "place"),
    [
        pytest.param({}, 10.0, Place(0, {}, (), None, late=False), id="the first ever"),
        pytest.param(
            picture(10.0),
            20.0,
            Place(0, {0: 10.0}, (), "digest 0", late=False),
            id="the next sweep replaces the one before",
        ),
        pytest.param(
            picture(10.0),
            10.0,
            Place(1, {}, (), None, late=False),
            id="another part of the first sweep replaces nothing",
        ),
        pytest.param(
            picture(20.0, 10.0),
            20.0,
            Place(1, {1: 10.0}, (), "digest 1", late=False),
            id="the second part replaces the second part",
        ),
        pytest.param(
            picture(20.0, 20.0),
            20.0,
            Place(2, {}, (), None, late=False),
            id="a sweep may grow",
        ),
        pytest.param(
            picture(20.0, 10.0),
            30.0,
            Place(0, {0: 20.0, 1: 10.0}, (1,), None, late=False),
            id="a part that the last sweep did not have is no more",
        ),
        pytest.param(
            picture(20.0, 20.0),
            30.0,
            Place(0, {0: 20.0}, (), "digest 0", late=False),
            id="the first of two parts says nothing about the second",
        ),
        pytest.param(
            picture(20.0, 20.0),
            19.9,
            Place(0, {}, (), None, late=True),
            id="what is older than the newest is late",
        ),
    ],
)
def test_a_run_has_its_place(parts: dict[int, Newest], observed_at: float, place: Place) -> None:
    assert place == placed(parts, observed_at, complete=True)


def test_a_run_that_says_nothing_about_the_rest_stands_aside() -> None:
    whole = picture(10.0, 10.0)

    aside = placed(whole, 20.0, complete=False)

    assert Place(ASIDE, {}, (), None, late=False) == aside


def test_what_stood_aside_is_followed_by_what_stands_aside() -> None:
    parts = {**picture(10.0), ASIDE: Newest(20.0, "blind")}

    assert Place(ASIDE, {ASIDE: 20.0}, (), "blind", late=False) == placed(
        parts, 30.0, complete=False
    )


def test_a_whole_sweep_ends_what_stood_aside_and_no_part_of_the_last_whole_one() -> None:
    parts = {**picture(10.0, 10.0), ASIDE: Newest(20.0, "blind")}

    place = placed(parts, 30.0, complete=True)

    assert (0, {0: 10.0, ASIDE: 20.0}, (ASIDE,)) == (place.part, place.replaces, place.dropped)


def test_a_run_that_came_in_while_the_clock_was_ahead_makes_no_other_late() -> None:
    """Its Authority's clock was set a month forth, and back: the picture goes on."""
    month = 30 * 86_400.0
    parts = picture(month + 10.0, month + 10.0)

    first = placed(parts, 20.0, complete=True, now=25.0)
    second = placed({**parts, 0: Newest(20.0, "digest 0")}, 20.0, complete=True, now=25.0)
    near = placed(picture(40.0), 20.0, complete=True, now=25.0)

    assert Place(0, {0: 20.0}, (), "digest 0", late=False) == first
    assert Place(1, {1: 20.0}, (), "digest 1", late=False) == second
    assert near.late, "so far ahead a node's clock may be"
