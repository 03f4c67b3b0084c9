"""How often a node may call: sliding windows, kept in the store, so all processes share them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import select, update

from dpf_edge.store.keeper import Keeper
from dpf_edge.store.records import Taken
from dpf_edge.store.schema import rate
from dpf_edge.store.upserts import insert_unless_there

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection, Select

    from dpf_edge.wire.limits import Ceiling


class Limits(Keeper):
    """``store.limits``."""

    def take(self, node_id: str, route: str, ceilings: Sequence[Ceiling]) -> Taken:
        """Let a call through, or say how long to wait. A call that is refused takes no slot.

        :param ceilings: all of them hold; ``remaining`` counts what the first has left.
        """
        now = self._clock()
        longest = max(ceiling.seconds for ceiling in ceilings)
        with self._database.writing() as connection:
            taken = within(self._locked(connection, node_id, route), longest, now)
            wait = max(to_wait(taken, ceiling, now) for ceiling in ceilings)
            if wait <= 0:
                taken.append(now)
                self._keep(connection, node_id, route, taken)
        used = len(within(taken, ceilings[0].seconds, now))
        return Taken(None if wait <= 0 else wait, max(0, ceilings[0].count - used))

    def spaced(self, node_id: str, route: str, seconds: float) -> float | None:
        """How long to wait until so many seconds have passed since the last accepted call.

        It only looks. None: no need to wait.
        """
        with self._database.reading() as connection:
            taken = connection.execute(_row(node_id, route)).scalar() or []
        return left(taken, seconds, self._clock())

    def mark(
        self, connection: Connection, node_id: str, route: str, seconds: float
    ) -> float | None:
        """Within a transaction: accept a call, or say how long to wait (see :meth:`spaced`)."""
        now = self._clock()
        wait = left(self._locked(connection, node_id, route), seconds, now)
        if wait is None:
            self._keep(connection, node_id, route, [now])
        return wait

    @staticmethod
    def _locked(connection: Connection, node_id: str, route: str) -> list[float]:
        """When calls were let through, with the row locked until the transaction ends."""
        insert_unless_there(connection, rate, [{"node_id": node_id, "route": route, "taken": []}])
        taken: list[float] = connection.execute(_row(node_id, route).with_for_update()).scalar_one()
        return taken

    @staticmethod
    def _keep(connection: Connection, node_id: str, route: str, taken: list[float]) -> None:
        mine = (rate.c.node_id == node_id) & (rate.c.route == route)
        connection.execute(update(rate).where(mine).values(taken=taken))


def within(taken: Sequence[float], seconds: float, now: float) -> list[float]:
    """The times that lie within a window around now, oldest first.

    Around, and not before: a clock that was put back leaves times in the future. Those that are
    near count, or stepping the clock would open the gate; those that are far do not, or it would
    stay shut until the clock is there again.
    """
    return sorted(at for at in taken if abs(now - at) < seconds)


def to_wait(taken: Sequence[float], ceiling: Ceiling, now: float) -> float:
    """Seconds until a ceiling has a slot free; 0 where it has one now."""
    counted = within(taken, ceiling.seconds, now)
    if len(counted) < ceiling.count:
        return 0.0
    return counted[-ceiling.count] + ceiling.seconds - now


def left(taken: Sequence[float], seconds: float, now: float) -> float | None:
    """Seconds until so many have passed since the last time; None where they have."""
    counted = within(taken, seconds, now)
    return counted[-1] + seconds - now if counted else None


def _row(node_id: str, route: str) -> Select[tuple[Any]]:
    return select(rate.c.taken).where(rate.c.node_id == node_id, rate.c.route == route)
