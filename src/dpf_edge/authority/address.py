"""Where a server listens, as its operator writes it; pure."""

from __future__ import annotations

import ipaddress
from typing import NamedTuple
from urllib.parse import urlsplit

# 8470: unassigned by IANA, and free of the ports that browsers refuse (WHATWG fetch, "bad ports").
PORT = 8470


class Address(NamedTuple):
    """A host and a port; port 0 is any free one."""

    host: str
    port: int

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"


def parse(text: str) -> Address:
    """Read ``HOST:PORT``, ``HOST``, ``:PORT``, ``[IPV6]:PORT`` or a bare IPv6 address.

    :raises ValueError: it is none of these; the message says what is wrong with it.
    """
    if text.startswith("["):
        host, closed, rest = text[1:].partition("]")
        if not closed or (rest and not rest.startswith(":")):
            raise ValueError(f"{text!r}: an IPv6 address with a port is written [::1]:{PORT}")
        port = rest[1:]
    elif text.count(":") > 1:
        host, port = text, ""
    else:
        host, _, port = text.partition(":")
    if not host and not port:
        raise ValueError(f"{text!r}: takes HOST:PORT")
    if port and not (port.isascii() and port.isdigit() and int(port) <= 0xFFFF):
        raise ValueError(f"{port!r}: a port is a number up to 65535")
    if ":" in host or text.startswith("["):
        try:
            ipaddress.IPv6Address(host)
        except ValueError:
            raise ValueError(f"{host!r}: no IPv6 address") from None
    # An empty host is every address, as in `:8470`.
    return Address(host or "0.0.0.0", int(port) if port else PORT)  # noqa: S104


class PublicUrl(NamedTuple):
    """Where clients reach a server, whatever stands in between."""

    url: str
    host: str

    @property
    def is_secure(self) -> bool:
        """Whether they do so by HTTPS."""
        return self.url.startswith("https:")


def public(text: str) -> PublicUrl:
    """Read the URL that clients reach a server at: a scheme, a host, a port, and nothing else.

    :raises ValueError: it is none.
    """
    try:
        parts = urlsplit(text)
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port = None, None
    plain = f"{parts.scheme}://{parts.netloc}" if host else ""
    if not host or parts.scheme not in {"http", "https"} or text.rstrip("/") != plain:
        raise ValueError("takes a URL like https://authority.example:8470")
    del port  # it was read, so it is one
    if "@" in parts.netloc:
        raise ValueError("takes a URL without a user in it")
    return PublicUrl(plain, host)


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches a host: 127.0.0.0/8, ::1, or localhost.

    Names below it ought to lead here too (RFC 6761 section 6.3), and glibc asks the network.
    """
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"
