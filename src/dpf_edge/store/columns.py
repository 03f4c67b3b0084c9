"""The column types: texts that both databases take and order alike, JSON as text, times."""

from __future__ import annotations

from typing import Any

import msgspec
from sqlalchemy import Dialect, Double, Text
from sqlalchemy.types import TypeDecorator, TypeEngine

from dpf_edge.store.texts import clean

# Every time is in seconds since 1970 (UTC). A double holds the present to a quarter of a
# microsecond, and gives back the very number that was put in, which equality between runs needs.
Seconds = Double


class Words(TypeDecorator[str]):
    """Text of any length, without what PostgreSQL cannot store.

    Compared byte by byte: SQLite does so by itself, PostgreSQL is told to, for its own order
    depends on the operating system's locales and would be another one after an upgrade of those.
    """

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Text, with the collation named where there is a choice."""
        return _text(dialect)

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """On the way in: cleaned."""
        return None if value is None else clean(value)


class Json(TypeDecorator[Any]):
    """A JSON value, kept as text: neither database ever looks inside.

    PostgreSQL's own types would refuse what the contract allows (a U+0000 in a string) or lose
    what a node sent (the order of keys, a number's digits).
    """

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """The same text as any other."""
        return _text(dialect)

    def process_bind_param(self, value: Any | None, dialect: Dialect) -> str | None:  # noqa: ANN401 -- any JSON value
        """On the way in: one line of JSON."""
        return None if value is None else msgspec.json.encode(value).decode()

    def process_result_value(self, value: Any | None, dialect: Dialect) -> Any:  # noqa: ANN401 -- any JSON value
        """On the way out: dicts, lists, strings and numbers."""
        return None if value is None else msgspec.json.decode(value)


def _text(dialect: Dialect) -> TypeEngine[Any]:
    return Text(collation="C") if dialect.name == "postgresql" else Text()
