"""The root of the tree, and what any command may end with."""

from __future__ import annotations

from typing import ClassVar


class DpfEdgeError(Exception):
    """What a command reports in one line and ends with: what, where, what to do."""

    code: ClassVar[str] = "internal"
    exit_code: ClassVar[int] = 70  # EX_SOFTWARE

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.hint = hint


class Declined(DpfEdgeError):
    """It was asked whether to go on, and the answer was not yes."""

    code = "declined"
    exit_code = 75  # EX_TEMPFAIL


class OutputFailed(DpfEdgeError):
    """What was asked for could not be written."""

    code = "output-failed"
    exit_code = 73  # EX_CANTCREAT


class UnsupportedSystem(DpfEdgeError):
    """This operating system cannot be read live yet."""

    code = "unsupported-system"
    exit_code = 69  # EX_UNAVAILABLE
