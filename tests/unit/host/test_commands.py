"""Programs that lie, hang, flood and leave things behind, and what becomes of them."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from dpf_edge.errors import Absent, Denied, Failed, HostError
from dpf_edge.host import commands

from .spaces import run as run_plainly

if TYPE_CHECKING:
    from collections.abc import Callable

# Long enough for a busy machine to start a program, short enough to wait for.
SECONDS = 5.0
SOON = 0.3
# The programs here would go on for a minute: what ends before this was ended by the deadline, on
# however busy a machine.
LONG_BEFORE = 30


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], str]:
    """Puts a shell script on PATH, and gives its name."""
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)

    def write(script: str) -> str:
        path = tmp_path / "program"
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)
        return "program"

    return write


def is_dead(pid: str) -> bool:
    """Whether a process is gone, or waits to be reaped by whoever adopted it."""
    for _ in range(200):
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except (FileNotFoundError, ProcessLookupError):
            return True
        if state == "Z":
            return True
        time.sleep(0.01)
    return False


def own_children() -> set[str]:
    """The children of this process, those that nobody reaped among them."""
    tasks = Path("/proc/self/task").glob("*/children")
    return {pid for task in tasks for pid in task.read_text().split()}


def descriptors() -> set[str]:
    """This process's open files, pipes and sockets."""
    return set(os.listdir("/proc/self/fd"))  # noqa: PTH208


def test_status_and_both_outputs_are_told(program: Callable[[str], str]) -> None:
    name = program("printf out; printf err >&2; exit 7")

    ran = commands.run((name, "word"), seconds=SECONDS)

    assert ((name, "word"), 7, "out", "err") == (ran.argv, ran.status, ran.stdout, ran.stderr)


def test_a_signal_that_ended_it_is_a_negative_status(program: Callable[[str], str]) -> None:
    assert -9 == commands.run((program("kill -9 $$"),), seconds=SECONDS).status


def test_it_gets_the_c_locale_utf_8_from_wsl_and_no_terminal(
    program: Callable[[str], str],
) -> None:
    name = program('printf "%s %s " "$LC_ALL" "$WSL_UTF8"; cat; tty')

    assert "C 1 not a tty\n" == commands.run((name,), seconds=SECONDS).stdout


@pytest.mark.parametrize(
    ("make", "error", "says"),
    [
        (lambda path: None, Absent, "no such program"),
        (lambda path: path.write_text("#!/bin/sh\n"), Denied, "may not be run"),
        (lambda path: path.mkdir(), Denied, "may not be run"),
        (lambda path: (path.write_bytes(b"\0\1\2"), path.chmod(0o755)), Failed, "format"),
    ],
    ids=["missing", "not-executable", "directory", "no-program"],
)
def test_what_cannot_be_run_is_told_apart(
    tmp_path: Path, make: Callable[[Path], object], error: type[HostError], says: str
) -> None:
    path = tmp_path / "it"
    make(path)

    with pytest.raises(error, match=says):
        commands.run((str(path),), seconds=SECONDS)


@pytest.mark.parametrize("word", ["a\0b", "\ud800"])
def test_a_word_that_no_command_line_takes_is_failed(word: str) -> None:
    """An engine names its contexts as it likes, and a context's name is passed on."""
    with pytest.raises(Failed):
        commands.run(("true", word), seconds=SECONDS)


def test_a_program_that_hangs_ends_at_the_deadline_with_all_that_it_started(
    program: Callable[[str], str], tmp_path: Path
) -> None:
    """The grandchild ignores SIGTERM, as a program that does not want to end would."""
    pids = tmp_path / "pids"
    (tmp_path / "stubborn").write_text(f"trap '' TERM HUP INT; echo $$ >>{pids}; exec sleep 60")
    name = program(f"cd {tmp_path}; (sh stubborn &) ; sh stubborn & trap '' TERM; . ./stubborn")
    before = descriptors()
    started = time.monotonic()

    with pytest.raises(Failed, match=r"^program word: no answer within 1 s$"):
        commands.run((name, "word", "secret"), seconds=1)

    assert 1 <= time.monotonic() - started < LONG_BEFORE
    assert before == descriptors()
    told = pids.read_text().split()
    assert 3 == len(set(told))
    assert all(is_dead(pid) for pid in told)
    assert not own_children() & set(told)


def test_what_a_program_leaves_running_is_ended_too(
    program: Callable[[str], str], tmp_path: Path
) -> None:
    pid = tmp_path / "pid"
    name = program(f"sleep 60 >/dev/null 2>&1 </dev/null & echo $! >{pid}; echo done")

    assert "done\n" == commands.run((name,), seconds=SECONDS).stdout
    assert is_dead(pid.read_text().strip())


