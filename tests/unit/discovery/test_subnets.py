"""What may be walked: private ranges of a bearable size, and what else is refused with a reason."""

from __future__ import annotations

import pytest

from dpf_edge.discovery.subnets import MOST, subnets


def test_private_ranges_are_taken_once_and_in_their_network_form() -> None:
    got = subnets(" 192.168.1.77/24, 10.1.0.0/16,192.168.1.0/24 ,, 172.16.5.1/32")

    assert ["192.168.1.0/24", "10.1.0.0/16", "172.16.5.1/32"] == [str(each) for each in got.allowed]
    assert () == got.refused


@pytest.mark.parametrize(
    ("word", "why"),
    [
        ("0.0.0.0/0", "larger than a /16"),
        ("10.0.0.0/8", "larger than a /16"),
        ("192.168.0.0/15", "larger than a /16"),
        ("8.8.8.0/24", "no private range"),
        ("100.64.0.0/16", "no private range"),
        ("169.254.0.0/16", "no private range"),
        ("224.0.0.0/24", "no private range"),
        ("127.0.0.0/24", "no private range"),
        ("172.32.0.0/16", "no private range"),
        ("192.168.1.0", "no IPv4 range"),
        ("192.168.1.0/33", "no IPv4 range"),
        ("192.168.1.0/-1", "no IPv4 range"),
        ("192.168.1.0/٣", "no IPv4 range"),
        ("192.168.1/24", "no IPv4 range"),
        ("fd00::/64", "no IPv4 range"),
        ("printer.local/24", "no IPv4 range"),
    ],
)
def test_what_may_not_be_walked_is_refused_with_its_reason(word: str, why: str) -> None:
    """W22: a published node walks the Internet, if it is told to."""
    got = subnets(f"192.168.1.0/24,{word}")

    assert ["192.168.1.0/24"] == [str(each) for each in got.allowed]
    assert 1 == len(got.refused)
    assert why in got.refused[0]


def test_a_list_without_a_range_turns_walking_off() -> None:
    assert subnets("disabled").is_off
    assert not subnets("192.168.1.0/24").is_off


def test_a_list_has_an_end() -> None:
    got = subnets(",".join(f"10.{n // 256}.{n % 256}.0/24" for n in range(1000)))

    assert MOST == len(got.allowed)
    assert 1 == len(got.refused)
