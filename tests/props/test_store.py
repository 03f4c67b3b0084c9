"""What has to hold of devices and runs, whatever nodes report and in whatever order."""

from __future__ import annotations

import itertools
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dpf_edge.store import open_store
from dpf_edge.store.identity import Known, Member, clusters
from dpf_edge.store.limits import to_wait, within
from dpf_edge.store.sighting import Sighting, kept, storable
from dpf_edge.store.texts import clean, short_digest
from dpf_edge.wire.limits import Ceiling
from tests.store.fleet import Clock, Fleet, sight, thing
from tests.store.suite import made

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dpf_edge.store.identity import Clusters, Ref

# Few keys, so that they meet.
LASTING = st.lists(st.sampled_from([f"mac:{n}" for n in range(5)] + ["uuid:u"]), max_size=2)
ADDRESSES = st.lists(st.sampled_from([f"address:{n}" for n in range(4)]), max_size=2)


@st.composite
def members(draw: st.DrawFn) -> list[Member]:
    """What up to two nodes report, some of it known as a device already."""
    count = draw(st.integers(0, 10))
    return [
        Member(
            ref=(f"node-{draw(st.integers(0, 1))}", f"item-{number}"),
            item_type=draw(st.sampled_from(["host", "network_client"])),
            lasting=draw(LASTING),
            addresses=draw(ADDRESSES),
            device_id=draw(st.sampled_from([None, "device_a", "device_b"])),
            present=draw(st.booleans()),
            touched=draw(st.booleans()),
        )
        for number in range(count)
    ]


def told_apart(things: Sequence[Member], same: Sequence[tuple[Ref, Ref]] = ()) -> Clusters:
    """Who is who, with the devices that things say they were."""
    holders: dict[str, str] = {}
    for each in sorted(things, key=lambda thing: thing.ref):
        if each.device_id:
            holders.update(dict.fromkeys(each.lasting, each.device_id))
    born = {"device_a": 1.0, "device_b": 2.0}
    numbers = itertools.count()
    known = Known(holders, frozenset(holders.values()), born)
    return clusters(things, same, known, lambda: f"device_new_{next(numbers)}")


def partition(found: Clusters) -> set[frozenset[Ref]]:
    """The groups, without their names."""
    groups: dict[str, set[Ref]] = {}
    for ref, device_id in found.device_of.items():
        groups.setdefault(device_id, set()).add(ref)
    return {frozenset(group) for group in groups.values()}


@given(members())
def test_everything_is_a_device_and_a_lasting_key_is_one_devices(things: list[Member]) -> None:
    found = told_apart(things)

    assert {each.ref for each in things} == found.device_of.keys()
    for one, other in itertools.combinations(things, 2):
        if set(one.lasting) & set(other.lasting):
            assert found.device_of[one.ref] == found.device_of[other.ref]
    for each in things:
        for key in each.lasting:
            assert found.device_of[each.ref] == found.holders[key]


@given(members(), st.randoms(use_true_random=False))
def test_the_order_in_which_things_are_told_does_not_matter(
    things: list[Member], random: Any
) -> None:
    shuffled = list(things)
    random.shuffle(shuffled)

    assert told_apart(things) == told_apart(shuffled)


@given(members(), st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=4))
def test_what_is_told_apart_once_stays_so_when_nothing_is_new(
    things: list[Member], pairs: list[tuple[int, int]]
) -> None:
    same = [
        (things[one].ref, things[other].ref)
        for one, other in pairs
        if one < len(things) and other < len(things)
    ]
    first = told_apart(things, same)
    settled = [each._replace(device_id=first.device_of[each.ref]) for each in things]
    held = {key: found for key, found in first.holders.items() if not key.startswith("address:")}
    known = Known(held, frozenset(held.values()), dict.fromkeys(first.device_of.values(), 1.0))

    again = clusters(settled, same, known, lambda: pytest.fail("there is nothing new"))

    assert first.device_of == again.device_of


@given(members())
def test_who_was_another_device_is_one_that_is_still_there(things: list[Member]) -> None:
    found = told_apart(things)

    assert not found.absorbed.keys() & set(found.device_of.values())
    assert set(found.absorbed.values()) <= set(found.device_of.values())
    assert found.made <= set(found.device_of.values())


