"""One setting's text as the value that it means; a text that means none is a ValueError saying why.

Nothing here repeats the text: it may be a secret that was put under the wrong name.
"""

from __future__ import annotations

import ipaddress
import re
import sys
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, urlsplit

from dpf_edge.level import Level
from dpf_edge.wire import texts

if TYPE_CHECKING:
    from collections.abc import Callable

YES = frozenset({"1", "true", "yes", "on"})
NO = frozenset({"0", "false", "no", "off"})

# Design: packets a second. 5 stays under switches that guard ARP and shut a port at 15; 150 and
# 2 000 are what a sweep by hand and a wired LAN of one's own may have; above 50 000 nothing is won.
RATES = {"polite": 5, "normal": 150, "fast": 2000}
FASTEST = 50_000

# RFC 9110 section 4.1 asks for 8 000 at least; no Authority has a URL near that.
LONGEST_URL = 2000
PORTS = 65_535


class Insecure(ValueError):
    """A URL that would carry a token in the clear."""


def text(most: int) -> Callable[[str], str]:
    """Any text of at most so many characters, as the contract counts them, without controls."""

    def read(told: str) -> str:
        if texts.length(told) > most:
            raise ValueError(f"is longer than {most} characters")
        if not told.isprintable():
            raise ValueError("holds a control character")
        return told

    return read


def path(told: str) -> str:
    """A path, with ``~`` for the user's own folder."""
    if "\0" in told:
        raise ValueError("holds a NUL")
    if told == "~" or told.startswith(("~/", "~\\")):
        from pathlib import Path

        return str(Path(told).expanduser())
    return told


def choice(*words: str) -> Callable[[str], str]:
    """One of some words, in whatever case."""

    def read(told: str) -> str:
        if told.lower() not in words:
            raise ValueError(f"is none of {', '.join(words)}")
        return told.lower()

    return read


def yes_or_no(told: str) -> bool:
    """A switch."""
    if told.lower() in YES:
        return True
    if told.lower() in NO:
        return False
    raise ValueError("is neither yes (1, true, yes, on) nor no (0, false, no, off)")


def whole(least: int, most: int) -> Callable[[str], int]:
    """A whole number within bounds."""

    def read(told: str) -> int:
        # int() also takes 1_000 and Arabic-Indic digits, which no other reader of these does.
        if not re.fullmatch(r"[0-9]{1,18}", told) or not least <= int(told) <= most:
            raise ValueError(f"is no whole number from {least} to {most}")
        return int(told)

    return read


def level(told: str) -> Level:
    """How much may be sent."""
    return Level(choice(*Level)(told))


def rate(told: str) -> int:
    """Packets a second, by word or number."""
    if told.lower() in RATES:
        return RATES[told.lower()]
    try:
        return whole(1, FASTEST)(told)
    except ValueError:
        raise ValueError(f"is none of {', '.join(RATES)} and no number to {FASTEST}") from None


def fingerprint(told: str) -> str:
    """The SHA-256 of a certificate, as openssl, browsers and this program spell one."""
    digits = re.sub(r"^sha-?256[:= ]\s*(fingerprint=)?", "", told.strip(), flags=re.IGNORECASE)
    digits = digits.replace(":", "").replace(" ", "").lower()
    if not re.fullmatch(r"[0-9a-f]{64}", digits):
        raise ValueError("is no SHA-256 fingerprint, which has 64 hexadecimal digits")
    return digits


def url(told: str) -> SplitResult:
    """A URL with a host and nothing that an Authority's has not."""
    # Browsers read a backslash as a slash (https://url.spec.whatwg.org/#host-state), others as a
    # part of the host: nobody means one.
    if len(told) > LONGEST_URL or not told.isprintable() or " " in told or "\\" in told:
        raise ValueError("is no URL")
    try:
        parts = urlsplit(told)
        port = parts.port
    except ValueError as error:
        raise ValueError("is no URL: its port or address is none") from error
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("is no URL like https://authority.example:8470")
    if parts.username is not None or parts.password is not None:
        raise ValueError("holds a user or password, which belong nowhere in a URL")
    if "?" in told or "#" in told:
        raise ValueError("holds a ? or #: it is the part before /api/v1/edge that is asked for")
    if port == 0:
        raise ValueError("has port 0")
    return parts


def authority(told: str, *, allow_http: bool) -> str:
    """The Authority's URL, without a slash at its end.

    :raises Insecure: it is plain HTTP to another machine, and that was not allowed by name.
    """
    parts = url(told)
    if parts.scheme == "http" and not allow_http and not is_loopback(parts.hostname or ""):
        raise Insecure(
            "is plain HTTP to another machine, so that whoever stands in between reads the token; "
            "use https, or set DPF_EDGE_ALLOW_HTTP=1 on a network of your own"
        )
    return told.rstrip("/")


def is_loopback(host: str) -> bool:
    """Whether a host's name means this machine, whoever answers for names.

    ``localhost`` stands in each machine's own table. With a dot behind it or a name before it, it
    ought to be this machine too (RFC 6761 section 6.3), and glibc asks the network for it.
    """
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def here(platform: str = sys.platform) -> str:
    """The contract's word for an operating system: ``linux``, ``darwin``, ``win32``."""
    return platform if platform in {"darwin", "win32"} else "linux"
