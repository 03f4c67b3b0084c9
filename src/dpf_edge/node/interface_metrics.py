"""The metrics channel: what the interfaces of SNMP agents carry, told while it is fresh.

A round that could not be handed over is forgotten, for an Authority keeps none for longer than 90
seconds. Asking is sending, so it is done from level ``ask`` on, and only while the node is trusted.
"""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

import msgspec
from msgspec import UNSET

from dpf_edge.discovery.side_by_side import side_by_side
from dpf_edge.discovery.snmp import rates as snmp_rates
from dpf_edge.discovery.snmp.agent import Silent
from dpf_edge.discovery.snmp.interview import AT_ONCE, agent_of, wrong_with
from dpf_edge.discovery.snmp.session import Refused
from dpf_edge.errors import HostError
from dpf_edge.level import Level
from dpf_edge.node import backoff, snmp_file
from dpf_edge.node.core import Loop
from dpf_edge.node.replies import Act
from dpf_edge.wire import body, limits, metrics, times

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from dpf_edge.discovery.job import SnmpTarget
    from dpf_edge.discovery.snmp.agent import Agent
    from dpf_edge.discovery.snmp.rates import Look, Names, Rate
    from dpf_edge.host.net import Net
    from dpf_edge.node.core import Core

# What interfaces are called seldom changes: looked at anew every ten minutes or so.
NAMES_EVERY = 20
# A round has to be over before the next begins.
ROUND = 0.8
# The contract's 64 KiB, with room for what stands around the interfaces.
BODY_BYTES = limits.METRICS_BODY - 1024


class Watched:
    """One agent between two looks."""

    def __init__(self) -> None:
        self.before: Look | None = None
        self.names: dict[int, Names] = {}
        self.looks = 0

    def sample(self, agent: Agent, at: float, key: str) -> Iterator[metrics.Interface]:
        """What an agent's interfaces carry since the last look; nothing at the first.

        :raises Silent: it does not answer.
        :raises Refused: it does not let us in.
        """
        if self.looks % NAMES_EVERY == 0:
            most = snmp_rates.MOST_INTERFACES
            self.names = snmp_rates.names(agent.table("the names", snmp_rates.NAMES, most))
        now = snmp_rates.look(agent, at)
        self.looks += 1
        before, self.before = self.before, now
        if before is not None:
            for each in snmp_rates.rates(before, now, self.names):
                yield interface(key, each, self.names.get(each.number))


class Meter:
    """All agents that a node watches."""

    def __init__(self) -> None:
        self._watched: dict[tuple[str, int], Watched] = {}

    def sample(self, targets: Sequence[SnmpTarget], net: Net) -> tuple[metrics.Interface, ...]:
        """One round over all agents; one that does not answer is told of by the net."""
        named = {(each.host, each.port) for each in targets}
        self._watched = {key: self._watched.get(key, Watched()) for key in named}
        works = [lambda each=each: self._one(each, net) for each in targets]
        found = side_by_side(works, AT_ONCE)
        return tuple(sorted(found, key=lambda each: (each.device_key, each.if_index or 0)))

    def _one(self, target: SnmpTarget, net: Net) -> Iterator[metrics.Interface]:
        """One agent's interfaces."""
        watched = self._watched[target.host, target.port]
        try:
            if wrong_with(target) is None:
                agent = agent_of(target, net)
                yield from watched.sample(agent, net.now(), f"snmp:{target.host}")
        except Exception as error:  # noqa: BLE001 -- one agent's fault ends neither others nor node
            watched.before = None
            net.note(f"{target.host}: {why(error)}")


def why(error: Exception) -> str:
    """Why an agent was not measured, in words."""
    if isinstance(error, Silent):
        return "does not answer"
    if isinstance(error, Refused | HostError | ValueError):
        return str(error)
    return f"{type(error).__name__}: {error}"[:200]


