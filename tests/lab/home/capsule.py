"""Namespaces that live and die with one process.

Everything of a capsule (its network namespaces, mounts, files and processes) hangs on one first
process, which ends when the pipe to it does: at the end of the `with`, when a test breaks, when
pytest is killed. The kernel takes away the rest: with the first process of a PID namespace it kills
all others in it, with those go the mounts, with these the network namespaces that were bound to
them. Nothing of it is ever to be seen outside, so any number of capsules may stand side by side.
"""

from __future__ import annotations

import subprocess
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tests.lab.commands import LabError, must, run, wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from tests.lab.commands import Done

# The folder inside which everything of the capsule's own is kept, a tmpfs.
OWN = "/run/capsule"

# What the first process does before it waits. Its children that end are nobody's to wait for, so
# they are told not to stay as zombies. /etc takes writes and keeps them to itself; /run is empty;
# `ip netns` finds its folder, and the files that it lays over /etc, inside.
_FIRST = f"""\
trap '' CHLD
mount -n -t tmpfs -o mode=0755 capsule /run
mkdir -p {OWN}/etc {OWN}/etc-work /run/netns /run/lock
mount -n -t overlay -o lowerdir=/etc,upperdir={OWN}/etc,workdir={OWN}/etc-work overlay /etc
mkdir -p /etc/netns
ip link set lo up
touch {OWN}/ready
exec cat >/dev/null
"""

# A capsule stands after some 30 ms; ten seconds are for a machine that starts twenty other things.
_STANDS_SECONDS = 10.0

# A command still running so long after its caller gave up is ended inside.
_GRACE_SECONDS = 5


@dataclass(frozen=True)
class Capsule:
    """One that stands, by the process that holds it."""

    process: int

    @property
    def argv(self) -> tuple[str, ...]:
        """What to put before a command so that it runs in here, in no place of the LAN yet."""
        ns = f"/proc/{self.process}/ns"
        return (
            *("nsenter", f"--mount={ns}/mnt", f"--net={ns}/net", f"--uts={ns}/uts"),
            *(f"--ipc={ns}/ipc", f"--pid={ns}/pid_for_children", "--"),
        )

    def at(self, place: str) -> tuple[str, ...]:
        """What to put before a command so that it runs in a network namespace of the capsule."""
        return (*self.argv, "ip", "netns", "exec", place)

    def file(self, path: str) -> Path:
        """A file of the capsule's, by its path inside, as this process reaches it."""
        return Path(f"/proc/{self.process}/root{path}")

    def sh(self, script: str, *, place: str | None = None, timeout: float = 30.0) -> str:
        """Carry out a shell script inside and give what it printed; raise LabError if it fails."""
        where = self.argv if place is None else self.at(place)
        return must([*where, "sh", "-eu"], stdin=script, timeout=timeout)

    def run(
        self,
        place: str,
        argv: Sequence[str],
        *,
        timeout: float = 20.0,
        env: Mapping[str, str] | None = None,
        stdin: str | None = None,
    ) -> Done:
        """Run a command in a place; any exit code is the caller's to judge.

        Raises subprocess.TimeoutExpired.
        """
        bounded = ["timeout", "--signal=KILL", str(timeout + _GRACE_SECONDS)]
        given = [f"{key}={value}" for key, value in (env or {}).items()]
        words = [*self.at(place), *bounded, "env", *given, *argv]
        return run(words, timeout=timeout, stdin=stdin)


@contextmanager
def capsule() -> Iterator[Capsule]:
    """Make one, and take it away whole; raise LabError where it does not come to stand."""
    words = ("unshare", "--mount", "--net", "--uts", "--ipc", "--pid", "--fork", "--kill-child")
    with subprocess.Popen(
        [*words, "--mount-proc", "sh", "-eu", "-c", _FIRST],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as first:
        made = Capsule(first.pid)
        ready = made.file(f"{OWN}/ready")
        try:
            wait_until(lambda: first.poll() is not None or ready.exists(), seconds=_STANDS_SECONDS)
            if first.poll() is not None or not ready.exists():
                first.kill()
                said = first.stderr.read() if first.stderr else ""
                raise LabError(f"the capsule does not stand: {said.strip()}")
            yield made
        finally:
            first.kill()
