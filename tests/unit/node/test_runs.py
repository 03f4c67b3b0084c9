"""A sweep as bodies: within every limit of the contract, whole or in parts, nothing left out."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import pytest

from dpf_edge.discovery.items import Link, Seen, Thing
from dpf_edge.node import runs
from dpf_edge.node.runs import Agent
from dpf_edge.node.sweeps import Sweep
from dpf_edge.wire import discovery, limits, texts
from tests.unit.node.machines import sight

if TYPE_CHECKING:
    from dpf_edge.store.outbox import Part

AGENT = Agent("native", "0.1.0")
KEY = "6f0f7c1e-3f0b-4d53-9a55-0a6f3c1b2d4e"
NOW = 1_767_323_045.678


def sweep(things: int, links: int = 0, size: int = 0, warnings: tuple[str, ...] = ()) -> Sweep:
    """A sweep that saw so many things, each with so many bytes of attributes."""
    subnet = Thing("subnet:10.0.0.0/16", "subnet", "10.0.0.0/16", 0.95, {})
    hosts = [
        Thing(f"arp:10.0.{n // 256}.{n % 256}", "host", f"LAN Host {n}", 0.7, {"x": "y" * size})
        for n in range(things - 1)
    ]
    members = [Link(host.key, subnet.key, "MEMBER_OF") for host in hosts[:links]]
    seen = Seen((*hosts, subnet), tuple(members))
    return Sweep(NOW, seen, warnings, (), sight().diagnosis, 0.0)


def taken(parts: list[Part]) -> list[discovery.Request]:
    """What an Authority makes of some bodies: it takes each of them."""
    found = []
    for part in parts:
        assert len(part.body) <= limits.DISCOVERY_BODY
        run = discovery.decode(part.body)
        discovery.check_raw_data(run)
        discovery.check_fresh(run, NOW)
        assert part.run_key == run.run_key
        found.append(run)
    return found


def everything(parts: list[discovery.Request]) -> tuple[set[str], set[tuple[str, str]]]:
    """The keys and the relationships of some parts together."""
    return (
        {item.observed_key for part in parts for item in part.items},
        {
            (link.from_observed_key, link.to_observed_key)
            for part in parts
            for link in part.relationships or ()
        },
    )


def test_an_ordinary_sweep_is_one_body_of_the_contract() -> None:
    [run] = taken(runs.bodies(sweep(30, 20, warnings=("w",)), KEY, AGENT, ["also"]))

    assert (KEY, "native", "0.1.0", ("discovery.network",), ("w", "also")) == (
        run.run_key,
        run.agent_mode,
        run.agent_version,
        run.capabilities,
        run.warnings,
    )
    assert "2026-01-02T03:04:05.678Z" == run.observed_at
    assert (30, 20) == (len(run.items), len(run.relationships or ()))


@pytest.mark.parametrize(
    ("things", "links", "size"),
    [(10_001, 10_000, 0), (25_000, 24_999, 0), (3000, 2999, 3000), (400, 0, 60_000)],
    ids=["one too many", "three parts", "too many bytes", "few and large"],
)
def test_a_sweep_that_is_too_large_goes_in_parts(things: int, links: int, size: int) -> None:
    """W17: a published node sends it whole and gets a 413."""
    given = sweep(things, links, size, warnings=("once",))

    parts = taken(runs.bodies(given, KEY, AGENT))

    assert len(parts) > 1
    assert [f"{KEY}/{n}-of-{len(parts)}" for n in range(1, len(parts) + 1)] == [
        part.run_key for part in parts
    ]
    assert 1 == len({part.observed_at for part in parts})
    assert ("once",) == parts[0].warnings
    assert not any(part.warnings for part in parts[1:])
    keys, relationships = everything(parts)
    assert {each.key for each in given.seen.things} == keys
    assert {(each.source, each.target) for each in given.seen.links} == relationships
    for part in parts:
        own = {item.observed_key for item in part.items}
        assert {
            end
            for link in part.relationships or ()
            for end in (link.from_observed_key, link.to_observed_key)
        } <= own


def test_one_thing_that_is_too_large_is_cut_to_what_names_it() -> None:
    """W17: 64 KiB of rawData at most."""
    thing = Thing(
        "host:x", "host", "box", 1.0, {"hostname": "box", "interfaces": ["i" * 100] * 1000, "n": 5}
    )
    given = sweep(1)._replace(seen=Seen((thing,)))

    [run] = taken(runs.bodies(given, KEY, AGENT))

    assert {"hostname": "box", "n": 5, "truncated": True} == discovery.attributes(
        run.items[0].raw_data
    )


def test_a_run_is_divided_until_each_part_has_one_thing() -> None:
    """An Authority that takes next to nothing gets each thing, and is not asked for ever."""
    [whole] = runs.bodies(sweep(5, 4), KEY, AGENT)
    parts, rounds = [whole], 0
    while any(split := [runs.halved(part.run_key, part.body) for part in parts]):
        both = zip(parts, split, strict=True)
        parts = list(itertools.chain.from_iterable(halves or [part] for part, halves in both))
        rounds += 1
        assert rounds < 10

    keys, relationships = everything(taken(parts))
    assert (5, set()) == (len(keys), relationships)
    assert {1} == {len(part.items) for part in taken(parts)}
    assert len(parts) == len({part.run_key for part in parts})


def test_a_run_is_divided_with_its_relationships_where_that_makes_it_smaller() -> None:
    [whole] = runs.bodies(sweep(9, 8), KEY, AGENT)

    parts = taken(runs.halved(whole.run_key, whole.body) or [])

    keys, relationships = everything(parts)
    assert (2, 9, 8) == (len(parts), len(keys), len(relationships))


def test_the_key_of_a_part_never_grows_too_long_and_never_meets_another() -> None:
    """A contract's run key has 120 characters; two parts of one key would be one part."""
    names = {KEY}
    for _ in range(12):
        names = {runs.part_key(name, n, 2) for name in names for n in (1, 2)}

    assert 2**12 == len(names)
    assert max(map(texts.length, names)) <= discovery.RUN_KEY


def test_less_of_one_item_is_sent_where_an_authority_measures_otherwise() -> None:
    [part] = runs.bodies(sweep(3, size=500), KEY, AGENT)

    shrunk = runs.shrunk(part.body, 1)

    assert shrunk is not None
    attributes = [discovery.attributes(item.raw_data) for item in discovery.decode(shrunk).items]
    assert [{"x": "y" * 500}, {"truncated": True}, {}] == attributes
    assert runs.shrunk(shrunk, 1) is None
    assert runs.shrunk(part.body, 7) is None
    assert runs.shrunk(part.body, None) is None
    assert runs.shrunk(b"{", 0) is None


def test_a_time_is_moved_and_that_is_said() -> None:
    [part] = runs.bodies(sweep(2), KEY, AGENT)

    moved = runs.moved(part.body, -3600, "clock: moved")

    assert moved is not None
    run = discovery.decode(moved)
    assert ("2026-01-02T02:04:05.678Z", ("clock: moved",)) == (run.observed_at, run.warnings)
    assert runs.moved(b"nonsense", 1, "") is None


def test_warnings_are_bounded() -> None:
    [run] = taken(runs.bodies(sweep(1, warnings=("x" * 5000,) * 500), KEY, AGENT))

    warnings = run.warnings or ()
    assert runs.WARNINGS + 1 == len(warnings)
    assert "and 400 more warnings" == warnings[-1]
    assert runs.WARNING_CHARACTERS == len(warnings[0])
