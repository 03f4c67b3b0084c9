"""What is standing, written down as it is made, so that any later process can take it away."""

from __future__ import annotations

import json
import os
import shutil
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from .commands import LabError, must

if TYPE_CHECKING:
    from collections.abc import Iterator

# The lab's folder is a tmpfs of its own: a reboot takes it away with the namespaces that it tells
# of, and a file that holds a mount namespace open must lie on a private mount.
RUN = Path("/run/dpf-edge-lab")
NAMESPACES = RUN / "ns"
LOGS = RUN / "log"
STATE = RUN / "state.json"
NETNS = Path("/run/netns")
LOCK = Path("/run/dpf-edge-lab.lock")

CHECKOUT = Path(__file__).resolve().parents[2]


class LabUnavailable(LabError):
    """This machine cannot have the lab, or not now; one line says why, and what to do about it."""


def cache() -> Path:
    """Where images and their like are kept from one run to the next."""
    home = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(home) / "dpf-edge" / "lab"


@dataclass
class State:
    """All that `down` has to know and cannot read from the kernel."""

    work: str = field(default_factory=lambda: str(cache() / "run"))
    """The folder of this run's data-roots, on the cache's file system."""
    netns_mount_made: bool = False
    """`ip netns` had to make the /run/netns mount, so it goes away again with the lab."""
    whole: bool = False
    """The stage stood completely when this was written."""
    owner: int = 0
    """The process that set it up."""
    places: list[dict[str, object]] = field(default_factory=list)
    """Each place's fields, as `Place` has them."""
    devices: list[dict[str, object]] = field(default_factory=list)
    """Each device's fields, as `Device` has them."""
    seconds: float = 0.0
    """How long the setting up took."""

    def write(self) -> None:
        """Replace the file at once, so that a reader never sees half of it."""
        fresh = STATE.with_suffix(".new")
        fresh.write_text(json.dumps(asdict(self), indent=2))
        fresh.replace(STATE)


def read_state() -> State | None:
    """The state of what stands, or None where nothing was written or it cannot be read."""
    try:
        return State(**json.loads(STATE.read_text()))
    except (OSError, ValueError, TypeError):
        return None


def begin() -> State:
    """Make the lab's folder and its first state, before anything else stands."""
    RUN.mkdir(mode=0o700, exist_ok=True)
    # -n in every mount of the lab: no userspace table of mounts (/run/mount/utab) is written.
    must(["mount", "-n", "-t", "tmpfs", "-o", "mode=0700", "dpf-edge-lab", str(RUN)])
    must(["mount", "-n", "--make-private", str(RUN)])
    NAMESPACES.mkdir()
    LOGS.mkdir()
    state = State(owner=os.getpid(), netns_mount_made=not os.path.ismount(NETNS))
    state.write()
    work = Path(state.work)
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    return state


@contextmanager
def only_one() -> Iterator[None]:
    """Hold the lab's lock; raise LabUnavailable where another process holds it."""
    handle = _locked()
    try:
        yield
    finally:
        LOCK.unlink(missing_ok=True)
        os.close(handle)


def _locked() -> int:
    # Windows has no such module, and tests there must still be able to import this one.
    import fcntl

    # Three rounds: the holder unlinks its file as it leaves, so a lock taken on a file that is no
    # longer the one at the path has to be taken again.
    for _ in range(3):
        try:
            handle = os.open(LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as refused:
            raise LabUnavailable(f"the lab needs root: {refused}") from None
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            holder = os.read(handle, 20).decode(errors="replace").strip() or "another process"
            os.close(handle)
            raise LabUnavailable(f"only one lab at a time: process {holder} has it") from None
        if LOCK.exists() and LOCK.stat().st_ino == os.fstat(handle).st_ino:
            os.ftruncate(handle, 0)
            os.write(handle, f"{os.getpid()}\n".encode())
            return handle
        os.close(handle)
    raise LabUnavailable("only one lab at a time: the lock changes hands just now, try again")
