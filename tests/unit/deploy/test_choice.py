"""Which form is installed: the plan's, or the one that was asked for, and none that is blind."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from dpf_edge.deploy import choice, ground
from dpf_edge.deploy.choice import Options
from dpf_edge.deploy.node_file import Wanted
from dpf_edge.errors import DeployElsewhere, DeployUnavailable, PlanBlind
from dpf_edge.host import installing
from dpf_edge.host.installing import Machine
from dpf_edge.model import Answer
from dpf_edge.vantage.forms import Mode
from tests.unit.test_plan import diagnosed

if TYPE_CHECKING:
    from pathlib import Path

WANTED = Wanted("https://a.example")
YES, NO, UNKNOWN = Answer.YES, Answer.NO, Answer.UNKNOWN


@pytest.fixture(autouse=True)
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    """A machine with a systemd, and an engine that has Compose and the image."""
    docker = tmp_path / "docker"
    docker.write_text("#!/bin/sh\necho 2.20.3\n")
    docker.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setattr(installing, "systemd_runs", lambda: True)
    return Machine()


@pytest.mark.parametrize(
    ("vantage", "engine", "system", "mode", "target"),
    [
        ("linux-host", None, "linux", None, "systemd"),
        ("linux-host", "docker", "linux", None, "compose"),
        ("linux-host", "docker", "linux", Mode.NATIVE, "systemd"),
        ("linux-host", None, "linux", Mode.CONTAINER, "compose"),
        ("windows-native", None, "win32", None, "windows-service"),
        ("windows-native", "docker-desktop", "win32", None, "windows-service"),
        ("macos-native", None, "darwin", None, "launchd"),
        ("macos-native", "docker-desktop", "darwin", None, "launchd"),
    ],
)
def test_it_is_the_plans_answer_or_the_mode_that_was_asked_for(
    machine: Machine, vantage: str, engine: str | None, system: str, mode: Mode | None, target: str
) -> None:
    found = diagnosed(vantage, YES, engine)

    recipe, plan = choice.recipe(found, Options(mode), WANTED, system, machine)

    assert recipe.target == target
    assert choice.mode_of(plan) == ("container" if target == "compose" else "native")


@pytest.mark.parametrize(
    ("vantage", "answer", "mode"),
    [
        ("linux-host", NO, None),
        ("linux-host", NO, Mode.NATIVE),
        ("windows-native", NO, None),
        ("windows-native", YES, Mode.CONTAINER),
    ],
)
def test_a_blind_node_is_installed_only_where_that_is_said(
    machine: Machine, vantage: str, answer: Answer, mode: Mode | None
) -> None:
    found = diagnosed(vantage, answer)
    system = "win32" if vantage.startswith("windows") else "linux"

    with pytest.raises(PlanBlind, match="would not see the LAN here"):
        choice.recipe(found, Options(mode), WANTED, system, machine)

    bold = Options(mode, even_if_blind=True)
    assert choice.recipe(found, bold, WANTED, system, machine)[0].steps


@pytest.mark.parametrize("vantage", ["wsl2-nat", "docker-desktop-host", "engine-bridge", "unknown"])
def test_nothing_is_installed_where_the_node_does_not_belong(
    machine: Machine, vantage: str
) -> None:
    found = diagnosed(vantage, UNKNOWN)
    mode = Mode.NATIVE if vantage != "unknown" else None

    with pytest.raises((DeployElsewhere, PlanBlind)):
        choice.recipe(found, Options(mode), WANTED, "linux", machine)


def test_without_a_systemd_there_is_nothing_to_install_into(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(installing, "systemd_runs", lambda: False)

    with pytest.raises(DeployUnavailable, match="no systemd runs here"):
        choice.recipe(diagnosed("linux-host", YES), Options(), WANTED, "linux", machine)


def test_a_link_of_its_own_is_the_lans_but_for_its_address(machine: Machine) -> None:
    found = diagnosed("linux-host", YES, "docker")
    options = Options(Mode.MACVLAN, address="192.168.0.77")

    link = choice.link_of(found, Mode.MACVLAN, options)
    assert link is not None
    assert link == ("eth0", "192.168.0.0/24", "192.168.0.1", "192.168.0.77")
    with pytest.raises(DeployElsewhere, match="this machine's own"):
        choice.link_of(found, Mode.MACVLAN, options._replace(address="192.168.0.9"))
    with pytest.raises(DeployElsewhere, match="--address"):
        choice.recipe(found, Options(Mode.MACVLAN), WANTED, "linux", machine)


def test_a_folder_is_told_on_either_system() -> None:
    assert ground.folder_of("/etc/dpf-edge/installed.json") == "/etc/dpf-edge"
    assert ground.folder_of(r"C:\ProgramData\x\installed.json") == r"C:\ProgramData\x"


@pytest.mark.parametrize(
    ("folder", "is_of_a_user"),
    [
        (r"C:\Program Files\dpf-edge", False),
        (r"C:\Users\anna\Downloads\dpf-edge", True),
        (r"c:/users/ANNA/.venv", True),
        (r"C:\Users\anna\..\anna\x", True),
        (r"C:\Users\Public\dpf-edge", False),
        (r"C:\Users\publican\dpf-edge", True),
        (r"C:\UsersOfOld\dpf-edge", False),
        (r"D:\Users\anna\dpf-edge", False),
    ],
)
def test_a_program_in_a_users_own_folder_makes_no_windows_service(
    folder: str, is_of_a_user: bool, machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A virtual account may not read there, so it would never start."""
    monkeypatch.setattr(installing, "program_folders", lambda: (r"C:\Python", folder))
    found = diagnosed("windows-native", YES, None)

    if is_of_a_user:
        with pytest.raises(DeployElsewhere, match="own folder"):
            choice.recipe(found, Options(), WANTED, "win32", machine)
    else:
        assert (
            "windows-service" == choice.recipe(found, Options(), WANTED, "win32", machine)[0].target
        )
