"""Frames off the wire, taken apart: what programs and devices send, and what they should not."""

from __future__ import annotations

import ipaddress
import struct

import pytest

from dpf_edge.discovery.frames import arp, cdp, dhcp, ethernet, lldp, ndp

MAC, OTHER = "3c:a6:2f:00:00:01", "a0:36:9f:00:00:02"
OWN = ethernet.mac_bytes(OTHER)


def framed(kind: int, payload: bytes, *, to: str = "ff:ff:ff:ff:ff:ff", tags: bytes = b"") -> bytes:
    return (
        ethernet.mac_bytes(to) + ethernet.mac_bytes(MAC) + tags + kind.to_bytes(2, "big") + payload
    )


def taken(data: bytes) -> ethernet.Ethernet:
    found = ethernet.frame(data)
    assert found is not None
    return found


# -- Ethernet and IP


def test_a_tag_of_a_vlan_is_passed_over() -> None:
    tagged = framed(ethernet.ARP, b"x", tags=bytes.fromhex("88a80064 81000065"))

    assert ethernet.Ethernet("ff:ff:ff:ff:ff:ff", MAC, ethernet.ARP, b"x") == taken(tagged)


def test_a_length_is_no_type_and_cuts_the_padding() -> None:
    found = taken(framed(3, b"abc" + bytes(43)))

    assert (0, b"abc") == (found.type, found.payload)


@pytest.mark.parametrize("data", [b"", bytes(13), framed(0x8100, b"")])
def test_a_frame_that_is_cut_short_is_none(data: bytes) -> None:
    assert ethernet.frame(data) is None


def test_who_can_be_a_station() -> None:
    assert ethernet.is_station(MAC)
    assert not ethernet.is_station("33:33:00:00:00:01")
    assert not ethernet.is_station("ff:ff:ff:ff:ff:ff")
    assert not ethernet.is_station("00:00:00:00:00:00")


def ip4(payload: bytes, *, fragment: int = 0, options: int = 0, total: int | None = None) -> bytes:
    size = 20 + 4 * options
    head = struct.pack(
        "!BBHHHBBH4s4s",
        0x40 | size // 4,
        0,
        size + len(payload) if total is None else total,
        1,
        fragment,
        64,
        17,
        0,
        ipaddress.IPv4Address("10.0.0.7").packed,
        ipaddress.IPv4Address("10.0.0.255").packed,
    )
    return head + bytes(4 * options) + payload


def test_a_datagram_is_found_behind_options_and_before_padding() -> None:
    payload = struct.pack("!HHHH", 5353, 53, 8 + 3, 0) + b"abc"
    packet = ethernet.packet(taken(framed(ethernet.IPV4, ip4(payload, options=3) + bytes(20))))
    assert packet is not None

    assert ("10.0.0.7", "10.0.0.255", 64) == packet[:3]
    assert ethernet.Udp(5353, 53, b"abc") == ethernet.udp(packet)


@pytest.mark.parametrize(
    "data",
    [
        ip4(b"x" * 8, fragment=0x2000),
        ip4(b"x" * 8, fragment=5),
        ip4(b"x" * 8, total=2000),
        ip4(b"x" * 8, total=10),
        b"\x41" + ip4(b"x" * 8)[1:],
        b"\x65" + ip4(b"x" * 8)[1:],
        b"",
    ],
)
def test_half_a_packet_is_none(data: bytes) -> None:
    assert ethernet.packet(taken(framed(ethernet.IPV4, data))) is None


@pytest.mark.parametrize("length", [0, 7, 12, 0xFFFF])
def test_a_datagram_whose_length_is_wrong_is_none(length: int) -> None:
    packet = ethernet.Packet("10.0.0.7", "10.0.0.8", 64, 17, struct.pack("!HHHH", 1, 2, length, 0))

    assert ethernet.udp(packet) is None


# -- ARP


def test_a_request_is_what_a_request_is() -> None:
    made = arp.request(OTHER, "10.0.0.2", "10.0.0.7")

    assert (
        bytes.fromhex(
            "ffffffffffff a0369f000002 0806 0001 0800 06 04 0001"
            "a0369f000002 0a000002 000000000000 0a000007"
        )
        == made
    )
    said = arp.parse(taken(made + bytes(18)))
    assert arp.Arp(arp.REQUEST, OTHER, "10.0.0.2", "00:00:00:00:00:00", "10.0.0.7") == said


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        bytes(27),
        bytes.fromhex("0006080006040001") + bytes(20),  # another hardware
        bytes.fromhex("000186dd06100001") + bytes(40),  # another protocol
        bytes.fromhex("0001080008040001") + bytes(24),  # MACs of another length
    ],
)
def test_what_is_no_arp_for_ipv4_is_none(payload: bytes) -> None:
    assert arp.parse(taken(framed(ethernet.ARP, payload))) is None
    assert arp.parse(taken(framed(ethernet.IPV4, payload))) is None


