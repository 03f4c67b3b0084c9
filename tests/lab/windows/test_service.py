"""The Windows Service under Wine: made, started, asked, stopped, removed. No Windows has seen it.

Wine keeps no access lists and shows no event log: what is asked of those is a call that Wine
answers. All happens in one Windows process, for Wine's service manager ends with the last one.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from tests.lab.state import CHECKOUT, LabUnavailable, cache
from tests.left_out import left_out

from .prefix import PYTHON, Prefix, packages, prefix, windows_path

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = [pytest.mark.lab, pytest.mark.timeout(400)]

# A service gets nothing of PYTHONPATH, so the paths stand where Python itself looks.
PATHS = """{source}
{packages}
{packages}\\win32
{packages}\\win32\\lib
import os; os.add_dll_directory(r"{packages}\\pywin32_system32")
"""
# Each line is what one command ended with and printed.
SCRIPT = r"""
import json, pathlib, subprocess, sys, time
DATA = pathlib.Path(r"C:\ProgramData\dpf-edge-node")
def told(*words):
    done = subprocess.run([sys.executable, "-m", "dpf_edge", *words], stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, encoding="utf-8")
    there = sorted(str(each.relative_to(DATA)) for each in DATA.rglob("*"))
    print(json.dumps([words[0], done.returncode, done.stdout, done.stderr, there]), flush=True)
    return done
install = ("install", "--mode", "native", "--even-if-blind", "--yes")
told(*install, "--authority", "https://127.0.0.1:9")
for _ in range(100):
    if told("status", "--json").returncode < 2:
        break
    time.sleep(0.2)
told(*install, "--level", "ask")
told("uninstall", "--yes")
told("status", "--json")
told("uninstall", "--yes", "--purge")
"""


@pytest.fixture(scope="module")
def windows() -> Iterator[Prefix]:
    """A Windows of this test's own, whose Python knows the program without being told."""
    where = cache() / f"service-{os.getpid()}"
    try:
        if os.geteuid() != 0:
            raise LabUnavailable("a network of one's own needs root")  # noqa: TRY301
        made = prefix(where)
        site = made.drive / "Python" / "Lib" / "site-packages"
        site.mkdir(parents=True, exist_ok=True)
        paths = {"source": windows_path(CHECKOUT / "src"), "packages": windows_path(packages())}
        (site / "dpf-edge.pth").write_text(PATHS.format(**paths))
        yield made
    except LabUnavailable as reason:
        left_out(str(reason))
    finally:
        shutil.rmtree(where, ignore_errors=True)


@pytest.fixture(scope="module")
def said(windows: Prefix, tmp_path_factory: pytest.TempPathFactory) -> list[list[Any]]:
    """What the commands said, one after the other."""
    script: Path = tmp_path_factory.mktemp("service") / "script.py"
    script.write_text(SCRIPT)
    alone = ("unshare", "--net", "sh", "-c", 'ip link set lo up; exec "$@"', "sh")
    done = subprocess.run(
        [*alone, *windows.argv(), PYTHON, "-X", "utf8", windows_path(script)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, (done.stdout, done.stderr)
    return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("[")]


def test_it_is_installed_and_runs(said: list[list[Any]]) -> None:
    name, code, _, stderr, there = said[0]
    asked = [line for line in said if line[0] == "status"][:-1]
    status = json.loads(asked[-1][2])

    assert (name, code) == ("install", 0), stderr
    assert {"installed.json", "node.toml"} <= set(there)
    assert status["installed"]["service"] == "running"
    assert status["node"]["vantage"] == "windows-native"


def test_an_install_over_it_changes_its_settings(said: list[list[Any]]) -> None:
    _, code, _, stderr, _ = [line for line in said if line[0] == "install"][1]

    assert code == 0, stderr


def test_an_uninstall_leaves_the_state_alone_and_a_purge_nothing(said: list[list[Any]]) -> None:
    removed, purged = [line for line in said if line[0] == "uninstall"]
    status = json.loads(said[-2][2])

    assert removed[1] == 0, removed[3]
    assert "memory.json" in removed[4]
    assert not {"installed.json", "node.toml", "logs"} & set(removed[4])
    assert status["installed"] is None
    assert (purged[1], purged[4]) == (0, []), purged[3]
