"""The vocabulary of discovery: what collectors saw, and what it comes to.

An observation is what one collector saw at one moment of one thing; nothing is read into it. That
two observations are of one device is for ``discovery.identity`` to say.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any

import msgspec

# sweep-1 is written as JSON: tuples are arrays, and what is empty is left out of an observation.


class Service(msgspec.Struct, frozen=True, omit_defaults=True):
    """Something that a device offers to others.

    :ivar name: the protocol's own word for it: ``ssh``, ``http``, ``_ipp._tcp``, ``netbios``.
    :ivar port: None where it has none, or where nobody said.
    :ivar transport: ``tcp`` or ``udp``.
    :ivar product: what it says it is: ``OpenSSH_9.2p1``, ``nginx``.
    :ivar says: its first words, or a page's title; bounded, and free of control characters.
    :ivar details: what else it told: a TXT record's pairs, a certificate's names and dates.
    """

    name: str
    port: int | None = None
    transport: str = "tcp"
    product: str | None = None
    says: str | None = None
    details: dict[str, str] = {}


class Tie(msgspec.Struct, frozen=True, omit_defaults=True):
    """That the observed thing stands in a relation to another, which is named as it was told.

    :ivar kind: the contract's word for it: ``MEMBER_OF`` (its network), ``PEER_OF`` (the two ends
        of a cable: LLDP, CDP), ``CONNECTS_TO`` (a station behind a switch's port or a radio),
        ``HOSTS`` (a guest, a container), ``ROUTES_THROUGH`` (its router).
    :ivar address: the other's IP address, or ``network`` its prefix, or ``mac``, ``id``, ``name``:
        at least one.
    :ivar port: the observed thing's own port; ``far_port`` is the other's.
    """

    kind: str
    address: str | None = None
    mac: str | None = None
    id: str | None = None
    name: str | None = None
    network: str | None = None
    port: str | None = None
    far_port: str | None = None


class Observation(msgspec.Struct, frozen=True, omit_defaults=True):
    """What one collector saw of one thing at one moment.

    All of ``addresses``, ``macs`` and ``ids`` are one thing's, by this observation alone.

    :ivar collector: who saw it.
    :ivar seen_at: when, RFC 3339 in UTC, ending in Z.
    :ivar confidence: from 0 to 1, how sure it is that this is there and is so.
    :ivar interface: the link that it was seen on; None where another device told of it.
    :ivar told_by: the address of the device whose tables told of it (SNMP, a controller).
    :ivar addresses: plain addresses, without a prefix or a zone.
    :ivar macs: six bytes in lower case with colons.
    :ivar ids: what never changes and nobody else has, each behind what it is: ``uuid:``
        (UPnP, WS-Discovery, SMBIOS), ``snmp-engine:``, ``serial:MAKER:``, ``ssh-key:``,
        ``container:``.
    :ivar names: what it is called, as the source spells it, best first.
    :ivar kind: what the source itself says it is, in the words of ``discovery/kinds``; seldom.
    :ivar hints: what tells of its kind, as text that signatures match: ``mdns:_ipp._tcp``,
        ``ssdp:urn:schemas-upnp-org:device:MediaServer:1``, ``dhcp-class:MSFT 5.0``.
    :ivar roles: what it does for its network: ``gateway``, ``router``, ``dhcp-server``,
        ``resolver``, ``switch``, ``access-point``.
    :ivar attributes: ``model``, ``os``, ``maker``, ``description``, ``location`` and the like.
    :ivar network: the prefix, where the thing that was seen is a network and no device.
    :ivar is_self: whether it is the machine that looks.
    """

    collector: str
    seen_at: str
    confidence: float
    interface: str | None = None
    told_by: str | None = None
    addresses: tuple[str, ...] = ()
    macs: tuple[str, ...] = ()
    ids: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    kind: str | None = None
    hints: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    services: tuple[Service, ...] = ()
    ties: tuple[Tie, ...] = ()
    attributes: dict[str, Any] = {}
    network: str | None = None
    is_self: bool = False


class Source(msgspec.Struct, frozen=True, omit_defaults=True):
    """Who saw one value of one attribute: the newest time, the best confidence."""

    collector: str
    seen_at: str
    confidence: float
    value: str | None = None


class Device(msgspec.Struct, frozen=True):
    """What observations come to: one thing with all that is known of it (sweep-1).

    :ivar key: the same for the same thing from sweep to sweep, as far as what it shows allows.
    :ivar kind: ``router``, ``switch``, ``printer`` …; None where nothing tells.
    :ivar private_mac: whether every MAC that it has was drawn by itself (a phone's).
    :ivar sources: attribute to those who saw it.
    """

    key: str
    addresses: tuple[str, ...] = ()
    macs: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    ids: tuple[str, ...] = ()
    maker: str | None = None
    kind: str | None = None
    private_mac: bool = False
    roles: tuple[str, ...] = ()
    services: tuple[Service, ...] = ()
    attributes: dict[str, Any] = {}
    self: bool = False
    sources: dict[str, tuple[Source, ...]] = {}


class Status(StrEnum):
    """How one collector ended."""

    FOUND = "found"
    NOTHING = "nothing"
    SKIPPED = "skipped"
    FAILED = "failed"
    TIMED_OUT = "timed-out"


class Outcome(msgspec.Struct, frozen=True):
    """What came of one collector.

    :ivar reason: why it was skipped, failed or ran out of time, or what it lost on the way.
    :ivar packets: how many it sent, on all interfaces together; ``bytes`` likewise, as handed to
        the kernel.
    """

    name: str
    status: Status
    seconds: float
    reason: str | None = None
    packets: int = 0
    bytes: int = 0
    found: int = 0
