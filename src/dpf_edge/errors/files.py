"""What is wrong with a file that holds a secret."""

from __future__ import annotations

from dpf_edge.errors.root import DpfEdgeError


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
