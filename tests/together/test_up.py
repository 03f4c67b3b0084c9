"""``dpf-edge up`` as somebody meets it: what it says, what is there then, and how it ends."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import sys
import threading
import time
from http.cookiejar import CookieJar
from typing import TYPE_CHECKING
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, build_opener

import pytest

from dpf_edge.authority.identity import sighting
from dpf_edge.cli.up import Up, node_settings
from dpf_edge.host import places
from dpf_edge.level import Level
from dpf_edge.store import open_store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PROGRAM = (sys.executable, "-m", "dpf_edge")
# What starting, enrolling and delivering takes (a second), with very much to spare.
SECONDS = 30.0
ARRIVED = "a run has arrived"


class UpProcess:
    """``dpf-edge up`` on a folder of its own."""

    def __init__(self, folder: Path, *options: str) -> None:
        self.folder = folder
        self.lines: list[str] = []
        self.process = subprocess.Popen(
            [*PROGRAM, "up", "--state-dir", str(folder), "--listen", "127.0.0.1:0", *options],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._reading = threading.Thread(target=self._read, daemon=True)
        self._reading.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line.rstrip("\n"))

    def said(self, pattern: str) -> re.Match[str]:
        """The first line that fits, once it is there."""
        limit = time.monotonic() + SECONDS
        while True:
            for line in list(self.lines):
                if found := re.search(pattern, line):
                    return found
            assert self.process.poll() is None, "\n".join(self.lines)
            assert time.monotonic() < limit, "\n".join(self.lines)
            time.sleep(0.01)

    def end(self, number: signal.Signals = signal.SIGINT) -> int:
        """End it, and give its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        code = self.process.wait(SECONDS)
        self._reading.join(SECONDS)
        assert self.process.stdout is not None
        self.process.stdout.close()
        return code

    def command(self, *arguments: str) -> str:
        """What a command beside it prints."""
        done = subprocess.run(
            [*PROGRAM, *arguments, "--state-dir", str(self.folder)],
            capture_output=True,
            text=True,
            check=False,
            timeout=SECONDS,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout


@pytest.fixture
def up(tmp_path: Path) -> Iterator[UpProcess]:
    """One that has delivered its first run; ended afterwards."""
    running = UpProcess(tmp_path / "up")
    try:
        running.said(ARRIVED)
        yield running
    finally:
        running.end(signal.SIGKILL)


def test_it_diagnoses_enrols_trusts_and_delivers(up: UpProcess) -> None:
    said = "\n".join(up.lines)

    assert re.search(r"^(Yes|No|Unknown): ", up.lines[0])
    assert re.search(r"enrolled as edge_[0-9a-f]{16}, trusted", said)
    assert "Ctrl-C ends it." in said
    listed = up.command("nodes", "list").splitlines()
    assert len(listed) == 2
    assert "trusted" in listed[1]


def test_the_link_that_it_prints_leads_to_its_page(up: UpProcess) -> None:
    link = up.said(r"Open (http://127\.0\.0\.1:\d+/sign-in\?link=\S+)")[1]
    browser = build_opener(HTTPCookieProcessor(CookieJar()))

    with browser.open(link, timeout=SECONDS) as answer:
        page = answer.read().decode()

    assert "trusted" in page
    assert re.search(r"edge_[0-9a-f]{16}", page)


def test_its_page_diagnoses_this_machine_again(up: UpProcess) -> None:
    link = up.said(r"Open (http://127\.0\.0\.1:\d+)/sign-in\?link=(\S+)")
    node = up.said(r"enrolled as (edge_[0-9a-f]{16})")[1]
    browser = build_opener(HTTPCookieProcessor(CookieJar()))
    browser.open(f"{link[1]}/sign-in?link={link[2]}", timeout=SECONDS).close()

    def page() -> str:
        with browser.open(f"{link[1]}/diagnose", timeout=SECONDS) as answer:
            return str(answer.read().decode())

    first = page()
    assert node in first
    taken = re.search(r'datetime="([^"]+)"', first)
    csrf = re.search(r'name="csrf" value="([0-9a-f]+)"', first)
    assert taken
    assert csrf
    limit = time.monotonic() + SECONDS
    while taken[1] in page():  # it is told to the second
        assert time.monotonic() < limit
        body = urlencode({"csrf": csrf[1]}).encode()
        browser.open(f"{link[1]}/diagnose", body, timeout=SECONDS).close()


def test_ctrl_c_ends_it_while_somebody_reads_along(up: UpProcess) -> None:
    link = up.said(r"Open (http://127\.0\.0\.1:\d+)/sign-in\?link=(\S+)")
    browser = build_opener(HTTPCookieProcessor(CookieJar()))
    browser.open(f"{link[1]}/sign-in?link={link[2]}", timeout=SECONDS).close()
    with browser.open(f"{link[1]}/changes/live", timeout=SECONDS) as reading:
        assert b"retry: " in reading.readline()
        assert up.end() == 0
        # Its end is said, and no connection is torn.
        assert b"come back" in reading.read()
    assert "Traceback" not in "\n".join(up.lines)


def test_ctrl_c_ends_it_in_order(up: UpProcess) -> None:
    assert up.end() == 0
    assert "the node has stopped" in up.lines[-1]
    assert "Traceback" not in "\n".join(up.lines)


def test_started_again_it_is_the_same_node(up: UpProcess) -> None:
    before = up.said(r"enrolled as (edge_[0-9a-f]{16})")[1]
    up.end()

    again = UpProcess(up.folder)
    try:
        again.said(ARRIVED)
        assert before in up.command("nodes", "list")
        assert len(up.command("nodes", "list").splitlines()) == 2
    finally:
        again.end()


def test_killed_and_started_again_it_goes_on(up: UpProcess) -> None:
    up.end(signal.SIGKILL)

    again = UpProcess(up.folder)
    try:
        again.said(ARRIVED)
    finally:
        assert again.end() == 0


def test_where_the_store_has_gone_the_node_enrols_anew(up: UpProcess) -> None:
    up.end()
    for each in up.folder.glob("authority.sqlite*"):
        each.unlink()

    again = UpProcess(up.folder)
    try:
        again.said(r"enrolled as edge_")
        again.said(ARRIVED)
    finally:
        again.end()


def test_a_second_one_on_the_same_folder_says_who_has_it(up: UpProcess) -> None:
    second = UpProcess(up.folder)

    code = second.process.wait(SECONDS)

    assert code not in {0, 70}
    assert re.search(r"^error\[[a-z-]+\]: ", "\n".join(second.lines), re.MULTILINE)
    second.end()


def test_a_port_that_is_taken_and_was_asked_for_is_an_error(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = subprocess.run(
            [*PROGRAM, "up", "--state-dir", str(tmp_path), "--listen", f"127.0.0.1:{port}"],
            capture_output=True,
            text=True,
            check=False,
            timeout=SECONDS,
        )

    assert done.returncode == 69
    assert "error[listen-taken]" in done.stderr


def test_what_is_set_for_the_machines_own_node_is_not_for_this_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """That one may be set to probe, and to report to somebody else."""
    file = tmp_path / "node.toml"
    file.write_text('level = "probe"\nname = "till-3"\nno-such-setting = 1\n')
    monkeypatch.setattr(places, "SETTINGS_FILE", str(file))
    monkeypatch.setenv("DPF_EDGE_NODE_NAME", "till-4")

    with open_store(f"sqlite:///{tmp_path / 'store.db'}", clock=time.time, sight=sighting) as store:
        settings = node_settings(Up(store, (), str(tmp_path / "up")), "http://127.0.0.1:8470")

    assert (None, Level.LISTEN) == (settings.name, settings.level)


def test_it_is_for_this_machine_alone(tmp_path: Path) -> None:
    done = subprocess.run(
        [*PROGRAM, "up", "--state-dir", str(tmp_path), "--listen", "0.0.0.0:0"],
        capture_output=True,
        text=True,
        check=False,
        timeout=SECONDS,
    )

    assert done.returncode == 64
    assert "dpf-edge authority" in done.stderr
