"""Which observations are of one device. Pure, and blind to the order in which they came.

In steps, each a function of the whole set, from what cannot be doubted to what can:

1. A MAC is one device's (but see ``stand_ins``), and the machine that looks is one.
2. What was seen at an address belongs to the one who holds it: who was seen there with a MAC. Who
   answered there counts for more than what this machine's table still holds, and that for more
   than another's table. Where two answered, the address is disputed: both keep it, and what has no
   MAC is given to the one whom the kernel sends to, or to nobody.
3. An identifier (a UUID, an SNMP engine's) is one device's, whatever MACs and addresses it has,
   unless those who show it call themselves differently: then it came with a cloned image.
4. What nobody holds goes together by address; a device's word that it has a further address counts
   where nobody else is there, or is there under the same name.
5. A name alone is the last resort, and joins no two that have MACs: two devices may have one name.
"""

from __future__ import annotations

import ipaddress
from collections import defaultdict
from typing import TYPE_CHECKING

from dpf_edge.discovery.identity.keys import is_shared
from dpf_edge.discovery.identity.stand_ins import Part, disagree, names_at
from dpf_edge.discovery.identity.union import Union

if TYPE_CHECKING:
    from collections.abc import Sequence

# Whoever writes down whom the kernel sends to: what answers an echo or a connect is that one.
KERNELS_WORD = frozenset({"neighbours", "nudge"})
# An identifier that more devices by their MACs show was put there by a factory or an image. One
# device with so many cards that share no address and nobody tells of together is rarer.
MOST_BY_ID = 8
# More MACs than this at one address, and it is not one host's cards.
MOST_AT_ONE = 8
# A device's further addresses become known from its own words, by which more of its words are
# found; real ones are all found in one step or two, a chain that a liar forges is not followed.
ROUNDS = 3
SELF = "self"


