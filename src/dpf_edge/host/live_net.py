"""The live network: what collectors send goes out here, and what they hear comes in.

One :class:`LiveNet` is one sweep's: all its collectors share one rate. Each has an
:class:`Account` of its own, which counts what it sent and ends at its deadline.
"""

from __future__ import annotations

import random
import sys
import threading
import time
from typing import TYPE_CHECKING

from dpf_edge.errors import HostError
from dpf_edge.host import network_tables
from dpf_edge.host.counting import Ledger
from dpf_edge.host.forbidden import fence
from dpf_edge.host.pacing import Pace

if TYPE_CHECKING:
    import builtins
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from dpf_edge.host.forbidden import Fence
    from dpf_edge.host.net import (
        Connected,
        Container,
        Datagram,
        Echo,
        Frame,
        Page,
        Question,
        Said,
    )
    from dpf_edge.model import Neighbour


class LiveNet:
    """What a sweep sends by.

    :param rate: packets a second, of all accounts together; at most ``pacing.FASTEST``.
    :param seed: of the dice that keep packets out of step; None for the machine's own.
    :param now: seconds since 1970.
    :param interfaces: the links that anything may be sent on by name; None for all there are.
    """

    def __init__(
        self,
        rate: float,
        seed: int | None = None,
        now: Callable[[], float] = time.time,
        interfaces: Sequence[str] | None = None,
    ) -> None:
        dice = random.Random(seed)  # noqa: S311 -- it spreads packets, and hides nothing
        self._pace = Pace(rate, time.monotonic, dice.random)
        self._now = now
        self._stop = threading.Event()
        self._links = None if interfaces is None else frozenset(interfaces)
        self._fence: Fence | None = None
        self._lock = threading.Lock()

    @property
    def rate(self) -> float:
        """How many packets leave a second at most, as it is now: it falls when answers do."""
        return self._pace.rate

    def privileged(self) -> bool:
        """Whether packet sockets may be opened."""
        return privileged()

    def account(self, name: str, seconds: float) -> Account:
        """An account for one collector, which lasts so long from now on."""
        ledger = Ledger(self._pace, seconds, self._stop, self._now)
        return Account(name, ledger, self.fence)

    def close(self) -> None:
        """End everything that still runs; what was given stays given."""
        self._stop.set()

    def fence(self) -> Fence:
        """Whom connections may be made to, read of this machine's networks once."""
        with self._lock:
            if self._fence is None:
                try:
                    own = network_tables.interfaces()
                except HostError:
                    own = ()
                self._fence = fence(own, self._links)
            return self._fence


def privileged() -> bool:
    """Whether this process may have packet sockets."""
    from dpf_edge.host import packet_socket

    return packet_socket.allowed()


