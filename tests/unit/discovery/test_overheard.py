"""What is made of frames that come by: who said it, once, and nothing of what a router sent on."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import pytest

from dpf_edge.discovery.frames import arp, dhcp, ethernet
from dpf_edge.discovery.job import Place
from dpf_edge.discovery.overheard import MOST_OF_A_KIND, Overheard
from dpf_edge.host.net import Frame

from .test_frames import MAC, OTHER, framed, ip4, message, option

if TYPE_CHECKING:
    from dpf_edge.observed import Observation

AT = 1_767_225_600.0
OURS = "00:1b:21:00:00:09"
PLACE = Place("eth0", 2, OURS, ("10.0.0.9/24",))


def overheard(*frames: bytes, interface: str = "eth0") -> list[Observation]:
    ear = Overheard([PLACE])
    return [seen for each in frames for seen in ear.take(Frame(each, interface, AT))]


def from_client(kind: int, options: bytes) -> bytes:
    payload = message(1, kind, options)
    return framed(ethernet.IPV4, ip4(struct.pack("!HHHH", 68, 67, 8 + len(payload), 0) + payload))


def from_server(kind: int, options: bytes, yours: str) -> bytes:
    payload = message(2, kind, options, yours=yours)
    return framed(ethernet.IPV4, ip4(struct.pack("!HHHH", 67, 68, 8 + len(payload), 0) + payload))


def test_who_asks_is_there_and_who_is_asked_for_may_not_be() -> None:
    [seen] = overheard(arp.request(OTHER, "10.0.0.2", "10.0.0.7"))

    assert (("10.0.0.2",), (OTHER,)) == (seen.addresses, seen.macs)
    assert ["10.0.0.0/24"] == [tie.network for tie in seen.ties]
    assert ("eth0", "2026-01-01T00:00:00.000Z") == (seen.interface, seen.seen_at)


def test_the_same_again_is_nothing_new_and_another_mac_is() -> None:
    said = arp.request(OTHER, "10.0.0.2", "10.0.0.7")
    again = arp.request(OTHER, "10.0.0.2", "10.0.0.8")
    twin = arp.request("a0:36:9f:00:00:03", "10.0.0.2", "10.0.0.7")

    assert [(OTHER,), ("a0:36:9f:00:00:03",)] == [
        each.macs for each in overheard(said, again, twin)
    ]


@pytest.mark.parametrize(
    "frame",
    [
        arp.request(OURS, "10.0.0.9", "10.0.0.7"),  # our own
        arp.request(OTHER, "0.0.0.0", "10.0.0.7"),  # noqa: S104 -- who has no address yet
        arp.request("ff:ff:ff:ff:ff:ff", "10.0.0.2", "10.0.0.7"),
        framed(ethernet.IPV4, ip4(bytes(8)))[:30],
        framed(0x9999, b"x"),
        b"",
    ],
)
def test_what_tells_of_nobody_is_passed_over(frame: bytes) -> None:
    assert [] == overheard(frame)


def test_what_comes_by_on_another_link_is_not_looked_at() -> None:
    assert [] == overheard(arp.request(OTHER, "10.0.0.2", "10.0.0.7"), interface="docker0")


def test_a_datagram_that_a_router_sent_on_does_not_give_it_the_senders_address() -> None:
    near = framed(ethernet.IPV4, ip4(struct.pack("!HHHH", 1, 2, 8, 0)))
    far = near.replace(bytes((10, 0, 0, 7)), bytes((10, 9, 0, 7)))

    assert [("10.0.0.7",)] == [each.addresses for each in overheard(near, far)]


def test_a_client_that_asks_for_its_old_address_is_believed_a_little() -> None:
    options = option(12, b"Annas-Phone") + option(50, bytes((10, 0, 0, 50)))
    options += option(60, b"android-dhcp-14") + option(55, bytes((1, 3, 6)))
    seen = overheard(from_client(dhcp.REQUEST, options))[-1]

    assert (("10.0.0.50",), (OTHER,), ("Annas-Phone",)) == (seen.addresses, seen.macs, seen.names)
    assert ("dhcp-class:android-dhcp-14", "dhcp-options:1,3,6") == seen.hints
    assert 0.6 == seen.confidence


def test_an_address_that_is_only_asked_for_elsewhere_is_not_taken_over() -> None:
    """A phone that comes home asks for what it had at work."""
    seen = overheard(from_client(dhcp.REQUEST, option(50, bytes((192, 168, 77, 5)))))[-1]

    assert () == seen.addresses


def test_a_servers_word_gives_its_role_and_those_it_tells_of() -> None:
    options = option(54, bytes((10, 0, 0, 7))) + option(3, bytes((10, 0, 0, 1)))
    options += option(6, bytes((8, 8, 8, 8, 10, 0, 0, 1)))
    seen = overheard(from_server(dhcp.ACK, options, "10.0.0.50"))

    roles = {(each.addresses, each.macs, each.roles) for each in seen}
    assert (("10.0.0.7",), (MAC,), ("dhcp-server",)) in roles
    assert (("10.0.0.50",), (OTHER,), ()) in roles
    assert (("10.0.0.1",), (), ("gateway",)) in roles
    assert (("10.0.0.1",), (), ("resolver",)) in roles
    assert not [each for each in seen if "8.8.8.8" in each.addresses]


def test_a_relays_mac_is_not_the_servers() -> None:
    frame = from_server(dhcp.OFFER, option(54, bytes((10, 0, 0, 200))), "10.0.0.50")
    served = [each for each in overheard(frame) if "dhcp-server" in each.roles]

    assert [(("10.0.0.200",), ())] == [(each.addresses, each.macs) for each in served]


def test_a_flood_of_one_kind_leaves_room_for_the_others() -> None:
    ear = Overheard([PLACE])
    for number in range(MOST_OF_A_KIND + 100):
        mac = f"02:00:00:00:{number >> 8:02x}:{number & 255:02x}"
        list(ear.take(Frame(arp.request(mac, "10.0.0.66", "10.0.0.7"), "eth0", AT)))

    assert ear.is_full
    assert list(ear.take(Frame(from_client(dhcp.DISCOVER, option(12, b"honest")), "eth0", AT)))
