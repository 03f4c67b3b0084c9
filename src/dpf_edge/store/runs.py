"""Discovery runs: taken in once each, in bulk, whatever order they come in.

What a run costs is what it changes. A run that says what the one before it said is a row of its
own and nothing else: when its items were last seen stands with the part of the picture that they
are in, not with them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, insert, select, update

from dpf_edge.errors import StoreMissing
from dpf_edge.store import absence, collector, devices, links, picture, sites
from dpf_edge.store.keeper import Keeper, made_id
from dpf_edge.store.observed import content_digest, items_of, relations_of
from dpf_edge.store.picture import Where
from dpf_edge.store.records import Persisted, RunPage, RunRow, RunStored
from dpf_edge.store.schema import node, part, run
from dpf_edge.store.settings import GONE_AFTER_SECONDS, number
from dpf_edge.store.sweeps import Newest, placed
from dpf_edge.store.upserts import upsert

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from sqlalchemy import Connection, Row

    from dpf_edge.store.database import Database
    from dpf_edge.store.sighting import Sight
    from dpf_edge.wire.discovery import Request

COMPLETED = "completed"
MOST_ROWS = 1_000


class Runs(Keeper):
    """``store.runs``."""

    def __init__(self, database: Database, clock: Callable[[], float], sight: Sight | None) -> None:
        super().__init__(database, clock)
        self._sight = sight

    def submit(
        self,
        node_id: str,
        request: Request,
        *,
        digest: str,
        received_at: float,
        observed_at: float,
        complete: bool = True,
    ) -> RunStored:
        """Take a run in; one whose runKey is known is answered from what is stored.

        Runs of one node that were observed at the same moment are parts of one sweep. A run that
        was observed before the newest changes what is known of the past, and not the present.

        :param digest: what :meth:`digest` gives for the request.
        :param complete: whether what the run does not name was not there. A node that could not
            look at its LAN says nothing about it, and nothing is missed for that.
        :raises StoreMissing: there is no such node.
        """
        with self._database.writing() as connection, collector.paused():
            its_site = _site_of(connection, node_id)
            sites.lock(connection, its_site, received_at)
            known = _known(connection, node_id, request.run_key)
            if known is not None:
                differs = (known["digest"], known["observed_at"]) != (digest, observed_at)
                return _stored(known, Persisted(**known["persisted"]), replay=True, differs=differs)
            stood = _picture(connection, node_id)
            place = placed(stood, observed_at, complete=complete, now=received_at)
            where = Where(its_site, node_id, place.part, observed_at, place.replaces, place.late)
            unchanged = place.digest == digest
            counts = (
                _same_again(request) if unchanged else self._take_in(connection, where, request)
            )
            run_id = made_id("run_", received_at)
            row = _row(where, run_id, request, digest, received_at, counts)
            connection.execute(insert(run).values(row))
            if not place.late:
                _moved_on(connection, where, place.dropped, run_id, digest)
                if complete:
                    after = number(connection, GONE_AFTER_SECONDS)
                    absence.mark_gone(connection, where.site, observed_at, after)
            return _stored(row, counts, unchanged=unchanged)

    def _take_in(self, connection: Connection, where: Where, request: Request) -> Persisted:
        """Write what a run says that is other than what was known."""
        items, before = items_of(request), picture.stood(connection, where.node_id)
        linked = links.link(connection, where, relations_of(request))
        found = picture.delta(before, items, where)
        told = picture.told(connection, where, before, found, self._sight)
        news = devices.News(
            where.site,
            where.node_id,
            where.observed_at,
            where.before,
            told.things,
            told.repainted,
            frozenset(told.lost),
            linked.same,
        )
        picture.written(connection, where.node_id, told, devices.settle(connection, news))
        _forget_digests(connection, where, found.robbed)
        return Persisted(
            created_entities=len(found.new),
            updated_entities=len(items) - len(found.new),
            stale_entities=len(found.missed),
            created_relationships=linked.created,
            updated_relationships=linked.updated,
            stale_relationships=linked.stale,
        )

    @staticmethod
    def digest(request: Request) -> str:
        """What stands for all that a run says, but its runKey and when it was observed."""
        return content_digest(request)

    def find(self, node_id: str, run_key: str) -> RunStored | None:
        """A run that was taken in, by its node's key; as a replay of it is answered."""
        with self._database.reading() as connection:
            known = _known(connection, node_id, run_key)
        if known is None:
            return None
        return _stored(known, Persisted(**known["persisted"]), replay=True)

    def list(
        self,
        *,
        node_id: str | None = None,
        site: str | None = None,
        before: str | None = None,
        limit: int = 50,
    ) -> RunPage:
        """Some of the runs, those last received first."""
        limit = min(max(limit, 1), MOST_ROWS)
        asked = select(run).order_by(run.c.run_id.desc()).limit(limit + 1)
        if node_id is not None:
            asked = asked.where(run.c.node_id == node_id)
        if site is not None:
            asked = asked.where(run.c.site == site)
        if before is not None:
            asked = asked.where(run.c.run_id < before)
        with self._database.reading() as connection:
            rows = [_run_row(row) for row in connection.execute(asked)]
        return RunPage(tuple(rows[:limit]), rows[limit - 1].id if len(rows) > limit else None)


