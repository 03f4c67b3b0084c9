"""The node's image in the lab's engines, and an Authority that nodes in its containers reach."""

from __future__ import annotations

import functools
import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tools.dist.image import TAGS, context

from . import docker_desktop, linux_host
from .commands import Done, must, run, wait_until
from .engine import docker
from .linux_host import ADDRESS
from .state import read_state

if TYPE_CHECKING:
    from .lab import Lab

IMAGE = TAGS[0]
# A build took 12 s, its wheels 4 s more where none are cached.
BUILD_SECONDS = 300.0
# A node beats and looks once a minute; the first time at once.
SOON = 30.0
# Wherever the tests' Authority listens, nothing else of the lab does.
PORT = 8471


@functools.cache
def archive() -> Path:
    """The image as a file: built once a test run in the Linux host's engine, with no way out."""
    state = read_state()
    assert state
    # It goes with the lab.
    folder = Path(state.work) / "node-image"
    shutil.rmtree(folder, ignore_errors=True)
    engine = docker(linux_host.NAME)
    tags = [word for tag in TAGS for word in ("--tag", tag)]
    build = [*engine, "build", *tags, str(context(folder / "context"))]
    # 20.10's own builder: BuildKit's client is another package.
    must(build, env={"DOCKER_BUILDKIT": "0"}, timeout=BUILD_SECONDS)
    made = folder / "image.tar"
    must([*engine, "save", "--output", str(made), *TAGS], timeout=BUILD_SECONDS)
    carry(made, docker_desktop.NAME)
    return made


def carry(made: Path, engine: str) -> None:
    """Have another engine take the image in."""
    must([*docker(engine), "load", "--input", str(made)], timeout=BUILD_SECONDS)


def inspected(engine: str, what: str, name: str) -> Any:
    """What an engine says of an image or a container."""
    return json.loads(must([*docker(engine), what, "inspect", name]))[0]


def status(engine: str, container: str) -> dict[str, Any]:
    """What the node in a container says of itself; empty while it says nothing."""
    done = run([*docker(engine), "exec", container, "dpf-edge", "status", "--json"])
    found = json.loads(done.stdout) if done.stdout else {}
    return dict(found.get("node") or {})


class Server:
    """An Authority on the Linux host, where every engine's containers reach it."""

    def __init__(self, lab: Lab, folder: Path) -> None:
        self._place = lab.places[linux_host.NAME]
        self._store = ("--store", f"sqlite:///{folder / 'authority.db'}")
        self.log = folder / "authority.log"
        self.url = f"https://{ADDRESS}:{PORT}"
        words = ("authority", "--listen", f"{ADDRESS}:{PORT}", "--state-dir", str(folder / "state"))
        self._out = self.log.open("w")
        self._process = subprocess.Popen(
            [*self._place.argv, *self._place.program, *words, *self._store],
            stdin=subprocess.DEVNULL,
            stdout=self._out,
            stderr=self._out,
        )

    def fingerprint(self) -> str:
        """What nodes pin, once it listens."""

        def said() -> re.Match[str] | None:
            return re.search(r"\b[0-9a-f]{64}\b", self.log.read_text())

        assert wait_until(lambda: bool(said()), seconds=SOON), self.log.read_text()
        found = said()
        assert found
        return found[0]

    def asked(self, *words: str) -> Done:
        """A command of its administration."""
        done = self._place.dpf_edge(*words, *self._store)
        assert 0 == done.returncode, done.stderr
        return done

    def token(self) -> str:
        """A fresh token; who enrols with it needs no approval."""
        return self.asked("token", "issue", "--auto-approve").stdout.split()[-1]

    def nodes(self) -> list[dict[str, Any]]:
        """Every node, with what its heartbeats told."""
        listed: list[dict[str, Any]] = json.loads(self.asked("nodes", "list", "--json").stdout)[
            "nodes"
        ]
        return listed

    def end(self) -> None:
        """End it."""
        self._process.terminate()
        self._process.wait(SOON)
        self._out.close()
