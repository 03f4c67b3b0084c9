"""Bytes that were written to break a reader: each is taken as JavaScript would, or refused."""

from __future__ import annotations

import json

import pytest

from dpf_edge.wire import enroll, octets
from dpf_edge.wire.limits import DEPTH
from dpf_edge.wire.refusals import Refusal
from tests.unit.wire.recorded import recorded

GOOD = recorded("enroll/enrolled").sent


def named(written: bytes) -> bytes:
    """A good body whose display name is spelt as these bytes."""
    return GOOD.replace(b'"warehouse-2", "platform"', b'"' + written + b'", "platform"')


@pytest.mark.parametrize(
    ("written", "name"),
    [
        (b"a\\ud83d", "a\ufffd"),
        (b"\\udc00b", "\ufffdb"),
        (b"\\ud83d\\ud83d\\ude00", "\ufffd😀"),
        (b"\\ud83d\\ude00", "😀"),
        (b"\\uD83D\\uDE00\\uDE00", "😀\ufffd"),
        (b"\\ud83dx\\ude00", "\ufffdx\ufffd"),
        (b"\\\\ud83d", "\\ud83d"),
        (b"\\\\\\ud83d", "\\\ufffd"),
        (b'\\"\\ud83d\\"', '"\ufffd"'),
        (b"a\xffb", "a\ufffdb"),
        (b"\xed\xa0\xbd", "\ufffd\ufffd\ufffd"),
        (b"\\u0000", "\0"),
        ("é中😀".encode(), "é中😀"),
    ],
)
def test_a_text_that_is_not_quite_unicode_becomes_so(written: bytes, name: str) -> None:
    assert enroll.decode(named(written)).display_name == name


def test_a_byte_order_mark_is_skipped() -> None:
    assert enroll.decode(b"\xef\xbb\xbf" + GOOD) == enroll.decode(GOOD)


def test_of_a_key_that_comes_twice_the_last_counts() -> None:
    twice = GOOD[:-1] + b', "version": "9", "version": "10"}'

    assert enroll.decode(twice).version == "10"


@pytest.mark.parametrize("inner", [b"NaN", b"Infinity", b"-Infinity", b"1e400", b"9" * 5000, b"01"])
def test_a_number_that_no_double_holds_is_no_json(inner: bytes) -> None:
    body = GOOD[:-1] + b', "metadata": {"n": ' + inner + b"}}"

    with pytest.raises(Refusal) as refusal:
        enroll.decode(body)

    assert (400, "invalid_json") == (refusal.value.status, refusal.value.code)


def test_a_number_larger_than_any_counter_is_taken_where_any_may_stand() -> None:
    body = GOOD[:-1] + b', "metadata": {"n": 123456789012345678901234567890}}'

    assert enroll.decode(body).metadata == {"n": 123456789012345678901234567890}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" ",
        b"{",
        b"{}x",
        GOOD[:-1],
        GOOD + b",",
        b"\x00" + GOOD,
        b"\x1f\x8b\x08\x00",
        GOOD.decode().encode("utf-16"),
        named(b"a\nb"),
        named(b"\\x41"),
        b"'" + GOOD + b"'",
        b"// c\n" + GOOD,
        b"[" * 100_000,
        b"[" * 100_000 + b"]" * 100_000,
        b'{"a":' * 100_000,
        b'{"a":' * (DEPTH + 1) + b"1" + b"}" * (DEPTH + 1),
    ],
    ids=lambda body: repr(body[:12]),
)
def test_what_is_no_json_is_told_from_what_does_not_fit(body: bytes) -> None:
    with pytest.raises(Refusal) as refusal:
        enroll.decode(body)

    assert (400, "invalid_json") == (refusal.value.status, refusal.value.code)


@pytest.mark.parametrize("body", [b"null", b"[]", b"5", b'"x"', b"true", b"{}"])
def test_json_of_another_shape_is_told_as_such(body: bytes) -> None:
    with pytest.raises(Refusal) as refusal:
        enroll.decode(body)

    assert (400, "invalid_body") == (refusal.value.status, refusal.value.code)


def nested(depth: int) -> bytes:
    """A good body that is ``depth`` deep: the metadata is in the first."""
    inner = depth - 2
    return GOOD[:-1] + b', "metadata": {"a": ' + b"[" * inner + b"]" * inner + b"}}"


def test_a_body_may_be_64_deep_and_no_deeper() -> None:
    assert enroll.decode(nested(DEPTH)).metadata

    with pytest.raises(Refusal) as refusal:
        enroll.decode(nested(DEPTH + 1))

    assert refusal.value.code == "invalid_json"


@pytest.mark.parametrize(
    ("body", "deep"),
    [
        (b"[" * 65 + b"]" * 65, True),
        (b"[" * 64 + b"]" * 64, False),
        (b"[]" * 500, False),
        (b'"' + b"[" * 500 + b'"', False),
        (b'["\\"", ' + b"[" * 64 + b"]" * 64 + b"]", True),
        (b'["\\\\", ' + b"[" * 64 + b"]" * 64 + b"]", True),
        (b'["\\\\\\"' + b"[" * 500 + b'"]', False),
        (b'["[","[",' + b'"' + b"{" * 500 + b'"]', False),
        (b'["","' + b"[" * 100 + b'",""]', False),
        (b"[{" * 33 + b"}]" * 33, True),
        (b"]" * 500 + b"[" * 64, False),
    ],
)
def test_only_brackets_outside_of_texts_are_counted(body: bytes, deep: bool) -> None:
    assert octets.too_deep(body, DEPTH) is deep


@pytest.mark.parametrize("name", ["x" * 200, "é" * 200, "中" * 200, "😀" * 100, "\0" * 200])
def test_200_utf_16_code_units_may_be_sent(name: str) -> None:
    for ascii_only in (True, False):
        written = json.dumps(name, ensure_ascii=ascii_only)[1:-1].encode()

        assert enroll.decode(named(written)).display_name == name


@pytest.mark.parametrize("name", ["x" * 201, "中" * 201, "😀" * 100 + "x", "😀" * 101])
def test_201_utf_16_code_units_may_not(name: str) -> None:
    for ascii_only in (True, False):
        written = json.dumps(name, ensure_ascii=ascii_only)[1:-1].encode()

        with pytest.raises(Refusal) as refusal:
            enroll.decode(named(written))

        assert refusal.value.body()["issues"] == {
            "_errors": [],
            "displayName": {"_errors": ["may be at most 200 characters long"]},
        }
