"""The network's seam: what a collector may send, and what it may hear, live or recorded.

A collector never opens a socket. It hands its questions to a :class:`Net` and reads the answers as
they come; the rate, the deadline, the counting and the caps are kept here, where no collector can
forget them. A recorded network answers like a live one, so a collector's case is one file.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from dpf_edge.model import Neighbour


class Question(NamedTuple):
    """One UDP datagram to send.

    :ivar to: an address, or a group's; a link-local one needs the interface.
    :ivar interface: the link to send on, by name; None lets the routes decide.
    :ivar hops: the TTL or hop limit of a group's datagram; 255 where the protocol's readers check
        for it (RFC 6762 11). A unicast question has 64, or this where it is more than 1.
    :ivar from_port: the source port; 0 is any.
    """

    payload: bytes
    to: str
    port: int
    interface: str | None = None
    hops: int = 1
    from_port: int = 0


class Datagram(NamedTuple):
    """One UDP datagram that came: whence, on which link, when (seconds since 1970), and its TTL."""

    payload: bytes
    address: str
    port: int
    interface: str | None
    at: float


class Frame(NamedTuple):
    """One Ethernet frame as it came by, from the destination's MAC on; without its check sum."""

    data: bytes
    interface: str
    at: float


class Echo(NamedTuple):
    """One answer to an ICMP or ICMPv6 echo."""

    address: str
    hops: int | None
    seconds: float
    at: float
    interface: str | None = None


class Connected(NamedTuple):
    """What came of one TCP connect: ``open``, ``closed`` (refused), ``silent``, ``unreachable``."""

    address: str
    port: int
    result: str
    at: float


class Said(NamedTuple):
    """What a TCP service said.

    :ivar data: its first bytes, bounded.
    :ivar certificate: its TLS certificate in DER, unverified; None without TLS.
    """

    data: bytes
    certificate: bytes | None
    at: float


