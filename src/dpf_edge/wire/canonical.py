"""Canonical JSON, as ECMAScript writes it; what an action's signature is made over.

Keys sorted by UTF-16 code units, no white space, numbers as ``Number.prototype.toString`` gives
them, texts escaped as ``JSON.stringify`` does and no further (ECMA-262, 25.5.2; RFC 8785, which
differs only in refusing lone surrogates). An encoder that also escapes ``<``, ``>``, ``&``, U+2028
or U+2029 gives other bytes, and good signatures fail.
"""

from __future__ import annotations

import json
import math
import re
from decimal import Decimal

_SURROGATE = re.compile("[\ud800-\udfff]")

# ECMA-262, 6.1.6.1.20: where a number is written in full and where with an exponent.
_LARGEST_IN_FULL = 21
_SMALLEST_IN_FULL = -6


def encode(value: object) -> bytes:
    """A JSON value in canonical form.

    :raises ValueError: a number is not finite, or no double holds it.
    :raises TypeError: something is not of JSON, or an object's key is not a text.
    """
    return _written(value).encode()


def number(value: float) -> str:
    """A number as ECMAScript writes it: every number is a double, and -0 is 0.

    :raises ValueError: it is not finite, or no double holds it.
    """
    try:
        double = float(value)
    except OverflowError:
        raise ValueError("a number that no double holds") from None
    if not math.isfinite(double):
        raise ValueError("a number that is not finite")
    # repr gives the fewest digits that read back as the same double, as ECMAScript does.
    sign, shortest, exponent = Decimal(repr(double)).normalize().as_tuple()
    digits = "".join(map(str, shortest))
    if digits == "0":
        return "0"
    point = len(digits) + int(exponent)  # where the decimal point stands, from the left
    minus = "-" if sign else ""
    if len(digits) <= point <= _LARGEST_IN_FULL:
        return minus + digits.ljust(point, "0")
    if 0 < point <= _LARGEST_IN_FULL:
        return f"{minus}{digits[:point]}.{digits[point:]}"
    if _SMALLEST_IN_FULL < point <= 0:
        return f"{minus}0.{'0' * -point}{digits}"
    fraction = f".{digits[1:]}" if len(digits) > 1 else ""
    return f"{minus}{digits[0]}{fraction}e{point - 1:+d}"


def _written(value: object) -> str:
    match value:
        case None | True | False:
            return json.dumps(value)
        case str():
            return _text(value)
        case int() | float():
            return number(value)
        case dict():
            members = sorted(value.items(), key=lambda member: _units(member[0]))
            return "{" + ",".join(f"{_text(k)}:{_written(v)}" for k, v in members) + "}"
        case list() | tuple():
            return "[" + ",".join(map(_written, value)) + "]"
    raise TypeError(f"{type(value).__name__} is not of JSON")


def _units(key: object) -> bytes:
    if not isinstance(key, str):
        raise TypeError("an object's key is not a text")
    return key.encode("utf-16-be", "surrogatepass")


def _text(value: str) -> str:
    if _SURROGATE.search(value):
        # Two halves side by side are one character, as they are in JavaScript.
        value = value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")
    # Python escapes what JSON.stringify does, and spells it so, but for lone surrogates.
    written = json.dumps(value, ensure_ascii=False)
    return _SURROGATE.sub(lambda lone: f"\\u{ord(lone[0]):04x}", written)
