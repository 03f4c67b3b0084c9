"""The heartbeat: says that the node is there and how it does, hears how it stands.

It waits for nothing but its own time and the Authority: sweeps and disks are other tasks' and
threads' business.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import UNSET

from dpf_edge.model import Answer
from dpf_edge.node import backoff, state, trust
from dpf_edge.node.core import Loop
from dpf_edge.node.replies import Act
from dpf_edge.node.sweeps import is_fatal
from dpf_edge.node.trust import Mode
from dpf_edge.observed import Status
from dpf_edge.wire import heartbeat
from dpf_edge.wire.heartbeat import Report
from dpf_edge.wire.vocabulary import Capability, CapabilityStatus

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dpf_edge.model import Diagnosis
    from dpf_edge.node.core import Core
    from dpf_edge.observed import Outcome
    from dpf_edge.store.outbox import Depth
    from dpf_edge.wire.tokens import Secret

# Evidence is read by people in a table, and kept for each beat: it names, and tells no stories.
EVIDENCE_CHARACTERS = 300
ADVICE = 8
# What the answer rests on, in a dozen short lines: some 1.5 KiB of a beat.
SIGNALS, SIGNAL_CHARACTERS = 12, 80
SEEN = {
    Answer.YES: CapabilityStatus.HEALTHY,
    Answer.UNKNOWN: CapabilityStatus.DEGRADED,
    Answer.NO: CapabilityStatus.FAILING,
}


async def run(core: Core) -> None:
    """Beat for ever: at once, and then as the Authority sets the pace."""
    beats = Beats(core)
    while True:
        if not core.standing.may_beat or core.state is None:
            await core.pause(Loop.HEARTBEAT, None)
            continue
        await core.pause(Loop.HEARTBEAT, await beats.beat())


class Beats:
    """One node's heartbeats."""

    def __init__(self, core: Core) -> None:
        self._core = core
        # An Authority that does not know what is reported refuses the whole beat; it gets none.
        self._is_bare = False
        # What the last look answered, and since which tick every look has.
        self._stood: tuple[Answer, float] | None = None

    async def beat(self) -> float:
        """One heartbeat.

        :returns: how many seconds to wait for the next.
        """
        core = self._core
        own = core.state
        if own is None:
            return 0.0
        core.begun(Loop.HEARTBEAT)
        request = heartbeat.Request() if self._is_bare else self._report()
        heard = await core.authority.beat(own.node_token, request)
        if core.state is not own:
            return 0.0  # it enrolled anew meanwhile: this was another node's answer
        if heard.answer is not None:
            core.worked(Loop.HEARTBEAT)
            core.nudge(Loop.DELIVERY)  # the Authority is there
            self._take(heard.answer)
            return backoff.around(core.beat_seconds(), core.chance(), core.timing.jitter)
        reply = heard.reply
        if reply.act in {Act.DROP, Act.SPLIT, Act.SHRINK, Act.STALE} and not self._is_bare:
            core.log.warning(
                "heartbeat-refused",
                f"the Authority refuses what is reported ({reply.reason}): from now on it is not",
            )
            self._is_bare = True
            return 0.0
        failures = core.failed(Loop.HEARTBEAT, reply.told)
        if failures == 1:
            core.log.warning(
                "heartbeat-failed",
                f"no heartbeat: {reply.told}",
                status=reply.status,
            )
        if reply.act is Act.REJECTED and core.former is not None:
            core.log.warning("token-rotation", "the new token is not known; the former is used")
            core.keep(core.replaced(node_token=core.former))
            core.former = None
            return 0.0
        core.stand(trust.refused(core.standing, reply.act, reply.says, by_heartbeat=True))
        if core.standing.mode is Mode.REJECTED:
            return backoff.around(core.timing.slow_retry, core.chance(), core.timing.jitter)
        if reply.act is Act.REJECTED:
            return backoff.around(core.beat_seconds(), core.chance(), core.timing.jitter)
        return core.wait_after(reply, failures)

    def _take(self, answer: heartbeat.Answer) -> None:
        """Stand as the Authority says, and keep what it says."""
        core = self._core
        accepted = None if answer.accepted_capabilities is UNSET else answer.accepted_capabilities
        standing = trust.heard(core.standing, answer.trust_state, accepted)
        core.stand(standing)
        if standing.mode is Mode.REVOKED:
            return
        core.former = None  # the token that was used is known
        paces = {
            "heartbeat_interval_sec": answer.heartbeat_interval_sec,
            "sweep_interval_sec": answer.sweep_interval_sec,
            "metrics_interval_sec": answer.metrics_interval_sec or UNSET,
        }
        told = {name: value for name, value in paces.items() if value is not UNSET}
        core.keep(
            core.replaced(
                trust_state=answer.trust_state, accepted_capabilities=standing.accepted, **told
            )
        )
        if answer.rotated_token is not UNSET:
            self._rotate(answer.rotated_token.token)

    def _rotate(self, token: Secret) -> None:
        """Take a new token; it is used once it is written down, so that no kill can lose it."""
        core = self._core
        if core.state is None or token == core.state.node_token:
            return
        if not state.is_node_token(token):
            core.log.warning("token-rotation", "the Authority handed out what is no node token")
            return
        core.rotated = token
        core.nudge(Loop.KEEPING)

    def _report(self) -> heartbeat.Request:
        """What the node reports of itself."""
        core = self._core
        report = Report(
            capability=Capability.DISCOVERY_NETWORK,
            status=capability_status(core.diagnosis, core.outcomes),
            evidence={
                **evidence(core.diagnosis, core.outcomes),
                **self._held(core.diagnosis),
                "level": core.settings.level.value,
                "outbox": outbox_evidence(core.depth, core.dropped),
                "authorityClockAheadSec": round(core.authority.ahead or 0),
            },
        )
        return heartbeat.Request(capability_reports=(report,))

    def _held(self, diagnosis: Diagnosis | None) -> dict[str, int]:
        """How old the answer is, and for how many seconds it has been so.

        It is since the node runs, at most.
        """
        if diagnosis is None:
            return {}
        now, answer = self._core.clock.ticks(), diagnosis.lan.answer
        if self._stood is None or self._stood[0] is not answer:
            self._stood = answer, now
        held = {"lanForSec": round(now - self._stood[1])}
        looked = self._core.looked
        # A look that hangs leaves the answer before it, which each beat would make new again.
        return held if looked is None else {**held, "lookedAgoSec": round(now - looked)}


