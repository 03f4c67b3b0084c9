"""Both programs are killed at random moments, by the kernel and without a word: nothing is lost."""

from __future__ import annotations

import json
import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import httpx2
import pytest

from dpf_edge.wire import times
from tests.authority import desk
from tests.authority_process import SECONDS, AuthorityProcess
from tests.left_out import left_out
from tests.node.servers import until
from tests.store.suite import KINDS, PostgresUnavailable, cluster
from tests.together.admin import EDGE, Admin

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.together.conftest import MakesNodes
    from tests.together.node_process import NodeProcess

SEED = 20261122
# An Authority takes four runs of a node in a minute. Twice killed, a node has two to deliver, and
# two slots for runs whose answers were lost; what it takes at its last start may have to wait.
NODES, KILLS_OF_EACH = 50, 2
# At once: as many as two cores can do something with.
LANES = 4
# From Python's first line to a run that has arrived it takes a third of a second, and thrice that
# where four do it on two cores.
LONGEST = 0.9


def becomes(node: NodeProcess, state: dict[str, Any]) -> None:
    """Let a node be one that enrolled before: killed while it enrols, it may have to ask for
    another token, and that is another test's business."""
    node.state.mkdir(parents=True, mode=0o700)
    path = node.state / "state.json"
    path.write_text(json.dumps({"enrolledAt": times.stamp(time.time()), **state}))
    path.chmod(0o600)


def kill_again_and_again(
    nodes: list[NodeProcess], moments: random.Random, taken: set[str], go_on: Callable[[], bool]
) -> None:
    """Start each node and kill it, one after the other, and again; note what each has taken."""
    for turn in range(KILLS_OF_EACH):
        for node in nodes:
            if not go_on():
                return
            before = len(node.events("taken"))
            node.start()
            # A moment from its start on; then one after it has something to lose, however slow the
            # machine is at that time.
            if turn:
                node.waits_for("taken", before + 1)
            time.sleep(moments.uniform(0.0, LONGEST))
            node.kill()
            # What it did not come to say stands in its outbox, or has left it for the Authority.
            taken |= {*node.runs("taken"), *node.in_outbox()}


def come_and_go(
    at: AuthorityProcess, moments: random.Random, is_over: Callable[[], bool]
) -> list[str]:
    """Let the Authority be killed, or end in order, and come back; give how it went."""
    ends: list[str] = []
    while len(ends) < 2 or not is_over():
        time.sleep(moments.uniform(0.3, 1.5))
        if len(ends) % 2:
            ends.append("ended")
            at.end()
        else:
            ends.append("killed")
            at.kill()
        time.sleep(moments.uniform(0.0, 0.7))
        at.start()
    return ends


def deliver_the_rest(nodes: list[NodeProcess]) -> list[str]:
    """Start each node a last time, until what it had is delivered; give what waits for a slot."""
    waiting = []
    for node in nodes:
        before = {*node.in_outbox()}
        node.start()
        node.waits_for("taken", len(node.events("taken")) + 1)
        own = node.runs("taken")[-1]

        def is_done(node: NodeProcess = node, own: str = own, before: set[str] = before) -> bool:
            delivered = {*node.runs("delivered")}
            return before <= delivered and own in {*delivered, *node.runs("not-delivered")}

        until(is_done, SECONDS)
        assert node.end() == 0
        waiting += node.in_outbox()
    return waiting


@pytest.mark.timeout(240)
def test_every_run_that_was_taken_arrives_once(
    authority: AuthorityProcess, admin: Admin, node: MakesNodes
) -> None:
    """W13, W39: a hundred times a node is killed at a random moment, while the Authority is killed,
    ended and started again; whatever was put into an outbox is in the store, once."""
    nodes = [node(str(number)) for number in range(NODES)]
    for each in nodes:
        becomes(each, admin.enrolled())
    lanes = [nodes[lane::LANES] for lane in range(LANES)]
    taken: list[set[str]] = [set() for _ in lanes]
    is_broken = threading.Event()

    with ThreadPoolExecutor(LANES) as threads:
        killing = [
            threads.submit(
                kill_again_and_again,
                lane,
                random.Random(SEED + number),
                taken[number],
                lambda: not is_broken.is_set(),
            )
            for number, lane in enumerate(lanes)
        ]
        try:
            ends = come_and_go(
                authority, random.Random(SEED), lambda: all(each.done() for each in killing)
            )
        finally:
            is_broken.set()
    for done in killing:
        done.result()
    with ThreadPoolExecutor(LANES) as threads:
        waiting = {key for lane in threads.map(deliver_the_rest, lanes) for key in lane}

    arrived = [run["runKey"] for run in admin.runs()]
    everything = set().union(*taken, *(each.runs("taken") for each in nodes))
    last = {each.runs("taken")[-1] for each in nodes}
    assert {"killed", "ended"} <= set(ends)
    assert len(everything - last) >= NODES
    assert everything - waiting <= set(arrived)
    assert waiting <= last
    assert len(set(arrived)) == len(arrived)
    assert [] == [each.folder for each in nodes if each.events("dropped") or each.events("outbox")]
    assert [] == [each.folder for each in nodes if "Traceback" in each.said()]
    assert not any("Traceback" in line for line in authority.lines)


