"""What can go wrong, as one tree; each leaf has a stable code and a stable exit code.

::

    DpfEdgeError
    ├── CaptureError            a capture cannot be judged
    │   ├── CaptureMissing      capture-missing      66
    │   ├── CaptureUnreadable   capture-unreadable   74
    │   ├── CaptureTooLarge     capture-too-large    65
    │   ├── CaptureMalformed    capture-malformed    65
    │   ├── CaptureVersion      capture-version      65
    │   └── CaptureInvalid      capture-invalid      65
    ├── WslConfigError          a .wslconfig cannot be read or written
    │   ├── WslConfigWhere      wslconfig-where      64
    │   ├── WslConfigTooLarge   wslconfig-too-large  65
    │   ├── WslConfigEncoding   wslconfig-encoding   65
    │   ├── WslConfigMissing    wslconfig-missing    66
    │   ├── WslConfigNoUndo     wslconfig-no-undo    66
    │   ├── WslConfigUnwritten  wslconfig-unwritten  73
    │   ├── WslConfigLink       wslconfig-link       73
    │   ├── WslConfigChanged    wslconfig-changed    73
    │   ├── WslConfigUnreadable wslconfig-unreadable 74
    │   ├── WslConfigBusy       wslconfig-busy       75
    │   └── WslConfigReadOnly   wslconfig-read-only  77
    ├── PlanBlind               plan-blind           78
    ├── WslUnavailable          wsl-unavailable      69
    ├── Declined                declined             75
    ├── OutputFailed            output-failed        73
    ├── UnsupportedSystem       unsupported-system   69
    └── HostError               one thing could not be learnt from the machine: never
        │                       reaches a user, it becomes a line of evidence
        ├── Absent              it is not there
        ├── Denied              it is there, and may not be read
        └── Failed              it is there, and lies, hangs, floods or breaks off

Exit codes above 63 are those of sysexits(3), so that they stay clear of 0, 1 and 2, which
``diagnose --check`` and ``wslconfig lint`` answer with. A code that is not in this tree is a
failure too.
"""

from __future__ import annotations

from typing import ClassVar


class DpfEdgeError(Exception):
    """What a command reports in one line and ends with: what, where, what to do."""

    code: ClassVar[str] = "internal"
    exit_code: ClassVar[int] = 70  # EX_SOFTWARE

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.hint = hint


class CaptureError(DpfEdgeError):
    """A capture cannot be judged."""

    code = "capture"
    exit_code = 65  # EX_DATAERR


class CaptureMissing(CaptureError):
    """There is no file by that name."""

    code = "capture-missing"
    exit_code = 66  # EX_NOINPUT


class CaptureUnreadable(CaptureError):
    """The file is there, and cannot be read."""

    code = "capture-unreadable"
    exit_code = 74  # EX_IOERR


class CaptureTooLarge(CaptureError):
    """The file is larger than any machine's capture can be."""

    code = "capture-too-large"


class CaptureMalformed(CaptureError):
    """The file is not JSON, or breaks off."""

    code = "capture-malformed"


class CaptureVersion(CaptureError):
    """The file is a capture of a version this program does not know."""

    code = "capture-version"


class CaptureInvalid(CaptureError):
    """The file is JSON and does not fit capture-1: a wrong type, or one thing twice."""

    code = "capture-invalid"


class WslConfigError(DpfEdgeError):
    """A .wslconfig cannot be read or written."""

    code = "wslconfig"
    exit_code = 65  # EX_DATAERR


class WslConfigWhere(WslConfigError):
    """Which .wslconfig is meant cannot be told here: it takes --file."""

    code = "wslconfig-where"
    exit_code = 64  # EX_USAGE


class WslConfigTooLarge(WslConfigError):
    """The file is larger than any .wslconfig."""

    code = "wslconfig-too-large"


class WslConfigEncoding(WslConfigError):
    """WSL can read nothing of the file, so no change to it would count."""

    code = "wslconfig-encoding"


class WslConfigMissing(WslConfigError):
    """There is no file by that name, or no folder for it."""

    code = "wslconfig-missing"
    exit_code = 66  # EX_NOINPUT


class WslConfigNoUndo(WslConfigError):
    """There is nothing to undo: no backup that belongs to the file."""

    code = "wslconfig-no-undo"
    exit_code = 66  # EX_NOINPUT


class WslConfigUnwritten(WslConfigError):
    """The file could not be written; it is as it was."""

    code = "wslconfig-unwritten"
    exit_code = 73  # EX_CANTCREAT


class WslConfigLink(WslConfigError):
    """The file is a symbolic link, and only files are written."""

    code = "wslconfig-link"
    exit_code = 73  # EX_CANTCREAT


class WslConfigChanged(WslConfigError):
    """The file was changed by somebody else since, and is not overwritten."""

    code = "wslconfig-changed"
    exit_code = 73  # EX_CANTCREAT


class WslConfigUnreadable(WslConfigError):
    """The file is there, and cannot be read: a folder, a device, or not for this user."""

    code = "wslconfig-unreadable"
    exit_code = 74  # EX_IOERR


class WslConfigBusy(WslConfigError):
    """Another program holds the file or is writing it; try again."""

    code = "wslconfig-busy"
    exit_code = 75  # EX_TEMPFAIL


class WslConfigReadOnly(WslConfigError):
    """The file is not to be written, by its mode or by its owner."""

    code = "wslconfig-read-only"
    exit_code = 77  # EX_NOPERM


class PlanBlind(DpfEdgeError):
    """The form of the node that was asked for cannot see the LAN here."""

    code = "plan-blind"
    exit_code = 78  # EX_CONFIG


class WslUnavailable(DpfEdgeError):
    """There is no WSL here to restart, or it does not answer."""

    code = "wsl-unavailable"
    exit_code = 69  # EX_UNAVAILABLE


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


class HostError(DpfEdgeError):
    """One thing could not be learnt from the machine."""

    code = "host"


class Absent(HostError):
    """It is not there."""

    code = "absent"


class Denied(HostError):
    """It is there, and this process may not read it."""

    code = "denied"


class Failed(HostError):
    """It is there, and what it gave cannot be used."""

    code = "failed"
