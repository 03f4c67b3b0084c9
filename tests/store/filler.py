"""A process that fills its disk with runs, and says what became of it, as JSON.

``python -m tests.store.filler URL BALLAST``: submits until the store is full, then looks whether
all that was acknowledged can be read, removes the ballast (a file, or a table of that name in a
database on the same disk), and submits once more.
"""

from __future__ import annotations

import json
import random
import sys
import time
from pathlib import Path

import psycopg

from dpf_edge.errors import StoreUnavailable
from dpf_edge.store import open_store

from .fleet import Clock, Fleet, sight, thing

# Each some 60 KiB that no compression makes small, and more runs than any disk of a test holds.
LONG_BYTES, MOST_RUNS = 30_000, 2_000


def make_room(ballast: str) -> None:
    """Remove what was put there to be removed."""
    if not ballast.startswith("postgresql:"):
        Path(ballast).unlink()
        return
    with psycopg.connect(ballast) as connection:
        connection.execute("DROP TABLE ballast")


def main(url: str, ballast: str) -> None:
    """Fill it."""
    clock = Clock(time.time())
    with open_store(url, clock=clock, sight=sight) as store:
        fleet = Fleet(store, clock)
        node = fleet.enrolled().node_id
        acknowledged: list[str] = []
        said = None
        for number in range(MOST_RUNS):
            clock.on(1)
            noise = random.Random(number).randbytes(LONG_BYTES).hex()
            try:
                fleet.submit(
                    node, thing(f"{number}", uuid=f"{number}", text=noise), key=f"{number}"
                )
            except StoreUnavailable as error:
                said = error
                break
            acknowledged.append(f"{number}")
        rows = store.runs.list(node_id=node, limit=1000).rows
        make_room(ballast)
        clock.on(1)
        again = fleet.submit(node, thing("after", uuid="after"), key="after")
        told = {
            "error": said.code if said else None,
            "acknowledged": acknowledged,
            "stored": [row.run_key for row in rows],
            "after": again.persisted.created_entities,
            "devices": store.inventory.devices(limit=1).total,
        }
    print(json.dumps(told))  # noqa: T201 -- what it is for


if __name__ == "__main__":
    main(*sys.argv[1:])
