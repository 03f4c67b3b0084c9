"""What a controller must be for nodes to be sent there with its key; for API and command alike."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from dpf_edge import addresses
from dpf_edge.wire.adapters import FINGERPRINT_PATTERN

__all__ = ["FINGERPRINT_PATTERN", "NAME", "SITE", "configuration", "endpoint"]

NAME, KEY, SITE = 200, 100, 100
LONGEST_URL, LONGEST_API_KEY = 500, 1000


def endpoint(told: str) -> str:
    """A controller's URL, without a slash at its end.

    A name is taken as it is: what it leads to is looked at by the node, on its own network.

    :raises ValueError: it is none that a key may be sent to; the text says why.
    """
    if len(told) > LONGEST_URL or not told.isascii() or not told.isprintable() or " " in told:
        raise ValueError("is no URL")
    try:
        parts = urlsplit(told)
        port = parts.port
    except ValueError as error:
        raise ValueError("is no URL: its port or address is none") from error
    host = parts.hostname or ""
    if parts.scheme not in {"http", "https"} or not host or port == 0:
        raise ValueError("is no URL like https://192.168.1.1")
    if "@" in parts.netloc or "?" in told or "#" in told:
        raise ValueError("holds a user, a password, a ? or a #, which a controller's URL has not")
    found = addresses.address(host)
    if parts.scheme == "http" and not (found and found.is_loopback):
        raise ValueError(
            "is plain HTTP, so that whoever stands in between reads the key; use https"
        )
    if found and not (addresses.is_private(found) or found.is_loopback or found.is_link_local):
        raise ValueError("is a public address: a site's controller stands on the site")
    return told.rstrip("/")


def configuration(
    site: str | None, *, clients: bool, insecure: bool, fingerprint: str | None
) -> dict[str, Any]:
    """How a controller is asked, as it is kept: only what differs from the published defaults.

    :raises ValueError: two of these exclude each other.
    """
    if insecure and fingerprint:
        raise ValueError("a certificate is pinned or not looked at, and not both")
    told = {
        "site": site,
        "discoverClients": None if clients else False,
        "tlsInsecure": insecure or None,
        "tlsFingerprint": fingerprint,
    }
    return {name: value for name, value in told.items() if value is not None}
