"""Whether a node is well, as somebody else can tell: its file, its socket, its end."""

from __future__ import annotations

import asyncio
import stat
import threading
import time
from typing import TYPE_CHECKING

import msgspec
import pytest

from dpf_edge.host.clock import SystemClock
from dpf_edge.node import delivery, status
from dpf_edge.node.core import Loop
from dpf_edge.node.status import Health, Status, Turn
from tests.node.running import BLIND, FAST, SEES, machine, running, settings
from tests.node.scripted import BEAT, RUNS, Answer, Scripted, page
from tests.node.servers import Server, until

if TYPE_CHECKING:
    from pathlib import Path

    from dpf_edge.host.seam import Host
    from dpf_edge.node.core import Core


@pytest.fixture
def well(authority: Scripted, server: Server, tmp_path: Path) -> Status:
    """The status of a node that is well, at the pace of the real thing."""
    with running(settings(server.url, tmp_path, token=authority.issue())) as node:
        until(lambda: len(authority.run_keys()) >= 2 and len(authority.node.beats) >= 2)
        until(lambda: (told := node.status()) is not None and told.outbox.runs == 0)
        told = node.status()
        path = tmp_path / "state" / "status.json"
        assert 0o600 == stat.S_IMODE(path.stat().st_mode)
        assert status.decode(path.read_bytes()) is not None
    assert told is not None
    return change(told, every=15.0, heartbeat_seconds=60.0, sweep_seconds=300.0)


def change(told: Status, **fields: object) -> Status:
    return msgspec.structs.replace(told, **fields)


def test_a_node_that_is_well_is_healthy(well: Status) -> None:
    assert (Health.HEALTHY, ()) == status.judge(well, 0.0)


def test_a_status_that_is_old_is_a_nodes_that_hangs(well: Status) -> None:
    """W40: a published health check says that all is well, whatever is."""
    assert Health.DOWN is status.judge(well, 4 * well.every).health
    assert Health.HEALTHY is status.judge(well, 2 * well.every).health


@pytest.mark.parametrize("loop", Loop)
def test_one_task_that_is_stuck_is_a_node_that_hangs(well: Status, loop: Loop) -> None:
    """W4: a published node whose heartbeat has ended is kept alive by its timers."""
    turns = {**well.turns, loop: Turn(due=-status.LATE_SECONDS - 1)}

    judged = status.judge(change(well, turns=turns), 0.0)

    assert Health.DOWN is judged.health
    assert loop.value in judged.reasons[0]


NEEDS = {
    "pending": {"mode": "pending"},
    "rejected": {"mode": "credential-rejected", "says": "why"},
    "nothing accepted": {"accepted": ()},
    "blind": {"lan_answer": "no", "lan_why": "why"},
}


@pytest.mark.parametrize("fields", NEEDS.values(), ids=NEEDS.keys())
def test_what_somebody_should_look_at_is_said(well: Status, fields: dict[str, object]) -> None:
    told = msgspec.convert({**msgspec.to_builtins(well), **rename(fields)}, Status)

    judged = status.judge(told, 0.0)

    assert Health.ATTENTION is judged.health
    assert 1 == len(judged.reasons)


def rename(fields: dict[str, object]) -> dict[str, object]:
    """Fields by their names in the file."""
    names = {field.name: field.encode_name for field in msgspec.structs.fields(Status)}
    return {names[name]: value for name, value in fields.items()}


TURNS = {
    "heartbeats unanswered": (Loop.HEARTBEAT, Turn(worked=1000.0, failures=5, says="away")),
    "heartbeats never answered": (Loop.HEARTBEAT, Turn(failures=5, says="away")),
    "sweeps failing": (Loop.SWEEP, Turn(worked=0.0, failures=1, says="hangs")),
    "sweeps missed": (Loop.SWEEP, Turn(worked=10_000.0)),
}