def test_requests_go_from_the_address_of_the_targets_network() -> None:
    own = [ipaddress.IPv4Interface("10.0.0.2/24"), ipaddress.IPv4Interface("192.168.7.9/16")]
    targets = ["10.0.0.7", "192.168.1.1", "172.16.0.1", "10.0.0.2", "fe80::1", "192.168.7.9"]
    requests = arp.Requests(OTHER, own, targets)

    for _ in range(2):  # a second pass asks the same
        said = [arp.parse(taken(each)) for each in requests]
        assert [("10.0.0.2", "10.0.0.7"), ("192.168.7.9", "192.168.1.1")] == [
            (each.address, each.target) for each in said if each
        ]


# -- neighbour discovery


def test_a_solicitation_is_what_a_solicitation_is() -> None:
    made = ndp.solicitation(OTHER, "fe80::1", "fd00::abcd:1234")
    found = taken(made)
    packet = ethernet.packet(found)
    assert packet is not None

    assert "33:33:ff:cd:12:34" == found.to
    assert ("fe80::1", "ff02::1:ffcd:1234", 255) == packet[:3]
    assert ndp.Ndp(ndp.SOLICITATION, "fe80::1", "fd00::abcd:1234", OTHER) == ndp.parse(found)
    pseudo = made[22:54] + struct.pack("!II", len(packet.payload), 58)
    assert 0 == ndp.checksum(pseudo + packet.payload)


def icmp6(payload: bytes, *, hops: int = 255) -> ethernet.Ethernet:
    head = struct.pack("!IHBB", 6 << 28, len(payload), 58, hops)
    addresses = ipaddress.IPv6Address("fe80::1").packed + ipaddress.IPv6Address("ff02::1").packed
    return taken(framed(ethernet.IPV6, head + addresses + payload))


TARGET = ipaddress.IPv6Address("fd00::7").packed
ADVERTISED = bytes((136, 0, 0, 0, 0xA0, 0, 0, 0)) + TARGET + bytes((2, 1)) + OWN


def test_an_advertisement_names_its_target_and_tells_a_router() -> None:
    said = ndp.parse(icmp6(ADVERTISED))

    assert ndp.Ndp(ndp.ADVERTISEMENT, "fe80::1", "fd00::7", OTHER, is_router=True) == said


def test_what_has_been_through_a_router_is_of_no_link() -> None:
    assert ndp.parse(icmp6(ADVERTISED, hops=254)) is None


def test_a_router_tells_of_its_link() -> None:
    prefix = bytes((3, 4, 64, 0xC0)) + bytes(12) + ipaddress.IPv6Address("fd00:1::").packed
    servers = bytes((25, 3)) + bytes(6) + TARGET
    told = bytes((134, 0, 0, 0, 64, 0, 7, 8)) + bytes(8) + bytes((1, 1)) + OWN + prefix + servers
    said = ndp.parse(icmp6(told))
    assert said is not None

    assert (OTHER, True, 1800) == (said.mac, said.is_router, said.lifetime)
    assert (("fd00:1::/64",), ("fd00::7",)) == (said.prefixes, said.resolvers)


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        ADVERTISED[:20],
        bytes((136, 1)) + ADVERTISED[2:],
        bytes((128, 0)) + bytes(30),
        bytes((134, 0)) + bytes(10),
    ],
)
def test_what_is_no_neighbour_discovery_is_none(payload: bytes) -> None:
    assert ndp.parse(icmp6(payload)) is None


@pytest.mark.parametrize("option", [bytes((2, 0)), bytes((2, 9)) + OWN, b"\x02"])
def test_an_option_whose_length_is_wrong_ends_the_options(option: bytes) -> None:
    said = ndp.parse(icmp6(ADVERTISED[:24] + option))

    assert said is not None
    assert said.mac is None


# -- LLDP


def part(kind: int, value: bytes) -> bytes:
    return (kind << 9 | len(value)).to_bytes(2, "big") + value


NEEDED = part(1, b"\x04" + OWN) + part(2, b"\x05Gi0/7") + part(3, b"\x00\x78")
SWITCH = (
    NEEDED
    + part(4, b"uplink")
    + part(5, b"sw-\x1b[31moffice")
    + part(6, b"A switch\nof 24 ports")
    + part(7, bytes.fromhex("00140004"))
    + part(8, b"\x05\x01\x0a\x00\x00\x02\x02" + bytes(5))
    + part(127, bytes.fromhex("0012bb") + b"\x0aGS724T")
    + part(127, bytes.fromhex("00120f") + b"\x01x")
    + part(0, b"")
)


def test_a_switch_says_who_it_is() -> None:
    said = lldp.parse(taken(framed(ethernet.LLDP, SWITCH)))

    assert (
        lldp.Lldp(
            mac=OTHER,
            chassis=OTHER,
            port="Gi0/7",
            ttl=120,
            port_text="uplink",
            name="sw-office",
            description="A switch of 24 ports",
            capabilities=("bridge",),
            addresses=("10.0.0.2",),
            inventory=(("model", "GS724T"),),
        )
        == said
    )


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        NEEDED[:9],
        part(2, b"\x05x") + NEEDED,
        part(1, b"\x04") + NEEDED[9:],
        part(0, b"") + NEEDED,
    ],
)
def test_lldp_without_its_three_first_parts_is_none(payload: bytes) -> None:
    assert lldp.parse(taken(framed(ethernet.LLDP, payload))) is None


