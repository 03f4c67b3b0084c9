"""Files as Windows has them: held by others, with its line ends, and not to be renamed in use."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

from dpf_edge.host.log_file import LogFile, followed

if TYPE_CHECKING:
    from pathlib import Path

SECONDS = 60
CONFIG = b"[wsl2]\r\nmemory=4GB\r\n"


def program(*arguments: str, status: int = 0) -> tuple[str, str]:
    """What the program prints on stdout and stderr, its status as it should be."""
    done = subprocess.run(
        [sys.executable, "-m", "dpf_edge", *arguments],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=SECONDS,
        check=False,
    )
    assert status == done.returncode, done.stderr.decode()
    return done.stdout.decode(), done.stderr.decode()


def test_a_log_that_somebody_follows_is_put_aside_all_the_same(tmp_path: Path) -> None:
    path = tmp_path / "node.log"
    file = LogFile(str(path), 100, 5)
    file.write("line 0")
    lines = followed(str(path), 1)
    assert "line 0" == next(lines)

    for number in range(1, 40):
        file.write(f"line {number}")
        assert file.is_writable
        assert f"line {number}" == next(lines)

    lines.close()  # type: ignore[attr-defined]
    file.close()
    assert 4 == len(list(tmp_path.iterdir()))
    assert max(each.stat().st_size for each in tmp_path.iterdir()) <= 100


def test_a_log_that_somebody_has_open_grows_to_twice_its_size_and_is_put_aside_afterwards(
    tmp_path: Path,
) -> None:
    """As an editor or a virus scanner opens it, which lets nobody rename it meanwhile."""
    path = tmp_path / "node.log"
    file = LogFile(str(path), 100, 5)
    taken = []
    file.write("x" * 80)
    with path.open("rb"):
        for each in "yz":
            file.write(each * 80)
            taken.append(file.is_writable)
    assert [True, False] == taken

    file.write("afterwards")
    file.close()

    assert "afterwards\n" == path.read_text()
    assert 162 == (tmp_path / "node.log.1").stat().st_size


def test_wslconfig_is_changed_and_given_back_with_windows_line_ends(tmp_path: Path) -> None:
    path = tmp_path / "Jürgen 李" / ".wslconfig"
    path.parent.mkdir()
    path.write_bytes(CONFIG)

    said, _ = program("wslconfig", "plan", "--file", str(path))
    assert "+networkingMode=mirrored" in said
    assert "李" in said
    program("wslconfig", "apply", "--file", str(path), "--yes")
    changed = path.read_bytes()
    assert b"networkingMode=mirrored\r\n" in changed
    assert changed.count(b"\n") == changed.count(b"\r\n")

    program("wslconfig", "undo", "--file", str(path), "--yes")
    assert CONFIG == path.read_bytes()


def test_a_capture_takes_the_place_of_the_one_before_and_not_of_a_folder(tmp_path: Path) -> None:
    path = tmp_path / "capture.json"
    path.write_text("old")

    program("capture", "-o", str(path))
    assert b'"capture": 1' in path.read_bytes()
    assert b"\r" not in path.read_bytes()

    _, said = program("capture", "-o", str(tmp_path), status=73)
    assert said.startswith("error[output-failed]: ")
    assert ["capture.json"] == [each.name for each in tmp_path.iterdir()]
