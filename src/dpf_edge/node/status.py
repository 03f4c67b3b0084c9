"""How a running node does: what it writes down of itself, and what that means, judged by rules.

A status is written down by the node every few seconds, and said at its local socket. Its times are
spans: how long ago, and by when. They are judged by somebody else, who knows how old the status is
and needs no clock that is right.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from dpf_edge.errors import PrivateFileError
from dpf_edge.host import local_socket, private_file
from dpf_edge.model import Answer
from dpf_edge.node.core import Loop
from dpf_edge.node.trust import Mode
from dpf_edge.wire import times

if TYPE_CHECKING:
    from dpf_edge.host.clock import Clock
    from dpf_edge.node.core import Core, Progress

FILE, SOCKET = "status.json", "node.sock"

# A node whose status is older than three rounds of writing does not write any more; a machine
# that is very busy may miss one.
SILENT_ROUNDS = 3
# How late a task may be before it counts as stuck: an exchange may take its whole timeout, and a
# sweep its deadline.
LATE_SECONDS = 300.0
# A node whose event loop turns answers at its socket in milliseconds.
ANSWER_SECONDS = 2.0
# Missed beats and sweeps before that is worth a word.
MISSED = 3


class Turn(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """How far one of the node's tasks is; spans in seconds.

    :ivar tried: since it last began something.
    :ivar worked: since that last succeeded.
    :ivar due: until it turns again; None while it waits for something to happen.
    """

    tried: float | None = None
    worked: float | None = None
    due: float | None = None
    failures: int = 0
    says: str = ""


class Waiting(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What waits in the outbox, and what was dropped ever, by its reason."""

    runs: int
    bytes: int
    oldest: float | None
    is_on_disk: bool
    dropped: dict[str, int]


