"""DNS messages made by hand, for what no honest daemon would send."""

from __future__ import annotations

import ipaddress
import struct
from typing import TYPE_CHECKING, Any

from dpf_edge.discovery import dns

if TYPE_CHECKING:
    from dpf_edge.discovery.dns import Name

ANSWER = 0x8400


def value(kind: int, told: Any) -> bytes:
    """A record's content: an address, a name, (port, name) or a list of texts."""
    if kind in (dns.A, dns.AAAA):
        return ipaddress.ip_address(str(told)).packed
    if kind == dns.PTR:
        return dns.encode(told)
    if kind == dns.SRV:
        port, target = told
        return struct.pack("!HHH", 0, 0, port) + dns.encode(target)
    if kind in (dns.TXT, dns.HINFO):
        return b"".join(bytes((len(each),)) + each for each in told)
    return bytes(told)


def message(
    *records: tuple[Name, int, Any],
    number: int = 0,
    flags: int = ANSWER,
    questions: tuple[tuple[Name, int], ...] = (),
    ttl: int = 120,
    count: int | None = None,
) -> bytes:
    """A message with some records; ``count`` is how many it says there are."""
    made = struct.pack(
        "!6H", number, flags, len(questions), len(records) if count is None else count, 0, 0
    )
    for name, kind in questions:
        made += dns.encode(name) + struct.pack("!HH", kind, dns.IN)
    for name, kind, told in records:
        data = value(kind, told)
        made += dns.encode(name) + struct.pack("!HHIH", kind, dns.IN, ttl, len(data)) + data
    return made