class Account:
    """What one collector may do: a :class:`~dpf_edge.host.net.Net`, counted.

    The engines are imported when they are first used: to hear frames takes no TLS.
    """

    def __init__(self, name: str, ledger: Ledger, fence: Callable[[], Fence]) -> None:
        self.name = name
        self._ledger = ledger
        self._fence = fence

    @property
    def packets(self) -> int:
        """How many packets were handed to the kernel; a connection counts as one."""
        return self._ledger.packets

    @property
    def bytes(self) -> int:
        """How many bytes were handed to the kernel, as datagrams, frames and words."""
        return self._ledger.bytes

    def end(self) -> None:
        """Make now the deadline, from whichever thread: what runs on this account then ends."""
        self._ledger.end()

    def now(self) -> float:
        """See :meth:`Net.now`."""
        return self._ledger.now()

    def left(self) -> float:
        """See :meth:`Net.left`."""
        return self._ledger.left()

    def privileged(self) -> bool:
        """See :meth:`Net.privileged`."""
        return privileged()

    def lost(self) -> tuple[str, ...]:
        """See :meth:`Net.lost`."""
        return self._ledger.lost()

    def note(self, says: str) -> None:
        """See :meth:`Net.note`."""
        self._ledger.note(says)

    def ask(
        self, questions: Iterable[Question], *, wait: float, again: Sequence[float] = ()
    ) -> Iterator[Datagram]:
        """See :meth:`Net.ask`."""
        from dpf_edge.host.datagrams import ask

        return ask(self._ledger, self._fence(), questions, wait=wait, again=again)

    def hear(
        self, groups: Sequence[tuple[str, int]], interfaces: Sequence[str], *, seconds: float
    ) -> Iterator[Datagram]:
        """See :meth:`Net.hear`."""
        from dpf_edge.host.datagrams import hear

        return hear(self._ledger, self._fence(), groups, interfaces, seconds=seconds)

    def frames(
        self, interfaces: Sequence[str], kinds: Sequence[str], *, seconds: float
    ) -> Iterator[Frame]:
        """See :meth:`Net.frames`."""
        from dpf_edge.host.frames import hear

        return hear(self._ledger, self._fence(), interfaces, kinds, seconds=seconds)

    def exchange_frames(
        self,
        interface: str,
        kind: str,
        questions: Iterable[builtins.bytes],
        *,
        wait: float,
        passes: int = 1,
        quiet: float | None = None,
    ) -> Iterator[Frame]:
        """See :meth:`Net.exchange_frames`."""
        from dpf_edge.host.frames import exchange

        return exchange(
            self._ledger,
            self._fence(),
            interface,
            kind,
            questions,
            wait=wait,
            passes=passes,
            quiet=quiet,
        )

    def nudge(
        self, addresses: Iterable[str], *, wait: float, quiet: float | None = None
    ) -> Iterator[Neighbour]:
        """See :meth:`Net.nudge`."""
        if sys.platform == "win32":
            from dpf_edge.host.sendarp import nudge
        elif sys.platform == "darwin":
            from dpf_edge.host.sendarp import by_looking as nudge
        else:
            from dpf_edge.host.nudging import nudge

        return nudge(self._ledger, self._fence(), addresses, wait=wait, quiet=quiet)

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
        """See :meth:`Net.echo`."""
        if sys.platform == "win32":
            from dpf_edge.host.echoing_windows import echo
        else:
            from dpf_edge.host.echoing import echo

        return echo(
            self._ledger,
            self._fence(),
            addresses,
            wait=wait,
            interface=interface,
            source=source,
            passes=passes,
            quiet=quiet,
        )

    def connect(self, targets: Iterable[tuple[str, int]], *, wait: float) -> Iterator[Connected]:
        """See :meth:`Net.connect`."""
        from dpf_edge.host.connecting import connect

        return connect(self._ledger, self._fence(), targets, wait=wait)

    def talk(
        self,
        address: str,
        port: int,
        *,
        say: builtins.bytes = b"",
        tls: bool = False,
        most: int = 4096,
        seconds: float = 2.0,
        until: builtins.bytes | None = None,
    ) -> Said:
        """See :meth:`Net.talk`."""
        from dpf_edge.host.talking import talk

        return talk(
            self._ledger,
            self._fence(),
            address,
            port,
            say=say,
            tls=tls,
            most=most,
            seconds=seconds,
            until=until,
        )

    def fetch(self, url: str, *, only: str, most: int = 65536, seconds: float = 2.0) -> Page:
        """See :meth:`Net.fetch`."""
        from dpf_edge.host.fetching import fetch

        return fetch(self._ledger, self._fence(), url, only=only, most=most, seconds=seconds)

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
        """See :meth:`Net.api`."""
        from dpf_edge.host.api import fetched

        return fetched(
            self._ledger,
            url,
            key=key,
            insecure=insecure,
            fingerprint=fingerprint,
            most=most,
            seconds=seconds,
        )

    def containers(self) -> tuple[Container, ...]:
        """See :meth:`Net.containers`."""
        from dpf_edge.host.containers import containers

        return containers(self._ledger.now)
