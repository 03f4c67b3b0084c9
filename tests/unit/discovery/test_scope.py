"""What a sweep may do follows from what it was asked, where it stands, and what it may open."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from dpf_edge.discovery import tables
from dpf_edge.discovery.asked import Asked
from dpf_edge.discovery.job import About, Stage
from dpf_edge.discovery.scope import Scope, announced, scope
from dpf_edge.discovery.subnets import subnets
from dpf_edge.discovery.tables import Tables
from dpf_edge.level import Level
from dpf_edge.model import Address, Answer, Interface, InterfaceRole, Neighbour, Role, Route
from dpf_edge.vantage.diagnose import diagnose
from tests.node.running import BLIND, SEES, machine
from tests.unit.node.machines import BRIDGE, CARD, DEFAULT, GATEWAY, LOOPBACK

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dpf_edge.model import Diagnosis


def about(level: Level, stage: Stage, reach: str, **more: Any) -> About:
    """A collector of some sort."""
    return About(level, stage, reach, "something", "something", **more)


ABOUTS = {
    "itself": about(Level.LISTEN, Stage.TABLES, "machine"),
    "table": about(Level.LISTEN, Stage.TABLES, "segment"),
    "ear": about(Level.LISTEN, Stage.LISTEN, "segment"),
    "question": about(Level.ASK, Stage.FIND, "segment"),
    "names": about(Level.ASK, Stage.DETAIL, "routed"),
    "frames": about(Level.PROBE, Stage.FIND, "segment"),
    "nudges": about(Level.PROBE, Stage.FIND, "segment", stands_in_for="frames"),
    "echoes": about(Level.PROBE, Stage.FIND, "routed"),
    "ports": about(Level.PROBE, Stage.DETAIL, "routed", each=20),
}


def seeing(**roles: Role) -> Diagnosis:
    """The diagnosis of a machine that sees the LAN, and what its interfaces are there for."""
    found = diagnose(machine(SEES))
    listed = {"enp3s0": Role.LAN, "docker0": Role.ENGINE, "lo": Role.LOOPBACK, **roles}
    return msgspec.structs.replace(
        found,
        interfaces=tuple(InterfaceRole(name, role, (), "") for name, role in listed.items()),
    )


HELD = Tables((LOOPBACK, CARD, BRIDGE), (DEFAULT,), (GATEWAY,))


def scoped(
    asked: Asked = Asked(),  # noqa: B008 -- an immutable value
    held: Tables = HELD,
    diagnosis: Diagnosis | None = None,
    *,
    privileged: bool = True,
    abouts: Mapping[str, About] | None = None,
) -> Scope:
    return scope(
        asked,
        seeing() if diagnosis is None else diagnosis,
        held,
        ABOUTS if abouts is None else abouts,
        privileged=privileged,
        chance=lambda: 0.5,
    )


def running(found: Scope) -> set[str]:
    return {task.name for task in found.tasks}


def targets(found: Scope, name: str) -> list[str]:
    return next(list(task.targets) for task in found.tasks if task.name == name)


@pytest.mark.parametrize(
    ("level", "runs"),
    [
        (Level.LISTEN, {"itself", "table", "ear"}),
        (Level.ASK, {"itself", "table", "ear", "question", "names"}),
        (Level.PROBE, ABOUTS.keys() - {"nudges"}),
    ],
)
def test_a_level_lets_run_what_needs_no_more(level: Level, runs: set[str]) -> None:
    found = scoped(Asked(level=level))

    assert runs == running(found)
    assert ABOUTS.keys() == runs | found.skipped.keys()
    assert all(found.skipped.values())


def test_below_probe_nobody_is_asked_who_is_not_known() -> None:
    found = scoped(Asked(level=Level.ASK))

    assert ["192.168.50.1"] == targets(found, "question")
    assert () == found.reached.own
    assert () == found.reached.routed


def test_a_probe_walks_the_lans_own_network_but_its_ends_and_ourselves() -> None:
    found = scoped(Asked(level=Level.PROBE))
    asked = targets(found, "frames")

    assert "192.168.50.1" == asked[0]
    assert {f"192.168.50.{n}" for n in range(1, 255)} - {"192.168.50.7"} == {*asked}
    assert 253 == len(asked)
    assert ["192.168.50.1"] == targets(found, "echoes")


def test_without_the_privilege_another_stands_in() -> None:
    found = scoped(Asked(level=Level.PROBE), privileged=False)

    assert "nudges" in running(found)
    assert 253 == len(targets(found, "nudges"))


def test_who_stands_in_runs_where_the_other_is_not_wanted() -> None:
    assert {"nudges"} == running(scoped(Asked(level=Level.PROBE, only=("nudges",))))


def test_ranges_that_are_named_replace_the_own_network() -> None:
    listed = subnets("10.9.0.0/24, 192.168.50.128/25")
    found = scoped(Asked(level=Level.PROBE, subnets=listed))

    assert {"192.168.50.1", *(f"192.168.50.{n}" for n in range(128, 255))} == {
        *targets(found, "frames")
    }
    echoed = targets(found, "echoes")
    assert {"192.168.50.1", *(f"10.9.0.{n}" for n in range(1, 255))} == {*echoed}


def test_a_range_around_the_own_network_is_walked_by_frames_within_and_echoes_without() -> None:
    found = scoped(Asked(level=Level.PROBE, subnets=subnets("192.168.0.0/16")))

    framed, echoed = targets(found, "frames"), targets(found, "echoes")
    assert 253 == len(framed)
    assert {"192.168.50.1"} == {*framed} & {*echoed}
    # 65 536 without our own /24, and without the two ends that nobody has; the gateway is known.
    assert 65_536 - 256 - 2 + 1 == len(echoed)


@pytest.mark.parametrize("text", ["disabled", "0.0.0.0/0", "8.8.8.0/24", "224.0.0.0/24"])
def test_what_may_not_be_walked_is_not_and_that_is_said(text: str) -> None:
    found = scoped(Asked(level=Level.PROBE, subnets=subnets(text)))

    assert ["192.168.50.1"] == targets(found, "frames")
    assert any(text in warning for warning in found.warnings)


def test_an_own_network_that_is_wide_or_public_is_walked_only_if_it_is_named() -> None:
    wide = msgspec.structs.replace(
        CARD, addresses=(Address("10.3.7.7/16"), Address("203.0.113.7/24"))
    )
    held = HELD._replace(interfaces=(LOOPBACK, wide), neighbours=(), routes=())
    found = scoped(Asked(level=Level.PROBE), held)

    assert "no address to ask" in found.skipped["frames"]
    assert any("10.3.0.0/16 of enp3s0 is larger than a /20" in each for each in found.warnings)
    assert any("203.0.113.0/24 of enp3s0 is no private" in each for each in found.warnings)
    named = scoped(Asked(level=Level.PROBE, subnets=subnets("10.3.0.0/16")), held)
    assert 65_533 == len(next(task for task in named.tasks if task.name == "frames").targets)


def test_only_a_no_keeps_the_lans_collectors_from_running() -> None:
    blind = diagnose(machine(BLIND))
    held = tables.of(machine(BLIND))
    found = scoped(Asked(level=Level.PROBE), held, blind)

    assert {"itself"} == running(found)
    assert all("does not see the LAN" in why for why in found.skipped.values())
    anyway = scoped(Asked(level=Level.PROBE, even_if_blind=True), held, blind)
    assert {"table", "ear", "question"} <= running(anyway)
    assert any("does not see the LAN" in each for each in anyway.warnings)


def test_a_blind_place_is_told_that_it_is_blind_before_that_its_level_is_low() -> None:
    """Who raised the level because of the first reason would meet the second."""
    found = scoped(Asked(), tables.of(machine(BLIND)), diagnose(machine(BLIND)))

    assert "does not see the LAN" in found.skipped["frames"]


def test_who_asks_only_those_that_are_named_is_left_out_where_nobody_is() -> None:
    abouts = {"agent": ABOUTS["question"]._replace(named_in="agents")}
    nobody, asked = Asked(level=Level.ASK), Asked(level=Level.ASK, settings={"agents": ("a",)})

    assert "nobody was named" in scoped(nobody, abouts=abouts).skipped["agent"]
    assert () == announced(scoped(nobody, abouts=abouts), nobody)
    assert "  agent: something" in announced(scoped(asked, abouts=abouts), asked)


def test_who_cannot_run_and_who_sends_nothing_are_not_announced() -> None:
    asked = Asked(level=Level.PROBE)
    told = announced(scoped(asked, privileged=False), asked)

    assert not [line for line in told if line.startswith("  frames:")]
    quiet = {"itself": ABOUTS["question"]._replace(sends="nothing on the network; a file")}
    assert () == announced(scoped(asked, abouts=quiet), asked)


def test_an_unknown_sweeps_and_says_so() -> None:
    unsure = msgspec.structs.replace(
        seeing(enp3s0=Role.UNKNOWN),
        lan=msgspec.structs.replace(seeing().lan, answer=Answer.UNKNOWN, why="nothing shows it"),
    )
    found = scoped(Asked(level=Level.PROBE), diagnosis=unsure)

    assert "frames" in running(found)
    assert ["enp3s0"] == [each.name for each in found.places]
    assert any("unknown: nothing shows it" in each for each in found.warnings)


@pytest.mark.parametrize(
    "role", [Role.ENGINE, Role.VM, Role.VPN, Role.VIRTUAL, Role.DOWN, Role.NAT, Role.UNKNOWN]
)
def test_of_many_interfaces_only_the_lans_are_looked_through(role: Role) -> None:
    other = Interface(
        name="other0", addresses=(Address("192.168.77.7/24"),), index=9, up=True, kind="ether"
    )
    held = Tables(
        (LOOPBACK, CARD, other),
        (DEFAULT,),
        (GATEWAY, Neighbour("192.168.77.9", "24:5a:4c:00:00:99", "other0", "stale")),
    )
    found = scoped(Asked(level=Level.PROBE), held, seeing(other0=role))

    assert ["enp3s0"] == [each.name for each in found.places]
    assert not [each for each in targets(found, "frames") if each.startswith("192.168.77.")]
    assert not found.reached.may_be_asked("192.168.77.9")


@pytest.mark.parametrize(
    ("address", "may_be"),
    [
        ("192.168.50.9", True),
        ("fd00:50::9", True),
        ("192.168.50.7", False),
        ("192.168.50.255", False),
        ("8.8.8.8", False),
        ("10.1.1.1", False),
        ("172.17.0.2", False),
        ("fe80::9", False),
        ("224.0.0.251", False),
        ("127.0.0.1", False),
        ("no address", False),
    ],
)
def test_who_was_only_told_of_is_asked_on_the_lan_alone(address: str, may_be: bool) -> None:
    """A device may say that it has any address; it does not make us speak to the Internet."""
    assert may_be is scoped(Asked(level=Level.PROBE)).reached.may_be_asked(address)


def test_what_an_earlier_sweep_found_is_asked_first() -> None:
    found = scoped(Asked(level=Level.PROBE, known=("192.168.50.99", "8.8.8.8", "10.1.1.1")))

    assert ["192.168.50.1", "192.168.50.99"] == targets(found, "frames")[:2]


def test_a_collector_has_the_time_that_its_rate_needs() -> None:
    slow = scoped(Asked(level=Level.PROBE, rate=5))
    fast = scoped(Asked(level=Level.PROBE, rate=2000))
    cut = scoped(Asked(level=Level.PROBE, rate=5, most=60.0))

    def seconds(found: Scope) -> float:
        return next(task.seconds for task in found.tasks if task.name == "frames")

    assert 253 * 2 / 5 < seconds(slow) < 300
    assert seconds(fast) < 30
    assert 60.0 == seconds(cut)


def test_what_will_be_sent_is_said_and_nothing_where_nothing_is() -> None:
    asked = Asked(level=Level.PROBE, rate=2000)
    told = announced(scoped(asked), asked)

    assert told[0].startswith("sending on enp3s0, at most 2000 packets a second")
    assert "  frames: something" in told
    assert any("walking 192.168.50.0/24: 256 addresses" in line for line in told)
    assert () == announced(scoped(), Asked())


def test_resolvers_are_the_lans_own_or_the_router_behind_a_stub() -> None:
    assert ("192.168.50.2",) == scoped(held=HELD._replace(resolvers=("192.168.50.2",))).resolvers
    assert ("192.168.50.1",) == scoped(held=HELD._replace(resolvers=("127.0.0.53",))).resolvers


def test_a_gateway_behind_an_engine_is_nobody_of_the_lan() -> None:
    held = HELD._replace(routes=(Route("default", via="172.17.0.9", dev="docker0"),), neighbours=())

    assert () == scoped(Asked(level=Level.ASK), held).reached.known
