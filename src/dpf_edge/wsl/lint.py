"""``wslconfig lint``: what a file sets, and every place where WSL reads it otherwise."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from dpf_edge.model import Severity
from dpf_edge.wsl import rules, settings
from dpf_edge.wsl.rules import Ground
from dpf_edge.wsl.settings import Problem, Setting

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dpf_edge.wsl.keys import Build, Version


CODES: dict[str, str] = {
    "encoding": "WSL cannot read the file, or keeps one byte of a character that has more",
    "invalid-section": "a header that is none; the section before it goes on under a spoilt name",
    "key-outside-section": "a key before any section",
    "invalid-key-name": "a line that begins with no key, or a key without an equals sign",
    "unknown-key": "a key that WSL does not know in this section",
    "duplicate-key": "a key that an earlier line has set, in this section or in its former one",
    "invalid-boolean": "neither true nor false nor 1 nor 0",
    "invalid-integer": "no whole number, or one that WSL takes for another",
    "invalid-size": "no size: digits and a unit in capitals, nothing between",
    "invalid-value": "none of the words, addresses, ports or MACs that the key takes",
    "invalid-escape": "a backslash before what it does not escape; WSL drops the line",
    "suspicious-escape": "a backslash that makes a tab or a line feed of a path's letter",
    "unterminated-quote": "a quote that is not closed; WSL drops the line",
    "swallowed-line": "a backslash at a line's end, which takes the next line into the value",
    "ineffective": "a good setting that does nothing here: its mode, another setting, a policy or "
    "this Windows is against it",
    "deprecated-section": "one of the four settings in [experimental], where it still works",
    "conflict": "two good settings that cannot both be had, or one that needs another",
}
"""What each code of the contract is about."""


class Lint(msgspec.Struct, frozen=True):
    """wslconfig-1: the settings of a file in the order of their lines, and its problems."""

    settings: tuple[Setting, ...]
    problems: tuple[Problem, ...]
    wslconfig: int = 1

    @property
    def worst(self) -> Severity | None:
        """The severest of its problems; None where there is none."""
        found = {problem.severity for problem in self.problems}
        return next((severity for severity in Severity if severity in found), None)


def lint(
    data: bytes,
    *,
    policies: Mapping[str, int] | None = None,
    build: Build | None = None,
    version: Version | None = None,
) -> Lint:
    """What a file sets and what is wrong with it. Never fails, whatever the bytes.

    A setting that WSL reports as a second one is a ``duplicate-key``, in one section or in two. A
    good setting that does nothing is ``ineffective``; two good ones that cannot both be had are a
    ``conflict``.

    :param policies: what HKLM\\Software\\Policies\\WSL holds.
    :param build: Windows', to judge by its age.
    :param version: WSL's, likewise; without it the newest is meant.
    """
    reading = settings.read(data, version)
    ground = Ground(build, version, policies or {})
    found = {*reading.problems, *rules.problems(reading, ground)}
    ordered = sorted(found, key=lambda each: (each.line, each.code, each.message))
    return Lint(reading.settings, tuple(ordered))
