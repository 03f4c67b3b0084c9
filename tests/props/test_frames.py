"""Whatever a frame, a greeting or an HTTP answer holds: it is read within its bounds, or not at
all, and nothing of it breaks what reads it."""

from __future__ import annotations

import contextlib
import struct
import unicodedata
from typing import TYPE_CHECKING, Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from dpf_edge.discovery import tcp_words
from dpf_edge.discovery.frames import arp, cdp, dhcp, ethernet, lldp, ndp
from dpf_edge.discovery.job import Place
from dpf_edge.discovery.overheard import Overheard
from dpf_edge.discovery.tcp_ports import PORTS
from dpf_edge.errors import Failed
from dpf_edge.host import fetching, packet_socket
from dpf_edge.host.echoing import checksum, message, numbered
from dpf_edge.host.net import Frame, Page, Said
from dpf_edge.host.net_recorded import read, written

if TYPE_CHECKING:
    from collections.abc import Iterator

PLACE = Place("eth0", 2, "00:1b:21:00:00:09", ("10.0.0.9/24", "fd00::9/64"))
MACS = st.sampled_from([b"\xa0\x36\x9f\0\0\x02", b"\x3c\xa6\x2f\0\0\x01", b"\xff" * 6, bytes(6)])


@st.composite
def frames(draw: st.DrawFn) -> bytes:
    """A frame of one of the kinds that are read, its inside right, nearly right or nonsense."""
    kind = draw(
        st.sampled_from(["arp", "lldp", "cdp", "ndp", "dhcp", "mdns", "ssdp", "wsd", "any"])
    )
    body = draw(st.binary(max_size=300))
    head = draw(MACS) + draw(MACS)
    if kind == "arp":
        return head + bytes.fromhex("08060001080006040001") + body
    if kind == "lldp":
        parts = draw(st.lists(st.tuples(st.integers(0, 127), st.binary(max_size=60)), max_size=20))
        made = b"".join((k << 9 | len(v)).to_bytes(2, "big") + v for k, v in parts)
        first = bytes.fromhex("0207043ca62f000001 040205 78 0602 0078")
        return head + bytes.fromhex("88cc") + first + made + body
    if kind == "cdp":
        fields = draw(st.lists(st.tuples(st.integers(0, 30), st.binary(max_size=60)), max_size=20))
        made = b"".join(struct.pack("!HH", k, len(v) + 4) + v for k, v in fields)
        rest = cdp.SNAP + bytes((2, 180, 0, 0)) + made + body
        return bytes.fromhex("01000ccccccc") + head[6:] + len(rest).to_bytes(2, "big") + rest
    if kind == "ndp":
        inner = bytes((draw(st.integers(133, 137)), 0)) + body
        ip = struct.pack("!IHBB", 6 << 28, len(inner), 58, 255) + draw(
            st.binary(min_size=32, max_size=32)
        )
        return head + bytes.fromhex("86dd") + ip + inner
    if kind == "any":
        return head + body
    port = {"dhcp": 67, "mdns": 5353, "ssdp": 1900, "wsd": 3702}[kind]
    if kind == "dhcp":
        options = draw(
            st.lists(st.tuples(st.integers(0, 255), st.binary(max_size=60)), max_size=20)
        )
        made = b"".join(bytes((k, len(v))) + v for k, v in options)
        fixed = bytes((draw(st.integers(1, 2)), 1, 6)) + bytes(25) + head[6:] + bytes(202)
        body = (
            fixed
            + bytes.fromhex("63825363")
            + bytes((53, 1, draw(st.integers(0, 9))))
            + made
            + body
        )
    if kind == "ssdp":
        body = b"NOTIFY * HTTP/1.1\r\nNT: x\r\nUSN: uuid:" + body
    udp = struct.pack("!HHHH", port, port, 8 + len(body), 0) + body
    ip = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(udp), 1, 0, 255, 17, 0) + bytes(
        (10, 0, 0, 7, 10, 0, 0, 255)
    )
    return head + bytes.fromhex("0800") + ip + udp


