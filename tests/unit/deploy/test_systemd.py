"""The unit is one that systemd takes, and is hardened as systemd itself rates it."""

from __future__ import annotations

import re
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from dpf_edge.deploy import systemd
from dpf_edge.deploy.node_file import Wanted
from dpf_edge.deploy.step import File
from dpf_edge.deploy.systemd import Program
from dpf_edge.level import Level
from tests.left_out import left_out

if TYPE_CHECKING:
    from pathlib import Path

TOKEN = "dpfboot_000G40R40M30E209185GR38E1W8124GK2GAHC5R"  # noqa: S105 -- the contract's example
PROGRAM = Program(("/bin/true",))
# systemd.exec(5) and systemd-analyze(1): below 5.0 is what it calls OK.
OK = 50


def analyze(*words: str) -> subprocess.CompletedProcess[str]:
    """Run systemd-analyze, which needs no running systemd for this."""
    if shutil.which("systemd-analyze") is None:
        left_out("systemd-analyze is not installed here (make lab-deps)")
    return subprocess.run(
        ["systemd-analyze", *words], capture_output=True, text=True, check=False, timeout=30
    )


@pytest.fixture(params=list(Level))
def unit(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """The unit at a level, as a file."""
    path = tmp_path / systemd.UNIT
    path.write_text(systemd.unit(request.param, PROGRAM, "/etc/dpf-edge/bootstrap-token"))
    return path


def test_systemd_finds_nothing_wrong_with_the_unit(unit: Path) -> None:
    done = analyze("verify", str(unit))

    assert (done.returncode, done.stderr) == (0, "")


def test_systemd_rates_the_unit_ok_or_better(unit: Path) -> None:
    done = analyze("security", "--offline=true", "--no-pager", f"--threshold={OK}", str(unit))

    assert done.returncode == 0, done.stdout


def test_the_rating_has_teeth(tmp_path: Path) -> None:
    bare = tmp_path / "bare.service"
    bare.write_text("[Service]\nExecStart=/bin/true\n")

    assert analyze("security", "--offline=true", f"--threshold={OK}", str(bare)).returncode != 0


@pytest.mark.parametrize(
    ("level", "capabilities"), [("listen", ""), ("ask", ""), ("probe", "CAP_NET_RAW")]
)
def test_raw_packets_are_for_probe_alone(level: str, capabilities: str) -> None:
    text = systemd.unit(Level(level), PROGRAM, None)

    assert f"\nCapabilityBoundingSet={capabilities}\n" in text
    assert f"\nAmbientCapabilities={capabilities}\n" in text
    assert ("AF_PACKET" in text) is bool(capabilities)


def test_a_program_in_a_home_is_shown_to_the_service() -> None:
    text = systemd.unit(Level.LISTEN, Program(("/root/x/bin/dpf-edge",), ("/root/x", "/usr")), None)

    assert re.findall("BindReadOnlyPaths=.*", text) == ['BindReadOnlyPaths="/root/x"']


@pytest.mark.parametrize("name", ["a b", "100%n", 'quo"te', "$HOME", "back\\slash", "ümlaut"])
def test_any_path_is_a_word_of_the_command_line(tmp_path: Path, name: str) -> None:
    program = tmp_path / name
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    unit = tmp_path / "it.service"
    unit.write_text(systemd.unit(Level.LISTEN, Program((str(program),)), None))

    done = analyze("verify", str(unit))

    assert (done.returncode, done.stderr) == (0, "")


def test_the_token_stands_in_its_own_file_alone() -> None:
    recipe = systemd.recipe(Wanted("https://a.example", token=TOKEN), PROGRAM)

    files = [step for step in recipe.steps if isinstance(step, File)]
    assert [each.path for each in files if TOKEN.encode() in (each.data or b"")] == [
        "/etc/dpf-edge/bootstrap-token"
    ]
    assert all(each.is_secret == each.path.endswith("token") for each in files)
