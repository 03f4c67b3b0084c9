"""The order in which addresses are asked: each once, the known first, none that must not be."""

from __future__ import annotations

import ipaddress
import tracemalloc
from itertools import islice, pairwise

import pytest

from dpf_edge.discovery.walk import Walk, dotted, number_of, stride

SLASH_24 = ipaddress.IPv4Network("192.168.50.0/24")
SLASH_16 = ipaddress.IPv4Network("10.9.0.0/16")


@pytest.mark.parametrize("chance", [0.0, 0.3, 0.999])
@pytest.mark.parametrize("bits", [16, 20, 24, 29, 30, 31, 32])
def test_every_address_comes_once(bits: int, chance: float) -> None:
    network = ipaddress.IPv4Network(f"10.9.0.0/{bits}")
    walk = Walk((), [network], (), lambda: chance)

    asked = list(walk)

    assert len(walk) == len(asked) == len({*asked}) == network.num_addresses
    assert {*asked} == {str(each) for each in network}


def test_several_ranges_are_walked_as_one() -> None:
    ranges = [SLASH_24, ipaddress.IPv4Network("10.1.1.0/28"), ipaddress.IPv4Network("10.2.2.2/32")]

    asked = list(Walk((), ranges, (), lambda: 0.5))

    assert {str(each) for network in ranges for each in network} == {*asked}
    assert 256 + 16 + 1 == len(asked)


def test_the_known_come_first_and_once_and_those_without_never() -> None:
    known = ("192.168.50.9", "10.7.7.7", "fd00::9", "192.168.50.9")
    without = {int(ipaddress.IPv4Address(f"192.168.50.{n}")) for n in (0, 7, 255)}

    walk = Walk(known, [SLASH_24], without, lambda: 0.1)
    asked = list(walk)

    assert ["192.168.50.9", "10.7.7.7", "fd00::9"] == asked[:3]
    assert len({*asked}) == len(asked) == len(walk) == 3 + 256 - 3 - 1
    assert not {f"192.168.50.{n}" for n in (0, 7, 255)} & {*asked}
    assert "192.168.50.12" in walk
    assert "fd00::9" in walk
    assert "192.168.50.7" not in walk
    assert "192.168.51.1" not in walk
    assert "no address" not in walk


def test_neighbouring_addresses_are_not_asked_one_after_the_other() -> None:
    """A switch or a radio gets no burst: what comes together lies apart."""
    numbers = [number_of(each) or 0 for each in Walk((), [SLASH_24], (), lambda: 0.5)]

    gaps = [abs(one - other) for one, other in pairwise(numbers)]

    assert min(gaps) > 64


def test_two_walks_begin_elsewhere() -> None:
    def first(begin: float) -> str:
        return next(iter(Walk((), [SLASH_24], (), lambda: begin)))

    assert first(0.1) != first(0.6)


def test_a_thousand_wide_ranges_cost_nothing_before_the_first_packet() -> None:
    ranges = [ipaddress.IPv4Network(f"10.{n}.0.0/16") for n in range(256)]
    tracemalloc.start()
    try:
        walk = Walk((), ranges, (), lambda: 0.5)
        first = list(islice(walk, 100))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert 100 == len({*first})
    assert 256 << 16 == len(walk)
    assert peak < 1 << 20


def test_nothing_to_walk_is_nothing() -> None:
    assert [] == list(Walk())
    assert not Walk()


@pytest.mark.parametrize("total", [*range(1, 70), 254, 65_534, 65_536])
def test_a_stride_comes_by_everywhere(total: int) -> None:
    step = stride(total, 0.5)

    assert total == len({place * step % total for place in range(total)})


def test_an_address_is_its_number() -> None:
    for text in ("0.0.0.0", "10.255.0.1", "255.255.255.255"):  # noqa: S104 -- numbers, no listener
        number = number_of(text)
        assert number is not None
        assert text == dotted(number)
    assert None is number_of("fe80::1")
