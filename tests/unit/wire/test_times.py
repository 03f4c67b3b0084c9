"""Times: what is sent, what is accepted, and that an offset is not."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest

from dpf_edge.wire import times


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "1970-01-01T00:00:00.000Z"),
        (1767323045.678, "2026-01-02T03:04:05.678Z"),
        (1767323045.9996, "2026-01-02T03:04:06.000Z"),
        (-0.5, "1969-12-31T23:59:59.500Z"),
        (-62135596800, "0001-01-01T00:00:00.000Z"),
    ],
)
def test_a_time_is_sent_in_milliseconds_and_ends_in_z(seconds: float, text: str) -> None:
    assert times.stamp(seconds) == text


@pytest.mark.parametrize("seconds", [1e12, -1e12, 1e300, float("inf"), float("nan")])
def test_a_time_that_no_calendar_has_is_not_sent(seconds: float) -> None:
    with pytest.raises(ValueError):
        times.stamp(seconds)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("2026-01-02T03:04:05.678Z", 1767323045.678),
        ("2026-01-02T03:04:05Z", 1767323045),
        ("2026-01-02T03:04Z", 1767323040),
        ("2026-01-02T03:04:05.123456789Z", 1767323045.123456789),
        ("2026-01-02T03:04:05.1Z", 1767323045.1),
        ("2024-02-29T00:00:00Z", 1709164800),
        ("2000-02-29T00:00:00Z", 951782400),
        ("9999-12-31T23:59:59Z", 253402300799),
        ("0000-02-29T00:00:00Z", -62162121600),
    ],
)
def test_a_time_is_read(text: str, seconds: float) -> None:
    assert times.seconds(text) == pytest.approx(seconds, abs=1e-6)


def test_a_fraction_of_any_length_is_read() -> None:
    assert times.seconds(f"1970-01-01T00:00:00.5{'0' * 5000}Z") == 0.5


@pytest.mark.parametrize(
    "text",
    [
        "2026-01-02T03:04:05+00:00",
        "2026-01-02T03:04:05.678+00:00",
        "2026-01-02T03:04:05",
        "2026-01-02T03:04:05z",
        "2026-01-02t03:04:05Z",
        "2026-01-02 03:04:05Z",
        "2026-01-02T03:04:05Z\n",
        " 2026-01-02T03:04:05Z",
        "2026-01-02T24:00:00Z",
        "2026-01-02T03:60:00Z",
        "2026-01-02T03:04:60Z",
        "2026-01-02T03:04:05.Z",
        "2026-01-02T03:04:05,5Z",
        "2026-13-01T00:00:00Z",
        "2026-00-01T00:00:00Z",
        "2026-01-32T00:00:00Z",
        "2026-04-31T00:00:00Z",
        "2026-02-29T00:00:00Z",
        "1900-02-29T00:00:00Z",
        "+002026-01-02T03:04:05Z",
        "２０２６-01-02T03:04:05Z",
        "2026-01-02",
        "",
    ],
)
def test_a_time_that_is_written_otherwise_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="ends in Z"):
        times.seconds(text)


def test_what_python_writes_of_a_time_has_to_be_rewritten() -> None:
    moment = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)

    with pytest.raises(ValueError, match="ends in Z"):
        times.seconds(moment.isoformat())
    assert times.seconds(times.stamp(moment.timestamp())) == moment.timestamp()


def test_every_day_of_the_calendar_is_a_day_and_no_other() -> None:
    matches = re.compile(times.PATTERN).match

    for year in (1900, 2000, 2023, 2024, 2100, 2400):
        for month in range(14):
            for day in range(33):
                try:
                    exists = bool(datetime(year, month, day, tzinfo=UTC))
                except ValueError:
                    exists = False
                assert bool(matches(f"{year}-{month:02}-{day:02}T00:00:00Z")) == exists
