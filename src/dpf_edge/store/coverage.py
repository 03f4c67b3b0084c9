"""Which networks nodes tell of, how many devices stand in each, and who found some of those.

Counted by the database out of one index: a hundred thousand devices are never read for it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
from sqlalchemy import func, select, text

from dpf_edge.store import bulk
from dpf_edge.store.keeper import Keeper
from dpf_edge.store.portrait import sortable
from dpf_edge.store.schema import device, item, part, run, site
from dpf_edge.store.sweeps import ASIDE
from dpf_edge.wire.discovery import NETWORK

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from sqlalchemy import Connection

# Of so many networks at most it is looked up who found what stands there.
MOST_SAMPLED = 2_000
# By so many of its devices, the first by address, a network is judged.
SAMPLE = 6

# Ranges as rows: each a position, a site, a lowest and a highest address.
_ROWS = {
    "sqlite": (
        "SELECT key AS place, json_extract(value, '$[0]') AS site,"
        " json_extract(value, '$[1]') AS low, json_extract(value, '$[2]') AS high"
        " FROM json_each(:ranges)"
    ),
    "postgresql": (
        "SELECT ordinality - 1 AS place, value ->> 0 AS site, value ->> 1 AS low,"
        " value ->> 2 AS high FROM json_array_elements(CAST(:ranges AS json)) WITH ORDINALITY"
    ),
}
# Each range by itself, through the index of addresses: a planner that joins looks at all pairs. Two
# counts in one number, for a subquery gives one; no range has 2^32 devices.
_SHIFT = 2**32
_COUNTED = (
    "SELECT place, ("
    "SELECT count(*) * :shift + count(absent_since) FROM device WHERE device.site = told.site"
    " AND sort_address BETWEEN told.low AND told.high AND gone_at IS NULL"
    ") FROM ({rows}) AS told ORDER BY place"
)

# What a blind node told of, or any node while it was blind, is of some inner network.
_OUTER = f" AND {{item}}.seen_until IS NULL AND {{item}}.part <> {ASIDE}" + (
    " AND {item}.node_id NOT IN ({blind})"
)
_BLIND = {
    "sqlite": "SELECT value FROM json_each(:blind)",
    "postgresql": "SELECT json_array_elements_text(CAST(:blind AS json))",
}
# The first devices of each range, and what is said of them. Written twice: PostgreSQL would look
# at all items for the one, and SQLite has no word for the other. A subquery with a limit, and no
# EXISTS: of that PostgreSQL makes a join of all items.
_SOME = (
    "SELECT device_id FROM device WHERE device.site = told.site"
    " AND sort_address BETWEEN told.low AND told.high AND absent_since IS NULL"
    " AND (SELECT 1 FROM item AS its WHERE its.site = device.site"
    " AND its.device_id = device.device_id{outer} LIMIT 1) = 1"
    " ORDER BY sort_address LIMIT :most"
)
_FINDERS = {
    "sqlite": (
        "SELECT told.place, item.node_id, item.observed_key, item.raw"
        " FROM ({rows}) AS told CROSS JOIN item"
        " WHERE item.site = told.site AND item.device_id IN ({some})"
    ),
    "postgresql": (
        "SELECT told.place, item.node_id, item.observed_key, item.raw FROM ({rows}) AS told"
        " CROSS JOIN LATERAL ({some}) AS first"
        " JOIN item ON item.site = told.site AND item.device_id = first.device_id"
    ),
}
_IN_ORDER = "{outer} ORDER BY 1, 2, item.observed_key"
# How the keys of machines begin that nodes run on.
HOST_KEY = "host:"


class Told(NamedTuple):
    """A network as one node tells of it; ``raw`` is its rawData as JSON text."""

    site: str
    node_id: str
    observed_key: str
    raw: str
    first_seen: float


class Range(NamedTuple):
    """The IPv4 addresses of a site from one to another, both of them in it."""

    site: str
    first: str
    last: str


class Tally(NamedTuple):
    """How many devices there are: all that are not gone, and those that the newest runs have."""

    devices: int = 0
    present: int = 0


class Found(NamedTuple):
    """One item of a device in a range, by the range's place; ``raw`` is its rawData."""

    place: int
    node_id: str
    observed_key: str
    raw: str


class Swept(NamedTuple):
    """A node's newest sweep that it was not blind in.

    :ivar observed_at: by the node's clock; ``received_at``: by the Authority's.
    """

    observed_at: float
    received_at: float
    warnings: tuple[str, ...] = ()


class Machine(NamedTuple):
    """What a node says of a machine that it runs on; ``raw`` is its rawData.

    :ivar is_aside: it said so in a run of which it said itself that it was blind.
    """

    node_id: str
    is_aside: bool
    raw: str


