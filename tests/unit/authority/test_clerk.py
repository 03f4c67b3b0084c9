"""The rows of refused calls: all of known nodes', written together where they come together."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, cast

import pytest

from dpf_edge.authority.clerk import Clerk
from dpf_edge.errors import StoreFull
from dpf_edge.store.records import AuditRow

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dpf_edge.store.kept import Store


class Slow:
    """A store whose first write takes until it is let go."""

    def __init__(self) -> None:
        self.audit = self
        self.began, self.goes_on = threading.Event(), threading.Event()
        self.batches: list[int] = []
        self.is_full = False

    def record(self, rows: Sequence[AuditRow]) -> None:
        self.batches.append(len(rows))
        self.began.set()
        assert self.goes_on.wait(20)
        if self.is_full:
            raise StoreFull("full")


def row(number: int) -> AuditRow:
    return AuditRow(tool="edge.heartbeat", at=float(number), node_id=f"edge_{number}", status=429)


def test_rows_that_wait_for_one_write_are_the_next_ones() -> None:
    """A node that hammers costs no disk synchronisation a call."""
    store = Slow()
    clerk = Clerk(cast("Store", store), lambda: 0.0)
    with ThreadPoolExecutor(9) as threads:
        first = threads.submit(clerk.write, row(0))
        assert store.began.wait(20)
        others = [threads.submit(clerk.write, row(each)) for each in range(1, 9)]
        while len(clerk.waiting) < 8:
            pass
        store.goes_on.set()
        for each in (first, *others):
            each.result(20)

    assert [1, 8] == store.batches


def test_a_write_that_fails_fails_for_each_whose_row_was_in_it() -> None:
    store = Slow()
    store.is_full = True
    clerk = Clerk(cast("Store", store), lambda: 0.0)
    with ThreadPoolExecutor(4) as threads:
        waiting = [threads.submit(clerk.write, row(each)) for each in range(4)]
        store.goes_on.set()

        for each in waiting:
            with pytest.raises(StoreFull):
                each.result(20)

    store.is_full = False
    clerk.write(row(9))
    assert not clerk.waiting
