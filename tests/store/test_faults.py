"""Processes that are killed, disks that are full, and several at it at once."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from dpf_edge.errors import StoreBusy
from dpf_edge.store import database, open_store
from dpf_edge.store.schema import item
from tests.left_out import left_out

from .submitter import THINGS
from .suite import PostgresUnavailable, cluster

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dpf_edge.store.kept import Store

    from .fleet import Clock, Fleet
    from .suite import Cluster

CHECKOUT = Path(__file__).parents[2]
# Moments to kill at, in seconds after the first acknowledgement; the seed makes a failure repeat.
ROUNDS, SEED, LONGEST = 8, 20261122, 0.15


def started(module: str, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", f"tests.store.{module}", *arguments],
        cwd=CHECKOUT,
        stdout=subprocess.PIPE,
        text=True,
    )


def killed_after(process: subprocess.Popen[str], seconds: float) -> list[int]:
    """Kill a submitter some time after its first run; what it said was acknowledged."""
    assert process.stdout
    with process:
        said = [process.stdout.readline()]
        time.sleep(seconds)
        process.kill()
        said += process.stdout.readlines()
    return [int(line) for line in said if line.endswith("\n")]


def test_what_was_acknowledged_is_stored_whenever_the_process_is_killed(
    store: Store, fleet: Fleet, url: str
) -> None:
    """kill -9 during ingest: an acknowledged run is there, and every run is there whole."""
    node, moments = fleet.enrolled().node_id, random.Random(SEED)
    acknowledged: set[int] = set()

    for _ in range(ROUNDS):
        process = started("submitter", url, node)
        acknowledged |= set(killed_after(process, moments.random() * LONGEST))

    runs = {row.run_key for row in store.runs.list(node_id=node, limit=1000).rows}
    assert acknowledged
    assert {f"run-{number}" for number in acknowledged} <= runs
    assert whole(store, runs) == runs
    if url.startswith("sqlite"):
        with store._database.reading() as connection:
            assert "ok" == connection.exec_driver_sql("PRAGMA integrity_check").scalar()


def whole(store: Store, runs: set[str]) -> set[str]:
    """The runs of which every thing is stored; each thing is a device too."""
    with store._database.reading() as connection:
        keys = list(connection.execute(item.select().with_only_columns(item.c.observed_key)))
    counted: dict[str, int] = {}
    for (key,) in keys:
        run = f"run-{key.partition('-')[0]}"
        counted[run] = counted.get(run, 0) + 1
    assert len(keys) == store.inventory.devices(limit=1).total
    return {run for run, count in counted.items() if count == THINGS}


def test_two_processes_submit_and_administer_at_once(
    store: Store, fleet: Fleet, url: str, clock: Clock
) -> None:
    """`token` and `nodes` work beside the running Authority, and hold from its next request."""
    nodes = [fleet.enrolled().node_id for _ in range(2)]
    processes = [started("submitter", url, node) for node in nodes]
    lines = [process.stdout.readline() for process in processes if process.stdout]

    with open_store(url, clock=clock) as beside:
        issued = beside.tokens.issue().row
        beside.nodes.quarantine(nodes[0], by="ann")
        seen = store.nodes.get(nodes[0]).node.trust_state
    for process in processes:
        with process:
            process.kill()

    assert ["0\n", "0\n"] == lines
    assert "quarantined" == seen
    assert issued in store.tokens.list()


def test_who_waits_too_long_for_another_is_told_and_nothing_is_done(
    store: Store, url: str, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "WAIT_SECONDS", 0.2 if url.startswith("sqlite") else 1)
    with open_store(url, clock=clock) as other:
        with store.together():
            store.settings.put("a", "mine")
            with pytest.raises(StoreBusy) as busy:
                other.settings.put("a", "theirs")
            assert other.settings.get("a") is None, "readers wait for nobody"

        assert "try again" in str(busy.value.hint)
        assert "mine" == other.settings.get("a")


# -- a full disk


def filled(url: str, ballast: str, *prefix: str) -> dict[str, Any]:
    """What a filler said."""
    done = subprocess.run(
        [*prefix, sys.executable, "-m", "tests.store.filler", url, ballast],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert 0 == done.returncode, done.stderr[-2000:]
    said: dict[str, Any] = json.loads(done.stdout)
    return said


def check_filled(said: dict[str, Any]) -> None:
    """Nothing that was acknowledged is lost, nothing else was half done, and it goes on."""
    assert "store-full" == said["error"]
    assert len(said["acknowledged"]) > 10
    assert set(said["acknowledged"]) == set(said["stored"])
    assert 1 == said["after"]
    assert len(said["acknowledged"]) + 1 == said["devices"]


@pytest.fixture
def mounting() -> None:
    """That a test may mount a file system of its own."""
    done = subprocess.run(
        ["unshare", "--mount", "true"], capture_output=True, text=True, check=False, timeout=10
    )
    if done.returncode != 0 or os.getuid() != 0:
        left_out("a small disk of one's own takes root")


def test_a_full_disk_loses_nothing_and_says_so(mounting: None, tmp_path: Path) -> None:
    small = tmp_path / "small"
    small.mkdir()
    ballast = small / "ballast"
    script = (
        f'mount -t tmpfs -o size=8m none {small} && head -c 2m /dev/zero > {ballast} && exec "$@"'
    )

    apart = ("unshare", "--mount", "sh", "-c", script, "sh")
    said = filled(f"sqlite:///{small / 'store.db'}", str(ballast), *apart)

    check_filled(said)


@pytest.fixture
def small_postgres(mounting: None) -> Iterator[Cluster]:
    """A server with a disk that is soon full."""
    try:
        with cluster(small="32m") as running:
            yield running
    except PostgresUnavailable as reason:
        left_out(str(reason))


def test_a_server_whose_disk_is_full_loses_nothing_and_says_so(
    small_postgres: Cluster,
) -> None:
    small_postgres.run(f"CREATE TABLESPACE small LOCATION '{small_postgres.folder / 'small'}'")
    url = small_postgres.database("TABLESPACE small")
    ballast = small_postgres.database("TABLESPACE small")
    with psycopg.connect(ballast) as connection:
        rows = "SELECT repeat(md5(n::text), 60) FROM generate_series(1, 1500) n"
        connection.execute(f"CREATE TABLE ballast AS {rows}".encode())

    said = filled(url, ballast)

    check_filled(said)
