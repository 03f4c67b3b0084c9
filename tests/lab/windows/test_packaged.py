"""The packaged Windows program, built under Wine and run under Wine: no Windows has seen it."""

from __future__ import annotations

import contextlib
import hashlib
import json
import shutil
import subprocess
import zipfile
from typing import TYPE_CHECKING

import pytest
from tools.dist import program
from tools.dist.places import CannotBuild

from tests.lab import linux_host
from tests.lab.commands import wait_until
from tests.lab.image import once
from tests.lab.state import CHECKOUT, cache
from tests.left_out import left_out

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from tests.lab.imaged import Server
    from tests.lab.lab import Lab

    from .host import WindowsHost

# What the program is made of; the same of it is the same program.
SOURCES = ("src", "packaging", "tools/dist", "uv.lock")
FOLDER = "C:\\dpf-edge"
PROGRAM = FOLDER + "\\dpf-edge.exe"
# A /24 took 2.4 s by the fall-back, for Wine's SendARP is none; the real call takes three seconds
# for the addresses that nobody has.
SWEEP_SECONDS = 90.0
# Wine starts the program in 3 s; then a node enrols, beats, and sweeps at its first round.
SOON = 90.0

# A test's own time; the build that the first of them starts has bounds of its own.
pytestmark = [pytest.mark.lab_late, pytest.mark.timeout(60, func_only=True)]


def key() -> str:
    """A digest of the sources."""
    digest = hashlib.sha256()
    for source in SOURCES:
        path = CHECKOUT / source
        files = [path] if path.is_file() else sorted(path.rglob("*"))
        for file in files:
            if file.is_file() and "__pycache__" not in file.parts:
                digest.update(str(file.relative_to(CHECKOUT)).encode() + file.read_bytes())
    return digest.hexdigest()[:12]


@pytest.fixture(scope="session")
def archive() -> Path:
    """The archive that `make dist` makes; kept for as long as its sources are the same."""

    def make(fresh: Path) -> None:
        program.windows(fresh)

    try:
        folder = once(cache() / f"packaged-{key()}", make)
    except CannotBuild as reason:
        left_out(str(reason))
    [made] = folder.glob("*.zip")
    return made


@pytest.fixture(scope="module")
def packaged(archive: Path, windows_host: WindowsHost) -> Iterator[WindowsHost]:
    """The Windows host with the archive unpacked on it, as a user unpacks it."""
    where = windows_host.prefix.drive / "dpf-edge"
    with zipfile.ZipFile(archive) as packed:
        packed.extractall(where.with_suffix(".part"))
    [inside] = where.with_suffix(".part").iterdir()
    inside.rename(where)
    where.with_suffix(".part").rmdir()
    yield windows_host
    shutil.rmtree(where)


def test_the_archive_holds_one_folder_with_notices_and_says_what_it_is(archive: Path) -> None:
    with zipfile.ZipFile(archive) as packed:
        names = packed.namelist()
        folder = archive.stem
        readme = packed.read(f"{folder}/README.txt").decode()
        notices = packed.read(f"{folder}/NOTICES.txt").decode()

    assert {folder} == {name.partition("/")[0] for name in names}
    assert folder.endswith("-windows-x86_64-test-build")
    assert f"{folder}/dpf-edge.exe" in names
    assert f"{folder}/LICENSE" in names
    assert "a test build" in readme
    assert "never on Windows itself" in readme
    named = notices.partition("=====")[0]
    for bundled in ("Python 3.13", "OpenSSL", "SQLite", "psycopg", "pyinstaller", "oui-data"):
        assert f"\n  {bundled}" in named


def test_it_diagnoses(packaged: WindowsHost) -> None:
    done = packaged.run([PROGRAM, "diagnose", "--json"])
    assert 0 == done.returncode, done.stdout + done.stderr

    found = json.loads(done.stdout)
    assert "windows-native" == found["vantage"]
    assert ("yes", "192.168.0.0/24") == (found["lan"]["answer"], found["lan"]["network"])


