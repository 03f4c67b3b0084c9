"""Where things stand while they are made, and how programs are run for it."""

from __future__ import annotations

import os
import subprocess  # noqa: TID251 -- the ban protects src
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import dpf_edge

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

ROOT = Path(__file__).resolve().parents[2]
DIST = ROOT / "dist"
BUILD = ROOT / "build" / "dist"
PACKAGING = ROOT / "packaging"
UV = str(ROOT / ".venv" / "bin" / "uv")
VERSION = dpf_edge.__version__

# PyInstaller took 18 s here on Linux and 45–90 s under Wine; ten times that is a machine that
# hangs, and so is a download of 60 MB that takes as long.
PATIENCE = 900.0


class CannotBuild(Exception):
    """Something is missing here, or a step of the building failed; one line says what."""


def cache() -> Path:
    """Where downloads and what is slow to make are kept from one build to the next."""
    home = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(home) / "dpf-edge" / "dist"


def must(
    argv: Sequence[str | Path],
    *,
    env: Mapping[str, str] | None = None,
    log: Path | None = None,
) -> str:
    """Run a program that has to succeed.

    :param env: what its environment has beside this process's own.
    :param log: where its output is kept, for programs that say much.
    :returns: its standard output; nothing where that went into the log.
    :raises CannotBuild: it failed, is not there, or was not done in time; with its last words.
    """
    words = [str(word) for word in argv]
    try:
        done = subprocess.run(
            words,
            stdin=subprocess.DEVNULL,
            # Through a pipe, always: a Windows Python under Wine fails on a file of ours.
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT if log else subprocess.PIPE,
            text=True,
            errors="replace",
            cwd=ROOT,
            env={**os.environ, **(env or {})},
            timeout=PATIENCE,
            check=False,
        )
    except FileNotFoundError:
        raise CannotBuild(f"{words[0]} is not there") from None
    except subprocess.TimeoutExpired:
        raise CannotBuild(f"not done in {PATIENCE:.0f} s: {' '.join(words)}") from None
    if log:
        log.parent.mkdir(parents=True, exist_ok=True)
        log.write_text(done.stdout, encoding="utf-8")
    if done.returncode != 0:
        last = " / ".join((done.stderr or done.stdout).strip().splitlines()[-4:])
        raise CannotBuild(f"{' '.join(words[:4])} … ended with {done.returncode}: {last}")
    return "" if log else done.stdout


def say(text: str) -> None:
    """Tell whoever waits how far it is."""
    print(text, file=sys.stderr, flush=True)
