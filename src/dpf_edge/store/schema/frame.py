"""What all tables stand on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Column, MetaData

from dpf_edge.store.columns import Words

if TYPE_CHECKING:
    from sqlalchemy.types import TypeEngine

metadata = MetaData(
    naming_convention={
        "pk": "%(table_name)s_pk",
        "fk": "%(table_name)s_%(column_0_name)s_fk",
        "uq": "%(table_name)s_%(column_0_name)s_uq",
    }
)


# For tables whose rows change in place, thousands at a time. With half of each page left free,
# PostgreSQL puts a row's new version on the page of the old one and leaves the indexes alone (a
# heap-only tuple): half the time. Autovacuum keeps it so.
ROOM: dict[str, Any] = {"postgresql_with": {"fillfactor": "50"}}


def required(name: str, kind: type[TypeEngine[Any]] = Words) -> Column[Any]:
    """A column that always has a value."""
    return Column(name, kind, nullable=False)
