"""A .wslconfig is written whole or not at all, and never over what somebody else wrote."""

from __future__ import annotations

import fcntl
import os
import random
import signal
import stat
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from dpf_edge.errors import (
    WslConfigBusy,
    WslConfigChanged,
    WslConfigError,
    WslConfigLink,
    WslConfigMissing,
    WslConfigNoUndo,
    WslConfigReadOnly,
    WslConfigTooLarge,
    WslConfigUnreadable,
    WslConfigUnwritten,
)
from dpf_edge.host import whole_file, wslconfig_file
from dpf_edge.host.whole_file import read
from dpf_edge.host.wslconfig_file import BACKUP, RECORD, former, restore, write

from .spaces import run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

OLD = b"\xef\xbb\xbf[wsl2]\r\nmemory=4GB\r\n"
NEW = OLD + b"networkingMode=mirrored\r\n"


@pytest.fixture
def path(tmp_path: Path) -> str:
    """A file with the old bytes."""
    file = tmp_path / ".wslconfig"
    file.write_bytes(OLD)
    return str(file)


def names(path: str) -> list[str]:
    """What stands in the file's folder."""
    return sorted(each.name for each in Path(path).parent.iterdir())


def undo(path: str) -> None:
    """Put back what was there."""
    restore(path, former(path))


def test_what_is_written_is_there_with_the_former_file_beside_it(path: str) -> None:
    write(path, NEW, was=OLD)

    assert NEW == read(path)
    assert OLD == read(path + BACKUP)
    assert [".wslconfig", ".wslconfig" + BACKUP, ".wslconfig" + RECORD] == names(path)


def test_undo_is_the_identity(path: str) -> None:
    before = Path(path).stat()
    write(path, NEW, was=OLD)

    undo(path)

    after = Path(path).stat()
    assert OLD == read(path)
    assert [".wslconfig"] == names(path)
    assert (before.st_mode, before.st_uid, before.st_gid) == (
        *(after.st_mode, after.st_uid, after.st_gid),
    )


def test_undo_removes_a_file_that_was_not_there(path: str) -> None:
    Path(path).unlink()
    write(path, NEW, was=None)
    assert NEW == read(path)

    undo(path)

    assert [] == names(path)


@pytest.mark.parametrize("mode", [0o600, 0o644, 0o664, 0o755])
def test_the_mode_stays(path: str, mode: int) -> None:
    Path(path).chmod(mode)

    write(path, NEW, was=OLD)

    assert mode == stat.S_IMODE(Path(path).stat().st_mode)
    assert mode == stat.S_IMODE(Path(path + BACKUP).stat().st_mode)


@pytest.mark.skipif(os.geteuid() != 0, reason="root may give a file away")
def test_the_owner_stays(path: str) -> None:
    os.chown(path, 1234, 4321)

    write(path, NEW, was=OLD)

    kept = Path(path).stat()
    assert (1234, 4321) == (kept.st_uid, kept.st_gid)


def test_a_file_that_was_changed_before_writing_is_not_overwritten(path: str) -> None:
    Path(path).write_bytes(b"hers")

    with pytest.raises(WslConfigChanged):
        write(path, NEW, was=OLD)

    assert b"hers" == read(path)
    assert [".wslconfig"] == names(path)


def test_a_file_that_appeared_is_not_overwritten(path: str) -> None:
    with pytest.raises(WslConfigChanged):
        write(path, NEW, was=None)

    assert OLD == read(path)


