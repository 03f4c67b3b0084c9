"""Notes everything that a collector asks of the network, and what came of it, for a case."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dpf_edge.errors import HostError
from dpf_edge.host.net_recorded import Exchange, plain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from dpf_edge.host.net import (
        Connected,
        Container,
        Datagram,
        Echo,
        Frame,
        Net,
        Page,
        Question,
        Said,
    )
    from dpf_edge.model import Neighbour


class Recorder:
    """A :class:`~dpf_edge.host.net.Net` that hands everything on to another, and notes it.

    :ivar exchanges: what was recorded, in the order of the calls; ``msgspec.to_builtins`` makes it
        a case's JSON.
    """

    def __init__(self, net: Net) -> None:
        self._net = net
        self.exchanges: list[Exchange] = []

    def _note(self, method: str, given: Mapping[str, Any] | None = None) -> Exchange:
        """Begin to note a call."""
        made = Exchange(method, None if given is None else plain(dict(given)), [])
        self.exchanges.append(made)
        return made

    def _each(
        self, method: str, given: Mapping[str, Any], ask: Callable[[], Iterable[Any]]
    ) -> Iterator[Any]:
        """Note a call, and all that it gives."""
        noted = self._note(method, given)
        try:
            for value in ask():
                noted.gives.append(plain(value))
                yield value
        except HostError as error:
            noted.raises = {"code": error.code, "message": str(error)}
            raise

    def _state(self, method: str, value: Any) -> Any:  # noqa: ANN401 -- a number, a truth or words
        """Note what the account says of itself."""
        self._note(method).gives.append(plain(value))
        return value

    def now(self) -> float:
        """See :meth:`Net.now`."""
        return float(self._state("now", self._net.now()))

    def left(self) -> float:
        """See :meth:`Net.left`."""
        return float(self._state("left", self._net.left()))

    def privileged(self) -> bool:
        """See :meth:`Net.privileged`."""
        return bool(self._state("privileged", self._net.privileged()))

    def lost(self) -> tuple[str, ...]:
        """See :meth:`Net.lost`."""
        return tuple(self._state("lost", self._net.lost()))

    def note(self, says: str) -> None:
        """See :meth:`Net.note`."""
        self._net.note(says)

    def ask(
        self, questions: Iterable[Question], *, wait: float, again: Sequence[float] = ()
    ) -> Iterator[Datagram]:
        """See :meth:`Net.ask`."""
        asked = list(questions)
        yield from self._each(
            "ask", {"questions": asked}, lambda: self._net.ask(asked, wait=wait, again=again)
        )

    def hear(
        self, groups: Sequence[tuple[str, int]], interfaces: Sequence[str], *, seconds: float
    ) -> Iterator[Datagram]:
        """See :meth:`Net.hear`."""
        yield from self._each(
            "hear",
            {"groups": list(groups), "interfaces": list(interfaces)},
            lambda: self._net.hear(groups, interfaces, seconds=seconds),
        )

    def frames(
        self, interfaces: Sequence[str], kinds: Sequence[str], *, seconds: float
    ) -> Iterator[Frame]:
        """See :meth:`Net.frames`."""
        yield from self._each(
            "frames",
            {"interfaces": list(interfaces), "kinds": list(kinds)},
            lambda: self._net.frames(interfaces, kinds, seconds=seconds),
        )

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
        """See :meth:`Net.exchange_frames`."""
        asked = list(questions)
        yield from self._each(
            "exchange_frames",
            {"interface": interface, "kind": kind, "questions": asked},
            lambda: self._net.exchange_frames(
                interface, kind, asked, wait=wait, passes=passes, quiet=quiet
            ),
        )

    def nudge(
        self, addresses: Iterable[str], *, wait: float, quiet: float | None = None
    ) -> Iterator[Neighbour]:
        """See :meth:`Net.nudge`."""
        asked = list(addresses)
        yield from self._each(
            "nudge", {"addresses": asked}, lambda: self._net.nudge(asked, wait=wait, quiet=quiet)
        )

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
        asked = list(addresses)
        yield from self._each(
            "echo",
            {"addresses": asked, "interface": interface, "source": source},
            lambda: self._net.echo(
                asked,
                wait=wait,
                interface=interface,
                source=source,
                passes=passes,
                quiet=quiet,
            ),
        )

    def connect(self, targets: Iterable[tuple[str, int]], *, wait: float) -> Iterator[Connected]:
        """See :meth:`Net.connect`."""
        asked = list(targets)
        yield from self._each(
            "connect", {"targets": asked}, lambda: self._net.connect(asked, wait=wait)
        )

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
        """See :meth:`Net.talk`."""
        given = {"address": address, "port": port, "say": say, "tls": tls}
        asked = self._each(
            "talk",
            given,
            lambda: (
                self._net.talk(
                    address, port, say=say, tls=tls, most=most, seconds=seconds, until=until
                ),
            ),
        )
        said: Said = next(asked)
        return said

    def fetch(self, url: str, *, only: str, most: int = 65536, seconds: float = 2.0) -> Page:
        """See :meth:`Net.fetch`."""
        asked = self._each(
            "fetch",
            {"url": url, "only": only},
            lambda: (self._net.fetch(url, only=only, most=most, seconds=seconds),),
        )
        page: Page = next(asked)
        return page

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
        """See :meth:`Net.api`; the key is not noted."""
        asked = self._each(
            "api",
            {"url": url},
            lambda: (
                self._net.api(
                    url,
                    key=key,
                    insecure=insecure,
                    fingerprint=fingerprint,
                    most=most,
                    seconds=seconds,
                ),
            ),
        )
        page: Page = next(asked)
        return page

    def containers(self) -> tuple[Container, ...]:
        """See :meth:`Net.containers`."""
        return tuple(self._each("containers", {}, self._net.containers))
