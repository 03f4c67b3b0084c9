"""`dpf-edge capture` as somebody meets it: redacted, as a script, from and into files."""

from __future__ import annotations

import json
import os
import resource
import shutil
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import dpf_edge
from dpf_edge.host import capture
from dpf_edge.host.engines import probe
from tests.test_cases import schema
from tests.unit.host.test_redact import judged
from tests.unit.test_cli import capture_of, run

if TYPE_CHECKING:
    from dpf_edge.host.capture import Capture


def read(path: Path) -> Capture:
    """A capture that was written, held against the contract."""
    schema("capture-1").validate(json.loads(path.read_bytes()))
    return capture.load(str(path))


def test_this_machine_redacted_is_judged_as_it_is(tmp_path: Path) -> None:
    plain, redacted = tmp_path / "plain.json", tmp_path / "redacted.json"

    assert 0 == run("capture", "-o", str(plain)).returncode
    done = run("capture", "--redact", "-o", str(redacted))

    assert (0, "", "") == (done.returncode, done.stdout, done.stderr)
    taken, told = read(plain), read(redacted)
    assert judged(taken) == judged(told)
    assert taken.machine.hostname != told.machine.hostname
    assert taken != told


def test_every_capture_is_redacted_under_a_key_of_its_own() -> None:
    arguments = ("capture", "--redact", "--capture", capture_of("linux-host-docker"))

    assert run(*arguments).stdout != run(*arguments).stdout


def test_a_capture_of_the_script_is_redacted_afterwards(tmp_path: Path) -> None:
    script, taken = tmp_path / "probe.sh", tmp_path / "taken.json"
    assert 0 == run("capture", "--script", "-o", str(script)).returncode
    with taken.open("wb") as file:
        subprocess.run(["sh", script], stdout=file, check=True, timeout=30)

    done = run("capture", "--redact", "--capture", str(taken))

    assert (0, "") == (done.returncode, done.stderr)
    told = capture.decode(done.stdout.encode(), "redacted")
    assert judged(read(taken)) == judged(told)
    assert read(taken).machine.hostname != told.machine.hostname


def test_a_capture_is_written_anew_as_it_was(tmp_path: Path) -> None:
    source = Path(capture_of("wsl2-nat"))
    written = tmp_path / "written.json"

    assert 0 == run("capture", "--capture", str(source), "-o", str(written)).returncode
    by_stdin = run("capture", "--capture", "-", stdin=source.read_text())

    assert capture.load(str(source)) == read(written)
    assert written.read_text() == by_stdin.stdout


def test_a_capture_may_be_redacted_in_its_place(tmp_path: Path) -> None:
    path = tmp_path / "capture.json"
    shutil.copy(capture_of("docker-desktop-bridge"), path)
    before = capture.load(str(path))

    assert 0 == run("capture", "--redact", "--capture", str(path), "-o", str(path)).returncode

    assert before != read(path)
    assert judged(before) == judged(read(path))


def test_the_script_is_printed_as_it_is() -> None:
    done = run("capture", "--script")

    assert (0, "") == (done.returncode, done.stderr)
    assert probe().decode() == done.stdout


def test_the_script_is_found_in_a_package_that_is_no_folder(tmp_path: Path) -> None:
    """As from a wheel or a zipped application, where no file stands beside the code."""
    package = Path(dpf_edge.__file__).parent
    archive = shutil.make_archive(str(tmp_path / "app"), "zip", package.parent, package.name)

    done = run("capture", "--script", env={"PYTHONPATH": archive})

    assert (0, "") == (done.returncode, done.stderr)
    assert probe().decode() == done.stdout


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--script", "--redact"), "redact afterwards"),
        (("--script", "--redact"), "`dpf-edge capture --redact --capture FILE`"),
        (("--script", "--capture", "x.json"), "takes no capture"),
        (("--script", "surplus"), "unexpected extra argument"),
        (("--redact", "--capture"), "requires an argument"),
    ],
)
def test_what_does_not_go_together_is_said_so(arguments: tuple[str, ...], says: str) -> None:
    done = run("capture", *arguments)

    assert (64, "") == (done.returncode, done.stdout)
    assert says in done.stderr
    assert 2 == len(done.stderr.splitlines())


