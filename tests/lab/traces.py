"""What the lab left on this machine, and taking it away.

A thing is the lab's by where it is, never by its name alone: a process, because it stands in a
namespace or a control group that the lab made; a mount, because it lies below the lab's folder.
One way serves a good end and a crash alike: nothing that the engines hold is worth a graceful stop.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
from pathlib import Path
from typing import TYPE_CHECKING

from .commands import LabError, run, wait_until
from .net import PREFIX
from .state import NAMESPACES, NETNS, RUN, read_state

if TYPE_CHECKING:
    from collections.abc import Iterator

# A killed container of the nested engine is three generations deep; all were gone within 0.4 s.
GONE_SECONDS = 10.0

_KINDS = ("net", "mnt", "uts")


def sweep() -> None:
    """Take away everything of a lab, standing, broken or half made; quiet where there is nothing.

    Raises LabError where something stays.
    """
    state = read_state()
    if not wait_until(_killed, seconds=GONE_SECONDS):
        raise LabError(f"these processes of the lab do not end: {sorted(processes())}")
    for mount in reversed(mounts()):
        run(["umount", "-n", "-l", mount])
    for name in namespaces():
        run(["ip", "netns", "del", name])
    if state is not None and state.netns_mount_made and not namespaces():
        run(["umount", "-n", str(NETNS)])
        with contextlib.suppress(OSError):  # somebody else's namespace is in there by now
            NETNS.rmdir()
    # A control group can be removed only a moment after its last process has gone.
    wait_until(_groups_removed, seconds=GONE_SECONDS)
    if state is not None:
        shutil.rmtree(state.work, ignore_errors=True)
    shutil.rmtree(RUN, ignore_errors=True)
    left = traces()
    if left:
        raise LabError(f"the lab left traces: {', '.join(left)}")


def traces() -> list[str]:
    """Each thing of a lab that is on this machine, in words; empty after a sweep."""
    return [
        *(f"process {pid}" for pid in sorted(processes())),
        *(f"network namespace {name}" for name in namespaces()),
        *(f"mount {path}" for path in mounts()),
        *(f"control group {path}" for path in groups()),
        *(f"folder {path}" for path in (RUN,) if path.exists()),
    ]


def namespaces() -> list[str]:
    """The names of the lab's network namespaces."""
    return sorted(path.name for path in NETNS.glob(PREFIX + "*"))


def mounts() -> list[str]:
    """The lab's mount points in this mount namespace, outermost first, each as often as mounted."""
    points = (line.split()[4] for line in Path("/proc/self/mountinfo").read_text().splitlines())
    return [point for point in points if point == str(RUN) or point.startswith(f"{RUN}/")]


def groups() -> list[Path]:
    """The lab's control groups, innermost first, in every hierarchy that is mounted."""
    found: list[Path] = []
    for line in Path("/proc/self/mountinfo").read_text().splitlines():
        head, _, tail = line.partition(" - ")
        if tail.split(maxsplit=1)[0] not in ("cgroup", "cgroup2"):
            continue
        for top in Path(head.split()[4]).glob(PREFIX + "*"):
            found += [Path(path) for path, _, _ in os.walk(top, topdown=False)]
    return found


def processes() -> set[int]:
    """The processes that stand in a namespace or a control group of the lab, without this one."""
    ours = _identities()
    return {
        int(entry.name)
        for entry in Path("/proc").iterdir()
        if entry.name.isdigit() and int(entry.name) != os.getpid() and _is_ours(entry, ours)
    }


def _is_ours(process: Path, ours: set[tuple[int, int]]) -> bool:
    try:
        if f"/{PREFIX}" in (process / "cgroup").read_text():
            return True
        return any(_identity(process / "ns" / kind) in ours for kind in _KINDS)
    except OSError:  # it ended while we looked
        return False


def _identities() -> set[tuple[int, int]]:
    files = [*NETNS.glob(PREFIX + "*"), *NAMESPACES.glob(PREFIX + "*")]
    found = {_identity(file) for file in files}
    # A file whose namespace was never mounted on it is a plain file, and no process stands in one;
    # but this machine's own namespaces must not be taken for the lab's, whatever happened.
    return found - {_identity(Path("/proc/self/ns") / kind) for kind in _KINDS}


def _identity(file: Path) -> tuple[int, int]:
    status = file.stat()
    return status.st_dev, status.st_ino


def _killed() -> bool:
    """Kill what is there; true when nothing was."""
    found = processes()
    for pid in found:
        with contextlib.suppress(ProcessLookupError), _handle(pid) as handle:
            # The number may have gone to another process since; the handle cannot.
            if _is_ours(Path(f"/proc/{pid}"), _identities()):
                signal.pidfd_send_signal(handle, signal.SIGKILL)
    return not found


@contextlib.contextmanager
def _handle(pid: int) -> Iterator[int]:
    handle = os.pidfd_open(pid)
    try:
        yield handle
    finally:
        os.close(handle)


def _groups_removed() -> bool:
    for path in groups():
        with contextlib.suppress(OSError):
            path.rmdir()
    return not groups()
