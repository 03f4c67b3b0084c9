"""Questions by UDP, and who answers them: multicast, broadcast and unicast, on named links.

Unicast questions are answered by the one asked or not at all; what anybody else sends to the same
port is dropped here. A group's question is answered by anybody on its link.
"""

from __future__ import annotations

import contextlib
import selectors
import socket
from typing import TYPE_CHECKING

from dpf_edge.errors import Denied, Failed
from dpf_edge.host import exchange, network_tables, sockets
from dpf_edge.host.forbidden import Fence, Place, place
from dpf_edge.host.net import Datagram, Question

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from dpf_edge.host.counting import Ledger

DATAGRAM_BYTES = 65_535
# A household answers a search with 200 datagrams, most of them at once: more than the usual
# buffer's 212 992 bytes hold, which are counted with the kernel's own overhead.
BUFFER_BYTES = 1 << 20
# A talkative device answers a search with 40 datagrams, an agent a walk with one each. Who sends
# more than this wants to keep us busy.
MOST_FROM_ONE = 512
MOST_SOURCES = 8192
# A host that cannot be found is given up by the kernel after three seconds; a question that finds
# no room meanwhile is lost, and is said to be.
ROOM_SECONDS = 3.0
# The usual limit for what is not for the own link alone (RFC 1700, and every system since).
HOPS = 64
# What joining and leaving one group comes to (RFC 2236 section 3, RFC 3810 section 6).
JOIN_PACKETS = 2


class Asking:
    """The sockets of one round of questions, and who was asked by each."""

    def __init__(self, ledger: Ledger, fence: Fence) -> None:
        self._ledger = ledger
        self._fence = fence
        self._selector = selectors.DefaultSelector()
        self._sockets: dict[tuple[object, ...], Outlet] = {}
        self._heard: dict[str, int] = {}

    def __enter__(self) -> Asking:
        return self

    def __exit__(self, *_: object) -> None:
        for each in self._sockets.values():
            each.sock.close()
        self._selector.close()

    def outlet(self, question: Question, to: Place) -> Outlet:
        """The socket for a question, opened where there is none yet.

        :raises Denied: this user may not use it; :raises Failed: it is not to be had.
        """
        group = self._fence.is_group(to)
        hops = question.hops if group or question.hops > 1 else HOPS
        self._fence.check_link(question.interface)
        key = (to.family, question.interface, question.from_port, hops)
        if key not in self._sockets:
            made = opened(question, to, hops)
            self._sockets[key] = Outlet(made, question.interface)
            self._selector.register(made, selectors.EVENT_READ, self._sockets[key])
        return self._sockets[key]

    def send(self, question: Question) -> bool:
        """Put a question; whether it went out."""
        to = place(question.to, question.interface)
        outlet = self.outlet(question, to)
        try:
            outlet.sock.sendto(question.payload, to.sockaddr(question.port))
        except BlockingIOError:
            return False
        except PermissionError as error:
            raise Denied(f"UDP to {to.address}: {error.strerror}") from error
        except OSError:
            return True  # no way there: it is no error but no answer
        self._ledger.count(1, len(question.payload))
        return True

    def expect(self, question: Question) -> None:
        """Note that somebody owes an answer."""
        to = place(question.to, question.interface)
        outlet = self.outlet(question, to)
        if self._fence.is_group(to):
            outlet.anybody = True
            # Who asks from the group's own port asks as a member, and may be answered as one (RFC
            # 6762 section 5.2): it has to hear what is said to the group.
            if question.from_port == question.port and question.interface:
                with contextlib.suppress(Failed):  # a link without IPv6
                    self.join(question, to)
        else:
            outlet.asked.add(to.address)
            outlet.owed[to.address] = outlet.owed.get(to.address, 0) + 1

    def join(self, question: Question, to: Place) -> None:
        """Join a group on the question's link, and hear what anybody says to it.

        :raises Failed: the kernel would not.
        """
        outlet = self.outlet(question, to)
        outlet.anybody = True
        if to.address in outlet.groups:
            return
        outlet.groups.add(to.address)
        joined(outlet.sock, to, question.interface or "")
        self._ledger.count(JOIN_PACKETS, 0)

    def all_answered(self) -> bool:
        """Whether everybody who was asked has answered, and nobody else was."""
        return not any(each.anybody or each.owed for each in self._sockets.values())

    def is_silent(self, question: Question) -> bool:
        """Whether a question is worth asking again."""
        to = place(question.to, question.interface)
        return self._fence.is_group(to) or to.address in self.outlet(question, to).owed

    def read(self, seconds: float) -> Iterator[Datagram]:
        """What comes in so many seconds, of one look at each socket."""
        for key, _ in self._selector.select(seconds):
            outlet: Outlet = key.data
            try:
                data, where = outlet.sock.recvfrom(DATAGRAM_BYTES)
            except OSError:
                continue
            source, port = str(where[0]).partition("%")[0], int(where[1])
            if self._is_wanted(outlet, source):
                yield Datagram(data, source, port, outlet.interface, self._ledger.now())

    def _is_wanted(self, outlet: Outlet, source: str) -> bool:
        """Whether a datagram from an address is an answer that has not come too often."""
        if not outlet.anybody and source not in outlet.asked:
            return False
        count = self._heard.get(source, 0) + 1
        if count > MOST_FROM_ONE or (count == 1 and len(self._heard) >= MOST_SOURCES):
            self._ledger.lose("datagrams of a flood were not read")
            return False
        self._heard[source] = count
        outlet.answered(source)
        return True


