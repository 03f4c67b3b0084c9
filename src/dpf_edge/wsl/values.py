"""What WSL makes of a value, by the kind of its key."""

from __future__ import annotations

import re
from ipaddress import AddressValueError, IPv4Address
from typing import TYPE_CHECKING, NamedTuple

from dpf_edge.model import Severity
from dpf_edge.wsl.keys import CONSOMME, Kind

if TYPE_CHECKING:
    from collections.abc import Callable

    from dpf_edge.wsl.keys import Key, Version

# strtol(3) with base 0 and a full match: C's white space, a sign, then hex, octal or decimal.
NUMBER = re.compile(r"[ \t-\r]*(?P<sign>[+-]?)(?:0[xX](?P<hex>[0-9a-fA-F]+)|(?P<digits>[0-9]+))")
# A C long has 32 bits on Windows, and strtol stops at its end without a word.
MOST_INTEGER, LEAST_INTEGER = 2**31 - 1, -(2**31)
SIZE = re.compile(r"(?P<number>[0-9]+)(?P<unit>[KMGT]?B?)")
UNITS = {"": 1, "B": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40}
# stoi(3): as strtol in base 10, and whatever follows the digits is left alone.
PORT = re.compile(r"[ \t-\r]*(?P<sign>[+-]?)(?P<digits>[0-9]+)(?P<more>.*)", re.DOTALL)
MOST_PORT = 65535
MAC = re.compile(r"[0-9a-fA-F]{2}([:-])(?:[0-9a-fA-F]{2}\1){4}[0-9a-fA-F]{2}")


class Judged(NamedTuple):
    """A value as WSL takes it; ``code`` and ``message`` where there is something to say."""

    effective: bool = True
    code: str | None = None
    message: str = ""
    severity: Severity = Severity.ERROR


GOOD = Judged()


def narrow(value: str) -> str:
    """A value in the bytes that WSL keeps of it.

    Each UTF-16 unit is cut to its low byte, and C's strings end at a NUL.
    """
    units = value.encode("utf-16-le", "surrogatepass")[::2]
    return units.partition(b"\0")[0].decode("latin-1")


def judge(key: Key, value: str, version: Version | None = None) -> Judged:
    """What WSL makes of a value, unquoted and unescaped, of a key.

    :param version: WSL's, where it is known; it decides on one value of networkingMode.
    """
    taken = narrow(value)
    if key.kind is Kind.CHOICE:
        judged = choice(key, taken, version)
    else:
        judged = CHECKS.get(key.kind, text)(taken)
    if judged.code is None and (taken != value or not value.isascii()):
        return odd(
            "encoding", "WSL keeps the low byte of each character: what is not ASCII is lost"
        )
    return judged


def text(value: str) -> Judged:
    """Any text is good."""
    del value
    return GOOD


def boolean(value: str) -> Judged:
    """``true``, ``false``, ``1`` or ``0``, in any case."""
    if value.lower() in {"true", "false", "1", "0"}:
        return GOOD
    return bad("invalid-boolean", f"{value!r} is neither true nor false (nor 1 nor 0)")


def is_true(value: str) -> bool | None:
    """What a boolean says; None where it is none."""
    return {"true": True, "1": True, "false": False, "0": False}.get(narrow(value).lower())


def integer(value: str) -> Judged:
    """A whole number, as C writes it."""
    number = number_of(value)
    if number is None:
        return bad("invalid-integer", f"{value!r} is no whole number")
    if not LEAST_INTEGER <= number <= MOST_INTEGER:
        end = MOST_INTEGER if number > 0 else LEAST_INTEGER
        return odd("invalid-integer", f"{value!r} is out of range: WSL takes {end}")
    return GOOD


