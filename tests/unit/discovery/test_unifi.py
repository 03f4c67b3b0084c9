"""A UniFi controller, asked over real TLS on loopback: what it says, and what it is not trusted."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from msgspec import UNSET

from dpf_edge.discovery.collectors.unifi import unifi
from dpf_edge.discovery.job import Job
from dpf_edge.host.live_net import LiveNet
from dpf_edge.wire.adapters import Adapter, Configuration
from dpf_edge.wire.tokens import Secret

from .unifi_controller import (
    CLIENTS,
    DEVICES,
    GATEWAY,
    KEY,
    OFFICIAL,
    RADIO,
    SITE,
    SWITCH,
    Controller,
    controller,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from dpf_edge.observed import Observation

DEVICES_PATH = f"{OFFICIAL}/sites/{SITE}/devices"
CLIENTS_PATH = f"{OFFICIAL}/sites/{SITE}/clients"


@pytest.fixture
def at(tmp_path: Path) -> Iterator[Controller]:
    with controller(tmp_path) as running:
        yield running


class Asked:
    """What the collector makes of a controller."""

    def __init__(self, at: Controller, key: str = KEY, url: str = "", **how: Any) -> None:
        row = Adapter(
            id="a1",
            connection_key="hq",
            name="HQ",
            collector_type="unifi",
            endpoint_url=url or at.url,
            api_key=Secret(key),
            configuration=Configuration(**({"tls_fingerprint": at.fingerprint} | how)),
        )
        account = LiveNet(5000).account("unifi", 20)
        job = Job(None, None, settings={"adapters": (row,)})  # type: ignore[arg-type]
        self.seen = list(unifi(job, account))
        self.lost = account.lost()
        self.packets = account.packets
        assert KEY not in repr((self.seen, self.lost))

    def of(self, mac: str) -> Observation:
        return next(each for each in self.seen if mac in each.macs)

    def ties(self, mac: str) -> list[tuple[str, str | None, str | None]]:
        return [(tie.kind, tie.mac, tie.far_port) for tie in self.of(mac).ties]


def test_a_sites_devices_and_clients_are_seen_with_how_they_hang_together(at: Controller) -> None:
    asked = Asked(at)

    assert {GATEWAY, SWITCH, RADIO, "9a:3e:5f:00:00:60", "00:11:32:00:00:10"} == {
        mac for each in asked.seen for mac in each.macs
    }
    switch = asked.of(SWITCH)
    assert (("192.168.50.2",), ("Switch 24",), "switch", ("switch",)) == (
        switch.addresses,
        switch.names,
        switch.kind,
        switch.roles,
    )
    assert {"model": "USW Pro 24", "unifiId": "d-switch"} == switch.attributes
    assert 1.0 == switch.confidence
    assert "access-point" == asked.of(RADIO).kind
    assert "router" == asked.of(GATEWAY).kind
    assert [("HOSTS", SWITCH, None)] == asked.ties(GATEWAY)
    assert [("HOSTS", RADIO, None)] == asked.ties(SWITCH)
    assert [("CONNECTS_TO", RADIO, None)] == asked.ties("9a:3e:5f:00:00:60")
    assert 0.9 == asked.of("00:11:32:00:00:10").confidence
    assert () == asked.lost
    assert {KEY} == at.keys


def test_a_gateways_address_at_its_provider_is_not_the_sites(at: Controller) -> None:
    assert () == Asked(at).of(GATEWAY).addresses


def test_what_cannot_be_told_from_others_is_left_out(at: Controller) -> None:
    assert not [each for each in Asked(at).seen if "Road warrior" in each.names]


def test_clients_are_left_alone_where_they_are_not_wanted(at: Controller) -> None:
    asked = Asked(at, discover_clients=False)

    assert 3 == len(asked.seen)
    assert not [each for each in at.asked if "clients" in each]


def test_many_clients_come_page_by_page(at: Controller) -> None:
    at.lists[CLIENTS_PATH] = [
        {
            **CLIENTS[1],
            "id": f"c{number}",
            "macAddress": f"00:11:32:00:{number:04x}"[:14] + f":{number % 256:02x}",
        }
        for number in range(256, 506)
    ]

    assert 253 == len(Asked(at).seen)
    assert 3 == len([each for each in at.asked if "/clients" in each])


@pytest.mark.parametrize("status", [404, 405, 501, 403])
def test_a_controller_without_the_official_api_is_asked_by_the_old_one(
    at: Controller, status: int
) -> None:
    """W31: what the official API refuses, the old one may still give."""
    at.answers[OFFICIAL] = status

    asked = Asked(at)

    assert [("HOSTS", SWITCH, None)] == asked.ties(GATEWAY)
    assert [("CONNECTS_TO", SWITCH, "4")] == asked.ties("00:11:32:00:00:10")
    assert ("192.168.50.1",) == asked.of(GATEWAY).addresses
    assert ("HQ: unifi_legacy_api",) == asked.lost


def test_no_devices_do_not_hide_the_clients(at: Controller) -> None:
    """W31: no devices, and the clients were not asked for."""
    at.lists[DEVICES_PATH] = []

    asked = Asked(at)

    assert 2 == len(asked.seen)
    assert ("HQ: unifi_no_devices",) == asked.lost


@pytest.mark.parametrize(
    ("answers", "says"),
    [
        ({DEVICES_PATH + "/d-radio": 500}, "unifi_partial:device_detail:d-radio"),
        ({CLIENTS_PATH: 500}, "unifi_partial:clients"),
        ({CLIENTS_PATH: b"<html>"}, "unifi_partial:clients"),
    ],
)
def test_a_part_that_is_missing_is_told_and_the_rest_is_there(
    at: Controller, answers: dict[str, int | bytes], says: str
) -> None:
    at.answers.update(answers)

    asked = Asked(at)

    assert SWITCH in {mac for each in asked.seen for mac in each.macs}
    assert (f"HQ: {says}",) == asked.lost


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (500, "unifi_api_error:500"),
        (302, "unifi_api_error:302"),
        (b"<html>sign in</html>", "unifi_invalid_json"),
        (b"\xff\xfe", "unifi_invalid_json"),
        (b"[" * 100_000, "unifi_invalid_json"),
        (b"{}", "unifi_invalid_json"),
        (b'{"data": [], "totalCount": 5}', "unifi_invalid_pagination"),
        (b'{"data": [{"id": "s", "name": "x"}], "totalCount": 1000000}', "unifi_pagination_limit"),
        (b'{"data": [{"id": "1"}, {"id": "2"}], "totalCount": 2}', "unifi_site_not_found"),
        (b" " * (9 << 20), "unifi_response_too_large"),
    ],
    ids=[
        "500",
        "redirect",
        "html",
        "no text",
        "deep",
        "no list",
        "empty",
        "endless",
        "site",
        "long",
    ],
)
def test_a_controller_that_answers_otherwise_is_told_of(
    at: Controller, answer: int | bytes, says: str
) -> None:
    at.answers[OFFICIAL] = answer

    asked = Asked(at)

    assert [] == asked.seen
    assert (f"HQ: {says}",) == asked.lost


def test_a_key_that_is_not_let_in_is_told_of(at: Controller) -> None:
    assert ("HQ: unifi_auth_failed",) == Asked(at, key="another-key").lost


def test_an_answer_that_breaks_off_is_told_of(at: Controller) -> None:
    def broken(request: Any) -> None:
        request.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{")
        request.close_connection = True

    at.answers[OFFICIAL] = broken

    assert ("HQ: unifi_unreachable",) == Asked(at).lost


@pytest.mark.parametrize(
    "pin", ["ab" * 32, UNSET], ids=["another certificate", "no maker that is known"]
)
def test_whoever_is_not_trusted_never_sees_the_key(at: Controller, pin: Any) -> None:
    asked = Asked(at, tls_fingerprint=pin)

    assert ("HQ: unifi_tls_error",) == asked.lost
    assert set() == at.keys


def test_a_certificate_that_nobody_looks_at_is_the_operators_own_word(at: Controller) -> None:
    asked = Asked(at, tls_insecure=True, tls_fingerprint=UNSET)

    assert () == asked.lost
    assert {KEY} == at.keys


@pytest.mark.parametrize(
    "url",
    [
        "http://192.168.50.1",
        "https://192.0.2.7",
        "https://[2001:db8::1]",
        "https://224.0.0.1",
        "https://user:pass@192.168.50.1",
        "https://192.168.50.1:9100",
        "ftp://192.168.50.1",
        "https://",
        "https://192.168.50.1/\r\nX-Evil: 1",
    ],
)
def test_no_key_goes_where_none_may(at: Controller, url: str) -> None:
    """W31: the key went to whatever address was written down."""
    asked = Asked(at, url=url)

    assert ("HQ: unifi_unreachable",) == asked.lost
    assert 0 == asked.packets


def test_names_that_steer_a_reader_are_cleaned(at: Controller) -> None:
    evil = "\x1b]0;owned\x07nas\u202e <b>"
    at.lists[DEVICES_PATH] = [{**DEVICES[1], "name": evil, "model": evil}]

    switch = Asked(at).of(SWITCH)

    assert ("nas <b>",) == switch.names
    assert json.dumps(switch.attributes).isascii()