class Grouping:
    """One grouping of one set of observations.

    :ivar anchored: the observations with a MAC, and those of the machine that looks.
    :ivar disputed: the addresses at which two were seen that are not one.
    :ivar cloned: the identifiers that several devices show.
    """

    def __init__(self, parts: Sequence[Part]) -> None:
        self.parts = parts
        self.union = Union(len(parts))
        self.anchored = {
            index for index, part in enumerate(parts) if part.known.macs or part.seen.is_self
        }
        self.attached: set[int] = set()
        self.called = names_at(parts)
        self.labels = {
            address: set().union(*called.values()) for address, called in self.called.items()
        }
        self.by_mac: dict[str, int] = {}
        self.direct: dict[str, set[int]] = {}
        self.said: dict[str, set[int]] = {}
        self.disputed: set[str] = set()
        self.kernels = kernels_entries(parts)
        self.cloned: set[str] = set()

    def groups(self) -> list[list[Part]]:
        """The observations, those of one device together."""
        self.by_macs()
        self.by_shared_addresses()
        self.settle()
        for _ in range(ROUNDS):
            if not self.by_holders():
                break
            self.settle()
        self.by_names_of_holders()
        self.by_identifiers()
        self.settle()
        self.by_addresses()
        self.by_names()
        return self.found()

    # -- 1: MACs ------------------------------------------------------------------------------

    def by_macs(self) -> None:
        """Put together what has a MAC in common, and all that is of the machine that looks."""
        seen_at: dict[str, list[int]] = defaultdict(list)
        for index in sorted(self.anchored):
            part = self.parts[index]
            for key in anchors(part):
                seen_at[key].append(index)
        for key, indices in seen_at.items():
            self.union.join_all(indices)
            self.by_mac[key] = indices[0]

    def by_shared_addresses(self) -> None:
        """Put together two MACs that answer for the same two IPv4 addresses or more.

        A Linux host with two cards on one segment answers on both for both ("ARP flux",
        arp_ignore=0). Two hosts that were given one address by mistake share that one.
        """
        self.settle()
        shared: dict[tuple[int, int], int] = defaultdict(int)
        for address in self.disputed:
            roots = sorted(self.direct[address])
            if ":" in address or len(roots) > MOST_AT_ONE:
                continue
            for at, one in enumerate(roots):
                for other in roots[at + 1 :]:
                    shared[one, other] += 1
        for (one, other), count in shared.items():
            if count >= 2:
                self.union.join(one, other)

    # -- 2: who holds an address --------------------------------------------------------------

    def settle(self) -> None:
        """Find anew who is at each address, and who says that it has it."""
        self.said = defaultdict(set)
        best: dict[str, int] = {}
        direct: dict[str, dict[int, set[int]]] = defaultdict(lambda: defaultdict(set))
        for index in self.anchored | self.attached:
            part, root = self.parts[index], self.union.root(index)
            if index not in self.anchored or not part.is_direct:
                for address in part.known.addresses:
                    self.said[address].add(root)
                continue
            rank = part.closeness
            for address in part.known.addresses:
                direct[address][rank].add(root)
                best[address] = max(rank, best.get(address, rank))
        self.direct = {address: direct[address][rank] for address, rank in best.items()}
        self.disputed = {key for key, roots in self.direct.items() if len(roots) > 1}

    def holder(self, address: str) -> int | None:
        """Whose an address is, by its group; None where it is nobody's or disputed."""
        roots = self.direct.get(address) or self.said.get(address, set())
        if len(roots) == 1:
            return next(iter(roots))
        if address in self.disputed:
            return self.kernels_choice(address)
        mac = None if roots else embedded_mac(address)
        return self.union.root(self.by_mac[mac]) if mac in self.by_mac else None

    def kernels_choice(self, address: str) -> int | None:
        """To whom this machine's own kernel sends what goes to a disputed address."""
        latest = self.kernels.get(address)
        root = None if latest is None else self.union.root(latest[2])
        return root if root in self.direct[address] else None

    def by_holders(self) -> bool:
        """Give what was seen without a MAC to the holder of its first address that has one."""
        given = []
        for index, part in enumerate(self.parts):
            if index in self.anchored or index in self.attached:
                continue
            holders = (self.holder(address) for address in part.known.addresses)
            root = next((each for each in holders if each is not None), None)
            if root is not None:
                given.append((index, root))
        for index, root in given:
            self.union.join(index, root)
            self.attached.add(index)
        return bool(given)

    def by_names_of_holders(self) -> None:
        """Put together two that hold addresses of which one says that both are its own, if each
        gives the same name when it is asked itself."""
        itself = {
            self.union.root(index) for index in self.anchored if self.parts[index].seen.is_self
        }
        pairs = []
        for index in self.attached:
            part, root = self.parts[index], self.union.root(index)
            for address in part.known.addresses[1:]:
                other = self.holder(address)
                if other in {None, root} or {root, other} & itself or not self.direct.get(address):
                    continue
                if part.known.labels & self.labels_at(address):
                    pairs.append((root, other))
        for one, other in pairs:
            if other is not None:
                self.union.join(one, other)

    def labels_at(self, address: str) -> set[str]:
        """The host names that were given at an address by its own device."""
        return self.labels.get(address, set())

    # -- 3: identifiers -----------------------------------------------------------------------

    def by_identifiers(self) -> None:
        """Put together what shows one identifier, unless that came with a cloned image."""
        showing: dict[str, list[int]] = defaultdict(list)
        for index, part in enumerate(self.parts):
            for each in part.known.ids:
                showing[each].append(index)
        for identifier, indices in showing.items():
            parts = [self.parts[index] for index in indices]
            holders = {self.union.root(index) for index in indices if index in self.anchored}
            places = {part.known.addresses[0] for part in parts if part.known.addresses}
            if len(holders) > MOST_BY_ID or disagree(places, self.called):
                self.cloned.add(identifier)
                indices = [
                    index
                    for index in indices
                    if not self.parts[index].known.macs and not self.parts[index].known.addresses
                ]
            if indices:
                self.union.join_all(indices)

    # -- 4: what nobody holds -----------------------------------------------------------------

    def by_addresses(self) -> None:
        """Put together what was seen at one address that nobody with a MAC holds."""
        at: dict[str, list[int]] = defaultdict(list)
        left = [index for index in range(len(self.parts)) if self.is_left(index)]
        for index in left:
            at[self.free(index)[0]].append(index)
        for indices in at.values():
            self.union.join_all(indices)
        told: dict[tuple[str, str], list[int]] = defaultdict(list)
        for index in left:
            part = self.parts[index]
            first, *further = self.free(index)
            nameless = [
                each
                for each in further
                if each in at and (":" in each) != (":" in first) and not self.labels_at(each)
            ]
            if len(nameless) == 1:
                self.union.join(index, at[nameless[0]][0])
            for address in further:
                if address in at and part.known.labels & self.labels_at(address):
                    self.union.join(index, at[address][0])
                for label in part.known.labels if address not in at else ():
                    told[address, label].append(index)
        for indices in told.values():
            self.union.join_all(indices)

    def is_left(self, index: int) -> bool:
        """Whether an observation was seen at an address, and nobody holds it."""
        return index not in self.anchored and index not in self.attached and bool(self.free(index))

    def free(self, index: int) -> list[str]:
        """The addresses of an observation that are not disputed."""
        return [each for each in self.parts[index].known.addresses if each not in self.disputed]

    # -- 5: names -----------------------------------------------------------------------------

    def by_names(self) -> None:
        """Give what has nothing but a name to the only one of that name; and put together an IPv4
        and an IPv6 address without MACs that alone have one name."""
        by_label: dict[str, set[int]] = defaultdict(set)
        alone: dict[str, list[int]] = defaultdict(list)
        for index, part in enumerate(self.parts):
            known = part.known
            if known.macs or known.addresses or known.ids or part.seen.is_self:
                if known.macs or part.is_own_word or part.seen.is_self:
                    for label in known.labels:
                        by_label[label].add(self.union.root(index))
            elif known.labels:
                alone[min(known.labels)].append(index)
        self.by_families(by_label)
        for label, indices in alone.items():
            roots = {self.union.root(each) for each in by_label.get(label, ())}
            self.union.join_all([*indices, *(roots if len(roots) == 1 else ())])

    def by_families(self, by_label: dict[str, set[int]]) -> None:
        """Put together pairs of one name, of which one has IPv4 and one IPv6 addresses, and at
        least one no MAC; only where neither has another partner."""
        with_mac = {self.union.root(index) for index in self.anchored}
        families: dict[int, set[bool]] = defaultdict(set)
        for index, part in enumerate(self.parts):
            families[self.union.root(index)].update(":" in each for each in part.known.addresses)
        partners: dict[int, set[int]] = defaultdict(set)
        for roots in by_label.values():
            if len(roots) != 2:
                continue
            one, other = sorted(roots)
            is_pair = families[one] != families[other] and not families[one] & families[other]
            if is_pair and not (one in with_mac and other in with_mac):
                partners[one].add(other)
                partners[other].add(one)
        for one, others in partners.items():
            if len(others) == 1 and partners[next(iter(others))] == {one}:
                self.union.join(one, next(iter(others)))

    # -- the outcome --------------------------------------------------------------------------

    def found(self) -> list[list[Part]]:
        """The groups; what only was seen at disputed addresses belongs to one of those there, and
        nobody knows to which."""
        members: dict[int, list[int]] = defaultdict(list)
        for index in range(len(self.parts)):
            members[self.union.root(index)].append(index)
        whose = self.whose()
        return [
            [self.kept(index, root, whose) for index in indices]
            for root, indices in members.items()
            if any(self.stands(index) for index in indices)
        ]

    def stands(self, index: int) -> bool:
        """Whether an observation shows a device, and not only one of several."""
        part = self.parts[index]
        return index in self.anchored or not part.known.addresses or bool(self.free(index))

    def whose(self) -> dict[str, set[int]]:
        """Who was seen at each address, with a MAC or without."""
        found: dict[str, set[int]] = defaultdict(set)
        for address, roots in self.direct.items():
            found[address] = {self.union.root(each) for each in roots}
        for index, part in enumerate(self.parts):
            if index not in self.anchored and part.known.addresses:
                found[part.known.addresses[0]].add(self.union.root(index))
        return found

    def kept(self, index: int, root: int, whose: dict[str, set[int]]) -> Part:
        """An observation without the addresses at which others were seen and its device was not,
        and without identifiers that others show too."""
        part = self.parts[index]
        known = part.known
        is_placed = bool(known.macs or known.addresses)
        ids = tuple(each for each in known.ids if not (is_placed and each in self.cloned))
        pairs = [
            pair
            for pair in zip(known.addresses, known.shown, strict=True)
            if root in whose.get(pair[0], {root})
        ]
        if len(pairs) == len(known.addresses) and ids == known.ids:
            return part
        return part._replace(
            known=known._replace(
                addresses=tuple(each for each, _ in pairs),
                shown=tuple(each for _, each in pairs),
                ids=ids,
            )
        )