def number_of(value: str) -> int | None:
    """A whole number in C's writing; None where it is none (08 is none: 0 begins an octal)."""
    found = NUMBER.fullmatch(value)
    if found is None:
        return None
    digits, base = found["hex"] or found["digits"], 16 if found["hex"] else 10
    if base == 10 and digits.startswith("0"):
        base = 8
        if not set(digits) <= set("01234567"):
            return None
    # Python refuses thousands of digits; more than twenty are out of range all the same.
    digits = digits.lstrip("0")[:20] or "0"
    return int(found["sign"] + digits, base)


def size(value: str) -> Judged:
    """A number of bytes, with a unit right behind it; no blank, no fraction, capitals only."""
    if size_of(value) is not None:
        return GOOD
    why = "a size is digits and then B, K, KB, M, MB, G, GB, T or TB in capitals, as 4GB"
    if re.fullmatch(r"0+[A-Z]+", value):
        why = "zero is written 0, without a unit"
    return bad("invalid-size", f"{value!r} is no size: {why}")


def size_of(value: str) -> int | None:
    """A size in bytes; None where it is none. Nought is ``0`` and nothing else."""
    found = SIZE.fullmatch(value)
    if found is None:
        return None
    number = int(found["number"][:20])
    if number == 0 and value != "0":
        return None
    return number * UNITS[found["unit"].removesuffix("B")]


def choice(key: Key, value: str, version: Version | None) -> Judged:
    """One word of a list, in any case."""
    word = value.lower()
    choices = [
        each for each in key.choices if each != "consomme" or version is None or version >= CONSOMME
    ]
    if word in choices:
        return GOOD
    since = "; this WSL is older than consomme (2.9)" if word in key.choices else ""
    told = f"{value!r} is none of {', '.join(choices)}{since}: WSL uses its default"
    return bad("invalid-value", told)


def ports_of(value: str) -> tuple[list[int], list[str], list[str]]:
    """A list of ports: those that WSL takes, the items it skips, and those it reads oddly."""
    taken, skipped, oddly = [], [], []
    # Empty items are passed over without a word.
    for item in filter(None, value.split(",")):
        found = PORT.fullmatch(item)
        port = int(found["sign"] + found["digits"][:20]) if found else 0
        if found is None or not 0 < port <= MOST_PORT:
            skipped.append(item)
            continue
        taken.append(port)
        if found["more"].strip(" \t"):
            oddly.append(f"{item!r} as {port}")
    return taken, skipped, oddly


def ports(value: str) -> Judged:
    """Numbers from 1 to 65535 between commas; WSL skips what is none, and keeps the rest."""
    taken, skipped, oddly = ports_of(value)
    if skipped or not taken:
        named = ", ".join(map(repr, skipped)) or "an empty list"
        message = f"{named}: no port from 1 to {MOST_PORT}; WSL skips it"
        return Judged(bool(taken), "invalid-value", message)
    if oddly:
        return odd("invalid-value", f"WSL reads {', '.join(oddly)}")
    return GOOD


def address(value: str) -> Judged:
    """An IPv4 address, four decimal numbers."""
    try:
        IPv4Address(value)
    except AddressValueError:
        message = f"{value!r} is no IPv4 address: WSL drops it, and switches dnsTunneling off"
        return bad("invalid-value", message)
    return GOOD


def mac(value: str) -> Judged:
    """Six bytes in hex between colons or between hyphens."""
    if MAC.fullmatch(value):
        return GOOD
    message = f"{value!r} is no MAC address, and this is the one key that WSL will not start with"
    return bad("invalid-value", message)


def bad(code: str, message: str) -> Judged:
    """A value that WSL drops."""
    return Judged(False, code, message)


def odd(code: str, message: str) -> Judged:
    """A value that WSL takes otherwise than it was probably meant."""
    return Judged(True, code, message, Severity.WARNING)


CHECKS: dict[Kind, Callable[[str], Judged]] = {
    Kind.BOOLEAN: boolean,
    Kind.INTEGER: integer,
    Kind.SIZE: size,
    Kind.PORTS: ports,
    Kind.ADDRESS: address,
    Kind.MAC: mac,
}
