"""The address ranges that a node may walk, out of what somebody wrote down: pure.

A published node walks whatever it is given, 0.0.0.0/0 among it. Here a range is private, IPv4 and
no larger than a /16, or it is refused with the reason; what is refused is said, never widened.
"""

from __future__ import annotations

import ipaddress
from typing import NamedTuple

# RFC 1918. Not 100.64/10 (RFC 6598), which is a provider's and holds other people's customers,
# and not 169.254/16, where the neighbour table says more than a walk.
PRIVATE = tuple(
    ipaddress.IPv4Network(each) for each in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")
)
# 65 536 addresses take a quarter of an hour even at 75 a second; nobody's LAN is larger.
WIDEST = 16
# The smallest network that a node takes for itself unless it is told otherwise: a /20, 4 094
# hosts, as the published nodes do (DPF_EDGE_DISCOVERY_MIN_CIDR_BITS).
LEAST_BITS = 20
# A list is written by hand; more is a program's mistake.
MOST = 256


class Subnets(NamedTuple):
    """The ranges of a list that may be walked, and each of the others with its reason."""

    allowed: tuple[ipaddress.IPv4Network, ...]
    refused: tuple[str, ...]

    @property
    def is_off(self) -> bool:
        """Whether the list turns walking off: there is one, and nothing in it may be walked."""
        return not self.allowed


def subnets(text: str) -> Subnets:
    """The ranges of a comma-separated list, each once and in its network form.

    A list without a single range, ``disabled``, turns walking off.
    """
    allowed: dict[ipaddress.IPv4Network, None] = {}
    refused: dict[str, None] = {}
    words = [word.strip() for word in text.split(",")]
    for word in filter(None, words[:MOST]):
        network = parsed(word)
        reason = "is no IPv4 range like 192.168.50.0/24" if network is None else refusal(network)
        if network is not None and reason is None:
            allowed[network] = None
        else:
            refused[f"{word[:60]!r} {reason}"] = None
    if len(words) > MOST:
        refused[f"{len(words) - MOST} more than the {MOST} that a list may have"] = None
    return Subnets(tuple(allowed), tuple(refused))


def parsed(word: str) -> ipaddress.IPv4Network | None:
    """A range as it is written, ``a.b.c.d/n``; None where it is none."""
    address, slash, bits = word.partition("/")
    if not slash or not bits.isascii() or not bits.isdecimal():
        return None
    try:
        return ipaddress.IPv4Network(f"{address}/{int(bits)}", strict=False)
    except ValueError:
        return None


def refusal(network: ipaddress.IPv4Network) -> str | None:
    """Why a range may not be walked; None where it may."""
    if network.prefixlen < WIDEST:
        return f"is larger than a /{WIDEST}"
    if not any(network.subnet_of(private) for private in PRIVATE):
        return "is no private range (10/8, 172.16/12, 192.168/16)"
    return None
