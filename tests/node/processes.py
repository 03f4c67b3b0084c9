"""Nodes as processes of their own, begun in milliseconds: see tests/node/zygote.py."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

from tests.node.servers import PATIENCE

CHECKOUT = Path(__file__).parents[2]


class Zygote:
    """Nodes as processes, one at a time, and what they said before they were killed.

    :param before: what the process is started by: a command that takes another.
    """

    def __init__(self, *before: str) -> None:
        self.said: list[dict[str, Any]] = []
        self._process = subprocess.Popen(
            [*before, sys.executable, "-m", "tests.node.zygote"],
            cwd=CHECKOUT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self._child = 0
        self._hears = threading.Thread(target=self._hear, daemon=True)
        self._hears.start()

    def _hear(self) -> None:
        assert self._process.stderr is not None
        for line in self._process.stderr:
            if line.startswith("{") and line.endswith("}\n"):
                self.said.append(json.loads(line))

    def _ask(self, line: str) -> int:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())

    def start(self, **told: object) -> int:
        """Begin a node; give its process id."""
        self._child = self._ask(json.dumps(told))
        return self._child

    def kill(self, child: int) -> None:
        """Kill the node that was begun last."""
        os.kill(child, signal.SIGKILL)
        assert signal.SIGKILL == self.ended()

    def ended(self) -> int:
        """The status with which the node that was begun last has ended."""
        self._child = 0
        return self._ask("")

    @property
    def process(self) -> int:
        """The process whose children the nodes are."""
        return self._process.pid

    def of(self, event: str) -> list[dict[str, Any]]:
        """What was said of one kind."""
        return [line for line in self.said if line["event"] == event]

    def end(self) -> None:
        """Leave no process behind."""
        if self._child:
            self.kill(self._child)
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(PATIENCE)
        self._hears.join(PATIENCE)
        assert self._process.stdout is not None
        assert self._process.stderr is not None
        self._process.stdout.close()
        self._process.stderr.close()
