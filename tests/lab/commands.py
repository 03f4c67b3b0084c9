"""Starting programs: the one place in the lab that does, and every start of one is bounded."""

from __future__ import annotations

import os
import subprocess
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

# Long enough for one `ip`, `mount` or `docker` call on a machine whose two cores start a dozen
# containers at once; the longest such call seen took 4 s.
CALL_SECONDS = 30.0

# How often a condition is asked again. A dockerd is ready some 600 ms after its start.
POLL_SECONDS = 0.05


Done = subprocess.CompletedProcess[str]
"""A program that has ended: its exit code, and what it printed."""
TooSlow = subprocess.TimeoutExpired
"""A program had not ended in the time it was given."""


class LabError(Exception):
    """The lab could not be set up or taken down; the message is one that a person can act on."""


def run(
    argv: Sequence[str],
    *,
    timeout: float = CALL_SECONDS,
    stdin: str | None = None,
    env: Mapping[str, str] | None = None,
) -> Done:
    """Run a program to its end; `env` adds to this process's environment, `timeout` is in seconds.

    Without `stdin` the program reads from /dev/null. Raises subprocess.TimeoutExpired.
    """
    return subprocess.run(
        list(argv),
        input="" if stdin is None else stdin,
        capture_output=True,
        text=True,
        errors="replace",
        timeout=timeout,
        env=None if env is None else {**os.environ, **env},
        check=False,
    )


def must(
    argv: Sequence[str],
    *,
    timeout: float = CALL_SECONDS,
    stdin: str | None = None,
    env: Mapping[str, str] | None = None,
) -> str:
    """Run a program that has to succeed, give its stdout, or raise LabError with its last words."""
    try:
        done = run(argv, timeout=timeout, stdin=stdin, env=env)
    except TooSlow:
        raise LabError(f"no answer in {timeout:.0f} s: {' '.join(argv)}") from None
    except FileNotFoundError:
        raise LabError(f"not found: {argv[0]}") from None
    if done.returncode != 0:
        # Six lines hold the error itself of every tool used here, below what it printed on its way.
        words = (done.stderr.strip() or done.stdout.strip()).splitlines()[-6:]
        raise LabError(f"{' '.join(argv)} ended with {done.returncode}: {' / '.join(words)}")
    return done.stdout


def start_daemon(argv: Sequence[str], *, log: Path, env: Mapping[str, str] | None = None) -> None:
    """Start a program that outlives this process, its output in `log`.

    `setsid --fork` hands it to init, so that it is nobody's zombie here when it ends.
    """
    with log.open("ab") as out:
        subprocess.run(
            ["setsid", "--fork", *argv],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            env=None if env is None else {**os.environ, **env},
            timeout=CALL_SECONDS,
            check=True,
        )


def wait_until(question: Callable[[], bool], *, seconds: float) -> bool:
    """Ask until the answer is yes, for so many seconds at most; give the last answer."""
    end = time.monotonic() + seconds
    while not question():
        if time.monotonic() >= end:
            return False
        time.sleep(POLL_SECONDS)
    return True


def interactive(argv: Sequence[str]) -> int:
    """Run a program on this terminal until the person ends it, and give its exit code."""
    return subprocess.run(list(argv), check=False).returncode
