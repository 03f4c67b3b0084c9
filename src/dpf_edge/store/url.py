"""What a store's URL names: one of two kinds of database."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from dpf_edge.errors import StoreUrl

if TYPE_CHECKING:
    from sqlalchemy import URL

HINT = "name it as sqlite:///PATH or postgresql://USER@HOST/DATABASE"

# libpq's own spelling, the standard one, and SQLAlchemy's with the driver named.
POSTGRESQL = {"postgres", "postgresql", "postgresql+psycopg"}
SQLITE = {"sqlite", "sqlite+pysqlite"}


def parsed(text: str) -> URL:
    """The URL of a store, with the driver that is used for it.

    :raises StoreUrl: it is no URL, or of another kind. The text itself is in no message: it may
        hold a password.
    """
    try:
        url = make_url(text)
    except (ArgumentError, ValueError) as error:
        raise StoreUrl("the store's URL cannot be read", HINT) from error
    if url.drivername in POSTGRESQL:
        if not url.database:
            raise StoreUrl("the store's URL names no database", HINT)
        return url.set(drivername="postgresql+psycopg")
    if url.drivername in SQLITE:
        if not url.database or url.database == ":memory:":
            raise StoreUrl("the store's URL names no file", HINT)
        if url.host or url.query:
            raise StoreUrl("a file's URL has three slashes and no query", HINT)
        return url.set(drivername="sqlite+pysqlite")
    raise StoreUrl(f"{url.drivername}: no kind of store", HINT)


def described(url: URL) -> str:
    """Which database it is, for a message: never a user's name or a password."""
    if url.drivername.startswith("sqlite"):
        return str(url.database)
    host = url.host or url.query.get("host") or "the local socket"
    return f"{url.database} at {host if isinstance(host, str) else ', '.join(host)}"
