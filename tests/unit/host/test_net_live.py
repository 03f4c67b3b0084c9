"""The live network on the loopback: questions, connections, conversations and pages."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
import time
from typing import TYPE_CHECKING

import pytest

from dpf_edge.errors import Failed
from dpf_edge.host.live_net import LiveNet
from dpf_edge.host.net import Question
from tests.lab.home.certificate import pem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from dpf_edge.host.live_net import Account
    from dpf_edge.host.net import Net

HERE = "127.0.0.1"


@pytest.fixture
def net() -> Account:
    # Longer than a test may take: what ought to end by itself and does not, is noticed.
    return LiveNet(rate=50_000, seed=1).account("test", 600.0)


@contextlib.contextmanager
def serving(talk: Callable[[socket.socket], object]) -> Iterator[int]:
    """A TCP service on the loopback; its port. Each connection is one call."""
    with socket.create_server((HERE, 0)) as server:

        def serve() -> None:
            while True:
                try:
                    sock, _ = server.accept()
                except OSError:
                    return
                with sock, contextlib.suppress(OSError):
                    talk(sock)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield server.getsockname()[1]
        finally:
            server.shutdown(socket.SHUT_RDWR)
            thread.join(10)


@contextlib.contextmanager
def answering(
    answer: Callable[[socket.socket, bytes, tuple[str, int]], object], at: str = HERE
) -> Iterator[int]:
    """A UDP service on the loopback; its port."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind((at, 0))
        sock.settimeout(0.05)
        done = threading.Event()

        def serve() -> None:
            while not done.is_set():
                with contextlib.suppress(TimeoutError):
                    data, where = sock.recvfrom(9000)
                    answer(sock, data, where)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield sock.getsockname()[1]
        finally:
            done.set()
            thread.join(10)


def page(data: bytes) -> Callable[[socket.socket], None]:
    """A web server that says this to everybody."""

    def talk(sock: socket.socket) -> None:
        sock.recv(4096)
        sock.sendall(data)

    return talk


# -- questions


def test_an_account_is_a_net(net: Account) -> None:
    held: Net = net  # the type checker's business

    assert held.now() > 1_700_000_000
    assert 0 < held.left() <= 600


def test_a_question_is_answered_and_then_nothing_is_waited_for(net: Account) -> None:
    with answering(lambda sock, data, where: sock.sendto(data[::-1], where)) as port:
        told = list(net.ask([Question(b"abc", HERE, port)], wait=500.0, again=(500.0,)))

    assert [(b"cba", HERE, port)] == [(each.payload, each.address, each.port) for each in told]
    assert (1, 3) == (net.packets, net.bytes)


def test_the_silent_are_asked_again_and_the_others_are_not(net: Account) -> None:
    asked: list[bytes] = []

    def second_time(sock: socket.socket, data: bytes, where: tuple[str, int]) -> None:
        asked.append(data)
        if data == b"quick" or asked.count(data) == 2:
            sock.sendto(data, where)

    with answering(second_time, "127.0.0.2") as port, answering(second_time) as other:
        questions = [Question(b"quick", HERE, other), Question(b"slow", "127.0.0.2", port)]
        told = list(net.ask(questions, wait=500.0, again=(0.2,)))

    assert [b"quick", b"slow"] == [each.payload for each in told]
    assert [b"quick", b"slow", b"slow"] == sorted(asked)


def test_an_answer_from_somebody_who_was_not_asked_is_none(net: Account) -> None:
    def by_another(_: socket.socket, data: bytes, where: tuple[str, int]) -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
            other.bind(("127.0.0.9", 0))
            other.sendto(data, where)

    with answering(by_another) as port:
        assert [] == list(net.ask([Question(b"abc", HERE, port)], wait=0.3))


def test_a_flood_from_one_is_cut_off_and_told(net: Account) -> None:
    def flood(sock: socket.socket, _: bytes, where: tuple[str, int]) -> None:
        for _number in range(3000):
            sock.sendto(bytes(100), where)

    with answering(flood) as port:
        # A second question, which nobody answers, keeps the first one's socket open.
        asked = [Question(b"a", HERE, port), Question(b"b", "127.0.0.3", port)]
        told = list(net.ask(asked, wait=0.5))

    assert 1 <= len(told) <= 512
    assert [each for each in net.lost() if each.startswith("datagrams of a flood")] or len(
        told
    ) < 512


