"""A process that has imported everything and becomes a node by forking: a node in milliseconds.

It reads a line of JSON for each node, a folder, a URL and what of its timing is other than fast,
and answers with the child's process id; an empty line asks for that child's end, and is answered
with its status. The child says each run that it has taken as a line on its standard error, which
it was given for that.
"""

from __future__ import annotations

import asyncio
import gc
import json
import os
import random
import sys
from pathlib import Path
from typing import Any

import anyio._backends._asyncio  # noqa: F401 -- what the first exchange would import
import httpx2  # noqa: F401

from dpf_edge.discovery.collectors import collector
from dpf_edge.host.clock import SystemClock
from dpf_edge.host.hardware import Hardware
from dpf_edge.node import agent
from dpf_edge.node.logs import Log
from dpf_edge.node.machine import Place
from dpf_edge.vantage.diagnose import diagnose
from tests.node.running import FAST, SEES, machine, settings
from tests.unit.discovery.nets import QuietNetwork


def be_a_node(told: dict[str, Any]) -> None:
    """Run until killed."""

    def say(line: dict[str, Any]) -> None:
        if line["event"] in {"taken", "enrolled", "not-enrolled", "dropped", "outbox"}:
            os.write(2, json.dumps(line).encode() + b"\n")

    given = settings(told["url"], Path(told["folder"]), token=told.get("token"))
    random.seed(os.getpid())
    quiet = QuietNetwork()
    on = Place(
        lambda: machine(SEES), lambda _: quiet, SystemClock(), random.random, Hardware(), "f" * 64
    )
    timing = FAST._replace(**told.get("timing", {}))
    asyncio.run(agent.serve(given, on, Log(on.clock, say), asyncio.Event(), timing))


def main() -> None:
    """Fork as told."""
    diagnose(machine(SEES))  # imports every detector, and compiles what is compiled once
    collector.all()
    gc.freeze()
    child = 0
    for line in sys.stdin:
        if not line.strip():
            answer = os.waitpid(child, 0)[1]
        else:
            child = os.fork()
            if child == 0:
                try:
                    be_a_node(json.loads(line))
                finally:
                    os._exit(70)
            answer = child
        sys.stdout.write(f"{answer}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
