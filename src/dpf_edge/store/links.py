"""Relationships: what a run says of how its things belong together."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import select

from dpf_edge.store import bulk
from dpf_edge.store.devices import SAME_AS
from dpf_edge.store.schema import relation

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sqlalchemy import Connection

    from dpf_edge.store.observed import Related
    from dpf_edge.store.picture import Where

_KEY = ("node_id", "relation_id")


class Linked(NamedTuple):
    """How many came, stayed and went; and the observed keys whose ``SAME_AS`` came or went."""

    created: int
    updated: int
    stale: int
    same: frozenset[str]


class _Stood(NamedTuple):
    """A relationship as it stood before this run."""

    relation_id: str
    part: int
    digest: str
    from_key: str
    to_key: str
    kind: str
    seen_until: float | None


def link(connection: Connection, where: Where, run: Mapping[str, Related]) -> Linked:
    """Write a run's relationships; those that it no longer has stay, with the time they ended.

    A late run adds what was not known, as ended.
    """
    columns = [relation.c[name] for name in _Stood._fields]
    rows = connection.execute(select(*columns).where(relation.c.node_id == where.node_id))
    before = {row[0]: _Stood(*row) for row in rows}
    new = [each for key, each in run.items() if key not in before]
    other = [] if where.late else [run[key] for key in before.keys() & run.keys()]
    other = [each for each in other if not _stands(before[each.relation_id], each, where)]
    over = [
        was
        for key, was in before.items()
        if was.part in where.replaces and was.seen_until is None and key not in run
    ]
    _write(connection, where, new, other, over)
    back = [each for each in other if before[each.relation_id].seen_until is not None]
    return Linked(
        created=len(new),
        updated=len(run) - len(new),
        stale=len(over),
        same=_ends(over) | (frozenset() if where.late else _ends(new) | _ends(back)),
    )


def _stands(was: _Stood, now: Related, where: Where) -> bool:
    return (was.digest, was.part, was.seen_until) == (now.digest, where.part, None)


def _ends(links: Iterable[Related | _Stood]) -> frozenset[str]:
    """The keys of what is said to be the same."""
    ends = ((each.from_key, each.to_key) for each in links if each.kind == SAME_AS)
    return frozenset(key for both in ends for key in both)


def _write(
    connection: Connection,
    where: Where,
    new: Iterable[Related],
    other: Iterable[Related],
    over: Iterable[_Stood],
) -> None:
    rows = [_row(where, each, where.until) for each in new]
    bulk.insert(connection, relation, [_NewRow(*row, where.observed_at) for row in rows])
    bulk.update(connection, relation, [_row(where, each, None) for each in other], key=_KEY)
    ended = [_EndedRow(where.node_id, was.relation_id, where.replaces[was.part]) for was in over]
    bulk.update(connection, relation, ended, key=_KEY)


class _Row(NamedTuple):
    """A relationship as it is written."""

    node_id: str
    relation_id: str
    part: int
    from_key: str
    to_key: str
    kind: str
    digest: str
    seen_until: float | None
    raw: str | None


class _NewRow(NamedTuple):
    """One that was not there."""

    node_id: str
    relation_id: str
    part: int
    from_key: str
    to_key: str
    kind: str
    digest: str
    seen_until: float | None
    raw: str | None
    first_seen: float


class _EndedRow(NamedTuple):
    """One of which only that is written when it ended."""

    node_id: str
    relation_id: str
    seen_until: float


def _row(where: Where, each: Related, until: float | None) -> _Row:
    return _Row(
        where.node_id,
        each.relation_id,
        where.part,
        each.from_key,
        each.to_key,
        each.kind,
        each.digest,
        until,
        each.raw,
    )