def texts(value: Any) -> Iterator[str]:
    """Every text in a value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, each in value.items():
            yield from texts(key)
            yield from texts(each)
    elif isinstance(value, (list, tuple)):
        for each in value:
            yield from texts(each)


def is_clean(text: str) -> bool:
    return not any(unicodedata.category(each).startswith("C") for each in text)


@given(st.lists(frames(), max_size=6), st.integers(0, 400))
def test_any_frames_are_overheard_without_harm(made: list[bytes], cut: int) -> None:
    ear = Overheard([PLACE])
    for each in made:
        for data in (each, each[:cut]):
            for seen in ear.take(Frame(data, "eth0", 1_767_225_600.0)):
                told = msgspec.to_builtins(seen)
                assert all(map(is_clean, texts(told)))
                assert len(msgspec.json.encode(seen)) < 100_000
                assert all(ethernet.is_station(mac) for mac in seen.macs)


@given(frames())
def test_any_frame_is_parsed_or_none(data: bytes) -> None:
    found = ethernet.frame(data)
    if found is None:
        return
    for parse in (arp.parse, ndp.parse, lldp.parse, cdp.parse, ethernet.packet):
        parse(found)
    dhcp.parse(found.payload)
    dhcp.parse(data)


@given(st.sampled_from(PORTS), st.binary(max_size=600))
def test_any_greeting_is_read_cleanly(port: Any, data: bytes) -> None:
    service = tcp_words.greeted(port, Said(data, None, 0.0))

    assert all(map(is_clean, texts(msgspec.to_builtins(service))))
    assert len(service.says or "") <= 160


@given(st.binary(max_size=400), st.dictionaries(st.text(max_size=20), st.text(max_size=300)))
def test_any_page_is_shown_cleanly(data: bytes, headers: dict[str, str]) -> None:
    page = Page(200, headers, b"<title>" + data, 0.0)

    assert all(map(is_clean, texts(msgspec.to_builtins(tcp_words.shown("http", 80, page)))))


@given(st.binary(max_size=200))
def test_any_certificate_is_read_or_tells_nothing(data: bytes) -> None:
    assert {} == tcp_words.certified(data)


@given(
    st.sampled_from(
        [b"", b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n"]
    ),
    st.binary(max_size=300),
    st.booleans(),
)
def test_any_answer_has_a_body_within_it_or_is_refused(
    start: bytes, rest: bytes, ended: bool
) -> None:
    data = start + rest
    with contextlib.suppress(Failed):
        found = fetching.head(data)
        if found is not None:
            text, _ = fetching.body(data, found, ended)
            assert len(text) <= len(data)
            fetching.is_enough(data, found, 100)


@given(st.lists(st.binary(min_size=1, max_size=50), max_size=20))
def test_a_body_in_chunks_is_what_was_cut_into_them(chunks: list[bytes]) -> None:
    data = b"".join(b"%x\r\n%s\r\n" % (len(each), each) for each in chunks)

    assert (b"".join(chunks), True) == fetching.unchunked(data + b"0\r\n\r\n")
    assert (b"".join(chunks), False) == fetching.unchunked(data)


@given(st.text(max_size=100))
def test_no_url_leads_anywhere_but_to_its_one_host(path: str) -> None:
    for url in (f"http://10.0.0.7{path}", f"http://10.0.0.7/{path}", path):
        with contextlib.suppress(Failed):
            wanted = fetching.target(url, "10.0.0.7")
            assert "10.0.0.7" == wanted.host
            assert 1 == fetching.request(wanted).count(b" HTTP/1.1\r\n")
            assert 1 == fetching.request(wanted).count(b"\r\n\r\n")


@given(st.binary(max_size=200))
def test_bytes_survive_a_recording(data: bytes) -> None:
    assert data == read(written(data))


@given(st.integers(0, 2**32 - 1), st.binary(min_size=12, max_size=12), st.binary(max_size=64))
def test_an_echo_is_known_by_its_cookie_alone(number: int, cookie: bytes, noise: bytes) -> None:
    asked = message(2, number, cookie)

    assert number == numbered(2, b"\0" + asked[1:], cookie)
    assert 0 == checksum(asked)
    assert numbered(2, asked, cookie) is None, "a request is no answer"
    assert noise[8:20] == cookie or numbered(2, noise, cookie) is None


@given(st.sets(st.sampled_from(["arp", "ndp", *packet_socket.PORTS, "lldp", "cdp"]), min_size=1))
def test_a_filter_ends_on_every_way_through_it(kinds: set[str]) -> None:
    program = packet_socket.program(sorted(kinds))
    steps = [struct.unpack_from("=HBBI", program, at) for at in range(0, len(program), 8)]

    for at, (code, yes, no, value) in enumerate(steps):
        if code in (packet_socket.JUMP_IF_EQUAL, packet_socket.JUMP_IF_ANY):
            assert at + 1 + max(yes, no) < len(steps)
        elif code == packet_socket.JUMP:
            assert at + 1 + value < len(steps)
    assert [(6, 0, 0, packet_socket.FRAME_BYTES), (6, 0, 0, 0)] == steps[-2:]
