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
    ├── DeployError             the node cannot be installed or removed here
    │   ├── DeployJournal       deploy-journal       65
    │   ├── DeployNewer         deploy-newer         65
    │   ├── DeployMissing       deploy-missing       66
    │   ├── DeployUnavailable   deploy-unavailable   69
    │   ├── DeployFailed        deploy-failed        71
    │   ├── DeployForeign       deploy-foreign       73
    │   ├── DeployUnwritten     deploy-unwritten     73
    │   ├── DeployBusy          deploy-busy          75
    │   ├── DeployDenied        deploy-denied        77
    │   └── DeployElsewhere     deploy-elsewhere     78
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

from dpf_edge.errors.deploy import (
    DeployBusy,
    DeployDenied,
    DeployElsewhere,
    DeployError,
    DeployFailed,
    DeployForeign,
    DeployJournal,
    DeployMissing,
    DeployNewer,
    DeployUnavailable,
    DeployUnwritten,
)
from dpf_edge.errors.files import (
    PrivateFileBusy,
    PrivateFileError,
    PrivateFileUnreadable,
    PrivateFileUnsafe,
    PrivateFileUnwritten,
)
from dpf_edge.errors.host import Absent, Denied, Failed, HostError
from dpf_edge.errors.judging import (
    CaptureError,
    CaptureInvalid,
    CaptureMalformed,
    CaptureMissing,
    CaptureTooLarge,
    CaptureUnreadable,
    CaptureVersion,
    PlanBlind,
    SweepUnreadable,
)
from dpf_edge.errors.node import (
    AnswerMalformed,
    LogsMissing,
    NodeError,
    SettingsInvalid,
    StateCorrupt,
)
from dpf_edge.errors.root import Declined, DpfEdgeError, OutputFailed, UnsupportedSystem
from dpf_edge.errors.serving import (
    ListenAddress,
    ListenDenied,
    ListenError,
    ListenTaken,
    TlsUnusable,
)
from dpf_edge.errors.store import (
    BackupUnusable,
    BackupUnwritten,
    StoreBusy,
    StoreConflict,
    StoreCorrupt,
    StoreDenied,
    StoreError,
    StoreForeign,
    StoreFull,
    StoreMissing,
    StoreNewer,
    StoreNotEmpty,
    StoreSealed,
    StoreUnavailable,
    StoreUnreachable,
    StoreUrl,
)
from dpf_edge.errors.wsl import (
    WslConfigBusy,
    WslConfigChanged,
    WslConfigEncoding,
    WslConfigError,
    WslConfigLink,
    WslConfigMissing,
    WslConfigNoUndo,
    WslConfigReadOnly,
    WslConfigTooLarge,
    WslConfigUnreadable,
    WslConfigUnwritten,
    WslConfigWhere,
    WslUnavailable,
)

__all__ = [
    "Absent",
    "AnswerMalformed",
    "BackupUnusable",
    "BackupUnwritten",
    "CaptureError",
    "CaptureInvalid",
    "CaptureMalformed",
    "CaptureMissing",
    "CaptureTooLarge",
    "CaptureUnreadable",
    "CaptureVersion",
    "Declined",
    "Denied",
    "DeployBusy",
    "DeployDenied",
    "DeployElsewhere",
    "DeployError",
    "DeployFailed",
    "DeployForeign",
    "DeployJournal",
    "DeployMissing",
    "DeployNewer",
    "DeployUnavailable",
    "DeployUnwritten",
    "DpfEdgeError",
    "Failed",
    "HostError",
    "ListenAddress",
    "ListenDenied",
    "ListenError",
    "ListenTaken",
    "LogsMissing",
    "NodeError",
    "OutputFailed",
    "PlanBlind",
    "PrivateFileBusy",
    "PrivateFileError",
    "PrivateFileUnreadable",
    "PrivateFileUnsafe",
    "PrivateFileUnwritten",
    "SettingsInvalid",
    "StateCorrupt",
    "StoreBusy",
    "StoreConflict",
    "StoreCorrupt",
    "StoreDenied",
    "StoreError",
    "StoreForeign",
    "StoreFull",
    "StoreMissing",
    "StoreNewer",
    "StoreNotEmpty",
    "StoreSealed",
    "StoreUnavailable",
    "StoreUnreachable",
    "StoreUrl",
    "SweepUnreadable",
    "TlsUnusable",
    "UnsupportedSystem",
    "WslConfigBusy",
    "WslConfigChanged",
    "WslConfigEncoding",
    "WslConfigError",
    "WslConfigLink",
    "WslConfigMissing",
    "WslConfigNoUndo",
    "WslConfigReadOnly",
    "WslConfigTooLarge",
    "WslConfigUnreadable",
    "WslConfigUnwritten",
    "WslConfigWhere",
    "WslUnavailable",
]
