"""A log that stays within its size, on a real file system."""

from __future__ import annotations

import itertools
import stat
import sys
import threading
from typing import TYPE_CHECKING

import pytest

from dpf_edge.host import log_file
from dpf_edge.host.log_file import LogFile

if TYPE_CHECKING:
    from pathlib import Path


def write(path: Path, *lines: str, most_bytes: int = 1000, kept: int = 2) -> LogFile:
    file = LogFile(str(path), most_bytes, kept)
    for line in lines:
        file.write(line)
    file.close()
    return file


def test_lines_are_appended_for_their_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "log" / "node.log"

    write(path, "one", "two")
    write(path, "three \ud800")

    assert b"one\ntwo\nthree \\ud800\n" == path.read_bytes()
    # Windows has no such bits: the folder's access list is what counts there.
    assert sys.platform == "win32" or 0o600 == stat.S_IMODE(path.stat().st_mode)


def test_a_full_file_is_put_aside_and_the_oldest_dropped(tmp_path: Path) -> None:
    path = tmp_path / "node.log"

    write(path, *(f"line {number:04}" for number in range(100)), most_bytes=100)

    assert {"node.log", "node.log.1", "node.log.2"} == {each.name for each in tmp_path.iterdir()}
    assert max(each.stat().st_size for each in tmp_path.iterdir()) <= 100
    assert [f"line {number:04}" for number in range(75, 100)] == log_file.last_lines(
        str(path), 1000
    )[-25:]


def test_the_last_lines_reach_into_what_was_put_aside(tmp_path: Path) -> None:
    path = tmp_path / "node.log"
    write(path, *(f"line {number:04}" for number in range(30)), most_bytes=150)

    assert ["line 0029"] == log_file.last_lines(str(path), 1)
    assert [f"line {number:04}" for number in range(10, 30)] == log_file.last_lines(str(path), 20)
    assert [] == log_file.last_lines(str(path), 0)
    with pytest.raises(FileNotFoundError):
        log_file.last_lines(str(tmp_path / "none"), 5)


def test_a_disk_that_takes_nothing_costs_lines_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    file = LogFile(str(tmp_path / "file" / "node.log"), 100, 1)

    file.write("lost")

    assert not file.is_writable


def test_lines_of_several_threads_stay_whole(tmp_path: Path) -> None:
    path = tmp_path / "node.log"
    file = LogFile(str(path), 2000, 50)

    def write_many(number: int) -> None:
        for _ in range(50):
            file.write(f"{number}" * 50)

    threads = [threading.Thread(target=write_many, args=(number,)) for number in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    file.close()

    lines = log_file.last_lines(str(path), 10_000)
    assert 200 == len(lines)
    assert {f"{n}" * 50 for n in range(4)} == set(lines)


def test_a_log_is_followed_across_the_file_that_is_put_aside(tmp_path: Path) -> None:
    path = tmp_path / "node.log"
    file = LogFile(str(path), 60, 100)
    file.write("before")
    lines = log_file.followed(str(path), 0)
    has_begun, is_over = threading.Event(), threading.Event()

    def writes() -> None:
        has_begun.wait(5)
        for number in range(20):
            file.write(f"line {number:04}")
            is_over.wait(0.05)

    thread = threading.Thread(target=writes)
    thread.start()
    has_begun.set()
    found = list(itertools.islice(lines, 10))
    is_over.set()
    thread.join()
    lines.close()  # type: ignore[attr-defined]
    file.close()

    assert found == sorted(found)
    assert "before" not in found


def test_what_was_there_and_what_comes_follow_each_other_without_a_gap(tmp_path: Path) -> None:
    path = tmp_path / "node.log"
    file = write(path, "one", "two", "three")
    lines = log_file.followed(str(path), 2)

    found = [next(lines)]
    file.write("four")
    found += [next(lines), next(lines)]
    lines.close()  # type: ignore[attr-defined]
    file.close()

    assert ["two", "three", "four"] == found