class Status(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One node at one time."""

    written_at: str
    ticks: float
    boot: str
    pid: int
    name: str
    version: str
    authority: str
    level: str
    fingerprint: str
    running: float
    mode: Mode
    says: str
    node_id: str | None
    accepted: tuple[str, ...]
    may_sweep: bool
    vantage: str | None
    lan_answer: Answer | None
    lan_why: str | None
    last_sweep: dict[str, str]
    heartbeat_seconds: float
    sweep_seconds: float
    every: float
    clock_ahead: float | None
    turns: dict[Loop, Turn]
    outbox: Waiting
    status: int = 1


class Health(StrEnum):
    """How a node does, in one word; each has an exit code of ``dpf-edge status``."""

    HEALTHY = "healthy"
    ATTENTION = "needs-attention"
    DOWN = "down"


class Judged(NamedTuple):
    """How a node does, and why it does not do better."""

    health: Health
    reasons: tuple[str, ...]


def of(core: Core) -> Status:
    """The status of a node."""
    now = core.clock.ticks()
    diagnosis, standing = core.diagnosis, core.standing
    return Status(
        written_at=times.stamp(core.clock.wall()),
        ticks=now,
        boot=core.clock.boot(),
        pid=os.getpid(),
        name=core.name,
        version=core.agent.version,
        authority=core.settings.authority,
        level=core.settings.level.value,
        fingerprint=core.memory.fingerprint,
        running=round(now - core.started, 3),
        mode=standing.mode,
        says=standing.says,
        node_id=core.state.node_id if core.state else None,
        accepted=standing.accepted,
        may_sweep=standing.may_sweep,
        vantage=diagnosis.vantage.value if diagnosis else None,
        lan_answer=diagnosis.lan.answer if diagnosis else None,
        lan_why=diagnosis.lan.why if diagnosis else None,
        last_sweep={each.name: each.status.value for each in core.outcomes},
        heartbeat_seconds=core.beat_seconds(),
        sweep_seconds=core.sweep_seconds(),
        every=core.timing.status_every,
        clock_ahead=core.authority.ahead,
        turns={loop: turn(progress, now) for loop, progress in core.progress.items()},
        outbox=Waiting(
            runs=core.depth.runs,
            bytes=core.depth.bytes,
            oldest=core.depth.oldest_seconds,
            is_on_disk=core.depth.is_on_disk,
            dropped=core.dropped,
        ),
    )


def turn(progress: Progress, now: float) -> Turn:
    """How far a task is, in spans."""

    def since(then: float | None) -> float | None:
        return None if then is None else round(now - then, 3)

    return Turn(
        tried=since(progress.tried),
        worked=since(progress.worked),
        due=None if progress.due is None else round(progress.due - now, 3),
        failures=progress.failures,
        says=progress.says,
    )


async def run(core: Core) -> None:
    """Keep the status file and say it at the socket, for ever."""
    folder = core.settings.state_folder
    path, socket = os.path.join(folder, FILE), os.path.join(folder, SOCKET)  # noqa: PTH118
    async with local_socket.said_at(socket, lambda: encode(of(core))):
        while True:
            core.changed.clear()
            data = encode(of(core))
            with contextlib.suppress(PrivateFileError):  # a full disk: the socket has it still
                await core.in_thread(private_file.write, path, data, is_lasting=False)
            # What changes several times a second is written down once a second.
            await asyncio.sleep(core.timing.status_least)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(core.timing.status_every):
                    await core.changed.wait()


def heard(folder: str, clock: Clock) -> tuple[Status, float] | None:
    """The status of the node that keeps its state in a folder, and how old that is.

    From its socket it is fresh; from its file it is as old as it is. None where there is neither,
    and where the node was killed: its file may be young still.
    """
    path, socket = os.path.join(folder, FILE), os.path.join(folder, SOCKET)  # noqa: PTH118
    try:
        fresh = local_socket.heard_at(socket, ANSWER_SECONDS)
    except ConnectionRefusedError:
        return None
    found = decode(fresh) if fresh is not None else None
    if found is not None:
        return found, 0.0
    shown = private_file.read_given(path)
    written = decode(shown.data) if shown is not None else None
    return None if written is None else (written, age(written, clock))


def encode(status: Status) -> bytes:
    """A status as indented JSON, ended by a newline."""
    return msgspec.json.format(msgspec.json.encode(status), indent=2) + b"\n"


def decode(data: bytes) -> Status | None:
    """A status that was written down; None where it is none."""
    try:
        return msgspec.json.decode(data, type=Status)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None


def age(status: Status, clock: Clock) -> float:
    """How old a status that was written down is, in seconds."""
    if status.boot == clock.boot():
        return max(0.0, clock.ticks() - status.ticks)
    # Written before this boot, or where ticks cannot be compared: the wall clock has to do.
    try:
        return max(0.0, clock.wall() - times.seconds(status.written_at))
    except ValueError:
        return float("inf")


def judge(status: Status, age: float) -> Judged:
    """How a node does.

    :param age: how old the status is, in seconds.
    """
    if age > SILENT_ROUNDS * status.every:
        return Judged(Health.DOWN, (f"the node wrote its status last {age:.0f} s ago",))
    stuck = [
        f"the {loop.value} is {age - each.due:.0f} s late"
        for loop, each in status.turns.items()
        if each.due is not None and age - each.due > LATE_SECONDS
    ]
    if stuck:
        return Judged(Health.DOWN, tuple(stuck))
    reasons = (
        *standing_reasons(status),
        *beat_reasons(status, age),
        *sweep_reasons(status, age),
        *outbox_reasons(status),
    )
    return Judged(Health.ATTENTION if reasons else Health.HEALTHY, reasons)


def standing_reasons(status: Status) -> list[str]:
    """What is not as it should be between the node and its Authority."""
    if status.mode is not Mode.TRUSTED:
        says = f": {status.says}" if status.says else ""
        return [f"the node is {status.mode.value}{says}"]
    if not status.accepted:
        return ["the Authority trusts the node and accepts nothing of it: enable discovery.network"]
    return []


def beat_reasons(status: Status, age: float) -> list[str]:
    """Heartbeats that were not answered."""
    beat = status.turns.get(Loop.HEARTBEAT, Turn())
    if status.node_id is None or not beat.failures:
        return []
    since = beat.worked if beat.worked is not None else status.running
    if since + age <= MISSED * status.heartbeat_seconds:
        return []
    return [f"no heartbeat was answered for {since + age:.0f} s: {beat.says}"]


def sweep_reasons(status: Status, age: float) -> list[str]:
    """Sweeps that were not taken, or see nothing."""
    found = []
    if status.lan_answer is Answer.NO:
        found.append(f"the node does not see the LAN: {status.lan_why}")
    sweep = status.turns.get(Loop.SWEEP, Turn())
    if sweep.failures:
        found.append(f"the last sweep failed: {sweep.says}")
        return found
    since = sweep.worked + age if status.may_sweep and sweep.worked is not None else 0.0
    if since > MISSED * status.sweep_seconds:
        found.append(f"no sweep was taken for {since:.0f} s")
    return found


def outbox_reasons(status: Status) -> list[str]:
    """Runs that are not where they should be."""
    found = []
    if not status.outbox.is_on_disk:
        found.append("the outbox cannot be written: runs are only in memory")
    delivery = status.turns.get(Loop.DELIVERY, Turn())
    if status.outbox.runs and delivery.failures >= MISSED:
        found.append(f"{status.outbox.runs} runs wait to be delivered: {delivery.says}")
    return found