class Outlet:
    """One socket: who was asked by it, and who owes how many answers."""

    def __init__(self, sock: socket.socket, interface: str | None) -> None:
        self.sock = sock
        self.interface = interface
        self.anybody = False
        self.groups: set[str] = set()
        self.asked: set[str] = set()
        self.owed: dict[str, int] = {}

    def answered(self, source: str) -> None:
        """Take one answer off what an address owes."""
        if source in self.owed:
            self.owed[source] -= 1
            if not self.owed[source]:
                del self.owed[source]


def opened(question: Question, to: Place, hops: int) -> socket.socket:
    """A socket that a question can leave by.

    :raises Denied: this user may not have it; :raises Failed: it is not to be had.
    """
    try:
        sock = on_link(to.family, question.interface)
    except PermissionError as error:
        raise Denied(f"a socket on {question.interface}: {error.strerror}") from error
    except OSError as error:
        raise Failed(f"{question.interface}: {error.strerror}") from error
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER_BYTES)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        if question.from_port:
            sockets.share_port(sock)
            if to.family == socket.AF_INET6:  # IPv4 has a socket of its own on that port
                sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            sock.bind(("", question.from_port))
        limited(sock, hops, question.interface)
    except PermissionError as error:
        sock.close()
        raise Denied(f"port {question.from_port}: {error.strerror}") from error
    except OSError as error:
        sock.close()
        raise Failed(f"port {question.from_port}: {error.strerror}") from error
    return sock


def on_link(family: int, interface: str | None) -> socket.socket:
    """A non-blocking datagram socket on one link, or on whichever the routes choose.

    :raises OSError: there is no such link, or it is not to be had.
    """
    if interface is None:
        return sockets.opened(family, socket.SOCK_DGRAM)
    index = network_tables.index(interface)
    return exchange.bound(family, socket.SOCK_DGRAM, interface, index)


def limited(sock: socket.socket, hops: int, interface: str | None) -> None:
    """Give a socket's datagrams their hops and, to groups, their link; nobody here is told."""
    index = network_tables.index(interface) if interface else 0
    sockets.send_groups_by(sock, interface or "", index, hops)
    exchange.limited(sock, hops)


def ask(
    ledger: Ledger,
    fence: Fence,
    questions: Iterable[Question],
    *,
    wait: float,
    again: Sequence[float],
) -> Iterator[Datagram]:
    """See :meth:`dpf_edge.host.net.Net.ask`.

    It ends before its time where everybody who was asked has answered, and no group was.
    """
    asked: list[Question] = []
    began = ledger.clock()
    with Asking(ledger, fence) as sockets:
        for each in (0.0, *again):
            while ledger.left() and ledger.clock() < began + each:
                if sockets.all_answered():
                    return
                yield from sockets.read(ledger.nap(began + each - ledger.clock()))
            is_first = each == 0.0
            for question in questions if is_first else filter(sockets.is_silent, list(asked)):
                if is_first and not expected(ledger, sockets, question):
                    continue
                if is_first and again:
                    asked.append(question)
                yield from sent(ledger, sockets, question)
        end = ledger.clock() + wait
        while ledger.left() and ledger.clock() < end and not sockets.all_answered():
            yield from sockets.read(ledger.nap(end - ledger.clock()))


def expected(ledger: Ledger, sockets: Asking, question: Question) -> bool:
    """Note that a question is to be answered; whether it can be put at all.

    :raises Denied: this user may not.
    """
    try:
        sockets.expect(question)
    except Failed as error:
        ledger.lose(f"questions could not be put ({error})")
        return False
    return True


def sent(ledger: Ledger, sockets: Asking, question: Question) -> Iterator[Datagram]:
    """Send one question when its turn is, and give what comes meanwhile."""
    turn = ledger.turn()
    while not turn.due(1):
        if not ledger.left():
            return
        yield from sockets.read(ledger.nap(turn.wait()))
    end = ledger.clock() + ROOM_SECONDS
    while not sockets.send(question):
        if not ledger.left() or ledger.clock() > end:
            ledger.lose("questions found no room in the socket")
            return
        yield from sockets.read(ledger.nap(0.01))


def hear(
    ledger: Ledger,
    fence: Fence,
    groups: Sequence[tuple[str, int]],
    interfaces: Sequence[str],
    *,
    seconds: float,
) -> Iterator[Datagram]:
    """See :meth:`dpf_edge.host.net.Net.hear`."""
    with Asking(ledger, fence) as sockets:
        for group, port in groups:
            for interface in interfaces:
                question = Question(b"", group, port, interface, from_port=port)
                try:
                    sockets.join(question, place(group, interface))
                except Failed as error:  # a link without IPv6 has none of its groups
                    ledger.note(f"{interface}: {error}")
        end = ledger.clock() + seconds
        while ledger.left() and ledger.clock() < end:
            yield from sockets.read(ledger.nap(end - ledger.clock()))


def joined(sock: socket.socket, to: Place, interface: str) -> None:
    """Join a group on a link.

    :raises Failed: the kernel would not.
    """
    try:
        sockets.join(sock, to.address, interface, network_tables.index(interface))
    except OSError as error:
        raise Failed(f"the group {to.address} cannot be joined: {error.strerror}") from error
