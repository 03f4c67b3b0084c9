"""ASN.1's basic encoding rules, as far as SNMP uses them (X.690; RFC 3417 section 8). Pure.

Tags of one byte, definite lengths, no nesting of its own accord: whoever reads asks for the next
element where one belongs, so no datagram can make a reader go deeper than SNMP's messages do.
"""

from __future__ import annotations

from typing import NamedTuple

Oid = tuple[int, ...]

INTEGER, OCTETS, NULL, OID, SEQUENCE = 0x02, 0x04, 0x05, 0x06, 0x30

# RFC 2578 section 3.5: an OID has at most 128 sub-identifiers, each below 2^32.
MOST_PARTS = 128
MOST_PART = (1 << 32) - 1
# The longest integer of SNMP is Counter64: eight bytes and one for the sign.
MOST_INTEGER_BYTES = 9
# A datagram has at most 65 535 bytes, so a length takes no more than two; agents pad it to three
# or four (net-snmp writes a SEQUENCE's so).
MOST_LENGTH_BYTES = 4
_LONG = 0x80


class BerError(ValueError):
    """The bytes are no such element."""


class Element(NamedTuple):
    """Where an element's content stands: ``data[start:end]``; the next one begins at ``end``."""

    tag: int
    start: int
    end: int


def element(data: bytes, at: int, end: int) -> Element:
    """The element that begins at ``at``, and ends at ``end`` or before.

    :raises BerError: there is none, or it does not end in time.
    """
    try:
        tag, length = data[at], data[at + 1]
    except IndexError:
        raise BerError("an element is cut off") from None
    start = at + 2
    if length >= _LONG:
        count = length & 0x7F
        if not 0 < count <= MOST_LENGTH_BYTES:
            raise BerError("a length is indefinite, or longer than any datagram's")
        length = int.from_bytes(data[start : start + count], "big")
        start += count
    if start + length > end:
        raise BerError("an element is longer than what holds it")
    return Element(tag, start, start + length)


def expect(data: bytes, at: int, end: int, tag: int) -> Element:
    """The element that begins at ``at``, which must be of one kind.

    :raises BerError: it is not.
    """
    found = element(data, at, end)
    if found.tag != tag:
        raise BerError(f"an element has the tag {found.tag:#04x}, and not {tag:#04x}")
    return found


def integer(data: bytes, found: Element) -> int:
    """A signed integer.

    :raises BerError: it is empty or too long.
    """
    if not 0 < found.end - found.start <= MOST_INTEGER_BYTES:
        raise BerError("an integer has no byte, or too many")
    return int.from_bytes(data[found.start : found.end], "big", signed=True)


def unsigned(data: bytes, found: Element) -> int:
    """A counter, a gauge or ticks: some agents leave out the zero byte that makes it positive.

    :raises BerError: it is empty or too long.
    """
    if not 0 < found.end - found.start <= MOST_INTEGER_BYTES:
        raise BerError("a counter has no byte, or too many")
    return int.from_bytes(data[found.start : found.end], "big")


def oid(data: bytes, found: Element) -> Oid:
    """An object identifier.

    :raises BerError: it is empty, too long, or breaks off.
    """
    parts: list[int] = []
    value, is_open = 0, True
    for byte in data[found.start : found.end]:
        value = value << 7 | byte & 0x7F
        is_open = byte >= _LONG
        if is_open:
            # Checked here, so that a run of continued bytes cannot build a huge number.
            if value > MOST_PART:
                raise BerError("an OID's part is too large")
            continue
        parts.append(value)
        value = 0
        if len(parts) > MOST_PARTS:
            raise BerError("an OID is too long")
    if is_open:
        raise BerError("an OID is empty, or breaks off")
    # X.690 8.19.4: the first two parts are one.
    first = min(parts[0] // 40, 2)
    parts[0:1] = [first, parts[0] - 40 * first]
    if max(parts) > MOST_PART:
        raise BerError("an OID's part is too large")
    return tuple(parts)


def wrapped(tag: int, *contents: bytes) -> bytes:
    """An element of some contents."""
    content = b"".join(contents)
    length = len(content)
    if length < _LONG:
        return bytes((tag, length)) + content
    size = (length.bit_length() + 7) // 8
    return bytes((tag, _LONG | size)) + length.to_bytes(size, "big") + content


def of_integer(value: int) -> bytes:
    """A signed integer, as short as can be (X.690 8.3.2)."""
    size = (value + (value < 0)).bit_length() // 8 + 1
    return wrapped(INTEGER, value.to_bytes(size, "big", signed=True))


def of_octets(value: bytes) -> bytes:
    """A string of octets."""
    return wrapped(OCTETS, value)


def of_oid(value: Oid) -> bytes:
    """An object identifier of two parts or more."""
    content = bytearray()
    for part in (40 * value[0] + value[1], *value[2:]):
        group = [part & 0x7F]
        while part > 0x7F:
            part >>= 7
            group.append(part & 0x7F | _LONG)
        content += bytes(reversed(group))
    return wrapped(OID, bytes(content))


OF_NULL = wrapped(NULL)
