"""A file that is read whole, held against others, and replaced whole: the mechanism.

``wslconfig_file`` is the one that uses it; so the errors are those of a ``.wslconfig``.
"""

from __future__ import annotations

import contextlib
import os
import stat
import sys
from typing import TYPE_CHECKING, NamedTuple

from dpf_edge.errors import (
    WslConfigBusy,
    WslConfigChanged,
    WslConfigLink,
    WslConfigMissing,
    WslConfigReadOnly,
    WslConfigTooLarge,
    WslConfigUnreadable,
    WslConfigUnwritten,
)
from dpf_edge.host.file_calls import (
    BINARY,
    CLOSED_ON_EXEC,
    NO_FOLLOWING,
    NO_WAITING,
    is_held,
    sync_folder,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

DRAFT = ".dpf-edge.tmp"
# WSL knows some sixty keys; a file with all of them and a page of comment each has 256 KiB.
MOST_BYTES = 1 << 20
# How often a file that changes while it is read is read again before that is said.
TRIES = 3
READ = os.O_RDONLY | BINARY | NO_WAITING | CLOSED_ON_EXEC


class Hold(NamedTuple):
    """A file that is kept to this process: its mode and owner, and itself, open; None where there
    is none, and on Windows, where an open file could not be replaced."""

    like: os.stat_result | None
    handle: int | None


def read(path: str) -> bytes | None:
    """The bytes of a file; None where there is none. A symbolic link is followed, as WSL does.

    :raises WslConfigUnreadable: a folder, a pipe or a device, or not to be read by this user.
    :raises WslConfigTooLarge: it is longer than any such file.
    :raises WslConfigBusy: another program holds it, or it does not stop changing.
    """
    try:
        handle = os.open(path, READ)
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise refusal(path, error) from error
    try:
        lock(handle, path, alone=False)
        return content(handle, path)
    except OSError as error:
        raise refusal(path, error) from error
    finally:
        os.close(handle)


def content(handle: int, path: str) -> bytes:
    """What an open file holds, once two readings in a row agree.

    :raises WslConfigError: as :func:`read`.
    """
    for _ in range(TRIES):
        before = os.fstat(handle)
        if not stat.S_ISREG(before.st_mode):
            raise WslConfigUnreadable(f"{path}: not a regular file")
        data, again = taken(handle), taken(handle)
        if len(data) > MOST_BYTES:
            most = f"{MOST_BYTES >> 20} MiB"
            raise WslConfigTooLarge(f"{path}: longer than {most}, which no .wslconfig is")
        after = os.fstat(handle)
        if data == again and (before.st_mtime_ns, before.st_size) == (after.st_mtime_ns, len(data)):
            return data
    raise WslConfigBusy(f"{path}: changes while it is read", "try again when it is written")


def taken(handle: int) -> bytes:
    """A file from its beginning, one byte more than the bound at most."""
    os.lseek(handle, 0, os.SEEK_SET)
    parts, left = [], MOST_BYTES + 1
    while left and (part := os.read(handle, left)):
        parts.append(part)
        left -= len(part)
    return b"".join(parts)


def unchanged(path: str, hold: Hold, was: bytes | None) -> None:
    """Make sure that a file still is the same, and holds what it did.

    :raises WslConfigChanged: it does not.
    """
    if hold.handle is None:
        same = read(path) == was
    else:
        # By the handle that holds the locks: to close another one would give them back (fcntl(2)).
        same = is_still_there(path, hold.handle) and content(hold.handle, path) == was
    if not same:
        raise WslConfigChanged(f"{path}: changed in the meantime, and is not overwritten")


def is_still_there(path: str, handle: int) -> bool:
    """Whether an open file still has its name."""
    try:
        return os.path.samestat(os.lstat(path), os.fstat(handle))
    except OSError:
        return False


@contextlib.contextmanager
def held(path: str) -> Iterator[Hold]:
    """Keep a file to this process for a while; the kernel gives it back should the process die.

    :raises WslConfigError: it is a link, is not to be written, or another process has it.
    """
    folder = os.path.dirname(path) or "."  # noqa: PTH120
    if not os.path.isdir(folder):  # noqa: PTH112
        raise WslConfigMissing(f"{folder}: no such folder")
    with contextlib.ExitStack() as stack:
        if sys.platform != "win32":
            # Two of us exclude each other by the folder: the file may not be there yet, and is
            # another file after each rename.
            over = stack.enter_context(opened(folder, os.O_RDONLY | CLOSED_ON_EXEC))
            lock(over, path, alone=True)
        like, handle = writable(path), None
        if like is not None:
            flags = os.O_RDWR | BINARY | NO_WAITING | NO_FOLLOWING | CLOSED_ON_EXEC
            if sys.platform == "win32":
                with opened(path, flags):
                    pass
            else:
                handle = stack.enter_context(opened(path, flags))
                lock(handle, path, alone=True)
        yield Hold(like, handle)


@contextlib.contextmanager
def opened(path: str, flags: int) -> Iterator[int]:
    """An open file or folder.

    :raises WslConfigError: it cannot be opened so.
    """
    try:
        handle = os.open(path, flags)
    except OSError as error:
        raise refusal(path, error, writing=True) from error
    try:
        yield handle
    finally:
        os.close(handle)


def writable(path: str) -> os.stat_result | None:
    """The mode and owner of a file that may be written; None where there is none.

    :raises WslConfigLink: it is a symbolic link.
    :raises WslConfigUnreadable: it is no regular file.
    :raises WslConfigReadOnly: its mode says that nobody is to write it. Root could, and a rename
        would not even ask; that is not what whoever set the mode meant.
    """
    try:
        found = os.lstat(path)
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise refusal(path, error) from error
    if stat.S_ISLNK(found.st_mode):
        raise WslConfigLink(
            f"{path}: a symbolic link, which is not written through",
            f"name the file itself: --file {os.path.realpath(path)}",
        )
    if not stat.S_ISREG(found.st_mode):
        raise WslConfigUnreadable(f"{path}: not a regular file")
    if not found.st_mode & (stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH):
        raise WslConfigReadOnly(f"{path}: read-only", "allow writing first, if it is yours to")
    return found


def lock(handle: int, path: str, *, alone: bool) -> None:
    """Lock an open file or folder by both of Unix's means; Windows locks by opening.

    :raises WslConfigBusy: another process holds it.
    """
    if sys.platform == "win32":
        return
    import fcntl

    kind = (fcntl.LOCK_EX if alone else fcntl.LOCK_SH) | fcntl.LOCK_NB
    try:
        fcntl.flock(handle, kind)
        if stat.S_ISREG(os.fstat(handle).st_mode):
            fcntl.lockf(handle, kind)
    except BlockingIOError as error:
        raise busy(path) from error
    except OSError:
        # A file system without locks (9p, some network's): then the comparison with what was
        # read, just before the rename, has to do.
        return


def replace(path: str, data: bytes, like: os.stat_result | None, *, new: bool = False) -> None:
    """Write a file in one step: beside it, synced, and renamed over it.

    :param like: whose mode and owner it gets.
    :param new: whether there must be none by that name yet.
    :raises WslConfigChanged: there is one.
    :raises WslConfigUnwritten: it could not be written.
    """
    draft = path + DRAFT
    try:
        remove(draft)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | BINARY | NO_FOLLOWING | CLOSED_ON_EXEC
        handle = os.open(draft, flags, 0o666)
        try:
            keep_mode_and_owner(handle, like)
            left = memoryview(data)
            while left:
                left = left[os.write(handle, left) :]
            os.fsync(handle)
        finally:
            os.close(handle)
        if new:
            put_where_none_is(draft, path)
        else:
            os.replace(draft, path)  # noqa: PTH105
        sync_folder(path)
    except FileExistsError as error:
        remove(draft)
        raise WslConfigChanged(f"{path}: appeared in the meantime, and is left alone") from error
    except OSError as error:
        with contextlib.suppress(WslConfigUnwritten):
            remove(draft)
        raise refusal(path, error, writing=True) from error


def put_where_none_is(draft: str, path: str) -> None:
    """Give a file its name, which must be free. Windows' rename sees to that, Unix's link does.

    :raises FileExistsError: the name is taken.
    """
    if sys.platform == "win32":
        os.rename(draft, path)  # noqa: PTH104
        return
    try:
        os.link(draft, path)
    except FileExistsError:
        raise
    except OSError:
        # A file system without hard links; that the name was free was looked at just now.
        os.replace(draft, path)  # noqa: PTH105
    else:
        os.unlink(draft)  # noqa: PTH108


def keep_mode_and_owner(handle: int, like: os.stat_result | None) -> None:
    """Give a file another's mode and owner."""
    if like is None or sys.platform == "win32":
        return
    mine = os.fstat(handle)
    if (mine.st_uid, mine.st_gid) != (like.st_uid, like.st_gid):
        os.fchown(handle, like.st_uid, like.st_gid)
    os.fchmod(handle, stat.S_IMODE(like.st_mode))


def remove(path: str) -> None:
    """Remove a file, where it is there.

    :raises WslConfigUnwritten: it is there, and could not be removed.
    """
    try:
        os.unlink(path)  # noqa: PTH108
    except FileNotFoundError:
        return
    except OSError as error:
        raise refusal(path, error, writing=True) from error


def busy(path: str) -> WslConfigBusy:
    """What to say of a file that another program holds."""
    return WslConfigBusy(f"{path}: another program holds it", "close that program, and try again")


def refusal(path: str, error: OSError | ValueError, *, writing: bool = False) -> Exception:
    """What to say of something that the system refused."""
    if is_held(error):
        return busy(path)
    why = error.strerror if isinstance(error, OSError) else str(error)
    if not writing:
        return WslConfigUnreadable(f"{path}: {why}")
    if isinstance(error, PermissionError):
        return WslConfigReadOnly(f"{path}: {why}")
    return WslConfigUnwritten(f"{path}: {why}")
