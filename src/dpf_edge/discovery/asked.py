"""What one sweep was asked to do: how much, how fast, where, for how long."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from dpf_edge.discovery.subnets import LEAST_BITS, Subnets
from dpf_edge.level import Level

if TYPE_CHECKING:
    from collections.abc import Mapping

# Packets a second while it walks, each with where it is bearable.
POLITE = 5  # switches that guard ARP shut a port at 15 (Cisco's default), or at 30 in 5 s (Aruba's)
NORMAL = 150
FAST = 2000  # on a wired LAN of one's own
MOST_RATE = 50_000
RATES: Mapping[str, int] = MappingProxyType({"polite": POLITE, "normal": NORMAL, "fast": FAST})
# How long a sweep that sends nothing listens: a host that is awake asks by ARP within seconds.
LISTEN_SECONDS = 10.0


class Asked(NamedTuple):
    """What a sweep was asked to do.

    :ivar rate: packets a second, of all collectors together.
    :ivar subnets: the only ranges that may be walked; None is those of the LAN's own interfaces.
    :ivar only: the collectors that are wanted; none named is all.
    :ivar even_if_blind: whether to look although this vantage does not see the LAN.
    :ivar known: addresses that an earlier sweep found, to be asked first.
    :ivar least_bits: the shortest prefix of an own network that is walked without being named.
    :ivar listen: how many seconds a sweep listens at least.
    :ivar most: how many seconds it may take in all; None is as many as it needs.
    :ivar settings: what collectors are told beside that; see Job.settings.
    """

    level: Level = Level.LISTEN
    rate: int = NORMAL
    subnets: Subnets | None = None
    only: tuple[str, ...] = ()
    even_if_blind: bool = False
    known: tuple[str, ...] = ()
    least_bits: int = LEAST_BITS
    listen: float = LISTEN_SECONDS
    most: float | None = None
    settings: Mapping[str, Any] = MappingProxyType({})
