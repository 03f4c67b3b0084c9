"""What multicast DNS tells, put together: responders, their hosts, their services. Pure.

Each responder's records are kept apart, by the address that they came from: two devices may call
themselves alike, and what one of them says of itself is not said of the other. A responder may
speak for others (a sleep proxy, a reflector between networks), so a host's addresses are those of
its own records, and the responder's only where those name it.
"""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING, NamedTuple

from dpf_edge import addresses
from dpf_edge.discovery import dns, mdns_facts, times
from dpf_edge.discovery.links import is_a_stations
from dpf_edge.discovery.texts import clean
from dpf_edge.observed import Observation, Service

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dpf_edge.discovery.dns import Name
    from dpf_edge.discovery.links import Links

GROUP, GROUP_6, PORT, HOPS = "224.0.0.251", "ff02::fb", 5353, 255  # RFC 6762 sections 3 and 11
SERVICES = dns.name("_services._dns-sd._udp.local")
LOCAL = b"local"

# What is kept of one source, and of all, in bytes as :func:`weight` counts them. A media server
# with every service on offers 40, which is 8 KiB; a proxy speaks for a few dozen hosts. What a
# source says beyond that is not kept, so that a flood costs nobody else his place.
MOST_OF_ONE, MOST_OF_ALL = 64 << 10, 8 << 20
# What keeping a record costs beside its own bytes.
RECORD_BYTES = 200
# More sources than a /20 has stations are no LAN.
MOST_RESPONDERS = 4096
# Questions that follow from answers, a round: of one responder's and of all, ten messages at most.
MOST_FOLLOWING_ONE, MOST_FOLLOWING = 48, 400
MOST_LABEL = 63
MOST_SERVICES, MOST_NAMES, MOST_ADDRESSES = 64, 8, 16
CONFIDENCE, CONFIDENCE_OF_OTHERS = 0.9, 0.7


class Instance(NamedTuple):
    """One service as one host offers it: ``Reception``, ``_ipp._tcp``."""

    label: str
    service: str


class Responder:
    """What one source told. Names are kept by their lower case, and as they were first spelled."""

    def __init__(self, source: str, interface: str | None) -> None:
        self.source = source
        self.interface = interface
        self.at = 0.0
        self.kept = 0
        self.types: dict[Name, Name] = {}
        self.instances: dict[Name, Name] = {}
        self.places: dict[Name, tuple[Name, int]] = {}
        self.texts: dict[Name, tuple[bytes, ...]] = {}
        self.hosts: dict[Name, Name] = {}
        self.addresses: dict[Name, dict[str, None]] = {}
        self.systems: dict[Name, tuple[bytes, ...]] = {}

    def keep(self, record: dns.Record) -> None:
        """Keep a record, if it is of use."""
        key = dns.lowered(record.name)
        if record.kind in (dns.A, dns.AAAA):
            self._host(record.name, record.address)
        elif record.kind == dns.PTR:
            self._pointer(key, record.target)
        elif record.kind == dns.SRV and is_instance(record.name):
            self.instances.setdefault(key, record.name)
            self.places.setdefault(key, (record.target, record.port))
            self._host(record.target)
        elif record.kind == dns.TXT and is_instance(record.name):
            self.instances.setdefault(key, record.name)
            self.texts.setdefault(key, record.texts)
        elif record.kind == dns.HINFO:
            self._host(record.name)
            self.systems.setdefault(key, record.texts)

    def open_questions(self, known_types: frozenset[Name]) -> Iterator[tuple[Name, int]]:
        """What it told of and did not say: instances, their hosts, those hosts' addresses.

        :param known_types: the types of service that were asked for before.
        """
        for key, name in self.types.items():
            if key not in known_types:
                yield name, dns.PTR
        for key, name in self.instances.items():
            if key not in self.places:
                yield name, dns.SRV
            if key not in self.texts:
                yield name, dns.TXT
        for key, known in self.addresses.items():
            if not known:
                yield self.hosts[key], dns.A
                yield self.hosts[key], dns.AAAA
        if self.own() is None:
            yield dns.reverse(self.source), dns.PTR

    def _pointer(self, key: Name, target: Name) -> None:
        """Keep a pointer: to a type of service, to an instance of one, to an address's name."""
        if key == SERVICES:
            if is_type(target):
                self.types.setdefault(dns.lowered(target), target)
        elif key[-1:] == (b"arpa",):
            address = pointed_at(key)
            if address is not None:
                self._host(target, address)
        elif is_instance(target):
            self.instances.setdefault(dns.lowered(target), target)

    def _host(self, name: Name, address: str | None = None) -> None:
        """Keep a host's name, and an address of it."""
        if not name or name[-1].lower() != LOCAL:
            return
        key = dns.lowered(name)
        self.hosts.setdefault(key, name)
        known = self.addresses.setdefault(key, {})
        if address is not None and len(known) < MOST_ADDRESSES:
            known[address] = None

    def own(self) -> Name | None:
        """The host that the responder is itself."""
        for host, known in self.addresses.items():
            if self.source in known:
                return host
        if len(self.hosts) == 1 and not any(self.addresses.values()):
            return next(iter(self.hosts))
        return None

    def host_of(self, instance: Name) -> Name | None:
        """The host that offers a service, or else another service of the same name.

        :returns: None where it is not known yet: that it is the responder's own is not said, for a
            reflector tells of other networks' services too.
        """
        place = self.places.get(instance)
        if place is not None:
            return dns.lowered(place[0])
        for other, (target, _port) in self.places.items():
            if other[0] == instance[0]:
                return dns.lowered(target)
        return None


