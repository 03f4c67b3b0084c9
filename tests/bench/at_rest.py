"""The node at rest: what it takes of a machine's memory and of one core, in its own process.

``python -m tests.bench.at_rest [SECONDS]``. The node runs as it is started by a user, at its real
pace (a heartbeat a minute, a sweep in five), against an Authority on 127.0.0.1; then once more at
ten times that pace, which is an upper bound that a short run can measure. Nothing is sent on a LAN.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.node.scripted import Scripted
from tests.node.servers import serving, until

SECONDS = 60.0
# What it starts with (imports, the first look, enrolment) is not rest.
SETTLE_SECONDS = 5.0
GOAL_MIB, GOAL_PERCENT = 60.0, 0.5
TICK = os.sysconf("SC_CLK_TCK")


def cpu_seconds(process: int) -> float:
    """What a process has used of the processors, itself and in the kernel (proc(5): stat)."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def mib(process: int, name: str) -> float:
    """A figure of /proc/PID/status in MiB."""
    for line in Path(f"/proc/{process}/status").read_text().splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1]) / 1024
    return 0.0


def measure(pace: int, seconds: float) -> tuple[float, float, float, int]:
    """A node at a multiple of its pace: RSS and its peak in MiB, percent of a core, heartbeats."""
    authority = Scripted()
    authority.intervals = (60 // pace, 300 // pace)
    with tempfile.TemporaryDirectory() as folder, serving(authority) as server:
        environment = {
            "PATH": os.environ["PATH"],
            "DPF_AUTHORITY_URL": server.url,
            "DPF_BOOTSTRAP_TOKEN": authority.issue(),
            "DPF_EDGE_STATE_DIR": folder,
            "DPF_EDGE_LOG_DIR": folder,
        }
        process = subprocess.Popen(
            [sys.executable, "-m", "dpf_edge", "run"], env=environment, stderr=subprocess.DEVNULL
        )
        try:
            until(authority.run_keys, 30)
            time.sleep(SETTLE_SECONDS)
            before, beats = cpu_seconds(process.pid), len(authority.node.beats)
            time.sleep(seconds)
            used = cpu_seconds(process.pid) - before
            rss, peak = mib(process.pid, "VmRSS"), mib(process.pid, "VmHWM")
            return rss, peak, 100 * used / seconds, len(authority.node.beats) - beats
        finally:
            process.terminate()
            process.wait(10)


def main() -> int:
    """Measure, and say it beside the goals."""
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else SECONDS
    print(
        f"the node at rest, {seconds:g} s each; goals {GOAL_MIB:g} MiB, {GOAL_PERCENT} % of a core"
    )
    for pace in (1, 10):
        rss, peak, percent, beats = measure(pace, seconds)
        print(
            f"  pace x{pace:<3} RSS {rss:5.1f} MiB ({rss / GOAL_MIB:.2f} of the goal), peak "
            f"{peak:5.1f} MiB; {percent:5.2f} % of a core ({percent / GOAL_PERCENT:.2f} of the "
            f"goal), {beats} heartbeats"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
