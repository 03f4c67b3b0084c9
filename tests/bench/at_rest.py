"""The node at rest: what it takes of a machine's memory and of one core, in its own process.

``python -m tests.bench.at_rest [SECONDS]``. The node runs as it is started by a user, at its real
pace (a heartbeat a minute, a sweep in five), against an Authority on 127.0.0.1; then once more at
ten times that pace, which is an upper bound that a short run can measure. Nothing is sent on a LAN.

Where the lab stands, the same is measured on its office's edge, whose two dozen devices are heard
and, at the level ask, asked; with the threads that take most of it.
"""

from __future__ import annotations

import os
import platform
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from tests.bench import compiled
from tests.lab.home.check import check
from tests.lab.home.office import EDGE, office
from tests.lab.state import LabUnavailable
from tests.node.scripted import Scripted
from tests.node.servers import serving, until

SECONDS = 60.0
# What it starts with (imports, the first look, enrolment) is not rest.
SETTLE_SECONDS = 5.0
GOAL_MIB, GOAL_PERCENT = 60.0, 0.5
TICK = os.sysconf("SC_CLK_TCK")
# Threads that took less of a core than this, in percent, are not named.
NAMED_PERCENT = 0.02


class Rest(NamedTuple):
    """What a node took: RSS and its peak in MiB, percent of a core in all and by thread."""

    rss: float
    peak: float
    percent: float
    threads: dict[str, float]
    beats: int


def cpu_seconds(stat: Path) -> float:
    """What a process or a thread has used of the processors, itself and in the kernel (proc(5))."""
    fields = stat.read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def by_thread(process: int) -> dict[str, float]:
    """What each thread has used, by the thread's number and name, and the whole process by ""."""
    told = {"": cpu_seconds(Path(f"/proc/{process}/stat"))}
    for task in Path(f"/proc/{process}/task").iterdir():
        try:
            told[f"{task.name} {(task / 'comm').read_text().strip()}"] = cpu_seconds(task / "stat")
        except OSError:  # it has ended meanwhile
            continue
    return told


def mib(process: int, name: str) -> float:
    """A figure of /proc/PID/status in MiB."""
    for line in Path(f"/proc/{process}/status").read_text().splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1]) / 1024
    return 0.0


def measure(pace: int, seconds: float, level: str) -> Rest:
    """A node at a multiple of its pace."""
    authority = Scripted()
    authority.intervals = (60 // pace, 300 // pace)
    with tempfile.TemporaryDirectory() as folder, serving(authority) as server:
        environment = {
            "PATH": os.environ["PATH"],
            "DPF_AUTHORITY_URL": server.url,
            "DPF_BOOTSTRAP_TOKEN": authority.issue(),
            "DPF_EDGE_STATE_DIR": folder,
            "DPF_EDGE_LOG_DIR": folder,
            "DPF_EDGE_LEVEL": level,
        }
        process = subprocess.Popen(
            [sys.executable, "-m", "dpf_edge", "run"], env=environment, stderr=subprocess.DEVNULL
        )
        try:
            until(authority.run_keys, 30)
            time.sleep(SETTLE_SECONDS)
            before, beats = by_thread(process.pid), len(authority.node.beats)
            time.sleep(seconds)
            used = {
                name: 100 * (now - before.get(name, 0.0)) / seconds
                for name, now in by_thread(process.pid).items()
            }
            return Rest(
                mib(process.pid, "VmRSS"),
                mib(process.pid, "VmHWM"),
                used.pop(""),
                used,
                len(authority.node.beats) - beats,
            )
        finally:
            process.terminate()
            process.wait(10)


def report(where: str, seconds: float, paces: tuple[int, ...], level: str) -> None:
    """Measure in this place, and say it beside the goals."""
    print(f"the node at rest {where}, level {level}, {seconds:g} s each", flush=True)
    for pace in paces:
        rest = measure(pace, seconds, level)
        print(
            f"  pace x{pace:<3} RSS {rest.rss:5.1f} MiB ({rest.rss / GOAL_MIB:.2f} of the goal), "
            f"peak {rest.peak:5.1f} MiB; {rest.percent:5.2f} % of a core "
            f"({rest.percent / GOAL_PERCENT:.2f} of the goal), {rest.beats} heartbeats",
            flush=True,
        )
        busy = sorted(rest.threads.items(), key=lambda each: -each[1])
        named = [f"{name.split()[-1]} {p:.2f} %" for name, p in busy if p >= NAMED_PERCENT]
        print(f"    by thread: {', '.join(named[:5]) or 'none to speak of'}", flush=True)


def in_office(seconds: float) -> None:
    """Have the same measured on the office's edge, at the levels that a node may have there."""
    try:
        check()
    except LabUnavailable as reason:
        print(f"in the office: left out: {reason}")
        return
    with office() as made:
        for level in ("listen", "ask"):
            here = ("env", "-C", str(Path.cwd()), sys.executable, "-m", "tests.bench.at_rest")
            words = [*made.capsule.at(EDGE), *here, str(seconds), level]
            subprocess.run(words, check=True, timeout=20 * 60)


def main() -> int:
    """Measure, and say it beside the goals."""
    compiled.compile_once()
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else SECONDS
    if len(sys.argv) > 2:  # it is the one that was started on the office's edge
        report("in the office", seconds, (1,), sys.argv[2])
        return 0
    print(f"{platform.platform()}; goals {GOAL_MIB:g} MiB, {GOAL_PERCENT} % of a core")
    report("on this machine", seconds, (1, 10), "listen")
    in_office(seconds)
    return 0


if __name__ == "__main__":
    sys.exit(main())
