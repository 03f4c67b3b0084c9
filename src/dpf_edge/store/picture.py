"""What a node saw until now, and what a run says that is other: read, compared, written."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import select

from dpf_edge.store import bulk, sighting
from dpf_edge.store.devices import Thing
from dpf_edge.store.observed import confidence_of, source_of, text_of
from dpf_edge.store.schema import item
from dpf_edge.store.texts import clean

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from sqlalchemy import Connection

    from dpf_edge.store.observed import Observed
    from dpf_edge.store.sighting import Sight, Sighting

_KEY = ("node_id", "item_id")


class Where(NamedTuple):
    """Which run it is: whose, of which part of the picture, and when it was observed.

    ``replaces``: the parts whose items are missed unless this run has them, and when those were
    last seen. ``late``: something newer is known.
    """

    site: str
    node_id: str
    part: int
    observed_at: float
    replaces: Mapping[int, float]
    late: bool

    @property
    def before(self) -> float:
        """When the run that this one follows was observed."""
        return max(self.replaces.values(), default=self.observed_at)

    @property
    def until(self) -> float | None:
        """Until when its items were seen: a late run's until then, the others' until now."""
        return self.observed_at if self.late else None


class Stood(NamedTuple):
    """An item as it stood before this run."""

    item_id: str
    part: int
    digest: str
    device_id: str | None
    first_seen: float
    seen_until: float | None


class Delta(NamedTuple):
    """How a run differs from what stood.

    ``new``, ``other`` and ``again`` are in the run: not known, known and saying something else,
    known and saying the same but back or in another part. ``missed`` were in the run before this.
    ``robbed``: the parts whose newest runs had items that are this one's now.
    """

    new: Sequence[Observed]
    other: Sequence[Observed]
    again: Sequence[Stood]
    missed: Sequence[Stood]
    robbed: frozenset[int]


class ItemRow(NamedTuple):
    """An item as it is written."""

    node_id: str
    item_id: str
    part: int
    site: str
    observed_key: str
    item_type: str
    name: str
    confidence: float | None
    source_path: str | None
    digest: str
    device_id: str | None
    first_seen: float
    changed_at: float
    seen_until: float | None
    sighting: str | None
    raw: str


class SeenRow(NamedTuple):
    """An item of which only that is written when it was seen."""

    node_id: str
    item_id: str
    part: int
    device_id: str | None
    first_seen: float
    seen_until: float | None


class Told(NamedTuple):
    """What a delta tells of devices, and what is to be written of its items.

    ``things`` bear on which device is which; ``repainted`` only on what their device looks like.
    ``lost``: devices of items that tell of no device any more.
    """

    things: list[Thing]
    repainted: list[Thing]
    lost: set[str]
    created: list[ItemRow]
    changed: list[ItemRow]
    seen: list[SeenRow]


class _Kept(NamedTuple):
    """What is kept of an item and needed only where it is other than before."""

    observed_key: str
    item_type: str
    confidence: float
    sighting: str | None


def stood(connection: Connection, node_id: str) -> dict[str, Stood]:
    """All that a node ever saw and that is kept, by item."""
    columns = [item.c[name] for name in Stood._fields]
    rows = connection.execute(select(*columns).where(item.c.node_id == node_id))
    return {row[0]: Stood(*row) for row in rows.all()}


def delta(before: Mapping[str, Stood], run: Mapping[str, Observed], where: Where) -> Delta:
    """What is other than it stood.

    Of what a late run says only that counts which is newer than what was known of that very item;
    it replaces nothing, so nothing is missed.
    """
    new, other, again, robbed = [], [], [], set()
    for item_id, seen in run.items():
        was = before.get(item_id)
        if was is None:
            new.append(seen)
        elif where.late:
            if was.seen_until is not None and was.seen_until < where.observed_at:
                if was.digest == seen.digest:
                    again.append(was)
                else:
                    other.append(seen)
            elif was.first_seen > where.observed_at:
                again.append(was)
        else:
            if was.digest != seen.digest:
                other.append(seen)
            elif was.seen_until is not None or was.part != where.part:
                again.append(was)
            if was.seen_until is None and was.part != where.part:
                robbed.add(was.part)
    missed = [
        was
        for item_id, was in before.items()
        if was.part in where.replaces and was.seen_until is None and item_id not in run
    ]
    return Delta(new, other, again, missed, frozenset(robbed))


def told(
    connection: Connection,
    where: Where,
    before: Mapping[str, Stood],
    found: Delta,
    sight: Sight | None,
) -> Told:
    """Work out what a delta means; nothing is written yet."""
    known = [seen.item_id for seen in found.other]
    known += [was.item_id for was in (*found.again, *found.missed)]
    kept = _kept(connection, where.node_id, known)
    result = Told([], [], set(), [], [], [])
    for seen in found.new:
        _tell_new(result, where, seen, sight)
    for seen in found.other:
        _tell_other(result, where, seen, before[seen.item_id], kept[seen.item_id], sight)
    for was in found.again:
        _tell_again(result, where, was, kept[was.item_id])
    for was in found.missed:
        last = where.replaces[was.part]
        _tell_seen(result, where, was, kept[was.item_id], was.first_seen, last)
    return result


def written(
    connection: Connection, node_id: str, result: Told, device_of: Mapping[tuple[str, str], str]
) -> None:
    """Write the items, now that it is known which device each is."""
    created = [_with_device(row, device_of) for row in result.created]
    changed = [_with_device(row, device_of) for row in result.changed]
    bulk.insert(connection, item, created)
    bulk.update(connection, item, changed, key=_KEY)
    seen = [
        row._replace(device_id=device_of.get((node_id, row.item_id), row.device_id))
        for row in result.seen
    ]
    bulk.update(connection, item, seen, key=_KEY)


def _with_device(row: ItemRow, device_of: Mapping[tuple[str, str], str]) -> ItemRow:
    found = device_of.get((row.node_id, row.item_id))
    return row if found is None or found == row.device_id else row._replace(device_id=found)


def _kept(connection: Connection, node_id: str, item_ids: Collection[str]) -> dict[str, _Kept]:
    if not item_ids:
        return {}
    columns = item.c.item_id, item.c.observed_key, item.c.item_type, item.c.confidence
    asked = select(*columns, item.c.sighting).where(
        item.c.node_id == node_id, bulk.among(connection, item.c.item_id, item_ids)
    )
    return {
        item_id: _Kept(key, kind, confidence or 0.0, text)
        for item_id, key, kind, confidence, text in connection.execute(asked).all()
    }


def _tell_new(result: Told, where: Where, seen: Observed, sight: Sight | None) -> None:
    sighted, text = _sighted(seen, sight)
    row = _row(where, seen, None, text, where.observed_at)
    result.created.append(row)
    if sighted:
        result.things.append(_thing(row, sighted))


def _tell_other(
    result: Told, where: Where, seen: Observed, was: Stood, kept: _Kept, sight: Sight | None
) -> None:
    """An item that says something else. Where it shows the same device (a counter moved on), that
    is none of the devices' business; where it shows it by the same keys, it is that device."""
    first = min(was.first_seen, where.observed_at)
    sighted, text = _sighted(seen, sight)
    row = _row(where, seen, was.device_id if sighted else None, text, first)
    result.changed.append(row)
    if sighted is None:
        result.lost.update(filter(None, [was.device_id]))
        return
    stays = was.seen_until is None and was.device_id is not None and not where.late
    if not stays or kept.sighting is None:
        result.things.append(_thing(row, sighted))
    elif kept.sighting != text:
        same = sighting.kept(kept.sighting).keys == sighted.keys
        (result.repainted if same else result.things).append(_thing(row, sighted))


