"""An install is whole, or it is not there: interrupted anywhere, the next run ends it."""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING

import pytest

from dpf_edge.deploy import compose, install, systemd
from dpf_edge.deploy.journal import Phase
from dpf_edge.deploy.node_file import Wanted
from dpf_edge.deploy.step import Command, File
from dpf_edge.errors import (
    DeployBusy,
    DeployFailed,
    DeployMissing,
)
from dpf_edge.host.installing import Machine
from dpf_edge.level import Level
from tests.unit.deploy import standing_in
from tests.unit.deploy.standing_in import (
    INSTALLED,
    STATE,
    TOKEN,
    calls,
    container,
    ground,
    left,
    prepare,
    recipe,
    without_docker,
)

if TYPE_CHECKING:
    from pathlib import Path

    from dpf_edge.deploy.step import Recipe


def test_what_is_installed_is_there_and_started(root: Path) -> None:
    install.install(ground(root), recipe(root))

    assert left(root) == INSTALLED
    assert calls(root) == [
        "daemon-reload",
        "enable dpf-edge-node.service",
        "restart dpf-edge-node.service",
    ]
    found = install.found(ground(root))
    assert found is not None
    assert found.phase is Phase.INSTALLED


def test_a_token_is_for_its_owner_alone_and_in_no_other_file(root: Path) -> None:
    install.install(ground(root), recipe(root))

    secret = root / "etc/dpf-edge/bootstrap-token"
    assert stat.S_IMODE(secret.stat().st_mode) == 0o600
    holders = [path for path in root.rglob("*") if path.is_file() and TOKEN in path.read_text()]
    assert holders == [secret]


def test_an_uninstall_leaves_the_state_and_nothing_else(root: Path) -> None:
    install.install(ground(root), recipe(root))
    install.uninstall(ground(root), purge=False)

    assert left(root) == STATE
    assert calls(root)[-2:] == ["disable --now dpf-edge-node.service", "daemon-reload"]


def test_a_purge_leaves_nothing(root: Path) -> None:
    install.install(ground(root), recipe(root))
    install.uninstall(ground(root), purge=True)

    assert left(root) == []


def test_what_somebody_else_put_into_the_folder_stays(root: Path) -> None:
    folder = root / "etc/dpf-edge"
    folder.mkdir()
    (folder / "snmp.json").write_text("{}")

    install.install(ground(root), recipe(root))
    install.uninstall(ground(root), purge=True)

    assert left(root) == ["etc/dpf-edge", "etc/dpf-edge/snmp.json"]


def test_a_second_install_changes_what_it_is_told_and_keeps_the_token(root: Path) -> None:
    install.install(ground(root), recipe(root))
    install.install(ground(root), recipe_keeping(root, Level.PROBE))

    assert left(root) == INSTALLED
    assert "CAP_NET_RAW" in (root / "units/dpf-edge-node.service").read_text()
    assert (root / "etc/dpf-edge/bootstrap-token").read_text() == TOKEN


def recipe_keeping(root: Path, level: Level) -> Recipe:
    """A recipe that keeps the token of a former install."""
    steps = tuple(
        step._replace(data=None) if isinstance(step, File) and step.is_secret else step
        for step in recipe(root, level).steps
    )
    return recipe(root)._replace(steps=steps)


def test_a_token_that_is_no_longer_wanted_goes(root: Path) -> None:
    install.install(ground(root), recipe(root))
    install.install(ground(root), recipe(root, token=None))

    assert not (root / "etc/dpf-edge/bootstrap-token").exists()


def test_a_first_install_that_fails_is_taken_back(root: Path) -> None:
    prepare(root, fails="restart")

    with pytest.raises(DeployFailed, match="stand-in: no"):
        install.install(ground(root), recipe(root))

    assert left(root) == []


def test_an_upgrade_that_fails_puts_the_former_files_back(root: Path) -> None:
    install.install(ground(root), recipe(root))
    before = (root / "units/dpf-edge-node.service").read_text()
    prepare(root, fails="restart")

    with pytest.raises(DeployFailed):
        install.install(ground(root), recipe(root, Level.PROBE))

    assert (root / "units/dpf-edge-node.service").read_text() == before
    found = install.found(ground(root))
    assert found is not None
    assert found.phase is Phase.INSTALLED
    assert left(root) == INSTALLED


def test_an_upgrade_that_fails_leaves_nothing_new_and_loses_nothing_old(root: Path) -> None:
    install.install(ground(root), recipe(root))
    prepare(root, fails="restart")

    with pytest.raises(DeployFailed):
        install.install(ground(root), with_certificates(root))

    # The token was not wanted any more, and the certificates were new.
    assert left(root) == INSTALLED
    assert (root / "etc/dpf-edge/bootstrap-token").read_text() == TOKEN


