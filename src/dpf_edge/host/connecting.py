"""Many TCP connections at once, to learn which are taken: by epoll, in one thread; where there is
no epoll, by whatever the system has in its place.

Each is closed as soon as it stands, with a reset: nothing is left behind on either side, and no
port of ours waits two minutes for a last word.
"""

from __future__ import annotations

import itertools
import select
import selectors
import socket
import struct
import sys
import time
from collections import deque
from typing import TYPE_CHECKING, NamedTuple

from dpf_edge.errors import Failed
from dpf_edge.host import sockets
from dpf_edge.host.forbidden import Fence, Place, place
from dpf_edge.host.net import Connected

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from dpf_edge.host.counting import Ledger

# More at once gains nothing: measured, 500 to 1 000 keep one core busy.
MOST_AT_ONCE = 1_000
# Files that the rest of the process may want meanwhile.
SPARE_FILES = 96
# struct linger: on, for no time (socket(7)): close() resets.
RESET = struct.pack("=ii", 1, 0)
RESULTS = (
    {0: "open"}
    | dict.fromkeys(sockets.REFUSED, "closed")
    | dict.fromkeys(sockets.TIMED_OUT, "silent")
)
# select() of Windows' Python takes 512 sockets (FD_SETSIZE), and macOS' numbers up to 1 024.
MOST_SELECTED = 480


class Pending(NamedTuple):
    """A connection that has come to nothing yet."""

    sock: socket.socket
    address: str
    port: int
    end: float


def connect(
    ledger: Ledger, fence: Fence, targets: Iterable[tuple[str, int]], *, wait: float
) -> Iterator[Connected]:
    """See :meth:`dpf_edge.host.net.Net.connect`."""
    with Many(ledger, fence, wait) as many:
        todo = iter(targets)
        turn = ledger.turn()
        batch = list(itertools.islice(todo, turn.batch))
        while ledger.left() and (batch or many.pending):
            if batch and many.has_room(len(batch)) and turn.due(len(batch)):
                for address, port in batch:
                    yield from many.begin(address, port)
                batch = list(itertools.islice(todo, turn.batch))
            pause = turn.wait() if batch and many.has_room(len(batch)) else many.patience()
            yield from many.settled(ledger.nap(pause))


class Many:
    """The connections that were begun and have come to nothing yet."""

    def __init__(self, ledger: Ledger, fence: Fence, wait: float) -> None:
        self._ledger = ledger
        self._fence = fence
        self._wait = wait
        self._ready = Ready()
        self._places: dict[str, Place | None] = {}
        # By when each is given up: all have the same time, so the oldest is the first.
        self._order: deque[Pending] = deque()
        self._room = room()
        # Counted many at a time: the counters are shared by threads, and have a lock.
        self._begun = 0
        self.pending: dict[int, Pending] = {}

    def __enter__(self) -> Many:
        return self

    def __exit__(self, *_: object) -> None:
        self._ledger.count(self._begun, 0)
        for each in self.pending.values():
            each.sock.close()
        self._ready.close()

    def has_room(self, count: int) -> bool:
        """Whether so many more may be begun."""
        return not self.pending or len(self.pending) + count <= self._room

    def patience(self) -> float:
        """How many seconds until the oldest is given up."""
        while self._order and self._order[0].sock.fileno() < 0:  # it came to something
            self._order.popleft()
        return max(0.0, self._order[0].end - self._ledger.clock()) if self._order else 0.0

    def begin(self, address: str, port: int) -> Iterator[Connected]:
        """Begin a connection; give what came of it, where that is known at once."""
        to = self._place(address, port)
        if to is None:
            return
        try:
            sock = sockets.opened(to.family, socket.SOCK_STREAM)
        except OSError:
            self._ledger.lose("connections were not tried, for want of files")
            return
        number = sock.connect_ex(to.sockaddr(port))
        if number in sockets.BEGUN:
            self._begun += 1
            each = Pending(sock, address, port, self._ledger.clock() + self._wait)
            descriptor = sock.fileno()
            self.pending[descriptor] = each
            self._order.append(each)
            self._ready.register(descriptor)
            return
        sock.close()
        if number in sockets.NOT_PUT:
            self._ledger.lose("connections were not tried, for want of ports")
            return
        self._begun += 1
        yield Connected(address, port, result(number), self._ledger.now())

    def _place(self, address: str, port: int) -> Place | None:
        """Where a connection leads to; None where none may be made."""
        try:
            self._fence.check_port(port)
            if address not in self._places:
                self._places[address] = None
                to = place(address)
                self._fence.check_station(to)
                self._places[address] = to
        except Failed as error:
            self._ledger.note(str(error))
            return None
        return self._places[address]

    def settled(self, seconds: float) -> Iterator[Connected]:
        """What came of connections in so many seconds, and of those that have had their time."""
        self._ledger.count(self._begun, 0)
        self._begun = 0
        for number in self._ready.poll(seconds):
            each = self.pending.pop(number)
            self._ready.forget(number)
            said = each.sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            if said == 0:
                each.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            each.sock.close()
            yield Connected(each.address, each.port, result(said), self._ledger.now())
        now = self._ledger.clock()
        while self._order and (self._order[0].end <= now or self._order[0].sock.fileno() < 0):
            each = self._order.popleft()
            if each.sock.fileno() >= 0:
                del self.pending[each.sock.fileno()]
                self._ready.forget(each.sock.fileno())
                each.sock.close()
                yield Connected(each.address, each.port, "silent", self._ledger.now())


class Polled:
    """Which sockets have come to something, by the system's selector."""

    def __init__(self) -> None:
        self._selector = selectors.DefaultSelector()

    def register(self, descriptor: int) -> None:
        """Watch a socket."""
        self._selector.register(descriptor, selectors.EVENT_WRITE)

    def forget(self, descriptor: int) -> None:
        """Watch a socket no longer."""
        self._selector.unregister(descriptor)

    def poll(self, seconds: float) -> list[int]:
        """The sockets that have come to something, of so many seconds at most."""
        if not self._selector.get_map():  # Windows' select() takes no empty lists
            time.sleep(seconds)
            return []
        return [key.fd for key, _ in self._selector.select(seconds)]

    def close(self) -> None:
        """Watch nothing any more."""
        self._selector.close()


if sys.platform == "linux":

    class Ready:
        """Which sockets have come to something, by epoll."""

        def __init__(self) -> None:
            self._epoll = select.epoll()

        def register(self, descriptor: int) -> None:
            """Watch a socket."""
            self._epoll.register(descriptor, select.EPOLLOUT)

        def forget(self, descriptor: int) -> None:
            """Nothing: the kernel forgets a socket that is closed."""

        def poll(self, seconds: float) -> list[int]:
            """The sockets that have come to something, of so many seconds at most."""
            return [number for number, _ in self._epoll.poll(seconds)]

        def close(self) -> None:
            """Watch nothing any more."""
            self._epoll.close()

else:
    Ready = Polled


def result(number: int) -> str:
    """What a connection's error number means."""
    return RESULTS.get(number, "unreachable")


def room() -> int:
    """How many connections this process may have at once, by its limit of open files."""
    if sys.platform == "win32":
        return MOST_SELECTED
    import resource

    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY:
        return MOST_AT_ONCE
    return max(8, min(MOST_AT_ONCE, soft - SPARE_FILES))
