"""The file that names SNMP agents: the published shape, and what is made of slips in it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from dpf_edge.discovery.snmp import targets as snmp_targets

V2C = {"host": "192.168.50.2", "version": "2c", "community": "planted-community"}
V3 = {
    "host": "192.168.50.3",
    "version": "3",
    "user": "ada",
    "authProtocol": "SHA-256",
    "authPassword": "planted-auth",
    "privProtocol": "AES",
    "privPassword": "planted-priv",
}


def read(*targets: Any) -> snmp_targets.Targets:
    return snmp_targets.read(json.dumps({"targets": targets}).encode())


def test_the_published_shape_is_read() -> None:
    found = read(V2C, {**V3, "port": 1161, "timeoutMs": 900})

    first, second = found.targets
    assert ("192.168.50.2", 161, 5000, "planted-community") == (
        first.host,
        first.port,
        first.timeout_ms,
        first.community,
    )
    assert (1161, 900, "SHA-256", "AES") == (
        second.port,
        second.timeout_ms,
        second.auth_protocol,
        second.priv_protocol,
    )
    assert () == found.warnings
    assert "planted" not in repr(found)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({}, "has no host"),
        ("192.168.50.2", "has no host"),
        ({**V2C, "version": "2"}, "version"),
        ({**V2C, "version": 3}, "version"),
        ({**V2C, "community": ""}, "no community"),
        ({**V2C, "community": 7}, "community"),
        ({**V2C, "port": 0}, "port"),
        ({**V2C, "port": "161"}, "port"),
        ({**V2C, "timeoutMs": 99}, "timeoutMs"),
        ({**V3, "user": ""}, "no user"),
        ({**V3, "authProtocol": "planted-protocol"}, "none of MD5, SHA"),
        ({**V3, "authPassword": "planted"}, "8 characters"),
        ({**V3, "authProtocol": None, "authPassword": None}, "privacy needs authentication"),
    ],
)
def test_a_target_that_cannot_be_used_is_left_out_and_told_of(wrong: Any, says: str) -> None:
    found = read(wrong, V2C)

    assert ["192.168.50.2"] == [each.host for each in found.targets]
    assert 1 == len(found.warnings)
    assert says in found.warnings[0]
    assert found.warnings[0].startswith("SNMP target 1: ")
    assert "planted" not in found.warnings[0]


def test_weak_protocols_are_used_and_told_of() -> None:
    found = read({**V3, "authProtocol": "MD5", "privProtocol": "DES"})

    assert 1 == len(found.targets)
    assert "DES and MD5" in found.warnings[0]


def test_an_agent_is_asked_once() -> None:
    found = read(V2C, {**V2C, "community": "planted-other"}, {**V2C, "port": 1161})

    assert ["planted-community", "planted-community"] == [each.community for each in found.targets]
    assert 1 == len(found.warnings)


@pytest.mark.parametrize(
    "data", [b"", b"{", b"[]", b"\xff", b'{"targets": {}}', b"[" * 100_000, b'"planted"']
)
def test_a_file_that_is_none_is_told_of(data: bytes) -> None:
    found = snmp_targets.read(data)

    assert () == found.targets
    assert 1 == len(found.warnings)
    assert "planted" not in found.warnings[0]


def test_a_list_without_end_is_cut() -> None:
    many = [{**V2C, "host": f"10.0.{each // 250}.{each % 250 + 1}"} for each in range(600)]

    found = read(*many)

    assert snmp_targets.MOST_TARGETS == len(found.targets)
    assert 1 == len(found.warnings)
