"""What an Authority's answer means for what was sent: one table, read from the top.

A run is dropped only where an Authority itself, in the contract's words, refused it for good. A
proxy's error page, a captive portal's *200* and a login page say nothing about a run, which is
held.
"""

from __future__ import annotations

import email.utils
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from dpf_edge.errors import AnswerMalformed
from dpf_edge.host.http import Cause, Exchange, NoAnswer
from dpf_edge.wire import answers
from dpf_edge.wire.refusals import Code

if TYPE_CHECKING:
    from collections.abc import Callable

    from dpf_edge.wire.refusals import Refusal


class Act(StrEnum):
    """What to do about an answer."""

    DONE = "done"
    """It has arrived."""
    HOLD = "hold"
    """The node is not trusted now: keep it, and hear by heartbeat when it is."""
    REVOKED = "revoked"
    """The node was revoked: stop, keep a tombstone, and wait for an operator."""
    REJECTED = "rejected"
    """The token is not known: a revoked node hears this too. Keep all; sustained, it is final."""
    MISCONFIGURED = "misconfigured"
    """A person has to set something right: keep it, and ask rarely."""
    ABSENT = "absent"
    """There is no such route at this Authority: keep it, and ask very rarely."""
    WAIT = "wait"
    """Too often: come back when told to."""
    RETRY = "retry"
    """It may work later: keep it, and come back after a while that grows."""
    SPLIT = "split"
    """Too large: send it in parts."""
    SHRINK = "shrink"
    """One item of it is too large: send it with less of that."""
    STALE = "stale"
    """Too old or from the future, by the Authority's clock: compare the clocks."""
    DROP = "drop"
    """Refused for good: put it aside, with the reason."""


class Reply(NamedTuple):
    """An answer, understood.

    :ivar status: None where there was no answer.
    :ivar code: the contract's code, or the cause for which there was no answer.
    :ivar retry_after: how many seconds the Authority wants to be left alone.
    :ivar item_index: which item was too large.
    :ivar date: the Authority's clock.
    """

    act: Act
    status: int | None = None
    code: str | None = None
    says: str = ""
    retry_after: float | None = None
    item_index: int | None = None
    date: float | None = None

    @property
    def reason(self) -> str:
        """The code, or what stands for it: a word that drops and failures are counted by."""
        return self.code or (f"http-{self.status}" if self.status else self.act.value)

    @property
    def told(self) -> str:
        """The reason with what was said of it, for a person."""
        return f"{self.reason}: {self.says}" if self.says else self.reason


class Rule(NamedTuple):
    """One row of the table: which statuses, with which code if it matters, mean what."""

    statuses: range
    act: Act
    codes: frozenset[str] = frozenset()
    needs_code: bool = False


def only(status: int) -> range:
    """One status."""
    return range(status, status + 1)


STALE = frozenset({Code.STALE_OBSERVATION, Code.STALE_PAYLOAD, Code.STALE_CANDIDATE_SNAPSHOT})

RULES: tuple[Rule, ...] = (
    Rule(range(200, 300), Act.DONE),
    Rule(only(401), Act.REVOKED, frozenset({Code.NODE_REVOKED})),
    Rule(only(401), Act.REJECTED, frozenset({Code.TOKEN_NOT_FOUND})),
    Rule(only(401), Act.MISCONFIGURED),
    Rule(only(403), Act.HOLD),
    Rule(only(404), Act.ABSENT),
    Rule(only(405), Act.ABSENT),
    Rule(only(410), Act.ABSENT),
    Rule(only(408), Act.RETRY),
    Rule(only(413), Act.SHRINK, frozenset({Code.RAW_DATA_TOO_LARGE})),
    Rule(only(413), Act.SPLIT),
    Rule(only(400), Act.STALE, STALE),
    Rule(only(422), Act.STALE, STALE),
    Rule(only(400), Act.DROP, needs_code=True),
    Rule(only(422), Act.DROP, needs_code=True),
    Rule(only(429), Act.WAIT),
    Rule(range(500, 600), Act.RETRY),
    # Whatever else it is, it was not the contract that spoke: a proxy, a portal, another program.
    Rule(range(600), Act.MISCONFIGURED),
)
CAUSES = {
    Cause.UNTRUSTED: Act.MISCONFIGURED,
    Cause.REDIRECTED: Act.MISCONFIGURED,
}


def understood(
    answer: Exchange | NoAnswer, now: float, fits: Callable[[bytes], object] | None = None
) -> Reply:
    """What an answer means.

    :param now: the wall clock, for a Retry-After that is a date.
    :param fits: reads the body of a success, and raises AnswerMalformed where it is none.
    """
    if isinstance(answer, NoAnswer):
        act = CAUSES.get(answer.cause, Act.RETRY)
        return Reply(act, None, answer.cause.value, answer.says)
    said = answers.refused(answer.status, answer.body)
    act, code, says = act_for(answer.status, said.code), said.code or None, said.message or ""
    if act is Act.DONE:
        code, says = None, ""
        try:
            if fits is not None:
                fits(answer.body)
        except AnswerMalformed as error:
            act, code, says = Act.RETRY, error.code, str(error)
    index = said.extra.get("itemIndex")
    return Reply(
        act,
        answer.status,
        code,
        says,
        retry_after(answer, said, now),
        None if index is None else int(index),
        answer.date,
    )


def act_for(status: int, code: str) -> Act:
    """What a status and a code mean: the first rule that they fit."""
    for rule in RULES:
        if status not in rule.statuses or (rule.codes and code not in rule.codes):
            continue
        if rule.needs_code and code not in set(Code):
            continue
        return rule.act
    return Act.MISCONFIGURED


def retry_after(answer: Exchange, said: Refusal, now: float) -> float | None:
    """How many seconds a server wants to be left alone: its header, or else its body."""
    text = answer.headers.get("retry-after", "").strip()
    if text.isascii() and text.isdecimal():
        return float(text[:9])
    try:
        # RFC 9110 section 10.2.3 allows a date. The server's own clock tells how far off it is.
        until = email.utils.parsedate_to_datetime(text).timestamp()
        return max(0.0, until - (answer.date if answer.date is not None else now))
    except (ValueError, TypeError, OverflowError):
        pass
    return None if said.retry_after is None else float(said.retry_after)