def weight(record: dns.Record) -> int:
    """How many bytes keeping a record takes, roughly."""
    names = (*record.name, *record.target, *record.texts)
    return RECORD_BYTES + sum(map(len, names)) + 40 * len(names)


def is_type(name: Name) -> bool:
    """Whether a name is a type of service: ``_ipp._tcp.local``."""
    return (
        len(name) == 3
        and name[0].startswith(b"_")
        and name[1].lower() in (b"_tcp", b"_udp")
        and name[2].lower() == LOCAL
    )


def is_instance(name: Name) -> bool:
    """Whether a name is one service's of one host: ``Reception._ipp._tcp.local``."""
    return len(name) == 4 and is_type(name[1:]) and not name[0].startswith(b"_")


def instance(name: Name) -> Instance:
    """An instance's name in its parts."""
    return Instance(clean(name[0], MOST_LABEL), clean(b".".join(name[1:3]), 2 * MOST_LABEL).lower())


def pointed_at(name: Name) -> str | None:
    """The address that a name of the reverse tree stands for; None where it stands for none."""
    labels = [label.decode("ascii", "replace") for label in reversed(name[:-2])]
    if name[-2:] == (b"in-addr", b"arpa") and len(labels) == 4:
        text = ".".join(labels)
    elif name[-2:] == (b"ip6", b"arpa") and len(labels) == 32:
        text = ":".join("".join(labels[at : at + 4]) for at in range(0, 32, 4))
    else:
        return None
    found = addresses.address(text)
    return str(found) if found is not None else None


class Told:
    """All that was told by multicast DNS so far.

    :param links: our networks, link by link.
    """

    def __init__(self, links: Links) -> None:
        self._links = links
        self._responders: dict[tuple[str | None, str], Responder] = {}
        self._kept = 0
        self._asked: dict[tuple[Name, int], int] = {}
        self._given: dict[tuple[str | None, str, Name], Observation] = {}

    def hear(
        self, data: bytes, source: str, port: int, interface: str | None, at: float
    ) -> Responder | None:
        """Keep what a datagram tells.

        :returns: the responder, None where the datagram is no answer, or not from the link: such
            have to be ignored (RFC 6762 sections 6 and 11).
        """
        if port != PORT or not self._links.may_answer(source, interface):
            return None
        message = dns.parse(data)
        if message is None or not message.is_answer or not message.records:
            return None
        key = (interface, source)
        responder = self._responders.get(key)
        if responder is None:
            if len(self._responders) >= MOST_RESPONDERS:
                return None
            responder = self._responders[key] = Responder(source, interface)
        responder.at = at
        for record in message.records:
            size = weight(record)
            has_room = responder.kept + size <= MOST_OF_ONE and self._kept + size <= MOST_OF_ALL
            if has_room and record.ttl > 0:  # with none left to live it says good-bye
                responder.kept += size
                self._kept += size
                responder.keep(record)
        return responder

    def following(self, known_types: frozenset[Name]) -> list[tuple[Name, int]]:
        """The questions that what was told leaves open; each is given twice at most, and nobody's
        are so many that another's are not put.

        :param known_types: the types of service that were asked for before, in lower case.
        """
        wanted: dict[tuple[Name, int], tuple[Name, int]] = {}
        # Who told little comes first: a flood waits.
        for told in sorted(self._responders.values(), key=lambda each: each.kept):
            room = min(MOST_FOLLOWING_ONE, MOST_FOLLOWING - len(wanted))
            for name, kind in told.open_questions(known_types):
                key = (dns.lowered(name), kind)
                if room and key not in wanted and self._asked.get(key, 0) < 2:
                    room -= 1
                    wanted[key] = (name, kind)
        for key in wanted:
            self._asked[key] = self._asked.get(key, 0) + 1
        return list(wanted.values())

    def known(self) -> Iterator[tuple[Name, Name]]:
        """The pointers that nobody needs to tell again: type and instance."""
        for each in self._responders.values():
            for name in each.types.values():
                yield SERVICES, name
            for name in each.instances.values():
                yield name[1:], name

    def news(self, only: Responder | None = None) -> Iterator[Observation]:
        """What is known of each host and was not given before, or is more than was.

        :param only: of this responder alone.
        """
        for each in [only] if only is not None else list(self._responders.values()):
            for host, seen in observations(each, self._links):
                key = (each.interface, each.source, host)
                before = self._given.get(key)
                if before is None or _timeless(before) != _timeless(seen):
                    self._given[key] = seen
                    yield seen