# -- runs, on a real store


@pytest.fixture(scope="module")
def template() -> Any:
    """A store that has its tables and nothing in them."""
    folder = Path(tempfile.mkdtemp())
    made(f"sqlite:///{folder / 'store.db'}")
    yield folder / "store.db"
    shutil.rmtree(folder)


sweep = st.dictionaries(
    st.sampled_from("abcd"),
    st.tuples(st.integers(1, 4), st.integers(1, 3), st.sampled_from(["x", "y"])),
    max_size=4,
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(st.tuples(st.integers(0, 1), sweep), min_size=1, max_size=5),
    st.randoms(use_true_random=False),
)
def test_the_present_is_the_same_in_whatever_order_runs_come(
    template: Path, runs: list[tuple[int, dict[str, tuple[int, int, str]]]], random: Any
) -> None:
    order = list(enumerate(runs))
    shuffled = list(order)
    random.shuffle(shuffled)

    assert present(template, order) == present(template, shuffled)


def present(template: Path, runs: Sequence[Any]) -> set[Any]:
    """What is there after these runs, each observed at a time of its own."""
    clock = Clock()
    with tempfile.TemporaryDirectory() as folder:
        path = shutil.copy(template, folder)
        with open_store(f"sqlite:///{path}", clock=clock, sight=sight) as store:
            fleet = Fleet(store, clock)
            nodes = [fleet.enrolled().node_id for _ in range(2)]
            for number, (who, seen) in runs:
                items = [
                    thing(key, name, mac=f"24:5a:4c:00:00:0{mac}", address=f"192.168.50.{last}")
                    for key, (mac, last, name) in seen.items()
                ]
                fleet.submit(nodes[who], *items, observed_at=clock.now - 300 * (9 - number))
            return {
                (device.macs, device.name, frozenset(device.addresses), device.last_seen)
                for device in fleet.devices()
                if device.present
            }


# -- texts and windows


@given(st.text(st.characters(codec=None)))
def test_a_cleaned_text_can_be_stored_and_stays_as_it_is(text: str) -> None:
    cleaned = clean(text)

    assert "\0" not in cleaned
    cleaned.encode()
    assert cleaned == clean(cleaned)
    assert len(text) == len(cleaned)


anything = st.text(st.sampled_from('\0\\u0"n\n☃\ud800ab'), max_size=8)


@given(anything, st.lists(anything, max_size=3), st.dictionaries(anything, anything, max_size=3))
def test_a_sighting_that_is_kept_comes_back_as_it_is(
    name: str, texts: list[str], attributes: dict[str, str]
) -> None:
    """Whatever a node calls things, a backslash before u0000 included."""
    told = Sighting(
        keys=tuple(f"uuid:{clean_of_surrogates(text)}" for text in texts),
        name=clean_of_surrogates(name),
        addresses=tuple(map(clean_of_surrogates, texts)),
        attributes={
            clean_of_surrogates(key): clean_of_surrogates(each) for key, each in attributes.items()
        },
    )

    sighted, text = storable(told)

    assert sighted == kept(text)
    assert clean(told.name or "") == sighted.name
    words = (*sighted.keys, *sighted.addresses, *sighted.attributes, *sighted.attributes.values())
    assert all("\0" not in word for word in words)


def clean_of_surrogates(text: str) -> str:
    """A text as the wire lets it through: a lone surrogate is U+FFFD by then."""
    return text.encode("utf-8", "replace").decode()


@given(st.lists(st.text(max_size=3), max_size=3), st.lists(st.text(max_size=3), max_size=3))
def test_two_lists_of_texts_have_two_digests(one: list[str], other: list[str]) -> None:
    assert (one == other) == (short_digest(*one) == short_digest(*other))


@given(st.lists(st.floats(-1e4, 1e4), max_size=30), st.integers(1, 10), st.floats(1, 1e3))
def test_who_waits_as_told_finds_a_slot(taken: list[float], count: int, seconds: float) -> None:
    ceiling = Ceiling(count, seconds)

    wait = to_wait(taken, ceiling, 0.0)

    assert wait >= 0
    later = within(taken, seconds, wait)
    # A time in the future, as a clock leaves it that was put back, may come into the window.
    assert len([at for at in later if at <= 0]) < count or wait == 0
