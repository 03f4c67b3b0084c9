"""All there is at one moment, and how it hangs together: read through, never held in memory.

For exports and maps: a hundred thousand devices go by a page at a time, in an order that is the
same the next time.
"""

from __future__ import annotations

import contextlib
from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import select

from dpf_edge.store import bulk, cables, finding
from dpf_edge.store.devices import SAME_AS
from dpf_edge.store.inventory import device_of, observation, observed
from dpf_edge.store.keeper import Keeper
from dpf_edge.store.portrait import sortable
from dpf_edge.store.records import Observation, Placeless, Relation, Standing
from dpf_edge.store.schema import device, item, relation

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence
    from typing import Any

    from sqlalchemy import ColumnElement, Connection, Row

    from dpf_edge.store.cables import Backbone, Cable, Dot
    from dpf_edge.store.coverage import Range
    from dpf_edge.store.finding import Wanted

# Devices in memory at a time; each item of one may hold 64 KiB of what a node sent.
AT_ONCE = 250


class Topology(Keeper):
    """``store.topology``."""

    @contextlib.contextmanager
    def at_once(self, *, site: str | None = None, wanted: Wanted | None = None) -> Iterator[Moment]:
        """What there is now, for as long as this lasts; what is reported meanwhile is not in it.

        On SQLite nobody waits for it, but its log of changes grows; on PostgreSQL dead rows stay.
        So it is to be read through, and not to be kept open.

        :param site: only what is on one site.
        :param wanted: only these devices, and what hangs together with them.
        """
        with self._database.snapshot() as connection:
            yield Moment(connection, site, wanted)

    def backbone(self, node_ids: Collection[str], *, stations: bool = True) -> Backbone:
        """What stands between networks, as these nodes tell of it: routers, switches, cables.

        :param stations: whether to count what hangs on each switch, which reads each of those.
        """
        with self._database.reading() as connection:
            return cables.backbone(connection, node_ids, stations=stations)

    def dots(
        self,
        site: str,
        limit: int,
        *,
        within: Range | None = None,
        blind: Collection[str] = (),
    ) -> tuple[Dot, ...]:
        """The first devices of a site, by address, as a drawing shows them.

        Without those that were only told of by nodes that were blind then.

        :param within: only those whose first address lies there.
        :param blind: nodes of which nothing counts.
        """
        bounds = (sortable(within.first), sortable(within.last)) if within else None
        with self._database.reading() as connection:
            return tuple(cables.within(connection, site, bounds, limit, blind))

    def hanging(self, site: str, device_ids: Collection[str]) -> tuple[Cable, ...]:
        """On which switch or radio each of some devices of a site hangs."""
        with self._database.reading() as connection:
            return tuple(cables.hanging(connection, site, device_ids))


class _Place(NamedTuple):
    """Whose an observed key is."""

    site: str
    device_id: str | None
    present: bool


class Moment:
    """One moment of the store. Each of these may be read again and again, and gives the same."""

    def __init__(
        self, connection: Connection, site: str | None, wanted: Wanted | None = None
    ) -> None:
        self._connection = connection
        self._site = site
        self._narrowed = wanted is not None and wanted.is_narrow
        wanted = wanted or finding.Wanted(state=finding.KNOWN)
        self._chosen = finding.among_all(connection, wanted)

    def devices(self) -> Iterator[Standing]:
        """The devices that are wanted, by site and name; where nothing was said, those that are
        there or were missed too lately to be gone."""
        asked = (
            select(device)
            .where(*self._chosen, *self._here(device.c.site))
            .order_by(device.c.site, device.c.sort_name, device.c.device_id)
        )
        rows = self._connection.execute(asked.execution_options(yield_per=AT_ONCE))
        for some in rows.partitions(AT_ONCE):
            yield from self._standing(some)

    def placeless(self) -> Iterator[Placeless]:
        """What is there and is no device, by node and key."""
        asked = (
            observed()
            .where(item.c.device_id.is_(None), item.c.seen_until.is_(None))
            .where(*self._here(item.c.site))
            .order_by(item.c.node_id, item.c.observed_key, item.c.item_type)
        )
        for row in self._connection.execute(asked.execution_options(yield_per=AT_ONCE)):
            yield Placeless(row.site, observation(row))

    def relations(self) -> Iterator[Relation]:
        """How what is there hangs together, by node; that two items are one device is not said."""
        nodes = select(item.c.node_id).where(*self._here(item.c.site)).distinct()
        there = select(device.c.device_id).where(*self._chosen, *self._here(device.c.site))
        devices = set(self._connection.execute(there).scalars())
        if self._narrowed:
            nodes = nodes.where(bulk.among(self._connection, item.c.device_id, devices))
        for node_id in sorted(self._connection.execute(nodes).scalars()):
            places = self._places(node_id)
            for row in self._related(node_id):
                source, target = places.get(row.from_key), places.get(row.to_key)
                if source is None or target is None:
                    continue
                ends = {source.device_id, target.device_id} - {None}
                if ends <= devices and (ends or not self._narrowed):
                    yield Relation(
                        source.site,
                        node_id,
                        row.kind,
                        row.from_key,
                        source.device_id,
                        row.to_key,
                        target.device_id,
                        row.raw,
                    )

    def _here(self, column: ColumnElement[str]) -> list[ColumnElement[bool]]:
        return [] if self._site is None else [column == self._site]

    def _standing(self, rows: Sequence[Row[Any]]) -> Iterator[Standing]:
        """Devices with all that is reported of them."""
        ids = {row.device_id for row in rows}
        asked = (
            observed()
            .where(
                bulk.among(self._connection, item.c.site, {row.site for row in rows}),
                bulk.among(self._connection, item.c.device_id, ids),
            )
            .order_by(item.c.node_id, item.c.observed_key, item.c.item_type)
        )
        told: defaultdict[str, list[Observation]] = defaultdict(list)
        for each in self._connection.execute(asked):
            told[each.device_id].append(observation(each))
        for row in rows:
            its = told[row.device_id]
            seen = [(each.node_id, each.last_seen) for each in its]
            yield Standing(device_of(row, seen), tuple(its))

    def _places(self, node_id: str) -> dict[str, _Place]:
        """Whose each key of a node is. One key may be of several types: a device counts most.

        A dictionary, and no join: the key stands in no index, and a planner that expects ten items
        a node would look through all of them for each relationship.
        """
        columns = item.c.observed_key, item.c.site, item.c.device_id, item.c.seen_until
        asked = select(*columns).where(item.c.node_id == node_id)
        found: dict[str, _Place] = {}
        for key, its_site, device_id, until in self._connection.execute(
            asked.execution_options(yield_per=AT_ONCE)
        ):
            place = _Place(its_site, device_id, until is None)
            before = found.get(key)
            if before is None or _worth(place) > _worth(before):
                found[key] = place
        return found

    def _related(self, node_id: str) -> Iterator[Row[*tuple[Any, ...]]]:
        """A node's relationships that its newest run has."""
        asked = (
            select(relation.c.kind, relation.c.from_key, relation.c.to_key, relation.c.raw)
            .where(
                relation.c.node_id == node_id,
                relation.c.seen_until.is_(None),
                relation.c.kind != SAME_AS,
            )
            .order_by(relation.c.from_key, relation.c.to_key, relation.c.kind)
        )
        yield from self._connection.execute(asked.execution_options(yield_per=AT_ONCE))


def _worth(place: _Place) -> tuple[bool, bool, str]:
    return (place.present, place.device_id is not None, place.device_id or "")
