"""Opening a store: made once, migrated once, and left alone where it is not ours to touch."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, text

from dpf_edge.errors import (
    StoreCorrupt,
    StoreDenied,
    StoreError,
    StoreForeign,
    StoreNewer,
    StoreUnavailable,
    StoreUrl,
)
from dpf_edge.store import open_store
from dpf_edge.store.database import Database
from dpf_edge.store.schema import APPLICATION_ID, REVISION, REVISIONS, metadata
from dpf_edge.store.url import parsed

from .fleet import thing

if TYPE_CHECKING:
    from pathlib import Path

    from dpf_edge.store.kept import Store

    from .fleet import Clock
    from .suite import Cluster


def opened(url: str) -> Store:
    return open_store(url, clock=time.time)


def test_an_empty_place_becomes_a_store_and_stays_one(empty_url: str, clock: Clock) -> None:
    with opened(empty_url) as store:
        store.ping()
        issued = store.tokens.issue().row

    with opened(empty_url) as store:
        assert (issued,) == store.tokens.list()


def differs(context: Any, _: object, __: object, made: Any, meant: Any) -> bool:
    """Whether a column is of another type than it was meant to be, in the database's own words."""
    return str(made.compile(context.dialect)) != str(meant.compile(context.dialect))


def test_the_migrations_make_the_very_tables_that_the_code_means(store: Store) -> None:
    with store._database.reading() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": differs})
        differences = compare_metadata(context, metadata)
        made = {
            (table, index["name"], tuple(index["column_names"]), bool(index["unique"]))
            for table in metadata.tables
            for index in inspect(connection).get_indexes(table)
            if "duplicates_constraint" not in index
        }

    meant = {
        (table.name, index.name, tuple(index.columns.keys()), bool(index.unique))
        for table in metadata.tables.values()
        for index in table.indexes
    }
    assert [] == differences
    assert meant == made


def test_the_revisions_are_the_migrations(store: Store) -> None:
    """What the code says of them has to be so: a store that is newer is told by it."""
    config = Config()
    config.set_main_option("script_location", "dpf_edge.store:migrations")
    scripts = ScriptDirectory.from_config(config)

    oldest_first = [script.revision for script in scripts.walk_revisions()][::-1]

    assert list(REVISIONS) == oldest_first
    assert REVISION == scripts.get_current_head()


def test_every_key_leads_with_a_node_or_a_site() -> None:
    """What does not belongs to nobody in particular, and is small."""
    apart = {"adapter", "api_token", "bootstrap_token", "node_token", "person", "session"}
    apart |= {"setting", "sign_in_link"}

    leading = {table.name: next(iter(table.primary_key)).name for table in metadata.tables.values()}

    assert {"node_id", "site"} == {leading[name] for name in leading if name not in apart}
    assert apart < leading.keys()


