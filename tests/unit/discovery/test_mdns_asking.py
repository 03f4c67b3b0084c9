"""How multicast DNS is asked: when, from where, and for what."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from dpf_edge.discovery import dns
from dpf_edge.discovery.collectors.mdns import TYPES, mdns
from dpf_edge.discovery.job import Job, Place
from dpf_edge.discovery.mdns import SERVICES
from dpf_edge.host.net import Datagram, Question
from dpf_edge.model import Neighbour

from .dns_messages import message

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from dpf_edge.observed import Observation

PLACE = Place("eth0", 2, None, ("192.168.0.200/24",))
PRINTER = (b"Reception", b"_ipp", b"_tcp", b"local")


class Clocked:
    """A network whose time passes as it is waited for, and where one printer answers."""

    def __init__(self, answers: bytes = b"", left: float = 60.0) -> None:
        self.time, self.end = 1_767_225_600.0, 1_767_225_600.0 + left
        self.rounds: list[tuple[float, list[Question]]] = []
        self.began = self.time
        self.answers = answers

    def now(self) -> float:
        return self.time

    def left(self) -> float:
        return max(0.0, self.end - self.time)

    def ask(self, questions: Iterable[Question], *, wait: float) -> Iterator[Datagram]:
        self.rounds.append((self.time - self.began, list(questions)))
        if self.answers:
            yield Datagram(self.answers, "192.168.0.9", 5353, "eth0", self.time)
        self.time += wait

    def hear(
        self, groups: Sequence[tuple[str, int]], interfaces: Sequence[str], *, seconds: float
    ) -> Iterator[Datagram]:
        assert groups
        assert list(interfaces) == ["eth0"]
        self.time += seconds
        yield from ()


def asked(
    net: Clocked, seconds: float = 5.0, known: tuple[Neighbour, ...] = ()
) -> list[Observation]:
    job = Job(None, None, (PLACE,), known=known, seconds=seconds)  # type: ignore[arg-type]
    return list(mdns(job, net))  # type: ignore[arg-type]


def names(questions: list[Question]) -> set[dns.Name]:
    """The names that are asked for."""
    read = [dns.parse(each.payload) for each in questions]
    return {name for each in read if each is not None for name, _kind in each.questions}


@pytest.mark.parametrize(
    ("seconds", "times"), [(5.0, [0.0, 1.0, 3.0]), (2.5, [0.0, 1.0]), (0.5, [0.0])]
)
def test_the_question_is_put_again_after_one_and_three_seconds_where_there_is_time(
    seconds: float, times: list[float]
) -> None:
    net = Clocked()

    asked(net, seconds)

    assert [round(at, 3) for at, _ in net.rounds] == times


def test_a_deadline_that_is_near_counts_more_than_what_the_job_says() -> None:
    net = Clocked(left=0.9)

    asked(net, 60.0)

    assert len(net.rounds) == 1


def test_services_are_asked_for_from_the_groups_own_port_on_both_families() -> None:
    net = Clocked()

    asked(net)

    first = [each for each in net.rounds[0][1] if each.from_port == 5353]
    assert {each.to for each in first} == {"224.0.0.251", "ff02::fb"}
    assert all((each.port, each.hops, each.interface) == (5353, 255, "eth0") for each in first)
    assert names(first) >= TYPES | {SERVICES}


def test_a_question_from_another_port_is_short_enough_to_be_answered() -> None:
    # It is answered within 512 bytes, the question included (RFC 6762 section 6.7).
    net = Clocked()

    asked(net)

    other = [each for each in net.rounds[0][1] if each.from_port != 5353]
    assert other
    assert all(len(each.payload) < 64 for each in other)


def test_known_neighbours_are_asked_for_their_names_and_strangers_are_not() -> None:
    net = Clocked()
    known = (
        Neighbour("192.168.0.9", "00:11:32:00:00:09", "eth0", "stale"),
        Neighbour("192.168.0.8", None, "eth0", "failed"),
        Neighbour("203.0.113.9", "00:11:32:00:00:0a", "eth0", "stale"),
    )

    asked(net, known=known)

    reverse = {name for name in names(net.rounds[0][1]) if dns.is_reverse(name)}
    assert reverse == {dns.reverse("192.168.0.9")}


def test_what_is_known_is_told_with_the_question_that_is_put_again() -> None:
    net = Clocked(message((PRINTER[1:], dns.PTR, PRINTER)))

    asked(net)

    again = next(each for at, each in net.rounds if round(at, 3) == 1.0)
    read = dns.parse(again[0].payload)
    assert read is not None
    assert [(each.name, each.target) for each in read.records] == [(PRINTER[1:], PRINTER)]


def test_without_a_link_to_the_lan_nothing_is_asked() -> None:
    net = Clocked()

    assert list(mdns(Job(None, None), net)) == []  # type: ignore[arg-type]
    assert net.rounds == []
