"""Whatever bytes a netlink datagram holds, reading it ends, and ends with a known answer."""

from __future__ import annotations

import contextlib
import struct

from hypothesis import example, given, settings
from hypothesis import strategies as st

from dpf_edge.errors import Failed
from dpf_edge.host import linux, netlink

# Lengths and types as a datagram writes them: mostly wrong, and about right often enough to get
# past the first check.
NUMBERS = st.one_of(st.integers(0, 40), st.integers(0, 0xFFFF))


@st.composite
def attribute(draw: st.DrawFn) -> bytes:
    """One attribute, which may lie about its length."""
    value = draw(st.binary(max_size=20))
    length = draw(st.one_of(st.just(len(value) + 4), NUMBERS))
    kind = draw(st.one_of(st.integers(0, 60), NUMBERS))
    return struct.pack("=HH", length, kind) + value + bytes(-len(value) % 4)


ATTRIBUTES = st.one_of(st.binary(max_size=64), st.lists(attribute(), max_size=6).map(b"".join))


@st.composite
def message(draw: st.DrawFn) -> bytes:
    """One message, which may lie about its length."""
    body = draw(st.binary(max_size=16)) + draw(ATTRIBUTES)
    length = draw(st.one_of(st.just(len(body) + 16), NUMBERS))
    kind = draw(st.sampled_from([2, 3, 16, 20, 24, 28, 32]))
    flags = draw(st.sampled_from([0, 2, 0x10, 0xFFFF]))
    return struct.pack("=IHHII", length, kind, flags, 1, 0) + body + bytes(-len(body) % 4)


DATAGRAMS = st.one_of(st.binary(max_size=200), st.lists(message(), max_size=5).map(b"".join))


@given(ATTRIBUTES)
@example(b"")
@example(struct.pack("=HH", 0, 1))
@example(struct.pack("=HH", 4, 0xFFFF))
@example(struct.pack("=HH", 0xFFFF, 1) + b"1234")
@settings(max_examples=200, deadline=None)
def test_attributes_are_never_longer_than_what_holds_them(data: bytes) -> None:
    found = netlink.attributes(data)

    assert sum(4 + len(value) for value in found.values()) <= len(data)
    assert all(0 <= kind < 1 << 14 for kind in found)


@given(DATAGRAMS, st.sampled_from([8, 12, 16]))
@example(struct.pack("=IHHII", 16, 2, 0, 1, 0), 16)  # an error without its number
@example(struct.pack("=IHHII", 0, 16, 0, 1, 0), 16)
@example(struct.pack("=IHHII", 16, 3, 0x10, 1, 0), 16)
@settings(max_examples=200, deadline=None)
def test_messages_end_with_an_answer_that_dump_knows(datagram: bytes, header_bytes: int) -> None:
    found = []
    with contextlib.suppress(Failed, InterruptedError):
        found += list(netlink.messages(datagram, header_bytes))

    assert len(found) <= len(datagram) / 16 + 1
    assert all(each is None or len(each.header) == header_bytes for each in found)


# struct rtmsg, whose eighth byte says that it is a unicast route, or of any other sort.
ROUTE_HEADERS = st.one_of(
    st.binary(min_size=12, max_size=12),
    st.binary(min_size=11, max_size=11).map(lambda rest: rest[:7] + b"\1" + rest[7:]),
)


@given(ATTRIBUTES, ROUTE_HEADERS)
@settings(max_examples=200, deadline=None)
def test_routes_are_read_out_of_anything(data: bytes, header: bytes) -> None:
    """The next hops of one are a list inside an attribute, with lengths of its own."""
    entry = netlink.Message(header, {linux.RTA_MULTIPATH: data, **netlink.attributes(data)})

    routes = list(linux.unicast_routes(entry, {1: "eth0"}))

    assert len(routes) <= len(data) / 8 + 1
    assert sum(1 for _ in linux.next_hops(data)) <= len(data) / 8


@given(st.binary(max_size=20), st.text(max_size=15), st.integers(0, 0xFFFF))
@settings(max_examples=200, deadline=None)
def test_every_value_is_read_or_given_up(value: bytes, name: str, arp_type: int) -> None:
    netlink.text(value).encode()
    mac = netlink.hardware_address(value)

    assert (mac is None) == (len(value) != 6)
    assert (netlink.number(value) is None) == (len(value) != 4)
    assert (netlink.address(value) is None) == (len(value) not in (4, 16))
    assert linux.link_kind(name, arp_type, {linux.IFLA_LINKINFO: value})
