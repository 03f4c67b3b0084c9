"""Running programs on Windows: a deadline, a bound, and nothing left behind."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from dpf_edge.errors import Absent, Failed
from dpf_edge.host import commands

# Windows' Python takes 1.5 s to start under Wine while other tests keep the machine busy.
SECONDS = 30.0
# Says where it runs, then outlives its parent.
CHILD = """
import pathlib, subprocess, sys
code = "import pathlib, sys, time; time.sleep(4); pathlib.Path(sys.argv[1]).touch()"
subprocess.Popen([sys.executable, "-c", code, sys.argv[1]])
"""


@pytest.fixture(autouse=True)
def _path(monkeypatch: pytest.MonkeyPatch) -> None:
    """Python is on PATH, before all that Windows has there."""
    folder = str(Path(sys.executable).parent)
    monkeypatch.setenv("PATH", f"{folder};{os.environ['PATH']}")


def test_a_program_gets_its_input_and_gives_its_status_and_both_outputs() -> None:
    script = "import sys; print(len(sys.stdin.read())); print('no', file=sys.stderr); sys.exit(5)"

    ran = commands.run(("python", "-c", script), seconds=SECONDS, stdin=b"x" * 60000)

    assert (5, "60000\r\n", "no\r\n") == (ran.status, ran.stdout, ran.stderr)


def test_a_program_that_is_not_there_is_absent() -> None:
    with pytest.raises(Absent, match="no such program"):
        commands.run(("no-such-program",), seconds=1)


def test_a_program_that_hangs_is_ended_at_its_deadline() -> None:
    began = time.monotonic()

    with pytest.raises(Failed, match="no answer within 1 s"):
        commands.run(("python", "-c", "import time; time.sleep(60)"), seconds=1)

    assert time.monotonic() - began < SECONDS


def test_a_program_that_never_stops_printing_is_ended_at_the_bound() -> None:
    with pytest.raises(Failed, match="printed more than"):
        commands.run(("python", "-c", "while 1: print('x' * 4096)"), seconds=SECONDS)


def test_what_a_program_starts_is_ended_with_it(tmp_path: Path) -> None:
    """It holds the pipes open, so the deadline passes; then it is gone before it could write."""
    mark = tmp_path / "it-went-on"

    with pytest.raises(Failed, match="no answer within"):
        commands.run(("python", "-c", CHILD, str(mark)), seconds=3)

    # A second witness that sleeps longer than the child would have.
    witness = "import time; time.sleep(5)"
    subprocess.run([sys.executable, "-c", witness], check=True, timeout=SECONDS)
    assert not mark.exists()


def test_a_program_in_the_current_folder_is_not_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """CreateProcess would take it before anything on PATH."""
    (tmp_path / "planted.exe").write_bytes(Path(sys.executable).read_bytes())
    monkeypatch.chdir(tmp_path)

    with pytest.raises(Absent):
        commands.run(("planted", "--version"), seconds=SECONDS)


def test_a_batch_file_on_path_is_not_taken_for_a_program(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its arguments would be read again by cmd.exe."""
    (tmp_path / "planted.bat").write_text("@echo planted\n")
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(Absent):
        commands.run(("planted",), seconds=SECONDS)


def test_wsl_exe_is_asked_for_utf8() -> None:
    script = "import os; print(os.environ['WSL_UTF8'])"

    assert "1" == commands.run(("python", "-c", script), seconds=SECONDS).stdout.strip()