def _site_of(connection: Connection, node_id: str) -> str:
    found = connection.execute(select(node.c.site).where(node.c.node_id == node_id)).scalar()
    if found is None:
        raise StoreMissing(f"{node_id}: no such node")
    return str(found)


def _picture(connection: Connection, node_id: str) -> dict[int, Newest]:
    """A node's picture as it stands: the newest run of each part."""
    asked = select(part.c.part, part.c.observed_at, part.c.digest).where(part.c.node_id == node_id)
    return {key: Newest(at, digest) for key, at, digest in connection.execute(asked)}


def _same_again(request: Request) -> Persisted:
    return Persisted(
        updated_entities=len(request.items), updated_relationships=len(request.relationships or ())
    )


def _moved_on(
    connection: Connection, where: Where, dropped: Sequence[int], run_id: str, digest: str
) -> None:
    """Make a run the newest of its part."""
    row = {
        "node_id": where.node_id,
        "part": where.part,
        "run_id": run_id,
        "digest": digest,
        "observed_at": where.observed_at,
    }
    upsert(connection, part, [row])
    over = (part.c.node_id == where.node_id) & part.c.part.in_(dropped)
    connection.execute(delete(part).where(over))


def _forget_digests(connection: Connection, where: Where, parts: Collection[int]) -> None:
    """Have the next run of these parts read in full: some of their items are this one's now."""
    for number_of in parts:
        mine = (part.c.node_id == where.node_id) & (part.c.part == number_of)
        connection.execute(update(part).where(mine).values(digest=""))


def _known(connection: Connection, node_id: str, run_key: str) -> dict[str, Any] | None:
    asked = select(run).where(run.c.node_id == node_id, run.c.run_key == run_key)
    row = connection.execute(asked).one_or_none()
    return None if row is None else dict(row._mapping)


def _row(
    where: Where, run_id: str, request: Request, digest: str, received_at: float, counts: Persisted
) -> dict[str, Any]:
    return {
        "node_id": where.node_id,
        "run_id": run_id,
        "site": where.site,
        "run_key": request.run_key,
        "digest": digest,
        "observed_at": where.observed_at,
        "received_at": received_at,
        "late": where.late,
        "agent_mode": request.agent_mode,
        "agent_version": request.agent_version,
        "capabilities": request.capabilities,
        "warnings": request.warnings or (),
        "item_count": len(request.items),
        "relationship_count": len(request.relationships or ()),
        "persisted": counts,
    }


def _stored(
    row: Mapping[str, Any],
    persisted: Persisted,
    *,
    replay: bool = False,
    differs: bool = False,
    unchanged: bool = False,
) -> RunStored:
    return RunStored(
        run_id=row["run_id"],
        replay=replay,
        differs=differs,
        unchanged=unchanged,
        late=row["late"],
        status=COMPLETED,
        item_count=row["item_count"],
        relationship_count=row["relationship_count"],
        started_at=row["received_at"],
        completed_at=row["received_at"],
        persisted=persisted,
    )


def _run_row(row: Row[Any]) -> RunRow:
    return RunRow(
        id=row.run_id,
        node_id=row.node_id,
        site=row.site,
        run_key=row.run_key,
        observed_at=row.observed_at,
        received_at=row.received_at,
        late=row.late,
        agent_mode=row.agent_mode,
        agent_version=row.agent_version,
        capabilities=tuple(row.capabilities),
        warnings=tuple(row.warnings),
        item_count=row.item_count,
        relationship_count=row.relationship_count,
        persisted=Persisted(**row.persisted),
    )
