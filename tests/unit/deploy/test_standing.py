"""What is said of an installed container, whose node is asked inside it."""

from __future__ import annotations

import io
import os
from typing import TYPE_CHECKING

import pytest

from dpf_edge.__main__ import run as run_program
from dpf_edge.deploy import compose, install, standing
from dpf_edge.deploy.step import Left
from dpf_edge.host.installing import Machine
from tests.left_out import left_out
from tests.unit.deploy.standing_in import container, ground, left, prepare

if TYPE_CHECKING:
    from pathlib import Path

HEALTHY = '{"health": "healthy", "reasons": [], "node": null, "installed": null}'
BLIND = (
    '{"health": "needs-attention", "reasons": ["the node does not see the LAN: so"], "node": null}'
)
ENGINE = """#!/bin/sh
case "$*" in
    *--quiet) echo 0123456789ab;;
    *.Status*) echo 'Up 2 minutes (healthy)';;
    exec*) echo '{inside}';;
    *inspect*) echo {volume};;
esac
"""


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine on which the node is installed as a container."""
    prepare(tmp_path)
    monkeypatch.setenv("PATH", f"{tmp_path}/bin:{os.environ['PATH']}")
    monkeypatch.setenv("DPF_EDGE_STATE_DIR", f"{tmp_path}/nothing")
    place = ground(tmp_path, version="999.0")
    monkeypatch.setattr(standing, "journal_path", lambda: place.journal)
    install.install(place, container(tmp_path))
    return tmp_path


def engine(root: Path, inside: str, volume: str = compose.VOLUME) -> None:
    """Give the machine an engine whose container says something."""
    (root / "bin" / "docker").write_text(ENGINE.format(inside=inside, volume=volume))


@pytest.mark.parametrize(
    ("inside", "code", "says"),
    [
        (HEALTHY, 0, "healthy"),
        (BLIND, 1, "the node does not see the LAN"),
        ("", 2, "the container says nothing: Up 2 minutes (healthy)"),
        ("<html>", 2, "the container says nothing"),
        ('{"health": 1}', 2, "the container says nothing"),
        ("[" * 5000, 2, "the container says nothing"),
    ],
)
def test_status_asks_the_node_in_its_container(
    root: Path, capsys: pytest.CaptureFixture[str], inside: str, code: int, says: str
) -> None:
    engine(root, inside)

    assert run_program(["status"]) == code

    said = capsys.readouterr().out
    assert says in said
    assert "compose, 999.0: Up 2 minutes (healthy)" in said


def test_an_engine_that_is_away_is_said_to_be(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (root / "bin" / "docker").write_text("#!/bin/sh\necho 'Cannot connect' >&2; exit 1\n")

    assert run_program(["status", "--live"]) == 2

    assert "the engine does not answer" in capsys.readouterr().out


def test_the_volume_of_a_container_is_state_that_a_purge_removes_later(root: Path) -> None:
    engine(root, HEALTHY)
    volumes = [each for each in standing.kept_state(Machine()) if each.kind is Left.COMMAND]
    engine(root, HEALTHY, volume="another")
    others = [each for each in standing.kept_state(Machine()) if each.kind is Left.COMMAND]

    assert [each.argv for each in volumes] == [compose.REMOVE_VOLUME]
    assert others == []


def test_a_dry_run_of_an_uninstall_names_everything_and_removes_nothing(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = left(root)

    assert run_program(["uninstall", "--dry-run", "--purge", "--even-if-newer"]) == 0

    said = capsys.readouterr().out
    assert f"remove  {root}/etc/dpf-edge/compose.yaml" in said
    assert f"remove  {root}/etc/dpf-edge/bootstrap-token" in said
    assert " down --remove-orphans" in said
    assert "docker volume rm" in said
    assert left(root) == before


def test_an_uninstall_asks_and_takes_nothing_for_a_no(
    root: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    if os.geteuid() != 0:
        left_out("it takes an administrator")
    before = left(root)
    codes = []
    for answer in ("", "n\n", "yes\n"):
        monkeypatch.setattr("sys.stdin", io.StringIO(answer))
        codes.append(run_program(["uninstall", "--even-if-newer"]))
        if codes[-1]:
            assert left(root) == before

    assert codes == [75, 75, 0]
    assert "Remove it? [y/N]" in capsys.readouterr().err
    assert left(root) == ["bin/docker"]


@pytest.mark.parametrize("words", [("uninstall", "--yes"), ("uninstall", "--yes", "--dry-run")])
def test_a_newer_version_is_left_alone_in_one_line(
    root: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...]
) -> None:
    if os.geteuid() != 0:
        left_out("it takes an administrator")
    before = left(root)

    # It was installed by a newer program than this.
    assert run_program([*words]) == 65

    error, hint = capsys.readouterr().err.splitlines()[-2:]
    assert error.startswith("error[deploy-newer]: dpf-edge 999.0 is installed here, and this is ")
    assert "--even-if-newer" in hint
    assert left(root) == before
