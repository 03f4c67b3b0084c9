"""The active checks on a real link: what goes out, and what is made of what comes back."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

import pytest

from dpf_edge.model import Probe

from . import peer
from .wire import ALIVE, GATEWAY, GATEWAY_MAC, OTHER, OWN, WRITTEN, Told, checked, link, watching

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .spaces import Space


@pytest.fixture(scope="module")
def pair(root: None) -> Iterator[tuple[Space, Space]]:
    """A machine on a link, and all that is on the other end of it."""
    with link() as made:
        yield made


class Street(NamedTuple):
    """One run among answerers and liars, and what could be seen of it from outside."""

    told: Told
    frames: list[list[str]]
    aside: list[list[str]]
    groups_before: bytes
    groups_after: bytes


@pytest.fixture(scope="module")
def street(pair: tuple[Space, Space]) -> Street:
    here, there = pair
    here.do(
        # Old memories, of one who is there and of one who has gone; and what no station ever said.
        f"ip neigh add {OTHER} lladdr {GATEWAY_MAC} dev eth0 nud stale",
        f"ip neigh add {peer.GONE} lladdr 00:11:32:00:00:77 dev eth0 nud stale",
        f"ip neigh add {WRITTEN} lladdr 00:11:32:00:00:66 dev eth0 nud permanent",
    )
    before = here.run("cat", "/proc/net/igmp").stdout
    with watching(there, "far", "answers") as frames, watching(there, "aside") as aside:
        told = checked(here, "eth0")
        after = here.run("cat", "/proc/net/igmp").stdout
    return Street(told, frames, aside, before, after)


def test_a_gateway_is_found_by_its_mac_without_any_privilege(street: Street) -> None:
    assert Probe("arp", "answered", GATEWAY, mac=GATEWAY_MAC) in street.told.probes


def test_addresses_that_nobody_has_stay_silent(street: Street) -> None:
    results = street.told.results("arp")

    dead = {to for to in results if to not in ALIVE}
    assert len(dead) >= 3
    assert {"silent"} == {results[to] for to in dead}


def test_a_memory_is_confirmed_by_an_answer_and_by_nothing_else(street: Street) -> None:
    """An old entry is not asked for again at once, so only its station itself can confirm it."""
    results = street.told.results("arp")

    assert "answered" == results[OTHER]
    assert peer.GONE not in results
    assert "delay" == next(e.state for e in street.told.neighbours if e.address == peer.GONE)


def test_an_entry_that_a_program_wrote_is_not_taken_for_an_answer(street: Street) -> None:
    assert WRITTEN not in street.told.results("arp")
    assert WRITTEN not in {to for _, to in street.frames}


def test_multicast_answers_count_once_and_only_from_the_link(street: Street) -> None:
    """Not the garbled, the chatty, the one from another network or from the wrong port."""
    mdns, ssdp = street.told.of("mdns"), street.told.of("ssdp")

    assert [(peer.HONEST, GATEWAY_MAC), (peer.HUGE, GATEWAY_MAC)] == [
        (probe.from_, probe.mac) for probe in mdns
    ]
    assert [(peer.HONEST, GATEWAY_MAC)] == [(probe.from_, probe.mac) for probe in ssdp]
    assert {"answered"} == {probe.result for probe in (*mdns, *ssdp)}


def test_the_first_router_on_the_way_gives_its_name(street: Street) -> None:
    assert [Probe("hop", "answered", "1.1.1.1", GATEWAY)] == street.told.of("hop")


def test_connections_go_to_addresses_that_nobody_has(street: Street) -> None:
    controls = street.told.results("tcp")

    assert 2 == len(controls)
    assert {"silent"} == set(controls.values())
    assert {"silent"} == {street.told.results("arp")[to] for to in controls}


def test_what_goes_out_is_what_was_said_and_not_more(street: Street) -> None:
    counts = Counter(kind for kind, _ in street.frames)
    asked = {to for kind, to in street.frames if kind == "who-has"}
    nudged = Counter(to for kind, to in street.frames if kind == "udp 9 ttl 1 empty")
    said = re.fullmatch(
        r"sending on eth0 for at most 2 s: an empty datagram to at most (\d+) addresses there,"
        r" 1 mDNS and 1 SSDP question, a datagram toward 1.1.1.1 that the first router returns,"
        r" a connection to at most 2 addresses there that nobody has",
        street.told.said,
    )

    assert said is not None
    assert int(said[1]) <= 12
    assert len(asked | nudged.keys()) <= int(said[1])
    assert {1} == set(nudged.values())
    assert (1, 1, 1) == tuple(
        counts[kind] for kind in ("udp 5353 ttl 255", "udp 1900 ttl 2", "udp 33434 ttl 1 empty")
    )
    # The connections are to addresses that no MAC is known of, so they stay in the kernel.
    known = {"who-has", "is-at", "udp 9 ttl 1 empty", "udp 5353 ttl 255", "udp 1900 ttl 2"}
    assert counts.keys() <= known | {"udp 33434 ttl 1 empty"}
    # The kernel asks for each address once a second.
    assert counts["who-has"] <= 3 * int(said[1])


def test_nothing_is_asked_of_ones_own_or_of_nobodys_address(street: Street) -> None:
    asked = {to for kind, to in street.frames if kind in {"who-has", "udp 9 ttl 1 empty"}}

    assert not asked & {OWN, "10.9.0.0", "10.9.0.255"}
    assert all(to.startswith("10.9.0.") for to in asked)


def test_other_interfaces_are_left_alone(street: Street) -> None:
    assert [] == street.aside


def test_no_group_is_joined(street: Street) -> None:
    assert street.groups_before == street.groups_after
