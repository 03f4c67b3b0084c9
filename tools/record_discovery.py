"""Run one collector on the live network, and write what it met as a case for the tests.

``python -m tools.record_discovery mdns -o tests/cases-discovery/mdns/printer.json``

It sends what the collector sends: run it in a namespace whose network is yours to ask, such as the
laboratory's (``python -m tests.lab.home``). Look the file through before it is kept: it holds what
the devices said.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from dpf_edge.discovery import tables
from dpf_edge.discovery.asked import Asked
from dpf_edge.discovery.collectors import collector
from dpf_edge.discovery.job import Job
from dpf_edge.discovery.scope import Scope, scope
from dpf_edge.discovery.snmp import targets as snmp_targets
from dpf_edge.errors import HostError
from dpf_edge.host.clock import chance
from dpf_edge.host.live import live
from dpf_edge.host.live_net import LiveNet
from dpf_edge.host.net_recorder import Recorder
from dpf_edge.level import Level
from dpf_edge.vantage.diagnose import diagnose

if TYPE_CHECKING:
    from dpf_edge.observed import Observation

SECONDS = 10.0


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("collector", choices=list(collector.all()))
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="FILE")
    parser.add_argument("--about", default="", help="what the case is of")
    parser.add_argument("--target", action="append", default=[], help="instead of those known")
    parser.add_argument("--snmp", type=Path, help="SNMP targets; their secrets go into the case")
    return parser.parse_args()


def main() -> int:
    """Record one collector."""
    given = arguments()
    host = live()
    diagnosis = diagnose(host)
    asked = Asked(level=Level.PROBE, only=(given.collector,))
    settings: dict[str, Any] = {}
    if given.snmp:
        settings["snmp"] = snmp_targets.read(given.snmp.read_bytes()).targets
    network = LiveNet(asked.rate)
    found = scope(
        asked,
        diagnosis,
        tables.of(host),
        collector.about(),
        privileged=network.privileged(),
        chance=chance,
    )
    settings["resolvers"] = found.resolvers
    job = Job(
        host,
        diagnosis,
        found.places,
        tuple(given.target) or targets(found),
        found.known,
        SECONDS,
        settings,
    )
    recorder = Recorder(network.account(given.collector, SECONDS))
    observations: list[Observation] = []
    failure = None
    try:
        observations.extend(collector.all()[given.collector](job, recorder))
    except HostError as error:
        failure = str(error)
    case = {
        "about": given.about or f"what {given.collector} met",
        "collector": given.collector,
        "job": {
            "places": [each._asdict() for each in job.places],
            "targets": list(job.targets),
            "known": msgspec.to_builtins(job.known),
            "seconds": SECONDS,
            "settings": msgspec.to_builtins(settings),
        },
        "exchanges": msgspec.to_builtins(recorder.exchanges),
        "observations": [json.loads(msgspec.json.encode(each)) for each in observations],
        **({"failure": failure} if failure else {}),
    }
    given.output.parent.mkdir(parents=True, exist_ok=True)
    given.output.write_text(json.dumps(case, indent=2, ensure_ascii=False) + "\n")
    print(f"{given.output}: {len(observations)} observations of {len(recorder.exchanges)} calls")
    return 0


def targets(found: Scope) -> tuple[str, ...]:
    """The targets that a collector would get; those of the stage detail are the known ones."""
    [task] = found.tasks or [None]
    return tuple(task.targets if task else ()) or found.reached.known


if __name__ == "__main__":
    sys.exit(main())
