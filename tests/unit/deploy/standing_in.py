"""A place to install into that is no machine: folders of a test's own, and a systemctl that notes.

Files, folders, renames, locks and commands are real.
"""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import TYPE_CHECKING

from dpf_edge.deploy import compose, install, systemd
from dpf_edge.deploy.ground import Ground
from dpf_edge.deploy.node_file import Wanted
from dpf_edge.deploy.step import File
from dpf_edge.host.installing import Machine
from dpf_edge.level import Level
from dpf_edge.vantage.forms import Mode

if TYPE_CHECKING:
    from dpf_edge.deploy.step import Recipe
    from dpf_edge.model import Ran

URL = "https://authority.example:8470"
TOKEN = "dpfboot_000G40R40M30E209185GR38E1W8124GK2GAHC5R"  # noqa: S105 -- the contract's example
SYSTEMCTL = """#!/bin/sh
echo "$*" >> {log}
case "$1" in {fails}) echo "stand-in: no" >&2; exit 1;; esac
case "$1" in
    restart) mkdir -p {behind}; echo x > {behind}/state.json; ln -sfn {behind} {state};;
esac
"""
STATE = ["private/state", "private/state/state.json", "var/state"]
INSTALLED = [
    "etc/dpf-edge",
    "etc/dpf-edge/bootstrap-token",
    "etc/dpf-edge/installed.json",
    "etc/dpf-edge/node.toml",
    *STATE[:2],
    "units/dpf-edge-node.service",
    STATE[2],
]


def layout(root: Path) -> systemd.Layout:
    """A layout below a folder."""
    return systemd.Layout(
        settings=f"{root}/etc/dpf-edge",
        units=f"{root}/units",
        state=f"{root}/var/state",
        state_behind=f"{root}/private/state",
        log=f"{root}/var/log",
        log_behind=f"{root}/private/log",
    )


def prepare(root: Path, fails: str = "nothing") -> None:
    """Make what every machine has: the folders, and a systemctl on PATH."""
    for name in ("etc", "units", "var", "private", "bin"):
        (root / name).mkdir(exist_ok=True)
    places = layout(root)
    text = SYSTEMCTL.format(
        log=root / "calls", behind=places.state_behind, state=places.state, fails=fails
    )
    program = root / "bin" / "systemctl"
    program.write_text(text)
    program.chmod(0o755)


def ground(root: Path, machine: Machine | None = None, version: str = "1.2") -> Ground:
    """A ground below a folder."""
    path = f"{root}/etc/dpf-edge/installed.json"
    return Ground(machine or Machine(), path, version, lambda text: None)


def recipe(root: Path, level: Level = Level.LISTEN, token: str | None = TOKEN) -> Recipe:
    """What is installed."""
    program = systemd.Program(("/opt/dpf-edge/bin/dpf-edge",))
    return systemd.recipe(Wanted(URL, level=level, token=token), program, layout(root))


def left(root: Path) -> list[str]:
    """Everything that stands below a folder, but for what every machine has."""
    found = (str(path.relative_to(root)) for path in root.rglob("*"))
    usual = {"etc", "units", "var", "private", "bin", "bin/systemctl", "calls"}
    return sorted(each for each in found if each not in usual)


ENGINE = """#!/bin/sh
echo "docker $*" >> {log}
case "$*" in *"{fails}"*) echo "stand-in: no engine" >&2; exit 1;; esac
"""


def container(root: Path, fails: str = "nothing", *, keeps: bool = False) -> Recipe:
    """A recipe for a container, with an engine that fails where it is told to."""
    program = root / "bin" / "docker"
    program.write_text(ENGINE.format(log=root / "calls", fails=fails))
    program.chmod(0o755)
    wanted = Wanted(URL, token=None if keeps else TOKEN, keeps_token=keeps)
    form = compose.Form(Mode.CONTAINER, "dpf-edge:1")
    layout = compose.Layout(settings=f"{root}/etc/dpf-edge")
    made = compose.recipe(wanted, form, ("docker", "compose"), layout)
    # No machine of a test has the image's user; the owner of what is written stays the tester.
    return made._replace(
        steps=tuple(
            step._replace(owner=os.getuid()) if isinstance(step, File) and step.owner else step
            for step in made.steps
        )
    )


class Mortal(Machine):
    """A machine on which the installing process is killed before its n-th change."""

    def __init__(self, lives: int) -> None:
        self._lives = lives

    def _change(self) -> None:
        self._lives -= 1
        if self._lives < 0:
            os.kill(os.getpid(), signal.SIGKILL)

    def make_folder(self, path: str, mode: int) -> None:
        """One change."""
        self._change()
        super().make_folder(path, mode)

    def write(self, path: str, data: bytes, mode: int, owner: int | None = None) -> None:
        """One change; and another where the draft stands, and is not yet renamed."""
        self._change()
        Path(f"{path}.dpf-edge.tmp").write_bytes(data[: len(data) // 2])
        self._change()
        super().write(path, data, mode, owner)

    def remove(self, path: str) -> None:
        """One change."""
        self._change()
        super().remove(path)

    def remove_empty(self, path: str) -> None:
        """One change."""
        self._change()
        super().remove_empty(path)

    def remove_tree(self, path: str) -> None:
        """One change."""
        self._change()
        super().remove_tree(path)

    def run(self, argv: tuple[str, ...], seconds: float) -> Ran:
        """One change."""
        self._change()
        return super().run(argv, seconds)


def main(doing: str, root: str, lives: str) -> None:
    """Install, upgrade or uninstall, until killed before the n-th change of the machine."""
    place = ground(Path(root), Mortal(int(lives)))
    if doing == "install":
        install.install(place, recipe(Path(root)))
    elif doing == "upgrade":
        install.install(place, recipe(Path(root), Level.PROBE, None))
    elif doing == "other":
        install.install(place, container(Path(root), keeps=True))
    else:
        install.uninstall(place, purge=doing == "purge")


def calls(root: Path) -> list[str]:
    """What systemctl was told."""
    return (root / "calls").read_text().splitlines()


def without_docker(root: Path) -> list[str]:
    """What stands there, but for the engine's stand-in."""
    return [each for each in left(root) if each != "bin/docker"]
