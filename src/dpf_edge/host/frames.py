"""Frames heard as they come by, and questions put as frames, on packet sockets."""

from __future__ import annotations

import contextlib
import selectors
import time
from typing import TYPE_CHECKING

from dpf_edge.host import packet_socket
from dpf_edge.host.net import Frame
from dpf_edge.host.walking import MATCHINGS, Walk

if TYPE_CHECKING:
    import socket
    from collections.abc import Iterable, Iterator, Sequence

    from dpf_edge.host.counting import Ledger
    from dpf_edge.host.forbidden import Fence

# Frames taken in one go before anything else is looked at again.
MOST_AT_ONCE = 256
# What by the way is heard of a flood: 5 000 frames a second take a fifth of a core. A network of a
# thousand stations has a hundred a second of the kinds that are heard.
WINDOW_SECONDS = 0.1
MOST_A_WINDOW = 500
# The bell wakes a listener whose account is ended; a whole sweep that is called off waits for this.
LISTEN_SECONDS = 1.0
# Who has not answered by two more passes is not there; each costs the whole walk again.
MOST_PASSES = 3
# How much more a second pass may find than the first before it is the network that lost them.
LOSSY = 0.1
# No room in the card's queue, or in the socket: it is there again as soon as packets have left.
FULL_SECONDS = 0.001


def hear(
    ledger: Ledger, fence: Fence, interfaces: Sequence[str], kinds: Sequence[str], *, seconds: float
) -> Iterator[Frame]:
    """See :meth:`dpf_edge.host.net.Net.frames`."""
    packet_socket.packets()  # before the bell, which other systems have not either
    sockets: list[socket.socket] = []
    with selectors.DefaultSelector() as selector, ledger.bell() as bell:
        selector.register(bell, selectors.EVENT_READ)
        try:
            for interface in interfaces:
                fence.check_link(interface)
                sock = packet_socket.opened(interface, kinds)
                sockets.append(sock)
                selector.register(sock, selectors.EVENT_READ, interface)
            end = ledger.clock() + seconds
            window, count = ledger.clock(), 0
            while ledger.left() and ledger.clock() < end:
                for key, _ in selector.select(min(end - ledger.clock(), LISTEN_SECONDS)):
                    if key.fileobj == bell:
                        break
                    for data in taken(key.fileobj):  # type: ignore[arg-type]
                        count += 1
                        yield Frame(data, key.data, ledger.now())
                if ledger.clock() - window >= WINDOW_SECONDS:
                    window, count = ledger.clock(), 0
                elif count >= MOST_A_WINDOW:
                    time.sleep(ledger.nap(window + WINDOW_SECONDS - ledger.clock()))
            for sock in sockets:
                dropped = packet_socket.dropped(sock)
                if dropped:
                    ledger.lose("frames came faster than they could be read", dropped)
        finally:
            for sock in sockets:
                packet_socket.let_go(sock)


def taken(sock: socket.socket) -> Iterator[bytes]:
    """The frames that a socket holds, up to a bound."""
    for _ in range(MOST_AT_ONCE):
        try:
            yield sock.recv(packet_socket.FRAME_BYTES)
        except BlockingIOError:
            return
        except OSError:  # the interface went down; it may come up again
            return


def exchange(
    ledger: Ledger,
    fence: Fence,
    interface: str,
    kind: str,
    questions: Iterable[bytes],
    *,
    wait: float,
    passes: int,
    quiet: float | None,
) -> Iterator[Frame]:
    """See :meth:`dpf_edge.host.net.Net.exchange_frames`."""
    fence.check_link(interface)
    sock = packet_socket.opened(interface, (kind,))
    with contextlib.ExitStack() as stack:
        stack.callback(packet_socket.let_go, sock)
        selector = stack.enter_context(selectors.DefaultSelector())
        selector.register(sock, selectors.EVENT_READ)
        walk = Walk(ledger, sock, MATCHINGS[kind], questions)

        def answers(seconds: float) -> Iterator[Frame]:
            if selector.select(ledger.nap(seconds)):
                for data in taken(sock):
                    walk.hear(data)
                    yield Frame(data, interface, ledger.now())

        for number in range(min(passes, MOST_PASSES)):
            if number:
                yield from answers(0)
            found_before = len(walk.answered)
            for batch, not_before in walk.batches(number):
                while ledger.left() and (pause := walk.pause(len(batch), not_before)):
                    yield from answers(pause)
                while ledger.left() and walk.send(batch):
                    yield from answers(FULL_SECONDS)
                if number == 0 and not ledger.left():
                    ledger.lose("addresses were not asked in the time there was", len(batch))
                yield from answers(0)
            if number and len(walk.answered) - found_before > found_before * LOSSY:
                walk.slow("the second pass found many whom the first one missed")
        while ledger.left() and (rest := walk.rest(wait, quiet)):
            yield from answers(rest)
        lost = packet_socket.dropped(sock)
        if lost:
            ledger.lose("answers came faster than they could be read", lost)
