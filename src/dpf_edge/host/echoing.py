"""ICMP and ICMPv6 echoes (RFC 792, RFC 4443 section 4), many at once, by ping sockets or raw ones.

A ping socket needs no privilege where ``net.ipv4.ping_group_range`` allows it, and the kernel then
keeps the identifiers apart; a raw one needs CAP_NET_RAW. Each echo carries a number drawn for this
run, so that nobody who did not hear it can answer it.
"""

from __future__ import annotations

import errno
import os
import selectors
import socket
import struct
import sys
from typing import TYPE_CHECKING, NamedTuple

from dpf_edge.errors import Denied, Failed
from dpf_edge.host import network_tables, sockets
from dpf_edge.host.forbidden import Fence, Place, place
from dpf_edge.host.net import Echo

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from dpf_edge.host.counting import Ledger

ECHO: Mapping[int, int] = {socket.AF_INET: 8, socket.AF_INET6: 128}
ECHO_REPLY: Mapping[int, int] = {socket.AF_INET: 0, socket.AF_INET6: 129}
HEADER = struct.Struct("!BBHHH")  # type, code, check sum, identifier, sequence
COOKIE_BYTES = 12
# Sockets hold about 256 packets that wait for a MAC; another socket is opened where one is full.
MOST_SOCKETS = 16
FULL = (errno.EAGAIN, errno.ENOBUFS)
ROOM_SECONDS = 1.0
REPLY_BYTES = 2048
MOST_PASSES = 3
# A group's members on one link; more is a flood.
MOST_OF_A_GROUP = 4096
LEAST_WAIT_SECONDS = 0.05
# linux/icmp.h, linux/icmpv6.h: which messages a raw socket is not given.
SOL_RAW, ICMP_FILTER = 255, 1
ICMPV6_FILTER = 1
IP_RECVTTL = 12  # linux/in.h
BUFFER_BYTES = 1 << 20


class Asked(NamedTuple):
    """One echo that was sent: to whom, and when."""

    address: str
    is_group: bool
    at: float


def echo(
    ledger: Ledger,
    fence: Fence,
    addresses: Iterable[str],
    *,
    wait: float,
    interface: str | None,
    source: str | None,
    passes: int,
    quiet: float | None,
) -> Iterator[Echo]:
    """See :meth:`dpf_edge.host.net.Net.echo`."""
    fence.check_link(interface)
    with Echoing(ledger, fence, interface, source) as echoing:
        again: list[str] = []
        turn = ledger.turn()
        for number in range(min(passes, MOST_PASSES)):
            silent = [one for one in again if echoing.is_silent(one)]
            for each in silent if number else addresses:
                if number == 0 and passes > 1:
                    again.append(each)
                while ledger.left() and not turn.due(1):
                    yield from echoing.read(ledger.nap(turn.wait()))
                if not ledger.left():
                    return
                yield from echoing.send(each)
            while number + 1 < passes and ledger.left() and echoing.rest(LEAST_WAIT_SECONDS, None):
                yield from echoing.read(ledger.nap(echoing.rest(LEAST_WAIT_SECONDS, None)))
        while ledger.left() and (rest := echoing.rest(wait, quiet)):
            yield from echoing.read(ledger.nap(rest))


class Echoing:
    """The sockets of one run, what was sent by them, and who has answered."""

    def __init__(
        self, ledger: Ledger, fence: Fence, interface: str | None, source: str | None
    ) -> None:
        self._ledger = ledger
        self._fence = fence
        self._interface = interface
        self._source = source
        self._cookie = os.urandom(COOKIE_BYTES)
        self._selector = selectors.DefaultSelector()
        self._sockets: dict[int, list[socket.socket]] = {}
        self._asked: list[Asked] = []
        self._answered: set[tuple[str, str]] = set()
        self._owed: set[str] = set()
        self._has_group = False
        self._last_sent = self._last_heard = ledger.clock()

    def __enter__(self) -> Echoing:
        return self

    def __exit__(self, *_: object) -> None:
        for family in self._sockets.values():
            for each in family:
                each.close()
        self._selector.close()

    def is_silent(self, address: str) -> bool:
        """Whether somebody who was asked has not answered; of a group nobody knows."""
        return self._has_group or address in self._owed

    def rest(self, wait: float, quiet: float | None) -> float:
        """How many seconds answers are still waited for; 0 where it is over."""
        if not self._has_group and not self._owed:
            return 0.0
        end = self._last_sent + wait
        if quiet is not None:
            end = min(end, max(self._last_sent + LEAST_WAIT_SECONDS, self._last_heard + quiet))
        return max(0.0, end - self._ledger.clock())

    def send(self, address: str) -> Iterator[Echo]:
        """Send an echo; give what comes while there is no room for it.

        :raises Denied: neither kind of socket is allowed.
        """
        try:
            to = place(address, self._interface)
            group = self._fence.is_group(to)
            if not group:
                self._fence.check_station(to)
        except Failed as error:
            self._ledger.note(str(error))
            return
        number = len(self._asked)
        self._asked.append(Asked(to.address, group, self._ledger.clock()))
        packet = message(to.family, number, self._cookie)
        end = self._ledger.clock() + ROOM_SECONDS
        while not self._put(to, packet):
            if not self._ledger.left() or self._ledger.clock() > end:
                self._ledger.lose("echoes found no room in the socket")
                return
            yield from self.read(0.01)
        self._last_sent = self._ledger.clock()
        if group:
            self._has_group = True
        elif (to.address, to.address) not in self._answered:
            self._owed.add(to.address)

    def _put(self, to: Place, packet: bytes) -> bool:
        """Hand an echo to the kernel; whether there was room."""
        held = self._sockets.setdefault(to.family, [])
        if not held:
            held.append(self._opened(to.family))
        try:
            held[-1].sendto(packet, to.sockaddr(0))
        except OSError as error:
            if error.errno in FULL:
                if len(held) < MOST_SOCKETS:
                    held.append(self._opened(to.family))
                return False
            if error.errno in (errno.EPERM, errno.EACCES):
                raise Denied(f"no echo to {to.address}: {error.strerror}") from error
            return True  # no way there: it is no error but no answer
        self._ledger.count(1, len(packet))
        return True

    def _opened(self, family: int) -> socket.socket:
        """Another socket that is read from."""
        sock = opened(family, self._interface, self._source)
        self._selector.register(sock, selectors.EVENT_READ)
        return sock

    def read(self, seconds: float) -> Iterator[Echo]:
        """What comes in so many seconds, of one look at each socket."""
        for key, _ in self._selector.select(seconds):
            sock: socket.socket = key.fileobj  # type: ignore[assignment]
            try:
                data, ancillary, _, where = sock.recvmsg(REPLY_BYTES, 256)
            except OSError:
                continue
            if sock.family == socket.AF_INET and sock.type == socket.SOCK_RAW:
                data = data[(data[0] & 0x0F) * 4 :] if data else data
            source = str(where[0]).partition("%")[0]
            found = self._matched(sock.family, data, source)
            if found is not None:
                now = self._ledger.clock()
                self._last_heard = now
                hops = hops_of(ancillary)
                yield Echo(source, hops, now - found.at, self._ledger.now(), self._interface)

    def _matched(self, family: int, data: bytes, source: str) -> Asked | None:
        """The echo that an answer belongs to; None where it is none, or not the first."""
        number = numbered(family, data, self._cookie)
        if number is None or number >= len(self._asked):
            return None
        asked = self._asked[number]
        if asked.is_group:
            if len(self._answered) >= MOST_OF_A_GROUP:
                self._ledger.lose("answers of a flood were not read")
                return None
        elif asked.address != source:
            return None
        if (asked.address, source) in self._answered:
            return None
        self._answered.add((asked.address, source))
        self._owed.discard(asked.address)
        return asked


