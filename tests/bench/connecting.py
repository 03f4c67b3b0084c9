"""TCP connects: 200 hosts and 100 ports, a tenth open, ours against nmap -sT."""

from __future__ import annotations

import json
import statistics
import sys
from typing import TYPE_CHECKING

from tests.lab.home.capsule import capsule

if TYPE_CHECKING:
    from tests.lab.home.capsule import Capsule

HOSTS, FIRST_PORT, PORTS, OPEN = 200, 20000, 100, 10

# 200 addresses of one host, which refuses what nobody waits for.
_STAGE = f"""
ip netns add scanner; ip netns add target
ip -n target link add eth0 address 00:14:22:77:00:01 type veth peer name eth0 \
    address a0:36:9f:77:00:01 netns scanner
ip -n target link set lo up; ip -n scanner link set lo up
ip -n target link set eth0 up; ip -n scanner link set eth0 up
ip -n scanner addr add 192.168.77.254/24 dev eth0
for n in $(seq {HOSTS}); do echo "addr add 192.168.77.$n/24 dev eth0"; done \
    | ip -n target -batch -
"""
_WAIT = f"""
import selectors, socket
waiting = selectors.DefaultSelector()
for port in range({FIRST_PORT}, {FIRST_PORT + OPEN}):
    ear = socket.create_server(("", port), backlog=4096)
    waiting.register(ear, selectors.EVENT_READ)
print(flush=True)
while True:
    for key, _ in waiting.select():
        key.fileobj.accept()[0].close()
"""
# The seam that the collector itself uses, at no rate but its own best; nmap has none either.
_OURS = f"""
import json, time
from dpf_edge.host.live_net import LiveNet
hosts = [f"192.168.77.{{n}}" for n in range(1, {HOSTS + 1})]
targets = [(host, port) for port in range({FIRST_PORT}, {FIRST_PORT + PORTS}) for host in hosts]
net = LiveNet(rate=10_000_000).account("tcp", 60)
began = time.monotonic()
results = [each.result for each in net.connect(targets, wait=1.0)]
took = time.monotonic() - began
print(json.dumps([took, len(results), results.count("open")]))
"""


def measure(rounds: int) -> None:
    """Print both, as probes a second."""
    with capsule() as made:
        made.sh(_STAGE)
        made.sh(
            f"{sys.executable} -c '{_WAIT}' >/run/waits 2>&1 &\nuntil [ -s /run/waits ]; do "
            "sleep 0.02; done",
            place="target",
        )
        ours = [_ours(made) for _ in range(rounds)]
        peers = [_nmap(made) for _ in range(rounds)]
    one, two = statistics.median(ours), statistics.median(peers)
    print(f"\nTCP connects, {HOSTS} hosts x {PORTS} ports, {OPEN} % open: goal, 40 000 a second")
    print(f"  {'dpf-edge, in its process':44} {one:10,.0f} a second  x   1.00")
    print(f"  {'nmap -sT, by its own clock':44} {two:10,.0f} a second  x{two / one:7.2f}")


def _ours(made: Capsule) -> float:
    done = made.run("scanner", [sys.executable, "-c", _OURS], timeout=90)
    if done.returncode != 0:
        raise RuntimeError(done.stderr)
    took, tried, there = json.loads(done.stdout)
    assert (tried, there) == (HOSTS * PORTS, HOSTS * OPEN), (tried, there)
    return float(tried / took)


def _nmap(made: Capsule) -> float:
    ports = f"{FIRST_PORT}-{FIRST_PORT + PORTS - 1}"
    command = f"nmap -sT -n -Pn -T5 --min-rate 1000000 -p {ports} -oG - 192.168.77.1-{HOSTS}"
    done = made.run("scanner", ["sh", "-c", f"{command} | tail -1"], timeout=190)
    # "Nmap done at …: 200 IP addresses (200 hosts up) scanned in 3.41 seconds"
    return HOSTS * PORTS / float(done.stdout.rsplit("scanned in ", 1)[1].split()[0])
