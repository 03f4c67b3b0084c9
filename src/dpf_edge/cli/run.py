"""``dpf-edge run``: the node. It enrols, beats, sweeps and delivers until it is told to stop."""

from __future__ import annotations

import contextlib
import sys
from typing import TYPE_CHECKING, Any, TypeVar

import click

from dpf_edge.config.table import FILE_VARIABLE, SETTINGS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from dpf_edge.config.node import Read
    from dpf_edge.node.logs import Log
    from dpf_edge.node.machine import Place
    from dpf_edge.node.settings import NodeSettings

# How often it is looked whether the node says yet how it does.
LOOK_SECONDS = 0.2

F = TypeVar("F", bound="Callable[..., object]")

the_file = click.option("--config", metavar="FILE", help=f"Settings as TOML; also {FILE_VARIABLE}.")


def node_options(function: F) -> F:
    """Every setting that has a flag, as an option; and the file for the rest of them."""
    for setting in reversed([each for each in SETTINGS if each.flag]):
        says = f"{setting.says.replace('`', '')} Also {setting.variable}."
        if setting.switch:
            option = click.option(f"--{setting.key}", is_flag=True, default=None, help=says)
        else:
            option = click.option(f"--{setting.key}", metavar="…", help=says)
        function = option(function)
    return the_file(function)


@click.command("run", short_help="Run the node: enrol, beat, sweep and deliver.")
@node_options
@click.option("--preflight", is_flag=True, help="Only say whether it would work; see `preflight`.")
def command(*, config: str | None, preflight: bool, **flags: str | bool | None) -> int:
    """Run the node: enrol with a bootstrap token, beat, sweep, deliver; until Ctrl-C or SIGTERM.

    Settings are flags, DPF_* variables or a TOML file, in this order; docs/reference/settings.md
    has all of them. What it does is said on stderr, and in its log (`dpf-edge logs`).

    \b
      DPF_BOOTSTRAP_TOKEN=… dpf-edge run --authority-url https://authority.example:8470
      dpf-edge status      how does it do?
    """
    read = settings_of(config, flags)
    if preflight:
        from dpf_edge.cli.preflight import check

        return check(read, as_json=False)
    settings = read.usable()
    log = log_of(settings)
    for each in read.warnings:
        log.warning("settings", each)

    import asyncio

    asyncio.run(until_told(settings, place(), log))
    return 0


def settings_of(config: str | None, flags: Mapping[str, str | bool | None]) -> Read:
    """The settings, out of the flags and wherever else they may stand."""
    from dpf_edge.config import node

    given = {
        name.replace("_", "-"): "yes" if value is True else value
        for name, value in flags.items()
        if value  # a switch that was not given says nothing: the environment may have it
    }
    return node.read(given, node.taken_from_environment(), config)


def place() -> Place:
    """This machine."""
    from dpf_edge.host.clock import SystemClock, chance
    from dpf_edge.host.hardware import hardware, machine_fingerprint
    from dpf_edge.host.live import live
    from dpf_edge.host.live_net import LiveNet
    from dpf_edge.node.machine import Place

    live()  # where this system cannot be read, that is said before anything else is done
    return Place(live, LiveNet, SystemClock(), chance, hardware(), machine_fingerprint())


def log_of(settings: NodeSettings) -> Log:
    """The node's log: lines of JSON in its file, and words on stderr."""
    from dpf_edge.cli.plain import printable
    from dpf_edge.host.clock import SystemClock
    from dpf_edge.host.log_file import LogFile
    from dpf_edge.node import logs

    file = LogFile(logs.path_in(settings.log_folder), logs.FILE_BYTES, logs.FILES)

    def to_file(line: dict[str, Any]) -> None:
        was_writable = file.is_writable
        file.write(logs.as_json(line))
        if was_writable and not file.is_writable:
            say(f"{file.path}: cannot be written; the log is here alone")

    def say(text: str) -> None:
        with contextlib.suppress(OSError, ValueError):  # whoever listened may have gone
            sys.stderr.write(printable(text) + "\n")
            sys.stderr.flush()

    return logs.Log(SystemClock(), to_file, lambda line: say(logs.as_words(line)))


async def until_told(settings: NodeSettings, on: Place, log: Log) -> None:
    """Be a node until Ctrl-C or SIGTERM."""
    import asyncio

    from dpf_edge.cli.signals import ended_by_signals
    from dpf_edge.node import agent

    stop = asyncio.Event()
    watched = asyncio.create_task(watch(settings.state_folder))
    try:
        with ended_by_signals(stop):
            await agent.serve(settings, on, log, stop)
    except ExceptionGroup as group:
        # One loop broke, and took the others with it: what broke is what is reported.
        error = group.exceptions[0]
        log.fail("broken", f"{type(error).__name__}: {error}")
        raise error from None
    finally:
        watched.cancel()


async def watch(folder: str) -> None:
    """Tell a supervisor that the node is there, and then that it lives; nothing without one.

    A node lives as long as its own status does not judge it to be down: what hangs says no more,
    and is started anew.
    """
    import asyncio

    from dpf_edge.errors import PrivateFileError
    from dpf_edge.host import notifying
    from dpf_edge.host.clock import SystemClock
    from dpf_edge.node import status

    if not notifying.is_supervised():
        return

    async def lives() -> bool:
        try:
            heard = await asyncio.to_thread(status.heard, folder, SystemClock())
        except PrivateFileError:  # its file is unreadable, and its socket is silent
            return False
        return heard is not None and status.judge(*heard).health is not status.Health.DOWN

    try:
        while not await lives():
            await asyncio.sleep(LOOK_SECONDS)
        notifying.notify(notifying.READY)
        every = notifying.watchdog_seconds()
        if every is None:
            # Nobody wants signs of life: all that is left to say is that it stops, once it does.
            await asyncio.Event().wait()
        while every is not None:
            if await lives():
                notifying.notify(notifying.ALIVE)
            # Three within the time that is given, so that one may be late.
            await asyncio.sleep(every / 3)
    finally:
        notifying.notify(notifying.STOPPING)
