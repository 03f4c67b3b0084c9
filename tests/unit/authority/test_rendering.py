"""The words that pages show values in."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dpf_edge.authority.pages.rendering import (
    ago,
    clock,
    coded,
    count,
    lasting,
    moment,
    plain,
    short,
    size,
    stamp,
)


@pytest.mark.parametrize(
    ("told", "shown"),
    [
        ("It listens. `A=ask` finds more.", "It listens. <code>A=ask</code> finds more."),
        ("`a` and `b`", "<code>a</code> and <code>b</code>"),
        ("nothing", "nothing"),
        ("an odd `one", "an odd <code>one</code>"),
        ("<b>`<i>`", "&lt;b&gt;<code>&lt;i&gt;</code>"),
        ("turned\u202e `round\x00`", "turned\\u202e <code>round\\x00</code>"),
    ],
)
def test_what_stands_between_backticks_is_code(told: str, shown: str) -> None:
    assert shown == str(coded(told))


@given(st.text())
def test_whatever_it_says_no_element_but_code_is_made(told: str) -> None:
    shown = str(coded(told)).replace("<code>", "").replace("</code>", "")
    assert "<" not in shown
    assert ">" not in shown


@pytest.mark.parametrize(
    ("told", "shown"),
    [
        ("2026-11-23T08:20:05.820Z", "2026-11-23 08:20:05 UTC"),
        ("2026-11-23T09:20:05+01:00", "2026-11-23 08:20:05 UTC"),
        ("yesterday", "yesterday"),
        ("0001-01-01T00:00:00+23:59", "0001-01-01T00:00:00+23:59"),
    ],
)
def test_a_time_that_somebody_wrote(told: str, shown: str) -> None:
    assert shown == clock(told)


@pytest.mark.parametrize(
    ("at", "shown"),
    [
        (0, "1970-01-01 00:00:00 UTC"),
        (-1e12, "0001-01-01 00:00:00 UTC"),
        (float("-inf"), "0001-01-01 00:00:00 UTC"),
        (1e308, "9999-12-31 23:59:59 UTC"),
        (float("inf"), "9999-12-31 23:59:59 UTC"),
        (1_767_323_045.999, "2026-01-02 03:04:05 UTC"),
    ],
)
def test_a_time_beyond_all_dates_is_the_nearest_that_there_is(at: float, shown: str) -> None:
    assert shown == moment(at)
    assert shown.replace(" UTC", "Z").replace(" ", "T") == stamp(at)


@given(st.floats())
def test_any_number_is_some_time_and_some_while(at: float) -> None:
    assert len("2026-01-02 03:04:05 UTC") == len(moment(at))
    assert len("2026-01-02T03:04:05Z") == len(stamp(at))
    assert lasting(at)
    assert ago(0, at)


def test_lengths_of_time_are_in_the_largest_unit_of_which_there_are_two() -> None:
    told = [lasting(each) for each in (-5, 0, 119, 120, 7199, 7200, 172_799, 172_800)]
    assert ["0 s", "0 s", "119 s", "2 min", "119 min", "2 h", "47 h", "2 days"] == told
    assert ["never", "just now", "2 s ago"] == [ago(10, None), ago(10, 9), ago(10, 8)]


def test_numbers_and_sizes() -> None:
    assert "1 node" == count(1, "node")
    assert "2 addresses" == count(2, "address", "addresses")
    assert "100\u202f000 devices" == count(100_000, "device")
    assert ["1023 B", "1.0 KiB", "1.5 MiB", "2.0 GiB"] == [
        size(each) for each in (1023, 1024, 1.5 * 2**20, 2**31)
    ]


def test_control_characters_are_spelt_out() -> None:
    assert "a\\x1b[0m" == plain("a\x1b[0m")
    assert "Zoë 日本" == plain("Zoë 日本")
    assert 5 == plain(5)


def test_what_is_cut_is_seen_to_be_cut() -> None:
    assert ["x" * 40, "x" * 39 + "…"] == [short("x" * 40, 40), short("x" * 41, 40)]
