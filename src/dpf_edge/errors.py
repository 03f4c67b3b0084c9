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
    ├── ListenError             a server cannot listen where it was told to
    │   ├── ListenAddress       listen-address       68
    │   ├── ListenTaken         listen-taken         69
    │   └── ListenDenied        listen-denied        77
    ├── TlsUnusable             tls-unusable         78
    ├── PrivateFileError        a file that holds a secret, or the folder for such files
    │   ├── PrivateFileUnwritten private-file-unwritten  73
    │   ├── PrivateFileUnreadable private-file-unreadable 74
    │   ├── PrivateFileBusy     private-file-busy    75
    │   └── PrivateFileUnsafe   private-file-unsafe  77
    ├── NodeError               a node cannot begin, or cannot be asked
    │   ├── StateCorrupt        state-corrupt        65
    │   ├── LogsMissing         logs-missing         66
    │   └── SettingsInvalid     settings-invalid     78
    ├── StoreError              the Authority's store cannot do what was asked
    │   ├── StoreUrl            store-url            64
    │   ├── StoreConflict       store-conflict       65
    │   ├── StoreForeign        store-foreign        65
    │   ├── StoreNewer          store-newer          65
    │   ├── BackupUnusable      backup-unusable      65
    │   ├── StoreMissing        store-missing        66
    │   ├── BackupUnwritten     backup-unwritten     73
    │   ├── StoreNotEmpty       store-not-empty      73
    │   ├── StoreSealed         store-sealed         78
    │   └── StoreUnavailable    the database cannot be used now: nothing was done
    │       ├── StoreUnreachable store-unavailable   69
    │       ├── StoreCorrupt    store-corrupt        65
    │       ├── StoreFull       store-full           74
    │       ├── StoreBusy       store-busy           75
    │       └── StoreDenied     store-denied         77
    ├── SweepUnreadable         sweep-unreadable     65
    ├── Declined                declined             75
    ├── OutputFailed            output-failed        73
    ├── AnswerMalformed         answer-malformed     76
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


# -- authority


class ListenError(DpfEdgeError):
    """A server cannot listen where it was told to."""

    code = "listen"
    exit_code = 69  # EX_UNAVAILABLE


class ListenAddress(ListenError):
    """This machine has no such address, or the name leads nowhere."""

    code = "listen-address"
    exit_code = 68  # EX_NOHOST


class ListenTaken(ListenError):
    """Another program listens there already."""

    code = "listen-taken"


class ListenDenied(ListenError):
    """This user may not listen there."""

    code = "listen-denied"
    exit_code = 77  # EX_NOPERM


class TlsUnusable(DpfEdgeError):
    """A certificate or its key cannot be used."""

    code = "tls-unusable"
    exit_code = 78  # EX_CONFIG


# -- node


class PrivateFileError(DpfEdgeError):
    """A file that holds a secret cannot be used as one."""

    code = "private-file"
    exit_code = 74  # EX_IOERR


class PrivateFileUnwritten(PrivateFileError):
    """The file, or its folder, could not be written; it is as it was."""

    code = "private-file-unwritten"
    exit_code = 73  # EX_CANTCREAT


class PrivateFileUnreadable(PrivateFileError):
    """The file is there, and cannot be read: a folder, a device, too long, or not for this user."""

    code = "private-file-unreadable"


class PrivateFileBusy(PrivateFileError):
    """Another process works in the folder."""

    code = "private-file-busy"
    exit_code = 75  # EX_TEMPFAIL


class PrivateFileUnsafe(PrivateFileError):
    """The file belongs to somebody else, or others may read or replace it."""

    code = "private-file-unsafe"
    exit_code = 77  # EX_NOPERM


class NodeError(DpfEdgeError):
    """A node cannot begin, or cannot be asked."""

    code = "node"


class StateCorrupt(NodeError):
    """The node's state file is no state file, or lacks a part."""

    code = "state-corrupt"
    exit_code = 65  # EX_DATAERR


class LogsMissing(NodeError):
    """There is no log here to show."""

    code = "logs-missing"
    exit_code = 66  # EX_NOINPUT


class SettingsInvalid(NodeError):
    """Some settings cannot be used; the line names all of them."""

    code = "settings-invalid"
    exit_code = 78  # EX_CONFIG


# -- wire


class AnswerMalformed(DpfEdgeError):
    """An Authority answered with what the wire contract does not have."""

    code = "answer-malformed"
    exit_code = 76  # EX_PROTOCOL


# -- store


class StoreError(DpfEdgeError):
    """The Authority's store cannot do what was asked."""

    code = "store"


class StoreUrl(StoreError):
    """What names the store is no URL of a kind that is known."""

    code = "store-url"
    exit_code = 64  # EX_USAGE


class StoreConflict(StoreError):
    """What is kept does not allow it: a state that it cannot follow on, a name that is taken."""

    code = "store-conflict"
    exit_code = 65  # EX_DATAERR


class StoreForeign(StoreError):
    """There is a database, and it is another program's."""

    code = "store-foreign"
    exit_code = 65  # EX_DATAERR


class StoreNewer(StoreError):
    """The store was made or migrated by a newer version of this program."""

    code = "store-newer"
    exit_code = 65  # EX_DATAERR


class BackupUnusable(StoreError):
    """The file is not a backup of a store, or not a whole one."""

    code = "backup-unusable"
    exit_code = 65  # EX_DATAERR


class StoreMissing(StoreError):
    """The store has no such node, token, device or user."""

    code = "store-missing"
    exit_code = 66  # EX_NOINPUT


class BackupUnwritten(StoreError):
    """The backup could not be written; what stood there before is as it was."""

    code = "backup-unwritten"
    exit_code = 73  # EX_CANTCREAT


class StoreNotEmpty(StoreError):
    """A backup goes into an empty store, unless it is told to replace what is there."""

    code = "store-not-empty"
    exit_code = 73  # EX_CANTCREAT


class StoreSealed(StoreError):
    """A secret cannot be sealed or opened: the store was given no key, or another one."""

    code = "store-sealed"
    exit_code = 78  # EX_CONFIG


class StoreUnavailable(StoreError):
    """The database cannot be used now: nothing of what was asked has been done."""

    code = "store-away"
    exit_code = 69  # EX_UNAVAILABLE


class StoreUnreachable(StoreUnavailable):
    """There is no way to the database: it does not run, or its file cannot be opened."""

    code = "store-unavailable"


class StoreCorrupt(StoreUnavailable):
    """The database is damaged."""

    code = "store-corrupt"
    exit_code = 65  # EX_DATAERR


class StoreFull(StoreUnavailable):
    """There is no room left where the database is kept."""

    code = "store-full"
    exit_code = 74  # EX_IOERR


class StoreBusy(StoreUnavailable):
    """Others hold the database for longer than was waited; try again."""

    code = "store-busy"
    exit_code = 75  # EX_TEMPFAIL


class StoreDenied(StoreUnavailable):
    """The database is there, and this user may not use it."""

    code = "store-denied"
    exit_code = 77  # EX_NOPERM


class SweepUnreadable(DpfEdgeError):
    """A file is no sweep that this program can read."""

    code = "sweep-unreadable"
    exit_code = 65  # EX_DATAERR
