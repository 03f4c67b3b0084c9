"""The program itself: `run`, `status`, `logs` and `preflight`, as processes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.node.servers import PATIENCE, Server, until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.node.scripted import Scripted

PROGRAM = (sys.executable, "-m", "dpf_edge")


class Machine:
    """A machine's folders and variables, and the program on it."""

    def __init__(self, folder: Path, url: str, token: str) -> None:
        self.folder = folder
        self.environment = {
            "PATH": os.environ["PATH"],
            "DPF_AUTHORITY_URL": url,
            "DPF_BOOTSTRAP_TOKEN": token,
            "DPF_EDGE_NODE_NAME": "",
            "DPF_EDGE_STATE_DIR": str(folder / "state"),
            "DPF_EDGE_LOG_DIR": str(folder / "log"),
            "DPF_EDGE_CONFIG": "",
        }

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*PROGRAM, *arguments],
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=30,
        )

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [*PROGRAM, "run", *arguments],
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )


@pytest.fixture
def here(authority: Scripted, server: Server, tmp_path: Path) -> Machine:
    authority.intervals = (5, 10)
    return Machine(tmp_path, server.url, authority.issue())


@pytest.fixture
def node(here: Machine, authority: Scripted) -> Iterator[subprocess.Popen[str]]:
    """The program's node, running."""
    with here.start() as process:
        try:
            until(lambda: authority.run_keys() or process.poll() is not None)
            yield process
        finally:
            process.kill()


def test_a_node_runs_is_asked_and_ends(
    here: Machine, node: subprocess.Popen[str], authority: Scripted
) -> None:
    until(lambda: "0 runs wait" in here.run("status").stdout)
    status, live = here.run("status", "--json"), here.run("status", "--live")
    lines = here.run("logs", "--lines", "100", "--json").stdout.splitlines()
    words = here.run("logs", "--lines", "1").stdout
    began = time.monotonic()
    node.send_signal(signal.SIGTERM)
    stdout, stderr = node.communicate(timeout=PATIENCE)
    took = time.monotonic() - began

    assert (0, "") == (node.returncode, stdout)
    assert took < 2
    told = json.loads(status.stdout)
    assert told["health"] in {"healthy", "needs-attention"}
    assert authority.node.node_id == told["node"]["nodeId"]
    assert status.returncode == {"healthy": 0, "needs-attention": 1}[told["health"]]
    assert 0 == live.returncode
    assert {"started", "enrolled", "taken", "delivered"} <= {
        json.loads(line)["event"] for line in lines
    }
    assert 1 == len(words.splitlines())
    assert "enrolled as edge_" in stderr
    assert "the node has stopped" in stderr.splitlines()[-1]
    down = here.run("status")
    assert (2, "down") == (down.returncode, down.stdout.splitlines()[0])
    assert 2 == here.run("status", "--live").returncode


def test_ctrl_c_ends_it_too(node: subprocess.Popen[str]) -> None:
    node.send_signal(signal.SIGINT)
    node.communicate(timeout=PATIENCE)

    assert 0 == node.returncode


def test_a_node_that_was_killed_or_hangs_is_seen_from_outside(
    here: Machine, node: subprocess.Popen[str]
) -> None:
    """W40: one that hangs has a socket that is silent and a file that grows old; one that was
    killed is gone at once, however young its file."""
    path = here.folder / "state" / "status.json"
    node.send_signal(signal.SIGSTOP)
    hung = here.run("status", "--live")
    told = path.read_bytes()
    path.write_text(json.dumps({**json.loads(told), "ticks": json.loads(told)["ticks"] - 100}))
    old = here.run("status", "--live")
    path.write_bytes(told)
    node.kill()
    node.wait(PATIENCE)

    killed = here.run("status", "--live")

    assert 0 == hung.returncode, "its file is young: a supervisor waits some seconds"
    assert 2 == old.returncode
    assert "wrote its status last" in old.stdout
    assert 2 == killed.returncode
    assert "no node runs" in killed.stdout


