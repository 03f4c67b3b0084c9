"""MAC addresses that answer for others: routers with proxy ARP, repeaters, hosts of ipvlans. Pure.

One MAC behind several addresses is one host with several addresses, as a rule. It is not where a
router answers for all of a network (proxy ARP, RFC 1027: for addresses that nobody has, too), where
a repeater puts its own MAC on what its stations send, or where containers share their host's MAC.
Then neither is every address a device, nor are they all one:

- the MAC's own device has the addresses that something else says are its own;
- an address that shows itself otherwise (a name, a service, an answer to an echo) is a device of
  its own, with ``behind`` naming the MAC;
- an address of which nothing was seen but that MAC's answer is no device; ``answers_for`` of the
  MAC's own device counts and names them.
"""

from __future__ import annotations

import ipaddress
from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from dpf_edge.discovery.identity.keys import OWN_WORD, Keys, is_shared
from dpf_edge.macs import STACKS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from dpf_edge.observed import Observation

# More addresses than this behind one MAC, and it is taken to answer for others. A host's aliases
# are few; proxy ARP answers for a range. IPv6 hosts have several by design: a temporary address a
# day is kept for a week, for each prefix (RFC 8981, 3.8).
MOST_OF_4, MOST_OF_6 = 8, 48
ROUTERS = frozenset({"gateway", "router"})
# An observation this sure is of something that spoke now; a table may hold it from yesterday.
ANSWERED = 0.8
# How many ranges ``answers_for`` spells out.
RANGES = 8


class Part(NamedTuple):
    """An observation, or that part of it which is of one thing, with what it is known by."""

    seen: Observation
    known: Keys

    @property
    def is_direct(self) -> bool:
        """Whether it was seen at its one address, and does not merely say that it has it."""
        return self.seen.is_self or len(self.known.addresses) == 1

    @property
    def is_own_word(self) -> bool:
        """Whether it holds what a device calls itself, and no other calls it."""
        return self.seen.collector in OWN_WORD and self.seen.told_by is None

    @property
    def closeness(self) -> int:
        """How near to the thing itself: another's table, this machine's, or it answered."""
        if self.seen.is_self or (self.seen.told_by is None and self.seen.confidence >= ANSWERED):
            return 2
        return 0 if self.seen.told_by is not None else 1


class StandIn(NamedTuple):
    """What is known of a MAC that answers for others.

    :ivar own: the addresses that are its own device's.
    :ivar answers_for: the others, for people.
    """

    own: frozenset[str]
    answers_for: str


def parted(parts: Sequence[Part]) -> list[Part]:
    """The observations, those that a stand-in answered taken apart from what stands behind it."""
    found = stand_ins(parts)
    return [each for part in parts for each in split(part, found)]


def stand_ins(parts: Sequence[Part]) -> dict[str, StandIn]:
    """The MACs that answer for others."""
    bound: dict[str, set[str]] = defaultdict(set)
    own: dict[str, set[str]] = defaultdict(set)
    routers = {each for part in parts if is_routers(part) for each in part.known.addresses}
    for part in parts:
        for mac in part.known.macs:
            bound[mac].update(part.known.addresses)
            if part.seen.is_self or len(part.known.addresses) > 1 or len(part.known.macs) > 1:
                own[mac].update(part.known.addresses)
    called = names_at(parts)
    found = {}
    for mac, all_of_it in bound.items():
        if is_shared(mac):
            continue
        sure = (own[mac] | routers) & all_of_it
        others = all_of_it - sure
        old = [each for each in others if ":" not in each]
        if mac in STACKS or len(old) > MOST_OF_4 or len(others) - len(old) > MOST_OF_6:
            found[mac] = StandIn(frozenset(sure), in_words(others))
        elif disagree(all_of_it - own[mac], called):
            named = {each for each in others if called.get(each)}
            found[mac] = StandIn(frozenset(all_of_it - named), in_words(named))
    return found


def is_routers(part: Part) -> bool:
    """Whether an observation says that what it saw at its one address is a router."""
    return bool(ROUTERS.intersection(part.seen.roles)) and part.is_direct


def names_at(parts: Iterable[Part]) -> dict[str, dict[str, set[str]]]:
    """Which host names each address answered with, by whoever asked."""
    called: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for part in parts:
        if part.is_own_word and part.known.labels and part.known.addresses:
            called[part.known.addresses[0]][part.seen.collector] |= part.known.labels
    return called


def disagree(addresses: Iterable[str], called: Mapping[str, Mapping[str, set[str]]]) -> bool:
    """Whether the addresses have no name in common that all gave when asked the same question."""
    heard: dict[str, list[set[str]]] = defaultdict(list)
    for each in addresses:
        for collector, names in called.get(each, {}).items():
            heard[collector].append(names)
    return any(not set.intersection(*names) for names in heard.values())


def split(part: Part, found: Mapping[str, StandIn]) -> Iterator[Part]:
    """An observation as what it is of the stand-in's device, and of the one behind it."""
    mac = next((each for each in part.known.macs if each in found), None)
    if mac is None or part.seen.is_self or len(part.known.addresses) != 1:
        yield part
        return
    if part.known.addresses[0] in found[mac].own:
        yield part
        return
    answers = {"answers_for": found[mac].answers_for}
    yield Part(
        bare(part.seen, macs=part.seen.macs, attributes=answers),
        part.known._replace(addresses=(), shown=(), ids=(), labels=frozenset()),
    )
    if says_more(part):
        told = {**part.seen.attributes, "behind": mac}
        yield Part(
            msgspec.structs.replace(part.seen, macs=(), attributes=told),
            part.known._replace(macs=()),
        )


def bare(seen: Observation, **changes: object) -> Observation:
    """An observation with nothing in it but who saw it, when and how sure, and the changes."""
    nothing: dict[str, object] = dict.fromkeys(
        ("addresses", "macs", "ids", "names", "hints", "roles", "services", "ties"), ()
    )
    return msgspec.structs.replace(seen, **{**nothing, "kind": None, "attributes": {}, **changes})


def says_more(part: Part) -> bool:
    """Whether an observation shows more of an address than that somebody answered for it."""
    seen = part.seen
    return bool(
        seen.names or part.known.ids or seen.services or seen.hints or seen.kind or seen.attributes
    )


def in_words(addresses: Iterable[str]) -> str:
    """Addresses as a count and the first ranges: ``254: 10.0.0.1-10.0.0.254``."""
    numbers = sorted(
        (ip.version, int(ip)) for ip in map(ipaddress.ip_address, map(unscoped, addresses))
    )
    ranges: list[list[tuple[int, int]]] = []
    for version, number in numbers:
        if ranges and ranges[-1][-1] == (version, number - 1):
            ranges[-1][1:] = [(version, number)]
        else:
            ranges.append([(version, number)])
    told = ["-".join(dict.fromkeys(map(spelt, (each[0], each[-1])))) for each in ranges[:RANGES]]
    more = [f"and {len(ranges) - RANGES} more ranges"] if len(ranges) > RANGES else []
    return f"{len(numbers)}: {', '.join(told + more)}"


def spelt(number: tuple[int, int]) -> str:
    """An address by its version and number."""
    version, value = number
    return str(ipaddress.IPv4Address(value) if version == 4 else ipaddress.IPv6Address(value))


def unscoped(key: str) -> str:
    """An address of a key, without its link."""
    return key.partition("%")[0]
