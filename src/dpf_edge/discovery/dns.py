"""DNS messages (RFC 1035), as multicast DNS, LLMNR and a LAN's own resolver speak them. Pure.

A name is a tuple of labels, for a label may hold any byte, dots among them (RFC 6763 section 4.1.1:
``Reception, 2nd floor._ipp._tcp.local``). Reading never fails: a message that breaks off gives what
came before the break.
"""

from __future__ import annotations

import ipaddress
import struct
from typing import TYPE_CHECKING, NamedTuple

from dpf_edge.discovery.texts import clean

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

Name = tuple[bytes, ...]

# RFC 1035 3.2.2, RFC 3596, RFC 2782.
A, PTR, HINFO, TXT, AAAA, SRV = 1, 12, 13, 16, 28, 33
IN = 1
# RFC 6762 sections 5.4 and 10.2: in questions "answer by unicast", in records "this is all".
TOP_BIT = 0x8000
# RFC 1035 section 4.1.1: this is an answer; its operation; recursion is desired; its outcome.
RESPONSE, OPERATION, RECURSION, OUTCOME = 0x8000, 0x7800, 0x0100, 0x000F

_HEADER = struct.Struct("!6H")
_QUESTION = struct.Struct("!HH")
_RECORD = struct.Struct("!HHIH")  # type, class, seconds to live, length
_SRV = struct.Struct("!HHH")

MOST_LABEL, MOST_NAME = 63, 255  # RFC 1035 section 2.3.4
# A pointer stands for at least one label, and 255 bytes hold 127 of those; real messages chain
# three or four. This keeps a message of nothing but pointers from costing 8 192 steps a name.
MOST_POINTERS = 32
# A printer with every service it has sends 60; a datagram of 64 KiB could claim 5 000.
MOST_RECORDS = 512
# What fits an Ethernet frame behind IPv6 and UDP, with room for an option (RFC 6762 section 17).
MOST_QUERY = 1400
# RFC 6762 section 10: records of services live 75 minutes.
KNOWN_SECONDS = 4500


class Record(NamedTuple):
    """One resource record; what its type does not have is left empty.

    :ivar kind: its type: :data:`A`, :data:`PTR` …
    :ivar address: of A and AAAA.
    :ivar target: of PTR and SRV.
    :ivar port: of SRV.
    :ivar texts: of TXT and HINFO (processor, operating system).
    """

    name: Name
    kind: int
    ttl: int
    address: str = ""
    target: Name = ()
    port: int = 0
    texts: tuple[bytes, ...] = ()


class Message(NamedTuple):
    """One message: its id, its flags, what was asked, and the records of all its sections."""

    number: int
    flags: int
    questions: tuple[tuple[Name, int], ...]
    records: tuple[Record, ...]

    @property
    def is_answer(self) -> bool:
        """Whether it answers a plain question, and without an error."""
        return self.flags & (RESPONSE | OPERATION | OUTCOME) == RESPONSE


class _Broken(ValueError):
    """The message cannot be read any further."""


def parse(data: bytes) -> Message | None:
    """A message from a datagram, up to where it breaks; None where there is not even a header."""
    if len(data) < _HEADER.size:
        return None
    number, flags, questions, *counts = _HEADER.unpack_from(data)
    asked: list[tuple[Name, int]] = []
    records: list[Record] = []
    at = _HEADER.size
    try:
        for _ in range(min(questions, MOST_RECORDS)):
            name, at = _name(data, at)
            kind, _klass = _fields(_QUESTION, data, at)
            asked.append((name, kind))
            at += _QUESTION.size
        for _ in range(min(sum(counts), MOST_RECORDS)):
            record, at = _record(data, at)
            if record is not None:
                records.append(record)
    except _Broken:
        pass
    return Message(number, flags, tuple(asked), tuple(records))


def _fields(fields: struct.Struct, data: bytes, at: int) -> tuple[int, ...]:
    """Numbers at a place."""
    if at + fields.size > len(data):
        raise _Broken
    return fields.unpack_from(data, at)


def _name(data: bytes, at: int, end: int | None = None) -> tuple[Name, int]:
    """The name at a place, and where what follows it begins (RFC 1035 section 4.1.4).

    :param end: where it has to end at the latest; None where the message does.
    """
    end = len(data) if end is None else end
    labels: list[bytes] = []
    size, pointers, after = 1, 0, 0
    earliest = at
    while at < end:
        length = data[at]
        if length == 0:
            return tuple(labels), after or at + 1
        if length >= 0xC0:
            if at + 2 > end:
                break
            after = after or at + 2
            at = int.from_bytes(data[at : at + 2], "big") & 0x3FFF
            pointers += 1
            # A pointer is to a prior occurrence: one that is not would lead in a circle.
            if at >= earliest or pointers > MOST_POINTERS:
                break
            earliest = at
            continue
        size += 1 + length
        if length > MOST_LABEL or size > MOST_NAME or at + 1 + length > end:
            break
        labels.append(data[at + 1 : at + 1 + length])
        at += 1 + length
    raise _Broken


