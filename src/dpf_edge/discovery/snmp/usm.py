"""SNMPv3's user-based security: keys, seals and ciphers. Pure; the ciphers are cryptography's.

RFC 3414 (the model; MD5, SHA-1, DES), RFC 3826 (AES-128), RFC 7860 (SHA-2). AES-192 and AES-256
never became a standard; their keys are stretched as draft-blumenthal-aes-usm-04 has it, which is
what agents with these names do.
"""

from __future__ import annotations

import hashlib
import hmac
from functools import lru_cache
from typing import NamedTuple

# RFC 3414 A.2: a password is repeated until it is a MiB, and that is hashed.
STRETCH_BYTES = 1 << 20
# RFC 3414 section 11.2.
SHORTEST_PASSWORD = 8
SALT_BYTES = 8
_AES_BLOCK = 16


class Hash(NamedTuple):
    """How a message is authenticated: the hash's name, and how much of its HMAC is sent."""

    name: str
    bytes: int


class Cipher(NamedTuple):
    """How a message is made private: the cipher's name, and the length of its key."""

    name: str
    key_bytes: int


# RFC 3414 sections 6 and 7, RFC 7860 section 4.
HASHES = {
    "MD5": Hash("md5", 12),
    "SHA": Hash("sha1", 12),
    "SHA-224": Hash("sha224", 16),
    "SHA-256": Hash("sha256", 24),
    "SHA-384": Hash("sha384", 32),
    "SHA-512": Hash("sha512", 48),
}
CIPHERS = {
    "DES": Cipher("des", 16),
    "AES": Cipher("aes", 16),
    "AES-192": Cipher("aes", 24),
    "AES-256": Cipher("aes", 32),
}
# Broken, or near it: used where an agent has nothing better, and said.
WEAK = frozenset({"MD5", "SHA", "DES"})


@lru_cache(maxsize=64)  # a MiB is hashed for each; a file has a handful of passwords
def master_key(password: str, name: str) -> bytes:
    """The key that a password stands for (RFC 3414 A.2)."""
    raw = password.encode()
    times = STRETCH_BYTES // len(raw) + 1
    digest = hashlib.new(name, usedforsecurity=True)
    digest.update((raw * times)[:STRETCH_BYTES])
    return digest.digest()


def localised(password: str, kind: Hash, engine_id: bytes) -> bytes:
    """The key that a password stands for at one engine (RFC 3414 section 2.6).

    :raises ValueError: the password is empty.
    """
    if not password:
        raise ValueError("a password is not empty")
    key = master_key(password, kind.name)
    return hashlib.new(kind.name, key + engine_id + key).digest()


def stretched(key: bytes, kind: Hash, length: int) -> bytes:
    """A localised key as long as a cipher needs it (draft-blumenthal-aes-usm-04 3.1.2.1)."""
    while len(key) < length:
        key += hashlib.new(kind.name, key).digest()
    return key[:length]


def seal(key: bytes, kind: Hash, message: bytes, at: int) -> bytes:
    """A message with its HMAC in the place that was left for it (RFC 3414 section 6.3.1)."""
    mac = hmac.new(key, message, kind.name).digest()[: kind.bytes]
    return message[:at] + mac + message[at + kind.bytes :]


def is_sealed(key: bytes, kind: Hash, message: bytes, at: int, told: bytes) -> bool:
    """Whether a message was sealed with this key (RFC 3414 section 6.3.2)."""
    if len(told) != kind.bytes:
        return False
    blank = message[:at] + bytes(kind.bytes) + message[at + kind.bytes :]
    mac = hmac.new(key, blank, kind.name).digest()[: kind.bytes]
    return hmac.compare_digest(mac, told)


class Clock(NamedTuple):
    """What the engine's clock showed: how often it started, and seconds since."""

    boots: int
    time: int


def closed(key: bytes, kind: Cipher, clock: Clock, salt: int, data: bytes) -> tuple[bytes, bytes]:
    """Data made private, and the privacy parameters that open it.

    :param salt: never the same twice with one key; 64 bits.
    """
    from cryptography.hazmat.primitives.ciphers import Cipher as Machine

    if kind.name == "des":
        # RFC 3414 section 8.1.1.1: the engine's boots, then a number that counts up.
        parameters = clock.boots.to_bytes(4, "big") + (salt & 0xFFFFFFFF).to_bytes(4, "big")
        data += bytes(-len(data) % 8)
    else:
        parameters = salt.to_bytes(SALT_BYTES, "big")
    algorithm, mode = _machine(key, kind, clock, parameters)
    encryptor = Machine(algorithm, mode).encryptor()
    return encryptor.update(data) + encryptor.finalize(), parameters


def opened(key: bytes, kind: Cipher, clock: Clock, parameters: bytes, data: bytes) -> bytes:
    """Private data in the clear; with another key it is noise.

    :raises ValueError: the parameters or the data are not of this cipher's lengths.
    """
    from cryptography.hazmat.primitives.ciphers import Cipher as Machine

    if len(parameters) != SALT_BYTES or (kind.name == "des" and len(data) % 8):
        raise ValueError("the private data is not of the cipher's lengths")
    algorithm, mode = _machine(key, kind, clock, parameters)
    decryptor = Machine(algorithm, mode).decryptor()
    return decryptor.update(data) + decryptor.finalize()


def _machine(key: bytes, kind: Cipher, clock: Clock, parameters: bytes):  # type: ignore[no-untyped-def]  # noqa: ANN202 -- cryptography's own types, imported where they are needed
    """The algorithm and the mode of a cipher, as cryptography has them."""
    # It calls both of them decrepit; DES is, and CFB is what RFC 3826 prescribes.
    from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
    from cryptography.hazmat.decrepit.ciphers.modes import CFB
    from cryptography.hazmat.primitives.ciphers.algorithms import AES
    from cryptography.hazmat.primitives.ciphers.modes import CBC

    if kind.name == "des":
        # Single DES is triple DES with one key thrice; the key's other half whitens the vector.
        vector = bytes(a ^ b for a, b in zip(key[8:16], parameters, strict=True))
        return TripleDES(key[:8] * 3), CBC(vector)
    # RFC 3826 section 3.1.2.1.
    counters = clock.boots.to_bytes(4, "big") + clock.time.to_bytes(4, "big")
    return AES(key), CFB(counters + parameters)
