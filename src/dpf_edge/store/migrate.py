"""Bringing a database to the newest schema: one process does it, the others wait for it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import inspect, text

from dpf_edge.errors import StoreForeign, StoreNewer, StoreUnavailable
from dpf_edge.store.schema import APPLICATION_ID, REVISION, REVISIONS

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from dpf_edge.store.database import Database

# The lock's number, "dpfe" and 1; PostgreSQL's advisory locks are numbers, shared by all programs
# that use the database.
LOCK = 0x64706665_00000001
VERSION_TABLE = "alembic_version"


def migrate(database: Database) -> None:
    """Make the tables, or bring them to this program's version; nothing where they are.

    :raises StoreForeign: the database has tables, and they are another program's.
    :raises StoreNewer: a newer version of this program made them.
    :raises StoreUnavailable: the database cannot be used.
    """
    with database.reading() as connection:
        if revision(connection, database.where) == REVISION:
            return
    with database.writing() as connection:
        # SQLite holds the write lock by now.
        if not database.is_sqlite:
            connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": LOCK})
        if revision(connection, database.where) != REVISION:
            _upgrade(connection)
            if database.is_sqlite:
                connection.exec_driver_sql(f"PRAGMA application_id={APPLICATION_ID}")


def must_be_there(database: Database) -> None:
    """Make sure that there is a store, without making so much as a file.

    :raises StoreUnavailable: there is none.
    :raises StoreForeign: as :func:`migrate`, and so on.
    """
    is_there = Path(database.where).is_file() if database.is_sqlite else True
    if is_there:
        with database.reading() as connection:
            is_there = revision(connection, database.where) is not None
    if not is_there:
        raise StoreUnavailable(f"{database.where}: there is no store", "name one with --store")


def revision(connection: Connection, where: str) -> str | None:
    """The schema's version; None in an empty database.

    :raises StoreForeign: the database has tables, and they are another program's.
    :raises StoreNewer: a newer version of this program made them.
    """
    tables = set(inspect(connection).get_table_names())
    if not tables:
        return None
    if VERSION_TABLE not in tables or "node" not in tables:
        raise StoreForeign(
            f"{where}: a database, and not of this program", "name another one with --store"
        )
    found = connection.execute(text(f"SELECT version_num FROM {VERSION_TABLE}")).scalar()  # noqa: S608
    if found is not None and str(found) not in REVISIONS:
        raise StoreNewer(
            f"{where}: its schema is {found}, and this program's is {REVISION}",
            "use the version of dpf-edge that made it, or a newer one",
        )
    return None if found is None else str(found)


def _upgrade(connection: Connection) -> None:
    """Run the migrations that are due, in this transaction."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", "dpf_edge.store:migrations")
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
