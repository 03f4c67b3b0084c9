"""Discovery against its peers, side by side in one run: medians, ratios, packets, memory.

``python -m tests.bench.discovery [NAME…]`` with root and the lab's packages; the names are those of
``BENCHES``. All of it runs in namespaces of its own. Each round runs every tool once, in another
order, so that what else this machine does is everybody's. A tool's time is its whole process's;
packets are the adapter's own count.
"""

from __future__ import annotations

import json
import os
import platform
import random
import re
import statistics
import subprocess
import sys
import time
from collections import defaultdict
from typing import TYPE_CHECKING, Any, NamedTuple

from dpf_edge.discovery.tcp_ports import PORTS
from dpf_edge.level import Level
from tests.bench import avahi_browse, compiled, connecting
from tests.lab import commands
from tests.lab.home.check import check
from tests.lab.home.crowd import SCANNER, crowd
from tests.lab.home.judging import wrong
from tests.lab.home.office import BARE, EDGE, SNMP_FILE, office
from tests.lab.home.truth import BEHIND, LAN, THINGS
from tests.lab.lab import INSTALLED
from tests.lab.state import LabUnavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from tests.lab.home.capsule import Capsule

ROUNDS = 5
HOSTS = 60
# Runs a command inside the place and writes its seconds and its most KiB; of the latter it cannot
# tell less than its own 9 MiB.
_TOOK = "/run/took"
_WATCH = """
import os, sys, time
began = time.monotonic()
child = os.posix_spawnp(sys.argv[2], sys.argv[2:], os.environ)
_, status, used = os.wait4(child, 0)
open(sys.argv[1], "w").write(f"{time.monotonic() - began} {used.ru_maxrss}")
sys.exit(os.waitstatus_to_exitcode(status))
"""
_ADDRESS = re.compile(r"\b\d+\.\d+\.\d+\.\d+\b")


class Took(NamedTuple):
    """One run of one tool."""

    seconds: float
    mib: float
    packets: int
    output: str


class Tool(NamedTuple):
    """What is measured: its command, and how its output tells whom it found."""

    name: str
    argv: tuple[str, ...]
    found: Callable[[str], set[str]]
    rounds: int = ROUNDS


def run(capsule: Capsule, place: str, argv: Sequence[str], *, seconds: float = 200) -> Took:
    """Run a command in a place to its end, and say what it took."""
    before = _sent(capsule, place)
    watched = (sys.executable, "-I", "-S", "-c", _WATCH, _TOOK, *argv)
    done = commands.run([*capsule.at(place), *watched], timeout=seconds)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(argv)} ended with {done.returncode}: {done.stderr}")
    took, kib = map(float, capsule.file(_TOOK).read_text().split())
    return Took(took, kib / 1024, _sent(capsule, place) - before, done.stdout)


def _sent(capsule: Capsule, place: str) -> int:
    told = capsule.sh(f"ip -n {place} -j -s link show eth0")
    return int(json.loads(told)[0]["stats64"]["tx"]["packets"])


def in_sweep(output: str) -> set[str]:
    """The addresses of sweep-1's devices, but for this machine's own."""
    devices = json.loads(output)["devices"]
    return {a for device in devices if not device.get("self") for a in device["addresses"]}


def in_nmap(output: str) -> set[str]:
    """Those that nmap's greppable output calls up."""
    return {_ADDRESS.findall(line)[0] for line in output.splitlines() if "Status: Up" in line}


def in_lines(output: str) -> set[str]:
    """The address that each line begins with."""
    lines = (line.split(maxsplit=1) for line in output.splitlines())
    return {words[0] for words in lines if words and _ADDRESS.fullmatch(words[0])}


def sweep(*words: str) -> tuple[str, ...]:
    """A sweep's command line."""
    return (*INSTALLED, "sweep", "--json", "--level", "probe", *words)


