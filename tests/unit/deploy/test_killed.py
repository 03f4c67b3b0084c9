"""Killed at any of its changes, an install is finished or taken back by the next run."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

import pytest

from dpf_edge.deploy import install
from dpf_edge.errors import (
    DeployMissing,
)
from dpf_edge.level import Level
from tests.unit.deploy import standing_in
from tests.unit.deploy.standing_in import (
    INSTALLED,
    STATE,
    container,
    ground,
    left,
    prepare,
    recipe,
    without_docker,
)

if TYPE_CHECKING:
    from pathlib import Path


# More than any of these has changes: what is not killed by then is through.
MOST_CHANGES = 60


def killed(doing: str, root: Path, lives: int) -> bool:
    """Do something in a process that is killed before its n-th change; whether it came to that."""
    child = os.fork()
    if child == 0:
        try:
            standing_in.main(doing, str(root), str(lives))
            os._exit(0)
        finally:
            os._exit(1)
    _, status = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(status)
    assert code in {0, -signal.SIGKILL}
    return code != 0


def each_kill(doing: str, root: Path, before: str | None) -> list[int]:
    """Kill something at each of its changes, each time on a machine of its own."""
    killed_at: list[int] = []
    for lives in range(MOST_CHANGES):
        place = root / str(lives)
        place.mkdir()
        prepare(place)
        os.environ["PATH"] = f"{place}/bin:{os.environ['PATH'].partition(':')[2]}"
        if before:
            assert not killed(before, place, MOST_CHANGES)
        if not killed(doing, place, lives):
            return killed_at
        killed_at.append(lives)
    raise AssertionError("it does not come to an end")


def test_an_install_that_was_killed_anywhere_is_finished_by_the_next(root: Path) -> None:
    for lives in each_kill("install", root, None):
        place = root / str(lives)
        os.environ["PATH"] = f"{place}/bin:{os.environ['PATH'].partition(':')[2]}"
        install.install(ground(place), recipe(place))
        assert left(place) == INSTALLED, lives


def test_an_install_that_was_killed_anywhere_is_undone_by_an_uninstall(root: Path) -> None:
    for lives in each_kill("install", root, None):
        place = root / str(lives)
        os.environ["PATH"] = f"{place}/bin:{os.environ['PATH'].partition(':')[2]}"
        try:
            install.uninstall(ground(place), purge=True)
        except DeployMissing:
            # Killed before the journal stood: nothing was done.
            assert not (place / "units/dpf-edge-node.service").exists()
        assert left(place) == [], lives


def test_an_upgrade_that_was_killed_anywhere_is_finished_by_the_next(root: Path) -> None:
    for lives in each_kill("upgrade", root, "install"):
        place = root / str(lives)
        os.environ["PATH"] = f"{place}/bin:{os.environ['PATH'].partition(':')[2]}"
        install.install(ground(place), recipe(place, Level.PROBE))
        assert left(place) == INSTALLED, lives
        assert "CAP_NET_RAW" in (place / "units/dpf-edge-node.service").read_text()


def test_a_change_of_form_that_was_killed_anywhere_is_finished_by_the_next(root: Path) -> None:
    for lives in each_kill("other", root, "install"):
        place = root / str(lives)
        os.environ["PATH"] = f"{place}/bin:{os.environ['PATH'].partition(':')[2]}"
        install.install(ground(place), container(place, keeps=True))
        assert "etc/dpf-edge/compose.yaml" in left(place), lives
        assert "units/dpf-edge-node.service" not in left(place), lives
        install.uninstall(ground(place), purge=True)
        assert without_docker(place) == [], lives


@pytest.mark.parametrize("doing", ["uninstall", "purge"])
def test_an_uninstall_that_was_killed_anywhere_goes_on(root: Path, doing: str) -> None:
    for lives in each_kill(doing, root, "install"):
        place = root / str(lives)
        os.environ["PATH"] = f"{place}/bin:{os.environ['PATH'].partition(':')[2]}"
        try:
            install.uninstall(ground(place), purge=doing == "purge")
        except DeployMissing:
            assert lives > 0
        assert left(place) == ([] if doing == "purge" else STATE), lives
