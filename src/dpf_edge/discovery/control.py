"""The negative control: addresses that must be dead are asked too. If they answer, a stack lies.

A network stack in a program (a desktop engine's, a VPN's, a mirrored WSL's) may answer for every
address there is, and so may a router that speaks ARP for all or a firewall that accepts every
connection. A sweep that believes them finds 254 hosts on an empty network. What such a place
says of who is up counts for nothing, and the sweep says so.
"""

from __future__ import annotations

import contextlib
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from dpf_edge import addresses, macs
from dpf_edge.discovery.walk import Walk
from dpf_edge.errors import HostError
from dpf_edge.level import Level

if TYPE_CHECKING:
    import ipaddress
    from collections.abc import Callable, Iterable, Iterator

    from dpf_edge.discovery.job import About
    from dpf_edge.discovery.reach import Reached
    from dpf_edge.host.net import Connected, Net
    from dpf_edge.observed import Observation

    Range = ipaddress.IPv4Network

NAME = "control"
# Drawn from an own network that they are not known on. One may be a sleeper's, or a stranger's who
# is there; that all of three are behind one MAC is nobody's accident.
DRAWN = 3
# Two ports on which programs in between answer for others, if on any.
PORTS = (80, 443)
# Answers come within milliseconds from a stack; a sleeper on Wi-Fi is none of these addresses.
WAIT_SECONDS = 0.5


class Control(NamedTuple):
    """A range, and the addresses in it that nobody should have."""

    range: Range
    addresses: tuple[str, ...]
    is_own: bool


class Answered(NamedTuple):
    """Who answered: by its MAC, an echo, an open port."""

    macs: dict[str, str]
    echoed: frozenset[str]
    opened: frozenset[str]

    @property
    def above(self) -> frozenset[str]:
        """Who answered above the link."""
        return self.echoed | self.opened


class Lie(NamedTuple):
    """A range in which something answers that is not there.

    :ivar by: the MACs that answer for everybody; empty where nothing below IP answers.
    :ivar is_above: whether echoes or connections are answered for the dead.
    """

    range: Range
    by: frozenset[str]
    is_above: bool
    why: str


def controls(reached: Reached) -> tuple[Control, ...]:
    """The addresses to ask of each range that is walked.

    On an own network they are drawn from those that are not known. Elsewhere they are the range's
    first and last address: however it is cut into networks, no host has either.
    """
    found = []
    for each in reached.own:
        known = {number for number in map(_number, reached.known) if number is not None}
        drawn = Walk((), [each], reached.without | known, reached.chance)
        found.append(Control(each, tuple(islice(drawn, DRAWN)), is_own=True))
    for each in reached.routed:
        # What is left of a range around our own network begins and ends with anybody's address.
        both = (each.network_address, each.broadcast_address)
        ends = tuple(str(end) for end in both if int(end) in reached.without)
        found.append(Control(each, ends, is_own=False))
    return tuple(each for each in found if each.addresses)


def _number(address: str) -> int | None:
    parsed = addresses.address(address)
    return int(parsed) if parsed is not None and parsed.version == 4 else None


def answers(asked: Iterable[Control], net: Net, wait: float) -> Answered:
    """Ask for echoes and open ports, and wait so long for each."""
    every = [address for each in asked for address in each.addresses]
    echoed: set[str] = set()
    opened: set[str] = set()
    with contextlib.suppress(HostError):
        echoed |= {each.address for each in net.echo(every, wait=wait)}
    with contextlib.suppress(HostError):
        targets = [(address, port) for address in every for port in PORTS]
        opened |= {each.address for each in net.connect(targets, wait=wait) if is_open(each)}
    return Answered({}, frozenset(echoed), frozenset(opened))


def is_open(tried: Connected) -> bool:
    """Whether a connection was taken."""
    return tried.result == "open"


def resolved(asked: Iterable[Control], seen: Iterable[Observation]) -> dict[str, str]:
    """The MACs by which the addresses of controls were seen: they are walked over with the rest,
    and whoever answers stands in the neighbour table."""
    wanted = {address for each in asked for address in each.addresses}
    return {
        address: each.macs[0]
        for each in seen
        if each.macs and each.told_by is None
        for address in wanted.intersection(each.addresses)
    }


def lies(asked: Iterable[Control], told: Answered) -> Iterator[Lie]:
    """Where the answers show that something answers for the dead."""
    for each in asked:
        lie = on_own_network(each, told) if each.is_own else elsewhere(each, told)
        if lie is not None:
            yield lie


def on_own_network(control: Control, told: Answered) -> Lie | None:
    """Whether one MAC, or none at all, answers for addresses that have nothing in common."""
    own = frozenset(control.addresses)
    above = told.above & own
    by = frozenset(told.macs[each] for each in own if each in told.macs)
    stack = next((each for each in by if each in macs.STACKS), None)
    if stack is not None:
        why = f"{macs.STACKS[stack]} answers there for everybody"
        return Lie(control.range, by, True, why)
    if len(own) < DRAWN or (above | told.macs.keys()) & own != own or len(by) > 1:
        return None
    listed = ", ".join(control.addresses)
    for_all = f"one MAC, {next(iter(by))}," if by else "something without a MAC"
    why = f"{for_all} answers there for addresses that were drawn at random ({listed})"
    return Lie(control.range, by, bool(above), why)


def elsewhere(control: Control, told: Answered) -> Lie | None:
    """Whether an address that no host has answers."""
    answering = sorted(told.above & {*control.addresses})
    if not answering:
        return None
    why = f"{answering[0]}, an address that no host has, answers"
    return Lie(control.range, frozenset(), True, why)


def believer(
    told: Iterable[Lie], abouts: Callable[[str], About | None]
) -> Callable[[Observation], bool]:
    """What tells whether an observation counts, where something lies.

    Evidence that a probe gathered is all that is doubted: a name, a table, a device's own word
    are no echo's business.
    """
    told = tuple(told)

    def believed(seen: Observation) -> bool:
        about = abouts(seen.collector)
        if about is None or about.level is not Level.PROBE:
            return True
        places = [ip for ip in map(addresses.address, seen.addresses) if ip is not None]
        for lie in told:
            if not any(addresses.within(ip, lie.range) for ip in places):
                continue
            if about.reach == "segment" and lie.by & {*seen.macs}:
                return False
            if about.reach != "segment" and lie.is_above:
                return False
        return True

    return believed


def warning(lie: Lie) -> str:
    """A lie in words."""
    return f"{lie.range}: {lie.why}; who is up there cannot be told by asking, and is not"
