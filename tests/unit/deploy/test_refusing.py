"""What an install leaves alone: what is somebody else's, newer, planted, or cannot be written."""

from __future__ import annotations

import ctypes
import os
from typing import TYPE_CHECKING

import msgspec
import pytest

from dpf_edge.deploy import install, journal
from dpf_edge.deploy.journal import Journal, Phase
from dpf_edge.deploy.step import Left, Recovery, Service, Trace
from dpf_edge.deploy.step import Recipe as Steps
from dpf_edge.errors import (
    DeployForeign,
    DeployJournal,
    DeployNewer,
    DeployUnwritten,
)
from tests.left_out import left_out
from tests.unit.deploy.standing_in import (
    INSTALLED,
    ground,
    left,
    recipe,
)

if TYPE_CHECKING:
    from pathlib import Path


def test_a_file_of_somebody_else_is_not_written_over(root: Path) -> None:
    unit = root / "units/dpf-edge-node.service"
    unit.write_text("somebody's own\n")

    with pytest.raises(DeployForeign, match=r"dpf-edge-node\.service"):
        install.install(ground(root), recipe(root))

    assert unit.read_text() == "somebody's own\n"
    assert not (root / "calls").exists()
    assert not (root / "etc/dpf-edge").exists()


class Others:
    """A service manager that has a service of somebody else's."""

    def state(self, name: str) -> str | None:
        """There is one."""
        del name
        return "stopped"

    def make(self, service: Service) -> None:
        """It is not to be made over."""
        raise AssertionError(service)

    def remove(self, name: str) -> None:
        """Nor removed."""
        raise AssertionError(name)


def test_a_service_of_somebody_else_is_not_taken_over(root: Path) -> None:
    service = Service("dpf-edge-node", "", "", "x", "y", Recovery((1, 2, 3), 4), ())
    place = ground(root)._replace(services=Others())

    with pytest.raises(DeployForeign, match="dpf-edge-node"):
        install.install(place, Steps("windows-service", (service,)))

    assert left(root) == []


def test_a_link_in_the_place_of_a_file_is_not_written_through(root: Path) -> None:
    install.install(ground(root), recipe(root))
    unit, other = root / "units/dpf-edge-node.service", root / "other"
    other.write_text("precious")
    unit.unlink()
    unit.symlink_to(other)

    with pytest.raises(DeployUnwritten, match="symbolic link"):
        install.install(ground(root), recipe(root, token=None))

    assert other.read_text() == "precious"


def test_a_newer_install_is_left_alone(root: Path) -> None:
    install.install(ground(root, version="2.0"), recipe(root))

    with pytest.raises(DeployNewer, match=r"2\.0"):
        install.install(ground(root, version="1.10"), recipe(root))
    with pytest.raises(DeployNewer):
        install.uninstall(ground(root, version="1.10"), purge=False)
    assert left(root) == INSTALLED


def test_a_newer_install_gives_way_where_that_is_said(root: Path) -> None:
    install.install(ground(root, version="2.0"), recipe(root))
    install.install(ground(root, version="1.10"), recipe(root), even_if_newer=True)

    found = install.found(ground(root))
    assert found is not None
    assert found.version == "1.10"
    install.install(ground(root, version="3.0"), recipe(root))
    install.uninstall(ground(root, version="1.10"), purge=True, even_if_newer=True)
    assert left(root) == []


@pytest.mark.parametrize("which", ["etc", "units"])
def test_a_disk_that_cannot_be_written_is_named_and_nothing_is_half_done(
    root: Path, which: str
) -> None:
    if os.geteuid() != 0:
        left_out("a disk of one's own needs root")
    child = os.fork()
    if child == 0:
        code = 1
        try:
            code = on_a_read_only(root / which, root)
        finally:
            os._exit(code)

    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 73
    assert left(root) == []


def on_a_read_only(folder: Path, root: Path) -> int:
    """Install in mounts of this process's own, where a folder is read-only: the exit code."""
    libc = ctypes.CDLL(None, use_errno=True)
    # unshare(CLONE_NEWNS), mount(MS_REC | MS_PRIVATE), mount(MS_RDONLY).
    assert libc.unshare(0x20000) == 0
    assert libc.mount(b"none", b"/", None, 0x44000, None) == 0
    assert libc.mount(b"tmpfs", str(folder).encode(), b"tmpfs", 1, None) == 0
    with pytest.raises(DeployUnwritten, match="Read-only") as caught:
        install.install(ground(root), recipe(root))
    assert str(folder) in str(caught.value)
    assert "writable" in (caught.value.hint or "")
    assert not (root / "etc/dpf-edge").exists()
    return caught.value.exit_code


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b"\xff", b'{"target": 1}', b"[" * 100_000])
def test_a_journal_that_is_none_is_said_to_be_so(root: Path, data: bytes) -> None:
    with pytest.raises(DeployJournal):
        journal.decode("installed.json", data)


def test_a_journal_of_a_later_format_is_left_alone() -> None:
    with pytest.raises(DeployNewer):
        journal.decode("installed.json", b'{"dpf-edge-installed": 2}')


@pytest.mark.parametrize(("mode", "which"), [(0o777, "folder"), (0o666, "file")])
def test_a_journal_that_others_can_write_is_not_gone_by(root: Path, mode: int, which: str) -> None:
    install.install(ground(root), recipe(root))
    journal_file = root / "etc/dpf-edge/installed.json"
    (journal_file.parent if which == "folder" else journal_file).chmod(mode)

    with pytest.raises(DeployJournal, match="can be written by others"):
        install.uninstall(ground(root), purge=True)

    assert left(root) == INSTALLED


def test_a_journal_of_another_user_is_not_gone_by(root: Path) -> None:
    if os.geteuid() != 0:
        left_out("only root gives a file away")
    install.install(ground(root), recipe(root))
    os.chown(root / "etc/dpf-edge/installed.json", 65534, 65534)

    with pytest.raises(DeployJournal, match="belongs to user 65534"):
        install.install(ground(root), recipe(root))


@pytest.mark.parametrize(
    "trace",
    [
        Trace(Left.COMMAND, argv=("cmd.exe", "/c", "evil")),
        Trace(Left.TREE, r"C:\Windows"),
        Trace(Left.FILE, "{folder}/../../x"),
        Trace(Left.SERVICE, "WinDefend"),
    ],
)
def test_on_windows_a_journal_takes_back_only_what_an_install_leaves(
    root: Path, trace: Trace
) -> None:
    folder = root / "etc/dpf-edge"
    folder.mkdir()
    planted = msgspec.structs.replace(trace, path=trace.path.format(folder=folder))
    told = Journal(
        target="windows-service", version="1.2", phase=Phase.INSTALLED, traces=(planted,)
    )
    (folder / "installed.json").write_bytes(journal.encode(told))

    with pytest.raises(DeployJournal, match="none of an install's"):
        install.uninstall(ground(root)._replace(services=Others()), purge=True)

    assert left(root) == ["etc/dpf-edge", "etc/dpf-edge/installed.json"]
