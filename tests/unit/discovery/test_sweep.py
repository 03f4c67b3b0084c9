"""A sweep goes on whatever its collectors do, and what they saw counts."""

from __future__ import annotations

import itertools
import threading
import time
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from dpf_edge.discovery.asked import Asked
from dpf_edge.discovery.job import Collector, Job, Stage
from dpf_edge.discovery.kept import Kept
from dpf_edge.discovery.subnets import subnets
from dpf_edge.discovery.sweep import Event, Machine, Sweep
from dpf_edge.errors import Absent, Denied, Failed
from dpf_edge.host.capture import Replay
from dpf_edge.level import Level
from dpf_edge.observed import Observation, Outcome, Status
from tests.unit.discovery.nets import QuietNetwork
from tests.unit.discovery.test_scope import about, seeing
from tests.unit.node.machines import captured

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from dpf_edge.discovery.job import About
    from dpf_edge.discovery.swept import Swept
    from dpf_edge.host.net import Net

AT = "2026-01-02T03:04:05.000Z"
PATIENCE = 10.0
FIND = about(Level.ASK, Stage.FIND, "segment")
DETAIL = about(Level.ASK, Stage.DETAIL, "segment")
LISTEN = about(Level.LISTEN, Stage.LISTEN, "segment")
WALK = about(Level.PROBE, Stage.FIND, "segment")
ECHO = about(Level.PROBE, Stage.FIND, "routed")


def seen(name: str, *addresses: str, **more: Any) -> Observation:
    """An observation of a collector."""
    return Observation(name, AT, 0.9, addresses=addresses, **more)


def sweep(
    collectors: Mapping[str, tuple[About, Collector]],
    asked: Asked = Asked(level=Level.ASK, rate=50_000),  # noqa: B008 -- an immutable value
    network: QuietNetwork | None = None,
) -> Sweep:
    """A sweep of a machine on 192.168.50.0/24 by some collectors."""
    machine = Machine(
        host=lambda: Replay(captured()),
        network=network or QuietNetwork(),
        ticks=time.monotonic,
        wall=lambda: 1_767_323_045.0,
        chance=lambda: 0.5,
    )
    return Sweep(
        machine,
        seeing(),
        asked,
        collectors={name: function for name, (_, function) in collectors.items()},
        abouts={name: what for name, (what, _) in collectors.items()},
    )


def swept(
    collectors: Mapping[str, tuple[About, Collector]],
    asked: Asked = Asked(level=Level.ASK, rate=50_000),  # noqa: B008 -- an immutable value
    network: QuietNetwork | None = None,
) -> Swept:
    """A whole one."""
    made = sweep(collectors, asked, network)
    for _ in made.events():
        pass
    return made.swept()


def outcome(found: Swept, name: str) -> Outcome:
    return next(each for each in found.outcomes if each.name == name)


def finds(*addresses: str) -> Collector:
    """A collector that finds some addresses."""

    def collect(job: Job, net: Net) -> Iterator[Observation]:
        del job, net
        for address in addresses:
            yield seen("finder", address)

    return collect


def breaks(error: Exception) -> Collector:
    """A collector that sees something, and then breaks."""

    def collect(job: Job, net: Net) -> Iterator[Observation]:
        del job, net
        yield seen("finder", "192.168.50.20")
        raise error

    return collect


def silent(job: Job, net: Net) -> Iterator[Observation]:
    """A collector that sees nothing."""
    del job, net
    return iter(())


@pytest.mark.parametrize(
    ("error", "status", "says"),
    [
        (KeyError("x"), Status.FAILED, "KeyError: 'x'"),
        (Failed("no such link"), Status.FAILED, "no such link"),
        (Denied("needs CAP_NET_RAW"), Status.SKIPPED, "needs CAP_NET_RAW"),
        (Absent("no engine here"), Status.SKIPPED, "no engine here"),
        (RecursionError(), Status.FAILED, "RecursionError"),
        (MemoryError(), Status.FAILED, "MemoryError"),
    ],
)
def test_a_collector_that_breaks_is_an_outcome_and_costs_the_others_nothing(
    error: Exception, status: Status, says: str
) -> None:
    found = swept({"broken": (FIND, breaks(error)), "whole": (FIND, finds("192.168.50.21"))})

    broken = outcome(found, "broken")
    assert (status, 1) == (broken.status, broken.found)
    assert says in (broken.reason or "")
    assert Status.FOUND is outcome(found, "whole").status
    assert {"192.168.50.20", "192.168.50.21"} == {
        address for each in found.devices for address in each.addresses
    }


