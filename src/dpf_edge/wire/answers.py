"""What a node reads: an Authority's answers, of whichever version, and its refusals.

Fields that are not known are dropped, and 60.0 is 60. An Authority is trusted with what the node
does, not with the node's memory, log or terminal: what it says is bounded here.
"""

from __future__ import annotations

import re
from typing import Any, TypeVar

import msgspec

from dpf_edge.errors import AnswerMalformed
from dpf_edge.wire import octets, texts, tokens
from dpf_edge.wire.body import UNFIT, Own, whole
from dpf_edge.wire.limits import DEPTH, MAX_SAFE_INTEGER
from dpf_edge.wire.refusals import RETRY_AFTER, RETRY_AFTER_SEC, Refusal

T = TypeVar("T")

CODE = 100  # the longest code of the contract has 35 characters, and "a->b" behind it
MESSAGE = 500  # one line for a log

_CODE = re.compile(r"[A-Za-z0-9_ .<>-]+")
_COUNTS = (RETRY_AFTER, RETRY_AFTER_SEC, "maxBytes", "itemIndex")


def read(body: bytes, kind: type[T]) -> T:
    """The answer that an Authority's body says.

    :raises AnswerMalformed: it is not JSON, or not this answer.
    """
    body = octets.mended(body)
    try:
        if octets.too_deep(body, DEPTH):
            raise _malformed(kind)
        plain = whole(msgspec.json.decode(body))
        return msgspec.convert(plain, kind, dec_hook=_made)
    except UNFIT:
        raise _malformed(kind) from None


def refused(status: int, body: bytes) -> Refusal:
    """The refusal that an Authority's body says; without a code where it says none.

    A proxy's error page is a refusal too, so this never fails. The message is one line, without
    tokens; the contract's numbers are kept where they are numbers.
    """
    body = octets.mended(body)
    said: object = None
    if not octets.too_deep(body, DEPTH):
        try:
            said = msgspec.json.decode(body)
        except UNFIT:
            said = None
    if not isinstance(said, dict):
        return Refusal(status, "")
    code, message = said.get("error"), said.get("message")
    if not isinstance(code, str) or len(code) > CODE or not _CODE.fullmatch(code):
        code = ""
    counts = {name: said[name] for name in _COUNTS if _counts(said.get(name))}
    return Refusal(status, code, _line(message) if isinstance(message, str) else None, counts)


def _counts(value: Any) -> bool:  # noqa: ANN401 — from JSON: anything
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return number and 0 <= value <= MAX_SAFE_INTEGER


def _line(message: str) -> str:
    one = "".join(each if each.isprintable() else " " for each in message[: 2 * MESSAGE])
    return texts.shortened(tokens.redacted(one), MESSAGE)


def _malformed(kind: type) -> AnswerMalformed:
    route = kind.__module__.rpartition(".")[2]
    return AnswerMalformed(
        f"what answered is no DPF Authority, or not one of this version ({route})",
        hint="check the Authority's URL, and whether a proxy's page answers in its place",
    )


def _made(kind: type[Own], value: object) -> Own:
    return kind.from_wire(value)
