"""Rows that may be there already, in either database's words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy.dialects import postgresql, sqlite

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import Connection, Table


def upsert(
    connection: Connection,
    table: Table,
    rows: Sequence[Mapping[str, Any]],
    *,
    changing: Sequence[str] | None = None,
) -> None:
    """Put rows in, or change those that are there.

    :param changing: the columns to change; all that are not in the key, unless given.
    """
    if not rows:
        return
    key = [column.name for column in table.primary_key]
    names = changing if changing is not None else [name for name in rows[0] if name not in key]
    statement = _insert(connection, table)
    statement = statement.on_conflict_do_update(
        index_elements=key, set_={name: statement.excluded[name] for name in names}
    )
    connection.execute(statement, rows)


def insert_unless_there(
    connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]
) -> None:
    """Put rows in; those that are there stay as they are."""
    if rows:
        connection.execute(_insert(connection, table).on_conflict_do_nothing(), rows)


def _insert(connection: Connection, table: Table) -> Any:  # noqa: ANN401 -- one of two dialects' Insert
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    return dialect.insert(table)
