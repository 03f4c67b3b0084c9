"""What an install does to the machine: folders, files and commands, each whole or not at all.

Everything here bears to be done twice, and nothing follows a symbolic link that stands where a
file goes.
"""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import stat
import sys
import time
from typing import TYPE_CHECKING

from dpf_edge.errors import (
    DeployBusy,
    DeployDenied,
    DeployError,
    DeployFailed,
    DeployUnavailable,
    DeployUnwritten,
    HostError,
)
from dpf_edge.host import commands, file_calls
from dpf_edge.host.file_calls import (
    BINARY,
    CLOSED_ON_EXEC,
    NO_FOLLOWING,
    NO_WAITING,
    is_held,
    sync_folder,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from dpf_edge.deploy.step import File
    from dpf_edge.host.seam import Host
    from dpf_edge.model import Ran

# The longest file of an install, a unit, is under 8 KiB; a journal under 16.
MOST_BYTES = 1 << 20
# Windows removes such a file when its last handle is closed, also where the process was killed.
GONE_WHEN_CLOSED = getattr(os, "O_TEMPORARY", 0)
# A node that was stopped is gone in a second; a virus scanner may look at what it left.
HELD_SECONDS = 15.0
LOOK_SECONDS = 0.2
# What a failed command said last, of which the reason is mostly the first line.
SAID_CHARACTERS = 300

MENDED_BY = {
    errno.EROFS: "make that file system writable, and run this again",
    errno.ENOSPC: "make room there, and run this again",
    errno.EDQUOT: "make room there, and run this again",
}
# Where it is told why something did not start; the node itself is taken back by then.
TOLD_BY = {
    "systemctl": "`journalctl --unit dpf-edge-node` says why; mend it, and install again",
    "launchctl": "`log show --last 5m --predicate 'process == \"launchd\"'` says why",
    "docker": "`docker info` says whether the engine is there; mend it, and run this again",
}


class Machine:
    """The machine that the node is installed on."""

    def read(self, path: str) -> bytes | None:
        """A file's bytes; None where there is none.

        :raises DeployUnwritten: something else has the name, or it cannot be read.
        """
        try:
            handle = os.open(
                path, os.O_RDONLY | BINARY | NO_FOLLOWING | NO_WAITING | CLOSED_ON_EXEC
            )
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise refusal(path, error) from error
        try:
            if not stat.S_ISREG(os.fstat(handle).st_mode):
                raise DeployUnwritten(f"{path}: not a regular file")
            with open(handle, "rb", closefd=False) as file:
                return file.read(MOST_BYTES)
        except OSError as error:
            raise refusal(path, error) from error
        finally:
            os.close(handle)

    def held(self, file: File) -> list[File]:
        """A file as it is here, whatever it is to be; nothing where there is none."""
        data = self.read(file.path)
        if data is None:
            return []
        try:
            now = os.stat(file.path, follow_symlinks=False)  # noqa: PTH116
        except OSError as error:
            raise refusal(file.path, error) from error
        owner = None if sys.platform == "win32" else now.st_uid
        return [file._replace(data=data, mode=stat.S_IMODE(now.st_mode), owner=owner)]

    def stands(self, path: str) -> bool:
        """Whether anything has a name, a link that leads nowhere too."""
        return os.path.lexists(path)

    def make_folder(self, path: str, mode: int) -> None:
        """Make a folder where there is none; one that is there keeps its mode."""
        try:
            if os.path.isdir(path):  # noqa: PTH112
                return
            os.makedirs(path, exist_ok=True)  # noqa: PTH103
            if sys.platform != "win32":
                os.chmod(path, mode)  # noqa: PTH101
            sync_folder(path)
        except OSError as error:
            raise refusal(path, error) from error

    def write(self, path: str, data: bytes, mode: int, owner: int | None = None) -> None:
        """Write a file whole: beside it, synced, renamed over it.

        :param owner: the number of the user and group that it is given to.
        """
        draft = f"{path}.dpf-edge.tmp"
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | BINARY | NO_FOLLOWING | CLOSED_ON_EXEC
        try:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(draft)  # noqa: PTH108 -- of an install that was killed
            handle = os.open(draft, flags, 0o600)
            try:
                left = memoryview(data)
                while left:
                    left = left[os.write(handle, left) :]
                if sys.platform != "win32":
                    if owner is not None:
                        os.fchown(handle, owner, owner)
                    os.fchmod(handle, mode)
                os.fsync(handle)
            finally:
                os.close(handle)
            os.replace(draft, path)  # noqa: PTH105
            sync_folder(path)
        except OSError as error:
            with contextlib.suppress(OSError):
                os.unlink(draft)  # noqa: PTH108
            raise refusal(path, error) from error

    def protect(self, path: str, sid: str) -> None:
        """Give a folder to the system, the administrators and one account alone; Windows only.

        :raises DeployError: it could not be.
        """
        from dpf_edge.host import windows_acl

        try:
            windows_acl.protect(path, sid)
        except HostError as error:
            kind = DeployDenied if error.code == "denied" else DeployUnwritten
            raise kind(str(error)) from error

    def remove(self, path: str) -> None:
        """Remove a file or a link, and a draft of it."""
        for each in (f"{path}.dpf-edge.tmp", path):
            # Where a disk cannot be written, unlink(2) says so before that nothing is there.
            if not self.stands(each):
                continue
            try:
                patiently(os.unlink, each)
                sync_folder(path)
            except (FileNotFoundError, NotADirectoryError):
                continue
            except OSError as error:
                raise refusal(each, error) from error

    def remove_empty(self, path: str) -> None:
        """Remove a folder if nothing is in it."""
        with contextlib.suppress(OSError):
            os.rmdir(path)  # noqa: PTH106

    def remove_tree(self, path: str) -> None:
        """Remove whatever has a name; a link is removed, and what it leads to is not."""
        try:
            if stat.S_ISDIR(os.lstat(path).st_mode):
                patiently(shutil.rmtree, path)
            else:
                patiently(os.unlink, path)
        except FileNotFoundError:
            return
        except OSError as error:
            raise refusal(error.filename or path, error) from error

    def run(self, argv: tuple[str, ...], seconds: float) -> Ran:
        """Run a command.

        :raises DeployUnavailable: it is not there, or may not be run.
        :raises DeployFailed: it hangs, or floods.
        """
        try:
            return commands.run(argv, seconds=seconds)
        except HostError as error:
            kind = DeployFailed if error.code == "failed" else DeployUnavailable
            raise kind(str(error)) from error

    def is_others(self, path: str) -> str | None:
        """Why somebody else may have written a file; None where nobody can but an administrator
        and who installs. Not for Windows, which has lists for that."""
        for each in (path, os.path.dirname(path)):  # noqa: PTH120
            try:
                found = os.lstat(each)
            except OSError as error:
                return f"{each}: {error.strerror}"
            if sys.platform != "win32" and found.st_uid not in {0, os.geteuid()}:
                return f"{each} belongs to user {found.st_uid}"
            if found.st_mode & 0o022:
                return f"{each} can be written by others"
        return None

    def must(self, argv: tuple[str, ...], seconds: float, again_for: float = 0.0) -> Ran:
        """Run a command that has to succeed.

        :param again_for: for how many seconds it is tried again while it fails.
        :raises DeployError: it did not.
        """
        deadline = time.monotonic() + again_for
        ran = self.run(argv, seconds)
        while ran.status != 0 and time.monotonic() < deadline:
            time.sleep(LOOK_SECONDS)
            ran = self.run(argv, seconds)
        if ran.status != 0:
            raise DeployFailed(
                f"{' '.join(argv)}: ended with {ran.status}: {said(ran)}", TOLD_BY.get(argv[0])
            )
        return ran

    @contextlib.contextmanager
    def alone(self, beside: str) -> Iterator[None]:
        """Keep other installs away; the kernel gives it back when this process dies.

        :param beside: the file whose folder's parent is locked: it is there before and after.
        :raises DeployBusy: another one is at work.
        """
        over = os.path.dirname(os.path.dirname(beside)) or os.sep  # noqa: PTH120
        try:
            if sys.platform == "win32":
                over = os.path.join(over, "dpf-edge-install.lock")  # noqa: PTH118
                held = os.open(over, os.O_RDWR | os.O_CREAT | GONE_WHEN_CLOSED | CLOSED_ON_EXEC)
            else:
                held = os.open(over, os.O_RDONLY | CLOSED_ON_EXEC)
        except OSError as error:
            raise refusal(over, error) from error
        try:
            lock(held)
            yield
        finally:
            os.close(held)


def patiently(remove: Callable[[str], None], path: str) -> None:
    """Remove something, and wait where a process that is about to end holds it, as on Windows a
    service does that has just said that it stopped.

    :raises OSError: it is held for longer, or cannot be removed for another reason.
    """
    deadline = time.monotonic() + HELD_SECONDS
    while True:
        try:
            remove(path)
        except OSError as error:
            if not is_held(error) or time.monotonic() > deadline:
                raise
        else:
            return
        time.sleep(LOOK_SECONDS)


def lock(handle: int) -> None:
    """Lock an open file or folder.

    :raises DeployBusy: another process has it.
    """
    try:
        file_calls.lock(handle)
    except OSError as error:
        raise DeployBusy("another install or uninstall is at work", "wait for it") from error


def refusal(path: str, error: OSError) -> DeployError:
    """What to say of a file that the system refused."""
    if is_held(error):
        return DeployUnwritten(f"{path}: {error.strerror}", "another program holds it; try again")
    if isinstance(error, PermissionError):
        return DeployDenied(f"{path}: {error.strerror}", "it takes an administrator")
    if error.errno == errno.ELOOP:
        return DeployUnwritten(f"{path}: a symbolic link, which is not followed", "remove it")
    return DeployUnwritten(f"{path}: {error.strerror}", MENDED_BY.get(error.errno or 0))


def said(ran: Ran) -> str:
    """What a command said, in one line."""
    return " ".join((ran.stderr.strip() or ran.stdout.strip()).split())[:SAID_CHARACTERS]


def has_program(name: str) -> bool:
    """Whether a program stands on PATH."""
    return shutil.which(name) is not None


def systemd_runs() -> bool:
    """Whether this machine's first process is systemd, as sd_booted(3) tells it."""
    return os.path.isdir("/run/systemd/system")  # noqa: PTH112


def program() -> tuple[str, ...]:
    """The words that start this very program, wherever they are said.

    -P keeps the folder that it is started in out of what Python imports from.
    """
    if getattr(sys, "frozen", False):
        return (sys.executable,)
    return (sys.executable, "-P", "-m", "dpf_edge")


def program_folders() -> tuple[str, ...]:
    """The folders that this program is run from; none of them lies within another."""
    import dpf_edge

    where = os.path.dirname(os.path.dirname(os.path.abspath(dpf_edge.__file__)))  # noqa: PTH100, PTH120
    # The interpreter of a virtual environment is a link to one that stands elsewhere.
    real = os.path.dirname(os.path.dirname(os.path.realpath(sys.executable)))  # noqa: PTH120
    found = sorted({sys.prefix, sys.base_prefix, real, where})
    return tuple(
        each
        for each in found
        if not any(
            each != other and each.startswith(other.rstrip(os.sep) + os.sep) for other in found
        )
    )


def host() -> Host:
    """This machine, to be diagnosed."""
    from dpf_edge.host.live import live

    return live()
