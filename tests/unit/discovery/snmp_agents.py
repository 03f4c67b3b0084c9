"""SNMP agents of a test's own, honest or not, and a Net that reaches them; nothing is sent."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from dpf_edge.discovery.snmp import ber
from dpf_edge.host.net import Datagram

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from dpf_edge.discovery.snmp.ber import Oid
    from dpf_edge.host.net import Question

NOW = 1_767_323_045.25
END_OF_VIEW = bytes((0x82, 0))


class Asked(NamedTuple):
    """A v1 or v2c question as it came."""

    version: int
    community: bytes
    kind: int
    request_id: int
    first: int
    second: int
    oids: tuple[Oid, ...]


def asked(datagram: bytes) -> Asked:
    """What a question says."""
    outer = ber.expect(datagram, 0, len(datagram), ber.SEQUENCE)
    version = ber.expect(datagram, outer.start, outer.end, ber.INTEGER)
    name = ber.expect(datagram, version.end, outer.end, ber.OCTETS)
    pdu = ber.element(datagram, name.end, outer.end)
    at, numbers = pdu.start, []
    for _ in range(3):
        one = ber.expect(datagram, at, pdu.end, ber.INTEGER)
        numbers.append(ber.integer(datagram, one))
        at = one.end
    bound = ber.expect(datagram, at, pdu.end, ber.SEQUENCE)
    oids, at = [], bound.start
    while at < bound.end:
        one = ber.expect(datagram, at, bound.end, ber.SEQUENCE)
        name_of = ber.expect(datagram, one.start, one.end, ber.OID)
        oids.append(ber.oid(datagram, name_of))
        at = one.end
    return Asked(
        ber.integer(datagram, version),
        datagram[name.start : name.end],
        pdu.tag,
        numbers[0],
        numbers[1],
        numbers[2],
        tuple(oids),
    )


def answered(
    question: Asked, bindings: Iterable[tuple[Oid, bytes]], error: int = 0, at: int = 0
) -> bytes:
    """An answer with values that are encoded already."""
    bound = (ber.wrapped(ber.SEQUENCE, ber.of_oid(oid), value) for oid, value in bindings)
    pdu = ber.wrapped(
        0xA2,
        ber.of_integer(question.request_id),
        ber.of_integer(error),
        ber.of_integer(at),
        ber.wrapped(ber.SEQUENCE, *bound),
    )
    return ber.wrapped(
        ber.SEQUENCE, ber.of_integer(question.version), ber.of_octets(question.community), pdu
    )


class Honest:
    """An agent with some objects, which answers as RFC 3416 has it."""

    def __init__(self, objects: dict[Oid, bytes], most: int = 10_000) -> None:
        self.objects = dict(sorted(objects.items()))
        self.most = most

    def after(self, oid: Oid) -> tuple[Oid, bytes]:
        """The object after an OID."""
        for name, value in self.objects.items():
            if name > oid:
                return name, value
        return oid, END_OF_VIEW

    def __call__(self, datagram: bytes) -> list[bytes]:
        question = asked(datagram)
        if question.kind == 0xA1:
            found = [self.after(each) for each in question.oids]
            if question.version == 0 and END_OF_VIEW in {value for _, value in found}:
                place = [value for _, value in found].index(END_OF_VIEW) + 1
                null = [(each, ber.OF_NULL) for each in question.oids]
                return [answered(question, null, 2, place)]
            return [answered(question, found)]
        made: list[tuple[Oid, bytes]] = []
        row = list(question.oids)
        for _ in range(question.second):
            found = [self.after(each) for each in row]
            made += found
            row = [oid for oid, _ in found]
        return [answered(question, made[: self.most])]


class Reached:
    """A Net on which one agent answers.

    :ivar asked: how many questions were put.
    :ivar notes: what was noted as lost.
    """

    def __init__(
        self, agent: Callable[[bytes], list[bytes]], questions: int = 10_000, now: float = NOW
    ) -> None:
        self.agent = agent
        self.asked = 0
        self.notes: list[str] = []
        self.at = now
        self._most = questions

    def now(self) -> float:
        return self.at

    def left(self) -> float:
        return float(self.asked < self._most)

    def lost(self) -> tuple[str, ...]:
        return tuple(self.notes)

    def note(self, says: str) -> None:
        self.notes.append(says)

    def ask(
        self, questions: Iterable[Question], *, wait: float, again: Sequence[float] = ()
    ) -> Iterator[Datagram]:
        del wait, again
        for question in questions:
            self.asked += 1
            for payload in self.agent(question.payload):
                yield Datagram(payload, question.to, question.port, None, self.at)
