"""Names from the network, made fit for other programs' files."""

from __future__ import annotations

import pytest

from dpf_edge.export.text import identifier, plain, slug


@pytest.mark.parametrize(
    ("told", "fit"),
    [
        ("NAS", "NAS"),
        (" \t two\r\n words ", "two words"),
        ("\x1b[31mred\x07", "[31mred"),
        ("\u202egnp.exe\u200b", "gnp.exe"),
        ("a\u2028b\u0085c\ufffed\ud800e", "a b c d e"),
        ("Küche 🖨", "Küche 🖨"),
        ("", ""),
        ("\x00" * 70_000, "…"),
        ("x" * 300, "x" * 254 + "…"),
        ("x" * 255, "x" * 255),
        ("x" + " " * 70_000 + "y", "x…"),
    ],
)
def test_a_name_is_one_line_that_is_all_to_be_seen(told: str, fit: str) -> None:
    assert fit == plain(told)


@pytest.mark.parametrize(
    ("told", "fit"),
    [
        ("Büro NAS", "buro-nas"),
        ("server.local.", "server.local"),
        ("../../etc", "etc"),
        ("a..b", "a-b"),
        ("{{ x }}", "x"),
        ("打印机", ""),
        ("x" * 62 + "-y", "x" * 62),
        ("a" + "\u0315\u0300" * 100_000, "a"),
    ],
)
def test_a_slug_could_be_a_hosts_name(told: str, fit: str) -> None:
    assert fit == slug(told)


def test_an_identifier_starts_with_a_letter() -> None:
    assert ["access_point", "x_3d_printer", "x_"] == [
        identifier(each) for each in ("access-point", "3D printer", "打印机")
    ]
