"""Writes down what changed of the node's state, beside everything else: a disk may hang."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dpf_edge.node import backoff
from dpf_edge.node.core import Loop
from dpf_edge.node.trust import Mode

if TYPE_CHECKING:
    from dpf_edge.node.core import Core


async def run(core: Core) -> None:
    """Keep the state file true, for ever."""
    failures = 0
    while True:
        if core.standing.mode is Mode.REVOKED and core.state is not None:
            why = core.standing.says or "the Authority says that it is revoked"
            await core.end(why)
        failures = 0 if await kept(core) else failures + 1
        wait = None
        if failures:
            wait = backoff.after_failures(failures, core.chance(), core.timing.retries)
        await core.pause(Loop.KEEPING, wait)


async def kept(core: Core) -> bool:
    """Write down what is not; whether that succeeded."""
    while core.state is not None and (core.state != core.on_disk or core.rotated is not None):
        token, before = core.rotated, core.state
        if token is None:
            if not await core.write(before):
                return False
            continue
        # The new token is in the file before it is used: at its first use the former one ends.
        if not await core.write(core.replaced(node_token=token)):
            return False
        core.former, core.rotated = before.node_token, None
        if core.state is before:
            core.state = core.on_disk
        elif core.state is not None:
            core.state = core.replaced(node_token=token)
        core.log.tell("token-rotation", "the Authority handed out a new token, which is used now")
    return True
