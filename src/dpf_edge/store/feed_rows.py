"""Rows of four tables as entries of one feed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from sqlalchemy import select

from dpf_edge.store import bulk, portrait
from dpf_edge.store import feed_terms as terms
from dpf_edge.store.lifecycle import TRIGGERED
from dpf_edge.store.records import Entry
from dpf_edge.store.schema import device

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from sqlalchemy import Connection, Row

    from dpf_edge.store.feed_terms import Place

# OCSF's severity_id (https://schema.ocsf.io) in the words of the contract.
OCSF = {0: "info", 1: "info", 2: "warn", 3: "warn", 4: "error", 5: "critical", 6: "critical"}
# An id begins with its time in milliseconds, in so many hexadecimal digits.
TIME_DIGITS = 12
# What a record is on its way; a time that is further off is shown beside that of its coming.
ON_ITS_WAY_SECONDS = 60.0


def when(change_id: str) -> float:
    """The time that an id begins with."""
    return int(change_id[:TIME_DIGITS], 16) / 1000


def first_id_after(place: Place) -> str:
    """What the ids of changes behind a place are all smaller than."""
    rank = terms.RANKS[terms.DEVICE]
    if rank == place.rank:
        return place.key
    # Behind a place of a greater rank stands what was at the same moment too.
    last = rank < place.rank
    number = max(0, int(place.at * 1000) - 1)
    while number / 1000 < place.at or (last and number / 1000 == place.at):
        number += 1
    return f"{number:0{TIME_DIGITS}x}"


def of_device(row: Row[Any]) -> tuple[Place, Entry]:
    """Something that happened to a device."""
    entry = Entry(
        entry=terms.named(terms.DEVICE, "", row.id),
        source=terms.DEVICE,
        at=when(row.id),
        site=row.site,
        kind=row.kind,
        severity="info",
        state=terms.OPEN,
        node_id=row.node_id,
        device_id=row.device_id,
        before=row.before,
        after=row.after,
    )
    return terms.place(entry), entry


def of_node(source: str, row: Row[Any]) -> tuple[Place, Entry]:
    """Something that a node told of."""
    if source == terms.SECURITY:
        return of_security(row)
    key = row.dedup_key if source == "alert" else row.change_key
    status = getattr(row, "status", TRIGGERED)
    entry = Entry(
        entry=terms.named(source, row.node_id, key),
        source=source,
        at=row.last_at,
        site=row.site,
        kind=row.event_class or row.source,
        severity=row.severity,
        state=terms.OPEN if status == TRIGGERED else status,
        node_id=row.node_id,
        node_name=row.node_name,
        summary=row.summary,
        component=row.component,
        count=getattr(row, "count", 1) if source == "alert" else 1,
        since=row.first_at,
    )
    return terms.place(entry), entry


def of_security(row: Row[Any]) -> tuple[Place, Entry]:
    """A security record, by when it came.

    Whoever made it says when it was: any year at all, and a feed by that would begin with the year
    9999 for good.
    """
    document = row.document if isinstance(row.document, dict) else {}
    says, told_at = document.get("message"), document.get("time")
    is_late = abs(row.at - row.received_at) > ON_ITS_WAY_SECONDS
    entry = Entry(
        entry=terms.named(terms.SECURITY, row.node_id, row.event_key),
        source=terms.SECURITY,
        at=row.received_at,
        site=row.site,
        kind=terms.SECURITY,
        severity=OCSF.get(row.severity or 0, "info"),
        state=terms.OPEN,
        node_id=row.node_id,
        node_name=row.node_name,
        summary=says if isinstance(says, str) else f"{row.source_kind} {row.source_name}",
        component=f"OCSF class {row.class_uid}",
        told_at=told_at if is_late and isinstance(told_at, str) else None,
    )
    return terms.place(entry), entry


def with_devices(entries: list[Entry], keys: Mapping[tuple[str, str], str]) -> list[Entry]:
    """Entries with the devices that their components are."""

    def found(entry: Entry) -> str | None:
        given = (keys.get((entry.site, key)) for key in terms.keys_of(entry.component))
        return next((each for each in given if each is not None), None)

    return [
        each if each.device_id else msgspec.structs.replace(each, device_id=found(each))
        for each in entries
    ]


def with_decisions(entries: list[Entry], decided: Mapping[tuple[str, str], Any]) -> Iterator[Entry]:
    """Entries with what somebody decided; an alert that lived on since is as it is."""
    for each in entries:
        row = decided.get((each.site, each.entry))
        if row is None or (each.source == "alert" and row.state != each.state):
            yield each
        else:
            told = {"state": row.state, "actor": row.actor, "decided_at": row.at, "note": row.note}
            yield msgspec.structs.replace(each, **told)


def with_names(
    entries: Iterator[Entry], nodes: Mapping[str, str], devices: Mapping[str, str]
) -> Iterator[Entry]:
    """Entries with what nodes and devices are called now."""
    for each in entries:
        yield msgspec.structs.replace(
            each,
            node_name=each.node_name or nodes.get(each.node_id or ""),
            device_name=devices.get(each.device_id or ""),
        )


def faces(connection: Connection, device_ids: Collection[str]) -> dict[str, str]:
    """What devices are called."""
    if not device_ids:
        return {}
    asked = select(device.c.device_id, device.c.portrait)
    asked = asked.where(bulk.among(connection, device.c.device_id, device_ids))
    found = ((row.device_id, portrait.kept(row.portrait)) for row in connection.execute(asked))
    return {
        device_id: face.name or next(iter((*face.addresses, *face.macs)), device_id)
        for device_id, face in found
    }
