"""Who is on the link, found without any privilege: the kernel is made to look for each address.

An empty datagram to an address has the kernel ask for its MAC; whether anybody answered is then in
the neighbour table, whose changes anybody may hear (rtnetlink(7), RTNLGRP_NEIGH). Three limits make
this slow for a large network, and are kept here, because the kernel passes over them without a
word: a socket holds about 256 datagrams that wait for a MAC; the table holds ``gc_thresh3`` entries
(1 024, for all network namespaces together); and an address that nobody has fills one of them for
the three seconds in which it is asked for three times (mcast_solicit).
"""

from __future__ import annotations

import selectors
import socket
import struct
from typing import TYPE_CHECKING

from dpf_edge.errors import Failed, HostError
from dpf_edge.host import linux, netlink
from dpf_edge.host.forbidden import Fence, Place, place
from dpf_edge.model import Neighbour

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from dpf_edge.host.counting import Ledger

# RFC 863: whatever comes to this port is thrown away, and next to nobody listens on it.
DISCARD_PORT = 9
# It does not leave the link, whatever the routes say.
HOPS = 1
ON_ONE_SOCKET = 128
RTMGRP_NEIGH = 1 << 2
EVENTS_BYTES = 1 << 20
# What the kernel takes by default; asked for, because a machine may have been given another.
TABLE = "/proc/sys/net/ipv4/neigh/default/gc_thresh3"
TABLE_SIZE = 1_024
# Left for what others on this machine look up meanwhile.
SPARE = 48
LEAST_ROOM = 16
# By when an address has an answer or none: three questions, a second apart, and a little.
SETTLED_SECONDS = 3.25
# An address of which nothing was heard by then had no room in the table; it is tried again.
TRIES = 3
LEAST_WAIT_SECONDS = 0.05
RESOLVED = frozenset({"reachable", "permanent"})


def nudge(
    ledger: Ledger, fence: Fence, addresses: Iterable[str], *, wait: float, quiet: float | None
) -> Iterator[Neighbour]:
    """See :meth:`dpf_edge.host.net.Net.nudge`.

    An address that was in the table already is given as it stood, once it was nudged.
    """
    with Events() as events:
        nudging = Nudging(ledger, fence)
        todo = Todo(addresses)
        turn = ledger.turn()
        while ledger.left():
            each = todo.next() if nudging.has_room() else None
            if each is None and todo.is_done and not nudging.waits(wait, quiet):
                again = nudging.unheard()
                if not again:
                    return
                todo.again(again)
                continue
            while each is not None and ledger.left() and not turn.due(1):
                yield from nudging.hear(events.read(ledger.nap(turn.wait())))
            if each is not None:
                yield from nudging.send(each)
            yield from nudging.hear(events.read(0 if each else ledger.nap(0.02)))
        nudging.say_what_is_left(todo)


class Todo:
    """What is still to be nudged, and how often each was."""

    def __init__(self, addresses: Iterable[str]) -> None:
        self._rest = iter(addresses)
        self._again: list[str] = []
        self.is_done = False

    def next(self) -> str | None:
        """The next address; None where there is none for now."""
        if self._again:
            return self._again.pop()
        if self.is_done:
            return None
        found = next(self._rest, None)
        self.is_done = found is None
        return found

    def again(self, addresses: Iterable[str]) -> None:
        """Have some addresses nudged once more."""
        self._again.extend(addresses)


