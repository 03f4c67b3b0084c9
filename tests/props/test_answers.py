"""Whatever bytes come as answers to questions, reading them ends, within bounds and without a word
that steers a reader."""

from __future__ import annotations

import struct
import unicodedata
from typing import Any

import msgspec
from hypothesis import example, given, settings
from hypothesis import strategies as st

from dpf_edge.discovery import (
    dns,
    http_text,
    links,
    mdns,
    nbns,
    ssdp_text,
    unique,
    upnp_seen,
    upnp_xml,
    wsd_soap,
    xml_tree,
)
from dpf_edge.discovery.job import Place
from dpf_edge.host.net import Datagram

LINKS = links.links([Place("eth0", 2, None, ("192.168.0.200/24", "fe80::200/64"))])
QUICK = settings(max_examples=150, deadline=None)

# -- DNS

LABEL = st.one_of(
    st.sampled_from([b"_ipp", b"_tcp", b"local", b"nas", b"in-addr", b"arpa", b"\x1b[2J", b"\xff"]),
    st.binary(min_size=1, max_size=63),
)
NAME = st.one_of(
    st.lists(LABEL, max_size=5).map(tuple),
    st.tuples(LABEL, st.just(b"_ipp"), st.just(b"_tcp"), st.just(b"local")),
    st.tuples(LABEL, st.just(b"local")),
)


def is_sayable(name: dns.Name) -> bool:
    """Whether a message can have the name."""
    return len(b"".join(name)) + len(name) < dns.MOST_NAME


@st.composite
def wire_name(draw: st.DrawFn) -> bytes:
    """A name as a message has it, which may be a pointer to anywhere, or end in one."""
    name = draw(NAME.filter(is_sayable))
    end = draw(st.one_of(st.just(b"\0"), st.integers(0, 0x3FFF).map(lambda at: pointer(at))))
    return dns.encode(name)[:-1] + end


def pointer(at: int) -> bytes:
    return struct.pack("!H", 0xC000 | at)


@st.composite
def wire_record(draw: st.DrawFn) -> bytes:
    """A record, which may lie about its length and hold anything."""
    kind = draw(st.sampled_from([dns.A, dns.PTR, dns.HINFO, dns.TXT, dns.AAAA, dns.SRV, 47, 99]))
    content = draw(st.one_of(st.binary(max_size=40), wire_name(), wire_name().map(srv)))
    length = draw(st.one_of(st.just(len(content)), st.integers(0, 0xFFFF)))
    ttl = draw(st.sampled_from([0, 120, 0xFFFFFFFF]))
    return draw(wire_name()) + struct.pack("!HHIH", kind, 1, ttl, length) + content


def srv(name: bytes) -> bytes:
    return struct.pack("!HHH", 0, 0, 631) + name


@st.composite
def wire_message(draw: st.DrawFn) -> bytes:
    """A message, which may lie about what is in it."""
    counts = [draw(st.one_of(st.integers(0, 4), st.integers(0, 0xFFFF))) for _ in range(4)]
    flags = draw(st.sampled_from([0x8400, 0x8180, 0x0000, 0xFFFF]))
    records = draw(st.lists(wire_record(), max_size=6))
    return struct.pack("!6H", draw(st.integers(0, 0xFFFF)), flags, *counts) + b"".join(records)


MESSAGES = st.one_of(st.binary(max_size=300), wire_message())


@QUICK
@given(MESSAGES)
@example(struct.pack("!6H", 0, 0x8400, 0xFFFF, 0xFFFF, 0xFFFF, 0xFFFF) + b"\xc0\x0c" * 20_000)
@example(struct.pack("!6H", 0, 0x8400, 0, 1, 0, 0) + b"\xc0\x0e\xc0\x0c")
@example(struct.pack("!6H", 0, 0x8400, 0, 0xFFFF, 0, 0) + (b"\x3f" + b"a" * 63) * 1000)
def test_a_dns_message_is_read_within_its_bounds(data: bytes) -> None:
    read = dns.parse(data)

    assert (read is None) == (len(data) < 12)
    if read is None:
        return
    assert len(read.records) <= dns.MOST_RECORDS
    for each in read.records:
        for name in (each.name, each.target):
            assert not name or len(dns.encode(name)) <= dns.MOST_NAME


@QUICK
@given(st.lists(st.tuples(NAME.filter(is_sayable), st.sampled_from([1, 12, 16, 33])), max_size=5))
def test_a_query_reads_back_as_what_was_asked(asked: list[tuple[dns.Name, int]]) -> None:
    sayable = [(tuple(label for label in name if label), kind) for name, kind in asked]

    read = dns.parse(dns.query(sayable, number=9))

    assert read is not None
    assert list(read.questions) == sayable


def harmless(value: Any) -> bool:
    """Whether no text in a value, however deep, has a character that steers a reader."""
    if isinstance(value, str):
        return not any(
            unicodedata.category(each) in {"Cc", "Cf", "Cs", "Zl", "Zp"} for each in value
        )
    if isinstance(value, dict):
        return all(harmless(each) for pair in value.items() for each in pair)
    return not isinstance(value, list) or all(harmless(each) for each in value)


def fits(observation: Any) -> bool:
    """Whether an observation is harmless and of a size that many of can be kept."""
    told = msgspec.to_builtins(observation)
    return harmless(told) and len(msgspec.json.encode(observation)) < 1 << 19


