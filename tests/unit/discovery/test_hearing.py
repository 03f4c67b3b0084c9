"""An ear between sweeps: it stays open, remembers for a while, and ends when it is told to."""

from __future__ import annotations

import time

from dpf_edge.discovery import hearing
from dpf_edge.discovery.collectors import collector
from dpf_edge.discovery.hearing import Ear
from dpf_edge.discovery.job import Stage
from dpf_edge.discovery.sweep import Machine
from dpf_edge.host.capture import Replay
from dpf_edge.level import Level
from dpf_edge.observed import Status
from tests.node.servers import until
from tests.unit.discovery.nets import QuietNetwork
from tests.unit.discovery.test_scope import seeing
from tests.unit.node.machines import captured

AT = 1_767_323_045.0


def ear(network: QuietNetwork) -> Ear:
    machine = Machine(lambda: Replay(captured()), network, time.monotonic, lambda: AT, lambda: 0.5)
    return Ear(machine, seeing())


def test_every_collector_that_listens_is_in_it_and_none_that_sends() -> None:
    listening = hearing.listeners()

    assert {"heard"} <= listening.keys()
    for name, what in collector.about().items():
        assert (what.stage is Stage.LISTEN) == (name in listening)
    assert {Level.LISTEN} == {each.level for each in listening.values()}


def test_where_it_may_not_listen_it_ends_and_says_why() -> None:
    quiet = ear(QuietNetwork(privileged=False))
    quiet.start()

    until(lambda: any(each.status is Status.SKIPPED for each in quiet.outcomes()))
    [outcome] = quiet.outcomes()
    assert (Status.SKIPPED, "heard") == (outcome.status, outcome.name)
    assert outcome.reason
    assert () == quiet.heard()


def test_it_listens_where_the_lan_is_and_until_it_is_told_to_stop() -> None:
    network = QuietNetwork(privileged=True)
    open_ear = ear(network)

    assert ["enp3s0"] == [each.name for each in open_ear.places]
    open_ear.start()
    until(lambda: [each.status for each in open_ear.outcomes()] == [Status.NOTHING])
    [account] = network.accounts
    assert not account.ended.is_set()
    open_ear.stop()
    until(account.ended.is_set)
