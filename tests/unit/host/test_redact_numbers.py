"""Addresses and MACs are rearranged so that their relations, and what tells a vantage, stay."""

from __future__ import annotations

import ipaddress
import re

import pytest

from dpf_edge import macs
from dpf_edge.host import signatures
from dpf_edge.host.capture import Capture
from dpf_edge.host.redact import redact
from dpf_edge.host.redact_macs import Macs
from dpf_edge.host.redact_numbers import Numbers
from dpf_edge.model import Machine, Neighbour

from .test_redact import KEY, KEYS, mapped, network, of

STAY = sorted(
    signatures.words(
        """
127.0.0.1/8 127.0.0.11 0.0.0.0/0 255.255.255.255 224.0.0.251 255.255.255.0 0.250.250.200 ::1/128
::/0 ff02::fb 169.254.73.152 169.254.73.153/30 169.254.1.1 169.254.169.254 10.255.255.254/32
192.168.65.3/24 192.168.65.7 192.168.65.254 fdc4:f303:9324::3/64 10.0.2.15/24 10.0.2.2
192.168.127.2/24 192.168.5.15/24 192.168.104.2 192.168.105.9 192.168.106.3 192.168.64.2/24
192.168.122.1/24 192.168.56.103/24 10.211.55.3 10.0.75.1/24 192.168.143.1 192.168.205.7
198.19.249.146/23 198.19.248.200 192.168.138.4/23 fd07:b51a:cc66::2 fd17:625c:f037:2::15 10.0.3.1
172.17.0.0/16 172.18.0.1/16 172.17.0.2/16 192.168.16.0/20 10.88.0.1/16 10.42.0.9/24 10.244.1.7/32
10.96.0.1 10.43.0.10 fe80::1/64 168.63.129.16 8.8.8.8 1.1.1.1 10.0.0.0/8 192.168.0.0/16 0.0.0.0/1
172.16.0.0/12 fe80::/64
"""
    )
)


@pytest.mark.parametrize("text", STAY)
def test_a_signatures_numbers_stay(text: str) -> None:
    assert [text] == mapped(text)


MOVE = sorted(
    signatures.words(
        """
10.31.7.9/24 10.31.7.9 172.30.153.246/20 192.168.1.66/24 192.168.1.1 100.64.3.4/32 169.254.9.9/16
fd12:3456:789a:1::77/64 fc00:1::5/64 fd42:1:2:3::9/64 fe80::1234:5678:9abc:def0/64 fec0::5/64
10.97.3.4/24 172.18.7.9/24 192.168.4.9/24 10.0.0.9/24
"""
    )
)


@pytest.mark.parametrize("text", MOVE)
@pytest.mark.parametrize("key", KEYS)
def test_other_private_addresses_move_inside_their_block(text: str, key: bytes) -> None:
    before = ipaddress.ip_interface(text)
    (told,) = mapped(text, key=key)
    after = ipaddress.ip_interface(str(told))

    assert before.ip != after.ip
    assert before.network.prefixlen == after.network.prefixlen
    for block in signatures.BLOCKS:
        if block.version == before.version:
            assert (before.ip in block) == (after.ip in block)
    known = [each for each in signatures.RANGES if each.version == before.version]
    assert not [each for each in known if after.ip in each and before.ip not in each]


@pytest.mark.parametrize(
    ("text", "into"),
    [
        ("93.184.216.34", "192.0.2.0/24"),
        ("93.184.216.34/27", "192.0.2.0/24"),
        ("192.0.2.7", "192.0.2.0/24"),
        ("191.168.4.38/21", "198.18.0.0/15"),
        ("93.0.0.9/12", "240.0.0.0/4"),
        ("2003:e2:1:2::5/64", "2001:db8::/32"),
        ("2a00:1450::5/29", "3fff::/20"),
        ("64:ff9b::c0a8:101", "2001:db8::/32"),
    ],
)
def test_public_addresses_go_where_nobody_is(text: str, into: str) -> None:
    (told,) = mapped(text)

    assert str(told) != text
    assert ipaddress.ip_interface(str(told)).ip in ipaddress.ip_network(into)
    assert text.partition("/")[1:] == str(told).partition("/")[1:]


def test_a_whole_public_network_gets_one_of_its_own() -> None:
    found = mapped("93.184.216.34/24", "93.184.217.1/24", "93.184.218.1/24", "93.184.219.1/24")

    held = {network(each) for each in found}
    documentation = {each for each in signatures.DOCUMENTATION if each.prefixlen == 24}
    assert documentation <= held
    (beside,) = held - documentation
    assert beside.overlaps(ipaddress.ip_network("198.18.0.0/15"))


