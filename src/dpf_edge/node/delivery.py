"""Hands over what waits in the outbox, oldest first, one run at a time.

A run leaves the outbox when the Authority said that it has this very run, or refused it for good.
Whatever else is answered, it stays; so a run may be sent twice, which its run key makes harmless.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dpf_edge.node import happenings, runs, trust
from dpf_edge.node.client import SKEW_SECONDS
from dpf_edge.node.core import Loop
from dpf_edge.node.replies import Act
from dpf_edge.store.outbox import Part

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from dpf_edge.node.core import Core
    from dpf_edge.node.replies import Reply
    from dpf_edge.store.outbox import Entry

# So often in a row may nobody answer before deliveries leave it to the heartbeat to find out when
# somebody does again.
AWAY_FAILURES = 3
# So often may the Authority fail to store a run before those behind it are let by.
POISON_FAILURES = 3
# What an Authority answers that does not take events, or not now; runs go on without them.
LET_BY = frozenset({Act.ABSENT, Act.HOLD, Act.WAIT, Act.RETRY, Act.MISCONFIGURED})
# Of more runs than this nobody needs to know how often each of them failed.
MOST_FAILING = 1000


async def run(core: Core) -> None:
    """Deliver for ever, while the node is trusted."""
    await core.measure()
    deliveries = Deliveries(core)
    while True:
        if not core.standing.may_deliver or core.state is None:
            await core.pause(Loop.DELIVERY, None)
            continue
        await deliveries.deliver()


class Deliveries:
    """One node's deliveries."""

    def __init__(self, core: Core) -> None:
        self._core = core
        # By how much the Authority's clock differs, once it refused a run for its time.
        self._shift = 0.0
        self._failures: dict[str, int] = {}
        self._has_told_of_events = False
        self._handlers: dict[Act, Callable[[Entry, Reply], Awaitable[None]]] = {
            Act.DONE: self._done,
            Act.SPLIT: self._split,
            Act.SHRINK: self._shrink,
            Act.STALE: self._stale,
            Act.DROP: self._drop,
            Act.RETRY: self._retry,
            Act.HOLD: self._hold,
            Act.REJECTED: self._hold,
            Act.REVOKED: self._hold,
        }

    async def deliver(self) -> None:
        """Hand over the run that is first, and wait as long as the next one has to."""
        core = self._core
        entry = await core.in_thread(core.outbox.next)
        own = core.state
        if entry is None or own is None:
            await core.measure()
            await core.pause(Loop.DELIVERY, core.timing.outbox_look)
            return
        core.begun(Loop.DELIVERY)
        if entry.kind == happenings.KIND:
            octets, says = happenings.dated(entry.body, core.clock.wall() + self._shift), ""
            reply = await core.authority.happened(own.node_token, entry.run_key, octets)
        else:
            octets, says = self._timed(entry)
            reply = await core.authority.submit(own.node_token, entry.run_key, octets)
        if core.state is None or core.state.node_id != own.node_id:
            return  # it is another node by now, and sends it as that one
        if says and reply.act is Act.DONE:
            core.log.warning("clock", says, run=entry.run_key)
        is_let_by = entry.kind == happenings.KIND and reply.status is not None
        if is_let_by and reply.act in LET_BY:
            await self._let_by(entry, reply)
            return
        await self._handlers.get(reply.act, self._wait)(entry, reply)

    def _timed(self, entry: Entry) -> tuple[bytes, str]:
        """A run's body, its time right by the Authority's clock, and what is to be said of that."""
        # To the second: the parts of one sweep keep one time.
        shift = round(entry.shift + self._shift)
        if abs(shift) <= SKEW_SECONDS:
            return entry.body, ""
        why = (
            f"clock: observedAt was moved by {shift} s: this machine's clock was set since, or "
            "differs from the Authority's"
        )
        moved = runs.moved(entry.body, shift, why)
        return (entry.body, "") if moved is None else (moved, why)

    async def _done(self, entry: Entry, reply: Reply) -> None:
        core = self._core
        await core.in_thread(core.outbox.done, entry.run_key)
        self._failures.pop(entry.run_key, None)
        core.worked(Loop.DELIVERY)
        core.log.tell("delivered", "a run has arrived", run=entry.run_key, status=reply.status)
        await core.measure()

    async def _drop(self, entry: Entry, reply: Reply) -> None:
        """Refused for good: put it aside, with the reason."""
        core = self._core
        detail = f"{reply.status}: {reply.says}"
        await core.in_thread(core.outbox.drop, entry.run_key, reply.reason, detail)
        self._failures.pop(entry.run_key, None)
        core.failed(Loop.DELIVERY, reply.told)
        core.log.fail(
            "dropped",
            f"the Authority refused a run for good: {reply.told}",
            run=entry.run_key,
            status=reply.status,
            reason=reply.reason,
        )
        await core.measure()

    async def _split(self, entry: Entry, reply: Reply) -> None:
        """Too large: in two, and again if need be."""
        parts = runs.halved(entry.run_key, entry.body)
        if parts is None:
            await self._drop(entry, reply)
        else:
            await self._replace(entry, parts, f"in {len(parts)} parts")

    async def _shrink(self, entry: Entry, reply: Reply) -> None:
        """One item too large: with less of it."""
        octets = runs.shrunk(entry.body, reply.item_index)
        if octets is None:
            await self._split(entry, reply)
        else:
            part = Part(entry.run_key, octets)
            await self._replace(entry, [part], "with less of one item")

    async def _replace(self, entry: Entry, parts: list[Part], how: str) -> None:
        core = self._core
        await core.in_thread(core.outbox.replace, entry.run_key, parts)
        core.log.warning(
            "too-large",
            f"the Authority takes no run of this size: it goes {how}",
            run=entry.run_key,
        )

    async def _stale(self, entry: Entry, reply: Reply) -> None:
        """Too old or too new for the Authority: is it the run, or is it a clock?"""
        core = self._core
        ahead = core.authority.ahead or 0.0
        if abs(ahead - self._shift) <= SKEW_SECONDS:
            await self._drop(entry, reply)
            return
        core.log.warning(
            "clock",
            f"this machine's clock and the Authority's differ by {round(abs(ahead))} s: runs are "
            "sent by the Authority's; set the one that is wrong",
            ahead=round(ahead),
        )
        self._shift = ahead

    async def _retry(self, entry: Entry, reply: Reply) -> None:
        """It may work later: nobody answers, or the Authority cannot store it."""
        core = self._core
        failures = self._failed(entry, reply)
        is_there = reply.status is not None or core.progress[Loop.HEARTBEAT].failures == 0
        if is_there:
            # Perhaps it is this very run: a body that a proxy cuts, a row that will not be stored.
            if len(self._failures) > MOST_FAILING:
                self._failures.clear()
            own = self._failures[entry.run_key] = self._failures.get(entry.run_key, 0) + 1
            if own >= POISON_FAILURES:
                await core.in_thread(core.outbox.defer, entry.run_key, core.timing.poison_retry)
        if reply.status is not None:
            await core.rest(Loop.DELIVERY, core.wait_after(reply, failures))
        elif failures < AWAY_FAILURES:
            await core.pause(Loop.DELIVERY, core.wait_after(reply, failures))
        else:
            # Who is away is found out by one task, not by two: a heartbeat that is answered
            # nudges this one.
            await core.pause(Loop.DELIVERY, None)

    async def _let_by(self, entry: Entry, reply: Reply) -> None:
        """Events that are not taken now: they come later, and hold up no run."""
        core = self._core
        wait = core.wait_after(reply, 1)
        await core.in_thread(core.outbox.defer, entry.run_key, max(wait, core.timing.poison_retry))
        if not self._has_told_of_events:
            self._has_told_of_events = True
            core.log.warning(
                "not-delivered",
                f"events stay for now: {reply.told}",
                run=entry.run_key,
                status=reply.status,
            )

    async def _hold(self, entry: Entry, reply: Reply) -> None:
        """Not trusted, as it seems: keep it, and let the heartbeat find out."""
        core = self._core
        failures = self._failed(entry, reply)
        core.stand(trust.refused(core.standing, reply.act, reply.says, by_heartbeat=False))
        if failures == 1:
            core.nudge(Loop.HEARTBEAT)

    async def _wait(self, entry: Entry, reply: Reply) -> None:
        """Too often, or nothing that this node can do anything about."""
        core = self._core
        await core.rest(Loop.DELIVERY, core.wait_after(reply, self._failed(entry, reply)))

    def _failed(self, entry: Entry, reply: Reply) -> int:
        """Note a failure, and say the first of several.

        :returns: how many in a row.
        """
        core = self._core
        failures = core.failed(Loop.DELIVERY, reply.told)
        if failures == 1:
            core.log.warning(
                "not-delivered",
                f"a run stays for now: {reply.told}",
                run=entry.run_key,
                status=reply.status,
            )
        return failures
