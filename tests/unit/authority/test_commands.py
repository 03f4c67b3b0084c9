"""The commands that a page gives for a place."""

from __future__ import annotations

import shlex

import pytest

from dpf_edge.authority.pages.commands import given, in_powershell
from dpf_edge.model import Runtime
from dpf_edge.vantage.matrix import ROWS, Row

TOKEN = "dpfboot_" + "A" * 32
ODD = "https://a'b.example/$(reboot)"
PLACES = [row for row in ROWS.values() if row.runtime is not Runtime.NONE]


@pytest.mark.parametrize("row", PLACES, ids=lambda row: row.place)
def test_a_token_goes_in_by_a_file_that_is_removed(row: Row) -> None:
    blocks = given(row, "https://edge.example:8470", "ab" * 32, TOKEN)
    holding = [each.text for each in blocks if TOKEN in each.text]

    assert 1 == len(holding)
    assert "install" not in holding[0]
    assert "--token-file node-token" in blocks[2].text
    assert f"--fingerprint {'ab' * 32}" in blocks[2].text
    assert "node-token" in blocks[-1].text.splitlines()[-1]


def test_a_shell_takes_an_odd_address_whole() -> None:
    row = next(each for each in PLACES if "Linux" in each.place)
    text = given(row, ODD, None, TOKEN)[2].text

    assert ODD == shlex.split(text)[shlex.split(text).index("--authority") + 1]
    assert "--fingerprint" not in text


@pytest.mark.parametrize(
    ("value", "spelt"),
    [
        ("https://edge.example:8470", "https://edge.example:8470"),
        ("it's", "'it''s'"),
        (
            "it\N{RIGHT SINGLE QUOTATION MARK}s",
            "'it\N{RIGHT SINGLE QUOTATION MARK}\N{RIGHT SINGLE QUOTATION MARK}s'",
        ),
        ("$(reboot)", "'$(reboot)'"),
        ("a b", "'a b'"),
    ],
)
def test_powershell_takes_a_value_whole(value: str, spelt: str) -> None:
    assert spelt == in_powershell(value)
