"""Addresses and MACs of one capture, rearranged under a key so that their relations stay.

Every address of the capture is collected first, and then placed: a tree of networks by nesting,
with the addresses as its leaves, is laid out anew from the root, each network somewhere in the
image of the one around it and each address somewhere in the image of its own. So what was one
network is one network, what was inside is inside, what was equal is equal, and two are never made
one. A prefix-preserving permutation in the manner of Crypto-PAn gives that too, but can neither
keep a network out of the ranges that tell a vantage, nor a host from becoming its network's
broadcast address, nor an old address from turning up as somebody's new one. With the whole
capture at hand nothing has to be decided unseen.

The layout follows from the key and from the set of addresses, and not from their order.
"""

from __future__ import annotations

import ipaddress
import re
from typing import TYPE_CHECKING

from dpf_edge.host import signatures
from dpf_edge.host.redact_blocks import Block, Blocks, Family
from dpf_edge.host.redact_macs import Macs, number

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

V4 = r"(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?:/\d{1,2}(?!\d))?(?!\d|\.\d)"
V6 = (
    r"(?<![\w:.])(?=[\da-fA-F]*:[\da-fA-F]*:)[\da-fA-F:]*(?:[\da-fA-F]|::)"
    r"(?:(?<=:)\d{1,3}(?:\.\d{1,3}){3})?(?:/\d{1,3}(?!\d))?(?![\w:])"
)
ADDRESSES = re.compile(f"{V6}|{V4}")

# An address on no network of the capture counts as on one of this length, and an IPv6 network as
# one of a site's (RFC 4291 section 2.5.4, RFC 6177): what was near stays near.
USUAL = {4: 24, 6: 64}
SITE = 48
# Keyed draws before the free places are gone through one by one: where half are free, one more
# would be wanted once in 65 536 times.
DRAWS = 16


