"""What the conformance suite stands on: a fresh store of either kind for every test.

SQLite on disk, in the test's own folder. PostgreSQL for real: a server of the test run's own, in a
temporary folder, on a unix socket and on no port, under an unprivileged user; a database of its
own for each test.
"""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg

from dpf_edge.store import open_store
from dpf_edge.store.schema import metadata

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

KINDS = ("sqlite", "postgresql")

# The superuser of the test's own server, and the user that runs it where the tests run as root:
# PostgreSQL refuses to. Debian's package makes the first of these, every system has the other.
NAME, RUNS_AS = "dpf", ("postgres", "nobody")
START_SECONDS = 30
ICU_SINCE = 15  # whole databases in a locale of ICU's


class PostgresUnavailable(Exception):
    """This machine cannot start a PostgreSQL; the text is the reason."""


def programs() -> Path:
    """The folder of PostgreSQL's server programs, the newest where there are several.

    :raises PostgresUnavailable: there is none.
    """
    found = shutil.which("postgres")
    if found:
        return Path(found).parent
    versions = Path("/usr/lib/postgresql").glob("*/bin/postgres")
    newest = max(versions, key=lambda path: float(path.parents[1].name), default=None)
    if newest is None:
        raise PostgresUnavailable("PostgreSQL is not installed here (make lab-deps)")
    return newest.parent


class Cluster:
    """A running server, and how to get an empty database on it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._made = 0

    def url(self, database: str) -> str:
        """The URL of a database, as a store takes it."""
        return f"postgresql://{NAME}@/{database}?host={self.folder}"

    def run(self, statement: str) -> None:
        """Run one statement as the superuser, outside of a transaction."""
        with psycopg.connect(
            host=str(self.folder), user=NAME, dbname="postgres", autocommit=True
        ) as connection:
            connection.execute(statement.encode())

    def database(self, options: str = "") -> str:
        """A new database; its URL."""
        self._made += 1
        name = f"t{os.getpid()}_{self._made}"
        self.run(f"CREATE DATABASE {name} {options}")
        return self.url(name)

    def drop(self, url: str) -> None:
        """Remove a database, whoever still uses it."""
        name = url.partition("@/")[2].partition("?")[0]
        self.run(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


@contextlib.contextmanager
def cluster(*, small: str | None = None, durable: bool = False) -> Iterator[Cluster]:
    """A server of one's own for a while.

    :param durable: whether it outlives a loss of power. What the tests try are processes that die,
        and none of them is the kernel; what is measured has to be honest.
    :param small: the size of a file system of its own, at ``folder / "small"``, that only the
        server sees (``24m``); it takes root.
    :raises PostgresUnavailable: it cannot be had here.
    """
    binaries, user = programs(), _user()
    folder = Path(tempfile.mkdtemp(prefix="dpf-pg-"))
    try:
        if user:
            shutil.chown(folder, user)
        _initialised(binaries, folder, user)
        settings = () if durable else ("fsync=off", "shared_buffers=32MB")
        with _started(binaries, folder, user, small, settings):
            yield Cluster(folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _user() -> str | None:
    """Who runs the server; None: whoever runs the tests."""
    if os.getuid() != 0:
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    return next(name for name in RUNS_AS if name in known)


def _initialised(binaries: Path, folder: Path, user: str | None) -> None:
    options = ["-U", NAME, "-A", "trust", "-E", "UTF8", "--no-sync", "--locale=C"]
    if _major(binaries) >= ICU_SINCE:
        # A locale that sorts as people do: the store asks for its own order, and a test would see
        # it if it forgot to.
        options += ["--locale-provider=icu", "--icu-locale=en"]
    done = subprocess.run(
        [str(binaries / "initdb"), "-D", str(folder / "data"), *options],
        user=user,
        cwd=folder,
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    if done.returncode:
        raise PostgresUnavailable(f"initdb: {done.stderr.strip()[-300:]}")


def _major(binaries: Path) -> int:
    """The major version, from ``postgres (PostgreSQL) 15.8 (Debian …)``."""
    said = subprocess.run(
        [str(binaries / "postgres"), "--version"],
        capture_output=True,
        text=True,
        check=True,
        timeout=10,
    )
    return int(said.stdout.split()[2].partition(".")[0])


@contextlib.contextmanager
def _started(
    binaries: Path, folder: Path, user: str | None, small: str | None, settings: Sequence[str]
) -> Iterator[None]:
    words = [word for setting in ("listen_addresses=", *settings) for word in ("-c", setting)]
    command = [str(binaries / "postgres"), "-D", str(folder / "data"), "-k", str(folder), *words]
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(
            [*_beside(folder, user, small), *command] if small else command,
            user=None if small else user,
            cwd=folder,
            stdout=log,
            stderr=log,
        )
    try:
        _answers(folder, server)
        yield
    finally:
        server.terminate()
        try:
            server.wait(START_SECONDS)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def _beside(folder: Path, user: str | None, small: str) -> list[str]:
    """What makes a small file system in a mount namespace of its own, and then becomes the server
    as an unprivileged user: each of these programs is replaced by the next."""
    owner = pwd.getpwnam(user or NAME)
    where = folder / "small"
    where.mkdir()
    mounted = f"mount -t tmpfs -o size={small},uid={owner.pw_uid},mode=0700 none {where}"
    rest = f'exec setpriv --reuid={owner.pw_uid} --regid={owner.pw_gid} --clear-groups "$@"'
    return ["unshare", "--mount", "sh", "-c", f"{mounted} && {rest}", "sh"]


def _answers(folder: Path, server: subprocess.Popen[bytes]) -> None:
    """Wait until the server takes connections.

    :raises PostgresUnavailable: it ended, or does not within its time.
    """
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until and server.poll() is None:
        try:
            psycopg.connect(host=str(folder), user=NAME, dbname="postgres").close()
        except psycopg.OperationalError:
            time.sleep(0.05)
        else:
            return
    said = (folder / "log").read_text(errors="replace")
    raise PostgresUnavailable(f"the server did not start: {said[-300:]}")


def made(url: str) -> None:
    """Make the tables of a store."""
    open_store(url, clock=time.time).close()


def emptied(url: str) -> None:
    """Leave nothing in a PostgreSQL store but its tables."""
    names = [table.name for table in reversed(metadata.sorted_tables)]
    statements = "; ".join(f"DELETE FROM {name}" for name in names)  # noqa: S608 -- names of ours
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statements.encode())
