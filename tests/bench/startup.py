"""How long a cold `diagnose --json` takes, beside the bare interpreter, in turn in one run.

Prints ratios, which hold when the machine's own speed drifts, and never fails for being slow: a
benchmark is read, a test is run. Peak memory is the largest of all runs.
"""

from __future__ import annotations

import os
import platform
import statistics
import subprocess
import sys
import time
from pathlib import Path

# One run to fill the page cache, and enough pairs for a median to stand still on a busy machine.
WARM_UP, PAIRS = 1, 15

PROGRAM = Path(sys.executable).with_name("dpf-edge")
COMMANDS = {
    "python -c pass": [sys.executable, "-c", "pass"],
    "dpf-edge diagnose --json": [str(PROGRAM), "diagnose", "--json"],
}
# What design asks for; shown beside what was measured, and judged by whoever reads.
WANTED_RATIO, WANTED_MIB = 10, 60


def timed(command: list[str]) -> tuple[float, float]:
    """One run of a whole process: seconds of wall clock, and peak MiB of the largest child."""
    began = time.perf_counter()
    with Path(os.devnull).open("w") as null:
        process = subprocess.Popen(command, stdout=null)
        _, status, used = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"{command[0]} ended with {status}")
    return time.perf_counter() - began, used.ru_maxrss / 1024


def main() -> None:
    """Measure and print."""
    seconds: dict[str, list[float]] = {name: [] for name in COMMANDS}
    peak: dict[str, float] = dict.fromkeys(COMMANDS, 0.0)
    for turn in range(WARM_UP + PAIRS):
        for name, command in COMMANDS.items():
            took, mib = timed(command)
            if turn >= WARM_UP:
                seconds[name].append(took)
                peak[name] = max(peak[name], mib)
    bare, ours = seconds.values()
    ratios = [b / a for a, b in zip(bare, ours, strict=True)]
    machine = f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores"
    print(f"{machine}, Python {platform.python_version()}")
    print(f"{'whole process':26} {'median':>9} {'worst':>9} {'peak':>9}")
    for name, taken in seconds.items():
        print(
            f"{name:26} {statistics.median(taken) * 1000:6.1f} ms {max(taken) * 1000:6.1f} ms"
            f" {peak[name]:5.1f} MiB"
        )
    print(
        f"ratio, pair by pair: median {statistics.median(ratios):.1f}, best {min(ratios):.1f},"
        f" worst {max(ratios):.1f}; wanted ≤ {WANTED_RATIO} × and ≤ {WANTED_MIB} MiB"
    )
    print(f"{PAIRS} pairs, in turn, after {WARM_UP} to warm up")


if __name__ == "__main__":
    main()
