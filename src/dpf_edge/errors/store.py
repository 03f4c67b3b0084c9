"""Why the Authority's store cannot do what was asked."""

from __future__ import annotations

from dpf_edge.errors.root import DpfEdgeError


class StoreError(DpfEdgeError):
    """The Authority's store cannot do what was asked."""

    code = "store"


class StoreUrl(StoreError):
    """What names the store is no URL of a kind that is known."""

    code = "store-url"
    exit_code = 64  # EX_USAGE


class StoreConflict(StoreError):
    """What is kept does not allow it: a state that it cannot follow on, a name that is taken."""

    code = "store-conflict"
    exit_code = 65  # EX_DATAERR


class StoreForeign(StoreError):
    """There is a database, and it is another program's."""

    code = "store-foreign"
    exit_code = 65  # EX_DATAERR


class StoreNewer(StoreError):
    """The store was made or migrated by a newer version of this program."""

    code = "store-newer"
    exit_code = 65  # EX_DATAERR


class BackupUnusable(StoreError):
    """The file is not a backup of a store, or not a whole one."""

    code = "backup-unusable"
    exit_code = 65  # EX_DATAERR


class StoreMissing(StoreError):
    """The store has no such node, token, device or user."""

    code = "store-missing"
    exit_code = 66  # EX_NOINPUT


class BackupUnwritten(StoreError):
    """The backup could not be written; what stood there before is as it was."""

    code = "backup-unwritten"
    exit_code = 73  # EX_CANTCREAT


class StoreNotEmpty(StoreError):
    """A backup goes into an empty store, unless it is told to replace what is there."""

    code = "store-not-empty"
    exit_code = 73  # EX_CANTCREAT


class StoreSealed(StoreError):
    """A secret cannot be sealed or opened: the store was given no key, or another one."""

    code = "store-sealed"
    exit_code = 78  # EX_CONFIG


class StoreUnavailable(StoreError):
    """The database cannot be used now: nothing of what was asked has been done."""

    code = "store-away"
    exit_code = 69  # EX_UNAVAILABLE


class StoreUnreachable(StoreUnavailable):
    """There is no way to the database: it does not run, or its file cannot be opened."""

    code = "store-unavailable"


class StoreCorrupt(StoreUnavailable):
    """The database is damaged."""

    code = "store-corrupt"
    exit_code = 65  # EX_DATAERR


class StoreFull(StoreUnavailable):
    """There is no room left where the database is kept."""

    code = "store-full"
    exit_code = 74  # EX_IOERR


class StoreBusy(StoreUnavailable):
    """Others hold the database for longer than was waited; try again."""

    code = "store-busy"
    exit_code = 75  # EX_TEMPFAIL


class StoreDenied(StoreUnavailable):
    """The database is there, and this user may not use it."""

    code = "store-denied"
    exit_code = 77  # EX_NOPERM
