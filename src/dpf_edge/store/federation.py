"""Other installations that nodes came across: shown for two minutes, and never trusted for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from sqlalchemy import delete, select

from dpf_edge.store.keeper import Keeper
from dpf_edge.store.records import Candidate
from dpf_edge.store.schema import candidate, node
from dpf_edge.store.texts import short_digest
from dpf_edge.store.upserts import upsert
from dpf_edge.wire.federation import CANDIDATES, FORGOTTEN_SECONDS

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from dpf_edge.wire import federation

# What the contract calls them, by how they are reached.
INSECURE, UNCHECKED = "blocked-insecure-transport", "tls-validation-required"
# A node may report fifty at a time, and other fifty while those are remembered.
MOST_OF_A_NODE = 4 * CANDIDATES


class Federation(Keeper):
    """``store.federation``."""

    def put(
        self,
        node_id: str,
        candidates: Sequence[federation.Candidate],
        *,
        own: Collection[str] = (),
    ) -> int:
        """Remember what a node came across; an empty list takes nothing back.

        :param own: this Authority's own origins, which are no other installation.
        :returns: how many were taken.
        """
        now = self._clock()
        ours = {_origin(each) for each in own}
        taken = [each for each in candidates if _origin(each.endpoint) not in ours]
        rows: list[dict[str, Any]] = [
            {
                "node_id": node_id,
                "candidate_id": short_digest(each.discovery_id, each.endpoint),
                "document": msgspec.to_builtins(each),
                "seen_at": now,
            }
            for each in taken
        ]
        with self._database.writing() as connection:
            mine = candidate.c.node_id == node_id
            old = candidate.c.seen_at <= now - FORGOTTEN_SECONDS
            connection.execute(delete(candidate).where(mine, old))
            # The same id twice in one snapshot is one row, and one statement takes each row once.
            upsert(connection, candidate, list({r["candidate_id"]: r for r in rows}.values()))
            newest = (
                select(candidate.c.candidate_id).where(mine).order_by(candidate.c.seen_at.desc())
            )
            over = connection.execute(newest.offset(MOST_OF_A_NODE)).scalars().all()
            if over:
                lapsed = candidate.c.candidate_id.in_(over)
                connection.execute(delete(candidate).where(mine, lapsed))
        return len(taken)

    def candidates(self, *, site: str | None = None) -> tuple[Candidate, ...]:
        """What nodes came across in the last two minutes."""
        asked = (
            select(candidate.c.node_id, candidate.c.document, candidate.c.seen_at)
            .where(candidate.c.seen_at > self._clock() - FORGOTTEN_SECONDS)
            .order_by(candidate.c.candidate_id, candidate.c.node_id)
        )
        if site is not None:
            there = select(node.c.node_id).where(node.c.site == site)
            asked = asked.where(candidate.c.node_id.in_(there))
        with self._database.reading() as connection:
            return tuple(
                Candidate(node_id, document, _state(document["endpoint"]), seen_at)
                for node_id, document, seen_at in connection.execute(asked)
            )


def _state(endpoint: str) -> str:
    return UNCHECKED if endpoint.lower().startswith("https:") else INSECURE


def _origin(url: str) -> str:
    return url.rstrip("/").lower()