@pytest.mark.parametrize("key", KEYS)
def test_what_nests_still_nests(key: bytes) -> None:
    outer, inner, host, beside, apart = mapped(
        "10.64.0.0/12", "10.70.2.0/24", "10.70.2.9", "10.71.9.9", "10.200.1.7/24", key=key
    )

    assert network(inner).network_address in network(outer)
    assert ipaddress.ip_address(str(host)) in network(inner)
    assert ipaddress.ip_address(str(beside)) in network(outer)
    assert ipaddress.ip_address(str(beside)) not in network(inner)
    assert not network(apart).overlaps(network(outer))


@pytest.mark.parametrize("key", KEYS)
def test_the_first_two_hosts_of_a_network_stay_the_first_two(key: bytes) -> None:
    """An engine's gateway is the first, and VMware's NAT the second."""
    found = mapped("192.168.80.130/24", "192.168.80.1", "192.168.80.2", "192.168.80.255", key=key)

    held = network(found[0])
    assert [str(held[1]), str(held[2]), str(held[-1])] == found[1:]


@pytest.mark.parametrize("key", KEYS)
def test_a_full_network_stays_full_and_every_host_is_one(key: bytes) -> None:
    every = [f"192.168.7.{last}" for last in range(256)]
    found = mapped("192.168.7.9/24", *every, key=key)

    held = network(found[0])
    assert {str(each) for each in held} == set(found[1:])
    assert (str(held[0]), str(held[-1])) == (found[1], found[-1])


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("inner", ["192.168.7.0/26", "192.168.7.64/26", "192.168.7.128/25"])
def test_in_a_full_network_with_another_inside_no_two_become_one(key: bytes, inner: str) -> None:
    every = [f"192.168.7.{last}" for last in range(256)]
    found = mapped("192.168.7.0/24", inner, *every, key=key)

    held = network(found[0])
    assert 256 == len(set(found[2:]))
    assert {ipaddress.ip_address(str(each)) for each in found[2:]} == {*held}


@pytest.mark.parametrize("key", KEYS)
def test_a_block_that_is_full_of_networks_stays_so(key: bytes) -> None:
    every = [f"192.168.{third}.0/24" for third in range(256)]
    found = mapped(*every, key=key)

    known = [each for each in signatures.RANGES if each.version == 4]
    for before, after in zip(every, found, strict=True):
        was = [each for each in known if each.overlaps(network(before))]
        assert was == [each for each in known if each.overlaps(network(after))]
    assert set(every) == set(found)


@pytest.mark.parametrize("key", KEYS)
def test_no_networks_old_number_is_given_to_another_one(key: bytes) -> None:
    every = [f"192.168.{third}.0/24" for third in range(6, 96)]
    found = mapped(*every, key=key)

    moved = {after for before, after in zip(every, found, strict=True) if before != after}
    assert len(moved) > 60
    assert moved.isdisjoint(every)


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize(
    "lan",
    [("172.31.16.9/20", "172.31.64.9/19"), [f"172.{each}.0.9/15" for each in range(20, 31, 2)]],
)
def test_no_network_moves_onto_one_that_stays(key: bytes, lan: list[str]) -> None:
    pools = ["172.18.0.1/16", "172.19.0.1/16"]
    found = mapped(*pools, *lan, key=key)

    assert pools == found[:2]
    for moved in found[2:]:
        assert network(moved).network_address in ipaddress.ip_network("172.16.0.0/12")
        assert not [each for each in pools if network(each).overlaps(network(moved))]


def test_a_network_around_an_engines_stays_around_it() -> None:
    assert ["172.16.0.0/13", "172.18.0.1/16"] == mapped("172.16.0.0/13", "172.18.0.1/16")


def test_a_lan_with_a_known_range_inside_stays_and_its_hosts_move() -> None:
    (held, inside, other) = mapped("192.168.4.77/22", "192.168.5.15", "192.168.6.90")

    assert "192.168.4.0/22" == str(network(held))
    assert "192.168.5.15" == inside
    assert held != "192.168.4.77/22"
    assert ipaddress.ip_address(str(other)) not in ipaddress.ip_network("192.168.5.0/24")


def test_two_networks_of_an_ipv6_site_stay_of_one() -> None:
    one, other = mapped("fd12:3456:789a:1::77/64", "fd12:3456:789a:2::9/64")

    assert str(one)[:14] == str(other)[:14]
    assert network(one) != network(other)


def test_an_address_made_of_a_mac_is_made_of_the_macs_image() -> None:
    numbers = Numbers(KEY, ["fe80::3ea6:2fff:fe5a:6b7c", "fd12:3456:789a:1:3ea6:2fff:fe5a:6b7c/64"])
    mac = numbers.macs.text("3c:a6:2f:5a:6b:7c")
    low = mac.replace(":", "")[6:]

    made = f"3ea6:2fff:fe{low[:2]}:{low[2:]}"
    expected = ipaddress.ip_address(f"fe80::{made}")
    assert str(expected) == numbers.address("fe80::3ea6:2fff:fe5a:6b7c")
    other = numbers.address("fd12:3456:789a:1:3ea6:2fff:fe5a:6b7c/64")
    assert int(expected) & (1 << 64) - 1 == int(ipaddress.ip_interface(str(other))) & (1 << 64) - 1


