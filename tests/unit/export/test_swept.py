"""An inventory out of a sweep: what is insisted on, what is passed over, what hangs together."""

from __future__ import annotations

import json
from typing import Any

import pytest

from dpf_edge.errors import SweepUnreadable
from dpf_edge.export import swept
from dpf_edge.export.inventory import Edge, Inventory


def device(key: str, **told: Any) -> dict[str, Any]:
    """A device as sweep-1 requires it."""
    return {"key": key, "addresses": [], "macs": [], "names": [], **told}


def seen(*ties: dict[str, Any], **told: Any) -> dict[str, Any]:
    """An observation as sweep-1 requires it."""
    return {"collector": "c", "seen_at": "2026-01-02T03:04:05Z", "ties": list(ties), **told}


def read(*devices: dict[str, Any], observations: Any = (), **more: Any) -> Inventory:
    """The inventory of a sweep with these."""
    document = {
        "sweep": 1,
        "started_at": "2026-01-02T03:04:05Z",
        "devices": devices,
        "observations": observations,
        **more,
    }
    return swept.inventory(json.dumps(document).encode(), "it")


@pytest.mark.parametrize(
    "document",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"\xff\xfe",
        b'{"sweep": 1}',
        b'{"sweep": 2, "started_at": "", "devices": []}',
        b'{"sweep": true, "started_at": "", "devices": []}',
        b'{"sweep": 1, "started_at": "", "devices": [{"key": "a"}]}',
        b'{"sweep": 1, "started_at": "", "devices": [{"key": 1, "addresses": [], "macs": [], '
        b'"names": []}]}',
        b'{"sweep": 1, "started_at": "", "devices": [], "observations": [{"ties": 1e999}]}',
        b'{"sweep": 1, "started_at": "", "devices": [], "observations": '
        + b"[" * 100_000
        + b"]" * 100_000
        + b"}",
    ],
    ids=range(12),
)
def test_what_is_no_sweep_is_said_to_be_none(document: bytes) -> None:
    with pytest.raises(SweepUnreadable, match=r"^the file: "):
        swept.inventory(document, "the file")


def test_what_is_longer_than_any_sweep_is_not_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(swept, "MOST_BYTES", 10)

    with pytest.raises(SweepUnreadable, match="longer than"):
        swept.inventory(b"{" * 11, "it")


def test_a_byte_order_mark_and_halves_of_characters_do_no_harm() -> None:
    """PowerShell writes the one; Python's json, and others, write the other for what is no text."""
    text = json.dumps(
        {
            "sweep": 1,
            "started_at": "",
            "devices": [device("k", names=["a\ud800b", "\U0001f5a8", "\\ud800", "\udc00\ud800"])],
        }
    )

    (entry,) = swept.inventory(b"\xef\xbb\xbf" + text.encode(), "it").devices

    assert ("a\ufffdb", "\U0001f5a8", "\\ud800", "\ufffd\ufffd") == entry.names


def test_addresses_and_macs_are_what_they_should_be_and_in_order() -> None:
    told = ["fe80::1%eth0", "FD00::5", "10.0.0.10", "10.0.0.9", "10.0.0.9", "me", "1" * 70_000]
    macs = ["AA-BB-CC-00-00-01", "aa:bb:cc:00:00:01", "aabbcc000001", "", "aa:bb\n"]

    (entry,) = read(device("k", addresses=told, macs=macs)).devices

    assert ("10.0.0.9", "10.0.0.10", "fd00::5", "fe80::1") == entry.addresses
    assert ("aa:bb:cc:00:00:01",) == entry.macs


def test_a_service_may_be_any_object() -> None:
    services: list[Any] = [
        {},
        {"name": "ssh", "port": 22, "details": {"key": "x", "n": 1}},
        {"name": ["http"], "port": "80", "transport": 6, "says": None},
        {"port": True},
        {"port": -1},
        {"port": 65_536},
        {"name": "zero", "port": 0},
    ]

    (entry,) = read(device("k", services=services)).devices

    assert (0, 22) == entry.ports
    assert {"", "ssh", "zero"} == {each.name for each in entry.services}
    assert {"key": "x"} == entry.services[-1].details


def test_attributes_keep_their_values_but_for_what_lies_too_deep() -> None:
    deep: Any = "bottom"
    for _ in range(100):
        deep = [deep]

    (entry,) = read(device("k", attributes={"cpuCount": 4, "deep": deep, "n": 2**70})).devices

    assert 4 == entry.attributes["cpuCount"]
    assert 2**70 == entry.attributes["n"]
    assert "bottom" not in str(entry.attributes)


def test_devices_of_one_key_are_kept_apart() -> None:
    found = read(device("a"), device("a~2"), device("a"), device("a"))

    assert ["a", "a~2", "a~3", "a~4"] == sorted(each.key for each in found.devices)


def test_a_tie_means_a_device_by_its_id_then_mac_then_address_then_name() -> None:
    devices = [
        device("by-id", ids=["uuid:1"], names=["x"]),
        device("by-mac", macs=["02:00:00:00:00:01"]),
        device("by-address", addresses=["10.0.0.1"]),
        device("by-name", names=["Tower"]),
        device("self", self=True),
    ]
    ties = [
        {"kind": "A", "id": "UUID:1", "mac": "02:00:00:00:00:01"},
        {"kind": "B", "id": "uuid:unknown", "mac": "02-00-00-00-00-01", "address": "10.0.0.1"},
        {"kind": "C", "address": "10.0.0.1", "name": "tower"},
        {"kind": "D", "name": "tower", "port": "1", "far_port": "2"},
        {"kind": "E", "network": "10.0.0.77/24"},
        {"kind": "F", "name": "nobody"},
    ]

    found = read(*devices, observations=[seen(*ties, is_self=True)])

    assert [
        Edge("self", "10.0.0.0/24", "E"),
        Edge("self", "by-address", "C"),
        Edge("self", "by-id", "A"),
        Edge("self", "by-mac", "B"),
        Edge("self", "by-name", "D", "1", "2"),
    ] == list(found.edges)
    assert ["10.0.0.0/24"] == [each.key for each in found.networks]


def test_what_two_devices_have_means_neither() -> None:
    devices = [
        device("one", addresses=["10.0.0.1"], names=["twin"]),
        device("two", addresses=["10.0.0.1"], names=["twin"]),
        device("three", addresses=["10.0.0.3"]),
    ]
    tie = {"kind": "CONNECTS_TO", "address": "10.0.0.1", "name": "twin"}

    found = read(*devices, observations=[seen(tie, addresses=["10.0.0.3"])])

    assert () == found.edges


def test_a_network_may_be_the_end_that_tells() -> None:
    devices = [device("gw", addresses=["10.0.0.1"])]
    tie = {"kind": "ROUTES_THROUGH", "address": "10.0.0.1"}

    found = read(*devices, observations=[seen(tie, network="10.9.0.0/16"), seen(network="lab")])

    assert (Edge("10.9.0.0/16", "gw", "ROUTES_THROUGH"),) == found.edges
    assert ["10.9.0.0/16", "lab"] == [each.prefix for each in found.networks]