def test_every_collector_there_is_has_one_outcome() -> None:
    found = swept(
        {
            "finder": (FIND, finds("192.168.50.20")),
            "quiet": (FIND, silent),
            "walker": (WALK, silent),
            "details": (DETAIL, silent),
        }
    )

    assert {
        "finder": Status.FOUND,
        "quiet": Status.NOTHING,
        "walker": Status.SKIPPED,
        "details": Status.NOTHING,
    } == {each.name: each.status for each in found.outcomes}
    assert 4 == len(found.outcomes)


def test_what_is_found_is_told_at_once_and_not_at_the_end() -> None:
    go_on = threading.Event()

    def slow(job: Job, net: Net) -> Iterator[Observation]:
        del job, net
        yield seen("slow", "192.168.50.20")
        assert go_on.wait(PATIENCE)
        yield seen("slow", "192.168.50.21")

    made = sweep({"slow": (FIND, slow)})
    told: list[Event] = []
    for event in made.events():
        told.append(event)
        if event.seen is not None and not go_on.is_set():
            assert ["192.168.50.20"] == list(event.seen.addresses)
            assert 1 == len(made.devices())
            assert ("slow",) == made.running
            go_on.set()

    assert 2 == sum(event.seen is not None for event in told)


def test_a_collector_that_hangs_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    from dpf_edge.discovery import sweep as module

    monkeypatch.setattr(module, "GRACE_SECONDS", 0.2)
    never = threading.Event()

    def hangs(job: Job, net: Net) -> Iterator[Observation]:
        del job, net
        yield seen("hangs", "192.168.50.20")
        never.wait(PATIENCE)
        yield seen("hangs", "192.168.50.21")

    try:
        found = swept({"hangs": (FIND, hangs)}, Asked(level=Level.ASK, most=0.2))
    finally:
        never.set()

    assert (Status.TIMED_OUT, 1) == (outcome(found, "hangs").status, outcome(found, "hangs").found)
    assert 1 == len(found.devices)


def test_a_sweep_that_is_stopped_keeps_what_was_found() -> None:
    def endless(job: Job, net: Net) -> Iterator[Observation]:
        del job
        for number in itertools.count():
            yield seen("endless", f"192.168.50.{20 + number % 200}")
            if net.left() <= 0:
                return

    made = sweep({"endless": (FIND, endless)})
    for number, event in enumerate(made.events()):
        if event.seen is not None and number > 5:
            made.stop()
    found = made.swept()

    assert outcome(found, "endless").found
    assert len(found.devices) >= 2


def test_an_interrupted_sweep_says_which_collectors_did_not_end() -> None:
    never = threading.Event()

    def hangs(job: Job, net: Net) -> Iterator[Observation]:
        del job, net
        yield seen("hangs", "192.168.50.20")
        never.wait(PATIENCE)

    made = sweep({"hangs": (FIND, hangs)})
    next(event for event in made.events() if event.seen is not None)
    made.stop()
    found = made.swept()
    never.set()

    assert (Status.TIMED_OUT, "stopped before its end") == (
        outcome(found, "hangs").status,
        outcome(found, "hangs").reason,
    )
    assert 1 == len(found.devices)


def test_a_listener_lasts_as_long_as_the_others_and_then_ends_well() -> None:
    ended: list[str] = []

    def ear(job: Job, net: Net) -> Iterator[Observation]:
        assert job.seconds > 1000
        while net.left() > 0:
            yield seen("ear", "192.168.50.30")
            time.sleep(0.01)
        ended.append("ear")

    found = swept({"ear": (LISTEN, ear), "finder": (FIND, finds("192.168.50.20"))})

    assert ["ear"] == ended
    assert Status.FOUND is outcome(found, "ear").status
    # Heard again and again, kept once.
    assert 2 == len(found.observations)


