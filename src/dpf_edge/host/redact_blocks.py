"""Networks as sets of blocks that lie in one another, and which of them tell something."""

from __future__ import annotations

from bisect import bisect_left, insort
from typing import TYPE_CHECKING, NamedTuple

from dpf_edge.host import signatures

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from dpf_edge.host.signatures import Network


class Block(NamedTuple):
    """A network, or with the family's full length an address."""

    first: int
    length: int


class Blocks:
    """A set of blocks of one family, and how another lies to them."""

    def __init__(self, bits: int, blocks: Iterable[Block] = ()) -> None:
        self._bits = bits
        self._by_length: dict[int, set[int]] = {}
        self._sorted: list[Block] = []
        for block in blocks:
            self.add(block)

    def add(self, block: Block) -> None:
        """Put one in."""
        held = self._by_length.setdefault(block.length, set())
        if block.first not in held:
            held.add(block.first)
            insort(self._sorted, block)

    def around(self, block: Block, above: int = -1) -> Block | None:
        """The smallest that holds a block, or is it, and is longer than ``above``."""
        found = None
        for length, held in self._by_length.items():
            if above < length <= block.length and (found is None or length > found.length):
                first = block.first >> self._bits - length << self._bits - length
                if first in held:
                    found = Block(first, length)
        return found

    def inside(self, block: Block) -> bool:
        """Whether a smaller one lies in a block."""
        # What begins in a block lies in it, for all blocks lie on their own boundaries.
        at = bisect_left(self._sorted, Block(block.first, block.length + 1))
        end = block.first + (1 << self._bits - block.length)
        return at < len(self._sorted) and self._sorted[at].first < end


class Family:
    """What :mod:`~dpf_edge.host.signatures` says of one family."""

    def __init__(self, version: int) -> None:
        self.version = version
        self.bits = 32 if version == 4 else 128
        self.roots = Blocks(self.bits, self.of(signatures.BLOCKS))
        self.unchanged = Blocks(self.bits, self.of(signatures.UNCHANGED))
        self.ranges = Blocks(self.bits, self.of(signatures.RANGES))
        self.known = Blocks(
            self.bits,
            self.of((*signatures.RANGES, *signatures.BLOCKS, *signatures.UNCHANGED)),
        )
        self.open = tuple(self.of(signatures.DOCUMENTATION))
        self._pools = {
            cut: Blocks(
                self.bits, self.of(pool for pool, length in signatures.POOLS if length == cut)
            )
            for _, cut in signatures.POOLS
        }

    def of(self, listed: Iterable[Network]) -> Iterator[Block]:
        """The networks of this family among some."""
        for each in listed:
            if each.version == self.version:
                yield Block(int(each.network_address), each.prefixlen)

    def is_placed(self, block: Block) -> bool:
        """Whether a block is any to lay out: no part of what never changes, nor wider than a
        block of :data:`~dpf_edge.host.signatures.BLOCKS` or than a site."""
        if self.unchanged.around(block) or self.unchanged.inside(block) or self.roots.inside(block):
            return False
        if self.roots.around(block):
            return True
        return block.length >= signatures.WIDEST_PUBLIC[self.version]

    def widened(self, block: Block, length: int) -> Block:
        """The network of a length around a block."""
        return Block(block.first >> self.bits - length << self.bits - length, length)

    def is_pool(self, block: Block) -> bool:
        """Whether an engine would have cut a network so."""
        pools = self._pools.get(block.length)
        return pools is not None and pools.around(block) is not None

    def is_around_pools(self, block: Block) -> bool:
        """Whether a network is so wide that engines cut theirs out of it.

        It is no site's own number then; and moved, it might leave its networks no place that is
        not an engine's.
        """
        return any(
            block.length < cut and (pools.around(block) or pools.inside(block))
            for cut, pools in self._pools.items()
        )

    def is_known(self, block: Block) -> bool:
        """Whether a network or an address is of a known range, around one, or an engine's."""
        if self.ranges.around(block):
            return True
        is_root = self.roots.around(block) == block
        around = (
            is_root
            or self.ranges.inside(block)
            or self.is_pool(block)
            or self.is_around_pools(block)
        )
        return block.length < self.bits and around
