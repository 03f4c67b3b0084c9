"""How long the pages take at 100 000 devices, on both databases; and what the first one weighs.

From the request to the last byte of the answer, over loopback, by an Authority as it runs: signed
in by a session, one call at a time. Prints milliseconds and how many times faster than the 100 ms
that are wanted; never fails for being slow.
"""

from __future__ import annotations

import contextlib
import http.client
import os
import platform
import re
import statistics
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import psycopg

from dpf_edge.authority.app import create
from dpf_edge.authority.identity import sighting
from dpf_edge.authority.settings import Settings
from dpf_edge.store import open_store
from tests.authority.served import served
from tests.store.suite import PostgresUnavailable, cluster
from tests.web.crowd import DEVICES, SITES, crowd

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dpf_edge.authority.serve import Listening
    from dpf_edge.store.kept import Store

WANTED_MS, WANTED_BYTES = 100.0, 150 * 1024
# In turn, so that what slows the machine down slows all; the first of each is thrown away.
ROUNDS = 15
PAGES = {
    "the first page": "/",
    "devices": "/devices",
    "devices, by address": "/devices?sort=address",
    "devices, one site": "/devices?site=site-03",
    "search, one found": "/devices?q=core-switch",
    "search, 12 504 found": "/devices?q=printer",
    "search, none found": "/devices?q=nothing-is-called-so",
    "search, a MAC": "/devices?q=24-5A-4C-FF-00-01",
    "search, a /24": "/devices?q=192.168.50.0/24",
    "devices, a maker by kind": "/devices?maker=Dell+Inc.&sort=kind",
    "devices, new in a day": "/devices?new=24h&sort=first-seen&order=desc",
    "a device": "/devices/{laptop}",
    "a router of 200 stations": "/devices/{router}",
    "nodes": "/nodes",
    "map": "/map",
    "map, its data": "/map/data",
    "map of a site, its data": "/map/data?site=site-03",
    "coverage": "/coverage",
    "changes": "/changes",
}


class Took(NamedTuple):
    """One answer: how long it took in ms, and what came."""

    ms: float
    status: int
    body: bytes
    octets: int


class Visitor:
    """Somebody who is signed in, on one connection."""

    def __init__(self, at: Listening, link: str) -> None:
        host, port = at.addresses[0]
        self.line = http.client.HTTPConnection(host, port, timeout=60)
        self.cookie = ""
        self.line.request("GET", f"/sign-in?link={link}")
        answer = self.line.getresponse()
        answer.read()
        self.cookie = (answer.getheader("set-cookie") or "").partition(";")[0]

    def get(self, path: str) -> Took:
        """One page or file, as a browser asks for it."""
        began = time.perf_counter()
        self.line.request("GET", path, headers={"cookie": self.cookie, "accept-encoding": "gzip"})
        answer = self.line.getresponse()
        body = answer.read()
        ms = (time.perf_counter() - began) * 1000
        head = sum(len(name) + len(value) + 4 for name, value in answer.getheaders())
        return Took(ms, answer.status, body, head + len(body))


@contextlib.contextmanager
def visited(store: Store) -> Iterator[Visitor]:
    """An Authority over a store, and somebody who visits it."""
    with served(create(store, Settings(), time.time)) as at:
        yield Visitor(at, store.people.link("operator", ttl_seconds=3600).reveal())


def measured(store: Store, kind: str) -> None:
    """Every page in turn, and print what each took."""
    lab = {each.name: each.device_id for each in store.inventory.devices(site="the lab").rows}
    first = store.inventory.devices(site="site-00", sort="address", limit=1).rows[0]
    named = {"laptop": lab["laptop of the boss"], "router": first.device_id}
    with visited(store) as visitor:
        there = {
            name: path.format(**named)
            for name, path in PAGES.items()
            if visitor.get(path.format(**named)).status == 200
        }
        took: dict[str, list[float]] = {name: [] for name in there}
        for _ in range(ROUNDS):
            for name, path in there.items():
                took[name].append(visitor.get(path).ms)
        print(f"\n{kind:28} {'median':>9} {'best':>9} {'of 100 ms':>10}")
        for name, each in took.items():
            middle = statistics.median(each)
            print(f"{name:28} {middle:6.1f} ms {min(each):6.1f} ms {middle / WANTED_MS:9.2f}x")
        if kind == "SQLite":
            weighed(visitor)


def weighed(visitor: Visitor) -> None:
    """Print what the first page weighs on the wire, the first time and from then on."""
    page = visitor.get("/")
    found = re.findall(r'(?:src|href)="(/static/[^"]+)"', page.body.decode())
    files = {path: visitor.get(path) for path in dict.fromkeys(found)}
    whole = page.octets + sum(each.octets for each in files.values())
    print(
        f"\nthe first page on the wire: {whole / 1024:.0f} KiB with {len(files)} files, "
        f"{whole / WANTED_BYTES:.2f} of the 150 KiB wanted; from then on {page.octets / 1024:.0f} "
        "KiB, for the files are kept for good"
    )


def main() -> None:
    """Measure and print."""
    machine = f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores"
    print(f"{machine}, Python {platform.python_version()}")
    print(f"{DEVICES:,} devices on {SITES} sites, {ROUNDS} of each page in turn")
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'store.db'}"
        with open_store(url, clock=time.time, sight=sighting) as store:
            crowd(store)
            measured(store, "SQLite")
    try:
        with cluster(durable=True) as server:
            url = server.database()
            with open_store(url, clock=time.time, sight=sighting) as store:
                crowd(store)
                with psycopg.connect(url, autocommit=True) as connection:
                    # As the server does by itself within a minute (autovacuum).
                    connection.execute("VACUUM ANALYZE")
                measured(store, "PostgreSQL")
    except PostgresUnavailable as reason:
        print(f"\nleft out PostgreSQL: {reason}")


if __name__ == "__main__":
    main()