def test_a_sweep_that_only_listens_listens_for_its_time() -> None:
    def ear(job: Job, net: Net) -> Iterator[Observation]:
        del job
        while net.left() > 0:
            time.sleep(0.01)
        yield seen("ear", "192.168.50.30")

    found = swept({"ear": (LISTEN, ear)}, Asked(listen=0.3))

    assert 0.3 <= found.seconds < 0.3 + PATIENCE
    assert 1 == len(found.devices)


def test_a_sweep_whose_listener_may_not_listen_does_not_wait() -> None:
    found = swept({"ear": (LISTEN, breaks(Denied("needs CAP_NET_RAW")))}, Asked(listen=600.0))

    assert found.seconds < PATIENCE
    assert Status.SKIPPED is outcome(found, "ear").status


def test_details_are_asked_of_each_found_once_and_of_nobody_else() -> None:
    asked: Counter[str] = Counter()

    def details(job: Job, net: Net) -> Iterator[Observation]:
        del net
        asked.update(job.targets)
        for each in job.targets:
            yield seen("details", each, names=(f"host-{each}",))

    def trickle(job: Job, net: Net) -> Iterator[Observation]:
        del job, net
        for number in range(20, 60):
            yield seen("finder", f"192.168.50.{number}")
            time.sleep(0.02)
        # What anybody may claim, and what we are ourselves.
        yield seen("finder", "8.8.8.8", "192.168.50.7", "127.0.0.1", "10.9.9.9", "fe80::5")

    found = swept({"finder": (FIND, trickle), "details": (DETAIL, details)})

    assert {"192.168.50.1": 1, **{f"192.168.50.{n}": 1 for n in range(20, 60)}} == asked
    assert len(asked) == outcome(found, "details").found
    named = next(each for each in found.devices if "192.168.50.44" in each.addresses)
    assert ("host-192.168.50.44",) == named.names


def test_details_begin_while_others_still_find() -> None:
    began = threading.Event()

    def details(job: Job, net: Net) -> Iterator[Observation]:
        del net
        if "192.168.50.20" in job.targets:
            began.set()
        return iter(())

    def slow(job: Job, net: Net) -> Iterator[Observation]:
        del job, net
        yield seen("finder", "192.168.50.20")
        assert began.wait(PATIENCE)

    found = swept({"finder": (FIND, slow), "details": (DETAIL, details)})

    assert Status.FOUND is outcome(found, "finder").status


def test_a_flood_is_bounded_and_what_did_not_fit_is_said() -> None:
    kept = Kept(most=100)
    for number in range(1000):
        kept.add(seen("flood", f"192.168.{number >> 8}.{number & 255}"))

    assert 100 == len(kept)
    assert 900 == kept.lost["flood"]


def test_one_observation_that_is_huge_is_not_kept() -> None:
    kept = Kept()
    kept.add(seen("flood", "192.168.50.20", names=("x" * (1 << 20),)))

    assert 0 == len(kept)
    assert {"flood": 1} == kept.lost


def test_what_is_seen_again_is_kept_once_and_newer() -> None:
    kept = Kept()
    first, later = seen("ear", "192.168.50.9"), Observation(
        "ear", "2026-01-02T03:04:09.000Z", 0.9, addresses=("192.168.50.9",)
    )  # fmt: skip

    assert [True, False, False] == [kept.add(first), kept.add(later), kept.add(first)]
    assert [later] == list(kept)


def test_an_entry_that_changed_while_it_was_swept_is_not_two_stations() -> None:
    """Tables are read several times; a router that failed over in between has one MAC after the
    other."""
    looks = itertools.count()

    def table(job: Job, net: Net) -> Iterator[Observation]:
        del job, net
        mac = f"24:5a:4c:00:00:0{min(next(looks), 1)}"
        yield seen("table", "192.168.50.1", macs=(mac,), interface="enp3s0")
        yield seen("table", "192.168.50.2", macs=("24:5a:4c:00:00:02",), interface="enp3s0")

    found = swept({"table": (about(Level.LISTEN, Stage.TABLES, "segment"), table)})

    assert next(looks) > 1
    assert {("24:5a:4c:00:00:01",), ("24:5a:4c:00:00:02",)} == {
        each.macs for each in found.observations
    }


