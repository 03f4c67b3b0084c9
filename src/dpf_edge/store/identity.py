"""Which observations are one device: pure, and the same whatever order they came in.

Given is what nodes report now, and what devices were known by. Things are one device where they
share a lasting key (a hardware address, a UUID), where a node says that they are the same, or,
for things that have no lasting key, where they are at an address that a device has now. So devices
are merged when a link between them is seen, and come apart again when it is seen no more.

A device keeps its id: each group of things takes that of the device it has most in common with,
the oldest of equals.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

from dpf_edge.store.sighting import MAC

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

Ref = tuple[str, str]  # a node's id and an item's

# A controller lists its clients by hardware address and says which address each has; it may be
# minutes behind. When it then calls a client "the same as" whoever has that address now, and both
# have a maker's hardware address, it is the address that moved. Infrastructure is another matter:
# a router has several hardware addresses, and its controller knows them all.
CLIENT = "network_client"


class Member(NamedTuple):
    """One thing that some node of the site reports, and what it tells of a device.

    ``device_id`` is the device that it was so far. ``present``: it is in its node's newest run.
    ``touched``: this run has news of it.
    """

    ref: Ref
    item_type: str
    lasting: Sequence[str]
    addresses: Sequence[str]
    device_id: str | None
    present: bool
    touched: bool


class Known(NamedTuple):
    """What is known of devices so far.

    ``holders``: which device a lasting key stands for. ``keyed``: the devices that have such a
    key. ``born``: when each device was first seen.
    """

    holders: Mapping[str, str]
    keyed: frozenset[str]
    born: Mapping[str, float]


class Clusters(NamedTuple):
    """Who is who from now on.

    ``device_of`` each thing; ``holders`` of each key that counts now; ``made``: the devices that
    are new; ``absorbed``: devices that turned out to be another one.
    """

    device_of: dict[Ref, str]
    holders: dict[str, str]
    made: frozenset[str]
    absorbed: dict[str, str]


class _Group(NamedTuple):
    members: list[Member]
    lasting: frozenset[str]
    first: Ref


def clusters(
    members: Sequence[Member],
    same: Iterable[tuple[Ref, Ref]],
    known: Known,
    new_id: Callable[[], str],
) -> Clusters:
    """Tell devices apart.

    :param members: all things of every device that may be concerned; in any order.
    :param same: pairs of things of which a node says that they are one.
    """
    groups = list(_groups(members, same))
    solid = [group for group in groups if group.lasting]
    claims = _claims(solid, known)
    device_of: dict[Ref, str] = {}
    made: set[str] = set()
    for group in solid:
        device_id = claims.taken.get(group.first)
        if device_id is None:
            device_id = new_id()
            made.add(device_id)
        device_of.update((member.ref, device_id) for member in group.members)
    holders = _addresses(solid, device_of)
    _attach([group for group in groups if not group.lasting], device_of, holders, made, new_id)
    holders.update({key: device_of[group.first] for group in solid for key in group.lasting})
    spoken = set(device_of.values())
    absorbed = {
        device_id: device_of[first]
        for device_id, first in claims.lost.items()
        if device_id not in spoken
    }
    return Clusters(device_of, holders, frozenset(made), absorbed)


def _groups(members: Sequence[Member], same: Iterable[tuple[Ref, Ref]]) -> Iterator[_Group]:
    """The members that belong together, in an order that depends on nothing but themselves."""
    at = {member.ref: member for member in members}
    above: dict[Ref, Ref] = {ref: ref for ref in at}

    def top(ref: Ref) -> Ref:
        while above[ref] != ref:
            above[ref] = above[above[ref]]
            ref = above[ref]
        return ref

    def join(one: Ref, other: Ref) -> None:
        one, other = top(one), top(other)
        if one != other:
            above[max(one, other)] = min(one, other)

    by_key: dict[str, Ref] = {}
    for member in members:
        for key in member.lasting:
            other = by_key.setdefault(key, member.ref)
            if other is not member.ref:
                join(member.ref, other)
    for one, other in same:
        if one in at and other in at and _may_be_same(at[one], at[other]):
            join(one, other)
    found: defaultdict[Ref, list[Member]] = defaultdict(list)
    for ref in sorted(at):
        # The top of a group is its first member, so the groups come in order too.
        found[top(ref)].append(at[ref])
    for first, group in found.items():
        yield _Group(group, frozenset(key for each in group for key in each.lasting), first)


def _may_be_same(one: Member, other: Member) -> bool:
    if CLIENT not in (one.item_type, other.item_type):
        return True
    makers = [{key for key in each.lasting if key.startswith(MAC)} for each in (one, other)]
    return not all(makers) or not makers[0].isdisjoint(makers[1])


class _Claims(NamedTuple):
    """``taken``: the device of a group, by its first member. ``lost``: devices that no group got,
    and the group that came next."""

    taken: dict[Ref, str]
    lost: dict[str, Ref]


def _claims(solid: Sequence[_Group], known: Known) -> _Claims:
    """Which group is which device: those with most in common first, the oldest of equals."""
    wanted = []
    for group in solid:
        common: defaultdict[str, int] = defaultdict(int)
        for key in group.lasting:
            if key in known.holders:
                common[known.holders[key]] += 1
        for member in group.members:
            # A thing whose hardware address is another one now is another device, so what it was
            # counts only for a device that this group shares a key with, or that has none.
            was = member.device_id
            if was is not None and (was in common or was not in known.keyed):
                common[was] += 1
        wanted += [
            (-count, known.born.get(device_id, 0.0), device_id, group.first)
            for device_id, count in common.items()
        ]
    taken: dict[Ref, str] = {}
    given: set[str] = set()
    lost: dict[str, Ref] = {}
    for _, _, device_id, first in sorted(wanted):
        if first not in taken and device_id not in given:
            taken[first] = device_id
            given.add(device_id)
        elif device_id not in given:
            lost.setdefault(device_id, first)
    return _Claims(taken, lost)


def _addresses(groups: Sequence[_Group], device_of: Mapping[Ref, str]) -> dict[str, str]:
    """Who has an address now: of several that claim it, whoever was seen with it in this run."""
    before: dict[str, str] = {}
    now: dict[str, str] = {}
    for group in groups:
        for member in group.members:
            if member.present and member.addresses:
                found = now if member.touched else before
                found.update(dict.fromkeys(member.addresses, device_of[member.ref]))
    return before | now


def _attach(
    loose: Sequence[_Group],
    device_of: dict[Ref, str],
    holders: dict[str, str],
    made: set[str],
    new_id: Callable[[], str],
) -> None:
    """Give the groups without a lasting key to whoever has their address, or leave them be.

    ``device_of``, ``holders`` and ``made`` grow by what they are given.
    """
    spoken = set(device_of.values())
    # Those that were a device before come first, so that it stays theirs.
    for group in sorted(loose, key=lambda each: (_was(each) is None, each.first)):
        was = _was(group)
        present = [member for member in group.members if member.present]
        its = [address for member in present for address in member.addresses]
        device_id = next((holders[each] for each in its if each in holders), None)
        if device_id is None and was is not None and (was not in spoken or not present):
            device_id = was
        if device_id is None:
            device_id = new_id()
            made.add(device_id)
        spoken.add(device_id)
        device_of.update((member.ref, device_id) for member in group.members)
        for address in its:
            holders.setdefault(address, device_id)


def _was(group: _Group) -> str | None:
    """The device that most of a group's things were; the first of equals."""
    counted: defaultdict[str, int] = defaultdict(int)
    for member in group.members:
        if member.device_id is not None:
            counted[member.device_id] += 1
    return min(counted, key=lambda each: (-counted[each], each), default=None)
