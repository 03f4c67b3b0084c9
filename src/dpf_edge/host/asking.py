"""Asks what was planned, waits for what comes back, and writes it down as probes."""

from __future__ import annotations

import selectors
import socket
from typing import TYPE_CHECKING, Literal, NamedTuple

from dpf_edge.errors import HostError
from dpf_edge.host import active, exchange, questions, sockets
from dpf_edge.host.exchange import Exchange
from dpf_edge.model import Probe

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Iterator, Sequence

    from dpf_edge.host.active import Plan
    from dpf_edge.model import Neighbour

# RFC 863: whoever has this service throws away what it gets, and everybody else says so. What is
# sent does not matter: the kernel has to find the station first.
DISCARD_PORT = 9
# Where traceroute's datagrams go: routers and firewalls know them by it.
FAR_PORT = 33434
# RFC 6335: ports of no service, and clear of 9100 to 9107, where printers print what they get.
FIRST_PORT, LAST_PORT = 49152, 65535
# More stations than this prove no more.
MOST_SOURCES = 16
# The states of an address that was asked for and did not answer (linux/neighbour.h).
UNANSWERED = frozenset({"incomplete", "failed"})

Result = Literal["answered", "silent", "refused", "unreachable", "denied"]


class Question(NamedTuple):
    """A multicast question: where it goes, how far, and how its answer is known."""

    check: Literal["mdns", "ssdp"]
    group: str
    port: int
    ttl: int
    data: bytes
    is_answer: Callable[[bytes, int], bool]


class Table:
    """The neighbour table as it stands when this is made."""

    def __init__(self, neighbours: Callable[[], tuple[Neighbour, ...]]) -> None:
        self.was_read = True
        self._entries: dict[tuple[str | None, str], Neighbour] = {}
        try:
            self._entries = {(each.dev, each.address): each for each in neighbours()}
        except HostError:
            self.was_read = False

    def entry(self, dev: str, address: str) -> Neighbour | None:
        """What it has for an address behind an interface."""
        return self._entries.get((dev, address))

    def mac(self, dev: str, address: str) -> str | None:
        """The MAC that a station gave for its address, fresh or not."""
        entry = self.entry(dev, address)
        return entry.mac if entry and entry.state in active.GIVEN else None


def ask(
    plans: Sequence[Plan],
    neighbours: Callable[[], tuple[Neighbour, ...]],
    selector: selectors.BaseSelector,
    clock: Callable[[], float],
    random: random.Random,
) -> tuple[Probe, ...]:
    """Carry out some plans, side by side and within :data:`active.SECONDS`.

    :param neighbours: reads the neighbour table anew.
    :param clock: seconds, of a clock that never goes back.
    :returns: what the checks gave, interface by interface. Nothing that a network does raises.
    """
    began = clock()
    with Exchange(selector, clock) as sockets:
        # Whoever answers a question and is not known yet is asked for its MAC, while this lasts.
        spare = iter(range(active.FOR_ANSWERERS))
        rounds = [Round(each, sockets, neighbours, spare, random) for each in plans]
        for each in rounds:
            each.ask()
            if each.plan.gateways:
                each.go_far()
        if any(each.plan.resolves or each.plan.gateways for each in rounds):
            sockets.until(began + active.ASK_SECONDS)
        for each in rounds:
            each.control()
        end = began + active.SECONDS
        sockets.until(end, lambda: all(each.is_controlled() for each in rounds))
        table = Table(neighbours)
        return tuple(probe for each in rounds for probe in each.told(table))


