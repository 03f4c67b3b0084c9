"""The active checks: what is sent to find out whether a network is a LAN, and to whom.

Everything that may leave the machine is decided here, before anything is sent, and is said first.
No privilege is needed, no group is joined, and none of it takes longer than :data:`SECONDS`.
docs/concepts/active-checks.md tells what each check proves.
"""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from dpf_edge.errors import HostError
from dpf_edge.host.once import Once

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Iterator, Sequence

    from dpf_edge.host.seam import Host
    from dpf_edge.model import Interface, Neighbour, Probe, Route

T = TypeVar("T")

# Answers to a search come within its MX of one second, and a little for the way.
ASK_SECONDS = 1.2
# A neighbour's answer to a connection takes milliseconds; a program's that asks the whole internet
# for us, longer. An honest kernel has not given the address up by then, and says nothing.
CONTROL_SECONDS = 0.8
SECONDS = ASK_SECONDS + CONTROL_SECONDS

# The kernel asks for an address that does not answer once a second, three times over. Switches
# that guard ARP shut a port at 15 a second (Cisco's default), so this many addresses leave room
# for what the machine asks of its own accord.
MOST_ASKED = 12
# Of those, for stations that answer a question and whose MAC is not known yet.
FOR_ANSWERERS = 2
# Of those that the neighbour table names; it speaks for them as it is, and the rest of the room is
# for addresses that it does not name.
MOST_KNOWN = 4
# Two addresses that nobody has: one could be a sleeper's.
CONTROLS = 2
# A machine has a cable and a radio at most that are worth the asking.
MOST_INTERFACES = 2
# DHCP servers hand out addresses in a row, so others are most likely near our own.
NEAR = 16

# Nothing wider is walked, not even by a dozen addresses.
WIDEST_PREFIX = 16
# A network has to have neighbours: /31 and /32 are a tunnel's or a cloud's.
NARROWEST_PREFIX = 30
# RFC 1918 and RFC 6598: a site's own. In any other, addresses drawn at random are somebody's.
PRIVATE = tuple(
    map(
        ipaddress.IPv4Network,
        ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10"),
    )
)
# Links that carry no MACs, so that no neighbour table says who is there.
WITHOUT_MACS = frozenset({"tun", "wireguard", "ppp"})
# An entry in one of these states has a MAC that its station gave (linux/neighbour.h). A permanent
# one was written by a program: the kernel asks nobody for it.
GIVEN = frozenset({"reachable", "stale", "delay", "probe"})

# A datagram that lives for one hop goes toward this address, and no further than the first router.
FAR = "1.1.1.1"


class Plan(NamedTuple):
    """What is asked on one interface."""

    name: str
    ifindex: int
    held: tuple[ipaddress.IPv4Interface, ...]
    """The interface's IPv4 addresses, with their networks."""
    ours: frozenset[str]
    """The addresses of all interfaces of this machine."""
    known: tuple[str, ...]
    """The gateways, and neighbours that the table names."""
    strangers: tuple[str, ...]
    """Addresses of the network, drawn at random, of which nothing is known."""
    resolves: bool
    """Whether its neighbours have MACs, so that the table tells who is there."""
    gateways: bool
    """Whether an IPv4 default route leads through it."""

    @property
    def own(self) -> tuple[str, ...]:
        """The interface's IPv4 addresses; the first is the one to speak to everybody from."""
        return tuple(str(each.ip) for each in self.held)

    def is_station(self, source: str) -> bool:
        """Whether an IPv4 address is of this link, and not one of this machine's own."""
        return source not in self.ours and is_station(source, 4, self.held)

    def source_for(self, address: str) -> str:
        """The IPv4 address to speak to another one from: of the same network, if there is one."""
        to = ipaddress.ip_address(address)
        return next((str(each.ip) for each in self.held if to in each.network), self.own[0])

    @property
    def targets(self) -> tuple[str, ...]:
        """Whom the kernel is made to look for."""
        return (*self.known, *self.strangers) if self.resolves else ()

    @property
    def multicasts(self) -> bool:
        """Whether questions to everybody are put on it."""
        return self.resolves and bool(self.own)


