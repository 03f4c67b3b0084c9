"""The proxy on the way to one URL, as the environment names it: pure.

There is no standard; this is what curl, Go and Python agree on. Loopback never goes by a proxy.
"""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, urlsplit

from dpf_edge.config import values

if TYPE_CHECKING:
    from collections.abc import Mapping

# Spoken by the HTTP client without anything more to install; SOCKS is not.
SPOKEN = frozenset({"http", "https"})


def proxy_for(target: str, environment: Mapping[str, str]) -> str | None:
    """The proxy for a URL; None where it is to be reached directly.

    :raises ValueError: a proxy is named that cannot be used; its name leads the text.
    """
    parts = urlsplit(target)
    if values.is_loopback(parts.hostname or "") or is_exempt(parts, value(environment, "no_proxy")):
        return None
    for name in (f"{parts.scheme}_proxy", "all_proxy"):
        told = value(environment, name)
        if told:
            return usable(name.upper(), told)
    return None


def value(environment: Mapping[str, str], name: str) -> str:
    """A proxy variable: in small letters as curl has it, or in capitals."""
    return (environment.get(name) or environment.get(name.upper()) or "").strip()


def usable(name: str, told: str) -> str:
    """A proxy's URL; one without a scheme is HTTP, as everybody reads it.

    :raises ValueError: it is none, or of a kind that is not spoken.
    """
    full = told if "://" in told else f"http://{told}"
    try:
        parts = urlsplit(full)
        port, host = parts.port, parts.hostname
    except ValueError:
        port, host, parts = None, None, None
    if parts is None or not host or port == 0:
        raise ValueError(f"{name} is no proxy like http://proxy.example:3128")
    if parts.scheme not in SPOKEN:
        raise ValueError(f"{name} is a {parts.scheme} proxy, and only http and https are spoken")
    return full


def is_exempt(target: SplitResult, no_proxy: str) -> bool:
    """Whether ``NO_PROXY`` names a host: ``*``, a name, a domain, an address or a range."""
    host = (target.hostname or "").lower().rstrip(".")
    port = str(target.port or {"https": 443}.get(target.scheme, 80))
    return any(matches(word.strip().lower(), host, port) for word in no_proxy.split(","))


def matches(word: str, host: str, port: str) -> bool:
    """Whether one word of ``NO_PROXY`` names a host."""
    if not word:
        return False
    if word == "*":
        return True
    try:
        return ipaddress.ip_address(host) in ipaddress.ip_network(word, strict=False)
    except ValueError:
        pass  # one of them is a name, or they are of two families
    name, colon, wanted = word.rpartition(":")
    if colon and wanted.isdecimal() and not name.endswith(":"):
        if wanted != port:
            return False
        word = name
    word = word.strip("[]").removeprefix("*").removeprefix(".").rstrip(".")
    return host == word or host.endswith("." + word)