class Round:
    """What is asked on one interface, and what came back so far."""

    def __init__(
        self,
        plan: Plan,
        sockets: Exchange,
        neighbours: Callable[[], tuple[Neighbour, ...]],
        spare: Iterator[int],
        random: random.Random,
    ) -> None:
        self.plan = plan
        self._sockets = sockets
        self._neighbours = neighbours
        self._spare = spare
        self._random = random
        # Whom we looked for, and why that could not be done; who spoke up; who answered what.
        self._nudged: dict[str, Result | None] = {}
        self._spoke: set[str] = set()
        self._put: dict[Question, Result | None] = {}
        self._sources: dict[Question, list[str]] = {}
        self._controls: dict[str, Result | None] = {}
        self._hop: Probe | None = None

        # Whom the table named before anybody was looked for.
        self._before = Table(neighbours)
        self._known: set[str] = set()

    def ask(self) -> None:
        """Look for every target, and put the questions to everybody."""
        for address in self.plan.targets:
            self._nudge(address)
        if self.plan.multicasts:
            number = self._random.randint(1, 0xFFFF)
            for question in put_to_all(number):
                self._put[question] = self._question(question)

    def _nudge(self, address: str) -> None:
        """Send an address one empty datagram, so that the kernel has to find its station."""
        self._nudged[address] = None
        if self._before.mac(self.plan.name, address):
            self._known.add(address)

        def heard(sock: socket.socket) -> None:
            back, got = exchange.returned_error(sock), exchange.datagram(sock)
            if (back and back.offender == address) or (got and got[1] == address):
                self._spoke.add(address)

        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        zone = (0, self.plan.ifindex) if family == socket.AF_INET6 else ()
        try:
            if family == socket.AF_INET:
                # For a socket that is bound to an interface the kernel disregards a route that
                # forbids it. Whoever set that one meant it.
                exchange.leads_by(self.plan.own, address, DISCARD_PORT)
            sock = self._socket(family, socket.SOCK_DGRAM, address)
            self._sockets.watch(sock, selectors.EVENT_READ, heard)
            # Whatever the routes say, it does not leave the link.
            exchange.limited(sock, 1)
            exchange.hear_errors(sock)
            sock.sendto(b"", (address, DISCARD_PORT, *zone))
        except OSError as error:
            self._nudged[address] = exchange.refusal(error)

    def _socket(self, family: int, kind: int, to: str) -> socket.socket:
        """A socket on this interface, to talk to one of its stations."""
        source = None
        if family == socket.AF_INET:
            source = self.plan.source_for(to)
        return exchange.bound(family, kind, self.plan.name, self.plan.ifindex, source)

    def _question(self, question: Question) -> Result | None:
        """Put a question to everybody; give why that could not be done."""
        sources = self._sources.setdefault(question, [])

        def heard(sock: socket.socket) -> None:
            got = exchange.datagram(sock)
            if got is None:
                return
            data, source, port = got
            if source in sources or len(sources) >= MOST_SOURCES:
                return
            if self.plan.is_station(source) and question.is_answer(data, port):
                sources.append(source)
                self._look_for(source)

        own = self.plan.own[0]
        try:
            sock = self._socket(socket.AF_INET, socket.SOCK_DGRAM, own)
            self._sockets.watch(sock, selectors.EVENT_READ, heard)
            exchange.multicasting(sock, self.plan.ifindex, own, question.ttl)
            sock.sendto(question.data, (question.group, question.port))
        except OSError as error:
            return exchange.refusal(error)
        return None

    def _look_for(self, address: str) -> None:
        """Have the MAC of somebody who answered found, where it is not known and may be asked."""
        if address in self._nudged or Table(self._neighbours).mac(self.plan.name, address):
            return
        if next(self._spare, None) is not None:
            self._nudge(address)

    def go_far(self) -> None:
        """Send one datagram that the first router on the way has to return, if that is here.

        The kernel has one way there, so one interface of them all sends it.
        """

        def heard(sock: socket.socket) -> None:
            back, got = exchange.returned_error(sock), exchange.datagram(sock)
            if self._hop is None or self._hop.result != "silent":
                return
            if got is not None:  # the far end itself, which is further away than one hop
                self._hop = Probe("hop", "answered", active.FAR, got[1])
            elif back is not None:
                answered = back.ran_out or back.offender == active.FAR
                result: Result = "answered" if answered else "unreachable"
                self._hop = Probe("hop", result, active.FAR, back.offender)

        try:
            if not exchange.leads_by(self.plan.own, active.FAR, FAR_PORT):
                return
            # It is bound to no interface: then the kernel would take whatever it has no route for
            # to be on that link, and look for it there.
            sock = sockets.opened(socket.AF_INET, socket.SOCK_DGRAM)
            self._sockets.watch(sock, selectors.EVENT_READ, heard)
            exchange.limited(sock, 1)
            exchange.hear_errors(sock)
            sock.connect((active.FAR, FAR_PORT))
            self._hop = Probe("hop", "silent", active.FAR)
            sock.send(b"")
        except OSError as error:
            self._hop = Probe("hop", exchange.refusal(error), active.FAR)

    def control(self) -> None:
        """Connect to addresses that nobody has: an honest network has nobody to take it."""
        table = Table(self._neighbours)
        # From the end: those drawn from the whole network are the likelier to be nobody's.
        dead = [each for each in reversed(self.plan.strangers) if self._is_nobodys(each, table)]
        for address in dead[: active.CONTROLS]:
            self._controls[address] = self._connect(address)

    def _is_nobodys(self, address: str, table: Table) -> bool:
        """Whether nobody came forward for an address, or nobody can on this link."""
        if not self.plan.resolves:
            return True
        looked_for = address in self._nudged and self._nudged[address] is None
        came = address in self._spoke or table.mac(self.plan.name, address)
        return table.was_read and looked_for and not came

    def _connect(self, address: str) -> Result | None:
        """Begin a connection; give what came of it, where that is known at once."""

        def ready(sock: socket.socket) -> None:
            number = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            self._controls[address] = exchange.connection(number)
            self._sockets.drop(sock)

        port = self._random.randint(FIRST_PORT, LAST_PORT)
        try:
            if exchange.leads_by(self.plan.own, address, port):
                # Bound to the interface, it would not hear a program of this machine that takes
                # every connection (a sidecar's, a filter's): those answer by the loopback.
                sock = exchange.from_address(self.plan.source_for(address))
            else:
                sock = self._socket(socket.AF_INET, socket.SOCK_STREAM, address)
            exchange.limited(sock, 1)
        except OSError as error:
            return exchange.refusal(error)
        number = sock.connect_ex((address, port))
        if number in sockets.BEGUN:
            self._sockets.watch(sock, selectors.EVENT_WRITE, ready)
            return None
        sock.close()
        return exchange.connection(number)

    def is_controlled(self) -> bool:
        """Whether every connection has come to something."""
        return None not in self._controls.values()

    def told(self, table: Table) -> Iterator[Probe]:
        """What came of it all, given the neighbour table as it stands in the end."""
        for address in self._nudged:
            probe = self._arp(address, table)
            if probe is not None:
                yield probe
        for address, result in self._controls.items():
            # A sleeper that woke up meanwhile is no control: it may well have answered itself.
            if table.mac(self.plan.name, address) is None:
                yield Probe("tcp", result or "silent", address)
        for question, refused in self._put.items():
            for source in self._sources[question]:
                mac = table.mac(self.plan.name, source)
                yield Probe(question.check, "answered", question.group, source, mac)
            if not self._sources[question]:
                yield Probe(question.check, refused or "silent", question.group)
        if self._hop is not None:
            yield self._hop

    def _arp(self, address: str, table: Table) -> Probe | None:
        """What became of looking for an address; None where nothing new was learnt of it."""
        refused = self._nudged[address]
        if refused is not None:
            return Probe("arp", refused, address)
        entry = table.entry(self.plan.name, address)
        if entry is None:  # this link needs none
            return None
        if entry.state in UNANSWERED:
            return Probe("arp", "silent", address)
        # An old entry is used for five more seconds before anybody is asked for it again
        # (delay_first_probe_time): unless its station spoke up, nothing is known that was not.
        mac = table.mac(self.plan.name, address)
        # Where the table has no ages (Windows' older one), what is new in it is an answer too.
        fresh = entry.state == "reachable" or address not in self._known
        if mac and (fresh or address in self._spoke):
            return Probe("arp", "answered", address, mac=mac)
        return None


def put_to_all(number: int) -> tuple[Question, Question]:
    """The questions that every station gets; ``number`` is the id of the one that has one."""
    return (
        Question(
            "mdns",
            questions.MDNS_GROUP,
            questions.MDNS_PORT,
            questions.MDNS_TTL,
            questions.mdns_question(number),
            lambda data, port: questions.is_mdns_answer(data, port, number),
        ),
        Question(
            "ssdp",
            questions.SSDP_GROUP,
            questions.SSDP_PORT,
            questions.SSDP_TTL,
            questions.SEARCH,
            lambda data, _: questions.is_ssdp_answer(data),
        ),
    )
