"""A device put together from what several nodes say: the order of what they say does not matter."""

from __future__ import annotations

import itertools

from dpf_edge.store.portrait import Portrait, View, portrait, sortable
from dpf_edge.store.sighting import Sighting

ARP = View(
    Sighting(addresses=("192.168.50.2",), macs=("24:5a:4c:00:00:01",), attributes={"vendor": "U"}),
    True,
    0.7,
    "arp:192.168.50.2",
)
UNIFI = View(
    Sighting(name="core", kind="switch", attributes={"vendor": "Ubiquiti", "model": "X"}),
    True,
    1.0,
    "unifi:1",
)
ONCE = View(Sighting(name="old", kind="router", addresses=("10.0.0.1",)), False, 1.0, "snmp:1")


def test_the_surest_who_sees_it_gives_the_words_and_all_give_addresses() -> None:
    whole = Portrait(
        "core",
        "switch",
        ("192.168.50.2",),
        ("24:5a:4c:00:00:01",),
        {"vendor": "Ubiquiti", "model": "X"},
    )

    for order in itertools.permutations([ARP, UNIFI, ONCE]):
        assert whole == portrait(order)


def test_who_sees_it_no_more_gives_words_that_nobody_else_has_and_no_address() -> None:
    made = portrait([ARP, ONCE])

    assert ("old", "router", ("192.168.50.2",)) == (made.name, made.kind, made.addresses)


def test_a_better_kind_than_host_counts_from_whoever_knows_it() -> None:
    guess = View(Sighting(kind="printer"), True, 0.1, "a")
    sure = View(Sighting(kind="host"), True, 1.0, "b")

    assert "printer" == portrait([sure, guess]).kind


def test_addresses_sort_as_numbers() -> None:
    addresses = ["192.168.50.10", "192.168.50.9", "10.0.0.1"]

    assert ["10.0.0.1", "192.168.50.9", "192.168.50.10"] == sorted(addresses, key=sortable)


def test_what_orders_a_device_fits_into_an_index() -> None:
    longest = Portrait("\U0001f600" * 10_000, "host", ("x" * 10_000,))

    assert len(longest.sort_name.encode()) <= 300
    assert len(longest.sort_address.encode()) <= 300