class Nudging:
    """Who was nudged, and what the kernel has said of them since."""

    def __init__(self, ledger: Ledger, fence: Fence) -> None:
        self._ledger = ledger
        self._fence = fence
        self._table = {each.address: each for each in table() if each.mac}
        self._room = max(LEAST_ROOM, size() - SPARE - len(self._table))
        # Who waits for a MAC, and since when; the oldest first. How often each was tried.
        self._waiting: dict[str, float] = {}
        self._tries: dict[str, int] = {}
        self._unheard: list[str] = []
        self._found = 0
        self._last_sent = self._last_heard = ledger.clock()
        self._sockets: dict[int, tuple[socket.socket, int]] = {}

    def has_room(self) -> bool:
        """Whether one more can wait for its MAC without another being lost."""
        self._give_up()
        return len(self._waiting) + self._found < self._room or not self._waiting

    def _give_up(self) -> None:
        """Take out those who had their time, and of whom nothing was heard."""
        due = self._ledger.clock() - SETTLED_SECONDS
        for address, since in list(self._waiting.items()):
            if since > due:
                return
            del self._waiting[address]
            self._unheard.append(address)

    def send(self, address: str) -> Iterator[Neighbour]:
        """Nudge an address; give what the table had of it, where it had something."""
        try:
            to = place(address)
            self._fence.check_station(to)
        except Failed as error:
            self._ledger.note(str(error))
            return
        self._tries[address] = self._tries.get(address, 0) + 1
        if self._put(to) and to.address not in self._table:
            self._waiting[to.address] = self._last_sent = self._ledger.clock()
        if to.address in self._table:
            yield self._table[to.address]

    def _put(self, to: Place) -> bool:
        """Send the datagram; whether the kernel took it."""
        sock, used = self._sockets.get(to.family, (None, ON_ONE_SOCKET))
        if sock is None or used >= ON_ONE_SOCKET:
            if sock is not None:
                sock.close()  # what waits in it goes on waiting
            sock, used = opened(to.family), 0
        self._sockets[to.family] = (sock, used + 1)
        try:
            sock.sendto(b"", to.sockaddr(DISCARD_PORT))
        except BlockingIOError:
            self._ledger.lose("addresses found no room in the socket")
            return False
        except OSError:
            return False  # no way there: it is no error but no answer
        self._ledger.count(1, 0)
        return True

    def hear(self, told: Iterable[Neighbour]) -> Iterator[Neighbour]:
        """Take what the kernel says; give those who were nudged and are there."""
        for each in told:
            if self._waiting.pop(each.address, None) is None:
                continue
            self._tries.pop(each.address, None)
            if each.mac and each.state in RESOLVED:
                self._found += 1
                self._last_heard = self._ledger.clock()
                yield each

    def waits(self, wait: float, quiet: float | None) -> bool:
        """Whether there is somebody to wait for still."""
        if not self._waiting:
            return False
        now = self._ledger.clock()
        if self._unheard or any(count > 1 for count in self._tries.values()):
            return True  # the table was too small: nobody is given up before he was asked for
        end = self._last_sent + wait
        if quiet is not None:
            end = min(end, max(self._last_sent + LEAST_WAIT_SECONDS, self._last_heard + quiet))
        return now < end

    def unheard(self) -> list[str]:
        """Who had no room in the table and is to be tried again; none where all were heard of."""
        again = [each for each in self._unheard if self._tries.get(each, 0) < TRIES]
        lost = len(self._unheard) - len(again)
        if lost:
            self._ledger.lose("addresses found no room in the neighbour table", lost)
        self._unheard.clear()
        return again

    def say_what_is_left(self, todo: Todo) -> None:
        """Note how many were not looked for, where the time was over first."""
        left = len(self._unheard) + sum(1 for _ in iter(todo.next, None))
        if left:
            self._ledger.lose("addresses were not looked for in the time there was", left)


class Events:
    """What the kernel says of its neighbour tables as they change."""

    def __init__(self) -> None:
        try:
            self._sock = socket.socket(
                socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_NONBLOCK, socket.NETLINK_ROUTE
            )
            self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, EVENTS_BYTES)
            self._sock.bind((0, RTMGRP_NEIGH))
        except OSError as error:
            raise Failed(f"netlink: {error.strerror}") from error
        self._names = linux.link_names()
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._sock, selectors.EVENT_READ)

    def __enter__(self) -> Events:
        return self

    def __exit__(self, *_: object) -> None:
        self._selector.close()
        self._sock.close()

    def read(self, seconds: float) -> list[Neighbour]:
        """What changed, of so many seconds at most; an entry without a MAC was given up."""
        told: list[Neighbour] = []
        if not self._selector.select(seconds):
            return told
        while True:
            try:
                datagram = self._sock.recv(netlink.DATAGRAM_BYTES)
            except BlockingIOError:
                return told
            except OSError:  # more changed than there was room for: the table itself says what
                return [*told, *(each for each in table() if each.mac or each.state == "failed")]
            for message in netlink.messages(datagram, 12):
                if message is not None:
                    told += entry(message, self._names)


def entry(message: netlink.Message, names: dict[int, str]) -> Iterator[Neighbour]:
    """The neighbour that a change is about (struct ndmsg); none where it has no address."""
    _, _, _, index, state, _, _ = struct.unpack("=BBHiHBB", message.header)
    address = netlink.address(message.attributes.get(linux.NDA_DST))
    if address is not None:
        mac = netlink.hardware_address(message.attributes.get(linux.NDA_LLADDR))
        yield Neighbour(address, mac, names.get(index), linux.STATES.get(state, "none"))


def opened(family: int) -> socket.socket:
    """A socket for some datagrams that do not leave the link.

    :raises Failed: it is not to be had.
    """
    try:
        sock = socket.socket(family, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        if family == socket.AF_INET:
            sock.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, HOPS)
        else:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_UNICAST_HOPS, HOPS)
    except OSError as error:
        raise Failed(f"no socket: {error.strerror}") from error
    return sock


def table() -> tuple[Neighbour, ...]:
    """The neighbour tables; empty where they cannot be read."""
    try:
        return linux.neighbours()
    except HostError:
        return ()


def size() -> int:
    """How many entries the neighbour table takes before it takes no more."""
    try:
        with open(TABLE, encoding="ascii") as file:  # noqa: PTH123
            return int(file.read(32))
    except (OSError, ValueError):
        return TABLE_SIZE