class Coverage(Keeper):
    """``store.coverage``."""

    def networks(self, *, site: str | None = None) -> tuple[Told, ...]:
        """The networks that nodes tell of now, by site, key and node.

        Without what a node told of while it was blind.
        """
        columns = item.c.site, item.c.node_id, item.c.observed_key, item.c.raw, item.c.first_seen
        with self._database.reading() as connection:
            # By name, for the index begins with the site: all items would be looked at without.
            here = _sites(connection) if site is None else [site]
            asked = (
                select(*columns)
                .where(
                    bulk.among(connection, item.c.site, here),
                    item.c.device_id.is_(None),
                    item.c.seen_until.is_(None),
                    item.c.part != ASIDE,
                    func.lower(item.c.item_type) == NETWORK,
                )
                .order_by(item.c.site, item.c.observed_key, item.c.node_id)
            )
            return tuple(Told(*row) for row in connection.execute(asked))

    def swept(self) -> dict[str, Swept]:
        """Each node's newest sweep that it was not blind in, by node."""
        itself = (run.c.node_id == part.c.node_id) & (run.c.run_id == part.c.run_id)
        columns = part.c.node_id, part.c.observed_at, run.c.received_at, run.c.warnings
        asked = (
            select(*columns)
            .join(run, itself)
            .where(part.c.part != ASIDE)
            .order_by(part.c.node_id, part.c.observed_at, part.c.part)
        )
        found: dict[str, Swept] = {}
        with self._database.reading() as connection:
            for node_id, observed_at, received_at, warnings in connection.execute(asked):
                before = found.get(node_id)
                # A sweep that came in parts is one.
                goes_on = before is not None and before.observed_at == observed_at
                first = before if goes_on and before is not None else Swept(0.0, 0.0)
                found[node_id] = Swept(
                    observed_at,
                    max(received_at, first.received_at),
                    (*first.warnings, *warnings),
                )
        return found

    def machines(self, node_ids: Collection[str]) -> tuple[Machine, ...]:
        """What these nodes say now of the machines that they run on."""
        if not node_ids:
            return ()
        with self._database.reading() as connection:
            asked = (
                select(item.c.node_id, item.c.part == ASIDE, item.c.raw)
                .where(
                    bulk.among(connection, item.c.node_id, node_ids),
                    item.c.observed_key.startswith(HOST_KEY, autoescape=True),
                    item.c.seen_until.is_(None),
                )
                .order_by(item.c.node_id, item.c.observed_key)
            )
            return tuple(Machine(*row) for row in connection.execute(asked))

    def counts(self, ranges: Sequence[Range]) -> tuple[Tally, ...]:
        """How many devices have their first address in each of some ranges."""
        if not ranges:
            return ()
        with self._database.reading() as connection:
            asked = text(_COUNTED.format(rows=_ROWS[connection.dialect.name]))
            rows = connection.execute(asked, {**_told(ranges), "shift": _SHIFT})
            both = (divmod(packed, _SHIFT) for _, packed in rows)
            return tuple(Tally(devices, devices - missed) for devices, missed in both)

    def totals(self, *, site: str | None = None) -> dict[str, Tally]:
        """How many devices there are on each site."""
        asked = (
            select(device.c.site, func.count(), func.count() - func.count(device.c.absent_since))
            .where(device.c.gone_at.is_(None))
            .group_by(device.c.site)
        )
        if site is not None:
            asked = asked.where(device.c.site == site)
        with self._database.reading() as connection:
            return {name: Tally(*rest) for name, *rest in connection.execute(asked)}

    def finders(self, ranges: Sequence[Range], *, blind: Collection[str] = ()) -> tuple[Found, ...]:
        """What nodes say of the first few devices of each range: who found them, and how.

        Of more than :data:`MOST_SAMPLED` ranges the rest is left out. Devices that only blind
        nodes tell of are no sample.

        :param blind: nodes of which nothing counts; of others what they told while they were
            blind does not.
        """
        if not ranges:
            return ()
        with self._database.reading() as connection:
            kind = connection.dialect.name
            some, last = (
                each.format(outer=_OUTER.format(item=name, blind=_BLIND[kind]))
                for each, name in ((_SOME, "its"), (_IN_ORDER, "item"))
            )
            asked = text(_FINDERS[kind].format(rows=_ROWS[kind], some=some) + last)
            told = {
                **_told(ranges[:MOST_SAMPLED]),
                "most": SAMPLE,
                "blind": msgspec.json.encode(sorted(blind)).decode(),
            }
            return tuple(Found(*row) for row in connection.execute(asked, told))


def _told(ranges: Sequence[Range]) -> dict[str, Any]:
    return {"ranges": msgspec.json.encode([_bounds(each) for each in ranges]).decode()}


def _bounds(wanted: Range) -> tuple[str, str, str]:
    return wanted.site, sortable(wanted.first), sortable(wanted.last)


def _sites(connection: Connection) -> list[str]:
    return list(connection.execute(select(site.c.site).order_by(site.c.site)).scalars())