def _record(data: bytes, at: int) -> tuple[Record | None, int]:
    """The record at a place, None where it is of no use, and where the next one begins."""
    name, at = _name(data, at)
    kind, _klass, ttl, length = _fields(_RECORD, data, at)
    at += _RECORD.size
    end = at + length
    if end > len(data):
        raise _Broken
    value = data[at:end]
    if (kind == A and length == 4) or (kind == AAAA and length == 16):
        return Record(name, kind, ttl, address=str(ipaddress.ip_address(value))), end
    if kind in (TXT, HINFO):
        return Record(name, kind, ttl, texts=tuple(_texts(value))), end
    try:
        if kind == PTR:
            return Record(name, kind, ttl, target=_name(data, at, end)[0]), end
        if kind == SRV:
            _priority, _weight, port = _fields(_SRV, value, 0)
            target, _ = _name(data, at + _SRV.size, end)
            return Record(name, kind, ttl, port=port, target=target), end
    except _Broken:  # its own length still tells where the next one begins
        pass
    return None, end


def _texts(value: bytes) -> Iterator[bytes]:
    """The strings of a record, each behind its length; the last may be cut short."""
    at = 0
    while at < len(value):
        yield value[at + 1 : at + 1 + value[at]]
        at += 1 + value[at]


def name(text: str) -> Name:
    """A name as it is written with dots: no label of it holds one."""
    return tuple(label.encode() for label in text.split(".") if label)


def lowered(name: Name) -> Name:
    """A name to compare by: letters of ASCII are one, whatever their case (RFC 4343)."""
    return tuple(label.lower() for label in name)


def text(name: Name) -> str:
    """A name as people read it, without what steers a reader; at most 255 characters."""
    return clean(b".".join(name), MOST_NAME)


def reverse(address: str) -> Name:
    """The name under which an address's own name is asked for (RFC 1035 3.5, RFC 3596 2.5).

    :raises ValueError: it is no address.
    """
    return name(ipaddress.ip_address(address).reverse_pointer)


def is_reverse(name: Name) -> bool:
    """Whether a name is of the reverse tree: one that stands for an address, and names nobody."""
    return lowered(name)[-2:] in ((b"in-addr", b"arpa"), (b"ip6", b"arpa"))


def encode(name: Name) -> bytes:
    """A name as a message has it.

    :raises ValueError: it is too long for one.
    """
    if any(not 0 < len(label) <= MOST_LABEL for label in name):
        raise ValueError("a label has 1 to 63 bytes")
    made = b"".join(bytes((len(label),)) + label for label in name) + b"\0"
    if len(made) > MOST_NAME:
        raise ValueError("a name has at most 255 bytes")
    return made


def query(
    asked: Iterable[tuple[Name, int]],
    *,
    number: int = 0,
    flags: int = 0,
    unicast: bool = False,
    known: Iterable[tuple[Name, Name]] = (),
) -> bytes:
    """One message of questions.

    :param asked: names and types.
    :param unicast: ask for answers by unicast (RFC 6762 section 5.4).
    :param known: pointers (name and target) that nobody has to tell again (section 7.1); those
        that do not fit :data:`MOST_QUERY` are left out.
    """
    klass = IN | TOP_BIT if unicast else IN
    questions = [encode(each) + _QUESTION.pack(kind, klass) for each, kind in asked]
    size = _HEADER.size + sum(map(len, questions))
    answers: list[bytes] = []
    for each, target in known:
        value = encode(target)
        answer = encode(each) + _RECORD.pack(PTR, IN, KNOWN_SECONDS, len(value)) + value
        if size + len(answer) > MOST_QUERY:
            break
        answers.append(answer)
        size += len(answer)
    header = _HEADER.pack(number, flags, len(questions), len(answers), 0, 0)
    return header + b"".join(questions) + b"".join(answers)


def batches(asked: Sequence[tuple[Name, int]]) -> Iterator[list[tuple[Name, int]]]:
    """Questions in lots that fit one message each; a name that no message can have is left out."""
    lot: list[tuple[Name, int]] = []
    size = _HEADER.size
    for each, kind in asked:
        try:
            room = len(encode(each)) + _QUESTION.size
        except ValueError:
            continue
        if lot and size + room > MOST_QUERY:
            yield lot
            lot, size = [], _HEADER.size
        lot.append((each, kind))
        size += room
    if lot:
        yield lot