class Layout:
    """One family of one capture: where each of its networks and addresses begins now.

    :param blocks: all networks and addresses of the family that stand in the capture.
    :param macs: what IPv6 addresses may be made of.
    """

    def __init__(
        self, key: bytes, version: int, blocks: Iterable[Block], macs: Macs | None = None
    ) -> None:
        self._key, self._macs = key, macs
        self.family = family = Family(version)
        found = {each for each in blocks if family.is_placed(each)}
        self._leaves = {each for each in found if each.length == family.bits}
        self._listed = found - self._leaves
        self._networks = Blocks(family.bits, self._listed)
        self._add_usual()
        self._kept = Blocks(family.bits, filter(family.is_known, self._listed))
        self._originals = Blocks(
            family.bits, (each for each in self._listed | self._leaves if not self._stays(each))
        )
        self._images: dict[Block, int] = {}
        self._taken = Blocks(family.bits)
        self._lay_out()

    def image(self, block: Block) -> int:
        """Where a block begins now."""
        if not self.family.is_placed(block):
            return block.first
        if block in self._images:
            return self._images[block]
        # Nothing asks for what was not collected; if something does, it must not get the truth.
        return number(self._key, "uncollected", block) >> 128 - self.family.bits

    def addresses(self) -> dict[int, int]:
        """Every address of the capture that may move, with where it is now."""
        return {leaf.first: self._images[leaf] for leaf in self._leaves}

    def _add_usual(self) -> None:
        """Add a network around each lone address, and a site around each lone IPv6 network."""
        family = self.family
        for each in self._leaves:
            if self._networks.around(each) is None and (
                family.version == 6 or family.roots.around(each)
            ):
                self._add(family.widened(each, USUAL[family.version]))
        if family.version == 6:
            for each in [*self._listed]:
                if each.length > SITE and self._parent(each) is None:
                    self._add(family.widened(each, SITE))

    def _add(self, network: Block) -> None:
        if self.family.is_placed(network):
            self._listed.add(network)
            self._networks.add(network)

    def _parent(self, block: Block) -> Block | None:
        """The smallest network of the capture around a block."""
        return self._networks.around(Block(block.first, block.length - 1))

    def _stays(self, block: Block) -> bool:
        """Whether a block is known by its numbers, or is around a network that is."""
        return self.family.is_known(block) or self._kept.inside(block)

    def _order(self, block: Block) -> tuple[int, bool, int]:
        # The large before the small: then what fitted once fits again, wherever it is put.
        return block.length, not self._stays(block), number(self._key, "order", block)

    def _lay_out(self) -> None:
        at_home: dict[Block, list[Block]] = {}
        for each in self._leaves:
            parent = self._parent(each)
            if parent is not None:
                at_home.setdefault(parent, []).append(each)
        for network in sorted(self._listed, key=self._order):
            self._put(network)
            # These have places of their own in the network, so they come before all else in it.
            for leaf in sorted(at_home.get(network, ()), key=self._order):
                offset = self._offset(leaf, network)
                if offset is not None and not self._stays(leaf):
                    self._take(leaf, self._images[network] + offset)
        for leaf in sorted(self._leaves, key=self._order):
            if leaf not in self._images:
                self._put(leaf)

    def _offset(self, leaf: Block, network: Block) -> int | None:
        """The place in its network that an address keeps, or gets by its MAC; else None."""
        offset = leaf.first - network.first
        if self._is_kept(offset, (1 << self.family.bits - network.length) - 1):
            return offset
        if self._macs is None or network.length > USUAL[6]:
            return None
        return self._macs.identifier(offset)

    def _is_kept(self, offset: int, last: int) -> bool:
        """Whether a place in a network tells something: its own number, its first, its last."""
        if self.family.version == 6:
            # The network's own address is its routers' (RFC 4291 section 2.6.1).
            return offset == 0 < last
        return last > signatures.FIRST_HOSTS and (
            offset <= signatures.FIRST_HOSTS or offset == last
        )

    def _take(self, block: Block, first: int) -> None:
        self._images[block] = first
        self._taken.add(Block(first, block.length))

    def _put(self, block: Block) -> None:
        """Give a block its place: its own if it is known, else one in its parent's image."""
        parent = self._parent(block)
        if self._stays(block):
            self._take(block, block.first)
            return
        if parent is not None:
            spaces: tuple[Block, ...] = (Block(self._images[parent], parent.length),)
        else:
            root = self.family.roots.around(block)
            spaces = (root,) if root else self.family.open
        # Where something was is no place if there is another; at last, any that is free will do.
        known = (self._taken, self.family.known, self._kept)
        spaces = tuple(each for each in spaces if each.length <= block.length)
        for obstacles in ((*known, self._originals), known, (self._taken,)):
            for space in spaces:
                first = self._search(block, space, parent, obstacles)
                if first is not None:
                    self._take(block, first)
                    return
        # Only a network that is full to the last, around others that moved, comes to this.
        size = 1 << self.family.bits - block.length
        count = 1 << block.length - spaces[-1].length
        self._take(block, spaces[-1].first + number(self._key, "full", block) % count * size)

    def _search(
        self, block: Block, space: Block, parent: Block | None, obstacles: tuple[Blocks, ...]
    ) -> int | None:
        """A free place for a block in a space; None where there is none."""
        bits = self.family.bits
        size, end = 1 << bits - block.length, space.first + (1 << bits - space.length)
        # What the space itself lies in is no obstacle; outside a network, nothing is around it.
        above = space.length if parent or self.family.roots.around(space) == space else -1

        strict = len(obstacles) > 1

        def after(first: int) -> int | None:
            """Where to look on, if a place is not free."""
            place = Block(first, block.length)
            if strict and size > 1 and self.family.is_pool(place):
                return first + size
            in_network = strict and parent is not None and size == 1
            if in_network and self._is_kept(first - space.first, end - 1 - space.first):
                return first + 1
            for each in obstacles:
                around = each.around(place, above)
                if around is not None:
                    return around.first + (1 << bits - around.length)
                if each.inside(place):
                    return first + size
            return None

        first = space.first
        for turn in range(DRAWS):
            draws = number(self._key, "place", block, turn) % ((end - space.first) // size)
            first = space.first + draws * size
            if after(first) is None:
                return first
        # On from the last draw to the end, and then from the beginning.
        for begin, until in ((first, end), (space.first, first)):
            at = begin
            while at < until:
                onward = after(at)
                if onward is None:
                    return at
                at = -(-onward // size) * size
        return None


class Numbers:
    """The addresses and MACs of one capture under one key.

    :param texts: all texts of the capture.
    """

    def __init__(self, key: bytes, texts: Iterable[str]) -> None:
        self._key = key
        blocks: dict[int, set[Block]] = {4: set(), 6: set()}
        for text in texts:
            for match in ADDRESSES.finditer(text):
                for version, block in blocks_of(match[0]):
                    blocks[version].add(block)
        of_ipv4 = Layout(key, 4, blocks[4])
        self.macs = Macs(key, of_ipv4.addresses())
        self._layouts = {4: of_ipv4, 6: Layout(key, 6, blocks[6], self.macs)}

    def address(self, text: str) -> str | None:
        """An address, with or without a prefix length; None where the text is none.

        One that stays is given back as it was written.
        """
        held = parsed(text)
        if held is None:
            return None
        value, bits = int(held.ip), held.max_prefixlen
        is_network = held.ip == held.network.network_address
        block = Block(value, held.network.prefixlen if is_network else bits)
        first = self._layouts[held.version].image(block)
        if isinstance(held.ip, ipaddress.IPv6Address):
            first = self._inner(held.ip, first)
        if first == value:
            return text
        image = ipaddress.ip_address(first.to_bytes(bits // 8))
        return f"{image}{''.join(text.partition('/')[1:])}"

    def is_private(self, text: str) -> bool:
        """Whether an address is one that a site gives itself."""
        held = parsed(text)
        if held is None:
            return False
        family = self._layouts[held.version].family
        return family.roots.around(Block(int(held.ip), family.bits)) is not None

    def _inner(self, ip: ipaddress.IPv6Address, image: int) -> int:
        """What an IPv6 address becomes that has another one inside."""
        value = int(ip)
        if ip.ipv4_mapped is not None:
            return 0xFFFF << 32 | self._layouts[4].image(Block(int(ip.ipv4_mapped), 32))
        if value >> 24 == SOLICITED:
            return SOLICITED << 24 | self.macs.group(value & 0xFFFFFF)
        if value >> 116 in BY_PREFIX:
            return value >> 112 << 112 | number(self._key, "group", value) >> 16
        return image


# ff02::1:ff00:0/104 (RFC 4291 section 2.7.1), and groups that hold their network's prefix or
# their meeting point's address (RFC 3306, RFC 3956).
SOLICITED = int(ipaddress.IPv6Address("ff02::1:ff00:0")) >> 24
BY_PREFIX = frozenset({0xFF3, 0xFF7})


def parsed(text: str) -> ipaddress.IPv4Interface | ipaddress.IPv6Interface | None:
    """An address with its prefix length, the full one where there is none; None for no address."""
    try:
        return ipaddress.ip_interface(text)
    except ValueError:
        return None


def blocks_of(text: str) -> Iterator[tuple[int, Block]]:
    """An address's and its network's blocks, each with its family's version."""
    held = parsed(text)
    if held is None:
        return
    mapped = held.ip.ipv4_mapped if isinstance(held.ip, ipaddress.IPv6Address) else None
    if mapped is not None:
        yield 4, Block(int(mapped), 32)
        return
    network = Block(int(held.network.network_address), held.network.prefixlen)
    yield held.version, network
    if int(held.ip) != network.first:
        yield held.version, Block(int(held.ip), held.max_prefixlen)
