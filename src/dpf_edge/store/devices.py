"""What a run changes about the devices of its site: who is who, and what each looks like."""

from __future__ import annotations

import secrets
from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import and_, delete, not_, select, update

from dpf_edge.store import bulk
from dpf_edge.store import portrait as faces
from dpf_edge.store import sighting as sightings
from dpf_edge.store.changes import ChangeRow, changed
from dpf_edge.store.device_keys import keys_of, standing_for, write_keys
from dpf_edge.store.identity import Clusters, Known, Member, clusters
from dpf_edge.store.portrait import View
from dpf_edge.store.schema import change, device, item, relation
from dpf_edge.store.sighting import Sighting, is_lasting

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from sqlalchemy import Connection

    from dpf_edge.store.identity import Ref
    from dpf_edge.store.portrait import Portrait

SAME_AS = "SAME_AS"


class Thing(NamedTuple):
    """An item as far as devices are concerned.

    ``seen_until`` is None while it is in its node's newest run; else when it last was.
    """

    ref: Ref
    observed_key: str
    item_type: str
    confidence: float
    sighting: Sighting
    device_id: str | None
    first_seen: float
    seen_until: float | None


class News(NamedTuple):
    """What a run has to say about devices.

    ``before``: when what it replaces was observed. ``things``: the items that are new, known by
    other keys, back or missed. ``repainted``: those that only look different. ``lost``: devices
    that an item told of and tells of no more. ``linked``: the observed keys of this node whose
    ``SAME_AS`` changed.
    """

    site: str
    node_id: str
    observed_at: float
    before: float
    things: Sequence[Thing]
    repainted: Sequence[Thing] = ()
    lost: frozenset[str] = frozenset()
    linked: frozenset[str] = frozenset()


class DeviceRow(NamedTuple):
    """A device as it is written."""

    site: str
    device_id: str
    kind: str
    sort_name: str
    sort_address: str
    search: str
    portrait: str
    maker: str
    via: str
    first_seen: float
    absent_since: float | None
    gone_at: float | None


class PresenceRow(NamedTuple):
    """A device of which only that is written when it was there."""

    site: str
    device_id: str
    first_seen: float
    absent_since: float | None
    gone_at: float | None


class _Stood(NamedTuple):
    """A device as it stood before this run."""

    device_id: str
    portrait: str
    first_seen: float
    absent_since: float | None
    gone_at: float | None


def settle(connection: Connection, news: News) -> dict[Ref, str]:
    """Merge what a run saw into the devices of its site; the site's row is locked by the caller.

    :returns: the device of each of the run's things. The items themselves are the caller's to
        write; those of other runs that became another device's are written here.
    """
    told = {thing.ref: thing for thing in (*news.things, *news.repainted)}
    concerned = _concerned(connection, news)
    painted = {thing.device_id for thing in news.repainted if thing.device_id}
    if not (told or concerned):
        return {}
    things = _things(connection, news, concerned | painted) | told
    before = _stood(connection, news.site, concerned | painted)
    judged = {
        ref: thing
        for ref, thing in things.items()
        if thing.device_id is None or thing.device_id in concerned
    }
    found = _told_apart(connection, news, concerned, judged, before)
    stays = {ref: thing.device_id for ref, thing in things.items() if ref not in judged}
    device_of = found.device_of | {ref: each for ref, each in stays.items() if each is not None}
    _write(connection, news, device_of, things, before, absorbed=found.absorbed)
    _absorb(connection, news.site, found.absorbed)
    _move_items(connection, found, things, told)
    return {ref: device_of[ref] for ref in told}


def _concerned(connection: Connection, news: News) -> set[str]:
    """The devices of which it may be another question now who they are."""
    found = {thing.device_id for thing in news.things if thing.device_id} | news.lost
    keys = {key for thing in news.things for key in thing.sighting.keys}
    found |= set(standing_for(connection, news.site, keys).values())
    if news.linked:
        asked = select(item.c.device_id).where(
            item.c.node_id == news.node_id,
            bulk.among(connection, item.c.observed_key, news.linked),
        )
        found |= {each for each in connection.execute(asked).scalars() if each}
    return found


