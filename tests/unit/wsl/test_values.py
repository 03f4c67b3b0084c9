"""A value is good or not as WSL's own readers have it: strtol, stoi, and its table of units."""

from __future__ import annotations

import pytest

from dpf_edge.wsl import values


@pytest.mark.parametrize(
    "value",
    [
        "0",
        "4GB",
        "4G",
        "4096MB",
        "512M",
        "9KB",
        "9K",
        "400000000B",
        "400000000",
        "1TB",
        "1T",
        "04G",
    ],
)
def test_a_size(value: str) -> None:
    assert values.size(value).effective


@pytest.mark.parametrize(
    "value",
    ["", "4gb", "4 GB", "1.5GB", "0MB", "00", "GB", "-4GB", "+4GB", "0x10", "4GiB", "4GBs", " 4GB"],
)
def test_no_size(value: str) -> None:
    assert (False, "invalid-size") == values.size(value)[:2]


def test_a_size_in_bytes() -> None:
    assert 4 << 30 == values.size_of("4GB") == values.size_of("4G")
    assert 3 << 40 == values.size_of("3TB")
    assert 0 == values.size_of("0")


@pytest.mark.parametrize(
    ("value", "number"),
    [("0", 0), ("-1", -1), ("+7", 7), ("0x1F", 31), ("-0x10", -16), ("010", 8), ("\t5", 5)],
)
def test_an_integer(value: str, number: int) -> None:
    assert number == values.number_of(value)
    assert values.integer(value) == values.GOOD


@pytest.mark.parametrize("value", ["", "x", "08", "0x", "5s", "5 ", "1.0", "--1", "1_000", "٣"])
def test_no_integer(value: str) -> None:
    assert (False, "invalid-integer") == values.integer(value)[:2]


@pytest.mark.parametrize(("value", "end"), [("99999999999", 2**31 - 1), ("-3000000000", -(2**31))])
def test_an_integer_out_of_range_is_taken_for_the_range_s_end(value: str, end: int) -> None:
    said = values.integer(value)

    assert said.effective
    assert said.message.endswith(str(end))


@pytest.mark.parametrize(
    ("value", "taken", "skipped"),
    [
        ("3000", [3000], []),
        (" 3000 , 65535,,1", [3000, 65535, 1], []),
        ("80abc", [80], []),
        ("0,65536,-1,http,99999999999999999999999", [], ["0", "65536", "-1", "http", "9" * 23]),
        ("", [], []),
    ],
)
def test_ports(value: str, taken: list[int], skipped: list[str]) -> None:
    assert (taken, skipped) == values.ports_of(value)[:2]


@pytest.mark.parametrize("value", ["10.255.255.254", "0.0.0.0"])  # noqa: S104 -- read, not bound
def test_an_address(value: str) -> None:
    assert values.address(value).effective


@pytest.mark.parametrize("value", ["", "10.1", "10.0.0.256", "10.0.0.1/24", "::1", "10.0.0.01"])
def test_no_address(value: str) -> None:
    assert not values.address(value).effective


@pytest.mark.parametrize("value", ["", "0a1b2c3d4e5f", "0a:1b:2c:3d:4e", "0a.1b.2c.3d.4e.5f"])
def test_no_mac(value: str) -> None:
    assert not values.mac(value).effective


def test_a_character_is_kept_by_its_low_byte_and_a_nul_ends_it_all() -> None:
    assert "mirrored" == values.narrow("\u016dirrored")
    assert "a" == values.narrow("a\0b") == values.narrow("a\u0100b")
