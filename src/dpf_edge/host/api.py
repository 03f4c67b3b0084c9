"""One JSON document of a controller's API: over TLS that was verified, and at a private address.

A key goes along, so unlike :mod:`dpf_edge.host.fetching` this asks nobody whose certificate is not
trusted, and nobody on the internet: an Authority that was taken over could otherwise have a node
hand a site's keys to whomever it names.
"""

from __future__ import annotations

import hmac
import socket
import ssl
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

from dpf_edge import addresses
from dpf_edge.errors import Failed
from dpf_edge.host import fetching, tls
from dpf_edge.host.forbidden import PRINTS_WHAT_IT_GETS, Place, place
from dpf_edge.host.net import Page
from dpf_edge.host.talking import Line, reason
from dpf_edge.host.tls import Trust

if TYPE_CHECKING:
    from dpf_edge.host.counting import Ledger

# The published nodes stop there too: a site of some thousand clients.
MOST_BYTES = 8 << 20
LONGEST_URL = 2048
HEADER = "X-API-KEY"


class Wanted(NamedTuple):
    """What a URL asks for, and of whom."""

    is_tls: bool
    host: str
    port: int
    path: str


def wanted(url: str) -> Wanted:
    """What a controller's URL asks for.

    :raises Failed: it is no such URL, or one by which a key would go in the clear.
    """
    if len(url) > LONGEST_URL or not url.isascii() or not url.isprintable() or " " in url:
        raise Failed("no URL")
    try:
        parts = urlsplit(url)
        port, host = parts.port, parts.hostname or ""
    except ValueError as error:
        raise Failed("no URL") from error
    if parts.scheme not in fetching.PORTS or not host or "@" in parts.netloc:
        raise Failed("no URL like https://192.168.1.1")
    is_tls = parts.scheme == "https"
    found = addresses.address(host)
    if not is_tls and not (found and found.is_loopback):
        raise Failed("plain HTTP: whoever stands in between would read the key")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    port = fetching.PORTS[parts.scheme] if port is None else port
    if port in PRINTS_WHAT_IT_GETS:
        raise Failed(f"port {port} is never touched: a printer prints what it gets there")
    return Wanted(is_tls, host, port, path)


def resolved(host: str) -> Place:
    """Where a host is: an address as it stands, or what the machine's resolver has for a name.

    :raises Failed: it is nowhere, or not on a site's own network.
    """
    found = addresses.address(host)
    if found is None:
        try:
            told = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise Failed("its name has no address") from error
        shown = [str(each[4][0]) for each in told]
    else:
        shown = [host]
    # Of a name that leads to both sides one cannot tell which is meant.
    for each in shown:
        ip = addresses.address(each)
        if ip is None or not (addresses.is_private(ip) or ip.is_loopback or ip.is_link_local):
            raise Failed("its address is not private: a site's controller stands on the site")
    return place(shown[0])


def context(*, insecure: bool, fingerprint: str | None) -> ssl.SSLContext:
    """How the controller's certificate is checked."""
    if not insecure and fingerprint is None:
        return tls.context(Trust())
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    made.check_hostname = False
    made.verify_mode = ssl.CERT_NONE  # a pin is looked at before anything is said
    return made


def connected(
    ledger: Ledger, asked: Wanted, *, insecure: bool, fingerprint: str | None, seconds: float
) -> Line:
    """A connection to whom a key may be shown.

    :raises Failed: there is none; what begins with ``TLS`` is about the certificate.
    """
    to = resolved(asked.host)
    if not ledger.pause():
        raise Failed("no time is left")
    end = ledger.clock() + seconds

    def left() -> float:
        return min(end - ledger.clock(), ledger.left())

    sock = socket.socket(to.family, socket.SOCK_STREAM)
    try:
        sock.settimeout(max(0.001, left()))
        ledger.count(1, 0)
        sock.connect(to.sockaddr(asked.port))
        if asked.is_tls:
            way = context(insecure=insecure, fingerprint=fingerprint)
            sock = way.wrap_socket(sock, server_hostname=asked.host, do_handshake_on_connect=False)
            sock.settimeout(max(0.001, left()))
            sock.do_handshake()
            must_be(sock.getpeercert(binary_form=True) or b"", fingerprint)
    except BaseException as error:
        sock.close()
        if isinstance(error, ssl.SSLError):
            told = getattr(error, "verify_message", "") or error.reason or "no TLS"
            raise Failed(f"TLS: {told}") from error
        if isinstance(error, (OSError, ValueError)):
            raise Failed(reason(error)) from error
        raise
    return Line(sock, None, left)


def must_be(certificate: bytes, fingerprint: str | None) -> None:
    """Make sure that a certificate is the one that is pinned.

    :raises Failed: it is another.
    """
    if fingerprint is not None:
        shown = tls.fingerprint_of(certificate)
        if not hmac.compare_digest(shown, fingerprint):
            raise Failed(f"TLS: the certificate's SHA-256 is {shown}, and another is pinned")


def fetched(
    ledger: Ledger,
    url: str,
    *,
    key: str,
    insecure: bool = False,
    fingerprint: str | None = None,
    most: int = MOST_BYTES,
    seconds: float = 10.0,
) -> Page:
    """See :meth:`dpf_edge.host.net.Net.api`."""
    asked = wanted(url)
    if not (key.isascii() and key.isprintable() and key):
        raise Failed("the key is none that a header can carry")
    line = connected(ledger, asked, insecure=insecure, fingerprint=fingerprint, seconds=seconds)
    plain = fetching.Target("https" if asked.is_tls else "http", asked.host, asked.port, asked.path)
    said = fetching.request(plain).replace(b"Accept: */*", b"Accept: application/json", 1)
    said = said.removesuffix(b"\r\n") + f"{HEADER}: {key}\r\n\r\n".encode("ascii")
    data, found, ended = bytearray(), None, False
    with line.sock:
        try:
            ledger.count(1, len(said))
            line.say(said)
            while line.left() > 0 and not (found and fetching.is_enough(data, found, most)):
                more = line.more(fetching.HEAD_BYTES, line.left())
                ended = more == b""
                if not more:
                    break
                data += more
                found = found or fetching.head(bytes(data[: fetching.HEAD_BYTES + 1]))
        except (OSError, ValueError) as error:
            raise Failed(reason(error)) from error
    if found is None:
        raise Failed("no HTTP answer" if ended else "silent")
    text, whole = fetching.body(bytes(data), found, ended)
    is_whole = whole and len(text) <= most
    return Page(found.status, found.headers, text[:most], ledger.now(), is_whole)
