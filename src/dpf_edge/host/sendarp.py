"""Who is on the link, asked of Windows: SendARP for each address, many at a time.

No privilege and no driver is needed. The call blocks until somebody answers, and for some three
seconds where nobody does, so it is made in threads. Where there is no such call, an empty datagram
to each address has the system look for it, and the neighbour table then tells who was found.
"""

from __future__ import annotations

import contextlib
import ipaddress
import itertools
import queue
import socket
import threading
from typing import TYPE_CHECKING, NamedTuple

from dpf_edge import addresses as parsing
from dpf_edge.errors import Failed, HostError
from dpf_edge.host import ip_helper, network_tables
from dpf_edge.host.forbidden import Fence, place
from dpf_edge.model import Neighbour

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from dpf_edge.host.counting import Ledger
    from dpf_edge.model import Interface

# A /24's silent addresses then cost three seconds together, and not each.
MOST_AT_ONCE = 256
# A thread that waits for one call needs next to no stack; Windows reserves a MiB by itself.
STACK_BYTES = 256 << 10
ARP_BYTES = 28  # RFC 826, of IPv4 on Ethernet
DISCARD_PORT = 9  # RFC 863
HOPS = 1
# One socket holds some 256 datagrams that wait for a MAC.
ON_ONE_SOCKET = 128
# How often the table is read meanwhile.
LOOK_SECONDS = 0.05
LEAST_WAIT_SECONDS = 0.05
FINDING = frozenset({"incomplete", "failed", "none"})


class Asked(NamedTuple):
    """One address to ask for: on which link, and from which of our own addresses."""

    address: str
    link: str
    source: str


class Told(NamedTuple):
    """What one call gave: a MAC or none, or that there is no such call."""

    asked: Asked
    mac: bytes | None
    is_missing: bool = False


def nudge(
    ledger: Ledger, fence: Fence, addresses: Iterable[str], *, wait: float, quiet: float | None
) -> Iterator[Neighbour]:
    """See :meth:`dpf_edge.host.net.Net.nudge`."""
    todo = asked(ledger, fence, addresses)
    first = next(todo, None)
    if first is None:
        return
    # Whether there is such a call is told at once by our own address, for which nothing is sent.
    is_missing = call(first._replace(address=first.source)).is_missing
    ask = by_table if is_missing else by_calls
    yield from ask(ledger, itertools.chain([first], todo), wait, quiet)


def by_looking(
    ledger: Ledger, fence: Fence, addresses: Iterable[str], *, wait: float, quiet: float | None
) -> Iterator[Neighbour]:
    """The same without SendARP: as it is done on macOS, and where Windows has no such call."""
    yield from by_table(ledger, asked(ledger, fence, addresses), wait, quiet)


def asked(ledger: Ledger, fence: Fence, addresses: Iterable[str]) -> Iterator[Asked]:
    """The addresses that may be asked for, each with its link; of others it is said why not."""
    links = on_link(network_tables.interfaces())
    for each in addresses:
        try:
            to = place(each)
            fence.check_station(to)
        except Failed as error:
            ledger.note(str(error))
            continue
        ip = ipaddress.ip_address(to.address)
        link = next((link for network, link in links if parsing.within(ip, network)), None)
        if link is None:
            ledger.lose("addresses are on no link of this machine")
            continue
        yield Asked(to.address, *link)


def on_link(
    interfaces: Iterable[Interface],
) -> list[tuple[parsing.IPNetwork, tuple[str, str]]]:
    """The IPv4 networks of the links that are up, each with its link and our address there."""
    held = [
        (parsed, each.name)
        for each in interfaces
        if each.up is not False and each.kind != "loopback"
        for parsed in (parsing.interface(one.address) for one in each.addresses)
        if parsed is not None and parsed.version == 4
    ]
    held.sort(key=lambda pair: -pair[0].network.prefixlen)
    return [(parsed.network, (name, str(parsed.ip))) for parsed, name in held]


def call(one: Asked) -> Told:
    """Ask Windows for one address, for as long as that takes."""
    try:
        mac = ip_helper.send_arp(socket.inet_aton(one.address), socket.inet_aton(one.source))
    except Failed:
        return Told(one, None, is_missing=True)
    return Told(one, mac)


def found(one: Asked, mac: bytes) -> Neighbour:
    """A neighbour that has just answered."""
    return Neighbour(one.address, mac.hex(":"), one.link, "reachable")


