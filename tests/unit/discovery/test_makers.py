"""Who made a card: large, medium and small blocks, and who has none."""

from __future__ import annotations

import re

import pytest

from dpf_edge.discovery import makers
from dpf_edge.discovery.makers import Maker, maker

LINE = re.compile(r"([0-9a-f]{6}|[0-9a-f]{7}|[0-9a-f]{9})\t(\S.{0,99})")


@pytest.mark.parametrize(
    ("mac", "name", "prefix"),
    [
        ("00:11:32:40:00:10", "Synology Incorporated", "00:11:32/24"),
        ("b8:d8:12:40:00:62", "V5 Technology Corporation", "b8:d8:12:4/28"),
        ("70:b3:d5:71:90:61", "2M Technology", "70:b3:d5:71:9/36"),
    ],
)
def test_a_maker_is_found_in_blocks_of_every_size(mac: str, name: str, prefix: str) -> None:
    """W29: of 24, 28 and 36 bits; no published node knows the smaller ones."""
    assert maker(mac) == Maker(name, prefix)


@pytest.mark.parametrize("mac", ["70:b3:d5:ff:ff:61", "b8:d8:12:f0:00:62"])
def test_a_block_that_is_cut_up_is_nobody_s_own(mac: str) -> None:
    found = maker(mac)

    assert found is None or found.name != "IEEE Registration Authority"
    assert found is None or found.prefix.endswith(("/28", "/36"))


@pytest.mark.parametrize(
    "mac",
    [
        "9a:3e:5f:40:00:50",  # drawn by lot
        "02:07:01:40:00:50",  # in the registry since before the bit was kept free, and drawn today
        "01:00:5e:00:00:fb",
        "ff:ff:ff:ff:ff:ff",
        "00:00:00:00:00:00",
        "",
        "nonsense",
    ],
)
def test_what_nobody_made_has_no_maker(mac: str) -> None:
    assert maker(mac) is None


def test_a_virtual_card_is_said_to_be_one() -> None:
    assert maker("52:54:00:12:34:56") == Maker("QEMU", "52:54:00/24")


def test_the_table_is_of_the_day_that_is_said_and_in_order() -> None:
    head, *lines = makers.table().decode().splitlines()

    assert f" of {makers.DATE}," in head
    assert len(lines) > 50_000
    assert all(LINE.fullmatch(line) for line in lines)
    prefixes = [line.partition("\t")[0] for line in lines]
    assert prefixes == sorted(set(prefixes))


def test_every_line_of_the_table_is_found() -> None:
    lines = makers.table().decode().splitlines()[1:]

    for line in (*lines[:3], *lines[1::997], *lines[-3:]):
        prefix, name = line.split("\t")
        assert makers.registered(prefix.encode()) == name


@pytest.mark.parametrize("prefix", [b"000000000", b"ffffff", b"fffffffff", b"zzz", b"7", b""])
def test_what_is_not_in_the_table_is_nobody_s(prefix: bytes) -> None:
    assert makers.registered(prefix) is None


@pytest.mark.parametrize(
    ("name", "short"),
    [
        ("Synology Incorporated", "Synology"),
        ("Samsung Electronics Co.,Ltd", "Samsung Electronics"),
        ("Huawei Technologies Co., Ltd", "Huawei"),
        ("Hewlett Packard", "Hewlett Packard"),
        ("Inc.", "Inc."),
    ],
)
def test_a_short_name_is_without_the_legal_form(name: str, short: str) -> None:
    assert makers.short(name) == short