def plan(host: Host, names: Sequence[str], random: random.Random) -> tuple[Plan, ...]:
    """What to ask on some interfaces, the first of them that can be asked on.

    :param names: interfaces by name, the likeliest first.
    """
    held = {each.name: each for each in host.interfaces()}
    wanted = [held[name] for name in dict.fromkeys(names) if name in held]
    usable = [each for each in wanted if is_usable(each)][:MOST_INTERFACES]
    routes, neighbours = rows(host.routes), rows(host.neighbours)
    ours = frozenset(
        str(ipaddress.ip_interface(address.address).ip)
        for each in held.values()
        for address in each.addresses
    )
    room = (MOST_ASKED - FOR_ANSWERERS) // max(1, len(usable))
    made = (plan_for(each, routes, neighbours, ours, room, random) for each in usable)
    return tuple(each for each in made if each.known or each.own)


def is_usable(interface: Interface) -> bool:
    """Whether there is a network to ask on an interface."""
    return (
        interface.index is not None
        and interface.up is not False
        and interface.kind != "loopback"
        and any(True for _ in places(interface))
    )


def plan_for(
    interface: Interface,
    routes: Sequence[Route],
    neighbours: Sequence[Neighbour],
    ours: frozenset[str],
    room: int,
    random: random.Random,
) -> Plan:
    """What to ask on one interface, of at most ``room`` addresses.

    Addresses are drawn where there is IPv4 alone: an IPv6 network is too wide for a dozen of them
    to meet anybody.
    """
    held = tuple(each for each in places(interface) if isinstance(each, ipaddress.IPv4Interface))
    version = 4 if held else 6
    entries = {each.address: each for each in neighbours if each.dev == interface.name}
    gateways = [each for each in ways_out(routes, interface.name) if is_of(each, version)]
    stations = [
        address
        for address, entry in entries.items()
        if entry.mac and entry.state in GIVEN and is_station(address, version, held)
        if address not in gateways
    ]
    written = {each for each, entry in entries.items() if entry.state == "permanent"}
    known = [
        address
        for address in (*dict.fromkeys(gateways), *stations[:MOST_KNOWN])
        if address not in ours | written
    ][: room - CONTROLS]
    resolves = interface.kind not in WITHOUT_MACS
    taken = {*ours, *gateways, *(each for each, entry in entries.items() if entry.mac)}
    strangers = drawn(
        network=next((each.network for each in held if may_be_walked(each.network)), None),
        near=[*(str(each.ip) for each in held), *gateways],
        taken=taken,
        count=room - len(known) if resolves else CONTROLS,
        random=random,
    )
    return Plan(
        name=interface.name,
        ifindex=interface.index or 0,
        held=held,
        ours=ours,
        known=tuple(known),
        strangers=tuple(strangers),
        resolves=resolves,
        gateways=bool(held and gateways),
    )


def ways_out(routes: Sequence[Route], name: str) -> list[str]:
    """The gateways of the default routes through an interface."""
    return [each.via for each in routes if each.dev == name and each.to == "default" and each.via]


def is_of(address: str, version: int) -> bool:
    """Whether an address is IPv4's or IPv6's."""
    return ipaddress.ip_address(address).version == version


def is_station(address: str, version: int, held: Sequence[ipaddress.IPv4Interface]) -> bool:
    """Whether an address of the neighbour table is one of this link's stations."""
    parsed = ipaddress.ip_address(address)
    if parsed.version != version or parsed.is_multicast:
        return False
    return version == 6 or any(parsed in each.network for each in held)