def message(family: int, number: int, cookie: bytes) -> bytes:
    """An echo request, numbered in its body.

    The check sum of ICMPv6 is the kernel's in any case, for it covers the addresses too.
    """
    body = cookie + struct.pack("!I", number)
    words = number >> 16 & 0xFFFF, number & 0xFFFF
    total = checksum(HEADER.pack(ECHO[family], 0, 0, *words) + body)
    return HEADER.pack(ECHO[family], 0, total, *words) + body


def numbered(family: int, data: bytes, cookie: bytes) -> int | None:
    """The number of the echo that a packet answers; None where it answers none of this run."""
    size = HEADER.size + len(cookie)
    if len(data) < size + 4 or data[0] != ECHO_REPLY[family] or data[HEADER.size : size] != cookie:
        return None
    return int.from_bytes(data[size : size + 4], "big")


def checksum(data: bytes) -> int:
    """The internet check sum (RFC 1071)."""
    if len(data) % 2:
        data += b"\0"
    total: int = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def hops_of(ancillary: Iterable[tuple[int, int, bytes]]) -> int | None:
    """The TTL or hop limit that a packet had when it came (IP_RECVTTL, IPV6_RECVHOPLIMIT)."""
    wanted = {(socket.IPPROTO_IP, socket.IP_TTL), (socket.IPPROTO_IPV6, socket.IPV6_HOPLIMIT)}
    for level, kind, data in ancillary:
        if (level, kind) in wanted and len(data) >= 4:
            return int.from_bytes(data[:4], sys.byteorder)
    return None


def opened(family: int, interface: str | None, source: str | None) -> socket.socket:
    """A non-blocking socket for echoes: a ping socket, or a raw one where there are none.

    :raises Denied: neither is allowed; :raises Failed: there is no such interface.
    """
    protocol = socket.IPPROTO_ICMP if family == socket.AF_INET else socket.IPPROTO_ICMPV6
    sock = None
    for kind in (socket.SOCK_DGRAM, socket.SOCK_RAW):
        try:
            sock = sockets.opened(family, kind, protocol)
            break
        except OSError as error:
            refused = error
    if sock is None:
        if refused.errno in (errno.EPERM, errno.EACCES):
            raise Denied("echoes need ping_group_range to allow them, or CAP_NET_RAW") from refused
        raise Failed(f"no socket for echoes: {refused.strerror}") from refused
    try:
        prepare(sock, interface)
        if source is not None:
            sock.bind(place(source, interface).sockaddr(0))
    except OSError as error:
        sock.close()
        raise Failed(f"{interface}: {error.strerror}") from error
    return sock


def prepare(sock: socket.socket, interface: str | None) -> None:
    """Give a socket its link, the TTL of what comes, and of a raw one only the answers."""
    raw = sock.type == socket.SOCK_RAW
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER_BYTES)
    if interface is not None:
        sockets.keep_to_link(sock, interface, network_tables.index(interface))
    if sock.family == socket.AF_INET:
        sock.setsockopt(socket.IPPROTO_IP, IP_RECVTTL, 1)
        if raw:
            sock.setsockopt(SOL_RAW, ICMP_FILTER, struct.pack("=I", ~(1 << 0) & 0xFFFFFFFF))
        return
    sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_RECVHOPLIMIT, 1)
    sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_LOOP, 0)
    if raw:
        passed = [0xFFFFFFFF] * 8
        passed[129 >> 5] &= ~(1 << (129 & 31))
        sock.setsockopt(socket.IPPROTO_ICMPV6, ICMPV6_FILTER, struct.pack("=8I", *passed))