def by_calls(
    ledger: Ledger, todo: Iterable[Asked], wait: float, quiet: float | None
) -> Iterator[Neighbour]:
    """Ask for many at a time, a thread each; whoever still waits at the end is let wait."""
    answers: queue.SimpleQueue[Told] = queue.SimpleQueue()
    waiting = 0
    last_sent = last_heard = ledger.clock()
    turn = ledger.turn()
    rest = iter(todo)
    one = next(rest, None)
    while ledger.left() and (one is not None or waiting):
        if one is not None and waiting < MOST_AT_ONCE and turn.due(1):
            begin(one, answers)
            ledger.count(1, ARP_BYTES)
            waiting, last_sent = waiting + 1, ledger.clock()
            one = next(rest, None)
            continue
        pause = turn.wait() if one is not None and waiting < MOST_AT_ONCE else LOOK_SECONDS
        try:
            told = answers.get(timeout=max(0.001, ledger.nap(pause)))
        except queue.Empty:
            # Only now: what came while others were sent stood in the queue.
            if one is None and is_over(ledger.clock(), last_sent, last_heard, wait, quiet):
                return
            continue
        waiting -= 1
        if told.mac:
            last_heard = ledger.clock()
            yield found(told.asked, told.mac)
    left = sum(1 for _ in rest) + (one is not None)
    if left:
        ledger.lose("addresses were not looked for in the time there was", left)


def begin(one: Asked, answers: queue.SimpleQueue[Told]) -> None:
    """Ask for one address in a thread that keeps nobody from ending."""
    before = threading.stack_size(STACK_BYTES)
    try:
        threading.Thread(target=lambda: answers.put(call(one)), daemon=True).start()
    except RuntimeError:  # no more threads are to be had: it is asked here
        answers.put(call(one))
    finally:
        threading.stack_size(before)


def is_over(
    now: float, last_sent: float, last_heard: float, wait: float, quiet: float | None
) -> bool:
    """Whether nobody is waited for any longer."""
    end = last_sent + wait
    if quiet is not None:
        end = min(end, max(last_sent + LEAST_WAIT_SECONDS, last_heard + quiet))
    return now >= end


def by_table(
    ledger: Ledger, todo: Iterable[Asked], wait: float, quiet: float | None
) -> Iterator[Neighbour]:
    """Have the system look for each address by an empty datagram, and read whom it found."""
    look = Look()
    turn = ledger.turn()
    last_sent = last_heard = ledger.clock()
    rest = iter(todo)
    one = next(rest, None)
    with contextlib.closing(Nudges()) as nudges:
        while ledger.left() and (one is not None or look.waiting):
            if one is not None and turn.due(1):
                if nudges.send(one.address):
                    ledger.count(1, 0)
                    last_sent = ledger.clock()
                    yield from look.expect(one)
                one = next(rest, None)
            is_last = one is None and is_over(ledger.clock(), last_sent, last_heard, wait, quiet)
            if is_last or ledger.clock() >= look.due:
                for each in look.found(ledger.clock):
                    last_heard = ledger.clock()
                    yield each
            if is_last:
                return
            pause = turn.wait() if one is not None else LOOK_SECONDS
            if pause:
                ledger.sleep(pause)
    left = sum(1 for _ in rest) + (one is not None)
    if left:
        ledger.lose("addresses were not looked for in the time there was", left)


class Look:
    """The neighbour table, read now and then for those who were looked for."""

    def __init__(self) -> None:
        self._before = {each.address: each for each in table() if each.mac}
        self.waiting: dict[str, Asked] = {}
        self.due = 0.0

    def expect(self, one: Asked) -> Iterator[Neighbour]:
        """Wait for somebody; who stood in the table before is given as he stood there."""
        if one.address in self._before:
            yield self._before[one.address]
        else:
            self.waiting[one.address] = one

    def found(self, clock: Callable[[], float]) -> Iterator[Neighbour]:
        """Who came since the last look. Not there when he was asked for, he has answered since."""
        began = clock()
        for each in table():
            if each.mac and each.state not in FINDING and each.address in self.waiting:
                link = self.waiting.pop(each.address).link
                yield Neighbour(each.address, each.mac, link, "reachable")
        # To look takes a tenth of the time at most, however slow the system is at it.
        self.due = clock() + max(LOOK_SECONDS, 9 * (clock() - began))


class Nudges:
    """The sockets that empty datagrams leave by, one after another."""

    def __init__(self) -> None:
        self._sock = opened()
        self._used = 0

    def close(self) -> None:
        """Close what is open."""
        self._sock.close()

    def send(self, address: str) -> bool:
        """Send an empty datagram; whether the system took it."""
        for _ in range(2):
            if self._used >= ON_ONE_SOCKET:
                self._sock.close()
                self._sock, self._used = opened(), 0
            self._used += 1
            try:
                self._sock.sendto(b"", (address, DISCARD_PORT))
            except BlockingIOError:
                self._used = ON_ONE_SOCKET
            except OSError:
                continue  # an earlier one's error, maybe; the second time it is its own
            else:
                return True
        return False


def opened() -> socket.socket:
    """A socket for some datagrams that do not leave the link.

    :raises Failed: it is not to be had.
    """
    try:
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        sock.setblocking(False)
        sock.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, HOPS)
    except OSError as error:
        raise Failed(f"no socket: {error.strerror}") from error
    return sock


def table() -> tuple[Neighbour, ...]:
    """The neighbour tables; empty where they cannot be read."""
    try:
        return network_tables.neighbours()
    except HostError:
        return ()
