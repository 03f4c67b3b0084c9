"""What changes on a network becomes events, which are delivered like runs and hold up none."""

from __future__ import annotations

import json
import threading
from typing import TYPE_CHECKING

from dpf_edge.host.capture import Replay
from dpf_edge.model import Neighbour
from dpf_edge.node import happenings
from dpf_edge.wire import events
from tests.node.running import FAST, running, settings
from tests.node.scripted import EVENTS, refusal
from tests.node.servers import until
from tests.unit.node.machines import GATEWAY, captured

if TYPE_CHECKING:
    from pathlib import Path

    from dpf_edge.host.seam import Host
    from tests.node.scripted import Scripted
    from tests.node.servers import Server

USUAL, OTHER = GATEWAY, Neighbour("192.168.50.1", "00:0c:43:00:00:66", "enp3s0", "reachable")


class Lan:
    """A machine on a LAN whose gateway may become another."""

    def __init__(self) -> None:
        self.gateway = USUAL
        self.looks = threading.Semaphore(0)

    def __call__(self) -> Host:
        self.looks.release()
        return Replay(captured([self.gateway]))


def told(authority: Scripted) -> list[events.Alert]:
    """The alerts that the Authority was told of."""
    with authority.lock:
        batches = [each for node in authority.nodes.values() for each in node.events.values()]
    return [each for batch in batches for each in batch.events if isinstance(each, events.Alert)]


def test_a_gateway_that_became_another_is_told_once_and_that_it_is_back(
    authority: Scripted, server: Server, tmp_path: Path
) -> None:
    """W27: no published node emits events."""
    authority.takes_events = True
    lan = Lan()
    with running(settings(server.url, tmp_path, token=authority.issue()), host=lan) as node:
        until(lambda: len(authority.run_keys()) >= 2)
        assert [] == told(authority)
        lan.gateway = OTHER
        until(lambda: told(authority))
        runs = len(authority.run_keys())
        until(lambda: len(authority.run_keys()) >= runs + 3)
        assert len(told(authority)) == 1, told(authority)
        [alert] = told(authority)
        lan.gateway = USUAL
        until(lambda: len(told(authority)) > 1)
        changed = [line["what"] for line in node.events("changed")]

    back = told(authority)[-1]
    assert ("gateway-mac-changed", "trigger") == (alert.event_class, alert.action)
    assert ("gateway-mac-changed", "resolve") == (back.event_class, back.action)
    assert alert.dedup_key == back.dedup_key
    assert "00:0c:43:00:00:66" in alert.summary
    assert ["gateway-mac-changed", "gateway-mac-changed"] == [
        each for each in changed if each == "gateway-mac-changed"
    ]


def test_what_was_remembered_outlives_the_node(
    authority: Scripted, server: Server, tmp_path: Path
) -> None:
    """Whoever swaps the gateway while the node is down is found out all the same."""
    authority.takes_events = True
    lan = Lan()
    given = settings(server.url, tmp_path, token=authority.issue())
    with running(given, host=lan):
        until(lambda: len(authority.run_keys()) >= 2)
    lan.gateway = OTHER
    with running(given, host=lan):
        until(lambda: told(authority))

    assert ["gateway-mac-changed"] == [each.event_class for each in told(authority)]


def test_a_memory_that_cannot_be_read_is_begun_anew_and_tells_of_nothing(
    authority: Scripted, server: Server, tmp_path: Path
) -> None:
    authority.takes_events = True
    lan = Lan()
    given = settings(server.url, tmp_path, token=authority.issue())
    with running(given, host=lan):
        until(lambda: len(authority.run_keys()) >= 2)
    (tmp_path / "state" / happenings.FILE).write_bytes(b"{ not JSON")
    lan.gateway = OTHER
    with running(given, host=lan):
        runs = len(authority.run_keys())
        until(lambda: len(authority.run_keys()) >= runs + 2)

    assert [] == told(authority)


def test_events_wait_while_the_authority_is_away_and_are_sent_with_the_time_of_sending(
    authority: Scripted, server: Server, tmp_path: Path
) -> None:
    authority.takes_events = True
    lan = Lan()
    with running(settings(server.url, tmp_path, token=authority.issue()), host=lan) as node:
        until(lambda: len(authority.run_keys()) >= 2)
        server.stop()
        lan.gateway = OTHER
        until(lambda: node.events("changed"))
        server.start()
        until(lambda: told(authority))

    [alert] = told(authority)
    assert "trigger" == alert.action
    assert [] == node.events("dropped")


def test_an_authority_that_takes_no_events_gets_its_runs(
    authority: Scripted, server: Server, tmp_path: Path
) -> None:
    """404, 403, 429 and 500 on one route are that route's business."""
    authority.misbehave(
        EVENTS,
        refusal(404, "not_found"),
        refusal(403, "scope_disallowed"),
        refusal(429, "rate_limited", retryAfterSec=1),
        refusal(500, "persist_failed"),
    )
    lan = Lan()
    timing = FAST._replace(poison_retry=0.05)
    with running(
        settings(server.url, tmp_path, token=authority.issue()), host=lan, timing=timing
    ) as node:
        until(lambda: len(authority.run_keys()) >= 2)
        lan.gateway = OTHER
        until(lambda: len(authority.of(EVENTS)) >= 5)
        runs = len(authority.run_keys())
        until(lambda: len(authority.run_keys()) >= runs + 3)
        assert node.is_in("trusted")

    assert [] == node.events("dropped")
    assert any("events stay for now" in line["text"] for line in node.events("not-delivered"))


def test_a_thousand_changes_go_in_several_bodies_of_the_contract() -> None:
    from dpf_edge.discovery.changes.change import Change, Changed

    changed = [
        Change(Changed.NEW, f"192.168.50.{n}", "info", "x" * 400, 1.0 + n, {"n": n})
        for n in range(1200)
    ]
    made = list(happenings.parts(changed, 1_767_323_045.0))

    batches = [events.decode(each.body) for each in made]
    assert 1200 == sum(len(each.events) for each in batches)
    assert len({each.run_key for each in made}) == len(made) >= 3
    assert all(len(each.body) <= 256 << 10 for each in made)
    assert all(each.run_key == batch.run_key for each, batch in zip(made, batches, strict=True))


def test_a_body_is_dated_when_it_is_sent_and_says_when_things_were() -> None:
    from dpf_edge.discovery.changes.change import Change, Changed

    change = Change(Changed.NEW, "192.168.50.9", "info", "a new device", 1_767_000_000.0, {})
    [made] = happenings.parts([change], 1_767_000_000.0)

    sent = json.loads(happenings.dated(made.body, 1_767_323_045.0))
    assert "2026-01-02T03:04:05.000Z" == sent["observedAt"]
    assert "2025-12-29T09:20:00.000Z" == sent["events"][0]["occurredAt"]
    assert made.run_key == sent["runKey"]