class Page(NamedTuple):
    """What an HTTP server answered; redirects are not followed.

    :ivar headers: by their names in lower case; of a name that came twice, the first.
    :ivar whole: whether the body is all there: not longer than was wanted, and ended in time.
    :ivar certificate: the server's TLS certificate in DER, unverified; None without TLS.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    at: float
    whole: bool = True
    certificate: bytes | None = None


class Container(NamedTuple):
    """One container of an engine on this machine, of the fields that the charter lists."""

    engine: str
    id: str
    name: str
    image: str
    state: str
    addresses: tuple[str, ...]
    macs: tuple[str, ...]
    networks: tuple[str, ...]
    at: float


class Net(Protocol):
    """What one collector may do on the network, counted on its account.

    Every method yields as answers come and ends by itself: at its own ``wait``, or at the
    account's deadline, whichever is first. What may not be done raises
    :class:`~dpf_edge.errors.Denied` (a privilege is missing), what cannot
    :class:`~dpf_edge.errors.Failed`; an address that cannot be reached is no error but no answer.
    Lost questions (a full buffer, a full table) are told by :meth:`lost`.
    """

    def now(self) -> float:
        """The wall clock, seconds since 1970."""

    def left(self) -> float:
        """How many seconds this account has left; 0 at and after the deadline."""

    def privileged(self) -> bool:
        """Whether packet sockets may be opened (CAP_NET_RAW on Linux)."""

    def lost(self) -> tuple[str, ...]:
        """What was lost on the way, in words, each once."""

    def note(self, says: str) -> None:
        """Add to :meth:`lost` what the collector itself had to leave out: a table cut off."""

    def ask(
        self, questions: Iterable[Question], *, wait: float, again: Sequence[float] = ()
    ) -> Iterator[Datagram]:
        """Send questions at the account's rate, and give what answers until ``wait`` seconds after
        the last. Unicast questions are answered by the one asked or not at all; a group's by
        anybody on that link.

        :param again: how many seconds after the first round to ask again those who were silent
            (a group: everybody).
        """

    def hear(
        self, groups: Sequence[tuple[str, int]], interfaces: Sequence[str], *, seconds: float
    ) -> Iterator[Datagram]:
        """Join groups on interfaces and give what comes. Joining sends: from level ask only."""

    def frames(
        self, interfaces: Sequence[str], kinds: Sequence[str], *, seconds: float
    ) -> Iterator[Frame]:
        """Give frames as they come by, sending and joining nothing. ``kinds``: ``arp``, ``ndp``,
        ``mdns``, ``ssdp``, ``dhcp``, ``lldp``, ``cdp``, ``llmnr``, ``netbios``, ``wsd``.

        :raises Denied: packet sockets are not allowed.
        """

    def exchange_frames(
        self,
        interface: str,
        kind: str,
        questions: Iterable[bytes],
        *,
        wait: float,
        passes: int = 1,
        quiet: float | None = None,
    ) -> Iterator[Frame]:
        """Send frames at the account's rate and give those of one kind, ``arp`` or ``ndp``, that
        come meanwhile and until ``wait`` seconds after the last. It ends before that where
        everybody who was asked has answered.

        :param questions: iterated over once a pass, where it can be; else it is kept.
        :param passes: how often the silent are asked, 3 times at most.
        :param quiet: end already when nobody answered anew for so many seconds.
        :raises Denied: packet sockets are not allowed.
        """

    def nudge(
        self, addresses: Iterable[str], *, wait: float, quiet: float | None = None
    ) -> Iterator[Neighbour]:
        """Make the kernel resolve addresses by an empty datagram each, and give those that the
        neighbour table then names; in chunks that neither the socket nor the table loses."""

    def echo(
        self,
        addresses: Iterable[str],
        *,
        wait: float,
        interface: str | None = None,
        source: str | None = None,
        passes: int = 1,
        quiet: float | None = None,
    ) -> Iterator[Echo]:
        """Send ICMP echoes (ICMPv6 to IPv6 addresses and groups) and give the answers, each
        address once for each that it was asked by.

        :param source: an address of our own to send from: to a group, members answer with an
            address that fits it.
        :param passes: how often the silent are asked, a group by its address alone.
        :param quiet: end already when nobody answered anew for so many seconds.
        :raises Denied: neither ping sockets (ping_group_range) nor raw ones are allowed.
        """

    def connect(self, targets: Iterable[tuple[str, int]], *, wait: float) -> Iterator[Connected]:
        """Try TCP connections, many at once, and give what came of each; each is closed at once.
        Ports 9100 to 9107 are never tried."""

    def talk(
        self,
        address: str,
        port: int,
        *,
        say: bytes = b"",
        tls: bool = False,
        most: int = 4096,
        seconds: float = 2.0,
        until: bytes | None = None,
    ) -> Said:
        """Connect, say something, and read what comes, bounded in bytes and time.

        :raises Failed: refused, silent or broken; with the reason.
        """

    def fetch(self, url: str, *, only: str, most: int = 65536, seconds: float = 2.0) -> Page:
        """GET a page by HTTP or HTTPS (unverified) from the one address ``only``: a URL whose host
        is another is refused, no redirect is followed, no proxy used, no name looked up.

        :raises Failed: refused, silent, endless, another host, or no HTTP; with the reason.
        """

    def api(
        self,
        url: str,
        *,
        key: str,
        insecure: bool = False,
        fingerprint: str | None = None,
        most: int = 8 << 20,
        seconds: float = 10.0,
    ) -> Page:
        """GET a document of a controller's API with a key of the operator's (``X-API-KEY``), over
        verified TLS and from a private address alone; no redirect is followed, no proxy used.

        :param insecure: whether its certificate is not checked; the operator's own word.
        :param fingerprint: the SHA-256 of the one certificate that counts, in lower-case hex.
        :raises Failed: it cannot be had, or may not; what begins with ``TLS`` is about trust.
        """

    def containers(self) -> tuple[Container, ...]:
        """The containers of this machine's own engines.

        :raises Absent: there is no engine; :raises Denied: it may not be asked.
        """
