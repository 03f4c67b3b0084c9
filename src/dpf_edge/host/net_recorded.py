"""A network that was recorded, and that answers again what it answered then.

A recorded exchange is one call of one method of :class:`~dpf_edge.host.net.Net`, as JSON::

    {"method": "ask",
     "given": {"questions": [{"payload": "text:M-SEARCH …", "to": "239.255.255.250", …}]},
     "gives": [{"payload": "hex:0a0b", "address": "10.0.0.7", "port": 1900, "at": 1.5}]}

Bytes are ``text:`` and the text where that is printable ASCII, else ``hex:`` and the digits, so
that a case can be read and written by hand. An exchange without ``given`` fits any call of its
method; ``raises`` (``code`` and ``message``) stands for what was raised after all that it gave.
Waiting times are not compared: to wait longer is not to ask something else.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, NoReturn

import msgspec

from dpf_edge.errors import Absent, Denied, Failed, HostError
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

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence


ERRORS: Mapping[str, type[HostError]] = {each.code: each for each in (Absent, Denied, Failed)}
# What a recording without its clock is given: 2026-01-01T00:00:00Z, and a minute.
NOW = 1_767_225_600.0
LEFT = 60.0
VALUES = (Question, Datagram, Frame, Echo, Connected, Said, Page, Container)
BYTES = frozenset({"payload", "data", "certificate", "body", "say", "until"})


class Exchange(msgspec.Struct, omit_defaults=True):
    """One call: its method, what it was given, what it gave, and what it raised."""

    method: str
    given: dict[str, Any] | None = None
    gives: list[Any] = []
    raises: dict[str, str] | None = None


class NotRecorded(AssertionError):
    """A collector asked for something that the recording does not have: the two do not fit."""


def exchanges(data: Iterable[Mapping[str, Any]]) -> list[Exchange]:
    """Exchanges as they stand in a case's JSON.

    :raises msgspec.ValidationError: they are of another shape.
    """
    return msgspec.convert(list(data), list[Exchange])


def written(data: bytes) -> str:
    """Bytes as a recording writes them."""
    if data.isascii() and data.translate(None, b"\r\n\t").decode("ascii").isprintable():
        return "text:" + data.decode("ascii")
    return "hex:" + data.hex()


def read(text: str) -> bytes:
    """Bytes as a recording wrote them.

    :raises ValueError: the text is none.
    """
    kind, _, rest = text.partition(":")
    if kind == "text":
        return rest.encode("utf-8")
    if kind == "hex":
        return bytes.fromhex(rest)
    raise ValueError(f"bytes are text:… or hex:…, and not {text[:20]!r}")


def plain(value: Any) -> Any:  # noqa: ANN401 -- any value of the seam, and what JSON has for it
    """A value of the seam as JSON has it; fields that are at their defaults are left out."""
    if isinstance(value, bytes):
        return written(value)
    if isinstance(value, msgspec.Struct):
        return msgspec.to_builtins(value)
    if isinstance(value, VALUES):
        defaults = value._field_defaults
        return {
            name: plain(each)
            for name, each in value._asdict().items()
            if name not in defaults or each != defaults[name]
        }
    if isinstance(value, (list, tuple)):
        return [plain(each) for each in value]
    if isinstance(value, dict):
        return {str(name): plain(each) for name, each in value.items()}
    return value


def revived(kind: Any, value: Any) -> Any:  # noqa: ANN401 -- the types of the seam, by their fields
    """A value of the seam from its JSON."""
    if kind is Neighbour:
        return msgspec.convert(value, Neighbour)
    made: dict[str, Any] = {}
    for name, each in value.items():
        if name in BYTES and each is not None:
            made[name] = read(each)
        else:
            made[name] = tuple(each) if isinstance(each, list) else each
    # What may be None may be left out of a case that was written by hand.
    for name in ("interface", "certificate", "hops"):
        if name in kind._fields:
            made.setdefault(name, None)
    return kind(**made)


class RecordedNet:
    """A :class:`~dpf_edge.host.net.Net` of recorded exchanges.

    Each call takes the first exchange of its method that was not taken yet and whose ``given``
    fits, so that calls to several devices may come in any order. ``now``, ``left``, ``privileged``
    and ``lost`` say the last thing again where the recording has no more of them.

    :ivar untaken: the exchanges that nobody asked for yet.
    """

    def __init__(self, recorded: Iterable[Exchange]) -> None:
        self.untaken = list(recorded)
        self._lock = threading.Lock()  # a collector may ask several devices at once
        self._noted: list[str] = []
        self._said: dict[str, Any] = {"now": NOW, "left": LEFT, "privileged": True, "lost": ()}

    def _state(self, method: str) -> Any:  # noqa: ANN401 -- a number, a truth or words
        """One of the four things that every account can say."""
        with self._lock:
            for each in self.untaken:
                if each.method == method:
                    self.untaken.remove(each)
                    self._said[method] = each.gives[0]
                    break
            return self._said[method]

    def _take(self, method: str, given: Mapping[str, Any]) -> Exchange:
        """The exchange that fits a call."""
        asked = plain(dict(given))
        with self._lock:
            for each in self.untaken:
                if each.method == method and (each.given is None or each.given == asked):
                    self.untaken.remove(each)
                    return each
        raise NotRecorded(f"{method} was not recorded with {asked}")

    def _give(self, kind: Any, method: str, given: Mapping[str, Any]) -> Iterator[Any]:  # noqa: ANN401
        """What an exchange gave, one by one, and what it raised."""
        taken = self._take(method, given)
        for value in taken.gives:
            yield revived(kind, value)
        if taken.raises is not None:
            fail(taken.raises)

    def _one(self, kind: Any, method: str, given: Mapping[str, Any]) -> Any:  # noqa: ANN401
        """The one thing that an exchange gave."""
        for value in self._give(kind, method, given):
            return value
        raise NotRecorded(f"{method} was recorded without an answer")

    def now(self) -> float:
        """See :meth:`Net.now`."""
        return float(self._state("now"))

    def left(self) -> float:
        """See :meth:`Net.left`."""
        return float(self._state("left"))

    def privileged(self) -> bool:
        """See :meth:`Net.privileged`."""
        return bool(self._state("privileged"))

    def lost(self) -> tuple[str, ...]:
        """See :meth:`Net.lost`."""
        return (*self._state("lost"), *self._noted)

    def note(self, says: str) -> None:
        """See :meth:`Net.note`."""
        if says not in self._noted:
            self._noted.append(says)

    def ask(
        self, questions: Iterable[Question], *, wait: float, again: Sequence[float] = ()
    ) -> Iterator[Datagram]:
        """See :meth:`Net.ask`."""
        yield from self._give(Datagram, "ask", {"questions": list(questions)})

    def hear(
        self, groups: Sequence[tuple[str, int]], interfaces: Sequence[str], *, seconds: float
    ) -> Iterator[Datagram]:
        """See :meth:`Net.hear`."""
        given = {"groups": list(groups), "interfaces": list(interfaces)}
        yield from self._give(Datagram, "hear", given)

    def frames(
        self, interfaces: Sequence[str], kinds: Sequence[str], *, seconds: float
    ) -> Iterator[Frame]:
        """See :meth:`Net.frames`."""
        given = {"interfaces": list(interfaces), "kinds": list(kinds)}
        yield from self._give(Frame, "frames", given)

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
        given = {"interface": interface, "kind": kind, "questions": list(questions)}
        yield from self._give(Frame, "exchange_frames", given)

    def nudge(
        self, addresses: Iterable[str], *, wait: float, quiet: float | None = None
    ) -> Iterator[Neighbour]:
        """See :meth:`Net.nudge`."""
        yield from self._give(Neighbour, "nudge", {"addresses": list(addresses)})

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
        given = {"addresses": list(addresses), "interface": interface, "source": source}
        yield from self._give(Echo, "echo", given)

    def connect(self, targets: Iterable[tuple[str, int]], *, wait: float) -> Iterator[Connected]:
        """See :meth:`Net.connect`."""
        yield from self._give(Connected, "connect", {"targets": list(targets)})

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
        said: Said = self._one(Said, "talk", given)
        return said._replace(data=said.data[:most])

    def fetch(self, url: str, *, only: str, most: int = 65536, seconds: float = 2.0) -> Page:
        """See :meth:`Net.fetch`."""
        page: Page = self._one(Page, "fetch", {"url": url, "only": only})
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
        """See :meth:`Net.api`; the key is in no recording."""
        page: Page = self._one(Page, "api", {"url": url})
        return page

    def containers(self) -> tuple[Container, ...]:
        """See :meth:`Net.containers`."""
        return tuple(self._give(Container, "containers", {}))


def fail(raises: Mapping[str, str]) -> NoReturn:
    """Raise again what was raised."""
    raise ERRORS.get(raises.get("code", ""), Failed)(raises.get("message", ""))
