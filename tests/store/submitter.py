"""A process that submits runs until it is killed, and says of each that it was acknowledged.

``python -m tests.store.submitter URL NODE``: run number n has the things ``n-0`` to ``n-19`` and
nothing else; after each its number is printed.
"""

from __future__ import annotations

import itertools
import sys
import time

from dpf_edge.store import open_store

from .fleet import run, sight, thing

# Enough that a run takes some milliseconds, so that a kill falls into one.
THINGS = 20


def main(url: str, node_id: str) -> None:
    """Submit until the end."""
    with open_store(url, clock=time.time, sight=sight) as store:
        began = time.time()
        first = len(store.runs.list(node_id=node_id, limit=1000).rows)
        for number in itertools.count(first):
            things = [
                thing(f"{number}-{n}", f"thing {number}-{n}", uuid=f"{number}-{n}")
                for n in range(THINGS)
            ]
            # A second apart, whatever the clock says: each is newer than the one before.
            at = began + number
            made = run(f"run-{number}", at, things)
            store.runs.submit(
                node_id,
                made,
                digest=store.runs.digest(made),
                received_at=time.time(),
                observed_at=at,
            )
            print(number, flush=True)  # noqa: T201 -- what it is for


if __name__ == "__main__":
    main(*sys.argv[1:])
