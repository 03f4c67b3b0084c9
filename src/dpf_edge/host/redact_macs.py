"""What follows from a redaction's key, and the MACs that are permuted under it."""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING

from dpf_edge.host import signatures

if TYPE_CHECKING:
    from collections.abc import Mapping

MAC = r"(?<![\w:-])[\da-fA-F]{2}(?:(?::[\da-fA-F]{2}){5}|(?:-[\da-fA-F]{2}){5})(?![\w:-])"
# Rounds after which a Feistel network with a sound round function is one permutation among all
# (Luby and Rackoff, 1988).
ROUNDS = 4


def draw(key: bytes, *of: object, size: int = 16) -> bytes:
    """Some bytes that follow from a key and from what they are for, and tell neither."""
    return blake2b(repr(of).encode(), key=key, digest_size=size).digest()


def number(key: bytes, *of: object) -> int:
    """A number of 128 bits, as :func:`draw`."""
    return int.from_bytes(draw(key, *of))


class Macs:
    """The MACs of one capture: the maker's three bytes stay, and the rest is permuted.

    :param addresses: the capture's IPv4 addresses, each with what becomes of it. A MAC that Docker
        made of one of them becomes the one that it would make of the other.
    """

    def __init__(self, key: bytes, addresses: Mapping[int, int]) -> None:
        self._key = key
        kept = {old: new for old, new in addresses.items() if is_pool(old) == is_pool(new)}
        self._made_of = kept
        self._made_from = {new: old for old, new in kept.items()}

    def text(self, mac: str) -> str:
        """A MAC as text, in lower case, with its own separators."""
        separator = mac[2]
        value = int(mac.replace(separator, ""), 16)
        return self.value(value).to_bytes(6).hex(separator)

    def value(self, mac: int) -> int:
        """A MAC as the number it is; see :mod:`~dpf_edge.host.signatures` for what stays."""
        name = mac.to_bytes(6).hex(":")
        if name.startswith("33:33:ff:"):
            return mac & ~0xFFFFFF | self.group(mac & 0xFFFFFF)
        if mac >> 40 & 1 or is_known(name):
            return mac
        if mac >> 32 != signatures.ADDRESS_MAC:
            return self._walked(mac, 24)
        if mac & 0xFFFFFFFF in self._made_of:
            return mac >> 32 << 32 | self._made_of[mac & 0xFFFFFFFF]
        return self._walked(mac, 24 if is_pool(mac & 0xFFFFFFFF) else 32)

    def _walked(self, mac: int, bits: int) -> int:
        """The permutation of the last bits, walked on over what another MAC has or becomes.

        Two MACs never meet: each step has one way back, and it begins outside of what is passed
        over and ends outside of it.
        """
        maker, rest = mac >> bits << bits, mac & (1 << bits) - 1
        while True:
            rest = self._permuted(rest, bits, maker)
            image = maker | rest
            address = image & 0xFFFFFFFF
            by_address = image >> 32 == signatures.ADDRESS_MAC
            if by_address and address in self._made_from:
                rest = self._made_from[address] & (1 << bits) - 1
            elif not is_known(image.to_bytes(6).hex(":")) and not (
                by_address and bits == 32 and is_pool(address)
            ):
                return image

    def group(self, low: int) -> int:
        """The 24 bits of an address that its solicited-node group has (RFC 4291 section 2.7.1)."""
        return self._permuted(low, 24, "group")

    def identifier(self, low: int) -> int | None:
        """An interface identifier made out of a MAC (RFC 4291 appendix A), made out of its image;
        None for another one."""
        if low >> 24 & 0xFFFF != 0xFFFE:
            return None
        mac = (low >> 40 ^ 0x020000) << 24 | low & 0xFFFFFF
        if mac >> 40 & 1:
            return None
        image = self.value(mac)
        return (image >> 24 ^ 0x020000) << 40 | 0xFFFE << 24 | image & 0xFFFFFF

    def _permuted(self, value: int, bits: int, tweak: object) -> int:
        half, mask = bits // 2, (1 << bits // 2) - 1
        left, right = value >> half, value & mask
        for turn in range(ROUNDS):
            left, right = right, left ^ number(self._key, "mac", tweak, turn, right) & mask
        return left << half | right


def is_known(mac: str) -> bool:
    """Whether a MAC is a program's own, the same on every machine."""
    return mac in signatures.MACS or mac.startswith(signatures.MAC_PREFIXES)


def is_pool(address: int) -> bool:
    """Whether the first byte of an IPv4 address is that of Docker's default networks."""
    return address >> 24 == signatures.ADDRESS_MAC_KNOWN