# -- CDP


def field(kind: int, value: bytes) -> bytes:
    return struct.pack("!HH", kind, len(value) + 4) + value


PHONE = (
    cdp.SNAP
    + bytes((2, 180, 0, 0))
    + field(1, b"SEP001B54400051")
    + field(
        2, b"\0\0\0\2\1\1\xcc\0\4\x0a\0\0\x33" + b"\2\x08\xaa\xaa\3\0\0\0\x86\xdd\0\x10" + TARGET
    )
    + field(3, b"Port 1")
    + field(4, struct.pack("!I", 0x490))
    + field(5, b"P0S3-8-12")
    + field(6, b"Cisco IP Phone 7960")
)


def test_a_telephone_says_who_it_is() -> None:
    said = cdp.parse(taken(framed(len(PHONE), PHONE, to=cdp.GROUP)))
    assert said is not None

    assert ("SEP001B54400051", "Port 1", ("10.0.0.51", "fd00::7")) == said[:3]
    assert ("host", "phone") == said.capabilities
    assert ("P0S3-8-12", "Cisco IP Phone 7960", 180) == said[4:]
    assert "00:1b:54:40:00:51" == said.mac


@pytest.mark.parametrize("data", [b"", cdp.SNAP, PHONE[:12], cdp.SNAP + bytes(4) + field(3, b"x")])
def test_cdp_that_names_nobody_is_none(data: bytes) -> None:
    assert cdp.parse(taken(framed(len(data), data, to=cdp.GROUP))) is None


# -- DHCP


def message(op: int, kind: int, options: bytes, *, yours: str = "0.0.0.0") -> bytes:  # noqa: S104
    head = struct.pack("!BBBBIHH", op, 1, 6, 0, 7, 0, 0)
    mine = bytes(4) + ipaddress.IPv4Address(yours).packed + bytes(8)
    return (
        head
        + mine
        + OWN
        + bytes(10 + 192)
        + bytes.fromhex("63825363")
        + bytes((53, 1, kind))
        + options
    )


def option(number: int, value: bytes) -> bytes:
    return bytes((number, len(value))) + value


def test_a_client_says_what_it_is_and_wants() -> None:
    said = dhcp.parse(
        message(
            1,
            dhcp.REQUEST,
            option(12, b"Annas-Phone")
            + option(50, bytes((10, 0, 0, 50)))
            + b"\0\0"
            + option(55, bytes((1, 3, 6)))
            + option(60, b"android-dhcp-14")
            + b"\xff"
            + option(12, b"behind the end"),
        )
    )

    assert (
        dhcp.Dhcp(
            dhcp.REQUEST,
            OTHER,
            wanted="10.0.0.50",
            name="Annas-Phone",
            vendor_class="android-dhcp-14",
            parameters=(1, 3, 6),
        )
        == said
    )


def test_a_server_says_whom_it_serves_and_of_the_network() -> None:
    options = option(54, bytes((10, 0, 0, 1))) + option(3, bytes((10, 0, 0, 1)))
    options += option(6, bytes((10, 0, 0, 1, 10, 0, 0, 9, 1))) + option(15, b"home.arpa\0")
    said = dhcp.parse(message(2, dhcp.ACK, options, yours="10.0.0.50"))
    assert said is not None

    assert ("10.0.0.50", "10.0.0.1", "home.arpa") == (said.yours, said.server, said.domain)
    assert (("10.0.0.1",), ("10.0.0.1", "10.0.0.9")) == (said.routers, said.resolvers)


@pytest.mark.parametrize(
    ("value", "name"),
    [
        (b"\x04\0\0\x03pc1\x04home\0", "pc1.home"),
        (b"\0\0\0pc1.home", "pc1.home"),
        (b"\x04\0\0", ""),
    ],
)
def test_a_whole_name_is_read_in_both_spellings(value: bytes, name: str) -> None:
    said = dhcp.parse(message(1, dhcp.DISCOVER, option(81, value)))

    assert said is not None
    assert name == said.name


@pytest.mark.parametrize(
    "data",
    [
        b"",
        message(1, dhcp.DISCOVER, b"")[:200],
        message(1, dhcp.ACK, b""),  # a client that acknowledges
        message(2, dhcp.DISCOVER, b""),
        message(1, 9, b""),
        b"\x01\x06" + message(1, dhcp.DISCOVER, b"")[2:],
        message(1, dhcp.DISCOVER, b"").replace(bytes.fromhex("63825363"), bytes(4)),
    ],
)
def test_what_is_no_dhcp_is_none(data: bytes) -> None:
    assert dhcp.parse(data) is None
