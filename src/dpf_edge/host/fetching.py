"""One page by HTTP from one address: no redirect, no proxy, no name, and never more than asked for.

Devices speak HTTP badly, so what can be understood is taken and the rest is no page. RFC 9112
gives the framing.
"""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

from dpf_edge.errors import Failed
from dpf_edge.host.forbidden import Fence, place
from dpf_edge.host.net import Page
from dpf_edge.host.talking import opened, reason

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dpf_edge.host.counting import Ledger

PORTS = {"http": 80, "https": 443}
# A device's header is a few hundred bytes; a browser's limit is 256 KiB.
HEAD_BYTES = 16_384
MOST_HEADERS = 100
NO_BODY = (204, 304)
# What a chunked body's framing may add to it: a device that needs more sends chunks of a few bytes.
FRAMING = 2


class Target(NamedTuple):
    """Whom a URL leads to, and what is asked there."""

    scheme: str
    host: str
    port: int
    path: str


class Head(NamedTuple):
    """An answer's first lines.

    :ivar size: how many bytes they are, the empty line included.
    """

    status: int
    headers: Mapping[str, str]
    size: int


def target(url: str, only: str) -> Target:
    """What a URL asks for, which must be at one address.

    :raises Failed: it is no URL of HTTP, leads to another host, carries a password, or has in it
        what could end the line that it is put into.
    """
    if len(url) > 2048 or not url.isascii() or not url.isprintable() or " " in url:
        raise Failed("no URL: too long, or with characters that no URL has")
    try:
        parts = urlsplit(url)
        port = parts.port
        host = parts.hostname or ""
    except ValueError as error:
        raise Failed("no URL") from error
    if parts.scheme not in PORTS:
        raise Failed(f"no URL of HTTP: {parts.scheme[:20]!r}")
    if "@" in parts.netloc:
        raise Failed("a URL with a user in it is not asked")
    if not same(host, only):
        raise Failed("the URL leads to another host than the one that answered")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    # Said as it is asked for: a zone, or another spelling of the address, is nobody's business.
    host = only.partition("%")[0]
    return Target(parts.scheme, host, PORTS[parts.scheme] if port is None else port, path)


def same(host: str, only: str) -> bool:
    """Whether two texts are one IP address."""
    try:
        return ipaddress.ip_address(host.partition("%")[0]) == ipaddress.ip_address(
            only.partition("%")[0]
        )
    except ValueError:
        return False


def head(data: bytes) -> Head | None:
    """The head of an answer; None while it is not whole.

    :raises Failed: it is no answer of HTTP/1, or its head is too long.
    """
    end, skip = data.find(b"\r\n\r\n"), 4
    if end < 0:
        end, skip = data.find(b"\n\n"), 2  # some devices end lines like a Unix file
    if data[:7] != b"HTTP/1."[: len(data)]:
        raise Failed("no HTTP")
    if end < 0:
        if len(data) > HEAD_BYTES:
            raise Failed("no end of the header within 16 KiB")
        return None
    first, *lines = data[:end].decode("latin-1").replace("\r\n", "\n").split("\n")
    words = first.split(" ", 2)
    if len(words) < 2 or len(words[1]) != 3 or not (words[1].isascii() and words[1].isdigit()):
        raise Failed("no HTTP status")
    headers: dict[str, str] = {}
    for line in lines[:MOST_HEADERS]:
        name, colon, value = line.partition(":")
        if colon:
            headers.setdefault(name.strip().lower(), value.strip())
    return Head(int(words[1]), headers, end + skip)


def unchunked(data: bytes) -> tuple[bytes, bool]:
    """What a chunked body came to so far, and whether that is all of it (RFC 9112 section 7.1)."""
    body = bytearray()
    at = 0
    while True:
        end = data.find(b"\r\n", at, at + 64)
        if end < 0:
            return bytes(body), False
        digits = data[at:end].partition(b";")[0].strip()
        # int() takes signs and underscores, and eight digits are 4 GiB already.
        if not digits or len(digits) > 8 or digits.strip(b"0123456789abcdefABCDEF"):
            return bytes(body), False
        size = int(digits, 16)
        if size == 0:
            return bytes(body), True
        body += data[end + 2 : end + 2 + size]
        at = end + 2 + size + 2
        if at > len(data):
            return bytes(body), False


def body(data: bytes, found: Head, ended: bool) -> tuple[bytes, bool]:
    """The body of an answer as far as it is there, and whether it is whole.

    :param ended: whether the other side closed the connection.
    """
    if found.status in NO_BODY:
        return b"", True
    rest = data[found.size :]
    if is_chunked(found):
        return unchunked(rest)
    length = found.headers.get("content-length", "")
    if is_number(length):
        return rest[: int(length)], len(rest) >= int(length)
    return rest, ended


def is_chunked(found: Head) -> bool:
    """Whether a body comes in chunks."""
    return found.headers.get("transfer-encoding", "").lower().endswith("chunked")


def is_number(text: str) -> bool:
    """Whether a text is a length that any body could have."""
    return text.isascii() and text.isdigit() and len(text) < 20


def is_enough(data: bytes | bytearray, found: Head, most: int) -> bool:
    """Whether nothing more of an answer is needed, by a look that costs the same for any length."""
    so_far = len(data) - found.size
    if found.status in NO_BODY or so_far > most * FRAMING:
        return True
    if is_chunked(found):
        return data.endswith(b"0\r\n\r\n")
    length = found.headers.get("content-length", "")
    return so_far > most or (is_number(length) and so_far >= int(length))


def fetch(ledger: Ledger, fence: Fence, url: str, *, only: str, most: int, seconds: float) -> Page:
    """See :meth:`dpf_edge.host.net.Net.fetch`.

    A body that is longer than ``most``, or has no end in time, is cut, and the page is not whole.
    """
    wanted = target(url, only)
    line = opened(ledger, fence, place(only), wanted.port, wanted.scheme == "https", seconds)
    asked = request(wanted)
    data = bytearray()
    found: Head | None = None
    ended = False
    with line.sock:
        try:
            ledger.count(1, len(asked))
            line.say(asked)
            while line.left() > 0 and not (found and is_enough(data, found, most)):
                more = line.more(HEAD_BYTES, line.left())
                ended = more == b""
                if not more:
                    break
                data += more
                found = found or head(bytes(data[: HEAD_BYTES + 1]))
        except (OSError, ValueError) as error:
            if found is None:
                raise Failed(reason(error)) from error
    if found is None:
        raise Failed("no HTTP answer" if ended else "silent")
    text, whole = body(bytes(data), found, ended)
    is_whole = whole and len(text) <= most
    return Page(found.status, found.headers, text[:most], ledger.now(), is_whole, line.certificate)


def request(wanted: Target) -> bytes:
    """What is said: one question, and that the connection ends with its answer."""
    host = f"[{wanted.host}]" if ":" in wanted.host else wanted.host
    if wanted.port != PORTS[wanted.scheme]:
        host += f":{wanted.port}"
    return (
        f"GET {wanted.path} HTTP/1.1\r\nHost: {host}\r\nAccept: */*\r\n"
        "Accept-Encoding: identity\r\nUser-Agent: dpf-edge\r\nConnection: close\r\n\r\n"
    ).encode("ascii")