def test_what_cannot_be_reached_is_silent_and_no_error(net: Account) -> None:
    questions = [Question(b"x", "not an address", 9), Question(b"x", HERE, 9, "no-such-link")]

    assert [] == list(net.ask(questions, wait=0.05))
    assert 2 == len([each for each in net.lost() if "could not be put" in each])


def test_a_sweep_that_is_closed_ends_what_runs() -> None:
    live = LiveNet(rate=50_000)
    net = live.account("test", 600.0)
    threading.Timer(0.1, live.close).start()
    list(net.ask([Question(b"x", HERE, 9)], wait=500.0, again=(500.0,)))

    assert 0 == net.left()


def test_links_that_the_sweep_was_not_given_are_not_sent_on() -> None:
    net = LiveNet(rate=50_000, interfaces=["eth7"]).account("test", 5.0)

    assert [] == list(net.ask([Question(b"x", HERE, 9, "lo")], wait=0.05))
    assert 0 == net.packets
    with pytest.raises(Failed, match="no interface of this sweep"):
        list(net.echo([HERE], wait=0.1, interface="lo"))


# -- connections


def test_open_and_closed_ports_are_told_apart(net: Account) -> None:
    with serving(lambda _: None) as taken, socket.socket() as held:
        held.bind((HERE, 0))  # taken, and nobody listens
        closed = held.getsockname()[1]
        told = {
            each.port: each.result for each in net.connect([(HERE, taken), (HERE, closed)], wait=5)
        }

    assert {taken: "open", closed: "closed"} == told
    assert 2 == net.packets


@pytest.mark.parametrize("port", range(9100, 9108))
def test_a_printers_ports_are_touched_by_nobody(net: Account, port: int) -> None:
    with socket.socket() as printer:
        printer.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        printer.bind((HERE, port))
        printer.listen()
        printer.setblocking(False)

        assert [] == list(net.connect([(HERE, port)], wait=1))
        with pytest.raises(Failed, match="never touched"):
            net.talk(HERE, port)
        with pytest.raises(Failed, match="never touched"):
            net.fetch(f"http://{HERE}:{port}/", only=HERE)
        with pytest.raises(BlockingIOError):
            printer.accept()
    assert 0 == net.packets
    assert any("never touched" in each for each in net.lost())


@pytest.mark.parametrize("address", ["8.8.8.8", "2001:db8::1", "224.0.0.1", "::", "ff02::1"])
def test_the_internet_and_groups_are_not_connected_to(net: Account, address: str) -> None:
    assert [] == list(net.connect([(address, 80)], wait=0.1))
    assert [] == list(net.nudge([address], wait=0.1))
    with pytest.raises(Failed):
        net.talk(address, 80)
    assert 0 == net.packets


def test_more_connections_than_files_are_made_in_turn(net: Account) -> None:
    with serving(lambda _: None) as port:
        told = list(net.connect(((HERE, port) for _ in range(3000)), wait=10))

    assert 3000 == len(told)
    # The one server takes them one after the other, and the kernel's queue is short.
    assert {"open"} >= {each.result for each in told} - {"silent"}


# -- conversations


def test_a_greeting_is_heard(net: Account) -> None:
    with serving(lambda sock: sock.sendall(b"SSH-2.0-OpenSSH_9.2p1\r\n")) as port:
        assert b"SSH-2.0-OpenSSH_9.2p1\r\n" == net.talk(HERE, port).data


def test_what_is_said_is_answered_up_to_its_end(net: Account) -> None:
    def echo(sock: socket.socket) -> None:
        sock.sendall(sock.recv(100) + b"|END|more")
        time.sleep(0.5)

    with serving(echo) as port:
        said = net.talk(HERE, port, say=b"hello", until=b"|END|", seconds=10)

    assert said.data.startswith(b"hello|END|")


def test_a_service_without_a_word_has_said_nothing(net: Account) -> None:
    with serving(lambda sock: sock.recv(10)) as port:
        assert b"" == net.talk(HERE, port, seconds=0.3).data


def test_a_refusal_is_told_as_such(net: Account) -> None:
    with socket.socket() as held:
        held.bind((HERE, 0))
        with pytest.raises(Failed, match="refused"):
            net.talk(HERE, held.getsockname()[1])


