"""Thousands of rows at once, by the shortest way that either driver has.

A statement that SQLAlchemy builds costs ten times what SQLite takes for a row, in dressing up each
value. So here the statement is its, and the values go to the driver as they are: texts cleaned,
JSON as text. What each way costs is measured by tests/bench/ingest.py.

Rows are named tuples whose fields are called like the columns.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
from sqlalchemy import JSON, Boolean, Double, Integer, cast, func, literal, select

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from sqlalchemy import Column, ColumnElement, Connection, Table

# How many rows make COPY worth its round trips; below, an INSERT is as fast.
COPY_FROM = 50
# Up to how many values go into a statement one by one.
FEW = 100


def among(
    connection: Connection, column: ColumnElement[str], values: Collection[str]
) -> ColumnElement[bool]:
    """Whether a column is one of some values, however many: many go in as one JSON text.

    A thousand parameters take eight times as long on PostgreSQL, and SQLite ends at 32 766. A few
    are better left to a planner that sees how few they are.
    """
    if len(values) <= FEW:
        return column.in_(values)
    text = msgspec.json.encode(list(values)).decode()
    if connection.dialect.name == "postgresql":
        return column.in_(select(func.json_array_elements_text(cast(literal(text), JSON))))
    return column.in_(select(func.json_each(text).table_valued("value").c.value))


def insert(connection: Connection, table: Table, rows: Sequence[NamedTuple]) -> None:
    """Rows that are known not to be there."""
    if not rows:
        return
    columns = ", ".join(map(_quoted(connection), rows[0]._fields))
    if connection.dialect.name == "postgresql" and len(rows) >= COPY_FROM:
        driver: Any = connection.connection.driver_connection
        statement = f"COPY {table.name} ({columns}) FROM STDIN"
        with driver.cursor() as cursor, cursor.copy(statement) as copy:
            for row in rows:
                copy.write_row(row)
        return
    mark = "%s" if connection.dialect.name == "postgresql" else "?"
    marks = ", ".join(mark for _ in rows[0])
    connection.exec_driver_sql(
        f"INSERT INTO {table.name} ({columns}) VALUES ({marks})",  # noqa: S608 -- names of ours
        [tuple(row) for row in rows],
    )


def update(
    connection: Connection, table: Table, rows: Sequence[NamedTuple], *, key: Sequence[str]
) -> None:
    """Change rows that are there: each says its key, and what the other columns are now."""
    if not rows:
        return
    names, quoted = rows[0]._fields, _quoted(connection)
    changed = [name for name in names if name not in key]
    if connection.dialect.name == "postgresql":
        sets = ", ".join(f"{name} = told.{name}" for name in map(quoted, changed))
        which = " AND ".join(f"{table.name}.{name} = told.{name}" for name in map(quoted, key))
        shape = ", ".join(f"{quoted(name)} {_kind(table.c[name])}" for name in names)
        told = msgspec.json.encode([row._asdict() for row in rows]).decode()
        connection.exec_driver_sql(
            f"UPDATE {table.name} SET {sets} "  # noqa: S608 -- names of ours
            f"FROM json_to_recordset(%s::json) AS told({shape}) WHERE {which}",
            (told,),
        )
        return
    sets = ", ".join(f"{quoted(name)} = ?" for name in changed)
    which = " AND ".join(f"{quoted(name)} = ?" for name in key)
    order = [names.index(name) for name in (*changed, *key)]
    connection.exec_driver_sql(
        f"UPDATE {table.name} SET {sets} WHERE {which}",  # noqa: S608 -- names of ours
        [tuple([row[at] for at in order]) for row in rows],
    )


def _quoted(connection: Connection) -> Callable[[str], str]:
    return connection.dialect.identifier_preparer.quote


def _kind(column: Column[Any]) -> str:
    """A column's type in PostgreSQL's words."""
    if isinstance(column.type, Double):
        return "double precision"
    if isinstance(column.type, Boolean):
        return "boolean"
    return "bigint" if isinstance(column.type, Integer) else "text"