def capability_status(diagnosis: Diagnosis | None, outcomes: Iterable[Outcome]) -> CapabilityStatus:
    """How well the node can discover: as well as it sees, and worse where a sweep failed."""
    if diagnosis is None:
        return CapabilityStatus.UNKNOWN
    outcomes = tuple(outcomes)
    if any(map(is_fatal, outcomes)):
        return CapabilityStatus.FAILING
    seen = SEEN[diagnosis.lan.answer]
    is_worse = any(each.status is Status.FAILED for each in outcomes)
    return CapabilityStatus.DEGRADED if is_worse and diagnosis.lan.answer is Answer.YES else seen


def evidence(diagnosis: Diagnosis | None, outcomes: Iterable[Outcome]) -> dict[str, Any]:
    """What the report rests on: the diagnosis in short, and the last sweep."""
    told: dict[str, Any] = {}
    if diagnosis is not None:
        told = {
            "vantage": diagnosis.vantage.value,
            "lanAnswer": diagnosis.lan.answer.value,
            "lanReach": diagnosis.lan.reach.value,
            "lanConfidence": diagnosis.lan.confidence,
            "lanWhy": (diagnosis.lan.why or "")[:EVIDENCE_CHARACTERS],
            "lanInterface": diagnosis.lan.interface,
            "lanNetwork": diagnosis.lan.network,
            "deploymentRow": diagnosis.recommendation.row,
            "deploymentRuntime": diagnosis.recommendation.runtime.value,
            "advice": [each.code for each in diagnosis.advice[:ADVICE]],
            "layers": [[each.name, each.kind, each.says or ""] for each in diagnosis.layers],
            "signals": [
                [text[:SIGNAL_CHARACTERS] for text in (each.signal, each.value, each.source)]
                for each in diagnosis.evidence[:SIGNALS]
            ],
        }
    told["lastSweep"] = {each.name: each.status.value for each in outcomes}
    told["lastSweepItems"] = sum(each.found for each in outcomes)
    return {name: value for name, value in told.items() if value is not None}


def outbox_evidence(depth: Depth, dropped: dict[str, int]) -> dict[str, Any]:
    """How much waits, and what was dropped ever, by its reason."""
    oldest = {} if depth.oldest_seconds is None else {"oldestSec": round(depth.oldest_seconds)}
    on_disk = {} if depth.is_on_disk else {"onDisk": False}
    return {"runs": depth.runs, "bytes": depth.bytes, **oldest, **on_disk, "dropped": dropped}
