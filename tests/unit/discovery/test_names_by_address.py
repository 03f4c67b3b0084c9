"""Names that are asked for address by address: the LAN's resolver, LLMNR, NetBIOS."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from dpf_edge.discovery import dns, nbns
from dpf_edge.discovery.collectors.llmnr import llmnr
from dpf_edge.discovery.collectors.netbios import netbios
from dpf_edge.discovery.collectors.ptr import ptr
from dpf_edge.discovery.job import Collector, Job, Place
from dpf_edge.errors import Failed
from dpf_edge.host.net import Datagram, Question

from .dns_messages import message

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from dpf_edge.observed import Observation

PLACE = Place("eth0", 2, None, ("192.168.0.200/24",))
ROUTER = "192.168.0.1"


class Network:
    """A network that answers each question as a function says: source, port, bytes."""

    def __init__(self, answer: Callable[[Question], Iterable[tuple[str, int, bytes]]]) -> None:
        self.answer = answer
        self.asked: list[Question] = []

    def now(self) -> float:
        return 1_767_225_600.0

    def left(self) -> float:
        return 10.0

    def ask(self, questions: Iterable[Question], **_: object) -> Iterator[Datagram]:
        for each in list(questions):
            self.asked.append(each)
            for source, port, data in self.answer(each):
                yield Datagram(data, source, port, each.interface, self.now())


def found(collector: Collector, net: Network, *targets: str, **settings: Any) -> list[Observation]:
    job = Job(None, None, (PLACE,), targets, settings=settings)  # type: ignore[arg-type]
    return list(collector(job, net))  # type: ignore[arg-type]


def asked_about(question: Question) -> tuple[int, dns.Name]:
    """A question's number and name."""
    read = dns.parse(question.payload)
    assert read is not None
    return read.number, read.questions[0][0]


def resolver(zone: dict[str, str]) -> Callable[[Question], Iterable[tuple[str, int, bytes]]]:
    """A resolver with some names; it says of all others that there are none."""
    by_name = {dns.reverse(address): name for address, name in zone.items()}

    def answer(question: Question) -> Iterator[tuple[str, int, bytes]]:
        number, name = asked_about(question)
        told = by_name.get(name)
        records = [(name, dns.PTR, dns.name(told))] if told else []
        flags = 0x8180 if told else 0x8183
        yield (
            question.to,
            question.port,
            message(*records, number=number, flags=flags, questions=((name, dns.PTR),)),
        )

    return answer


def test_the_resolver_names_what_was_found() -> None:
    net = Network(resolver({"192.168.0.9": "nas.home.arpa", "10.1.1.1": "till.home.arpa"}))

    seen = found(ptr, net, "192.168.0.9", "10.1.1.1", "192.168.0.8", resolvers=(ROUTER,))

    assert {(each.addresses, each.names) for each in seen if each.names} == {
        (("192.168.0.9",), ("nas.home.arpa",)),
        (("10.1.1.1",), ("till.home.arpa",)),
    }
    assert [each.addresses for each in seen if each.roles == ("resolver",)] == [(ROUTER,)]
    assert {each.to for each in net.asked} == {ROUTER}


@pytest.mark.parametrize("elsewhere", ["9.9.9.9", "10.0.0.53", "127.0.0.53", "2001:db8::53", "x"])
def test_a_resolver_that_does_not_stand_on_the_lan_is_never_asked(elsewhere: str) -> None:
    net = Network(resolver({"192.168.0.9": "nas"}))

    assert found(ptr, net, "192.168.0.9", resolvers=(elsewhere,)) == []
    assert net.asked == []


def test_a_public_address_is_never_asked_about() -> None:
    net = Network(resolver({}))

    found(ptr, net, "93.184.216.34", "192.168.0.9", "fe80::9", "224.0.0.1", resolvers=(ROUTER,))

    names = {asked_about(each)[1] for each in net.asked}
    assert names == {dns.reverse("192.168.0.9"), dns.reverse("192.168.0.255")}


def test_a_resolver_that_names_what_nobody_has_is_believed_in_nothing() -> None:
    net = Network(resolver({"192.168.0.9": "nas", "192.168.0.255": "dhcp-255.isp.example"}))

    with pytest.raises(Failed, match="nobody has"):
        found(ptr, net, "192.168.0.9", resolvers=(ROUTER,))


