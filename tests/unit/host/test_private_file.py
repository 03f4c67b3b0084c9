"""Files that hold secrets, on a real file system."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from dpf_edge.errors import (
    PrivateFileBusy,
    PrivateFileUnreadable,
    PrivateFileUnsafe,
    PrivateFileUnwritten,
)
from dpf_edge.host import private_file


@pytest.fixture
def path(tmp_path: Path) -> str:
    return str(tmp_path / "state.json")


def test_what_is_written_is_read_and_for_its_owner_alone(path: str) -> None:
    before = os.umask(0)
    try:
        private_file.write(path, b"secret")
    finally:
        os.umask(before)

    assert b"secret" == private_file.read(path)
    assert 0o600 == stat.S_IMODE(Path(path).stat().st_mode)
    assert [path] == [str(each) for each in Path(path).parent.iterdir()]


def test_what_is_not_there_is_none(path: str) -> None:
    assert private_file.read(path) is None
    assert private_file.read_given(path) is None
    private_file.remove(path)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o400, 0o700, 0o666])
def test_a_file_with_another_mode_is_not_read(path: str, mode: int) -> None:
    private_file.write(path, b"secret")
    Path(path).chmod(mode)

    with pytest.raises(PrivateFileUnsafe, match=f"{mode:04o}") as told:
        private_file.read(path)

    assert "secret" not in str(told.value).replace("holds a secret", "")


@pytest.mark.skipif(os.getuid() != 0, reason="giving a file away takes root")
def test_a_file_of_somebody_else_is_not_read(path: str) -> None:
    private_file.write(path, b"secret")
    os.chown(path, 12345, 12345)

    with pytest.raises(PrivateFileUnsafe, match="user 12345"):
        private_file.read(path)


def test_a_link_is_not_followed_where_the_secret_is_ours(path: str, tmp_path: Path) -> None:
    private_file.write(str(tmp_path / "other"), b"secret")
    Path(path).symlink_to(tmp_path / "other")

    with pytest.raises(PrivateFileUnsafe, match="symbolic link"):
        private_file.read(path)
    shown = private_file.read_given(path)
    assert shown is not None
    assert (b"secret", False) == shown


def test_a_link_that_is_written_to_is_replaced_and_not_followed(path: str, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.write_bytes(b"theirs")
    Path(path).symlink_to(other)

    private_file.write(path, b"ours")

    assert b"theirs" == other.read_bytes()
    assert not Path(path).is_symlink()


def test_a_secret_that_was_given_is_read_and_its_mode_told(path: str) -> None:
    Path(path).write_bytes(b"token")
    Path(path).chmod(0o644)

    shown = private_file.read_given(path)

    assert (b"token", True) == shown


@pytest.mark.parametrize("read", [private_file.read, private_file.read_given])
def test_a_folder_and_a_pipe_and_a_flood_are_refused(read: object, tmp_path: Path) -> None:
    assert callable(read)
    pipe, flood = tmp_path / "pipe", tmp_path / "flood"
    os.mkfifo(pipe, 0o600)
    flood.touch(0o600)
    os.truncate(flood, private_file.MOST_BYTES + 1)

    for each in (tmp_path, pipe, flood):
        with pytest.raises(PrivateFileUnreadable):
            read(str(each))


def test_a_write_that_fails_leaves_the_former_file_and_no_draft(
    path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    private_file.write(path, b"before")

    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(PrivateFileUnwritten, match="No space left"):
        private_file.write(path, b"after")

    assert b"before" == private_file.read(path)
    assert 1 == len(list(Path(path).parent.iterdir()))


def test_a_write_into_nowhere_is_said(tmp_path: Path) -> None:
    with pytest.raises(PrivateFileUnwritten):
        private_file.write(str(tmp_path / "none" / "state.json"), b"")
    with pytest.raises(PrivateFileUnwritten):
        private_file.write(str(tmp_path / "a\0b"), b"")


def test_a_folder_is_made_for_its_owner_alone_and_proven(tmp_path: Path) -> None:
    """W7: that files can be kept is found out by keeping one."""
    folder = tmp_path / "a" / "b"

    private_file.prepare(str(folder))
    private_file.prepare(str(folder))

    assert 0o700 == stat.S_IMODE(folder.stat().st_mode)
    assert [] == list(folder.iterdir())


def test_a_folder_where_nothing_can_be_kept_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    for folder in (tmp_path / "file", tmp_path / "file" / "below", Path("/proc/none")):
        with pytest.raises(PrivateFileUnwritten):
            private_file.prepare(str(folder))


def test_a_folder_that_anybody_may_write_to_is_refused(tmp_path: Path) -> None:
    tmp_path.chmod(0o777)
    with pytest.raises(PrivateFileUnsafe, match="0777"):
        private_file.prepare(str(tmp_path))

    tmp_path.chmod(0o1777)
    private_file.prepare(str(tmp_path))


def test_drafts_of_writers_that_were_killed_are_swept(tmp_path: Path) -> None:
    for name in ("state.json.tmp.123", "state.json", "notes.tmp.old"):
        (tmp_path / name).touch()

    private_file.sweep_drafts(str(tmp_path))

    assert {"state.json", "notes.tmp.old"} == {each.name for each in tmp_path.iterdir()}


HOLDER = """
import sys, time
from dpf_edge.host import private_file
with private_file.alone(sys.argv[1]):
    print("held", flush=True)
    time.sleep(60)
"""


def test_a_folder_belongs_to_one_process_until_that_is_gone(tmp_path: Path) -> None:
    lock = str(tmp_path / "node.lock")
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, lock], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert "held\n" == process.stdout.readline()

        with pytest.raises(PrivateFileBusy), private_file.alone(lock):
            pass
        process.kill()
        process.wait()

        with private_file.alone(lock):
            pass