def side_by_side(
    title: str, capsule: Capsule, place: str, tools: Sequence[Tool], there: Mapping[str, Any]
) -> None:
    """Run the tools in turn and print a line for each, the first one's ratio beside the others."""
    runs: dict[str, list[Took]] = defaultdict(list)
    luck = random.Random(title)
    for number in range(ROUNDS):
        for tool in luck.sample(tools, len(tools)):
            if number < tool.rounds:
                capsule.sh("ip neigh flush all nud all || true", place=place)
                runs[tool.name].append(run(capsule, place, tool.argv))
    ours = statistics.median(took.seconds for took in runs[tools[0].name])
    print(f"\n{title}")
    for tool in tools:
        took = runs[tool.name]
        median = statistics.median(each.seconds for each in took)
        found = [tool.found(each.output) - _own(capsule, place) for each in took]
        missed = max(len(set(there) - each) for each in found)
        invented = max(len(each - set(there)) for each in found)
        print(
            f"  {tool.name:44} {median:8.3f} s  x{median / ours:7.2f}  {len(took)} runs"
            f"  missed {missed:3}  invented {invented}"
            f"  packets {statistics.median(each.packets for each in took):9,.0f}"
            f"  {max(each.mib for each in took):6.1f} MiB"
        )


def _own(capsule: Capsule, place: str) -> set[str]:
    told = json.loads(capsule.sh(f"ip -n {place} -j -4 addr show eth0"))
    return {each["local"] for each in told[0]["addr_info"]}


def arp_24() -> None:
    """A /24 by ARP; the goal is a quarter of the faster peer at its defaults."""
    network = "192.168.77.0/24"
    with crowd(network, HOSTS) as made:
        only = ("--only", "arp", "--subnet", network)
        tools = [
            Tool("dpf-edge --rate fast", sweep(*only, "--rate", "fast"), in_sweep),
            Tool("dpf-edge --rate 500 (arp-scan's own)", sweep(*only, "--rate", "500"), in_sweep),
            Tool("arp-scan", ("arp-scan", "-I", "eth0", "-q", network), in_lines),
            Tool("nmap -sn -n", ("nmap", "-sn", "-n", "-oG", "-", network), in_nmap),
        ]
        title = f"/24 by ARP, {HOSTS} hosts up: goal, both peers >= x4"
        side_by_side(title, made.capsule, SCANNER, tools, made.hosts)


def arp_16() -> None:
    """A /16 by ARP; the goals are half of arp-scan's best, and 8 s at 10 000 a second."""
    network = "10.77.0.0/16"
    with crowd(network, HOSTS) as made:
        only = ("--only", "arp", "--subnet", network)
        fast = ("--min-rate", "10000", "--max-retries", "1")
        tools = [
            Tool("dpf-edge --rate 50000", sweep(*only, "--rate", "50000"), in_sweep),
            Tool("dpf-edge --rate 10000", sweep(*only, "--rate", "10000"), in_sweep, 3),
            Tool(
                "arp-scan --bandwidth 100M",
                ("arp-scan", "-I", "eth0", "-q", "--bandwidth", "100M", network),
                in_lines,
            ),
            Tool(
                "nmap -sn -n --min-rate 10000 --max-retries 1",
                ("nmap", "-sn", "-n", *fast, "-oG", "-", network),
                in_nmap,
                1,
            ),
        ]
        title = f"/16 by ARP, {HOSTS} hosts up: goal, arp-scan >= x2, and 8 s at 10 000 a second"
        side_by_side(title, made.capsule, SCANNER, tools, made.hosts)


def bare() -> None:
    """Ranges without any privilege; the goals are nmap's time for the /24, and 6 s for a /20."""
    for network in ("192.168.77.0/24", "10.77.0.0/20"):
        with crowd(network, HOSTS) as made:
            only = ("--only", "nudge", "--rate", "fast", "--subnet", network)
            # It goes by the user's number, so it is told what it lacks.
            nmap = ("nmap", "--unprivileged", "-sn", "-n", "-oG", "-", network)
            tools = [
                Tool("dpf-edge --rate fast", (*BARE, *sweep(*only)), in_sweep),
                Tool(
                    "nmap --unprivileged -sn -n",
                    (*BARE, *nmap),
                    in_nmap,
                    5 if "/24" in network else 1,
                ),
            ]
            title = f"/{network.partition('/')[2]} without privilege, {HOSTS} hosts up"
            side_by_side(title, made.capsule, SCANNER, tools, made.hosts)