def test_an_address_inside_another_changes_too() -> None:
    plain, inside = mapped("192.168.1.66", "::ffff:192.168.1.66")
    group = mapped("ff02::1:ff5a:6b7c")[0]

    assert ipaddress.IPv6Address(str(inside)).ipv4_mapped == ipaddress.ip_address(str(plain))
    assert str(group).startswith("ff02::1:ff")
    assert "5a:6b7c" not in str(group)


def test_an_address_with_a_zone_names_the_link_that_it_now_has() -> None:
    made = Capture(
        capture=1,
        machine=Machine("Linux"),
        interfaces=(),
        neighbours=(Neighbour("fe80::1%contoso0"), Neighbour("fe80::1%7"), Neighbour("x%contoso")),
    )

    told = [each.address for each in redact(made, KEY).neighbours]

    assert f"fe80::1%{of().link('contoso0')}" == told[0]
    assert "fe80::1%7" == told[1]
    assert "contoso" not in told[2]


@pytest.mark.parametrize("mac", sorted(signatures.MACS | macs.STACKS.keys()))
def test_a_stacks_own_mac_stays(mac: str) -> None:
    assert mac == of().numbers.macs.text(mac)


@pytest.mark.parametrize(
    "mac",
    ["ff:ff:ff:ff:ff:ff", "01:00:5e:00:00:fb", "33:33:00:00:00:fb", "00:05:9a:3c:7a:00"],
)
def test_groups_and_a_vpn_programs_adapter_stay(mac: str) -> None:
    assert mac == of().numbers.macs.text(mac)


@pytest.mark.parametrize("maker", [*macs.MAKERS_OF_VIRTUAL_CARDS, "3c:a6:2f", "9a:5e:11", "00:ff:"])
def test_a_maker_and_the_local_bit_stay_and_the_rest_does_not(maker: str) -> None:
    before = f"{maker}:5a:6b:7c" if len(maker) == 8 else "00:ff:aa:5a:6b:7c"

    after = of().numbers.macs.text(before)

    assert before[:9] == after[:9]
    assert before[9:] != after[9:]
    assert macs.kind(before) is macs.kind(after)


def test_a_mac_keeps_its_separators_and_is_one_in_every_way_of_writing() -> None:
    held = of().numbers.macs

    assert held.text("3c:a6:2f:5a:6b:7c") == held.text("3C-A6-2F-5A-6B-7C").replace("-", ":")


@pytest.mark.parametrize(
    ("mac", "form"),
    [
        ("42:01:0A", "42:01:0A"),
        ("42:01:0a:5a", r"42:01:0a:x[0-9a-f]{8}"),
        ("3c:a6:2f:5a:6b:7c:8d:9e", r"3c:a6:2f:x[0-9a-f]{8}"),
        ("contoso", r"x[0-9a-f]{8}"),
    ],
)
def test_of_what_is_no_mac_the_maker_stays_at_most(mac: str, form: str) -> None:
    entry = Neighbour("127.0.0.1", mac)
    made = Capture(capture=1, machine=Machine("Linux"), interfaces=(), neighbours=(entry,))

    assert re.fullmatch(form, str(redact(made, KEY).neighbours[0].mac))


def test_of_dockers_old_macs_the_address_inside_changes_as_the_address_does() -> None:
    numbers = Numbers(KEY, ["10.31.7.9/24", "172.17.0.2/16"])
    address = ipaddress.ip_interface(str(numbers.address("10.31.7.9/24"))).packed.hex(":")

    assert f"02:42:{address}" == numbers.macs.text("02:42:0a:1f:07:09")
    assert "02:42:ac:11:00:02" == numbers.macs.text("02:42:ac:11:00:02")
    other = numbers.macs.text("02:42:0a:1f:07:0a")
    assert other.startswith("02:42:")
    assert "0a:1f" not in other


def test_no_two_of_dockers_old_macs_become_one() -> None:
    """One would become what an address's new MAC is; then it goes on to another."""
    first = 0x0242AC000001
    taken = Macs(KEY, {}).value(first) & 0xFFFFFFFF

    held = Macs(KEY, {0xAC000099: taken})

    assert 0x0242 << 32 | taken == held.value(0x0242AC000099)
    assert held.value(first) != held.value(0x0242AC000099)


def test_no_mac_takes_a_prefix_that_detectors_know() -> None:
    held = Macs(KEY, {})

    images = [held.value(0x02420A000000 | each).to_bytes(6).hex(":") for each in range(3000)]

    assert [] == [image for image in images if image.startswith("02:42:ac:")]
    assert {"02:42"} == {image[:5] for image in images}