# -- the Authority alone


# Each of them stands on a site of its own, so that it can be seen whether all of a run is there.
SUBMITTERS, RUNS_OF_EACH, ITEMS = 24, 3, 300
AUTHORITY_KILLS = 5


@pytest.fixture(params=KINDS)
def url(request: pytest.FixtureRequest) -> Iterator[str | None]:
    """Where the Authority's store is; None for a file of its own."""
    if request.param == "sqlite":
        yield None
        return
    try:
        with cluster() as running:
            yield running.database()
    except PostgresUnavailable as reason:
        left_out(str(reason))


class Submitter:
    """A node that only submits, and asks again until it is answered.

    :ivar acknowledged: the run keys that were acknowledged.
    """

    def __init__(self, admin: Admin, number: int) -> None:
        self.at = admin.at
        self.site = f"site-{number}"
        self.number = number
        self.token = admin.enrolled(site=self.site)["nodeToken"]
        self.acknowledged: list[str] = []

    def submit(self) -> None:
        """Submit every run, oldest first."""
        headers = {"authorization": f"Bearer {self.token}"}
        for each in range(RUNS_OF_EACH):
            run = {**desk.RUN, "runKey": f"{self.number}-{each}", "items": self.items(each)}
            answer = self.asked({**run, "observedAt": times.stamp(time.time())}, headers)
            if answer.status_code == 429:  # its answers were lost more often than there are slots
                return
            assert answer.status_code in {200, 201}, answer.text
            self.acknowledged.append(answer.json()["runKey"])

    def asked(self, run: dict[str, Any], headers: dict[str, str]) -> httpx2.Response:
        """An answer, however often it takes."""
        until_then = time.monotonic() + SECONDS
        while True:
            try:
                return httpx2.post(
                    f"{self.at.url}{EDGE}/discovery-runs",
                    json=run,
                    headers=headers,
                    timeout=SECONDS,
                )
            except httpx2.TransportError:
                assert time.monotonic() < until_then
                time.sleep(0.02)

    def items(self, run: int) -> list[dict[str, Any]]:
        """What it saw: the same stations, each a little different in every run."""
        return [
            {
                "observedKey": f"arp:10.{self.number}.{each // 250}.{each % 250 + 1}",
                "itemType": "host",
                "name": f"station {each}",
                "rawData": {
                    "address": f"10.{self.number}.{each // 250}.{each % 250 + 1}",
                    "run": run,
                },
            }
            for each in range(ITEMS)
        ]


@pytest.mark.timeout(120)
def test_what_an_authority_acknowledged_is_stored_whenever_it_is_killed(
    url: str | None, tmp_path: Path
) -> None:
    """``kill -9`` during ingest, several times: every run that was acknowledged is there, each of
    its things, and once; so is the audit row of it."""
    moments = random.Random(SEED)
    at = AuthorityProcess(tmp_path / "authority", store=url)
    at.start()
    try:
        admin = Admin(at)
        submitters = [Submitter(admin, number) for number in range(SUBMITTERS)]
        kills = 0
        with ThreadPoolExecutor(LANES) as threads:
            submitting = [threads.submit(each.submit) for each in submitters]
            while kills < AUTHORITY_KILLS and not all(each.done() for each in submitting):
                time.sleep(moments.uniform(0.1, 0.6))
                at.kill()
                kills += 1
                at.start()
        for each in submitting:
            each.result()

        runs = {run["runKey"]: run for run in admin.runs()}
        stored = [
            row["detail"]["runKey"]
            for row in admin.audit()
            if row["status"] == 201 and "runKey" in (row["detail"] or {})
        ]
        sites = {each.site: admin.get("/devices", site=each.site)["total"] for each in submitters}
    finally:
        at.end()

    acknowledged = [key for each in submitters for key in each.acknowledged]
    assert kills >= 3
    assert len(acknowledged) > SUBMITTERS
    assert set(acknowledged) <= set(runs)
    assert {ITEMS} == {run["itemCount"] for run in runs.values()}
    assert {ITEMS} == {sites[each.site] for each in submitters if each.acknowledged}
    assert sorted(runs) == sorted(stored)
    assert not any("Traceback" in line for line in at.lines)
