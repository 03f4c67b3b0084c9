"""From a body's bytes to a message and back: what every route does alike."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

import msgspec

from dpf_edge.wire import issues, octets, texts
from dpf_edge.wire.limits import DEPTH, MAX_SAFE_INTEGER
from dpf_edge.wire.refusals import Code, Refusal, invalid_json

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Self

    Shape = Callable[[list[issues.Problem]], dict[str, Any]]

T = TypeVar("T")


class Body(Generic[T]):
    """How one route's body is read: its type, and how it is refused.

    ``shape`` makes the refusal's ``issues``; None leaves them out. ``complete`` may add to a
    parsed body what the contract lets a sender leave out and a type cannot say. ``settle`` makes
    the last of the message, and may raise msgspec.ValidationError.
    """

    def __init__(
        self,
        kind: type[T],
        status: int,
        code: Code,
        shape: Shape | None = None,
        *,
        complete: Callable[[object], object] | None = None,
        settle: Callable[[T], T] | None = None,
    ) -> None:
        self.kind = kind
        self.status = status
        self.code = code
        self._shape = shape
        self._complete = complete
        self._settle = settle
        self._decoder = msgspec.json.Decoder(kind)

    def decode(self, body: bytes) -> T:
        """The message that a body says.

        :raises Refusal: 400 ``invalid_json`` where it is no JSON, and the route's own status and
            code where it does not fit the type.
        """
        body = octets.mended(body)
        if octets.too_deep(body, DEPTH):
            raise invalid_json()
        try:
            message = self._read(body)
        except UNFIT:
            body = self._completed(body)
            message = self._read_or_refuse(body)
        if octets.astral(body):
            # msgspec counts characters, the contract UTF-16 code units.
            self._read_or_refuse(octets.doubled(body))
        return message

    def _read(self, body: bytes) -> T:
        message = self._decoder.decode(body)
        return self._settle(message) if self._settle else message

    def _read_or_refuse(self, body: bytes) -> T:
        try:
            return self._read(body)
        except UNFIT:
            # msgspec's own words may quote the body: they are not repeated.
            raise self._refusal(_parsed(body)) from None

    def _completed(self, body: bytes) -> bytes:
        """The body with its whole numbers written as such, and what may be left out put in."""
        value = _parsed(body)
        if self._complete:
            value = self._complete(value)
        # Looked at first: what does not fit may be large, and is not worth rewriting.
        if any(issues.problems(value, self.kind)):
            raise self._refusal(value)
        return msgspec.json.encode(whole(value))

    def _refusal(self, value: object) -> Refusal:
        if self._shape is None:
            return Refusal(self.status, self.code)
        found = list(islice(issues.problems(value, self.kind), issues.MOST))
        return Refusal(
            self.status,
            self.code,
            "the body does not fit the contract",
            {"issues": self._shape(found or [((), "does not fit the contract")])},
        )


# What msgspec raises for bytes that it cannot take. A RecursionError needs a stack that is nearly
# full already: the depth is looked at before.
UNFIT = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)


def _parsed(body: bytes) -> object:
    try:
        return msgspec.json.decode(body)
    except UNFIT:
        raise invalid_json() from None


def whole(value: object) -> object:
    """A parsed value in which every number that is whole is an int, as in JavaScript."""
    match value:
        case float() if value.is_integer() and abs(value) <= MAX_SAFE_INTEGER:
            return int(value)
        case dict():
            return {key: whole(each) for key, each in value.items()}
        case list():
            return [whole(each) for each in value]
    return value


class Own(Protocol):
    """A class of the contract's own, that msgspec does not know: it says how JSON has it."""

    @classmethod
    def from_wire(cls, value: object) -> Self:
        """The value that JSON has; ValueError where it has none."""

    def to_wire(self) -> object:
        """What JSON has of it."""


def encode(message: object) -> bytes:
    """A message as JSON; what is left out in it is left out of the JSON. Shows secrets.

    A lone surrogate is written as U+FFFD, as it is read.
    """
    try:
        return _ENCODER.encode(message)
    except UnicodeEncodeError:
        return _ENCODER.encode(_sendable(msgspec.to_builtins(message, enc_hook=_written)))


def _sendable(value: object) -> object:
    match value:
        case str():
            return texts.sendable(value)
        case dict():
            return {_sendable(key): _sendable(each) for key, each in value.items()}
        case list() | tuple():
            return [_sendable(each) for each in value]
    return value


def _written(value: Own | msgspec.Raw) -> object:
    return msgspec.json.decode(value) if isinstance(value, msgspec.Raw) else value.to_wire()


_ENCODER = msgspec.json.Encoder(enc_hook=_written)
