"""A body's bytes, before a parser sees them.

The published Authority reads bodies as JavaScript does, and what that accepts is accepted here:

* a byte order mark is skipped, and bytes that are not UTF-8 become U+FFFD;
* ``\\ud83d`` without its other half becomes U+FFFD, because no store keeps a lone surrogate;
* of a key that comes twice, the last counts;
* ``1.0`` and ``1e2`` are whole numbers.

Refused as ``invalid_json``: NaN and Infinity, numbers that no double holds (``1e400``), and arrays
and objects that lie more than 64 deep in one another. NUL (``\\u0000``) is a character like any
other on the wire; a store that cannot keep it writes U+FFFD.
"""

from __future__ import annotations

import re
from array import array
from codecs import BOM_UTF8
from itertools import accumulate

_REPLACEMENT = b"\\ufffd"
_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")
# Every backslash in a JSON text begins an escape, so a scan from the left that takes each escape
# whole never mistakes the ``\\ud83d`` in ``\\\\ud83d`` for one.
_ESCAPES = re.compile(
    rb"\\(?:[^u]"
    rb"|(?P<pair>u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2})"
    rb"|(?P<lone>u[dD][89a-fA-F][0-9a-fA-F]{2}))",
    re.DOTALL,
)
_LEADS = bytes(range(0xF0, 0xF5))  # what begins four bytes of UTF-8: two UTF-16 code units
_ONE_LEAD = bytes.maketrans(_LEADS, _LEADS[:1] * len(_LEADS))
_NO_LEADS = bytes(sorted(set(range(256)) - set(_LEADS)))
_TWO_UNITS = "\ue000\ue000".encode()  # any two characters of the Basic Multilingual Plane

_BRACKETS_AND_QUOTES = b'{}[]"'
_ALL_ELSE = bytes(sorted(set(range(256)) - set(_BRACKETS_AND_QUOTES)))
_STEPS = bytes.maketrans(b"{[}]", b"\x01\x01\xff\xff")  # in by one, out by one


def mended(body: bytes) -> bytes:
    """A body in which every text can be decoded: UTF-8 throughout, no lone surrogate."""
    body = body.removeprefix(BOM_UTF8)
    if not body.isascii():
        try:
            body.decode()
        except UnicodeDecodeError:
            body = body.decode("utf-8", "replace").encode()
    if _SURROGATE.search(body):
        body = _ESCAPES.sub(lambda m: _REPLACEMENT if m["lone"] else m[0], body)
    return body


def astral(body: bytes) -> bool:
    """Whether a mended body may hold a character that is two UTF-16 code units."""
    return bool(body.translate(None, _NO_LEADS)) or _SURROGATE.search(body) is not None


def doubled(body: bytes) -> bytes:
    """A mended body in which each character of two UTF-16 code units is two characters.

    Its texts are as long in characters as the body's are in code units, so that a parser that
    counts characters can be asked.
    """
    first, *others = body.translate(_ONE_LEAD).split(_LEADS[:1])
    body = _TWO_UNITS.join([first, *(each[3:] for each in others)])
    return _ESCAPES.sub(lambda m: _TWO_UNITS if m["pair"] else m[0], body)


def too_deep(body: bytes, limit: int) -> bool:
    """Whether a body's brackets lie more than ``limit`` deep in one another.

    A few passes over the bytes, in C, that take no room on the stack: what a body must not do to
    a parser it cannot do here either.
    """
    if body.count(b"{") + body.count(b"[") <= limit:
        return False
    # A quote after a backslash does not end a string, unless the backslash is itself escaped.
    marks = body.replace(b"\\\\", b"").replace(b'\\"', b"").translate(None, _ALL_ELSE)
    # Two quotes side by side hold no bracket between them, whichever of them opens.
    outside = b"".join(marks.replace(b'""', b"").split(b'"')[::2])
    return max(accumulate(array("b", outside.translate(_STEPS))), default=0) > limit
