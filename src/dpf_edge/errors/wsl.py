"""What is wrong with `.wslconfig`, or with WSL itself."""

from __future__ import annotations

from dpf_edge.errors.root import DpfEdgeError


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


class WslUnavailable(DpfEdgeError):
    """There is no WSL here to restart, or it does not answer."""

    code = "wsl-unavailable"
    exit_code = 69  # EX_UNAVAILABLE
