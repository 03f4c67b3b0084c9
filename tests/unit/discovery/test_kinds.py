"""What tells which kind of device one is."""

from __future__ import annotations

from typing import Any

import pytest

from dpf_edge.discovery import kinds
from dpf_edge.observed import Service
from tests.unit.discovery.seen import LAMP, NAS, PHONE, one, saw


def kind(mac: str = LAMP, **told: Any) -> str | None:
    """The kind of a device of which one thing was seen."""
    return one(saw("mdns", "10.0.0.1", mac, **told)).kind


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ({"hints": ("mdns:_ipp._tcp",)}, "printer"),
        ({"hints": ("mdns:_sonos._tcp",)}, "speaker"),
        ({"hints": ("wsd:wprt:PrintDeviceType",)}, "printer"),
        ({"hints": ("ssdp:urn:schemas-upnp-org:device:InternetGatewayDevice:1",)}, "router"),
        ({"hints": ("snmp-descr:NETGEAR GS724T ProSafe 24-port Gigabit Smart Switch",)}, "switch"),
        ({"hints": ("dhcp-class:android-dhcp-14",)}, "phone"),
        ({"hints": ("dhcp-class:MSFT 5.0",)}, "computer"),
        ({"hints": ("dhcp-class:MSFT 5.0 XBOX",)}, "console"),
        ({"names": ("SEP001B54400051",)}, "phone"),
        ({"names": ("[TV] Meeting room",)}, "tv"),
        ({"names": ("annas-iphone.fritz.box",)}, "phone"),
        ({"roles": ("gateway",)}, "router"),
        ({"roles": ("access-point",)}, "access-point"),
        ({"attributes": {"model": "DS220+"}}, "nas"),
        ({"attributes": {"maker": "Synology Inc"}}, "nas"),
        ({"services": (Service("ipp", 631),)}, "printer"),
        ({"kind": "camera"}, "camera"),
        ({"mac": NAS}, "nas"),
        ({"mac": PHONE, "names": ("Annas-Phone",)}, "phone"),
    ],
)
def test_a_device_that_shows_what_it_is_is_known(told: dict[str, Any], expected: str) -> None:
    assert kind(**told) == expected


@pytest.mark.parametrize(
    "told",
    [
        {},
        {"hints": ("mdns:_ssh._tcp", "mdns:_http._tcp")},
        {"hints": ("ssdp:urn:schemas-upnp-org:device:MediaServer:1",)},
        {"names": ("SEPTEMBER",)},
        {"names": ("lamp",)},
        {"kind": "unheard-of"},
        {"mac": PHONE},
    ],
)
def test_a_device_of_which_nothing_tells_has_no_kind(told: dict[str, Any]) -> None:
    assert kind(**told) is None


def test_what_several_clues_say_together_counts_for_more() -> None:
    media = ("ssdp:urn:schemas-upnp-org:device:MediaRenderer:1",)

    assert kind(hints=media) == "media-player"
    assert kind("8c:79:f5:40:00:21", hints=media) == "tv"


def test_a_kind_says_who_gave_the_clue() -> None:
    device = one(
        saw("arp", "10.0.0.1", LAMP), saw("mdns", "10.0.0.1", LAMP, hints=("mdns:_ipp._tcp",))
    )

    assert [(each.collector, each.value) for each in device.sources["kind"]] == [
        ("mdns", "printer")
    ]


def test_a_flood_of_clues_is_looked_at_within_a_bound() -> None:
    hints = tuple(f"mdns:_{number}._tcp" for number in range(10_000))

    assert kind(hints=(*hints, "mdns:_ipp._tcp")) is None


def test_every_signature_is_one_that_can_speak() -> None:
    for signature in kinds.signatures():
        assert 0 < signature.sure < 1
        assert signature.clues
        assert len(set(signature.clues)) == len(signature.clues)
        for clue in signature.clues:
            assert clue == clue.lower()
            assert clue.partition(":")[2]
            # Few stars: a pattern is tried on whatever a device calls itself.
            assert clue.count("*") <= 3


def test_every_clue_of_the_data_fits_itself() -> None:
    for pattern, number in kinds.numbered().items():
        shown = pattern.replace("*", "x").replace("#", "a")
        assert number in kinds.patterns_of(shown)
