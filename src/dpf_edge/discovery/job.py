"""What scope decided for one collector, and what a collector is. Values only."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import msgspec

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping

    from dpf_edge.host.net import Net
    from dpf_edge.host.seam import Host
    from dpf_edge.level import Level
    from dpf_edge.model import Diagnosis, Neighbour
    from dpf_edge.observed import Observation


class Stage(StrEnum):
    """When in a sweep a collector runs; those of one stage run side by side."""

    TABLES = "tables"
    """At once: this machine's own tables; and again once all are found, and once all are asked."""
    LISTEN = "listen"
    """Beside all else, for as long as the sweep lasts."""
    FIND = "find"
    """Who is there."""
    DETAIL = "detail"
    """What those are who were found. It runs in waves, while others still find: its jobs' targets
    are the addresses found so far, each in one wave."""


class Place(NamedTuple):
    """One interface of this machine that leads to the LAN.

    :ivar networks: ``192.168.0.200/24``: our address with the prefix length, IPv4 first.
    """

    name: str
    ifindex: int
    mac: str | None
    networks: tuple[str, ...]
    mtu: int = 1500


class SnmpTarget(msgspec.Struct, frozen=True, omit_defaults=True, rename="camel"):
    """One SNMP agent as ``DPF_SNMP_CONFIG_PATH`` names it (the published shape), secrets in it."""

    host: str
    version: str = "2c"
    port: int = 161
    timeout_ms: int = 5000
    community: str | None = None
    user: str | None = None
    auth_protocol: str | None = None
    auth_password: str | None = None
    priv_protocol: str | None = None
    priv_password: str | None = None

    def __repr__(self) -> str:
        """Without its secrets: a community is a password."""
        return f"SnmpTarget({self.host!r}, {self.version!r})"


class Job(NamedTuple):
    """What one collector is to do.

    :ivar places: the interfaces that it may use.
    :ivar targets: addresses that it may ask, the known first, the rest in an order that is spread
        out; unicast only. To be iterated over: a walk through a /16 is not held in memory.
    :ivar known: the neighbour table's stations.
    :ivar seconds: how long it may take.
    :ivar settings: what else it was told: ``snmp`` (tuple of SnmpTarget), ``resolvers`` (addresses
        of the LAN's own resolvers), ``adapters`` (UniFi rows), ``rate`` (packets a second),
        ``wave`` (how often it ran in this sweep before), ``hardware`` (this machine's size).
    """

    host: Host
    diagnosis: Diagnosis
    places: tuple[Place, ...] = ()
    targets: Collection[str] = ()
    known: tuple[Neighbour, ...] = ()
    seconds: float = 5.0
    settings: Mapping[str, Any] = {}


Collector: TypeAlias = "Callable[[Job, Net], Iterator[Observation]]"


class About(NamedTuple):
    """What a collector is, beside its one function: declared where it is registered.

    :ivar reach: ``machine``, ``segment`` (own link) or ``routed``.
    :ivar reads: what it reads, in words for docs/reference.
    :ivar sends: what it sends, in words, ``nothing`` where it does not.
    :ivar needs: the privilege that it needs, or that makes it better; None.
    :ivar without: what is lost without that privilege.
    :ivar each: how many packets one target costs at most; the time that a job gets rests on it.
    :ivar stands_in_for: the collector that it replaces where that cannot run, and runs for not
        otherwise.
    :ivar asks_others: whether it asks others about its targets, and sends nothing to those: they
        are then also private addresses behind routers that somebody told of.
    :ivar named_in: the setting that names whom it asks; without it, it asks nobody.
    """

    level: Level
    stage: Stage
    reach: str
    reads: str
    sends: str
    needs: str | None = None
    without: str | None = None
    each: int = 2
    stands_in_for: str | None = None
    asks_others: bool = False
    named_in: str | None = None
