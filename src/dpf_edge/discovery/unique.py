"""What a device says that only it has: UUIDs and serial numbers, and those that say nothing."""

from __future__ import annotations

import re

from dpf_edge.discovery.texts import clean

_UUID = re.compile(
    r"([0-9a-f]{8})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{12})", re.ASCII
)
# Eight characters and more: with fewer it is a number that somebody counted up.
_UDN = re.compile(r"uuid:([0-9a-z_.-]{8,64})(?![^:])", re.ASCII)
# A mainboard maker's sample that thousands of machines give for theirs, and RFC 4122's own sample,
# which is in much sample code that was shipped as it stood.
_SAMPLES = {
    "03000200-0400-0500-0006-000700080009",
    "f81d4fae-7dec-11d0-a765-00a0c91e6bf6",
    "12345678-1234-1234-1234-123456789abc",
    "12345678-1234-1234-1234-123456789012",
    "00112233-4455-6677-8899-aabbccddeeff",
}
# How few different digits a number may have and be anybody's: 00000000, ffff…, 11111111-2222….
_FEW_DIGITS = 3
_NO_SERIAL = re.compile(
    r"(?:0+|x+|123456(?:7(?:8(?:90?)?)?)?|0123456789|none|null|n/?a|unknown|default"
    r"|serial ?(?:number)?"
    r"|to be filled by o\.?e\.?m\.?|not specified|system serial number)",
    re.IGNORECASE,
)
MOST_SERIAL = 64


def uuid(text: str) -> str | None:
    """An id from a UUID, with or without dashes, ``urn:uuid:`` or a USN's tail.

    :returns: ``uuid:`` and 36 characters in lower case; None where there is no UUID in it, or one
        that many devices have.
    """
    # Whoever has words before or behind it has them within a URN: 100 characters see them all.
    found = _UUID.search(text[:100].lower())
    if found is None:
        return None
    made = "-".join(found.groups())
    if made in _SAMPLES or len(set(made) - {"-"}) <= _FEW_DIGITS:
        return None
    return f"uuid:{made}"


def udn(text: str) -> str | None:
    """An id from a UPnP device's name, which should be a UUID and often is not:
    ``uuid:RINCON_5CAAFD40001401400`` (UPnP Device Architecture 2.0, section 2.3).

    :returns: ``uuid:…``; None where there is none, or one that many devices have.
    """
    if _UUID.search(text[:100].lower()):
        return uuid(text)
    found = _UDN.match(text.strip().lower())
    return f"uuid:{found[1]}" if found and len(set(found[1])) > _FEW_DIGITS else None


def serial(text: str) -> str | None:
    """A serial number, cleaned; None where it is a placeholder."""
    made = clean(text, MOST_SERIAL)
    return None if len(made) < 4 or _NO_SERIAL.fullmatch(made) else made
