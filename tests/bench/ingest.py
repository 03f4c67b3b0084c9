"""How fast runs of 10 000 items are taken in, on both databases, side by side in one run.

From the bytes of a body to the commit, as an Authority does it: decode, digest, submit. Prints
items a second and ratios, and never fails for being slow: a benchmark is read, a test is run.

SQLite with synchronous=FULL and PostgreSQL with fsync, each on this machine's own disk.
"""

from __future__ import annotations

import itertools
import os
import platform
import sqlite3
import statistics
import tempfile
import time
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import msgspec
import psycopg

from dpf_edge.authority.identity import sighting
from dpf_edge.store import open_store
from dpf_edge.wire import discovery, times
from tests.store.fleet import Clock, Fleet, run, thing
from tests.store.suite import PostgresUnavailable, cluster

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dpf_edge.store.kept import Store

ITEMS = 10_000
# Enough that a median stands still on a busy machine; the first of each is thrown away.
WARM_UP, ROUNDS = 1, 7
# What the design asks for: changed items a second, and how many times that unchanged ones.
WANTED = {"SQLite": 10_000, "PostgreSQL": 15_000}
WANTED_RATIO = 10


class Took(NamedTuple):
    """How long one run took: all of it, and the store's part."""

    seconds: float
    in_store: float


class State(NamedTuple):
    """What a network says: a counter that all have, one that a hundredth of them has, and a part
    of all names. Counters are facts that say nothing about a device; names are shown."""

    counter: int = 0
    of_a_few: int = 0
    names: int = 0


def items(state: State) -> Iterator[discovery.Item]:
    """A network of 10 000 neighbours, as ARP and a sweep tell of them."""
    for n in range(ITEMS):
        address = f"10.{n >> 16}.{n >> 8 & 255}.{n & 255}"
        yield thing(
            f"arp:{address}",
            f"host-{n}-{state.names}",
            address=address,
            mac=f"24:5a:4c:{n >> 16:02x}:{n >> 8 & 255:02x}:{n & 255:02x}",
            iface="enp3s0",
            osiLayer=3,
            osiLayerName="network",
            protocolFamily="ipv4",
            discoveredVia="arp_table",
            vendor="Ubiquiti Inc",
            vendorOui="245A4C",
            vendorShort="Ubiquiti",
            counter=state.counter,
            other=0 if n % 100 else state.of_a_few,
        )


class Bench:
    """One store, and the runs that are sent to it."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self.store = store
        self.clock = clock
        self.fleet = Fleet(store, clock)
        self.numbers = itertools.count()
        self.node = self.fleet.enrolled().node_id

    def take(self, state: State) -> Took:
        """Send one run."""
        observed_at = self.clock.on(300)
        key = f"run-{next(self.numbers)}"
        body = msgspec.json.encode(run(key, observed_at, items(state)))
        began = time.perf_counter()
        request = discovery.decode(body)
        digest = self.store.runs.digest(request)
        decoded = time.perf_counter()
        self.store.runs.submit(
            self.node,
            request,
            digest=digest,
            received_at=observed_at,
            observed_at=times.seconds(request.observed_at),
        )
        ended = time.perf_counter()
        return Took(ended - began, ended - decoded)

    def new(self) -> Took:
        """A first run: every item, device, key and change is new. Each time on another site."""
        self.node = self.fleet.enrolled(f"site-{next(self.numbers)}").node_id
        return self.take(State())


def measured(store: Store, clock: Clock) -> dict[str, list[Took]]:
    """All cases in turn, so that what slows the machine down slows all of them."""
    bench = Bench(store, clock)
    taken: defaultdict[str, list[Took]] = defaultdict(list)
    for turn in range(WARM_UP + ROUNDS):
        states = {
            "changed, every one": State(counter=turn + 1),
            "renamed, every one": State(counter=turn + 1, names=turn + 1),
            "changed, one in a hundred": State(turn + 1, of_a_few=turn + 1, names=turn + 1),
            "unchanged": State(turn + 1, of_a_few=turn + 1, names=turn + 1),
        }
        taken["new, every one"].append(bench.new())
        for name, state in states.items():
            taken[name].append(bench.take(state))
    return {name: each[WARM_UP:] for name, each in taken.items()}


def report(kind: str, taken: dict[str, list[Took]]) -> None:
    """Print one database's part."""
    print(f"\n{kind:28} {'items/s':>10} {'best':>10} {'store alone':>12}")
    middle = {
        name: statistics.median(took.seconds for took in each) for name, each in taken.items()
    }
    for name, each in taken.items():
        best = min(took.seconds for took in each)
        alone = statistics.median(took.in_store for took in each)
        print(
            f"{name:28} {ITEMS / middle[name]:10,.0f} {ITEMS / best:10,.0f} {ITEMS / alone:12,.0f}"
        )
    changed, same = middle["changed, every one"], middle["unchanged"]
    wanted = WANTED[kind]
    print(
        f"changed: {ITEMS / changed:,.0f} items/s, {ITEMS / changed / wanted:.1f} × the {wanted:,}"
        f" wanted\nunchanged: {changed / same:.1f} × changed, {ITEMS / same / wanted:.1f} × those"
        f" {wanted:,}; wanted ≥ {WANTED_RATIO} ×"
    )


def main() -> None:
    """Measure and print."""
    machine = f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores"
    print(f"{machine}, Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}")
    print(f"runs of {ITEMS:,} items, {ROUNDS} of each kind in turn after {WARM_UP} to warm up")
    clock = Clock()
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'store.db'}"
        with open_store(url, clock=clock, sight=sighting) as store:
            report("SQLite", measured(store, clock))
    try:
        with cluster(durable=True) as server:
            url = server.database()
            with psycopg.connect(url) as connection:
                version = connection.info.server_version
            print(f"\nPostgreSQL {version // 10_000}.{version % 10_000}", end="")
            with open_store(url, clock=clock, sight=sighting) as store:
                report("PostgreSQL", measured(store, clock))
    except PostgresUnavailable as reason:
        print(f"\nleft out PostgreSQL: {reason}")


if __name__ == "__main__":
    main()