def lying(change: Callable[[int, dns.Name], bytes]) -> Network:
    def answer(question: Question) -> Iterator[tuple[str, int, bytes]]:
        yield question.to, question.port, change(*asked_about(question))

    return Network(answer)


NAS = dns.reverse("192.168.0.9")


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(
            lambda n, q: message((q, dns.PTR, q), number=n, questions=((q, 12),)), id="echo"
        ),
        pytest.param(
            lambda n, q: message((q, dns.PTR, (b"x",)), number=n ^ 1, questions=((q, 12),)),
            id="number",
        ),
        pytest.param(lambda n, q: message((q, dns.PTR, (b"x",)), number=n), id="no question"),
        pytest.param(
            lambda n, q: message(((b"y",), dns.PTR, (b"x",)), number=n, questions=((q, 12),)),
            id="another's name",
        ),
        pytest.param(lambda _n, _q: b"\xff" * 600, id="noise"),
    ],
)
def test_an_answer_to_something_else_names_nobody(
    change: Callable[[int, dns.Name], bytes],
) -> None:
    seen = found(ptr, lying(change), "192.168.0.9", resolvers=(ROUTER,))

    assert [each.names for each in seen if each.names] == []


def owner(address: str, name: str, source: str | None = None) -> Network:
    def answer(question: Question) -> Iterator[tuple[str, int, bytes]]:
        number, asked = asked_about(question)
        if asked == dns.reverse(address):
            data = message((asked, dns.PTR, dns.name(name)), number=number, flags=0x8000)
            yield source or address, 5355, data

    return Network(answer)


def test_a_computer_says_its_own_name_by_llmnr() -> None:
    (seen,) = found(llmnr, owner("192.168.0.9", "ANNA-PC"), "192.168.0.9", "192.168.0.8")

    assert (seen.addresses, seen.names) == (("192.168.0.9",), ("ANNA-PC",))


def test_what_another_says_of_an_address_by_llmnr_is_not_believed() -> None:
    liar = owner("192.168.0.9", "EVIL", source="192.168.0.66")

    assert found(llmnr, liar, "192.168.0.9", "192.168.0.66") == []


def test_only_addresses_of_our_own_links_are_asked_for_by_llmnr_and_not_too_many() -> None:
    net = owner("192.168.0.9", "x")
    job = Job(None, None, (Place("eth0", 2, None, ("10.0.0.1/16",)),), ())  # type: ignore[arg-type]
    many = [f"10.0.{n >> 8}.{n & 255}" for n in range(5000)]

    list(llmnr(job._replace(targets=["192.168.7.7", "fe80::1", *many]), net))  # type: ignore[arg-type]

    assert len(net.asked) == 256
    assert {each.to for each in net.asked} == {"224.0.0.252", "ff02::1:3"}


def table(name: bytes) -> bytes:
    question = nbns.question(nbns.STATUS, 0)[12:-4]
    content = b"\1" + name.ljust(15) + b"\0\x04\0" + bytes(46)
    head = b"\x84\0\0\0\0\1\0\0\0\0"
    return head + question + b"\0\x21\0\1\0\0\0\0" + len(content).to_bytes(2, "big") + content


def windows(question: Question) -> Iterator[tuple[str, int, bytes]]:
    """One computer at .9, which answers the broadcast too."""
    number = question.payload[:2]
    if question.to == "192.168.0.255":
        yield "192.168.0.9", 137, number + b"\x85\0\0\0\0\1\0\0\0\0" + b"\0\0\x20\0\1" + bytes(12)
        yield "203.0.113.9", 137, number + b"\x85\0\0\0\0\1\0\0\0\0" + b"\0\0\x20\0\1" + bytes(12)
    elif question.to == "192.168.0.9":
        yield "192.168.0.9", 137, number + table(b"ANNA-PC")


def test_who_answers_the_broadcast_is_asked_for_his_table() -> None:
    net = Network(windows)

    (seen,) = found(netbios, net, "192.168.0.8")

    assert (seen.addresses, seen.names) == (("192.168.0.9",), ("ANNA-PC",))
    assert "203.0.113.9" not in {each.to for each in net.asked}


def test_the_broadcast_is_asked_once_a_sweep() -> None:
    net = Network(windows)

    assert len(found(netbios, net, "192.168.0.9", wave=0)) == 1
    assert len(found(netbios, net, "192.168.0.9", wave=1)) == 1

    assert [each.to for each in net.asked].count("192.168.0.255") == 1
