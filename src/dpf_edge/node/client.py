"""The calls that a node makes at its Authority, each with what came of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, NamedTuple, TypeVar

from dpf_edge.errors import AnswerMalformed
from dpf_edge.host.http import Exchange, NoAnswer
from dpf_edge.node.replies import Act, Reply, understood
from dpf_edge.wire import adapters, body, discovery, enroll, events, heartbeat, metrics

if TYPE_CHECKING:
    from collections.abc import Callable

    from dpf_edge.host.clock import Clock
    from dpf_edge.host.http import Http
    from dpf_edge.wire.tokens import Secret

T = TypeVar("T")

HEALTH = "/api/health"
# A Date header has whole seconds and is a little old when it comes; what differs by more than
# this is a clock that is wrong. The published preflight draws the line there too.
SKEW_SECONDS = 30.0


class Heard(NamedTuple, Generic[T]):
    """What came of a call: what it means, and the answer where it is one."""

    reply: Reply
    answer: T | None = None


class Authority:
    """One Authority, by one way.

    :ivar ahead: by how many seconds its clock is ahead of this machine's; None until it said so.
    """

    def __init__(self, http: Http, clock: Clock) -> None:
        self._http = http
        self._clock = clock
        self.ahead: float | None = None

    async def enrol(self, token: Secret, request: enroll.Request) -> Heard[enroll.Answer]:
        """Become a node. The token goes in the header, and is spent where this succeeds."""
        return await self._post(enroll.ROUTE.path, token, body.encode(request), enroll.answer)

    async def beat(self, token: Secret, request: heartbeat.Request) -> Heard[heartbeat.Answer]:
        """Say that this node is there, and hear how it stands."""
        return await self._post(heartbeat.ROUTE.path, token, body.encode(request), heartbeat.answer)

    async def submit(self, token: Secret, run_key: str, octets: bytes) -> Reply:
        """Hand over a run; *done* means that the Authority said so of this very run."""

        def read(answer: bytes) -> object:
            read = discovery.answer(answer)
            if read.run_key != run_key:
                raise AnswerMalformed("the Authority answers of another run than was sent")
            return read

        return (await self._post(discovery.ROUTE.path, token, octets, read)).reply

    async def happened(self, token: Secret, run_key: str, octets: bytes) -> Reply:
        """Tell what happened; *done* means that the Authority said so of this very batch."""

        def read(answer: bytes) -> object:
            read = events.answer(answer)
            if read.run_key != run_key:
                raise AnswerMalformed("the Authority answers of other events than were sent")
            return read

        return (await self._post(events.ROUTE.path, token, octets, read)).reply

    async def measured(self, token: Secret, octets: bytes) -> Reply:
        """Tell what interfaces carry."""
        return (await self._post(metrics.ROUTE.path, token, octets, metrics.answer)).reply

    async def adapters(self, token: Secret) -> Heard[adapters.Answer]:
        """Hear which controllers are this node's to ask, with their keys."""
        got = await self._http.exchange("GET", adapters.ROUTE.path, token=token.reveal())
        return self._heard(got, adapters.answer)

    async def health(self) -> Exchange | NoAnswer:
        """Is it there? Needs no token, and its Date is the reference for this machine's clock."""
        got = await self._http.exchange("GET", HEALTH)
        self._note(got)
        return got

    async def _post(
        self, path: str, token: Secret, octets: bytes, read: Callable[[bytes], T]
    ) -> Heard[T]:
        got = await self._http.exchange("POST", path, token=token.reveal(), body=octets)
        return self._heard(got, read)

    def _heard(self, got: Exchange | NoAnswer, read: Callable[[bytes], T]) -> Heard[T]:
        """What came of a call."""
        self._note(got)
        reply = understood(got, self._clock.wall(), read)
        if reply.act is not Act.DONE or isinstance(got, NoAnswer):
            return Heard(reply)
        return Heard(reply, read(got.body))

    def _note(self, got: Exchange | NoAnswer) -> None:
        """Remember how far the two clocks are apart."""
        if isinstance(got, Exchange) and got.date is not None:
            ahead = got.date - self._clock.wall()
            self.ahead = ahead if abs(ahead) > SKEW_SECONDS else 0.0

    async def aclose(self) -> None:
        """Close what is open."""
        await self._http.aclose()
