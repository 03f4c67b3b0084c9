"""Backup and restore: one file for both kinds, whole or not at all, while others work."""

from __future__ import annotations

import sqlite3
import stat
import threading
from typing import TYPE_CHECKING, Any

import pytest

from dpf_edge.errors import BackupUnusable, BackupUnwritten, StoreNewer, StoreNotEmpty
from dpf_edge.store import open_store
from dpf_edge.store.records import AuditRow
from dpf_edge.store.schema import metadata
from dpf_edge.wire.limits import HEARTBEAT
from dpf_edge.wire.tokens import Secret

from .conftest import KEY
from .fleet import Clock, Fleet, same, sight, thing
from .suite import KINDS, Cluster
from .test_events import alert, change, security, submit
from .test_figures import candidate, interface, put

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from dpf_edge.store.kept import Store


def filled(store: Store, clock: Clock) -> Store:
    """Something in every table."""
    fleet = Fleet(store, clock)
    node = fleet.enrolled().node_id
    fleet.submit(
        node,
        thing("a", "t\0ill", mac="24:5a:4c:00:00:01", address="192.168.50.2"),
        thing("subnet", kind="subnet"),
        links=[same("a", "subnet", "MEMBER_OF")],
        warnings=("☃ \0",),
    )
    store.nodes.beat(node)
    store.limits.take(node, "heartbeat", HEARTBEAT)
    store.audit.record([AuditRow("t", clock.now, node, detail={"a": [1.5, None, True, "\0"]})])
    submit(store, clock, node, alert(), change(), security())
    every = [each.entry for each in store.feed.page().rows]
    store.feed.decide(every, "acknowledged", by="user:ann", note="☃ \0")
    put(store, clock, node, interface())
    store.federation.put(node, [candidate()])
    store.comparisons.put(node, b"{}")
    store.people.add("ann", "operator", Secret("planted-password"))
    store.people.sign_in("ann", Secret("planted-password"), ttl_seconds=60)
    store.people.link()
    store.people.issue_api_token("x", "viewer")
    store.adapters.add(name="HQ", endpoint_url="u", api_key=Secret("planted-api-key"))
    store.settings.put("a", "b")
    return store


def content(store: Store) -> dict[str, list[Any]]:
    """All that is kept, in an order of its own."""
    with store._database.reading() as connection:
        return {
            table.name: sorted(map(repr, connection.execute(table.select()).all()))
            for table in metadata.sorted_tables
        }


