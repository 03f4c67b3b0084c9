"""The audit trail of refusals: every call of a known node, and of strangers as many as are useful.

What takes effect writes its own row, in the same transaction. What is refused has none, so its row
comes here. A node that hammers must not cost a disk synchronisation a call: the rows of calls that
are refused at the same time are written together.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dpf_edge.errors import StoreUnavailable
from dpf_edge.store.records import AuditRow
from dpf_edge.wire import limits

if TYPE_CHECKING:
    from collections.abc import Callable

    from dpf_edge.store.kept import Store

# Anybody can call without a token, as often as they please: who does so is seen after a few rows,
# and more of them would only push the others out.
STRANGERS_A_MINUTE = 60


@dataclass(slots=True)
class Waiting:
    """A row that is to be written, and what became of it."""

    row: AuditRow
    is_written: bool = False
    error: StoreUnavailable | None = None


class Clerk:
    """Writes rows, together where there are several."""

    def __init__(self, store: Store, clock: Callable[[], float]) -> None:
        self.store = store
        self.clock = clock
        self.desk = threading.Lock()  # over what waits
        self.pen = threading.Lock()  # over the writing
        self.waiting: list[Waiting] = []
        self.strangers = Strangers()

    def write(self, row: AuditRow) -> None:
        """Write a row; it is in the store when this returns. Called in a thread.

        :raises StoreUnavailable: it could not be written.
        """
        if row.node_id is None:
            counted = self.strangers.counted(row, self.clock())
            if counted is None:
                return
            row = counted
        mine = Waiting(row)
        with self.desk:
            self.waiting.append(mine)
        with self.pen:
            if not mine.is_written:  # else who had the pen before wrote this one too
                with self.desk:
                    batch, self.waiting = self.waiting, []
                self.record(batch)
        if mine.error is not None:
            raise mine.error

    def record(self, batch: list[Waiting]) -> None:
        """Write several rows in one transaction."""
        error: StoreUnavailable | None = None
        try:
            self.store.audit.record([each.row for each in batch])
        except StoreUnavailable as away:
            error = away
        for each in batch:
            each.is_written, each.error = True, error


class Strangers:
    """Lets so many rows of unknown callers through a minute, and counts the others."""

    def __init__(self, most: int = STRANGERS_A_MINUTE) -> None:
        self.most = most
        self.lock = threading.Lock()
        self.since = 0.0
        self.let_through = 0
        self.left_out = 0

    def counted(self, row: AuditRow, now: float) -> AuditRow | None:
        """The row with how many were left out before it; None where it is left out itself."""
        with self.lock:
            if not 0 <= now - self.since < limits.MINUTE:
                self.since, self.let_through = now, 0
            if self.let_through >= self.most:
                self.left_out += 1
                return None
            self.let_through += 1
            left_out, self.left_out = self.left_out, 0
        if not left_out:
            return row
        return AuditRow(
            tool=row.tool,
            at=row.at,
            status=row.status,
            code=row.code,
            ms=row.ms,
            detail={**(row.detail or {}), "leftOut": left_out},
        )
