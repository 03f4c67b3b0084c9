"""The real Authority in a process of its own, on 127.0.0.1 and a store in a temporary folder.

For tests of nodes and of the Authority: in a conftest.py, or a test's own file,
``from tests.authority_process import authority``.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PROGRAM = (sys.executable, "-m", "dpf_edge")
# What starting or ending takes on this machine, with very much to spare.
SECONDS = 30.0


class AuthorityProcess:
    """``dpf-edge authority`` with a state folder of its own; it may be killed and started again.

    :param folder: its state folder; the store is there too unless ``store`` names another.
    :ivar before: what its programs are started by: a command that takes another.
    """

    before: tuple[str, ...] = ()

    def __init__(self, folder: Path, *options: str, store: str | None = None) -> None:
        self.folder = folder
        self.options = options
        self.where = ("--state-dir", str(folder), *(("--store", store) if store else ()))
        self.listen = "127.0.0.1:0"
        self.url = ""
        self.lines: list[str] = []
        self.process: subprocess.Popen[str] | None = None
        self.reading: threading.Thread | None = None

    def start(self, **environment: str) -> None:
        """Start it, and wait until it listens; again on the port that it had."""
        self.lines = []
        self.process = subprocess.Popen(
            [
                *self.before,
                *PROGRAM,
                "authority",
                "--listen",
                self.listen,
                *self.where,
                *self.options,
            ],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={**os.environ, **environment},
        )
        self.reading = threading.Thread(target=self._read, daemon=True)
        self.reading.start()
        self.url = self.said(r"^listening: (\S+)$")
        self.listen = self.url.partition("://")[2]

    def _read(self) -> None:
        assert self.process is not None
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line.rstrip("\n"))

    def said(self, pattern: str) -> str:
        """What it said, on stderr or stdout: a pattern's group, once it is there."""
        limit = time.monotonic() + SECONDS
        while True:
            for line in list(self.lines):
                if found := re.search(pattern, line):
                    return found[1] if found.re.groups else found[0]
            assert self.process is not None
            assert self.process.poll() is None, "\n".join(self.lines)
            assert time.monotonic() < limit, "\n".join(self.lines)
            time.sleep(0.01)

    def end(self, number: int = signal.SIGTERM) -> int:
        """Tell it to end, and wait for that; its exit code."""
        assert self.process is not None
        assert self.reading is not None
        self.process.send_signal(number)
        code = self.process.wait(SECONDS)
        self.reading.join(SECONDS)
        assert self.process.stdout is not None
        self.process.stdout.close()
        return code

    def kill(self) -> None:
        """Kill it as ``kill -9`` does."""
        self.end(signal.SIGKILL)

    def command(self, *arguments: str, **also: Any) -> subprocess.CompletedProcess[str]:
        """Run a command beside it, on the same store."""
        return subprocess.run(
            [*self.before, *PROGRAM, *arguments, *self.where],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=SECONDS,
            **also,
        )

    def token(self, *options: str) -> str:
        """A new bootstrap token."""
        done = self.command("token", "issue", *options)
        assert done.returncode == 0, done.stderr
        return done.stdout.splitlines()[-1]

    def nodes(self) -> list[dict[str, Any]]:
        """Its nodes, as ``nodes list --json`` shows them."""
        done = self.command("nodes", "list", "--json")
        assert done.returncode == 0, done.stderr
        listed: list[dict[str, Any]] = json.loads(done.stdout)["nodes"]
        return listed


@pytest.fixture
def authority(tmp_path: Path) -> Iterator[AuthorityProcess]:
    """A running Authority; ended afterwards."""
    made = AuthorityProcess(tmp_path / "authority")
    made.start()
    yield made
    if made.process is not None and made.process.poll() is None:
        made.end()