def test_each_wave_knows_which_it_is() -> None:
    waves: list[int] = []

    def details(job: Job, net: Net) -> Iterator[Observation]:
        del net
        waves.append(job.settings["wave"])
        for each in job.targets:
            if each == "192.168.50.1":
                yield seen("details", "192.168.50.77")

    swept({"details": (DETAIL, details)})

    assert [0, 1] == waves


def test_what_was_not_heard_lately_is_forgotten() -> None:
    made = sweep({"finder": (FIND, finds("192.168.50.20"))})
    for _ in made.events():
        pass
    made.forget(AT)
    assert 1 == len(made.kept)
    made.forget("2026-01-02T03:04:06.000Z")

    assert not made.kept


PROBE = Asked(level=Level.PROBE, rate=50_000)


def walker(job: Job, net: Net) -> Iterator[Observation]:
    """Finds whoever resolves."""
    for each in net.nudge(job.targets, wait=0.0):
        assert each.mac
        yield seen("walker", each.address, macs=(each.mac,))


def echoer(job: Job, net: Net) -> Iterator[Observation]:
    """Finds whoever answers echoes."""
    for each in net.echo(job.targets, wait=0.0):
        yield seen("echoer", each.address)


PROBES = {"walker": (WALK, walker), "echoer": (ECHO, echoer)}


def test_a_router_that_answers_arp_for_everybody_makes_no_254_hosts() -> None:
    network = QuietNetwork(mac_of=lambda _: "24:5a:4c:00:00:01")

    found = swept({"walker": (WALK, walker)}, PROBE, network)

    assert () == tuple(each for each in found.observations if each.collector == "walker")
    assert any("one MAC, 24:5a:4c:00:00:01, answers there" in each for each in found.warnings)


def test_a_full_network_of_honest_hosts_is_believed() -> None:
    def mac_of(address: str) -> str:
        return f"24:5a:4c:00:00:{int(address.rpartition('.')[2]):02x}"

    network = QuietNetwork(answers=lambda _: True, mac_of=mac_of)

    found = swept(PROBES, PROBE, network)

    assert 253 == len([each for each in found.observations if each.collector == "walker"])
    assert not [each for each in found.warnings if "answers" in each]


def test_a_stack_that_answers_for_the_dead_behind_a_router_is_not_believed() -> None:
    network = QuietNetwork(answers=lambda address: address.startswith("10.9.0."))
    asked = Asked(level=Level.PROBE, rate=50_000, subnets=subnets("10.9.0.0/24,10.9.1.0/24"))

    found = swept(PROBES, asked, network)

    assert () == tuple(each for each in found.observations if each.collector == "echoer")
    assert any(each.startswith("10.9.0.0/24: 10.9.0.0, an address") for each in found.warnings)
    assert not any(each.startswith("10.9.1.0/24: ") for each in found.warnings)


def test_hosts_behind_an_honest_router_are_believed() -> None:
    network = QuietNetwork(answers=lambda address: address == "10.9.0.17")
    asked = Asked(level=Level.PROBE, rate=50_000, subnets=subnets("10.9.0.0/24"))

    found = swept(PROBES, asked, network)

    assert ["10.9.0.17"] == [
        address
        for each in found.observations
        if each.collector == "echoer"
        for address in each.addresses
    ]


def test_an_empty_network_is_empty() -> None:
    found = swept(PROBES, PROBE, QuietNetwork())

    assert () == found.observations
    assert {Status.NOTHING} == {each.status for each in found.outcomes}


def test_what_is_sent_is_counted_by_the_collector_that_sent_it() -> None:
    found = swept(PROBES, PROBE, QuietNetwork())

    assert 253 == outcome(found, "walker").packets
    assert 1 == outcome(found, "echoer").packets
    assert 0 < outcome(found, "control").packets <= 12


def test_below_probe_no_control_is_asked() -> None:
    network = QuietNetwork()
    swept({"finder": (FIND, silent)}, network=network)

    assert {"finder"} == {each.name for each in network.accounts}
