"""NetBIOS names over UDP (RFC 1001, RFC 1002): the question for a node's table, its answer. Pure.

A node's table holds each name with a sixteenth byte that says what it is for, and whether it is one
node's own or a group's; behind the names stands the MAC of the card that answered.
"""

from __future__ import annotations

import struct
from typing import NamedTuple

from dpf_edge.discovery.texts import clean

PORT = 137
STATUS, QUERY, IN = 0x21, 0x20, 1  # RFC 1002 section 4.2.1.2: NBSTAT and NB
BROADCAST = 0x0010  # section 4.2.1.1

_HEADER = struct.Struct("!6H")
_FIELDS = struct.Struct("!HHIH")  # type, class, seconds to live, length
_RESPONSE, _OUTCOME = 0x8000, 0x000F
_GROUP, _LEAVING, _CONFLICT, _ACTIVE = 0x8000, 0x1000, 0x0800, 0x0400  # section 4.2.18, NAME_FLAGS
_NAME_BYTES = 18
# A server of a domain holds thirty; the count is one byte.
MOST_NAMES = 64

# What the sixteenth byte says (Microsoft's list, in the documentation of nbtstat).
WORKSTATION, MESSENGER, SERVER = 0x00, 0x03, 0x20
DOMAIN_MASTER, DOMAIN_CONTROLLERS, MASTER = 0x1B, 0x1C, 0x1D


class Table(NamedTuple):
    """What a node's table comes to.

    :ivar name: the computer's; empty where it has none.
    :ivar group: its workgroup or domain.
    :ivar serves: whether it shares files or printers.
    :ivar controls: whether it is a controller of its domain.
    :ivar mac: of the card that answered; None where it gives none, as Samba does.
    """

    name: str
    group: str
    serves: bool
    controls: bool
    mac: str | None


def question(kind: int, number: int) -> bytes:
    """A question for the name ``*``, which every node has (RFC 1001 section 17.2).

    :param kind: :data:`STATUS`, to one node; :data:`QUERY`, to a network's broadcast address.
    :param number: the message's id.
    """
    flags = BROADCAST if kind == QUERY else 0
    # First-level encoding (section 14.1): each half of a byte is a letter from A on.
    name = b"".join(
        bytes((0x41 + (byte >> 4), 0x41 + (byte & 15))) for byte in b"*".ljust(16, b"\0")
    )
    return _HEADER.pack(number, flags, 1, 0, 0, 0) + b"\x20" + name + struct.pack("!xHH", kind, IN)


def is_answer(data: bytes, number: int) -> bool:
    """Whether a datagram answers a question of that number, and without an error."""
    if len(data) < _HEADER.size:
        return False
    told, flags, _questions, answers, *_ = _HEADER.unpack_from(data)
    return told == number and bool(flags & _RESPONSE) and not flags & _OUTCOME and answers > 0


def table(data: bytes, number: int) -> Table | None:
    """A node's table, as far as it is there; None where the datagram is no such answer."""
    at = _answer(data) if is_answer(data, number) else None
    if at is None or at >= len(data):
        return None
    names = []
    count = data[at]
    at += 1
    for _ in range(min(count, MOST_NAMES)):
        entry = data[at : at + _NAME_BYTES]
        if len(entry) < _NAME_BYTES:
            break
        names.append((entry[:15], entry[15], int.from_bytes(entry[16:], "big")))
        at += _NAME_BYTES
    mac = data[at : at + 6] if count <= MOST_NAMES else b""
    return _table(names, mac)


def _answer(data: bytes) -> int | None:
    """Where the content of the first record begins; None where it is of another type."""
    at = _HEADER.size
    # The name asked for, written out or as a pointer to nowhere in particular.
    while at < len(data) and 0 < data[at] < 0xC0:
        at += 1 + data[at]
    at += 2 if at < len(data) and data[at] >= 0xC0 else 1
    if at + _FIELDS.size > len(data):
        return None
    kind, _klass, _ttl, _length = _FIELDS.unpack_from(data, at)
    return at + _FIELDS.size if kind == STATUS else None


def _table(names: list[tuple[bytes, int, int]], mac: bytes) -> Table:
    """What a table's names say, those that are being given up or quarrelled over left out."""
    own: dict[int, str] = {}
    groups: dict[int, str] = {}
    for raw, what, flags in names:
        if flags & (_LEAVING | _CONFLICT) or not flags & _ACTIVE:
            continue
        name = clean(raw.rstrip(b" \0").decode("cp437"), 15)
        # ``..__MSBROWSE__.`` and ``IS~NAME`` are services' marks and nobody's names.
        if name and "__MSBROWSE__" not in name and not name.startswith("IS~"):
            (groups if flags & _GROUP else own).setdefault(what, name)
    return Table(
        own.get(WORKSTATION) or own.get(SERVER, ""),
        groups.get(WORKSTATION) or groups.get(DOMAIN_CONTROLLERS, ""),
        SERVER in own,
        DOMAIN_CONTROLLERS in groups or DOMAIN_MASTER in own,
        mac.hex(":") if len(mac) == 6 and any(mac) and not mac[0] & 1 else None,
    )