def interface(key: str, rate: Rate, known: Names | None) -> metrics.Interface:
    """One interface as the contract has it."""
    told = {"ifAlias": known.alias, "ifName": known.name} if known else {}
    errors = [UNSET if each is None or each < 0 else each for each in rate.reading.errors]
    alias, described = (known.alias, known.description) if known else ("", "")
    return metrics.Interface(
        device_key=key,
        if_index=rate.number if rate.number > 0 else UNSET,
        if_name=metrics.interface_name(alias, described, rate.number),
        rx_bps=round(rate.received, 1),
        tx_bps=round(rate.sent, 1),
        oper_status=metrics.OperStatus(rate.reading.status),
        rx_errors=errors[0],
        tx_errors=errors[1],
        speed_mbps=(known.mbps if known and known.mbps else UNSET),
        raw_data={name: value for name, value in told.items() if value} or UNSET,
    )


def envelopes(
    interfaces: Sequence[metrics.Interface], at: float, key: Callable[[], str]
) -> Iterator[metrics.Request]:
    """One round as the contract takes it: in as many parts as its bounds make it.

    :param key: draws a run key, a UUID.
    """
    part: list[metrics.Interface] = []
    size = 0
    for each in interfaces:
        length = len(msgspec.json.encode(each)) + 1
        if part and (size + length > BODY_BYTES or len(part) >= metrics.INTERFACES):
            yield envelope(part, at, key())
            part, size = [], 0
        part.append(each)
        size += length
    if part:
        yield envelope(part, at, key())


def envelope(part: Sequence[metrics.Interface], at: float, key: str) -> metrics.Request:
    """One part of a round."""
    return metrics.Request(
        run_key=key, observed_at=times.stamp(at), metrics_version="1", interfaces=tuple(part)
    )


async def run(core: Core) -> None:
    """Measure for ever, at the Authority's pace, while the node is trusted and may ask."""
    rounds = Rounds(core)
    while True:
        await core.pause(Loop.METRICS, await rounds.turn())


class Rounds:
    """One node's rounds of figures."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._meter = Meter()
        self._says: tuple[str, ...] = ()

    async def turn(self) -> float | None:
        """Measure and tell once, if that may be.

        :returns: how many seconds to wait for the next turn; None until something happens.
        """
        core = self._core
        pace = self._pace()
        if pace is None or not core.settings.level.allows(Level.ASK):
            return None
        if not core.standing.may_deliver or core.state is None:
            return None
        core.begun(Loop.METRICS)
        found, lost = await core.in_thread(self._look, pace * ROUND)
        self._say(lost)
        for number, request in enumerate(
            envelopes(found, core.clock.wall(), lambda: str(uuid.uuid4()))
        ):
            if number:
                await core.rest(Loop.METRICS, core.timing.metrics_least)
            wait = await self._tell(request)
            if wait is not None:
                return wait
        core.worked(Loop.METRICS)
        return backoff.around(pace, core.chance(), core.timing.jitter)

    def _pace(self) -> float | None:
        """Seconds from one round to the next; None where the Authority wants none."""
        core = self._core
        told = core.state.metrics_interval_sec if core.state else UNSET
        if told is UNSET:
            return core.timing.metrics_every
        return None if told <= 0 else max(float(told), core.timing.metrics_least)

    def _look(self, seconds: float) -> tuple[tuple[metrics.Interface, ...], tuple[str, ...]]:
        """One round, at the rate that the node may send at. Blocks."""
        core = self._core
        targets = snmp_file.targets(core.settings.snmp_file).targets
        if not targets:
            return (), ()
        account = core.place.network(core.settings.rate).account("interface-metrics", seconds)
        return self._meter.sample(targets, account), account.lost()

    def _say(self, lost: tuple[str, ...]) -> None:
        """Say what could not be measured, once."""
        if lost != self._says and lost:
            self._core.log.warning("metrics", f"not measured: {'; '.join(lost)}"[:500])
        self._says = lost

    async def _tell(self, request: metrics.Request) -> float | None:
        """Hand over one part.

        :returns: None where it was taken; else how long to wait before the next round.
        """
        core = self._core
        if core.state is None:
            return None
        reply = await core.authority.measured(core.state.node_token, body.encode(request))
        if reply.act is Act.DONE:
            return None
        failures = core.failed(Loop.METRICS, reply.told)
        if failures == 1:
            core.log.warning("metrics", f"a round of figures was not taken: {reply.told}")
        return max(core.wait_after(reply, failures), core.timing.metrics_least)
