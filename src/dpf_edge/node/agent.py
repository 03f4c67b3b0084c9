"""One node, put together and run: it ends when it is told to, or whole, never by half.

Each loop is a task of one group. None of them ends by itself; where one breaks, all end, and the
process with them, so that a supervisor starts it anew: a node whose heart beats and whose hands are
gone would pass for healthy.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from typing import TYPE_CHECKING

from dpf_edge.discovery.items import Own
from dpf_edge.errors import SettingsInvalid
from dpf_edge.host import private_file
from dpf_edge.host.background import DaemonThreads
from dpf_edge.host.http import Http
from dpf_edge.host.tls import Trust
from dpf_edge.node import (
    delivery,
    enrolment,
    heartbeat,
    identity,
    interface_metrics,
    keeping,
    memory,
    rounds,
    state,
    status,
    trust,
)
from dpf_edge.node.client import Authority
from dpf_edge.node.core import Core
from dpf_edge.node.looking import Looker, LookFailed, Sight, look
from dpf_edge.node.runs import Agent
from dpf_edge.node.timing import Timing
from dpf_edge.node.trust import Mode, Standing
from dpf_edge.store.outbox import Outbox

if TYPE_CHECKING:
    from dpf_edge.host.clock import Clock
    from dpf_edge.node.logs import Log
    from dpf_edge.node.machine import Place
    from dpf_edge.node.memory import Memory
    from dpf_edge.node.settings import NodeSettings
    from dpf_edge.node.state import State

LOCK, OUTBOX = "node.lock", "outbox.sqlite3"
# Runs are given up so long before an Authority would refuse them: on the way there they age.
MARGIN_SECONDS = 600.0


async def serve(
    settings: NodeSettings,
    place: Place,
    log: Log,
    stop: asyncio.Event,
    timing: Timing = Timing(),  # noqa: B008 -- an immutable value
) -> None:
    """Be a node until told to stop.

    :raises PrivateFileError: the state folder cannot be used, or another node uses it.
    :raises StateCorrupt: the state file is none.
    :raises SettingsInvalid: a file of certificates cannot be used.
    """
    asyncio.get_running_loop().set_default_executor(DaemonThreads())
    folder = settings.state_folder
    private_file.prepare(folder)
    with private_file.alone(os.path.join(folder, LOCK)):  # noqa: PTH118
        private_file.sweep_drafts(folder)
        core = await assembled(settings, place, log, timing)
        log.tell(
            "started",
            f"{core.name} is {core.standing.mode.value}; its Authority is {settings.authority}",
            version=core.agent.version,
            mode=core.standing.mode.value,
            authority=settings.authority,
            state=folder,
        )
        try:
            await together(core, stop)
        finally:
            await farewell(core)


async def together(core: Core, stop: asyncio.Event) -> None:
    """Run every loop until told to stop, or until one of them breaks."""
    loops = (heartbeat, enrolment, rounds, delivery, interface_metrics, keeping, status)
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(loop.run(core), name=loop.__name__) for loop in loops]
        await stop.wait()
        for task in tasks:
            task.cancel()


async def farewell(core: Core) -> None:
    """Close what is open, within a second: what hangs is left to the kernel.

    Nothing is lost by that. What was taken is on disk, and what was on its way is sent again.
    """
    folder = core.settings.state_folder
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(core.timing.farewell):
            await core.authority.aclose()
            await core.in_thread(core.outbox.close)
            await core.in_thread(private_file.remove, os.path.join(folder, status.FILE))  # noqa: PTH118
    core.log.tell("stopped", "the node has stopped")


async def assembled(settings: NodeSettings, place: Place, log: Log, timing: Timing) -> Core:
    """A node, as its folder has it."""
    folder = settings.state_folder
    own_state = state.load(folder)
    remembered = memory.load(folder, lambda text: log.warning("memory", text))

    def read(own: Own) -> Sight:
        return look(place.host(), own)

    fingerprint = remembered.fingerprint or place.fingerprint or memory.drawn_fingerprint()
    looker = Looker(
        read, Own(remembered.host_key, settings.platform, fingerprint), timing.sweep_deadline
    )
    sight = await first_look(looker, log)
    hostname = sight.machine.hostname if sight else None
    name = identity.display_name(settings.name, hostname)
    key = remembered.host_key or identity.host_key(settings.platform, hostname, name)
    looker.own = Own(key, settings.platform, fingerprint)
    core = Core(
        settings=settings,
        timing=timing,
        place=place,
        clock=place.clock,
        chance=place.chance,
        log=log,
        authority=Authority(way(settings), place.clock),
        outbox=outbox(settings, place.clock, log),
        looker=looker,
        name=name,
        agent=Agent(identity.install_mode(settings.install_mode, sight), settings.version),
        state=own_state,
        on_disk=own_state,
        memory=remembered,
        standing=standing(own_state, remembered),
        sight=sight,
        started=place.clock.ticks(),
    )
    if (key, fingerprint) != (remembered.host_key, remembered.fingerprint):
        await core.remember(remembered.called(key, fingerprint))
    return core


async def first_look(looker: Looker, log: Log) -> Sight | None:
    """The look that tells what the node is called and in what form it runs; None where it fails."""
    try:
        return await looker.look()
    except LookFailed as error:
        log.fail("look", f"this machine cannot be read: {error}")
        return None


def standing(own: State | None, remembered: Memory) -> Standing:
    """How a node stands when it starts, as far as it knows."""
    if own is not None:
        return trust.of_state(own.trust_state, own.accepted_capabilities)
    if remembered.is_revoked:
        says = f"{remembered.former[-1].node_id} was revoked" if remembered.former else "revoked"
        return Standing(Mode.REVOKED, says=says)
    return Standing(Mode.ENROLLING)


def way(settings: NodeSettings) -> Http:
    """The way to the Authority.

    :raises SettingsInvalid: a file of certificates cannot be used.
    """
    trusted = Trust(settings.ca_file, settings.extra_ca_file, settings.fingerprint)
    try:
        return Http(
            settings.authority,
            trust=trusted,
            seconds=settings.timeout_seconds,
            proxy=settings.proxy.reveal() if settings.proxy else None,
            agent=f"dpf-edge/{settings.version}",
        )
    except OSError as error:
        path = settings.ca_file or settings.extra_ca_file
        raise SettingsInvalid(f"{path}: holds no certificate that can be used: {error}") from error


def outbox(settings: NodeSettings, clock: Clock, log: Log) -> Outbox:
    """The node's outbox."""
    return Outbox(
        os.path.join(settings.state_folder, OUTBOX),  # noqa: PTH118
        clock=clock,
        most_bytes=settings.outbox_bytes,
        oldest_seconds=max(settings.outbox_seconds - MARGIN_SECONDS, settings.outbox_seconds / 2),
        say=lambda text: log.fail("outbox", text),
    )