@QUICK
@given(st.lists(MESSAGES, max_size=5))
def test_mdns_makes_harmless_observations_of_anything(messages: list[bytes]) -> None:
    told = mdns.Told(LINKS)
    for number, data in enumerate(messages):
        told.hear(data, f"192.168.0.{number % 3 + 1}", 5353, "eth0", 1_767_225_600.0)

    seen = list(told.news())

    assert all(map(fits, seen))
    assert all(each.addresses or each.told_by for each in seen)
    assert list(told.news()) == []
    # What is asked next can be put into messages.
    for lot in dns.batches(told.following(frozenset())):
        assert dns.parse(dns.query(lot)) is not None
    assert len(dns.query([], known=told.known())) <= dns.MOST_QUERY


# -- NetBIOS

TABLE = struct.pack("!6H", 7, 0x8400, 0, 1, 0, 0) + b"\0" + struct.pack("!HHIH", 0x21, 1, 0, 300)


@QUICK
@given(st.one_of(st.binary(max_size=300), st.binary(max_size=200).map(lambda b: TABLE + b)))
@example(b"")
def test_a_netbios_table_is_harmless(data: bytes) -> None:
    table = nbns.table(data, 7)

    assert table is None or harmless([table.name, table.group])
    assert table is None or table.mac is None or len(table.mac) == 17


# -- SSDP, HTTP, XML

WORDS = st.sampled_from(
    [
        "HTTP/1.1 200 OK",
        "NOTIFY * HTTP/1.1",
        "\r\n",
        "\n",
        "ST: ",
        "USN: ",
        "LOCATION: ",
        "uuid:",
        "::",
        "http://192.168.0.9/",
        "transfer-encoding: chunked",
        "ffff",
        "0",
        "\x1b[2J",
        "\u202e",
        "\0",
        "é",
    ]
)
LINES = st.lists(st.one_of(WORDS, st.text(max_size=20)), max_size=30).map("".join).map(str.encode)


@QUICK
@given(st.one_of(st.binary(max_size=300), LINES))
@example(b"HTTP/1.1 200 OK\r\nA:" + b"\n" * 60_000)
@example(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n" + b"1\r\na\r\n" * 10_000)
def test_header_lines_are_harmless_and_few(data: bytes) -> None:
    head = http_text.head(data)

    assert harmless([head.start, head.headers])
    assert len(head.headers) <= http_text.MOST_LINES
    assert len(http_text.body(head)) <= len(data)


@QUICK
@given(st.lists(st.one_of(st.binary(max_size=200), LINES), max_size=5))
def test_ssdp_makes_harmless_observations_of_anything(messages: list[bytes]) -> None:
    told = upnp_seen.Told(LINKS)
    for data in messages:
        told.hear(Datagram(data, "192.168.0.9", 1900, "eth0", 1_767_225_600.0))

    assert all(map(fits, told.news()))
    for data in messages:
        said = ssdp_text.read(data)
        assert said is None or said.id is None or said.id.startswith("uuid:")


TAGS = """
    root device friendlyName UDN deviceType serviceList service serviceType deviceList s:Envelope
    ProbeMatch EndpointReference Address Types XAddrs Scopes ThisDevice FriendlyName pub:Computer
"""
PIECES = st.one_of(
    st.sampled_from([f"<{tag}>" for tag in TAGS.split()]),
    st.sampled_from([f"</{tag}>" for tag in TAGS.split()]),
    st.sampled_from(
        [
            "<!DOCTYPE a [<!ENTITY b 'c'>]>",
            "&b;",
            "&amp;",
            "&#x202e;",
            "&#27;",
            "<![CDATA[",
            "]]>",
            "<!--",
            '<?xml version="1.0" encoding="utf-7"?>',
            "<?xml-stylesheet href='x'?>",
            "urn:uuid:2f6b3c1e-0d5b-5a37-9b1c-001422400030",
            "http://192.168.0.9:5357/x",
        ]
    ),
    st.text(max_size=10),
)
DOCUMENTS = st.one_of(
    st.binary(max_size=200), st.lists(PIECES, max_size=40).map("".join).map(str.encode)
)


@QUICK
@given(DOCUMENTS)
def test_any_document_is_read_to_a_bounded_tree(data: bytes) -> None:
    root = xml_tree.read(data)

    waiting = [(root, 1)] if root is not None else []
    count = 0
    while waiting:
        here, depth = waiting.pop()
        count += 1
        assert depth <= xml_tree.MOST_DEPTH
        assert len(here.text) <= xml_tree.MOST_TEXT
        waiting += [(each, depth + 1) for each in here.children]
    assert count <= xml_tree.MOST_ELEMENTS


@QUICK
@given(DOCUMENTS)
def test_a_description_is_harmless(data: bytes) -> None:
    told = upnp_xml.read(data)

    if told is not None:
        where = upnp_seen.Location("192.168.0.9", "eth0", "http://192.168.0.9/", "x")
        assert fits(upnp_seen.described(told, where, 1_767_225_600.0))


@QUICK
@given(DOCUMENTS)
def test_what_an_endpoint_says_is_harmless(data: bytes) -> None:
    for each in wsd_soap.matches(data, "192.168.0.9"):
        assert harmless([each.endpoint, *each.types, each.scopes])
        assert all(place.path.isprintable() for place in each.places)
    told = wsd_soap.metadata(b"HTTP/1.1 200 OK\r\n\r\n" + data)
    assert told is None or harmless([*told.names, *told.types, told.attributes])


# -- Ids


@QUICK
@given(st.text(max_size=120))
@example("uuid:" * 1000)
@example("a" * 100_000)
def test_ids_are_plain_or_there_are_none(text: str) -> None:
    for made in (unique.uuid(text), unique.udn(text)):
        assert made is None or (made.startswith("uuid:") and made.isascii() and len(made) <= 69)
    serial = unique.serial(text)
    assert serial is None or harmless(serial)
