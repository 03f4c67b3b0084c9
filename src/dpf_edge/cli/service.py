"""``dpf-edge service``: the node as Windows' service manager starts it; nobody types this."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from dpf_edge.cli.run import the_file

if TYPE_CHECKING:
    from collections.abc import Callable


@click.command("service", short_help="The node, started by Windows' service manager.")
@the_file
def command(config: str | None) -> int:
    """Be the Windows Service that `dpf-edge install` makes; only the service manager starts it.

    Its settings are those of the settings file. What it does is in its log and, starts, stops and
    failures, in the event log.
    """
    from dpf_edge.deploy.windows_service import NAME
    from dpf_edge.errors import UnsupportedSystem
    from dpf_edge.host import windows_service

    if sys.platform == "win32":
        windows_service.be_service(NAME, lambda on_stop: work(config, on_stop))
        return 0
    raise UnsupportedSystem(
        f"{sys.platform}: only Windows has such services", "by hand it is `dpf-edge run`"
    )


def work(config: str | None, on_stop: Callable[[Callable[[], None]], None]) -> None:
    """Be the node until told to stop.

    :param config: the settings file.
    :param on_stop: takes what is to be called then, from whatever thread.
    """
    import asyncio

    from dpf_edge.cli.run import log_of, place, settings_of
    from dpf_edge.node import agent

    read = settings_of(config, {})
    settings = read.usable()
    log = log_of(settings)
    for each in read.warnings:
        log.warning("settings", each)

    async def until_told() -> None:
        stop, loop = asyncio.Event(), asyncio.get_running_loop()

        def tell_to_stop() -> None:
            loop.call_soon_threadsafe(stop.set)

        on_stop(tell_to_stop)
        await agent.serve(settings, place(), log, stop)

    asyncio.run(until_told())