def drawn(
    network: ipaddress.IPv4Network | None,
    near: Sequence[str],
    taken: set[str],
    count: int,
    random: random.Random,
) -> list[str]:
    """Addresses of a network drawn at random: half of them near some others, the rest from all.

    :param taken: addresses that are not to be drawn.
    :returns: ``count`` of them, or fewer where the network has not so many to give.
    """
    if network is None:
        return []
    first, last = int(network[1]), int(network[-2])  # without the network's own and broadcast
    centres = [int(ipaddress.ip_address(each)) for each in near if is_of(each, 4)]
    busy = {int(ipaddress.ip_address(each)) for each in taken if is_of(each, 4)}
    beside = {
        number
        for centre in centres
        for number in range(max(first, centre - NEAR), min(last, centre + NEAR) + 1)
    }
    free = sorted(beside - busy)
    found = random.sample(free, min(len(free), (count + 1) // 2))
    # Four tries for each: fewer are found where nearly every address is taken.
    for _ in range(4 * count):
        number = random.randint(first, last)
        if len(found) < count and number not in busy and number not in found:
            found.append(number)
    return [str(ipaddress.IPv4Address(number)) for number in found]


def may_be_walked(network: ipaddress.IPv4Network) -> bool:
    """Whether addresses of a network may be asked that nothing is known of."""
    return WIDEST_PREFIX <= network.prefixlen <= NARROWEST_PREFIX and any(
        network.subnet_of(each) for each in PRIVATE
    )


def places(interface: Interface) -> Iterator[ipaddress.IPv4Interface | ipaddress.IPv6Interface]:
    """An interface's addresses that stand on a network with neighbours, as they are listed."""
    for each in interface.addresses:
        place = ipaddress.ip_interface(each.address)
        # A link-local address stands on its link alone, which every link has, a service's too.
        if place.ip.is_loopback or place.ip.is_unspecified or place.ip.is_link_local:
            continue
        if place.network.prefixlen <= place.max_prefixlen - 2:
            yield place


def rows(ask: Callable[[], tuple[T, ...]]) -> tuple[T, ...]:
    """A table, empty where it cannot be read."""
    try:
        return ask()
    except HostError:
        return ()


def announcement(plans: Sequence[Plan]) -> str:
    """What is going to be sent, on which interfaces and how much of it, in one line."""
    if not plans:
        return "sending nothing: no interface stands on a network that could be asked"
    addresses = sum(len(each.targets) for each in plans)
    questions = sum(each.multicasts for each in plans)
    controls = sum(min(CONTROLS, len(each.strangers)) for each in plans)
    spare = FOR_ANSWERERS if questions else 0
    said = []
    if addresses:
        said.append(f"an empty datagram to at most {addresses + spare} addresses there")
    if questions:
        said.append(f"{questions} mDNS and {questions} SSDP question{'s'[: questions - 1]}")
    if any(each.gateways for each in plans):
        said.append(f"a datagram toward {FAR} that the first router returns")
    if controls:
        said.append(f"a connection to at most {controls} addresses there that nobody has")
    names = " and ".join(each.name for each in plans)
    return f"sending on {names} for at most {SECONDS:g} s: {', '.join(said)}"


class Checked(Once):
    """A machine with what the active checks gave, and its links and neighbours as they are since.

    All else is what was read of it before: no command is run a second time.
    """

    def __init__(self, host: Host, fresh: Host, probes: tuple[Probe, ...]) -> None:
        super().__init__(host)
        self._fresh = Once(fresh)
        self._probes = probes

    def interfaces(self) -> tuple[Interface, ...]:
        """See :meth:`Host.interfaces`."""
        return self._fresh.interfaces()

    def neighbours(self) -> tuple[Neighbour, ...]:
        """See :meth:`Host.neighbours`."""
        return self._fresh.neighbours()

    def probes(self) -> tuple[Probe, ...]:
        """See :meth:`Host.probes`."""
        return self._probes


def check(host: Host, names: Sequence[str], say: Callable[[str], None]) -> Host:
    """Make the active checks on this machine, and give it with what they gave.

    :param host: this machine, as it was read before.
    :param names: the interfaces worth asking on, the likeliest first.
    :param say: is given one line that says what will be sent, before anything is.
    """
    import random
    import selectors
    import time

    from dpf_edge.host import live
    from dpf_edge.host.asking import ask

    # Nobody on the network is to know beforehand which address will be asked, or by which number.
    drawing = random.SystemRandom()
    try:
        plans = plan(host, names, drawing)
    except HostError:
        plans = ()
    say(announcement(plans))
    fresh = live.fresh()
    probes = ask(plans, fresh.neighbours, selectors.DefaultSelector(), time.monotonic, drawing)
    return Checked(host, fresh, probes)
