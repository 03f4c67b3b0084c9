"""Files that hold secrets: for their owner alone, checked before they are read, written whole.

POSIX has modes and owners, which are checked. On Windows a folder that is made here gets an access
list for the system, administrators and this account alone, which its files inherit; one that was
there keeps the list that whoever made it gave it.
"""

from __future__ import annotations

import contextlib
import os
import stat
import sys
from typing import TYPE_CHECKING, NamedTuple

from dpf_edge.errors import (
    HostError,
    PrivateFileBusy,
    PrivateFileUnreadable,
    PrivateFileUnsafe,
    PrivateFileUnwritten,
)
from dpf_edge.host import file_calls
from dpf_edge.host.file_calls import (
    BINARY,
    CLOSED_ON_EXEC,
    NO_FOLLOWING,
    NO_WAITING,
    sync_folder,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

# The longest such file, a certificate chain with its key, stays under 64 KiB.
MOST_BYTES = 1 << 20
OWNER_ONLY = 0o600
OWNER_ONLY_FOLDER = 0o700


class Shown(NamedTuple):
    """A secret that somebody else put there, and whether more than its owner can read it."""

    data: bytes
    exposed: bool


def read(path: str) -> bytes | None:
    """A private file's bytes; None where there is none. Its mode and owner are looked at first.

    :raises PrivateFileUnsafe: its mode is not 0600, it is another user's, or it is a link.
    :raises PrivateFileUnreadable: it is no regular file, longer than a MiB, or cannot be read.
    """
    handle = opened(path, NO_FOLLOWING)
    if handle is None:
        return None
    try:
        found = os.fstat(handle)
        must_be_private(path, found)
        return content(path, handle, found)
    finally:
        os.close(handle)


def read_given(path: str) -> Shown | None:
    """A secret that was put there for this process, by whatever way: None where there is none.

    A secret that an orchestrator mounts is a link, belongs to root and may be read by all of the
    container, so nothing of that is refused; it is only said.

    :raises PrivateFileUnreadable: as :func:`read`.
    """
    handle = opened(path, 0)
    if handle is None:
        return None
    try:
        found = os.fstat(handle)
        exposed = sys.platform != "win32" and bool(found.st_mode & 0o077)
        return Shown(content(path, handle, found), exposed)
    finally:
        os.close(handle)


def opened(path: str, flags: int) -> int | None:
    """A file, open for reading; None where there is none."""
    try:
        return os.open(path, os.O_RDONLY | BINARY | NO_WAITING | CLOSED_ON_EXEC | flags)
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        if NO_FOLLOWING and flags & NO_FOLLOWING and is_link(path):
            raise PrivateFileUnsafe(
                f"{path}: a symbolic link, which leads to whatever its owner likes",
                "put the file itself there",
            ) from error
        raise unreadable(path, error) from error


def content(path: str, handle: int, found: os.stat_result) -> bytes:
    """What an open file holds.

    :raises PrivateFileUnreadable: as :func:`read`.
    """
    if not stat.S_ISREG(found.st_mode):
        raise PrivateFileUnreadable(f"{path}: not a regular file")
    try:
        with open(handle, "rb", closefd=False) as file:
            data = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise unreadable(path, error) from error
    if len(data) > MOST_BYTES:
        raise PrivateFileUnreadable(f"{path}: longer than {MOST_BYTES >> 20} MiB")
    return data


def must_be_private(path: str, found: os.stat_result) -> None:
    """Make sure that nobody but this process's user has, or had, a way to a file.

    :raises PrivateFileUnsafe: somebody does.
    """
    if sys.platform == "win32" or not stat.S_ISREG(found.st_mode):
        return
    if found.st_uid != os.getuid():
        raise PrivateFileUnsafe(
            f"{path}: belongs to user {found.st_uid}, and this process is user {os.getuid()}",
            f"run as that user, or: chown {os.getuid()} {path}",
        )
    mode = stat.S_IMODE(found.st_mode)
    if mode != OWNER_ONLY:
        raise PrivateFileUnsafe(
            f"{path}: has mode {mode:04o}, and holds a secret",
            f"whoever could read it may have: replace the secret, then chmod 600 {path}",
        )


def write(path: str, data: bytes, *, is_lasting: bool = True) -> None:
    """Write a private file in one step: beside it, synced, renamed over it, the folder synced.

    A process that is killed in between leaves the former file; a machine that loses power leaves
    the one or the other, and never a part.

    :param is_lasting: whether it matters after a loss of power; without that nothing is synced,
        which spares a flash card that is written to every few seconds.
    :raises PrivateFileUnwritten: it could not be written; it is as it was.
    """
    draft = f"{path}.tmp.{os.getpid()}"
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | BINARY | NO_FOLLOWING | CLOSED_ON_EXEC
    try:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(draft)  # noqa: PTH108 -- of a process that had this number and was killed
        handle = os.open(draft, flags, OWNER_ONLY)
        try:
            left = memoryview(data)
            while left:
                left = left[os.write(handle, left) :]
            if is_lasting:
                os.fsync(handle)
        finally:
            os.close(handle)
        os.replace(draft, path)  # noqa: PTH105
        if is_lasting:
            sync_folder(path)
    except (OSError, ValueError) as error:
        with contextlib.suppress(OSError, ValueError):
            os.unlink(draft)  # noqa: PTH108
        raise unwritten(path, error) from error


def remove(path: str) -> None:
    """Remove a file, where it is there, for good.

    :raises PrivateFileUnwritten: it is there, and could not be removed.
    """
    try:
        os.unlink(path)  # noqa: PTH108
        sync_folder(path)
    except FileNotFoundError:
        return
    except OSError as error:
        raise unwritten(path, error) from error


def prepare(folder: str) -> None:
    """Make a folder for private files where there is none, and prove that files can be kept there.

    Proven by doing: a file is written, synced, renamed and removed. What can be told without (a
    mode, free space) is wrong on network file systems and read-only mounts.

    :raises PrivateFileUnsafe: anybody may replace files in it.
    :raises PrivateFileUnwritten: it cannot be made, or nothing can be written in it.
    """
    try:
        is_new = not os.path.isdir(folder)  # noqa: PTH112
        os.makedirs(folder, OWNER_ONLY_FOLDER, exist_ok=True)  # noqa: PTH103
        if is_new and sys.platform == "win32":
            protect(folder)
        found = os.stat(folder)  # noqa: PTH116
    except (OSError, ValueError) as error:
        raise unwritten(folder, error) from error
    mode = stat.S_IMODE(found.st_mode)
    if sys.platform != "win32" and mode & stat.S_IWOTH and not mode & stat.S_ISVTX:
        raise PrivateFileUnsafe(
            f"{folder}: has mode {mode:04o}, so that anybody may replace what stands there",
            f"chmod 700 {folder}",
        )
    proof = os.path.join(folder, ".writable")  # noqa: PTH118
    write(proof, b"dpf-edge\n")
    remove(proof)


def protect(folder: str) -> None:
    """Give a new folder of Windows to this account, administrators and the system alone.

    :raises PrivateFileUnwritten: its access list cannot be set.
    """
    from dpf_edge.host import windows_acl

    try:
        windows_acl.protect(folder)
    except HostError as error:
        raise PrivateFileUnwritten(str(error)) from error


def sweep_drafts(folder: str) -> None:
    """Remove what writers that were killed left behind: for whoever has the folder alone."""
    with contextlib.suppress(OSError):
        for name in os.listdir(folder):  # noqa: PTH208
            before, dot, number = name.rpartition(".tmp.")
            if before and dot and number.isdecimal():
                os.unlink(os.path.join(folder, name))  # noqa: PTH108, PTH118


@contextlib.contextmanager
def alone(path: str) -> Iterator[None]:
    """Keep a folder to this process by a lock file; the kernel gives it back when it dies.

    :raises PrivateFileBusy: another process has it.
    :raises PrivateFileUnwritten: the lock file could not be made.
    """
    flags = os.O_RDWR | os.O_CREAT | NO_FOLLOWING | CLOSED_ON_EXEC
    try:
        handle = os.open(path, flags, OWNER_ONLY)
    except (OSError, ValueError) as error:
        raise unwritten(path, error) from error
    try:
        lock(handle, path)
        yield
    finally:
        os.close(handle)


def lock(handle: int, path: str) -> None:
    """Lock an open file, or say who has it.

    :raises PrivateFileBusy: another process has it.
    """
    try:
        file_calls.lock(handle)
    except OSError as error:
        raise PrivateFileBusy(
            f"{path}: another process works in this folder",
            "stop it first, or give this one a folder of its own",
        ) from error


def is_link(path: str) -> bool:
    """Whether a path is a symbolic link, wherever that leads."""
    try:
        return stat.S_ISLNK(os.lstat(path).st_mode)
    except (OSError, ValueError):
        return False


def unreadable(path: str, error: OSError | ValueError) -> PrivateFileUnreadable:
    """What to say of a file that could not be read."""
    why = error.strerror if isinstance(error, OSError) else str(error)
    return PrivateFileUnreadable(f"{path}: {why}")


def unwritten(path: str, error: OSError | ValueError) -> PrivateFileUnwritten:
    """What to say of a file that could not be written."""
    why = error.strerror if isinstance(error, OSError) else str(error)
    return PrivateFileUnwritten(f"{path}: {why}", "the folder must be writable by this user")