def _told_apart(
    connection: Connection,
    news: News,
    concerned: Collection[str],
    things: Mapping[Ref, Thing],
    before: Mapping[str, _Stood],
) -> Clusters:
    """Tell the concerned devices apart, and write what each is known by from now on."""
    if not concerned and not things:
        return Clusters({}, {}, frozenset(), {})
    touched = {thing.ref for thing in news.things}
    keys = keys_of(connection, news.site, concerned)
    lasting = {key: device_id for key, device_id in keys.items() if is_lasting(key)}
    born = {device_id: was.first_seen for device_id, was in before.items()}
    found = clusters(
        [_member(thing, touched=thing.ref in touched) for thing in things.values()],
        _same(connection, things),
        Known(lasting, frozenset(lasting.values()), born),
        _new_id,
    )
    others = {
        key for ref, thing in things.items() if ref not in touched for key in thing.sighting.keys
    }
    write_keys(connection, news.site, found, keys, others)
    return found


def _things(connection: Connection, news: News, device_ids: Collection[str]) -> dict[Ref, Thing]:
    """All that any node of the site says of these devices, but for what this run says itself."""
    if not device_ids:
        return {}
    columns = (
        item.c.node_id,
        item.c.item_id,
        item.c.observed_key,
        item.c.item_type,
        item.c.confidence,
        item.c.sighting,
        item.c.device_id,
        item.c.first_seen,
        item.c.seen_until,
    )
    told = {item_id for (_, item_id), *_ in (*news.things, *news.repainted)}
    asked = select(*columns).where(
        item.c.site == news.site,
        bulk.among(connection, item.c.device_id, device_ids),
        not_(and_(item.c.node_id == news.node_id, bulk.among(connection, item.c.item_id, told))),
    )
    found: dict[Ref, Thing] = {}
    for node_id, item_id, key, kind, confidence, text, *rest in connection.execute(asked).all():
        ref = (node_id, item_id)
        found[ref] = Thing(ref, key, kind, confidence or 0.0, sightings.kept(text), *rest)
    return found


def _stood(connection: Connection, site: str, device_ids: Collection[str]) -> dict[str, _Stood]:
    if not device_ids:
        return {}
    asked = select(*(device.c[name] for name in _Stood._fields)).where(
        device.c.site == site, bulk.among(connection, device.c.device_id, device_ids)
    )
    return {row[0]: _Stood(*row) for row in connection.execute(asked).all()}


def _member(thing: Thing, *, touched: bool) -> Member:
    keys = thing.sighting.keys
    return Member(
        thing.ref,
        thing.item_type,
        [key for key in keys if is_lasting(key)],
        [key for key in keys if not is_lasting(key)],
        thing.device_id,
        thing.seen_until is None,
        touched,
    )


def _same(connection: Connection, things: Mapping[Ref, Thing]) -> list[tuple[Ref, Ref]]:
    """Which of these things their nodes say are the same, as far as both are here."""
    at: defaultdict[tuple[str, str], list[Ref]] = defaultdict(list)
    for ref, thing in things.items():
        at[ref[0], thing.observed_key].append(ref)
    asked = select(relation.c.node_id, relation.c.from_key, relation.c.to_key).where(
        bulk.among(connection, relation.c.node_id, {node_id for node_id, _ in things}),
        relation.c.kind == SAME_AS,
        relation.c.seen_until.is_(None),
    )
    found = []
    for node_id, from_key, to_key in connection.execute(asked).all():
        ends = [*at.get((node_id, from_key), ()), *at.get((node_id, to_key), ())]
        found += [(ends[0], other) for other in ends[1:]]
    return found


def _new_id() -> str:
    return f"device_{secrets.token_hex(8)}"