def test_many_that_open_an_empty_place_at_once_all_get_the_store(empty_url: str) -> None:
    line = threading.Barrier(6)
    problems: list[Exception] = []

    def start() -> None:
        line.wait()
        try:
            opened(empty_url).close()
        except StoreError as error:
            problems.append(error)

    threads = [threading.Thread(target=start) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    assert [] == problems
    with opened(empty_url) as store, store._database.reading() as connection:
        found = connection.execute(text("SELECT version_num FROM alembic_version")).scalars().all()
    assert [REVISION] == found


def test_two_processes_that_start_at_once_both_get_the_store(empty_url: str) -> None:
    program = (
        "import sys, time; from dpf_edge.store import open_store\n"
        "sys.stdin.read(1)\n"
        "store = open_store(sys.argv[1], clock=time.time)\n"
        "print(store.tokens.issue().row.digest); store.close()\n"
    )
    started = [
        subprocess.Popen(
            [sys.executable, "-c", program, empty_url],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(3)
    ]
    for process in started:
        assert process.stdin
        process.stdin.write("!")
        process.stdin.flush()

    printed = {process.communicate(timeout=50)[0].strip() for process in started}

    assert [0, 0, 0] == [process.returncode for process in started]
    with opened(empty_url) as store:
        assert printed == {row.digest for row in store.tokens.list()}


def test_a_newer_store_is_left_as_it_is(empty_url: str) -> None:
    opened(empty_url).close()
    change(empty_url, "UPDATE alembic_version SET version_num = '0999'")

    with pytest.raises(StoreNewer) as refused:
        opened(empty_url)

    assert "0999" in str(refused.value)
    assert refused.value.hint
    assert ["0999"] == look(empty_url, "SELECT version_num FROM alembic_version")


def test_another_programs_database_is_left_as_it_is(empty_url: str) -> None:
    change(empty_url, "CREATE TABLE theirs (a INTEGER)")

    with pytest.raises(StoreForeign):
        opened(empty_url)

    assert ["theirs"] == tables(empty_url)


def test_another_programs_database_that_uses_alembic_too_is_not_taken_for_ours(
    empty_url: str,
) -> None:
    change(empty_url, "CREATE TABLE alembic_version (version_num VARCHAR(32))")
    change(empty_url, f"INSERT INTO alembic_version VALUES ('{REVISION}')")  # noqa: S608

    with pytest.raises(StoreForeign):
        opened(empty_url)


def test_a_migration_that_breaks_off_leaves_nothing_behind(
    empty_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dpf_edge.store import migrate

    whole = migrate._upgrade

    def breaks(connection: object) -> None:
        whole(connection)  # type: ignore[arg-type]
        raise KeyboardInterrupt

    monkeypatch.setattr(migrate, "_upgrade", breaks)
    with pytest.raises(KeyboardInterrupt):
        opened(empty_url)
    assert [] == tables(empty_url)

    monkeypatch.undo()
    opened(empty_url).close()
    assert "node" in tables(empty_url)


def change(url: str, statement: str) -> None:
    database = Database.at(parsed(url))
    with database.writing() as connection:
        connection.execute(text(statement))
    database.close()


def look(url: str, statement: str) -> list[object]:
    database = Database.at(parsed(url))
    with database.reading() as connection:
        found = list(connection.execute(text(statement)).scalars())
    database.close()
    return found


def tables(url: str) -> list[str]:
    database = Database.at(parsed(url))
    with database.reading() as connection:
        found = inspect(connection).get_table_names()
    database.close()
    return found


# -- a file


def test_a_stores_file_is_for_its_owner_alone_and_says_what_it_is(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "er" / "store.db"

    with opened(f"sqlite:///{path}") as store:
        store.settings.put("a", "b")
        beside = sorted(path.parent.iterdir())
        modes = {stat.S_IMODE(each.stat().st_mode) for each in beside}

    assert {0o600} == modes
    assert 0o700 == stat.S_IMODE(path.parent.stat().st_mode)
    assert APPLICATION_ID == int.from_bytes(path.read_bytes()[68:72], "big")
    assert b"dpfe" == path.read_bytes()[68:72]


def test_what_was_acknowledged_is_on_the_disk(tmp_path: Path) -> None:
    """WAL by itself may lose the last commits with the power; synchronous=FULL does not."""
    with (
        opened(f"sqlite:///{tmp_path / 'store.db'}") as store,
        store._database.engine.connect() as connection,
    ):
        pragmas = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "trusted_schema")
        }

    assert {
        "journal_mode": "wal",
        "synchronous": 2,
        "foreign_keys": 1,
        "trusted_schema": 0,
    } == pragmas


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"not a database, but some text that is long enough" * 100, id="no database"),
        pytest.param(b"SQLite format 3\0" + b"\xff" * 4080, id="a header and nothing behind it"),
    ],
)
def test_what_is_no_database_is_said_and_left_as_it_is(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "store.db"
    path.write_bytes(content)

    with pytest.raises(StoreCorrupt) as said:
        opened(f"sqlite:///{path}")

    assert str(path) in str(said.value)
    assert "restore" in str(said.value.hint)
    assert content == path.read_bytes()


def test_a_store_that_was_damaged_says_so_out_of_every_method(tmp_path: Path, clock: Clock) -> None:
    path = tmp_path / "store.db"
    from .fleet import Fleet, sight

    with open_store(f"sqlite:///{path}", clock=clock, sight=sight) as store:
        fleet = Fleet(store, clock)
        node = fleet.enrolled().node_id
        fleet.submit(node, *(thing(f"t{n}", mac=f"24:5a:4c:00:{n:02x}:01") for n in range(200)))
    data = bytearray(path.read_bytes())
    # Every page but the first, which holds what the tables are.
    data[4096:] = b"\xa5" * (len(data) - 4096)
    path.write_bytes(data)

    with pytest.raises(StoreCorrupt):
        opened(f"sqlite:///{path}").nodes.list()


def test_a_place_where_nothing_can_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")

    with pytest.raises(StoreUnavailable) as said:
        opened(f"sqlite:///{tmp_path / 'file' / 'store.db'}")

    assert "--store" in str(said.value.hint)


@pytest.mark.parametrize("name", ["folder", "pipe", "x" * 300])
def test_what_is_no_file_is_no_store(name: str, tmp_path: Path) -> None:
    """The last has a name that no file can have: it fails as a folder does that is not for this
    user."""
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")

    with pytest.raises(StoreUnavailable) as said:
        opened(f"sqlite:///{tmp_path / name}")

    assert "--store" in str(said.value.hint)


def test_a_closed_store_leaves_one_file(tmp_path: Path) -> None:
    """So that copying the file of a stopped Authority copies all of it."""
    with opened(f"sqlite:///{tmp_path / 'store.db'}") as store:
        store.tokens.issue()

    assert ["store.db"] == [each.name for each in tmp_path.iterdir()]


# -- a server


def test_a_server_that_is_not_there_is_said_without_what_logs_in(tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailable) as said:
        opened(f"postgresql://dpf:planted-password@/there?host={tmp_path}")

    assert "planted-password" not in f"{said.value!r} {said.value.hint}"
    assert f"there at {tmp_path}" in str(said.value)


def test_a_database_that_is_not_there_is_said(postgres: Cluster) -> None:
    with pytest.raises(StoreUnavailable):
        opened(postgres.url("there_is_none"))


def test_a_user_who_may_not_is_told_so(postgres: Cluster) -> None:
    url = postgres.database()
    postgres.run("CREATE ROLE nobody_much LOGIN")

    with pytest.raises(StoreDenied):
        opened(url.replace("dpf@", "nobody_much@"))

    postgres.drop(url)
    postgres.run("DROP ROLE nobody_much")


def test_a_server_that_goes_away_and_comes_back_is_found_again(
    postgres: Cluster, clock: Clock
) -> None:
    url = postgres.database()
    with opened(url) as store:
        store.settings.put("a", "b")
        postgres.run(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE application_name = 'dpf-edge'"
        )

        assert "b" == store.settings.get("a")
    postgres.drop(url)


# -- a name


@pytest.mark.parametrize(
    "name",
    [
        "",
        "store.db",
        "sqlite://",
        "sqlite:///:memory:",
        "sqlite://host/path",
        "sqlite:///path?mode=ro",
        "postgresql://host",
        "mysql://planted-user:planted-password@host/db",
        "postgresql://planted-user:planted-password@host:port/db",
        "://planted-password",
    ],
)
def test_what_names_no_store_is_refused_and_not_repeated(name: str) -> None:
    with pytest.raises(StoreUrl) as refused:
        opened(name)

    assert "planted" not in f"{refused.value!r} {refused.value.hint}"
    assert "sqlite:///PATH" in str(refused.value.hint)


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_a_server_may_be_named_as_people_name_it(scheme: str) -> None:
    url = parsed(f"{scheme}://u@h/d?sslmode=require")

    assert ("postgresql+psycopg", "require") == (url.drivername, url.query["sslmode"])


def test_importing_the_store_imports_no_database() -> None:
    """A node keeps no more than its outbox, and a diagnosis nothing."""
    program = (
        "import sys, dpf_edge.store, dpf_edge.store.outbox; "
        "print([m for m in sys.modules if m.partition('.')[0] in "
        "{'sqlalchemy', 'alembic', 'psycopg', 'argon2', 'cryptography'}])"
    )

    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=50
    )

    assert "[]" == done.stdout.strip()


def test_opening_a_store_that_is_up_to_date_imports_no_alembic(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'store.db'}"
    opened(url).close()
    program = (
        "import sys, time; from dpf_edge.store import open_store\n"
        "open_store(sys.argv[1], clock=time.time).close()\n"
        "print([m for m in sys.modules if m.partition('.')[0] in {'alembic', 'psycopg'}])"
    )

    done = subprocess.run(
        [sys.executable, "-c", program, url],
        capture_output=True,
        text=True,
        check=True,
        timeout=50,
    )

    assert "[]" == done.stdout.strip()
