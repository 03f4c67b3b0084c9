"""Controllers that nodes ask on the Authority's behalf, and which node sees which."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, delete, insert, or_, select
from sqlalchemy.exc import IntegrityError

from dpf_edge.errors import StoreConflict, StoreMissing, StoreSealed
from dpf_edge.store.keeper import Keeper, record
from dpf_edge.store.records import Adapter, OpenAdapter, VisibleAdapters
from dpf_edge.store.schema import adapter
from dpf_edge.store.tokens import SITE

if TYPE_CHECKING:
    from collections.abc import Callable

    from dpf_edge.store.database import Database
    from dpf_edge.store.records import Node
    from dpf_edge.store.sealing import Seal
    from dpf_edge.wire.tokens import Secret

UNIFI = "unifi"

_SHOWN = [adapter.c[name] for name in Adapter.__struct_fields__]


class Adapters(Keeper):
    """``store.adapters``."""

    def __init__(self, database: Database, clock: Callable[[], float], seal: Seal) -> None:
        super().__init__(database, clock)
        self._seal = seal

    def add(
        self,
        *,
        name: str,
        endpoint_url: str,
        api_key: Secret,
        connection_key: str | None = None,
        collector_type: str = UNIFI,
        configuration: dict[str, Any] | None = None,
        node_id: str | None = None,
        site: str | None = None,
    ) -> Adapter:
        """Add a controller.

        :param node_id: the one node that is to ask it; else all that ``site`` says.
        :param site: the site whose nodes are to ask it; None: those of the default site.
        :raises StoreSealed: the store was opened without a key.
        :raises StoreConflict: there is one with this ``connection_key``.
        """
        adapter_id = f"adapter_{secrets.token_hex(8)}"
        row = Adapter(
            adapter_id=adapter_id,
            connection_key=connection_key or adapter_id,
            name=name,
            collector_type=collector_type,
            endpoint_url=endpoint_url,
            configuration=configuration or {},
            site=site,
            node_id=node_id,
            created_at=self._clock(),
        )
        values = {column: getattr(row, column) for column in Adapter.__struct_fields__}
        values["sealed_key"] = self._seal.sealed(api_key, adapter_id)
        try:
            with self._database.writing() as connection:
                connection.execute(insert(adapter).values(values))
        except IntegrityError as error:
            raise StoreConflict(f"{row.connection_key}: there is such an adapter") from error
        return row

    def list(self) -> tuple[Adapter, ...]:
        """All controllers, by name, without their keys."""
        with self._database.reading() as connection:
            asked = select(*_SHOWN).order_by(adapter.c.name, adapter.c.adapter_id)
            return tuple(record(Adapter, row) for row in connection.execute(asked))

    def remove(self, adapter_id: str) -> None:
        """Delete one, with its key.

        :raises StoreMissing: there is none.
        """
        with self._database.writing() as connection:
            gone = connection.execute(delete(adapter).where(adapter.c.adapter_id == adapter_id))
            if not gone.rowcount:
                raise StoreMissing(f"{adapter_id}: no such adapter")

    def visible_to(self, node: Node) -> VisibleAdapters:
        """What a node is to ask: what names it, and what is meant for its site.

        One whose key does not open is left out and counted.
        """
        mine = adapter.c.node_id == node.node_id
        meant = [adapter.c.site == node.site]
        if node.site == SITE:
            meant.append(adapter.c.site.is_(None))
        visible = or_(mine, and_(adapter.c.node_id.is_(None), or_(*meant)))
        asked = select(*_SHOWN, adapter.c.sealed_key).where(visible).order_by(adapter.c.adapter_id)
        with self._database.reading() as connection:
            rows = connection.execute(asked).all()
        found, skipped = [], 0
        for *values, sealed in rows:
            shown = Adapter(*values)
            try:
                found.append(OpenAdapter(shown, self._seal.opened(sealed, shown.adapter_id)))
            except StoreSealed:
                skipped += 1
        return VisibleAdapters(tuple(found), skipped)
