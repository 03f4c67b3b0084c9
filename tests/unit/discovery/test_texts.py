"""What a device says of itself loses what steers a reader, and nothing that a name needs."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dpf_edge.discovery.texts import clean


@pytest.mark.parametrize(
    ("told", "is_kept"),
    [
        ("Living Room TV", "Living Room TV"),
        ("Küche – Büro №3", "Küche – Büro №3"),
        ("Ku\u0308che", "Küche"),
        ("客厅的音箱", "客厅的音箱"),
        ("Bob's <b>iPad</b>", "Bob's <b>iPad</b>"),
        ("=HYPERLINK(1)", "=HYPERLINK(1)"),
        ("two\r\nlines\tand\vmore", "two lines and more"),
        ("  much\u00a0\u2003space  ", "much space"),
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b]0;another title\x07name", "name"),
        ("\x1b]8;;http://x/\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("\x1bP1$r0m\x1b\\after", "after"),
        ("\x9b2Jgone", "gone"),
        ("cut \x1b[3", "cut"),
        ("a\x00b\x07c\x7fd", "abcd"),
        ("user\u202egpj.exe", "usergpj.exe"),
        ("\u2066isolated\u2069", "isolated"),
        ("zero\u200bwidth\ufeff", "zerowidth"),
        ("\ud800lone", "lone"),
        ("\ue000private", "private"),
        ("line\u2028sep", "line sep"),
        ("", ""),
        ("\x1b[2J\x00", ""),
    ],
)
def test_a_text_is_kept_without_what_steers(told: str, is_kept: str) -> None:
    assert is_kept == clean(told, 100)


@pytest.mark.parametrize(
    ("told", "is_kept"),
    [
        (b"printer\x00", "printer"),
        ("Büro".encode(), "Büro"),
        (b"B\xfcro", "B\ufffdro"),
        (b"\xff\xfe", "\ufffd\ufffd"),
        (b"", ""),
    ],
)
def test_bytes_are_read_as_utf_8(told: bytes, is_kept: str) -> None:
    assert is_kept == clean(told, 100)


@given(st.one_of(st.text(max_size=400), st.binary(max_size=400)), st.integers(0, 64))
def test_whatever_it_is_it_is_one_short_line_of_text(told: str | bytes, most: int) -> None:
    kept = clean(told, most)

    assert len(kept) <= most
    assert kept == kept.strip()
    assert "  " not in kept
    assert not {unicodedata.category(each)[0] for each in kept} & {"C"}
    assert kept == clean(kept, most)
    kept.encode("utf-8")


def test_ascii_goes_a_short_way_to_the_same_end() -> None:
    for code in range(128):
        text = f"a{chr(code)}b"
        assert clean(text, 9) == clean(text + "é", 9).removesuffix("é"), hex(code)


def test_64_kib_of_anything_cost_no_more_than_what_is_kept() -> None:
    for piece in ("x", "\x1b]", "\x1b[", "e\u0301", "\u0301\u0323", "\u202e", " "):
        assert len(clean(piece * 65_536, 64)) <= 64
