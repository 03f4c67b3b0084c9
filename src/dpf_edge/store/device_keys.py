"""What devices are known by: which key stands for which device."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import delete, select

from dpf_edge.store import bulk
from dpf_edge.store.schema import device_key
from dpf_edge.store.sighting import is_lasting

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from sqlalchemy import ColumnElement, Connection

    from dpf_edge.store.identity import Clusters


class KeyRow(NamedTuple):
    """A key as it is written."""

    site: str
    key: str
    device_id: str


def standing_for(connection: Connection, site: str, keys: Collection[str]) -> dict[str, str]:
    """The devices that some of these keys stand for."""
    return _rows(connection, site, device_key.c.key, keys)


def keys_of(connection: Connection, site: str, device_ids: Collection[str]) -> dict[str, str]:
    """All keys of these devices."""
    return _rows(connection, site, device_key.c.device_id, device_ids)


def write_keys(
    connection: Connection,
    site: str,
    found: Clusters,
    before: Mapping[str, str],
    others: Collection[str],
) -> None:
    """Write which device each key stands for; an address that nobody has any more stands for none.

    A lasting key keeps standing for its device, or for the one that this turned out to be.

    :param before: all keys of the devices that were told apart.
    :param others: the keys of what this run did not tell about. An address among them may be one
        that a device has which it does not concern: that keeps it.
    """
    foreign = standing_for(connection, site, others - before.keys()) if others else {}
    wanted = {
        key: found.absorbed.get(device_id, device_id)
        for key, device_id in before.items()
        if is_lasting(key)
    }
    wanted |= {key: found.holders[key] for key in found.holders if key not in foreign}
    over = before.keys() - wanted.keys()
    if over:
        here = bulk.among(connection, device_key.c.key, over)
        connection.execute(delete(device_key).where(device_key.c.site == site, here))
    rows = [
        KeyRow(site, key, device_id)
        for key, device_id in wanted.items()
        if before.get(key) != device_id
    ]
    bulk.insert(connection, device_key, [row for row in rows if row.key not in before])
    known = [row for row in rows if row.key in before]
    bulk.update(connection, device_key, known, key=("site", "key"))


def _rows(
    connection: Connection, site: str, column: ColumnElement[str], wanted: Collection[str]
) -> dict[str, str]:
    if not wanted:
        return {}
    asked = select(device_key.c.key, device_key.c.device_id).where(
        device_key.c.site == site, bulk.among(connection, column, wanted)
    )
    return dict(connection.execute(asked).all())
