"""Header lines as HTTP writes them, which SSDP and a SOAP answer begin with. Pure."""

from __future__ import annotations

import re
from typing import NamedTuple

from dpf_edge.discovery.texts import clean

# A search's answer has ten lines; UPnP's device architecture has none longer than a URL.
MOST_LINES, MOST_KEY, MOST_VALUE = 64, 64, 1024
_STATUS = re.compile(rb"HTTP/1\.[01] (\d{3})(?: |$)")
_SIZE = re.compile(rb"[0-9A-Fa-f]{1,6}")


class Head(NamedTuple):
    """An answer's beginning.

    :ivar start: its first line.
    :ivar status: of an answer, else 0.
    :ivar headers: by names in lower case; of a name that comes twice, the first.
    :ivar body: what follows the empty line.
    """

    start: str
    status: int
    headers: dict[str, str]
    body: bytes


def head(data: bytes) -> Head:
    """What a message begins with, whatever it is: of no use is at worst an empty one."""
    top, _, body = data.partition(b"\r\n\r\n")
    if not body and b"\r" not in top:
        top, _, body = data.partition(b"\n\n")  # devices that end lines as Unix does
    first, *lines = top[: MOST_LINES * MOST_VALUE].split(b"\n", MOST_LINES)
    found = _STATUS.match(first.strip())
    headers: dict[str, str] = {}
    for line in lines[:MOST_LINES]:
        key, colon, value = line.partition(b":")
        name = clean(key, MOST_KEY).lower()
        if colon and name:
            headers.setdefault(name, clean(value, MOST_VALUE))
    return Head(clean(first, MOST_VALUE), int(found[1]) if found else 0, headers, body)


def body(answer: Head) -> bytes:
    """An answer's body, put together where it came in chunks (RFC 9112 section 7.1)."""
    if "chunked" not in answer.headers.get("transfer-encoding", "").lower():
        return answer.body
    made, at = [], 0
    while found := _SIZE.match(answer.body, at):
        size = int(found[0], 16)
        begin = answer.body.find(b"\n", found.end()) + 1
        if not size or not begin:
            break
        made.append(answer.body[begin : begin + size])
        at = begin + size + 2
    return b"".join(made)