@pytest.mark.parametrize("to", ["", ">&2"], ids=["stdout", "stderr"])
def test_a_flood_is_cut_off_long_before_the_deadline(
    program: Callable[[str], str], to: str
) -> None:
    name = program(f"exec yes {to}")
    before = descriptors()
    started = time.monotonic()

    with pytest.raises(Failed, match=r"^program: printed more than 1048576 bytes$"):
        commands.run((name,), seconds=60)

    assert time.monotonic() - started < LONG_BEFORE
    assert before == descriptors()


def test_a_flood_takes_no_more_memory_than_its_bound() -> None:
    """Measured in a process of its own, by the peak that the kernel begins anew with a program."""
    program = """
import re
from pathlib import Path
from dpf_edge.errors import Failed
from dpf_edge.host import commands
peak = lambda: int(re.search(r"VmHWM:\\s*(\\d+)", Path("/proc/self/status").read_text())[1])
before = peak()
try:
    commands.run(("yes",), seconds=60)
except Failed:
    print(peak() - before)
"""
    done = run_plainly(sys.executable, "-c", program)

    assert (0, b"") == (done.returncode, done.stderr)
    assert int(done.stdout) < 8 << 10  # KiB


def test_a_program_that_never_pauses_ends_at_the_deadline(program: Callable[[str], str]) -> None:
    """It prints too little to be a flood, and is ready whenever it is asked."""
    name = program("while :; do printf x; done")
    started = time.monotonic()

    with pytest.raises(Failed, match="no answer within"):
        commands.run((name,), seconds=SOON)

    assert time.monotonic() - started < LONG_BEFORE


def test_a_program_that_closes_its_outputs_has_until_the_deadline_to_end(
    program: Callable[[str], str],
) -> None:
    assert 7 == commands.run((program("exec >&- 2>&-; sleep 1.2; exit 7"),), seconds=SECONDS).status

    started = time.monotonic()
    with pytest.raises(Failed, match=r"^program: no answer within 0\.3 s$"):
        commands.run((program("exec >&- 2>&-; exec sleep 60"),), seconds=SOON)
    assert time.monotonic() - started < LONG_BEFORE


def test_what_it_reads_arrives_whole_and_ends(program: Callable[[str], str]) -> None:
    sent = bytes(range(256)) * 240

    ran = commands.run((program("exec cksum"),), seconds=SECONDS, stdin=sent)

    assert str(len(sent)) == ran.stdout.split()[1]
    assert "0" == commands.run((program("exec cksum"),), seconds=SECONDS).stdout.split()[1]


@pytest.mark.parametrize("script", ["exit 3", "exec <&-; sleep 0.1; exit 3", "sleep 0.1; exit 3"])
def test_a_program_that_reads_nothing_of_60_kib_may_end_as_it_likes(
    program: Callable[[str], str], script: str
) -> None:
    assert 3 == commands.run((program(script),), seconds=SECONDS, stdin=bytes(60 << 10)).status


def test_a_program_that_reads_nothing_of_more_than_a_pipe_holds_hangs_no_longer_than_it_may(
    program: Callable[[str], str],
) -> None:
    before = descriptors()

    with pytest.raises(Failed, match="no answer within"):
        commands.run((program("exec sleep 60"),), seconds=SOON, stdin=bytes(1 << 20))

    assert before == descriptors()


@pytest.mark.parametrize(
    ("printed", "text"),
    [
        (b"mirrored\n", "mirrored\n"),
        ("mirrored – ja\n".encode(), "mirrored – ja\n"),
        ("mirrored – ja\r\n".encode("utf-16-le"), "mirrored – ja\r\n"),
        ("mirrored".encode("utf-16-le") + b"\0", "mirrored�"),
        (b"\xef\xbb\xbfmirrored", "mirrored"),
        (b"\xff\xfe" + "mirrored".encode("utf-16-le"), "mirrored"),
        # Not one NUL among them: only the mark tells.
        (b"\xff\xfe" + "镜像".encode("utf-16-le"), "镜像"),
        (b"mirror\xffed\xc3", "mirror�ed�"),
        ("\ud800x".encode("utf-16-le", "surrogatepass"), "�x"),
        (b"", ""),
    ],
    ids=[
        "ascii",
        "utf-8",
        "utf-16",
        "odd",
        "utf-8-mark",
        "utf-16-mark",
        "no-nul",
        "neither",
        "half",
        "none",
    ],
)
def test_what_it_prints_becomes_text(
    tmp_path: Path, program: Callable[[str], str], printed: bytes, text: str
) -> None:
    (tmp_path / "printed").write_bytes(printed)

    ran = commands.run((program(f"cat {tmp_path}/printed"),), seconds=SECONDS)

    assert text == ran.stdout
    ran.stdout.encode()


def test_it_works_where_children_are_reaped_by_nobody() -> None:
    """A parent that ignores SIGCHLD leaves that to us, and with it no status to be read."""
    program = """
import signal
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
from dpf_edge.host import commands
print(commands.run(("echo", "here"), seconds=5).stdout)
"""
    done = run_plainly(sys.executable, "-c", program)

    assert (0, b"here\n\n", b"") == (done.returncode, done.stdout, done.stderr)
