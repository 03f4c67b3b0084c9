"""The engine of Docker Desktop by its named pipe on the Windows host.

Windows is Wine, and the pipe is held by a stand-in that hands what is asked to a real dockerd.
"""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.lab import docker_desktop
from tests.lab.commands import must, wait_until
from tests.lab.engine import docker
from tests.lab.state import LOGS

from .prefix import PYTHON, windows_path

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .host import WindowsHost

LOG = LOGS / "windows-pipe.log"
SECONDS = 90
ASKED = ("sweep", "--level", "ask", "--only", "engines", "--json")


@pytest.fixture(scope="module")
def with_pipe(windows_host: WindowsHost) -> Iterator[WindowsHost]:
    """The Windows host, where somebody holds Docker's pipe for as long as this module's tests."""
    host = windows_host
    script = windows_path(Path(__file__).with_name("pipe.py"))
    argv = shlex.join([*host.machine.argv, *host.prefix.argv(), PYTHON, script])
    LOG.write_text("")
    # Windows' Python has no standard streams under Wine where they are files.
    holder = subprocess.Popen(
        ["sh", "-c", f"{argv} 2>&1 | cat >>{LOG}"], stdin=subprocess.DEVNULL, start_new_session=True
    )
    try:
        assert wait_until(lambda: "listening" in LOG.read_text(), seconds=SECONDS), LOG.read_text()
        yield host
    finally:
        os.killpg(holder.pid, signal.SIGKILL)
        holder.wait(SECONDS)


def engines(host: WindowsHost) -> tuple[dict[str, str], dict[str, Any]]:
    """The containers that a sweep on the host is told of, and how the asking went."""
    done = host.dpf_edge(*ASKED, timeout=SECONDS)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    (outcome,) = (each for each in told["outcomes"] if each["name"] == "engines")
    found = {
        each["ids"][0].removeprefix("container:"): each["names"][0]
        for each in told["observations"]
        if each.get("kind") == "container"
    }
    return found, outcome


def test_where_nobody_holds_the_pipe_docker_is_not_asked(windows_host: WindowsHost) -> None:
    told = json.loads(windows_host.dpf_edge("capture").stdout)

    assert ["wsl.exe --version"] == [" ".join(each["argv"]) for each in told["commands"]]
    found, outcome = engines(windows_host)
    assert ({}, "nothing") == (found, outcome["status"])


def test_the_containers_of_the_engine_behind_the_pipe_are_told(with_pipe: WindowsHost) -> None:
    listed = must(
        [*docker(docker_desktop.NAME), "ps", "--no-trunc", "--format", "{{.ID}} {{.Names}}"]
    )
    running = dict(line.split(" ", 1) for line in listed.splitlines())

    found, outcome = engines(with_pipe)

    assert running
    assert found == running
    assert ("found", 0) == (outcome["status"], outcome["packets"])


def test_where_the_pipe_is_docker_is_asked_what_it_is(with_pipe: WindowsHost) -> None:
    told = json.loads(with_pipe.dpf_edge("capture").stdout)

    asked = {" ".join(each["argv"]): json.loads(each["stdout"]) for each in told["commands"][1:]}
    assert "Docker Desktop" == asked["docker info --format json"]["OperatingSystem"]
    # Windows still sees the LAN, and its containers do not.
    judged = json.loads(with_pipe.dpf_edge("diagnose", "--json").stdout)
    assert "yes" == judged["lan"]["answer"]
    assert "no" == judged["containers_here"]["answer"]
