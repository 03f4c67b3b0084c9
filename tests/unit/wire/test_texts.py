"""Lengths, as JavaScript counts them."""

from __future__ import annotations

import re
import uuid

import pytest

from dpf_edge.wire import texts


@pytest.mark.parametrize(
    ("text", "length"),
    [("", 0), ("abc", 3), ("é", 1), ("中", 1), ("😀", 2), ("a😀b", 4), ("\ud83d", 1), ("\0", 1)],
)
def test_a_text_is_as_long_as_its_utf_16(text: str, length: int) -> None:
    assert texts.length(text) == length


@pytest.mark.parametrize(
    ("text", "units", "short"),
    [("abc", 3, "abc"), ("abc", 2, "ab"), ("a😀b", 2, "a"), ("a😀b", 3, "a😀"), ("é😀", 0, "")],
)
def test_a_text_is_cut_between_its_characters(text: str, units: int, short: str) -> None:
    assert texts.shortened(text, units) == short


@pytest.mark.parametrize(
    ("text", "sent"),
    [("a", "a"), ("\udce9t\u00e9", "\ufffdt\u00e9"), ("\ud83d" + "\ude00", "😀"), ("😀", "😀")],
)
def test_a_text_that_no_utf_8_has_is_made_sendable(text: str, sent: str) -> None:
    assert texts.sendable(text) == sent


@pytest.mark.parametrize("version", [1, 3, 4, 5])
def test_a_uuid_of_any_kind_is_one(version: int) -> None:
    made = {
        1: uuid.UUID("5c8b0a3e-9d3f-11ee-8c90-0242ac120002"),
        3: uuid.uuid3(uuid.NAMESPACE_DNS, "a"),
        4: uuid.UUID("6f0f7c1e-3f0b-4d53-9a55-0a6f3c1b2d4e"),
        5: uuid.uuid5(uuid.NAMESPACE_DNS, "a"),
    }[version]

    assert re.match(texts.UUID_PATTERN, str(made))
    assert re.match(texts.UUID_PATTERN, str(made).upper())


@pytest.mark.parametrize(
    "text",
    [
        "6f0f7c1e3f0b4d539a550a6f3c1b2d4e",
        "6f0f7c1e-3f0b-0d53-9a55-0a6f3c1b2d4e",
        "6f0f7c1e-3f0b-9d53-9a55-0a6f3c1b2d4e",
        "6f0f7c1e-3f0b-4d53-7a55-0a6f3c1b2d4e",
        "6f0f7c1e-3f0b-4d53-9a55-0a6f3c1b2d4e\n",
        "{6f0f7c1e-3f0b-4d53-9a55-0a6f3c1b2d4e}",
        "run-1",
        "",
    ],
)
def test_what_rfc_9562_does_not_know_is_no_uuid(text: str) -> None:
    assert not re.match(texts.UUID_PATTERN, text)
