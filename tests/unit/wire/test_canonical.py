"""Canonical JSON: what JSON.stringify writes, with sorted keys.

W36: the published native node escapes ``<``, ``>``, ``&``, U+2028 and U+2029 and sorts keys by code
point, so that good signatures fail.
"""

from __future__ import annotations

import struct

import pytest

from dpf_edge.wire import canonical


# RFC 8785, appendix B: the bits of a double, and what ECMAScript prints.
@pytest.mark.parametrize(
    ("bits", "written"),
    [
        ("0000000000000000", "0"),
        ("8000000000000000", "0"),
        ("0000000000000001", "5e-324"),
        ("8000000000000001", "-5e-324"),
        ("7fefffffffffffff", "1.7976931348623157e+308"),
        ("ffefffffffffffff", "-1.7976931348623157e+308"),
        ("4340000000000000", "9007199254740992"),
        ("c340000000000000", "-9007199254740992"),
        ("4430000000000000", "295147905179352830000"),
        ("44b52d02c7e14af5", "9.999999999999997e+22"),
        ("44b52d02c7e14af6", "1e+23"),
        ("44b52d02c7e14af7", "1.0000000000000001e+23"),
        ("444b1ae4d6e2ef4e", "999999999999999700000"),
        ("444b1ae4d6e2ef4f", "999999999999999900000"),
        ("444b1ae4d6e2ef50", "1e+21"),
        ("3eb0c6f7a0b5ed8c", "9.999999999999997e-7"),
        ("3eb0c6f7a0b5ed8d", "0.000001"),
        ("41b3de4355555553", "333333333.3333332"),
        ("41b3de4355555554", "333333333.33333325"),
        ("41b3de4355555555", "333333333.3333333"),
        ("41b3de4355555556", "333333333.3333334"),
        ("41b3de4355555557", "333333333.33333343"),
        ("becbf647612f3696", "-0.0000033333333333333333"),
        ("43143ff3c1cb0959", "1424953923781206.2"),
    ],
)
def test_a_double_is_written_as_ecmascript_does(bits: str, written: str) -> None:
    (double,) = struct.unpack(">d", bytes.fromhex(bits))

    assert canonical.number(double) == written


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (0, "0"),
        (-0.0, "0"),
        (1, "1"),
        (-15, "-15"),
        (100.0, "100"),
        (0.5, "0.5"),
        (1.5, "1.5"),
        (9.75e20, "975000000000000000000"),
        (1e-7, "1e-7"),
        (1.5e-10, "1.5e-10"),
        (123456.789, "123456.789"),
        (10**21, "1e+21"),
        (2**53 + 1, "9007199254740992"),
        (123456789012345678901234567890, "1.2345678901234568e+29"),
    ],
)
def test_every_number_is_a_double(value: float, written: str) -> None:
    assert canonical.number(value) == written


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf"), 10**400])
def test_a_number_that_json_has_not_is_refused(value: float) -> None:
    with pytest.raises(ValueError, match="number"):
        canonical.encode({"n": value})


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("<script>&'", '"<script>&\'"'),
        ("\u2028\u2029", '"\u2028\u2029"'),
        ('"\\/', '"\\"\\\\/"'),
        ("\b\t\n\f\r", '"\\b\\t\\n\\f\\r"'),
        ("\0\x1f\x7f\x80", '"\\u0000\\u001f\x7f\x80"'),
        ("é中😀", '"é中😀"'),
        ("\ud83d", '"\\ud83d"'),
        ("a\udeadb", '"a\\udeadb"'),
        ("\ud83d" + "\ude00", '"😀"'),
        ("\\ud83d", '"\\\\ud83d"'),
    ],
)
def test_a_text_is_escaped_as_json_stringify_does_and_no_further(value: str, written: str) -> None:
    assert canonical.encode(value) == written.encode()


def test_keys_are_sorted_by_utf_16_where_code_points_would_differ() -> None:
    value = {"\ufb33": 1, "😀": 2, "€": 3, "a": 4, "10": 5, "9": 6, "": 7, "é": {"b": 1, "a": 2}}

    assert canonical.encode(value) == (
        '{"":7,"10":5,"9":6,"a":4,"é":{"a":2,"b":1},"€":3,"😀":2,"\ufb33":1}'.encode()
    )


def test_there_is_no_white_space_and_arrays_keep_their_order() -> None:
    value = [3, [True, False, None], ("x",), {}]

    assert canonical.encode(value) == b'[3,[true,false,null],["x"],{}]'


@pytest.mark.parametrize("value", [b"x", {1: 2}, {None: 2}, {"a": object()}, {1, 2}])
def test_what_is_not_of_json_is_refused(value: object) -> None:
    with pytest.raises(TypeError):
        canonical.encode(value)