def test_a_file_that_appears_at_the_last_moment_is_not_overwritten(
    path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The look just before has found none; the name is taken all the same when it is given."""
    monkeypatch.setattr(whole_file, "read", lambda _: None)
    monkeypatch.setattr(wslconfig_file, "read", lambda _: None)
    monkeypatch.setattr(whole_file, "writable", lambda _: None)

    with pytest.raises(WslConfigChanged, match="appeared"):
        write(path, NEW, was=None)

    assert OLD == Path(path).read_bytes()


def test_a_file_that_was_changed_since_is_not_undone(path: str) -> None:
    write(path, NEW, was=OLD)
    Path(path).write_bytes(NEW + b"# hers\n")

    with pytest.raises(WslConfigChanged) as refused:
        undo(path)

    assert refused.value.hint is not None
    assert path + BACKUP in refused.value.hint
    assert NEW + b"# hers\n" == read(path)
    assert OLD == read(path + BACKUP)


def test_a_file_that_was_removed_since_is_not_brought_back(path: str) -> None:
    write(path, NEW, was=OLD)
    Path(path).unlink()

    with pytest.raises(WslConfigChanged):
        undo(path)


def test_there_is_nothing_to_undo_where_nothing_was_written(path: str) -> None:
    with pytest.raises(WslConfigNoUndo):
        undo(path)


@pytest.mark.parametrize("backup", [None, b"another"])
def test_a_backup_that_is_gone_or_another_is_not_put_back(path: str, backup: bytes | None) -> None:
    write(path, NEW, was=OLD)
    Path(path + BACKUP).unlink()
    if backup is not None:
        Path(path + BACKUP).write_bytes(backup)

    with pytest.raises(WslConfigNoUndo):
        undo(path)

    assert NEW == read(path)


@pytest.mark.parametrize("record", [b"", b"{}", b"[1]", b'{"before":1,"after":2}', b"\xff"])
def test_a_record_that_is_none_is_said_to_be_none(path: str, record: bytes) -> None:
    Path(path + RECORD).write_bytes(record)

    with pytest.raises(WslConfigNoUndo):
        undo(path)


def test_a_record_of_a_later_version_is_left_alone(path: str) -> None:
    write(path, NEW, was=OLD)
    record = Path(path + RECORD)
    record.write_bytes(record.read_bytes().replace(b'"dpf-edge":1', b'"dpf-edge":2'))

    with pytest.raises(WslConfigNoUndo, match="another version"):
        undo(path)


def test_an_apply_that_was_cut_off_before_the_file_leaves_nothing_to_undo(path: str) -> None:
    """Copy and record are there, and the file is the old one: undo tidies up and no more."""
    write(path, NEW, was=OLD)
    Path(path + BACKUP).replace(path)

    undo(path)

    assert OLD == read(path)
    assert [".wslconfig"] == names(path)


def test_a_second_write_keeps_what_it_found(path: str) -> None:
    write(path, NEW, was=OLD)
    Path(path).write_bytes(b"hers")
    write(path, NEW, was=b"hers")

    undo(path)

    assert b"hers" == read(path)


def test_a_copy_of_an_earlier_time_is_not_taken_for_the_former_file(path: str) -> None:
    write(path, NEW, was=OLD)
    Path(path).unlink()

    write(path, NEW, was=None)

    older = ".wslconfig" + BACKUP + ".1"
    assert [".wslconfig", older, ".wslconfig" + RECORD] == names(path)
    undo(path)
    assert [older] == names(path)
    assert OLD == Path(path + BACKUP + ".1").read_bytes()


def test_a_draft_that_was_left_over_is_in_nobody_s_way(path: str) -> None:
    Path(path + whole_file.DRAFT).write_bytes(b"half")

    write(path, NEW, was=OLD)

    assert path + whole_file.DRAFT not in names(path)
    assert NEW == read(path)


# What may stand under the name, and what reading and writing it say.
BAD: list[tuple[str, Callable[[Path], object], type[WslConfigError], type[WslConfigError]]] = [
    ("folder", lambda p: p.mkdir(), WslConfigUnreadable, WslConfigUnreadable),
    ("pipe", lambda p: os.mkfifo(p), WslConfigUnreadable, WslConfigUnreadable),
    ("device", lambda p: p.symlink_to("/dev/zero"), WslConfigUnreadable, WslConfigLink),
    ("loop", lambda p: p.symlink_to(p), WslConfigUnreadable, WslConfigLink),
    ("100 MB", lambda p: os.truncate(made(p), 100 << 20), WslConfigTooLarge, WslConfigTooLarge),
]


def descriptors() -> int:
    """How many files this process holds open."""
    return len([*Path("/proc/self/fd").iterdir()])


def made(path: Path) -> Path:
    """A file that is there."""
    path.touch()
    return path


@pytest.mark.parametrize(
    ("make", "reading", "writing"), [row[1:] for row in BAD], ids=[row[0] for row in BAD]
)
def test_what_is_no_wslconfig_is_one_clear_error(
    tmp_path: Path,
    make: Callable[[Path], object],
    reading: type[WslConfigError],
    writing: type[WslConfigError],
) -> None:
    path = tmp_path / ".wslconfig"
    make(path)
    opened = descriptors()

    with pytest.raises(reading):
        read(str(path))
    with pytest.raises(writing):
        write(str(path), NEW, was=OLD)

    assert [".wslconfig"] == names(str(path))
    assert opened == descriptors()


def test_the_longest_file_that_is_read(path: str) -> None:
    Path(path).write_bytes(b"#" * whole_file.MOST_BYTES)

    assert whole_file.MOST_BYTES == len(read(path) or b"")


@pytest.mark.parametrize("name", ["no\0name", "x" * 300, "file/below"])
def test_a_name_that_cannot_be_is_one_clear_error(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(WslConfigUnreadable):
        read(str(tmp_path / name))


def test_a_link_is_read_through_and_not_written_through(path: str, tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(path)

    with pytest.raises(WslConfigLink) as refused:
        write(str(link), NEW, was=OLD)

    assert OLD == read(str(link)) == read(path)
    assert link.is_symlink()
    assert refused.value.hint is not None
    assert path in refused.value.hint


def test_a_read_only_file_is_left_alone_even_by_root(path: str) -> None:
    Path(path).chmod(0o444)

    with pytest.raises(WslConfigReadOnly):
        write(path, NEW, was=OLD)

    assert OLD == read(path)
    assert [".wslconfig"] == names(path)


def test_a_folder_that_is_not_there_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(WslConfigMissing):
        write(str(tmp_path / "no" / ".wslconfig"), NEW, was=None)


HOLD = """
import fcntl, os, sys
handle = os.open(sys.argv[1], os.O_RDWR)
getattr(fcntl, sys.argv[2])(handle, fcntl.LOCK_EX)
print("held", flush=True)
sys.stdin.read()
"""


@pytest.fixture(params=["flock", "lockf"])
def locked(path: str, request: pytest.FixtureRequest) -> Iterator[str]:
    """A file that another process has locked."""
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, path, request.param],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert holder.stdout
    assert "held\n" == holder.stdout.readline()
    yield path
    holder.communicate("")


def test_a_locked_file_is_neither_read_nor_written(locked: str) -> None:
    with pytest.raises(WslConfigBusy):
        read(locked)
    with pytest.raises(WslConfigBusy):
        write(locked, NEW, was=OLD)

    assert OLD == Path(locked).read_bytes()
    assert [".wslconfig"] == names(locked)


def test_two_writers_exclude_each_other_where_there_is_no_file_yet(tmp_path: Path) -> None:
    folder = os.open(tmp_path, os.O_RDONLY)
    fcntl.flock(folder, fcntl.LOCK_EX)

    with pytest.raises(WslConfigBusy):
        write(str(tmp_path / ".wslconfig"), NEW, was=None)

    os.close(folder)
    assert not (tmp_path / ".wslconfig").exists()


@pytest.mark.parametrize("quietly", [True, False])
@pytest.mark.parametrize("times", [1, 2])
def test_a_file_that_changes_while_it_is_read_is_read_again(
    path: str, monkeypatch: pytest.MonkeyPatch, times: int, quietly: bool
) -> None:
    changing(path, monkeypatch, times, quietly=quietly)

    assert b"change %d" % times in (read(path) or b"")


@pytest.mark.parametrize("quietly", [True, False])
def test_a_file_that_does_not_stop_changing_is_said_to_be_busy(
    path: str, monkeypatch: pytest.MonkeyPatch, quietly: bool
) -> None:
    changing(path, monkeypatch, 9, quietly=quietly)

    with pytest.raises(WslConfigBusy, match="changes while it is read"):
        read(path)


def changing(path: str, monkeypatch: pytest.MonkeyPatch, times: int, *, quietly: bool) -> None:
    """Have somebody write a file anew, a number of times, each time that it was read through.

    :param quietly: the size and the time of the last change stay the same.
    """
    real, left = whole_file.taken, iter(range(1, times + 1))
    before = Path(path).stat()

    def read_then_changed(handle: int) -> bytes:
        data = real(handle)
        number = next(left, None)
        if number is not None:
            text = b"change %d" % number
            Path(path).write_bytes(text.ljust(len(OLD)) if quietly else text)
            if quietly:
                os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
        return data

    monkeypatch.setattr(whole_file, "taken", read_then_changed)


def test_a_full_disk_leaves_the_old_file_and_no_draft(
    path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(handle: int, data: memoryview) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "write", full)

    with pytest.raises(WslConfigUnwritten, match="No space left"):
        write(path, NEW, was=OLD)

    monkeypatch.undo()
    assert OLD == read(path)
    assert [".wslconfig"] == names(path)


def test_a_disk_that_takes_a_little_at_a_time_gets_it_all(
    path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = os.write
    monkeypatch.setattr(os, "write", lambda handle, data: real(handle, bytes(data[:3])))

    write(path, NEW, was=OLD)

    assert NEW == read(path)


# All that is imported is imported before: nobody may not read what root has installed.
AS_NOBODY = """
import fcntl, os, sys
from dpf_edge.errors import WslConfigError
from dpf_edge.host import whole_file, wslconfig_file
os.setgroups([]); os.setresgid(65534, 65534, 65534); os.setresuid(65534, 65534, 65534)
for act in (lambda: whole_file.read(sys.argv[1]),
            lambda: wslconfig_file.write(sys.argv[1], b"new", was=b"old")):
    try:
        act()
        print("done")
    except WslConfigError as error:
        print(error.code)
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
@pytest.mark.parametrize(
    ("mode", "says"),
    [
        (0o600, ["wslconfig-unreadable", "wslconfig-read-only"]),
        (0o644, ["done", "wslconfig-read-only"]),
        (0o666, ["done", "wslconfig-read-only"]),
    ],
    ids=["unreadable", "another's", "in another's folder"],
)
def test_what_is_not_ours_is_left_alone(mode: int, says: list[str]) -> None:
    # Not tmp_path, whose parents are for their owner alone.
    open_to_all = Path(tempfile.mkdtemp(dir="/tmp"))
    path = open_to_all / ".wslconfig"
    try:
        path.write_bytes(b"old")
        path.chmod(mode)
        open_to_all.chmod(0o755)

        done = run(sys.executable, "-c", AS_NOBODY, str(path))

        assert (says, b"") == (done.stdout.decode().split(), done.stderr)
        assert b"old" == path.read_bytes()
        assert [".wslconfig"] == names(str(path))
    finally:
        path.unlink()
        open_to_all.rmdir()


LOOP = """
import sys
from dpf_edge.host.whole_file import read
from dpf_edge.host.wslconfig_file import former, restore, write
path = sys.argv[1]
old, new = (open(name, "rb").read() for name in sys.argv[2:4])
print("ready", flush=True)
for _ in range(100_000):
    was = read(path)
    if was == old or was is None:
        write(path, new, was=was)
    else:
        restore(path, former(path))
"""


@pytest.mark.parametrize("there_was_one", [True, False], ids=["a file", "none"])
def test_killed_at_any_moment_the_file_is_the_old_one_or_the_new_one(
    tmp_path: Path, there_was_one: bool
) -> None:
    """Thirty processes write and undo without a pause, and each is killed in the middle of it.

    Whatever was left, the next one goes on from there: nothing stands in its way for good.
    """
    folder = tmp_path / "home"
    folder.mkdir()
    path = folder / ".wslconfig"
    old, new = tmp_path / "old", tmp_path / "new"
    old.write_bytes(OLD * 2000)
    new.write_bytes(NEW * 2000)
    if there_was_one:
        path.write_bytes(old.read_bytes())
    chance = random.Random(1)
    seen = set()
    for _ in range(30):
        process = subprocess.Popen(
            [sys.executable, "-c", LOOP, str(path), str(old), str(new)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert process.stdout
        assert "ready\n" == process.stdout.readline()
        time.sleep(chance.uniform(0.001, 0.02))
        process.send_signal(signal.SIGKILL)
        _, said = process.communicate(timeout=10)

        assert (-signal.SIGKILL, "") == (process.returncode, said)
        found = path.read_bytes() if path.exists() else None
        assert found in {new.read_bytes(), old.read_bytes() if there_was_one else None}
        seen.add(found)
    undone(str(path))
    assert (old.read_bytes() if there_was_one else None) == read(str(path))
    assert 2 == len(seen), "the kills came at one and the same moment"


def undone(path: str) -> None:
    """Undo what the last one that was killed had done, if anything."""
    try:
        undo(path)
    except WslConfigNoUndo:
        return
