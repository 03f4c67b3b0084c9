"""Asks SNMP agents as the collector does, from inside a test's namespace: JSON in, JSON out.

Started as ``python -m tests.unit.discovery.snmp_asking``. Standard input holds ``targets`` in the
file's published shape; ``looks`` how often interfaces are measured, and ``every`` how many seconds
apart.
"""

from __future__ import annotations

import sys
import time
from typing import Any

import msgspec

from dpf_edge.discovery.collectors.snmp import snmp
from dpf_edge.discovery.job import Job
from dpf_edge.discovery.snmp import targets as snmp_targets
from dpf_edge.host.live_net import LiveNet
from dpf_edge.node.interface_metrics import Meter


def main() -> None:
    """Ask, and print what came."""
    told: dict[str, Any] = msgspec.json.decode(sys.stdin.buffer.read())
    read = snmp_targets.read(msgspec.json.encode({"targets": told["targets"]}))
    net = LiveNet(5000)
    account = net.account("snmp", 30)
    job = Job(None, None, settings={"snmp": read.targets})  # type: ignore[arg-type]
    seen = list(snmp(job, account))
    meter, rounds = Meter(), []
    for number in range(told.get("looks", 0)):
        if number:
            time.sleep(told["every"])
        rounds.append(meter.sample(read.targets, net.account("metrics", 10)))
    document = {
        "seen": seen,
        "warnings": read.warnings,
        "lost": account.lost(),
        "packets": account.packets,
        "rounds": rounds,
    }
    sys.stdout.buffer.write(msgspec.json.encode(document))


if __name__ == "__main__":
    main()
