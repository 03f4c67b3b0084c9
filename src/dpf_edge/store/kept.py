"""The Authority's store: a thin object over one database, with a part for each thing it keeps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select, text

from dpf_edge.store import backup
from dpf_edge.store.adapters import Adapters
from dpf_edge.store.audit import Audit
from dpf_edge.store.comparisons import Comparisons
from dpf_edge.store.coverage import Coverage
from dpf_edge.store.database import Database
from dpf_edge.store.events import Events
from dpf_edge.store.federation import Federation
from dpf_edge.store.feed import Feed
from dpf_edge.store.inventory import Inventory
from dpf_edge.store.limits import Limits
from dpf_edge.store.metrics import Metrics
from dpf_edge.store.migrate import migrate, must_be_there
from dpf_edge.store.nodes import Nodes
from dpf_edge.store.people import People
from dpf_edge.store.runs import Runs
from dpf_edge.store.sealing import Seal
from dpf_edge.store.settings import Settings
from dpf_edge.store.tokens import Tokens
from dpf_edge.store.topology import Topology
from dpf_edge.store.upkeep import Upkeep
from dpf_edge.store.url import parsed

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager
    from os import PathLike
    from typing import Self

    from dpf_edge.store.sighting import Sight


class Store:
    """An open store. Safe to share between threads; each method of a part is one transaction.

    Out of every method comes :class:`~dpf_edge.errors.StoreUnavailable` where the database cannot
    be used: then nothing of what was asked has been done.
    """

    def __init__(
        self,
        database: Database,
        *,
        clock: Callable[[], float],
        sight: Sight | None,
        seal: Seal,
    ) -> None:
        self._database = database
        self._clock = clock
        self.tokens = Tokens(database, clock)
        self.nodes = Nodes(database, clock)
        self.limits = Limits(database, clock)
        self.audit = Audit(database, clock)
        self.runs = Runs(database, clock, sight)
        self.inventory = Inventory(database, clock)
        self.topology = Topology(database, clock)
        self.coverage = Coverage(database, clock)
        self.events = Events(database, clock)
        self.feed = Feed(database, clock)
        self.metrics = Metrics(database, clock)
        self.federation = Federation(database, clock)
        self.adapters = Adapters(database, clock, seal)
        self.comparisons = Comparisons(database, clock)
        self.people = People(database, clock)
        self.settings = Settings(database, clock)
        self.upkeep = Upkeep(database, clock)

    @classmethod
    def at(
        cls,
        url: str,
        *,
        clock: Callable[[], float],
        sight: Sight | None = None,
        key: bytes | None = None,
        made: bool = True,
    ) -> Self:
        """See :func:`dpf_edge.store.open_store`."""
        seal = Seal(key)
        database = Database.at(parsed(url))
        try:
            if not made:
                must_be_there(database)
            migrate(database)
        except BaseException:
            database.close()
            raise
        return cls(database, clock=clock, sight=sight, seal=seal)

    @property
    def where(self) -> str:
        """Which database it is, for people: a path, or a name and a host."""
        return self._database.where

    def together(self) -> AbstractContextManager[None]:
        """Make one transaction of all that this thread does inside; an exception undoes it all."""
        return self._database.together()

    def ping(self) -> None:
        """Ask the database for an answer.

        :raises StoreUnavailable: there is none.
        """
        with self._database.reading() as connection:
            connection.execute(select(text("1")))

    def backup(self, path: str | PathLike[str]) -> None:
        """Write all that is kept into one file, as it stands at one moment, while others work.

        The file is an SQLite store, whatever this one is: it can be opened as one, and restored
        into one of either kind. What stood at the path is replaced when the new one is whole.

        :raises BackupUnwritten: it could not be written.
        """
        backup.backup(self._database, path)

    def restore(self, path: str | PathLike[str], *, replace: bool = False) -> None:
        """Take in all that a backup holds: in one transaction, so all or nothing.

        :param replace: whether to delete what is there.
        :raises BackupUnusable: the file is no backup, or not a whole one.
        :raises StoreNewer: a newer version of this program wrote it.
        :raises StoreNotEmpty: there is something, and ``replace`` was not said.
        """
        backup.restore(self._database, path, replace=replace)

    def close(self) -> None:
        """Give the database's connections back."""
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