def kernels_entries(parts: Sequence[Part]) -> dict[str, tuple[str, tuple[str, ...], int]]:
    """Whom this machine's kernel last sent to at each address: when, the MAC, and where it says."""
    latest: dict[str, tuple[str, tuple[str, ...], int]] = {}
    for index, part in enumerate(parts):
        if part.seen.collector in KERNELS_WORD and part.known.macs:
            for address in part.known.addresses:
                entry = (part.seen.seen_at, part.known.macs, index)
                latest[address] = max(entry, latest.get(address, entry))
    return latest


def anchors(part: Part) -> list[str]:
    """The keys that put observations together before all else.

    A MAC that several devices have in turn stands for whoever has it at that address.
    """
    places = part.known.addresses[:1] or ("",)
    found = [f"{mac}@{places[0]}" if is_shared(mac) else mac for mac in part.known.macs]
    return [*found, *([SELF] if part.seen.is_self else [])]


def embedded_mac(address: str) -> str | None:
    """The MAC that an IPv6 address was made of (RFC 4291, appendix A); None where it was not."""
    if ":" not in address:
        return None
    tail = ipaddress.IPv6Address(address.partition("%")[0]).packed[8:]
    if tail[3:5] != b"\xff\xfe":
        return None
    return bytes((tail[0] ^ 2, *tail[1:3], *tail[5:])).hex(":")
