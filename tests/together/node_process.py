"""The real node, ``dpf-edge run``, in a process of its own, which may be killed and started again.

It reads this machine's own tables, at level ``listen``: it sends nothing but to its Authority,
which is on 127.0.0.1.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sqlite3
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from tests.authority_process import PROGRAM, SECONDS
from tests.node.servers import until

if TYPE_CHECKING:
    from collections.abc import Sequence


class NodeProcess:
    """One machine's node, with its folders and its variables.

    :param folder: where its state, its log and what it says on stderr are.
    :param before: what its programs are started by: a command that takes another.
    """

    def __init__(self, folder: Path, url: str, *before: str, token: str | None = None) -> None:
        self.folder = folder
        self.before = before
        self.state = folder / "state"
        self.log = folder / "log" / "node.log"
        self.errors = folder / "stderr"
        self.process: subprocess.Popen[bytes] | None = None
        self.environment = {
            "PATH": os.environ["PATH"],
            "DPF_AUTHORITY_URL": url,
            "DPF_EDGE_STATE_DIR": str(self.state),
            "DPF_EDGE_LOG_DIR": str(self.log.parent),
            "DPF_EDGE_HTTP_TIMEOUT_MS": "10000",
            **({"DPF_BOOTSTRAP_TOKEN": token} if token else {}),
        }

    def start(self) -> None:
        """Start it; what it says goes into a file, which outlives it."""
        self.folder.mkdir(exist_ok=True)
        with self.errors.open("ab") as errors:
            self.process = subprocess.Popen(
                [*self.before, *PROGRAM, "run"],
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=errors,
                stderr=errors,
            )

    @property
    def is_running(self) -> bool:
        """Whether there is a process."""
        return self.process is not None and self.process.poll() is None

    def end(self, number: int = signal.SIGTERM) -> int:
        """Tell it to end, and wait for that; its exit code."""
        assert self.process is not None
        self.process.send_signal(number)
        return self.process.wait(SECONDS)

    def kill(self) -> None:
        """Kill it as ``kill -9`` does."""
        assert -signal.SIGKILL == self.end(signal.SIGKILL)

    def said(self) -> str:
        """All that it ever said on stdout and stderr."""
        return self.errors.read_text()

    def logged(self) -> list[dict[str, Any]]:
        """What it ever logged."""
        found = []
        with contextlib.suppress(FileNotFoundError):
            for line in self.log.read_text().splitlines():
                with contextlib.suppress(ValueError):  # it was killed in the middle of a line
                    found.append(json.loads(line))
        return found

    def events(self, name: str) -> list[dict[str, Any]]:
        """What it ever logged of one kind."""
        return [each for each in self.logged() if each["event"] == name]

    def runs(self, name: str) -> list[str]:
        """The run keys of what it logged of one kind: ``taken``, ``delivered``."""
        return [each["run"] for each in self.events(name)]

    def waits_for(self, name: str, number: int = 1) -> None:
        """Wait until it has logged something so often."""
        with contextlib.suppress(AssertionError):  # what it said tells more
            until(lambda: len(self.events(name)) >= number or not self.is_running, SECONDS)
        assert len(self.events(name)) >= number, self.said()

    def command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a command of the same machine."""
        return subprocess.run(
            [*self.before, *PROGRAM, *arguments],
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=SECONDS,
        )

    def status(self) -> dict[str, Any]:
        """How it does, as ``dpf-edge status --json`` says."""
        told: dict[str, Any] = json.loads(self.command("status", "--json").stdout)
        return told

    def in_outbox(self, query: str = "SELECT run_key FROM run ORDER BY seq") -> list[Any]:
        """What a node that does not run has in its outbox.

        Looked at in a copy: to open the file itself would repair what a kill has left there.
        """
        assert not self.is_running
        with TemporaryDirectory() as copy:
            for suffix in ("", "-wal"):
                with contextlib.suppress(FileNotFoundError):
                    octets = (self.state / f"outbox.sqlite3{suffix}").read_bytes()
                    (Path(copy) / f"outbox{suffix}").write_bytes(octets)
            with contextlib.closing(sqlite3.connect(Path(copy) / "outbox")) as connection:
                try:
                    return [row[0] for row in connection.execute(query)]
                except sqlite3.OperationalError as error:
                    assert "no such table" in str(error)  # noqa: PT017 -- killed before it was made
                    return []


def ended(nodes: Sequence[NodeProcess]) -> None:
    """Leave no process behind."""
    for node in nodes:
        if node.is_running:
            node.end(signal.SIGKILL)