def test_no_token_is_in_a_process_list_or_handed_to_what_is_started(
    here: Machine, node: subprocess.Popen[str], authority: Scripted
) -> None:
    secrets = [here.environment["DPF_BOOTSTRAP_TOKEN"][12:], next(iter(authority.nodes))[12:]]

    shown = Path(f"/proc/{node.pid}/cmdline").read_text()
    children = Path(f"/proc/{node.pid}/task/{node.pid}/children").read_text()

    assert not any(secret in shown for secret in secrets)
    assert "" == children.strip()


def test_every_problem_is_one_line_and_the_node_does_not_start(here: Machine) -> None:
    here.environment |= {"DPF_AUTHORITY_URL": "nonsense", "DPF_EDGE_LEVEL": "loud"}

    done = here.run("run")

    assert (78, "") == (done.returncode, done.stdout)
    first, hint = done.stderr.splitlines()
    assert first.startswith("error[settings-invalid]: DPF_EDGE_LEVEL is none of")
    assert "DPF_AUTHORITY_URL" in first
    assert hint.startswith("hint: ")


def test_a_second_node_on_one_folder_is_refused(here: Machine, node: subprocess.Popen[str]) -> None:
    assert node.poll() is None

    done = here.run("run")

    assert 75 == done.returncode
    assert "error[private-file-busy]" in done.stderr


def test_what_is_set_and_read_by_nobody_is_said(here: Machine, authority: Scripted) -> None:
    here.environment["DPF_EDGE_NODENAME"] = "till"
    with here.start("--level", "ask", "--name", "till-3") as process:
        try:
            until(lambda: authority.nodes)
            process.terminate()
            _, stderr = process.communicate(timeout=PATIENCE)
        finally:
            process.kill()

    assert "warning: DPF_EDGE_NODENAME is read by nobody" in stderr
    assert authority.node.enrolled is not None
    assert "till-3" == authority.node.enrolled.display_name


def test_preflight_names_one_cause_and_ends_with_it(here: Machine, authority: Scripted) -> None:
    well = here.run("preflight")
    same = here.run("run", "--preflight")
    here.environment["DPF_AUTHORITY_URL"] = ""
    missing = here.run("preflight", "--json")

    # Where the tests run may not see a LAN; all else is well.
    assert well.stdout.splitlines()[-1] in {"ok", "no-lan-visibility"}
    assert well.returncode == (0 if well.stdout.splitlines()[-1] == "ok" else 1)
    assert well.stdout.splitlines()[-1] == same.stdout.splitlines()[-1]
    assert (1, "authority-url-missing") == (
        missing.returncode,
        json.loads(missing.stdout)["cause"],
    )
    assert set() == authority.consumed
    assert here.environment["DPF_BOOTSTRAP_TOKEN"] not in well.stdout + missing.stdout


def test_logs_of_a_node_that_never_ran_are_missing(here: Machine) -> None:
    done = here.run("logs")

    assert 66 == done.returncode
    assert "error[logs-missing]" in done.stderr


def test_logs_are_followed(here: Machine) -> None:
    log = here.folder / "log"
    log.mkdir()
    line = {"time": "2026-01-02T03:04:05.678Z", "level": "info", "event": "x", "text": "hello \x1b"}
    (log / "node.log").write_text("no JSON\n" + json.dumps(line) + "\n")
    with subprocess.Popen(
        [*PROGRAM, "logs", "--follow"], env=here.environment, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        try:
            first = [process.stdout.readline() for _ in range(2)]
            with (log / "node.log").open("a") as file:
                file.write(json.dumps({**line, "text": "more"}) + "\n")
            more = process.stdout.readline()
            process.send_signal(signal.SIGINT)
            process.wait(PATIENCE)
        finally:
            process.kill()

    assert ["no JSON\n", "2026-01-02T03:04:05Z hello \\x1b\n"] == first
    assert "2026-01-02T03:04:05Z more\n" == more
    assert 130 == process.returncode
