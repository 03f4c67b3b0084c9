"""What the active checks ask everybody, and what they take for an answer."""

from __future__ import annotations

import socket
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dpf_edge.host import questions

QUESTION = questions.mdns_question(0x1234)


def header(number: int, flags: int) -> bytes:
    """The header of a DNS message."""
    return struct.pack("!6H", number, flags, 0, 1, 0, 0)


def test_the_mdns_question_is_one_for_all_services_by_unicast() -> None:
    assert header(0x1234, 0)[:4] + b"\x00\x01" + bytes(6) == QUESTION[:12]
    assert b"\x09_services\x07_dns-sd\x04_udp\x05local\x00" + b"\x00\x0c\x80\x01" == QUESTION[12:]


@pytest.mark.parametrize(
    ("data", "port", "is_one"),
    [
        (header(0x1234, 0x8400), 5353, True),
        (header(0, 0x8400), 5353, True),
        (header(0x1234, 0x8400), 5354, False),
        (header(0x4321, 0x8400), 5353, False),
        (header(0x1234, 0x8403), 5353, False),
        (header(0x1234, 0xA800), 5353, False),
        (QUESTION, 5353, False),
        (header(0x1234, 0x8400)[:11], 5353, False),
        (b"", 5353, False),
    ],
)
def test_an_mdns_answer_is_known_by_its_header(data: bytes, port: int, is_one: bool) -> None:
    assert is_one == questions.is_mdns_answer(data, port, 0x1234)


def test_a_search_is_for_everything_within_a_second() -> None:
    lines = questions.SEARCH.decode().split("\r\n")

    assert "M-SEARCH * HTTP/1.1" == lines[0]
    assert {"HOST: 239.255.255.250:1900", "MX: 1", "ST: ssdp:all"} <= {*lines}
    assert ["", ""] == lines[-2:]


@pytest.mark.parametrize(
    ("data", "is_one"),
    [
        (b"HTTP/1.1 200 OK\r\n", True),
        (b"HTTP/1.1 2000 OK\r\n", False),
        (b"HTTP/1.1 404 Not Found\r\n", False),
        (b"NOTIFY * HTTP/1.1\r\n", False),
        (b"", False),
    ],
)
def test_an_ssdp_answer_is_known_by_its_first_line(data: bytes, is_one: bool) -> None:
    assert is_one == questions.is_ssdp_answer(data)


@given(st.binary(max_size=64), st.integers(0, 65535))
def test_no_bytes_from_the_network_raise(data: bytes, port: int) -> None:
    questions.is_mdns_answer(data, port, 7)
    questions.is_ssdp_answer(data)
    for level, kind in ((0, 11), (41, 25)):
        questions.returned([(level, kind, data)])


def extended(origin: int, icmp_type: int, offender: bytes) -> bytes:
    """struct sock_extended_err with a sockaddr behind it."""
    return struct.pack("=IBBBBII", 111, origin, icmp_type, 0, 0, 0, 0) + offender


IPV4 = struct.pack("=HH4s8x", socket.AF_INET, 0, socket.inet_aton("10.0.0.1"))
IPV6 = struct.pack(
    "=HHI16sI", socket.AF_INET6, 0, 0, socket.inet_pton(socket.AF_INET6, "fe80::1"), 2
)


@pytest.mark.parametrize(
    ("entry", "told"),
    [
        ((0, 11, extended(2, 11, IPV4)), questions.Returned("10.0.0.1", True)),
        ((0, 11, extended(2, 3, IPV4)), questions.Returned("10.0.0.1", False)),
        ((41, 25, extended(3, 3, IPV6)), questions.Returned("fe80::1", True)),
        ((41, 25, extended(3, 1, IPV6)), questions.Returned("fe80::1", False)),
        ((0, 11, extended(2, 5, IPV4)), None),  # a redirect
        ((0, 11, extended(1, 0, IPV4)), None),  # this machine's own
        ((0, 11, extended(2, 11, IPV4[:7])), None),
        ((0, 2, extended(2, 11, IPV4)), None),
    ],
)
def test_an_icmp_error_names_who_sent_it(
    entry: tuple[int, int, bytes], told: questions.Returned | None
) -> None:
    assert told == questions.returned([(1, 2, b""), entry])