def test_an_endless_talker_is_cut_short(net: Account) -> None:
    def babble(sock: socket.socket) -> None:
        while True:
            sock.sendall(b"a" * 4096)

    with serving(babble) as port:
        assert 1000 == len(net.talk(HERE, port, most=1000, seconds=5).data)


def test_a_dripping_talker_is_left_in_time(net: Account) -> None:
    def drip(sock: socket.socket) -> None:
        while True:
            sock.sendall(b"a")
            time.sleep(0.02)

    with serving(drip) as port:
        assert net.talk(HERE, port, seconds=0.5).data.startswith(b"aaa")


def test_a_certificate_is_shown_and_not_checked(net: Account, tmp_path: Path) -> None:
    file = tmp_path / "tls.pem"
    file.write_text(pem("shop.example"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)

    def secured(sock: socket.socket) -> None:
        with context.wrap_socket(sock, server_side=True) as inner:
            inner.recv(4096)
            inner.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi")

    with serving(secured) as port:
        shown = net.talk(HERE, port, tls=True, most=0).certificate
        got = net.fetch(f"https://{HERE}:{port}/", only=HERE)

    assert shown is not None
    assert (
        ssl.PEM_cert_to_DER_cert(file.read_text()[file.read_text().index("-----BEGIN CERT") :])
        == shown
    )
    assert (200, b"hi", True, shown) == (got.status, got.body, got.whole, got.certificate)


def test_a_tls_handshake_with_one_who_speaks_none_fails(net: Account) -> None:
    with serving(lambda sock: sock.sendall(b"220 ftp\r\n" * 10)) as port, pytest.raises(Failed):
        net.talk(HERE, port, tls=True)


# -- pages


def test_a_page_is_fetched(net: Account) -> None:
    with serving(page(b"HTTP/1.0 200 OK\r\nServer: x\r\n\r\n<title>hi</title>")) as port:
        got = net.fetch(f"http://{HERE}:{port}/a", only=HERE)

    assert (200, {"server": "x"}, b"<title>hi</title>", True) == (*got[:3], got.whole)


def test_a_redirect_is_told_and_not_followed(net: Account) -> None:
    with serving(
        page(b"HTTP/1.1 302 Found\r\nLocation: http://8.8.8.8/\r\nContent-Length: 0\r\n\r\n")
    ) as port:
        got = net.fetch(f"http://{HERE}:{port}/", only=HERE)

    assert (302, "http://8.8.8.8/") == (got.status, got.headers["location"])


def test_an_endless_page_is_cut_and_said_not_to_be_whole(net: Account) -> None:
    """W34: a body was read whole before it was cut."""

    def endless(sock: socket.socket) -> None:
        sock.recv(4096)
        sock.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            sock.sendall(b"a" * 65536)

    with serving(endless) as port:
        got = net.fetch(f"http://{HERE}:{port}/", only=HERE, most=10_000, seconds=10)

    assert (10_000, False) == (len(got.body), got.whole)


def test_a_page_that_drips_is_left_in_time(net: Account) -> None:
    def drip(sock: socket.socket) -> None:
        sock.recv(4096)
        sock.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            sock.sendall(b"a")
            time.sleep(0.02)

    with serving(drip) as port:
        got = net.fetch(f"http://{HERE}:{port}/", only=HERE, seconds=0.5)

    assert not got.whole


@pytest.mark.parametrize("answer", [b"", b"SSH-2.0-x\r\n", b"HTTP/1.1 200", b"\x00" * 100])
def test_what_is_no_page_is_a_failure_with_a_reason(net: Account, answer: bytes) -> None:
    with serving(page(answer)) as port, pytest.raises(Failed):
        net.fetch(f"http://{HERE}:{port}/", only=HERE, seconds=1)


def test_many_threads_share_one_account(net: Account) -> None:
    with serving(page(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi")) as port:
        told: list[bytes] = []
        threads = [
            threading.Thread(
                target=lambda: told.append(net.fetch(f"http://{HERE}:{port}/", only=HERE).body)
            )
            for _ in range(16)
        ]
        for each in threads:
            each.start()
        for each in threads:
            each.join(10)

    assert [b"hi"] * 16 == told
    assert 32 == net.packets
