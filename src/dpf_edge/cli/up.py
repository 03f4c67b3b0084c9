"""``dpf-edge up``: an Authority and this machine's node in one process, to look at what they do."""

from __future__ import annotations

import asyncio
import contextlib
import sys
import time
from typing import TYPE_CHECKING, NamedTuple

import click

from dpf_edge.cli.authority import LISTEN

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from dpf_edge.authority.self_diagnosis import Here
    from dpf_edge.authority.serve import Listening
    from dpf_edge.host.listening import Socket
    from dpf_edge.model import Diagnosis
    from dpf_edge.node.settings import NodeSettings
    from dpf_edge.store.kept import Store

NAME = "dpf-edge"
# Below the folder: the Authority's store and key, and the node's state and log beside it.
NODE_FOLDER, LOG_FOLDER = "node", "log"
# The node is given its token at once; what is not used within a minute is none of ours.
TOKEN_MINUTES = 1


@click.command("up", short_help="Start here: an Authority and this machine's node, in one process.")
@click.option(
    "--listen",
    metavar="HOST:PORT",
    help=f"{LISTEN} unless said, or any free port where that is taken. Loopback only.",
)
@click.option("--state-dir", "folder", metavar="DIR", help="Where both keep what they have.")
def command(listen: str | None, folder: str | None) -> int:
    """Diagnose this machine, and run an Authority and a node on it until Ctrl-C.

    The node is enrolled and trusted by itself, sends nothing on the LAN (level `listen`), and
    delivers what this machine's own tables show. The page is on this machine alone; the link that
    is printed signs you in.
    """
    from dpf_edge.cli import render
    from dpf_edge.cli.authority_store import opened, say

    here = this_machine(folder := folder or own_folder())
    render.diagnosis(here.last.diagnosis)
    # Into a pipe too it comes before what the two say; they go on for as long as anybody likes.
    sys.stdout.flush()
    sockets = bound(listen)
    with contextlib.ExitStack() as undone:
        for each in sockets:
            undone.callback(each.close)
        store = undone.enter_context(opened(None, folder, sealed=True))
        say("")
        outside = f"`dpf-edge nodes list --state-dir {folder}`"
        say(f"Kept in {folder}; {outside} looks at it from outside.")
        asyncio.run(both(Up(store, sockets, folder, here)))
    return 0


class Up(NamedTuple):
    """What both stand on."""

    store: Store
    sockets: tuple[Socket, ...]
    folder: str
    here: Here | None = None


def this_machine(folder: str) -> Here:
    """This machine, diagnosed; the page may ask for it again.

    :param folder: where the node keeps who it is, once it has enrolled.
    :raises DpfEdgeError: it cannot be diagnosed.
    """
    from dpf_edge.authority.self_diagnosis import Here, Taken
    from dpf_edge.host.live import live
    from dpf_edge.vantage.diagnose import diagnose

    def look() -> Diagnosis:
        return diagnose(live())

    began, at = time.monotonic(), time.time()
    found = look()
    taken = Taken(found, at, time.monotonic() - began)
    return Here(look, taken, node_id=lambda: own_node(folder))


def own_node(folder: str) -> str | None:
    """The id of this machine's node; None where it has not enrolled yet, or cannot be read."""
    import os

    from dpf_edge.errors import DpfEdgeError
    from dpf_edge.node import state

    try:
        known = state.load(os.path.join(folder, NODE_FOLDER))  # noqa: PTH118
    except DpfEdgeError:
        return None
    return None if known is None else known.node_id


def own_folder() -> str:
    """This user's folder for both, apart from those of a node or an Authority that is installed."""
    import os

    import platformdirs

    return os.path.join(platformdirs.user_state_dir(NAME, appauthor=False), "up")  # noqa: PTH118


def bound(listen: str | None) -> tuple[Socket, ...]:
    """Listening sockets on loopback.

    :raises click.UsageError: another place was asked for.
    :raises ListenError: it cannot be listened there.
    """
    from dpf_edge.authority import address
    from dpf_edge.errors import ListenTaken
    from dpf_edge.host import listening

    try:
        at = address.parse(listen or LISTEN)
    except ValueError as error:
        raise click.UsageError(f"--listen: {error}") from None
    if not address.is_loopback(at.host):
        raise click.UsageError(
            "--listen: `up` is for this machine alone; for a network there is `dpf-edge authority`"
        )
    try:
        return listening.bind(at.host, at.port)
    except ListenTaken:
        if listen is not None:
            raise
        return listening.bind(at.host, 0)