def _timeless(seen: Observation) -> Observation:
    """An observation without its time, to compare by."""
    from msgspec.structs import replace

    return replace(seen, seen_at="")


def observations(
    told: Responder, links: Links, collector: str = "mdns", confidence: float = CONFIDENCE
) -> Iterator[tuple[Name, Observation]]:
    """What a responder's records come to: one observation a host, the responder's own first."""
    own = told.own()
    offered: dict[Name, list[Name]] = {}
    for each in told.instances:
        host = told.host_of(each)
        if host is not None:
            offered.setdefault(host, []).append(each)
    seen = Observation(
        collector, times.stamp(told.at), confidence, told.interface, addresses=(told.source,)
    )
    yield (own or ()), _described(told, own, offered.get(own or (), []), links, seen)
    for host in told.hosts:
        if host != own:
            seen = Observation(
                collector,
                times.stamp(told.at),
                min(confidence, CONFIDENCE_OF_OTHERS),
                told.interface,
                told_by=told.source,
            )
            yield host, _described(told, host, offered.get(host, []), links, seen)


def _described(
    told: Responder, host: Name | None, offered: list[Name], links: Links, seen: Observation
) -> Observation:
    """An observation with what one host's records say."""
    from msgspec.structs import replace

    claimed = told.addresses.get(host, {}) if host is not None else {}
    own = bool(seen.addresses)
    believed, others = _sorted_out(claimed, links, told.interface, whatever=not own)
    names = [dns.text(told.hosts[host])] if host is not None else []
    hints = [f"mdns:{instance(name).service}" for name in offered]
    services, facts = [], []
    for each in sorted(offered)[:MOST_SERVICES]:
        label, service = instance(told.instances[each])
        pairs = mdns_facts.pairs(told.texts.get(each, ()))
        facts.append(mdns_facts.facts(service, label, pairs))
        _target, port = told.places.get(each, ((), 0))
        transport = "udp" if service.endswith("._udp") else "tcp"
        services.append(
            Service(service, port or None, transport, says=label or None, details=pairs)
        )
    names += [name for each in facts for name in each.names]
    attributes = mdns_facts.best(facts)
    processor_and_system = told.systems.get(host or (), ())
    if len(processor_and_system) == 2 and (system := clean(processor_and_system[1], 64)):
        attributes.setdefault("os", system)
    return replace(
        seen,
        addresses=tuple(dict.fromkeys((*seen.addresses, *believed))),
        names=tuple(dict.fromkeys(name for name in names if name))[:MOST_NAMES],
        ids=tuple(dict.fromkeys(known for each in facts for known in each.ids)),
        hints=tuple(sorted(set(hints)))[:MOST_SERVICES],
        services=tuple(services),
        attributes={**attributes, **({"other_addresses": others} if others else {})},
    )


def _sorted_out(
    claimed: dict[str, None], links: Links, interface: str | None, *, whatever: bool
) -> tuple[list[str], list[str]]:
    """Of the addresses that a host's records give, those to believe, and the rest.

    :param whatever: believe private ones of other networks too: a reflector tells of hosts there.
    """
    believed: list[str] = []
    others: list[str] = []
    for text in claimed:
        found = ipaddress.ip_address(text)
        if not is_a_stations(found):
            continue
        near = links.has(found, interface) or (found.version == 6 and found.is_global)
        (believed if near or whatever else others).append(text)
    return believed, others