@pytest.mark.parametrize(
    ("text", "code", "named"),
    [
        (None, 66, "capture-missing"),
        ("{", 65, "capture-malformed"),
        ("{}", 65, "capture-version"),
        ('{"capture":1,"machine":{"system":"Linux"},"interfaces":[{}]}', 65, "capture-invalid"),
    ],
)
def test_a_source_that_is_no_capture_leaves_no_file(
    tmp_path: Path, text: str | None, code: int, named: str
) -> None:
    source, output = tmp_path / "source.json", tmp_path / "out" / "output.json"
    output.parent.mkdir()
    if text is not None:
        source.write_text(text)

    done = run("capture", "--redact", "--capture", str(source), "-o", str(output))

    assert (code, "") == (done.returncode, done.stdout)
    assert done.stderr.startswith(f"error[{named}]: ")
    assert [] == [*output.parent.iterdir()]


def test_a_file_is_its_owners_alone_whatever_stood_there(tmp_path: Path) -> None:
    new, old = tmp_path / "new.json", tmp_path / "old.json"
    old.write_text("old")
    old.chmod(0o666)
    before = os.umask(0)
    try:
        for path in (new, old):
            source = ("--capture", capture_of("wsl2-nat"))
            assert 0 == run("capture", *source, "-o", str(path)).returncode
    finally:
        os.umask(before)

    assert {0o600} == {path.stat().st_mode & 0o777 for path in (new, old)}
    assert read(new) == read(old)
    assert {new, old} == {*tmp_path.iterdir()}


def test_a_disk_that_is_full_leaves_what_was_there(tmp_path: Path) -> None:
    """A bound on how long a file may be stands for it: the write breaks off half way."""
    path = tmp_path / "capture.json"
    path.write_text("what was there")

    done = subprocess.run(
        [
            *(sys.executable, "-m", "dpf_edge", "capture", "-o", path),
            *("--capture", capture_of("docker-desktop-host")),
        ],
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (512, 512)),
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )

    assert (73, "") == (done.returncode, done.stdout)
    assert done.stderr.startswith("error[output-failed]: ")
    assert "what was there" == path.read_text()
    assert [path] == [*tmp_path.iterdir()]


def test_a_folder_is_no_file_to_write(tmp_path: Path) -> None:
    done = run("capture", "-o", str(tmp_path))

    assert (73, "") == (done.returncode, done.stdout)
    assert f"error[output-failed]: {tmp_path}: Is a directory" == done.stderr.strip()
    assert [] == [*tmp_path.iterdir()]


def test_a_link_stays_and_what_it_leads_to_is_written(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    link, target = tmp_path / "link.json", tmp_path / "folder" / "target.json"
    link.symlink_to("folder/target.json")

    for _ in range(2):  # into the void, and over what is there
        done = run("capture", "--capture", capture_of("wsl2-nat"), "-o", str(link))
        assert (0, "") == (done.returncode, done.stderr)

    assert link.is_symlink()
    assert read(target) == capture.load(capture_of("wsl2-nat"))
    assert [target] == [*target.parent.iterdir()]


def test_a_pipe_is_written_to_and_not_replaced(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    got: list[str] = []
    reader = threading.Thread(target=lambda: got.append(pipe.read_text()), daemon=True)
    reader.start()

    done = run("capture", "--script", "-o", str(pipe))
    reader.join(30)

    assert (0, "") == (done.returncode, done.stderr)
    assert [probe().decode()] == got
    assert pipe.is_fifo()
    assert [pipe] == [*tmp_path.iterdir()]


def test_diagnosing_imports_nothing_of_redaction() -> None:
    told = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "dpf_edge", "diagnose", "--json"],
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    ).stderr

    assert "dpf_edge.host" in told
    assert "redact" not in told
    assert "signatures" not in told