async def both(up: Up) -> None:
    """Run both until a signal, and end within two seconds of it.

    :raises DpfEdgeError: one of them cannot run; the other is ended too.
    """
    from dpf_edge.authority import running
    from dpf_edge.authority.hosts import allowed
    from dpf_edge.authority.serve import Listening
    from dpf_edge.authority.settings import Settings
    from dpf_edge.cli.authority_server import logging_to_stderr
    from dpf_edge.cli.signals import ended_by_signals
    from dpf_edge.host.listening import room

    stop, listens = asyncio.Event(), asyncio.Event()
    url = Listening.of(up.sockets, is_tls=False).url
    settings = Settings(hosts=allowed(up.sockets[0].getsockname()[0], ()), url=url)

    def ready(listening: Listening) -> None:
        del listening
        listens.set()

    with logging_to_stderr(), ended_by_signals(stop):
        serving = running.run(
            up.store,
            settings,
            time.time,
            up.sockets,
            stop=stop,
            ready=ready,
            room=room(),
            here=up.here,
        )
        await ended_together(stop, serving, node(up, url, listens, stop))


async def ended_together(stop: asyncio.Event, *works: Coroutine[object, object, None]) -> None:
    """Run works side by side; where one ends, all are told to.

    :raises DpfEdgeError: the first that one of them failed with.
    """
    tasks = [asyncio.create_task(each) for each in works]
    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    stop.set()
    done = await asyncio.gather(*tasks, return_exceptions=True)
    for each in done:
        if isinstance(each, BaseException):
            raise innermost(each)


def innermost(error: BaseException) -> BaseException:
    """What broke, out of the groups that it was put into on its way."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


async def node(up: Up, url: str, listens: asyncio.Event, stop: asyncio.Event) -> None:
    """This machine's node, once there is an Authority to talk to."""
    from dpf_edge.authority import login
    from dpf_edge.cli.authority_store import say
    from dpf_edge.cli.run import log_of, place
    from dpf_edge.node import agent

    await listens.wait()
    settings = await asyncio.to_thread(node_settings, up, url)
    link = up.store.people.link("operator", ttl_seconds=login.LINK_SECONDS)
    say(f"Open {url}/sign-in?link={link.reveal()}")
    say("Ctrl-C ends it.")
    say("")
    await agent.serve(settings, place(), log_of(settings), stop)


def node_settings(up: Up, url: str) -> NodeSettings:
    """The settings of this machine's node; with a token where the store does not know it.

    Neither the environment nor the machine's settings file is asked: what is set there is for a
    node that reports elsewhere.

    :raises DpfEdgeError: its state cannot be read, or the store not be asked.
    """
    import os

    import msgspec

    from dpf_edge.config import node as config

    folder = os.path.join(up.folder, NODE_FOLDER)  # noqa: PTH118
    flags = {
        "authority-url": url,
        "state-dir": folder,
        "log-dir": os.path.join(folder, LOG_FOLDER),  # noqa: PTH118
        "level": "listen",
    }
    settings = config.read(flags, {}, is_installed=False).usable()
    if is_known(up.store, folder):
        return settings
    issued = up.store.tokens.issue(ttl_minutes=TOKEN_MINUTES, auto_approve=True, by="up")
    return msgspec.structs.replace(settings, bootstrap_token=issued.token)


def is_known(store: Store, folder: str) -> bool:
    """Whether the node of a folder is one of the store's.

    The credential for a store that has gone since is forgotten: nobody takes it any more. What the
    node has still to deliver stays.
    """
    from dpf_edge.host import private_file
    from dpf_edge.node import state
    from dpf_edge.wire import tokens

    private_file.prepare(folder)
    own = state.load(folder)
    if own is None:
        return False
    if store.nodes.by_digest(tokens.digest(own.node_token.reveal())) is not None:
        return True
    state.forget(folder)
    return False