@pytest.fixture(params=KINDS)
def target(request: pytest.FixtureRequest, tmp_path: Path, clock: Clock) -> Iterator[Store]:
    """Another empty store, to restore into."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'target' / 'store.db'}"
    else:
        server: Cluster = request.getfixturevalue("postgres")
        url = server.database()
    with open_store(url, clock=clock, sight=sight, key=KEY) as opened:
        yield opened
    if request.param == "postgresql":
        server.drop(url)


def test_a_backup_of_either_kind_restores_into_either(
    store: Store, target: Store, clock: Clock, tmp_path: Path
) -> None:
    meant = content(filled(store, clock))
    assert all(meant.values()), "a table that is empty proves nothing"

    store.backup(tmp_path / "backup")
    target.restore(tmp_path / "backup")

    assert meant == content(target)


def test_a_restored_store_goes_on_where_the_other_stood(
    store: Store, target: Store, clock: Clock, tmp_path: Path
) -> None:
    filled(store, clock)
    (detail,) = store.nodes.list()
    store.backup(tmp_path / "backup")
    target.restore(tmp_path / "backup")
    clock.on(300)

    again = Fleet(target, clock).submit(
        detail.node.node_id,
        thing("a", "till", mac="24:5a:4c:00:00:01", address="192.168.50.2"),
        thing("subnet", kind="subnet"),
        key="another",
    )

    assert (2, 0) == (again.persisted.updated_entities, again.persisted.created_entities)
    (opened,) = target.adapters.visible_to(detail.node).adapters
    assert "planted-api-key" == opened.api_key.reveal()


def test_a_backup_is_one_file_for_its_owner_alone_and_a_store(
    store: Store, clock: Clock, tmp_path: Path
) -> None:
    path = tmp_path / "there" / "backup"
    path.parent.mkdir()

    filled(store, clock).backup(path)

    assert [path] == list(path.parent.iterdir())
    assert 0o600 == stat.S_IMODE(path.stat().st_mode)
    with open_store(f"sqlite:///{path}", clock=clock, key=KEY) as opened:
        assert store.nodes.list() == opened.nodes.list()


def test_a_backup_holds_nothing_that_lets_anybody_in(
    store: Store, clock: Clock, tmp_path: Path
) -> None:
    filled(store, clock).backup(tmp_path / "backup")

    data = (tmp_path / "backup").read_bytes()
    assert b"planted" not in data
    assert b"HQ" in data, "it is the right file that was looked at"


def test_a_backup_replaces_the_one_before(store: Store, clock: Clock, tmp_path: Path) -> None:
    path = tmp_path / "backup"
    store.backup(path)
    before = path.stat().st_ino

    filled(store, clock).backup(path)

    assert before != path.stat().st_ino
    with open_store(f"sqlite:///{path}", clock=clock) as opened:
        assert 1 == len(opened.nodes.list())


def test_while_a_backup_is_taken_others_write_and_it_is_of_one_moment(
    store: Store, url: str, clock: Clock, tmp_path: Path
) -> None:
    """Each enrolment spends a token and makes a node: a backup has both, or neither."""
    stop = threading.Event()

    def enrol() -> None:
        with open_store(url, clock=clock) as mine:
            fleet = Fleet(mine, clock)
            while not stop.is_set():
                fleet.enrolled()

    writer = threading.Thread(target=enrol)
    writer.start()
    try:
        for number in range(5):
            store.backup(tmp_path / f"{number}")
    finally:
        stop.set()
        writer.join(30)

    for number in range(5):
        with open_store(f"sqlite:///{tmp_path / str(number)}", clock=clock) as copy:
            spent = {row.consumed_by for row in copy.tokens.list() if row.consumed_by}
            assert spent == {each.node.node_id for each in copy.nodes.list()}


def test_a_store_that_has_something_is_not_written_over_unasked(
    store: Store, target: Store, clock: Clock, tmp_path: Path
) -> None:
    store.backup(tmp_path / "empty")
    before = content(filled(target, clock))

    with pytest.raises(StoreNotEmpty) as refused:
        target.restore(tmp_path / "empty")

    assert "--replace" in str(refused.value.hint)
    assert before == content(target)

    target.restore(tmp_path / "empty", replace=True)
    assert content(store) == content(target)


def test_what_is_not_a_backup_is_refused_and_nothing_is_lost(
    store: Store, clock: Clock, tmp_path: Path
) -> None:
    meant = content(filled(store, clock))
    store.backup(tmp_path / "whole")
    whole = (tmp_path / "whole").read_bytes()
    (tmp_path / "text").write_text("no database at all" * 1000)
    (tmp_path / "cut").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "nothing").write_bytes(b"")
    (tmp_path / "folder").mkdir()
    unnameable = "x" * 300  # fails as a folder does that is not for this user
    sqlite3.connect(tmp_path / "theirs").execute("CREATE TABLE theirs (a)").connection.close()
    damaged = bytearray(whole)
    damaged[len(whole) // 2 : len(whole) // 2 + 20_000] = b"\xa5" * 20_000
    (tmp_path / "damaged").write_bytes(damaged)

    for name in ("text", "cut", "nothing", "folder", "theirs", "damaged", "not-there", unnameable):
        with pytest.raises(BackupUnusable):
            store.restore(tmp_path / name, replace=True)

    assert meant == content(store)


def test_a_newer_versions_backup_is_refused(store: Store, clock: Clock, tmp_path: Path) -> None:
    store.backup(tmp_path / "backup")
    with sqlite3.connect(tmp_path / "backup") as newer:
        newer.execute("UPDATE alembic_version SET version_num = '0999'")
    newer.close()

    with pytest.raises(StoreNewer):
        store.restore(tmp_path / "backup", replace=True)


def test_a_restore_that_breaks_off_leaves_everything_as_it_was(
    store: Store, target: Store, clock: Clock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dpf_edge.store import backup

    filled(store, clock).backup(tmp_path / "backup")
    before = content(filled(target, clock))
    whole = backup._copy

    def breaks(source: Any, sink: Any) -> None:
        whole(source, sink)
        raise KeyboardInterrupt

    monkeypatch.setattr(backup, "_copy", breaks)
    with pytest.raises(KeyboardInterrupt):
        target.restore(tmp_path / "backup", replace=True)

    assert before == content(target)


def test_a_backup_that_cannot_be_written_is_said_and_leaves_nothing(
    store: Store, tmp_path: Path
) -> None:
    (tmp_path / "in the way").mkdir()

    for path in (tmp_path / "not" / "there", tmp_path / "in the way"):
        with pytest.raises(BackupUnwritten):
            store.backup(path)

    assert ["in the way"] == [each.name for each in tmp_path.iterdir() if "store" not in each.name]


@pytest.mark.parametrize("suffix", ["", "-wal", "-shm"])
def test_a_store_is_not_written_over_by_its_own_backup(
    suffix: str, tmp_path: Path, clock: Clock
) -> None:
    """Who has it open would go on writing into a file that has no name any more."""
    path, link = tmp_path / "store.db", tmp_path / "link.db"
    with open_store(f"sqlite:///{path}", clock=clock, sight=sight) as store:
        link.symlink_to(f"store.db{suffix}")

        for each in (f"{path}{suffix}", link):
            with pytest.raises(BackupUnwritten):
                store.backup(each)

        issued = store.tokens.issue()
    with open_store(f"sqlite:///{path}", clock=clock, sight=sight) as store:
        assert [issued.row.prefix] == [each.prefix for each in store.tokens.list()]


def test_a_backup_is_restored_from_where_nothing_can_be_written(
    store: Store, target: Store, clock: Clock, tmp_path: Path
) -> None:
    folder = tmp_path / "stick"
    folder.mkdir()
    filled(store, clock).backup(folder / "backup")
    (folder / "backup").chmod(0o400)
    folder.chmod(0o500)

    target.restore(folder / "backup")

    folder.chmod(0o700)
    assert ["backup"] == [each.name for each in folder.iterdir()]
    assert content(store) == content(target)
