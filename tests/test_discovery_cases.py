"""Every recorded case gives its observations, exactly; every collector has a case.

A case is a file, tests/cases-discovery/COLLECTOR/CASE.json::

    {"about": "a printer that offers itself by mDNS",
     "collector": "mdns",
     "host": {…},            what the machine shows, as a capture; where the collector reads it
     "job": {"places": [{"name": "eth0", …}], "targets": ["10.0.0.7"], "settings": {…}},
     "exchanges": [{"method": "ask", "given": {…}, "gives": [{…}]}],
     "observations": [{"addresses": ["10.0.0.7"], …}],
     "failure": "…"}         what it must end with, where it breaks off on purpose

``python -m tools.record_discovery`` makes one of what a collector met.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from dpf_edge.discovery.collectors import collector
from dpf_edge.discovery.job import Job, Place, SnmpTarget
from dpf_edge.errors import HostError
from dpf_edge.host.capture import Capture, Replay
from dpf_edge.host.hardware import Hardware
from dpf_edge.host.net_recorded import RecordedNet, exchanges
from dpf_edge.model import Neighbour
from dpf_edge.observed import Observation
from dpf_edge.vantage.diagnose import diagnose
from dpf_edge.wire.adapters import Adapter
from tests.node.running import SEES, machine

if TYPE_CHECKING:
    from dpf_edge.host.seam import Host

CASES = Path(__file__).parent / "cases-discovery"
FILES = sorted(CASES.glob("*/*.json"))
# What collectors are told beside their jobs, and as what.
SETTINGS: dict[str, Any] = {
    "snmp": tuple[SnmpTarget, ...],
    "adapters": tuple[Adapter, ...],
    "resolvers": tuple[str, ...],
    "hardware": Hardware,
}


def name_of(path: Path) -> str:
    return f"{path.parent.name}/{path.stem}"


def host_of(case: dict[str, Any]) -> Host:
    """The machine of a case; one that sees a LAN, where the case does not care."""
    shown = case.get("host")
    return machine(SEES) if shown is None else Replay(msgspec.convert(shown, Capture))


def settled(name: str, value: Any) -> Any:
    """A setting from its JSON; a secret is one again."""
    if name not in SETTINGS:
        return value
    return msgspec.convert(value, SETTINGS[name], dec_hook=lambda kind, told: kind.from_wire(told))


def job_of(case: dict[str, Any]) -> Job:
    """The job of a case."""
    host, told = host_of(case), case.get("job", {})
    settings = told.get("settings", {})
    return Job(
        host=host,
        diagnosis=diagnose(host),
        places=tuple(
            Place(**{**each, "networks": tuple(each["networks"])})
            for each in told.get("places", [])
        ),
        targets=tuple(told.get("targets", [])),
        known=msgspec.convert(told.get("known", []), tuple[Neighbour, ...]),
        seconds=told.get("seconds", 5.0),
        settings={name: settled(name, value) for name, value in settings.items()},
    )


def written(observations: list[Observation]) -> list[Any]:
    """Observations as JSON has them, in an order that no thread decides."""
    found = [json.loads(msgspec.json.encode(each)) for each in observations]
    return sorted(found, key=lambda each: json.dumps(each, sort_keys=True))


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_a_case_gives_its_observations(path: Path) -> None:
    case = json.loads(path.read_text())
    net = RecordedNet(exchanges(case.get("exchanges", [])))
    found: list[Observation] = []
    failure = None
    try:
        found.extend(collector.all()[case["collector"]](job_of(case), net))
    except HostError as error:
        failure = str(error)

    expected = sorted(case["observations"], key=lambda each: json.dumps(each, sort_keys=True))
    assert expected == written(found)
    assert case.get("failure") == failure
    assert [] == [each.method for each in net.untaken], "recorded, and asked by nobody"


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_a_case_stands_with_its_collector_and_says_what_it_is(path: Path) -> None:
    case = json.loads(path.read_text())

    assert path.parent.name == case["collector"]
    assert case["about"]
    # What is observed is in the words of the vocabulary, and nothing else is said.
    for each in case["observations"]:
        assert msgspec.convert(each, Observation, strict=True).collector == case["collector"]
        assert {*each} <= {field.name for field in msgspec.structs.fields(Observation)}


@pytest.mark.parametrize("name", list(collector.all()))
def test_every_collector_has_a_case(name: str) -> None:
    assert list((CASES / name).glob("*.json")), f"tests/cases-discovery/{name} has no case"


@pytest.mark.parametrize("name", list(collector.all()))
def test_every_collector_says_what_it_is(name: str) -> None:
    about = collector.about()[name]

    assert collector.help(name).endswith("?"), "its docstring is the one question that it answers"
    assert about.reads
    assert about.sends
    assert about.reach in {"machine", "segment", "routed"}
    assert ("nothing" == about.sends) == (about.level == "listen"), "listening sends nothing"
    assert (about.needs is None) == (about.without is None)
    assert about.stands_in_for is None or about.stands_in_for in collector.all()
