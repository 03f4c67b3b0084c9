"""Netlink's datagrams, byte by byte."""

from __future__ import annotations

import struct

import pytest

from dpf_edge.errors import Failed
from dpf_edge.host import linux, netlink


def message(kind: int, body: bytes, flags: int = 0) -> bytes:
    """One message, aligned as the kernel does."""
    header = struct.pack("=IHHII", 16 + len(body), kind, flags, 1, 0)
    return header + body + bytes(-len(body) % 4)


def attribute(kind: int, value: bytes) -> bytes:
    """One attribute, aligned as the kernel does."""
    return struct.pack("=HH", 4 + len(value), kind) + value + bytes(-len(value) % 4)


def test_attributes_are_aligned_and_lose_their_nested_flag() -> None:
    data = attribute(3, b"eth0\0") + attribute(0x8000 | 18, b"nested")

    assert {3: b"eth0\0", 18: b"nested"} == netlink.attributes(data)


def test_a_datagram_holds_objects_and_then_the_end() -> None:
    data = message(16, b"h" * 16 + attribute(4, b"\1\0\0\0")) + message(3, bytes(4))

    first, end = netlink.messages(data, 16)

    assert netlink.Message(b"h" * 16, {4: b"\1\0\0\0"}) == first
    assert end is None


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (message(2, struct.pack("=i", -95)), r"refused \(errno 95\)"),
        (message(2, b""), "refused"),
        (message(2, b"\1"), "refused"),
        (message(3, struct.pack("=i", -90)), r"refused \(errno 90\)"),
        (message(16, bytes(16))[:-4], "cut short"),
        (struct.pack("=IHHII", 15, 16, 0, 1, 0), "cut short"),
        (struct.pack("=IHHII", 0, 16, 0, 1, 0), "cut short"),
    ],
    ids=["error", "bare-error", "stub-error", "given-up", "cut", "tiny", "empty"],
)
def test_what_the_kernel_refused_or_broke_off_is_failed(data: bytes, why: str) -> None:
    with pytest.raises(Failed, match=why):
        list(netlink.messages(data, 16))


def test_a_table_that_changed_meanwhile_is_asked_for_again() -> None:
    with pytest.raises(InterruptedError):
        list(netlink.messages(message(16, bytes(16), flags=0x10), 16))


@pytest.mark.parametrize(
    ("arp_type", "flavour", "kind"),
    [(1, b"\2", "tap"), (65534, b"\1", "tun"), (1, None, "tap"), (65534, None, "tun")],
)
def test_a_tun_that_does_not_say_its_type_is_told_by_its_macs(
    arp_type: int, flavour: bytes | None, kind: str
) -> None:
    """Linux before 4.19 gives a tun's kind and nothing else."""
    info = attribute(linux.IFLA_INFO_KIND, b"tun\0")
    if flavour is not None:
        info += attribute(linux.IFLA_INFO_DATA, attribute(linux.IFLA_TUN_TYPE, flavour))

    assert kind == linux.link_kind("x", arp_type, {linux.IFLA_LINKINFO: info})


@pytest.mark.parametrize(
    ("arp_type", "name", "kind"),
    [
        (1, "eth0", "ether"),
        (772, "lo", "loopback"),
        (772, "loopback0", "loopback"),
        (512, "ppp0", "ppp"),
        (32, "ib0", "other"),
    ],
)
def test_a_link_without_a_kind_is_told_by_its_hardware_type(
    arp_type: int, name: str, kind: str
) -> None:
    assert kind == linux.link_kind(name, arp_type, {})
