"""The keys and ciphers of SNMPv3, by the standards' own vectors."""

from __future__ import annotations

import pytest

from dpf_edge.discovery.snmp import usm as snmp_usm
from dpf_edge.discovery.snmp.usm import CIPHERS, HASHES, Clock

# RFC 3414 A.3: the password and the engine of all its examples.
PASSWORD, ENGINE = "maplesyrup", bytes.fromhex("000000000000000000000002")

VECTORS = {
    # RFC 3414 A.3.1 and A.3.2.
    "MD5": "526f5eed9fcce26f8964c2930787d82b",
    "SHA": "6695febc9288e36282235fc7151f128497b38f3f",
    # RFC 7860 has no vectors; these are what pysnmp 7.1.30 and snmpd 5.9.3 compute.
    "SHA-224": "0bd8827c6e29f8065e08e09237f177e410f69b90e1782be682075674",
    "SHA-256": "8982e0e549e866db361a6b625d84cccc11162d453ee8ce3a6445c2d6776f0f8b",
    "SHA-384": "3b298f16164a11184279d5432bf169e2d2a48307de02b3d3f7e2b4f36eb6f0455a53689a3937eea0"
    "7319a633d2ccba78",
    "SHA-512": "22a5a36cedfcc085807a128d7bc6c2382167ad6c0dbc5fdff856740f3d84c099ad1ea87a8db09671"
    "4d9788bd544047c9021e4229ce27e4c0a69250adfcffbb0b",
}


@pytest.mark.parametrize("name", HASHES)
def test_a_password_is_the_key_that_others_make_of_it(name: str) -> None:
    assert VECTORS[name] == snmp_usm.localised(PASSWORD, HASHES[name], ENGINE).hex()


def test_a_password_makes_a_master_key_as_in_the_standard() -> None:
    # RFC 3414 A.3.1 and A.3.2, before the engine's id is mixed in.
    assert "9faf3283884e92834ebc9847d8edd963" == snmp_usm.master_key(PASSWORD, "md5").hex()
    assert "9fb5cc0381497b3793528939ff788d5d79145211" == snmp_usm.master_key(PASSWORD, "sha1").hex()


def test_an_empty_password_makes_no_key() -> None:
    with pytest.raises(ValueError, match="not empty"):
        snmp_usm.localised("", HASHES["SHA-256"], ENGINE)


@pytest.mark.parametrize("name", HASHES)
def test_a_seal_holds_for_its_message_alone(name: str) -> None:
    kind, key = HASHES[name], b"k" * 32
    blank = b"before" + bytes(kind.bytes) + b"after"

    sealed = snmp_usm.seal(key, kind, blank, 6)

    told = sealed[6 : 6 + kind.bytes]
    assert len(sealed) == len(blank)
    assert snmp_usm.is_sealed(key, kind, sealed, 6, told)
    assert not snmp_usm.is_sealed(key, kind, sealed.replace(b"after", b"other"), 6, told)
    assert not snmp_usm.is_sealed(b"x" * 32, kind, sealed, 6, told)
    assert not snmp_usm.is_sealed(key, kind, sealed, 6, told[:-1])


@pytest.mark.parametrize("name", CIPHERS)
def test_what_is_closed_opens_with_the_same_key_and_clock(name: str) -> None:
    kind = CIPHERS[name]
    key, clock, data = bytes(range(kind.key_bytes)), Clock(3, 77), b"a scoped PDU, 25 bytes..."

    closed, parameters = snmp_usm.closed(key, kind, clock, 2**40 + 5, data)
    again, others = snmp_usm.closed(key, kind, clock, 2**40 + 6, data)

    assert data not in closed
    assert (closed, parameters) != (again, others)
    assert snmp_usm.opened(key, kind, clock, parameters, closed).startswith(data)
    other = bytes(reversed(range(kind.key_bytes)))
    assert not snmp_usm.opened(other, kind, clock, parameters, closed).startswith(data)


@pytest.mark.parametrize(
    ("name", "parameters", "data"),
    [("AES", b"short", b"x"), ("AES", b"longer than eight", b"x"), ("DES", bytes(8), b"odd")],
)
def test_parts_of_other_lengths_are_refused(name: str, parameters: bytes, data: bytes) -> None:
    kind = CIPHERS[name]
    with pytest.raises(ValueError, match="lengths"):
        snmp_usm.opened(bytes(kind.key_bytes), kind, Clock(0, 0), parameters, data)


def test_a_short_key_is_stretched_for_a_long_cipher() -> None:
    """W25: AES of 256 bits, which published nodes do not offer."""
    key = snmp_usm.localised(PASSWORD, HASHES["SHA"], ENGINE)

    stretched = snmp_usm.stretched(key, HASHES["SHA"], 32)

    assert 32 == len(stretched)
    assert stretched.startswith(key)