def _write(
    connection: Connection,
    news: News,
    device_of: Mapping[Ref, str],
    things: Mapping[Ref, Thing],
    before: Mapping[str, _Stood],
    *,
    absorbed: Collection[str],
) -> None:
    """Write the devices that are new, other than before, back or absent, and what happened."""
    its_things: defaultdict[str, list[Thing]] = defaultdict(list)
    for ref, device_id in device_of.items():
        its_things[device_id].append(things[ref])
    written = _Written([], [], [], [])
    for device_id, its in its_things.items():
        was = before.get(device_id)
        if was is None:
            _create(written, news, device_id, its)
        else:
            _alter(written, news, was, its)
    for device_id, was in before.items():
        # Nothing tells of it any more.
        if device_id not in its_things and device_id not in absorbed and was.absent_since is None:
            left = PresenceRow(news.site, device_id, was.first_seen, news.before, None)
            written.presence.append(left)
    bulk.insert(connection, device, written.created)
    bulk.update(connection, device, written.repainted, key=("site", "device_id"))
    bulk.update(connection, device, written.presence, key=("site", "device_id"))
    bulk.insert(connection, change, written.changes)


class _Written(NamedTuple):
    """What is to be written of devices."""

    created: list[DeviceRow]
    repainted: list[DeviceRow]
    presence: list[PresenceRow]
    changes: list[ChangeRow]


def _create(written: _Written, news: News, device_id: str, its: Sequence[Thing]) -> None:
    face = faces.portrait([_view(thing) for thing in its])
    times = (min(thing.first_seen for thing in its), _absent_since(its), None)
    written.created.append(DeviceRow(news.site, device_id, *_painted(face), *times))
    written.changes.append(changed(news, device_id, faces.NEW, None, face.label))


def _alter(written: _Written, news: News, was: _Stood, its: Sequence[Thing]) -> None:
    """A device that was known: other than before, back, or absent, or none of that."""
    first_seen = min(was.first_seen, *(thing.first_seen for thing in its))
    absent = _absent_since(its)
    times = (first_seen, absent, None if absent is None else was.gone_at)
    if absent is None:
        face = faces.portrait([_view(thing) for thing in its])
        text = face.text
        if was.gone_at is not None:
            written.changes.append(changed(news, was.device_id, faces.BACK, None, face.label))
        if text != was.portrait:
            row = DeviceRow(news.site, was.device_id, *_painted(face), *times)
            written.repainted.append(row)
            happened = faces.differences(faces.kept(was.portrait), face)
            written.changes.extend(changed(news, was.device_id, *each) for each in happened)
            return
    # Nobody sees it, or it looks as it did: it stays as it was last seen.
    if times != (was.first_seen, was.absent_since, was.gone_at):
        written.presence.append(PresenceRow(news.site, was.device_id, *times))


def _painted(face: Portrait) -> tuple[str, str, str, str, str, str, str]:
    ordered = face.kind, face.sort_name, face.sort_address
    return *ordered, face.search, face.text, face.maker, face.seen_via


def _absorb(connection: Connection, site: str, absorbed: Mapping[str, str]) -> None:
    """What happened to a device that turned out to be another one, happened to that."""
    for old, new in absorbed.items():
        mine = (change.c.site == site) & (change.c.device_id == old)
        connection.execute(update(change).where(mine).values(device_id=new))
        itself = (device.c.site == site) & (device.c.device_id == old)
        connection.execute(delete(device).where(itself))


class _ItemsDevice(NamedTuple):
    """An item of which only that is written whose it is."""

    node_id: str
    item_id: str
    device_id: str


def _move_items(
    connection: Connection, found: Clusters, things: Mapping[Ref, Thing], told: Collection[Ref]
) -> None:
    rows = [
        _ItemsDevice(*ref, device_id)
        for ref, device_id in found.device_of.items()
        if ref not in told and things[ref].device_id != device_id
    ]
    bulk.update(connection, item, rows, key=("node_id", "item_id"))


def _view(thing: Thing) -> View:
    return View(thing.sighting, thing.seen_until is None, thing.confidence, thing.observed_key)


def _absent_since(its: Sequence[Thing]) -> float | None:
    """When the last of these was last seen; None while one of them is there."""
    latest = 0.0
    for thing in its:
        if thing.seen_until is None:
            return None
        latest = max(latest, thing.seen_until)
    return latest