def with_certificates(root: Path) -> Recipe:
    """A recipe that has no token, and the Authority's certificates."""
    wanted = Wanted(standing_in.URL, certificates=b"-----BEGIN CERTIFICATE-----\n")
    return systemd.recipe(wanted, systemd.Program(("/x",)), standing_in.layout(root))


# -- another form than before


def test_another_form_starts_before_the_former_one_is_taken_back(root: Path) -> None:
    install.install(ground(root), recipe(root))
    install.install(ground(root), container(root, keeps=True))

    up, disable = (
        next(number for number, line in enumerate(calls(root)) if part in line)
        for part in (" up ", "disable --now")
    )
    assert up < disable
    assert without_docker(root) == [
        "etc/dpf-edge",
        "etc/dpf-edge/bootstrap-token",
        "etc/dpf-edge/compose.yaml",
        "etc/dpf-edge/installed.json",
        *STATE,
    ]
    # It was for root alone, and is now for the container's user alone.
    held = (root / "etc/dpf-edge/bootstrap-token").stat()
    assert stat.S_IMODE(held.st_mode) == compose.TOKEN_MODE
    # A purge takes the state of the former form too.
    install.uninstall(ground(root), purge=True)
    assert without_docker(root) == []
    assert any("volume rm" in line for line in calls(root))


def test_what_another_form_does_not_take_over_is_said(root: Path) -> None:
    said: list[str] = []
    place = ground(root)._replace(say=said.append)

    install.install(place, recipe(root))
    install.install(place, recipe(root, Level.PROBE))
    assert said == []
    install.install(place, container(root, keeps=True))

    [told] = said
    assert "another node, which takes a token of its own" in told
    assert f"stays in {root}/private/state, {root}/var/state until" in told


def test_another_form_that_does_not_start_leaves_the_former_one_running(root: Path) -> None:
    install.install(ground(root), recipe(root))
    before = len(calls(root))

    with pytest.raises(DeployFailed, match="no engine"):
        install.install(ground(root), container(root, fails=" up "))

    assert without_docker(root) == INSTALLED
    assert not any("systemctl" in line or "disable" in line for line in calls(root)[before:])
    assert stat.S_IMODE((root / "etc/dpf-edge/bootstrap-token").stat().st_mode) == 0o600
    found = install.found(ground(root))
    assert found is not None
    assert (found.target, found.phase) == ("systemd", Phase.INSTALLED)


def test_an_uninstall_that_cannot_stop_the_container_keeps_what_it_needs_to_try_again(
    root: Path,
) -> None:
    install.install(ground(root), container(root))
    container(root, fails=" down ")

    with pytest.raises(DeployFailed, match="no engine"):
        install.uninstall(ground(root), purge=True)
    assert (root / "etc/dpf-edge/compose.yaml").exists()

    container(root)
    install.uninstall(ground(root), purge=False)  # a purge that was begun is ended as one
    assert without_docker(root) == []
    assert any("volume rm" in line for line in calls(root))


def test_a_first_container_that_does_not_start_is_taken_back_without_its_engine(
    root: Path,
) -> None:
    with pytest.raises(DeployFailed, match="up"):
        install.install(ground(root), container(root, fails="compose"))

    assert without_docker(root) == []


def test_the_form_that_was_said_is_remembered(root: Path) -> None:
    form = (("mode", "native"), ("image", "x:1"))

    install.install(ground(root), recipe(root)._replace(form=form))

    found = install.found(ground(root))
    assert found is not None
    assert found.form == dict(form)


def test_an_older_install_is_upgraded(root: Path) -> None:
    install.install(ground(root, version="1.9"), recipe(root))
    install.install(ground(root, version="1.10"), recipe(root))

    found = install.found(ground(root))
    assert found is not None
    assert found.version == "1.10"


def test_a_command_that_is_not_ready_yet_is_tried_again(root: Path) -> None:
    program = root / "bin" / "later"
    program.write_text(f"#!/bin/sh\necho x >> {root}/tries; test $(wc -l < {root}/tries) -ge 3\n")
    program.chmod(0o755)

    install.do(ground(root), Command(("later",), again_for=60.0))

    assert (root / "tries").read_text() == "x\n" * 3


def test_there_is_nothing_to_uninstall_where_nothing_is(root: Path) -> None:
    with pytest.raises(DeployMissing):
        install.uninstall(ground(root), purge=True)


def test_two_installs_at_once_are_one_too_many(root: Path) -> None:
    place = ground(root)
    with Machine().alone(place.journal), pytest.raises(DeployBusy):
        install.install(place, recipe(root))
