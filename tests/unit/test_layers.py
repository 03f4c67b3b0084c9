"""The import rules hold, and each of them has teeth: broken on purpose, it is seen to fail."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[2]
LINTER = Path(sys.executable).with_name("lint-imports")

# A contract's name, and a line in a file that breaks it.
BREACHES = [
    ("Imports point down", "model.py", "import dpf_edge.registry"),
    ("Imports point down", "host/netlink.py", "import dpf_edge.vantage.tables"),
    ("Imports point down", "vantage/matrix.py", "import dpf_edge.cli.plain"),
    ("Imports point down", "wsl/facts.py", "import dpf_edge.vantage.resolver"),
    ("Imports point down", "host/wsl_exe.py", "import dpf_edge.wsl.keys"),
    ("Imports point down", "vantage/plan.py", "import dpf_edge.deploy.step"),
    ("Installing knows vantage and wsl alone", "deploy/systemd.py", "import dpf_edge.store.url"),
    ("Only host touches the machine", "deploy/install.py", "import subprocess"),
    ("Judging touches no host", "deploy/compose.py", "import dpf_edge.host.live"),
    ("Only host touches the machine", "wsl/edit.py", "import tempfile"),
    ("Only host touches the machine", "vantage/compare.py", "import subprocess"),
    ("Only host touches the machine", "cli/plain.py", "import socket"),
    ("Only cli.render knows rich", "vantage/advice/seeing.py", "import rich"),
    ("Only cli.render knows rich", "host/once.py", "import click"),
    ("Judging touches no host", "vantage/verdict.py", "import dpf_edge.host.live"),
    ("Judging touches no host", "wsl/facts.py", "import dpf_edge.host.live"),
    ("Judging touches no host", "vantage/roles.py", "import os"),
]


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    """Run the linter over a checkout."""
    return subprocess.run(
        [LINTER, "--no-cache"],
        cwd=folder,
        env={"PYTHONPATH": str(folder / "src"), "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the source that may be spoilt."""
    shutil.copytree(CHECKOUT / "src", tmp_path / "src")
    shutil.copy(CHECKOUT / "pyproject.toml", tmp_path)
    return tmp_path


def test_the_source_keeps_every_contract(copy: Path) -> None:
    done = lint(copy)

    assert 0 == done.returncode, done.stdout


@pytest.mark.parametrize(("contract", "file", "line"), BREACHES)
def test_a_breach_is_seen(copy: Path, contract: str, file: str, line: str) -> None:
    spoilt = copy / "src" / "dpf_edge" / file
    spoilt.write_text(spoilt.read_text() + f"\n{line}\n")

    done = lint(copy)

    assert 0 != done.returncode
    assert f"{contract} BROKEN" in done.stdout
