"""How a node stands with its Authority: a pure state machine, fed with what the Authority says.

Nothing here acts. A loop asks what the standing allows, does that, and feeds back what it heard.
"""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

from dpf_edge.node.replies import Act
from dpf_edge.wire.vocabulary import Capability, TrustState

# How often in a row a token must be unknown before that is final. A published Authority forgets
# the token of a node that it revokes, so this is how revocation is heard; one that is being
# restored from a backup says the same for a few minutes.
REJECTIONS = 5


class Mode(StrEnum):
    """What a node is doing, in one word: what ``status`` shows."""

    ENROLLING = "enrolling"
    """It has a bootstrap token, and asks the Authority to take it."""
    WAITING_FOR_TOKEN = "waiting-for-token"  # noqa: S105 -- a state, no password
    """It has none that is any use; an operator issues one."""
    PENDING = "pending"
    """It is known, and waits to be approved: it beats and holds what it has."""
    TRUSTED = "trusted"
    """It beats, sweeps and delivers."""
    QUARANTINED = "quarantined"
    """An operator has paused it: it beats and holds what it has."""
    REJECTED = "credential-rejected"
    """Its token is not known any more: it asks rarely, keeps all, takes a new bootstrap token."""
    MISCONFIGURED = "misconfigured"
    """What it is set to does not work: a URL, a certificate, a proxy. It beats rarely, and goes on
    as it was trusted before."""
    REVOKED = "revoked"
    """It was revoked: nothing is sent any more until an operator gives it a new bootstrap token."""


OF_STATE = {
    TrustState.PENDING: Mode.PENDING,
    TrustState.TRUSTED: Mode.TRUSTED,
    TrustState.QUARANTINED: Mode.QUARANTINED,
    TrustState.REVOKED: Mode.REVOKED,
}
# Where what the Authority last said still holds, as far as the node can know.
AS_TRUSTED = frozenset({Mode.TRUSTED, Mode.MISCONFIGURED})
# Where a node still has a token that an Authority may know again.
ENROLLED = frozenset(
    {Mode.PENDING, Mode.TRUSTED, Mode.QUARANTINED, Mode.REJECTED, Mode.MISCONFIGURED}
)


class Standing(NamedTuple):
    """How a node stands.

    :ivar trust: what the Authority last said of it.
    :ivar accepted: the capabilities that the Authority accepts now.
    :ivar rejections: how often in a row its token was not known.
    :ivar is_held: whether a submission was refused since trust was last heard of by heartbeat.
    :ivar says: why it stands so, where that needs saying.
    """

    mode: Mode
    trust: TrustState | None = None
    accepted: tuple[str, ...] = ()
    rejections: int = 0
    is_held: bool = False
    says: str = ""

    @property
    def may_deliver(self) -> bool:
        """Whether what waits may be sent. What was taken while it was accepted may still go."""
        is_trusted = self.trust is TrustState.TRUSTED and self.mode in AS_TRUSTED
        return is_trusted and not self.is_held and self.rejections == 0

    @property
    def may_sweep(self) -> bool:
        """Whether a sweep may be taken: the node does what was accepted, and nothing else."""
        return self.may_deliver and Capability.DISCOVERY_NETWORK in self.accepted

    @property
    def may_enrol(self) -> bool:
        """Whether a new bootstrap token would be used."""
        return self.mode in {
            Mode.ENROLLING,
            Mode.WAITING_FOR_TOKEN,
            Mode.REJECTED,
            Mode.REVOKED,
        }

    @property
    def may_beat(self) -> bool:
        """Whether heartbeats are sent."""
        return self.mode in ENROLLED


def of_state(trust: TrustState, accepted: tuple[str, ...]) -> Standing:
    """The standing of a node that was enrolled before, as far as it knows."""
    return Standing(OF_STATE[trust], trust, accepted)


def heard(before: Standing, trust: TrustState, accepted: tuple[str, ...] | None) -> Standing:
    """After a heartbeat was answered: that is the truth, whatever was before.

    :param accepted: None where the Authority did not say; then it stays.
    """
    return of_state(trust, before.accepted if accepted is None else accepted)


def refused(before: Standing, act: Act, says: str, *, by_heartbeat: bool) -> Standing:
    """After a call was refused, or failed.

    A submission that is refused for want of trust stops submissions at once; what the node *is*
    only heartbeats decide, so a proxy that answers one route with 403 pauses that and no more.
    """
    match act:
        case Act.REVOKED:
            return before._replace(mode=Mode.REVOKED, says=says)
        case Act.REJECTED:
            rejections = max(1, before.rejections + (1 if by_heartbeat else 0))
            is_final = rejections >= REJECTIONS
            mode = Mode.REJECTED if is_final else before.mode
            return before._replace(mode=mode, rejections=rejections, says=says)
        case Act.MISCONFIGURED | Act.HOLD | Act.ABSENT if by_heartbeat:
            mode = before.mode if before.mode is Mode.REJECTED else Mode.MISCONFIGURED
            return before._replace(mode=mode, says=says)
        case Act.HOLD:
            return before._replace(is_held=True, says=says)
    return before


def is_news(before: Standing, after: Standing) -> bool:
    """Whether a person would want to know of the difference.

    What is accepted of a node that is not trusted changes nothing yet.
    """
    is_other = after.mode is Mode.TRUSTED and before.accepted != after.accepted
    return before.mode is not after.mode or is_other


def told(standing: Standing) -> str:
    """A standing in words."""
    if standing.mode is Mode.TRUSTED and not standing.accepted:
        return f"{standing.mode.value}, and nothing of it is accepted"
    return f"{standing.mode.value}: {standing.says}" if standing.says else standing.mode.value
