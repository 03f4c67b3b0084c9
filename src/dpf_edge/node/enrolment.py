"""Becoming a node: with a token that is spent last, and never twice in the same vain way.

Before the token leaves this process the state folder has been proven writable and an attempt is on
record there. So a token is not burnt for a disk that was full all along, and a node that was cut
off between the Authority's *yes* and its own disk can say what became of its token.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from msgspec import UNSET

from dpf_edge.errors import PrivateFileError
from dpf_edge.host import private_file
from dpf_edge.host.http import Cause
from dpf_edge.node import trust
from dpf_edge.node.core import Loop
from dpf_edge.node.identity import host_addresses
from dpf_edge.node.replies import Act
from dpf_edge.node.state import State, is_node_token
from dpf_edge.node.trust import Mode, Standing
from dpf_edge.wire import enroll, times
from dpf_edge.wire.refusals import Code
from dpf_edge.wire.tokens import BOOTSTRAP, Secret, display
from dpf_edge.wire.vocabulary import Capability

if TYPE_CHECKING:
    from dpf_edge.node.core import Core
    from dpf_edge.node.replies import Reply

# A token that got one of these is no use any more, whoever asks and however often.
SPENT = frozenset(
    {
        Code.TOKEN_ALREADY_CONSUMED,
        Code.TOKEN_REVOKED,
        Code.TOKEN_EXPIRED,
        Code.FINGERPRINT_MISMATCH,
        Code.INVALID_TOKEN_FORMAT,
    }
)
# Failures before which no byte of a request was sent.
UNSENT = frozenset({Cause.UNRESOLVED, Cause.UNREACHABLE, Cause.UNTRUSTED})
# What a person does about it.
ISSUE = "issue a new one with `dpf-edge token issue`, or at the Authority's pages"
SAYS: dict[str, str] = {
    Code.TOKEN_ALREADY_CONSUMED: f"the bootstrap token has been used; {ISSUE}",
    Code.TOKEN_REVOKED: f"the bootstrap token was taken back; {ISSUE}",
    Code.TOKEN_EXPIRED: f"the bootstrap token has expired; {ISSUE}",
    Code.TOKEN_NOT_FOUND: f"the Authority does not know the bootstrap token; {ISSUE}",
    Code.FINGERPRINT_MISMATCH: "the bootstrap token is bound to another machine; issue one with "
    "this machine's fingerprint, which `dpf-edge preflight` shows",
    Code.INVALID_TOKEN_FORMAT: f"that is no bootstrap token; {ISSUE}",
}
LOST = (
    "the bootstrap token was spent by this machine's own enrolment, whose answer was lost on the "
    f"way: revoke the node that never beat, and {ISSUE}"
)
USELESS = f"the bootstrap token is known to be no use any more; {ISSUE}"
NONE = "there is no bootstrap token: set DPF_BOOTSTRAP_TOKEN, or put one into the token file"


async def run(core: Core) -> None:
    """Enrol where the node is not, and where a new token is given to one that was rejected."""
    enrolments = Enrolments(core)
    while True:
        if not core.standing.may_enrol:
            await core.pause(Loop.ENROLMENT, None)
            continue
        await core.pause(Loop.ENROLMENT, await enrolments.turn())


class Enrolments:
    """One node's attempts to become one."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._refused: dict[Secret, float] = {}
        self._useless: Secret | None = None
        self._said: dict[str, float] = {}

    async def turn(self) -> float:
        """Enrol, if there is a token to do so with.

        :returns: how many seconds to wait for the next turn.
        """
        core = self._core
        token = await core.in_thread(self._token)
        if token is None:
            self._wait_for_token(core.standing.says or self._why_none())
            return core.timing.token_look
        if core.standing.mode is Mode.WAITING_FOR_TOKEN:
            core.stand(Standing(Mode.ENROLLING))
        # An attempt that is still on record was cut off before its end was seen.
        was_cut_off = core.memory.was_attempted(token)
        if not await core.remember(core.memory.attempting(token)):
            # Proven by doing: what cannot note an attempt could not keep the answer either.
            self._say("the state folder takes nothing: the token is kept until it does")
            failures = core.failed(Loop.ENROLMENT, "the state folder takes nothing")
            return core.timing.retries[min(failures, len(core.timing.retries)) - 1]
        core.begun(Loop.ENROLMENT)
        heard = await core.authority.enrol(token, self._request())
        if heard.answer is not None and is_node_token(heard.answer.node_token):
            await self._become(token, heard.answer)
            return 0.0
        return await self._refusal(token, heard.reply, was_cut_off=was_cut_off)

    def _token(self) -> Secret | None:
        """The token to enrol with: one that is not known to be no use, and not refused just now."""
        core = self._core
        for token in (self._from_file(), core.settings.bootstrap_token):
            if token is None:
                continue
            if core.memory.knows(token):
                self._useless = token
            elif self._refused.get(token, 0.0) <= core.clock.ticks():
                return token
        return None

    def _why_none(self) -> str:
        """Why there is no token to enrol with; what a process before this one learnt counts, which
        may have been killed before it could say so."""
        if self._useless is None:
            return NONE
        return LOST if self._core.memory.has_lost(self._useless) else USELESS

    def _from_file(self) -> Secret | None:
        """The token in the file where one may appear."""
        path = self._core.settings.bootstrap_token_file
        if path is None:
            return None
        try:
            shown = private_file.read_given(path)
        except PrivateFileError as error:
            self._say(str(error))
            return None
        text = shown.data.decode("ascii", "replace").strip() if shown else ""
        if not text.startswith(BOOTSTRAP) or not text.isprintable() or " " in text:
            return None
        return Secret(text)

    def _request(self) -> enroll.Request:
        """What this node says of itself."""
        core = self._core
        told: dict[str, object] = {"hostname": core.name}
        if core.sight is not None:
            told["host"] = {
                "hostname": core.sight.machine.hostname or core.name,
                "ipAddresses": host_addresses(core.sight.interfaces),
            }
            told["vantage"] = core.sight.diagnosis.vantage.value
            told["lanAnswer"] = core.sight.diagnosis.lan.answer.value
        if core.settings.site is not None:
            told["site"] = core.settings.site
        return enroll.Request(
            display_name=core.name,
            platform=core.settings.platform,
            install_mode=core.agent.mode,
            version=core.agent.version,
            advertised_capabilities=(Capability.DISCOVERY_NETWORK,),
            host_fingerprint=core.memory.fingerprint or UNSET,
            metadata=told,
        )

    async def _become(self, token: Secret, answer: enroll.Answer) -> None:
        """Be the node that the Authority made: on disk first, and then in every loop."""
        core = self._core
        if core.state is not None:
            await core.bury(f"enrolled anew, being {core.standing.mode.value}", is_revoked=False)
        new = State(
            node_id=answer.node_id,
            node_token=answer.node_token,
            enrolled_at=times.stamp(core.clock.wall()),
            heartbeat_interval_sec=answer.heartbeat_interval_sec,
            sweep_interval_sec=answer.sweep_interval_sec,
            metrics_interval_sec=answer.metrics_interval_sec or UNSET,
            accepted_capabilities=answer.accepted_capabilities,
            trust_state=answer.trust_state,
        )
        core.state, core.former, core.rotated = new, None, None
        await core.write(new)
        await core.remember(core.memory.spent(token).alive())
        core.worked(Loop.ENROLMENT)
        core.log.tell(
            "enrolled",
            f"enrolled as {new.node_id}, {new.trust_state.value}",
            node=new.node_id,
            trust=new.trust_state.value,
            accepted=new.accepted_capabilities,
            token=display(token.reveal()),
        )
        core.stand(trust.of_state(new.trust_state, new.accepted_capabilities), is_said=True)
        core.nudge(Loop.HEARTBEAT)

    async def _refusal(self, token: Secret, reply: Reply, *, was_cut_off: bool) -> float:
        """What to do about a token that was refused, or an Authority that does not answer.

        :returns: how many seconds to wait.
        """
        core = self._core
        failures = core.failed(Loop.ENROLMENT, reply.told)
        if reply.status == HTTPStatus.UNAUTHORIZED and reply.code in SAYS:
            is_lost = was_cut_off and reply.code == Code.TOKEN_ALREADY_CONSUMED
            is_spent = reply.code in SPENT
            memory = core.memory.settled()
            if is_spent:
                memory = core.memory.spent(token, is_lost=is_lost)
            await core.remember(memory)
            self._refused[token] = core.clock.ticks() + core.timing.slow_retry
            self._wait_for_token(LOST if is_lost else SAYS[reply.code])
            return core.timing.token_look
        if is_unspent(reply) and not was_cut_off:
            await core.remember(core.memory.settled())
        what = "not enrolled yet"
        if reply.act not in {Act.WAIT, Act.RETRY}:
            what = "not enrolled, and something has to be set right first"
        self._say(f"{what}: {reply.told}")
        return core.wait_after(reply, failures)

    def _wait_for_token(self, says: str) -> None:
        """Stay up, and say what for: a supervisor that restarts us would change nothing."""
        core = self._core
        if core.standing.mode in {Mode.REJECTED, Mode.REVOKED}:
            self._say(says)
        elif core.standing.mode is not Mode.WAITING_FOR_TOKEN or core.standing.says != says:
            core.stand(Standing(Mode.WAITING_FOR_TOKEN, says=says))
            self._said[says] = core.clock.ticks()
        else:
            self._say(says)

    def _say(self, says: str) -> None:
        """Say something once, and again after a while."""
        core, now = self._core, self._core.clock.ticks()
        again = core.timing.say_again
        # One turn may have two things to say, and each has a time of its own.
        self._said = {text: when for text, when in self._said.items() if now - when < again}
        if says not in self._said:
            self._said[says] = now
            core.log.warning("not-enrolled", says)


def is_unspent(reply: Reply) -> bool:
    """Whether it is certain that a call spent no token: it never left, or the contract refused it.

    A gateway that gave up, or an answer that broke off, may hide a success.
    """
    if reply.status is None:
        return reply.code in UNSENT
    is_refused = HTTPStatus.BAD_REQUEST <= reply.status < HTTPStatus.INTERNAL_SERVER_ERROR
    return is_refused and reply.code in set(Code)