def _tell_again(result: Told, where: Where, was: Stood, kept: _Kept) -> None:
    first = min(was.first_seen, where.observed_at)
    until = where.until
    if until is not None:
        until = None if was.seen_until is None else max(was.seen_until, until)
    _tell_seen(result, where, was, kept, first, until)


def _tell_seen(
    result: Told, where: Where, was: Stood, kept: _Kept, first: float, until: float | None
) -> None:
    """An item that says what it said, and is seen from when on or until when."""
    # The part is that of the run it is in now; one that is in none keeps what it had.
    number = where.part if until is None and not where.late else was.part
    row = SeenRow(where.node_id, was.item_id, number, was.device_id, first, until)
    result.seen.append(row)
    if kept.sighting and (until != was.seen_until or first != was.first_seen):
        ref = (where.node_id, was.item_id)
        sighted = sighting.kept(kept.sighting)
        told_of = kept.observed_key, kept.item_type, kept.confidence, sighted
        result.things.append(Thing(ref, *told_of, was.device_id, first, until))


def _sighted(seen: Observed, sight: Sight | None) -> tuple[Sighting | None, str | None]:
    """What an item tells of a device, and that as it is kept."""
    found = sight(seen.item) if sight else None
    return (None, None) if found is None else sighting.storable(found)


def _thing(row: ItemRow, sighted: Sighting) -> Thing:
    return Thing(
        (row.node_id, row.item_id),
        row.observed_key,
        row.item_type,
        row.confidence or 0.0,
        sighted,
        row.device_id,
        row.first_seen,
        row.seen_until,
    )


def _row(
    where: Where, seen: Observed, device_id: str | None, sighted: str | None, first: float
) -> ItemRow:
    source = source_of(seen.item)
    return ItemRow(
        node_id=where.node_id,
        item_id=seen.item_id,
        part=where.part,
        site=where.site,
        observed_key=clean(seen.item.observed_key),
        item_type=clean(seen.item.item_type),
        name=clean(seen.item.name),
        confidence=confidence_of(seen.item),
        source_path=None if source is None else clean(source),
        digest=seen.digest,
        device_id=device_id,
        first_seen=first,
        changed_at=where.observed_at,
        seen_until=where.until,
        sighting=sighted,
        raw=text_of(seen.item.raw_data) or "{}",
    )
