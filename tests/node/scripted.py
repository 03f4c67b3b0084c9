"""An Authority for tests: real HTTP, the contract's own checks, and misbehaviour on command."""

from __future__ import annotations

import asyncio
import threading
import time
from collections import defaultdict, deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import msgspec
from starlette.requests import Request

from dpf_edge.wire import body, discovery, enroll, events, heartbeat, times, tokens
from dpf_edge.wire.refusals import Code, Refusal, scope_disallowed, token_not_found, unauthorized
from dpf_edge.wire.vocabulary import TrustState
from tests.node.servers import until

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.types import Receive, Scope, Send

ENROLL, BEAT, RUNS, EVENTS, HEALTH = (
    enroll.ROUTE.path,
    heartbeat.ROUTE.path,
    discovery.ROUTE.path,
    events.ROUTE.path,
    "/api/health",
)


@dataclass
class Known:
    """One node, as the Authority has it."""

    node_id: str
    trust: TrustState
    accepted: tuple[str, ...]
    enrolled: enroll.Request | None = None
    beats: list[heartbeat.Request] = field(default_factory=list)
    runs: dict[str, discovery.Request] = field(default_factory=dict)
    events: dict[str, events.Request] = field(default_factory=dict)
    replays: int = 0
    rotated: str | None = None
    rotated_as_text: bool = False


@dataclass
class Answer:
    """What is answered, instead of what would be.

    :ivar is_done: whether the call takes effect all the same: only its answer is lost.
    :ivar half: whether the connection is closed in the middle of the answer.
    """

    status: int = 200
    said: dict[str, Any] | bytes | None = None
    headers: dict[str, str] = field(default_factory=dict)
    is_done: bool = False
    half: bool = False
    wait: float = 0.0


def refusal(
    status: int, code: str, headers: dict[str, str] | None = None, **extra: object
) -> Answer:
    """A refusal in the contract's words."""
    said = {"ok": False, "error": code, "message": f"scripted {code}", **extra}
    return Answer(status, said, headers or {})


def page(status: int) -> Answer:
    """A page of somebody in between: a proxy, a captive portal."""
    return Answer(status, b"<html>Please log in</html>", {"content-type": "text/html"})


LOST = Answer(is_done=True, half=True)