@pytest.mark.parametrize(("loop", "turn"), TURNS.values(), ids=TURNS.keys())
def test_what_does_not_work_any_more_is_said(well: Status, loop: Loop, turn: Turn) -> None:
    told = change(
        well,
        turns={**well.turns, loop: turn},
        running=1000.0,
    )

    assert Health.ATTENTION is status.judge(told, 0.0).health


def test_one_heartbeat_that_failed_is_nothing_to_look_at(well: Status) -> None:
    turns = {**well.turns, Loop.HEARTBEAT: Turn(worked=70.0, failures=1, says="away")}

    assert Health.HEALTHY is status.judge(change(well, turns=turns), 0.0).health


def test_runs_that_wait_and_an_outbox_in_memory_are_said(well: Status) -> None:
    waiting = msgspec.structs.replace(well.outbox, runs=7, is_on_disk=False)
    turns = {**well.turns, Loop.DELIVERY: Turn(failures=3, says="http-503")}

    judged = status.judge(change(well, outbox=waiting, turns=turns), 0.0)

    assert 2 == len(judged.reasons)
    assert "7 runs wait to be delivered: http-503" in judged.reasons


def test_a_status_tells_what_a_node_is_at(
    authority: Scripted, server: Server, tmp_path: Path
) -> None:
    authority.always[RUNS] = page(503)
    authority.always[BEAT] = page(502)
    with running(settings(server.url, tmp_path, token=authority.issue()), host=BLIND) as node:
        until(
            lambda: (
                (told := node.status()) is not None
                and told.outbox.runs >= 2
                and told.turns[Loop.HEARTBEAT].failures >= 2
            )
        )
        told = node.status()

    assert told is not None
    assert ("trusted", "docker-desktop-host", "no") == (
        told.mode,
        told.vantage,
        told.lan_answer,
    )
    assert "http-502" == told.turns[Loop.HEARTBEAT].says
    assert told.outbox.oldest is not None
    assert Health.ATTENTION is status.judge(told, 0.0).health


def test_the_file_has_what_the_socket_cannot(
    authority: Scripted, server: Server, tmp_path: Path
) -> None:
    """A socket's path has 108 bytes: below a deep folder there is none."""
    deep = tmp_path / ("d" * 60) / ("e" * 60)
    deep.mkdir(parents=True)
    with running(settings(server.url, deep, token=authority.issue())):
        until(lambda: authority.run_keys())
        until(lambda: (deep / "state" / "status.json").exists())
        heard = status.heard(str(deep / "state"), SystemClock())

        assert not (deep / "state" / "node.sock").exists()
        assert heard is not None
        assert heard[1] < 10


def test_a_loop_that_breaks_takes_the_whole_node_with_it(
    authority: Scripted, server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """W4: nothing lives on by half. A supervisor starts it anew."""

    async def breaks(core: Core) -> None:
        await asyncio.sleep(0.1)
        raise RuntimeError(f"of {core.name}")

    monkeypatch.setattr(delivery, "run", breaks)

    given = settings(server.url, tmp_path, token=authority.issue())
    with pytest.raises(ExceptionGroup) as told, running(given) as node:
        assert node.has_ended.wait(10)

    assert "RuntimeError" in repr(told.value.exceptions)
    assert {"stopped"} <= {line["event"] for line in node.lines}


def test_a_node_ends_in_its_time_though_everything_hangs(
    authority: Scripted, server: Server, tmp_path: Path
) -> None:
    """Ctrl-C ends it within two seconds: an answer that does not come, and a look that hangs."""
    release, looks = threading.Event(), []

    def host() -> Host:
        looks.append(1)
        if len(looks) > 1:
            release.wait(20)
        return machine(SEES)

    authority.always[BEAT] = Answer(wait=30.0)
    given = settings(server.url, tmp_path, token=authority.issue(), timeout_seconds=60.0)
    with running(given, host=host, timing=FAST._replace(sweep_deadline=30.0)) as node:
        until(lambda: authority.of(BEAT) and len(looks) > 1)
        began = time.monotonic()
        node.stop()
        assert node.has_ended.wait(10)
        took = time.monotonic() - began
    release.set()

    assert took < 2.0
