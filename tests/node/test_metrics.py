"""The metrics channel through one node, from an agent's counters to the Authority's store."""

from __future__ import annotations

import contextlib
import json
import threading
import time
from typing import TYPE_CHECKING, Any

from dpf_edge.authority.identity import sighting
from dpf_edge.host.clock import SystemClock
from dpf_edge.host.hardware import Hardware
from dpf_edge.level import Level
from dpf_edge.node.machine import Place
from dpf_edge.store import open_store
from tests.authority_process import AuthorityProcess, authority
from tests.node.running import FAST, SEES, Running, machine, settings
from tests.node.servers import PATIENCE, until
from tests.unit.discovery.nets import QuietNetwork
from tests.unit.discovery.snmp_agents import Reached
from tests.unit.node.test_interface_metrics import agent

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from dpf_edge.node.settings import NodeSettings

__all__ = ["authority"]

TIMING = FAST._replace(metrics_every=0.05, metrics_least=0.05)


class Counting(QuietNetwork):
    """A network with one SNMP agent on it, whose counters go on with every look."""

    looks = 0

    def account(self, name: str, seconds: float) -> Any:
        if name != "interface-metrics":
            return super().account(name, seconds)
        self.looks += 1
        return Reached(agent(1000 * self.looks, {3: 125_000 * self.looks}))


@contextlib.contextmanager
def at_work(given: NodeSettings, network: QuietNetwork) -> Iterator[Running]:
    """A node on a network of the test's own."""
    node = Running(given)
    place = Place(
        lambda: machine(SEES),
        lambda _: network,
        SystemClock(),
        lambda: 0.5,
        Hardware(4, 8 << 30),
        "f" * 64,
    )
    thread = threading.Thread(target=node.run, args=(place, TIMING), daemon=True)
    thread.start()
    try:
        yield node
    finally:
        node.stop()
        thread.join(PATIENCE)


def test_what_an_agent_counts_arrives_as_a_rate(
    tmp_path: Path, authority: AuthorityProcess
) -> None:
    """W27: and the Authority accepts what was declared for it."""
    file = tmp_path / "snmp.json"
    file.write_text(
        json.dumps({"targets": [{"host": "192.168.50.2", "version": "2c", "community": "c"}]})
    )
    file.chmod(0o600)
    token = authority.token("--auto-approve")
    given = settings(authority.url, tmp_path, token=token, snmp_file=str(file), level=Level.ASK)
    store = f"sqlite:///{authority.folder / 'authority.sqlite'}"
    with (
        at_work(given, Counting()),
        open_store(store, clock=time.time, sight=sighting) as kept,
    ):
        until(lambda: bool(authority.nodes()))
        node_id = authority.nodes()[0]["nodeId"]
        until(lambda: bool(kept.metrics.latest(node_id)))
        (told,) = [each.document for each in kept.metrics.latest(node_id)]
    # 125 000 bytes in the agent's ten seconds, whatever ours were.
    assert ("snmp:192.168.50.2", 100_000.0) == (told["deviceKey"], told["rxBps"])


def test_at_listen_no_agent_is_asked(tmp_path: Path, authority: AuthorityProcess) -> None:
    file = tmp_path / "snmp.json"
    file.write_text(json.dumps({"targets": [{"host": "192.168.50.2", "community": "c"}]}))
    token = authority.token("--auto-approve")
    given = settings(authority.url, tmp_path, token=token, snmp_file=str(file))
    network = Counting()
    with at_work(given, network) as node:
        until(lambda: len(node.taken()) > 1)  # it does what it may
    assert 0 == network.looks