def connects() -> None:
    """200 hosts and 100 ports, a tenth open; the goal is 40 000 probes a second."""
    connecting.measure(ROUNDS)


def picture() -> None:
    """All there is to know of the office; the goal is 5 s, and all that was planted."""
    with office() as made:
        where = ("--subnet", LAN, "--subnet", BEHIND, "--snmp", SNMP_FILE)
        ours, peers, faults = [], [], []
        for _ in range(ROUNDS):
            took = run(made.capsule, EDGE, sweep("--rate", "fast", *where))
            ours.append(took)
            faults.append(wrong(json.loads(took.output), Level.PROBE))
            nmap = ("nmap", "-sV", "-T4", "-n", "-p", _ports(), LAN, BEHIND)
            one = run(made.capsule, EDGE, nmap)
            two = avahi_browse.seconds(made.capsule, EDGE)
            peers.append((one.seconds + two, one.packets, one.mib))
        median = statistics.median(each.seconds for each in ours)
        peer = statistics.median(each[0] for each in peers)
        print(f"\nthe whole picture of {len(THINGS)} devices: goal, 5 s and nothing wrong")
        ours_name = "dpf-edge sweep --level probe --rate fast"
        peers_name = "nmap -sV -T4, same ports; avahi-browse"
        print(
            f"  {ours_name:44} {median:8.3f} s  x   1.00"
            f"  wrong {max(map(len, faults))}  packets {ours[-1].packets:,}  {ours[-1].mib:.1f} MiB"
        )
        print(
            f"  {peers_name:44} {peer:8.3f} s  x{peer / median:7.2f}"
            f"  packets {peers[-1][1]:,}  {peers[-1][2]:.1f} MiB"
        )
        for fault in (fault for each in faults for fault in each):
            print(f"    {fault}")


def _ports() -> str:
    """The ports that the sweep itself tried, for a peer of like reach."""
    return ",".join(str(port.number) for port in PORTS)


def first() -> None:
    """From the start of the process to the first device on a terminal; the goal is 0.3 s."""
    with office() as made:
        seconds = [_first(made.capsule) for _ in range(ROUNDS)]
    print("\nthe first device on the screen: goal, 0.3 s")
    print(f"  {'dpf-edge sweep':44} {statistics.median(seconds):8.3f} s")


def _first(capsule: Capsule) -> float:
    ours, theirs = os.openpty()
    began = time.monotonic()
    with subprocess.Popen(
        [*capsule.at(EDGE), *INSTALLED, "sweep", "--seconds", "2"],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env={**os.environ, "TERM": "xterm", "COLUMNS": "120"},
    ) as process:
        shown = b""
        while THINGS["router"].address.encode() not in shown and process.poll() is None:
            shown += os.read(ours, 65536)
        took = time.monotonic() - began
        process.wait(30)
    os.close(ours)
    os.close(theirs)
    return took


BENCHES = {
    "arp-24": arp_24,
    "arp-16": arp_16,
    "bare": bare,
    "connects": connects,
    "picture": picture,
    "first": first,
}


def main() -> int:
    """Measure what is named, or everything."""
    try:
        check("arp-scan", "nmap", "setpriv", "avahi-browse", "dbus-daemon")
    except LabUnavailable as reason:
        print(f"left out: {reason}")
        return 0
    compiled.compile_once()
    print(f"discovery, medians of {ROUNDS}; {platform.platform()}, {os.cpu_count()} cores")
    for name in sys.argv[1:] or BENCHES:
        BENCHES[name]()
    return 0


if __name__ == "__main__":
    sys.exit(main())