def test_it_sweeps_the_lan_by_ip_helper(packaged: WindowsHost, lab: Lab) -> None:
    collectors = ("--only", "neighbours", "--only", "nudge")
    words = ("--level", "probe", "--rate", "fast", "--subnet", "192.168.0.0/24", *collectors)
    done = packaged.run([PROGRAM, "sweep", *words, "--json"], timeout=SWEEP_SECONDS)
    assert 0 == done.returncode, done.stdout + done.stderr

    swept = json.loads(done.stdout)
    found = {address for device in swept["devices"] for address in device["addresses"]}
    nudged = {
        address
        for each in swept["observations"]
        if each["collector"] == "nudge"
        for address in each["addresses"]
    }
    # The devices it had spoken with stood in its table; with these it had not.
    assert {linux_host.ADDRESS, linux_host.MACVLAN} <= nudged
    assert {device.address for device in lab.devices.values()} | nudged <= found


# In one Windows process, for Wine's service manager ends with the last one.
SERVICE = f"""
import json, subprocess, time
def told(*words):
    done = subprocess.run([r"{PROGRAM}", *words], stdin=subprocess.DEVNULL, capture_output=True,
                          text=True, encoding="utf-8")
    print(json.dumps([words[0], done.returncode, done.stdout, done.stderr]), flush=True)
    return done
told("install", "--mode", "native", "--yes", "--authority", "https://127.0.0.1:9")
for _ in range(100):
    if told("status", "--json").returncode < 2:
        break
    time.sleep(0.2)
told("uninstall", "--yes", "--purge")
"""


def test_it_installs_itself_as_a_service_that_runs(packaged: WindowsHost) -> None:
    done = packaged.python("-c", SERVICE, timeout=SWEEP_SECONDS)
    told = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("[")]
    assert ["install", "uninstall"] == [told[0][0], told[-1][0]], done.stdout + done.stderr
    status = json.loads(told[-2][2])

    assert 0 == told[0][1], told[0][3]
    assert "running" == status["installed"]["service"]
    assert "windows-native" == status["node"]["vantage"]
    assert 0 == told[-1][1], told[-1][3]


@contextlib.contextmanager
def node(packaged: WindowsHost, log: Path, settings: Mapping[str, str]) -> Iterator[None]:
    """The packaged program as a node, for as long as it is wanted."""
    variables = [f"{name}={value}" for name, value in settings.items()]
    inside = [*packaged.machine.argv, *packaged.prefix.argv(*variables), PROGRAM, "run"]
    # Through a pipe: under Wine a Windows Python does not start with a file of ours.
    with (
        log.open("w") as out,
        subprocess.Popen(
            inside, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        ) as runs,
        subprocess.Popen(["cat"], stdin=runs.stdout, stdout=out),
    ):
        try:
            yield
        finally:
            runs.terminate()


def test_it_enrols_and_delivers(packaged: WindowsHost, server: Server, tmp_path: Path) -> None:
    settings = {
        "DPF_AUTHORITY_URL": server.url,
        "DPF_AUTHORITY_FINGERPRINT": server.fingerprint(),
        "DPF_BOOTSTRAP_TOKEN": server.token(),
        "DPF_EDGE_NODE_NAME": "till-7",
        "DPF_EDGE_STATE_DIR": FOLDER + "\\state",
        "DPF_EDGE_LOG_DIR": FOLDER + "\\log",
    }
    log = tmp_path / "node.log"

    def delivered() -> bool:
        return "192.168.0.200" in server.asked("devices", "list", "--json").stdout

    with node(packaged, log, settings):
        assert wait_until(delivered, seconds=SOON), log.read_text() + server.log.read_text()
        [listed] = server.nodes()
        live = packaged.run([PROGRAM, "status", "--live", "--state-dir", FOLDER + "\\state"])

    assert "till-7" == listed["name"]
    assert 0 == live.returncode, live.stdout + live.stderr
