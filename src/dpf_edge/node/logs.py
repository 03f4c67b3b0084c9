"""The node's log: one JSON object a line, for machines; the same in words, for whoever looks on.

Every line is masked before it is written, so that a token that found its way into an error's words
does not find it into a file.
"""

from __future__ import annotations

import os
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import msgspec

from dpf_edge.wire import times, tokens

if TYPE_CHECKING:
    from collections.abc import Callable

    from dpf_edge.host.clock import Clock

NAME = "node.log"
# A node that works says a line a sweep and one a delivery: 150 KB a day. A file of 4 MiB holds some
# weeks of that, and it and the three that are put aside hold a day of the worst.
FILE_BYTES, FILES = 4 << 20, 3
# A line is for reading; whoever needs more looks where the line points.
VALUE_CHARACTERS = 500


class Severity(StrEnum):
    """How much a line matters."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class Log:
    """Where a node says what it does. Each sink gets a line as data, and decides how it looks."""

    def __init__(self, clock: Clock, *sinks: Callable[[dict[str, Any]], None]) -> None:
        self._clock = clock
        self._sinks = sinks

    def say(self, severity: Severity, event: str, text: str, **facts: object) -> None:
        """One line.

        :param event: a word in kebab-case, to search for.
        :param text: a sentence, for people.
        :param facts: what it is about; those that are None are left out.
        """
        line: dict[str, Any] = {
            "time": times.stamp(self._clock.wall()),
            "level": severity.value,
            "event": event,
            "text": bounded(text),
        }
        line |= {name: bounded(value) for name, value in facts.items() if value is not None}
        for sink in self._sinks:
            sink(line)

    def tell(self, event: str, text: str, **facts: object) -> None:
        """What a node does."""
        self.say(Severity.INFO, event, text, **facts)

    def warning(self, event: str, text: str, **facts: object) -> None:
        """What it can do without, for now."""
        self.say(Severity.WARNING, event, text, **facts)

    def fail(self, event: str, text: str, **facts: object) -> None:
        """What keeps it from its work."""
        self.say(Severity.ERROR, event, text, **facts)


def bounded(value: object) -> object:
    """A value as a line may hold it: numbers as they are, all else as text, masked and cut."""
    if isinstance(value, bool | int | float):
        return value
    if isinstance(value, list | tuple):
        return [bounded(each) for each in value[:20]]
    return tokens.redacted(str(value))[:VALUE_CHARACTERS]


def as_json(line: dict[str, Any]) -> str:
    """A line for the file."""
    return msgspec.json.encode(line).decode()


def as_words(line: dict[str, Any]) -> str:
    """A line for whoever looks on: the time, how much it matters, the sentence."""
    mark = "" if line["level"] == Severity.INFO else f"{line['level']}: "
    return f"{line['time'][:19]}Z {mark}{line['text']}"


def path_in(folder: str) -> str:
    """Where the log is."""
    return os.path.join(folder, NAME)  # noqa: PTH118