class Scripted:
    """The application; thread-safe for a test that looks on.

    :ivar clock: its own, in seconds since 1970.
    """

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.issued: dict[str, bool] = {}
        self.consumed: set[str] = set()
        self.nodes: dict[str, Known] = {}
        self.script: dict[str, deque[Answer]] = defaultdict(deque)
        self.always: dict[str, Answer] = {}
        self.calls: list[tuple[str, float, dict[str, str], bytes]] = []
        self.clock: Callable[[], float] = time.time
        self.intervals = (1, 1)
        self.most_bytes = 5 << 20
        # The oldest published Authorities have no such route.
        self.takes_events = False
        self._count = 0

    def issue(self, *, auto_approve: bool = True) -> str:
        """A bootstrap token."""
        self._count += 1
        token = tokens.spelt(tokens.BOOTSTRAP, self._count.to_bytes(24, "big"))
        self.issued[token] = auto_approve
        return token

    def misbehave(self, path: str, *answers: Answer) -> None:
        """Answer the next calls of a route otherwise."""
        self.script[path].extend(answers)

    def of(self, path: str) -> list[tuple[str, float, dict[str, str], bytes]]:
        """The calls of one route so far."""
        with self.lock:
            return [call for call in self.calls if call[0] == path]

    @property
    def node(self) -> Known:
        """The node that enrolled last; it is waited for."""
        until(lambda: self.nodes)
        return list(self.nodes.values())[-1]

    def run_keys(self) -> list[str]:
        """The keys of all runs that were stored, in their order."""
        with self.lock:
            return [key for node in self.nodes.values() for key in node.runs]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        octets = await request.body()
        with self.lock:
            self.calls.append((request.url.path, time.monotonic(), dict(request.headers), octets))
            answer = self._answer(request, octets)
        if answer.wait:
            await asyncio.sleep(answer.wait)
        await say(answer, send, self.clock())

    def _answer(self, request: Request, octets: bytes) -> Answer:
        path = request.url.path
        scripted = self.script[path].popleft() if self.script[path] else self.always.get(path)
        if scripted is not None and not scripted.is_done:
            return scripted
        routes = {ENROLL: self._enrol, BEAT: self._beat, RUNS: self._run}
        if self.takes_events:
            routes[EVENTS] = self._events
        route = routes.get(path)
        if route is None:
            return Answer(200, {"ok": True}) if path == HEALTH else refusal(404, "not_found")
        try:
            token = tokens.bearer(request.headers.get("authorization"))
            answer = route(token, octets)
        except Refusal as refused:
            return Answer(refused.status, refused.body())
        return scripted or answer

    def _enrol(self, token: str, octets: bytes) -> Answer:
        wanted = enroll.decode(octets)
        tokens.spelt_for(tokens.BOOTSTRAP, token)
        accepted = enroll.check(wanted)
        if token not in self.issued:
            raise token_not_found()
        if token in self.consumed:
            raise unauthorized(Code.TOKEN_ALREADY_CONSUMED, "it has enrolled a node")
        self.consumed.add(token)
        number = len(self.nodes) + 1
        node_token = tokens.spelt(tokens.NODE, number.to_bytes(24, "big"))
        trust = TrustState.TRUSTED if self.issued[token] else TrustState.PENDING
        node_id = f"edge_{number:016x}"
        self.nodes[node_token] = Known(node_id, trust, accepted, wanted)
        beat, sweep = self.intervals
        return made(
            200,
            enroll.Answer(
                node_id=node_id,
                node_token=tokens.Secret(node_token),
                trust_state=trust,
                accepted_capabilities=accepted,
                heartbeat_interval_sec=beat,
                sweep_interval_sec=sweep,
            ),
        )

    def _who(self, token: str) -> Known:
        tokens.spelt_for(tokens.NODE, token)
        for old, node in list(self.nodes.items()):
            if node.rotated == token:
                self.nodes[token] = self.nodes.pop(old)
                node.rotated = None
        if token not in self.nodes:
            raise token_not_found()
        return self.nodes[token]

    def _beat(self, token: str, octets: bytes) -> Answer:
        node = self._who(token)
        node.beats.append(heartbeat.decode(octets))
        beat, sweep = self.intervals
        said: dict[str, Any] = {
            "ok": True,
            "trustState": node.trust.value,
            "acceptedCapabilities": node.accepted if node.trust is TrustState.TRUSTED else [],
            "heartbeatIntervalSec": beat,
            "sweepIntervalSec": sweep,
        }
        if node.rotated is not None:
            told = {"token": node.rotated, "prefix": tokens.display(node.rotated)}
            said["rotatedToken"] = node.rotated if node.rotated_as_text else told
        return Answer(200, said)

    def _run(self, token: str, octets: bytes) -> Answer:
        node = self._who(token)
        if node.trust is not TrustState.TRUSTED:
            raise scope_disallowed(node.trust, "discovery:submit")
        if len(octets) > self.most_bytes:
            raise Refusal(413, Code.PAYLOAD_TOO_LARGE)
        run = discovery.decode(octets)
        discovery.check_raw_data(run)
        discovery.check_fresh(run, self.clock())
        counts: dict[str, Any] = {
            "run_id": f"run-{run.run_key}",
            "run_key": run.run_key,
            "item_count": len(run.items),
            "relationship_count": len(run.relationships or ()),
        }
        if run.run_key in node.runs:
            node.replays += 1
            return made(
                200, discovery.Replay(status="completed", started_at=times.stamp(0), **counts)
            )
        node.runs[run.run_key] = run
        return made(201, discovery.Answer(persisted=discovery.Persisted(), **counts))

    def _events(self, token: str, octets: bytes) -> Answer:
        node = self._who(token)
        told = events.decode(octets)
        events.check_fresh(told, self.clock())
        node.events[told.run_key] = told
        return made(
            200,
            events.Answer(run_key=told.run_key, node_id=node.node_id, accepted=len(told.events)),
        )


def made(status: int, answer: object) -> Answer:
    """An answer of the contract."""
    return Answer(status, body.encode(answer))


async def say(answer: Answer, send: Callable[[Any], Awaitable[None]], now: float) -> None:
    """Send an answer, or the half of one."""
    said = answer.said
    octets = said if isinstance(said, bytes) else msgspec.json.encode(said if said else {})
    date = time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(now))
    headers = {"content-type": "application/json", "date": date, **answer.headers}
    length = len(octets) + (100 if answer.half else 0)
    headers["content-length"] = str(length)
    await send(
        {
            "type": "http.response.start",
            "status": answer.status,
            "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        }
    )
    await send({"type": "http.response.body", "body": octets, "more_body": answer.half})
