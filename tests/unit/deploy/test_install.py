"""An install is whole, or it is not there: interrupted anywhere, the next run ends it."""

from __future__ import annotations

import ctypes
import os
import signal
import stat
from typing import TYPE_CHECKING

import msgspec
import pytest

from dpf_edge.deploy import compose, install, journal, systemd
from dpf_edge.deploy.journal import Journal, Phase
from dpf_edge.deploy.node_file import Wanted
from dpf_edge.deploy.step import Command, File, Left, Recovery, Service, Trace
from dpf_edge.deploy.step import Recipe as Steps
from dpf_edge.errors import (
    DeployBusy,
    DeployFailed,
    DeployForeign,
    DeployJournal,
    DeployMissing,
    DeployNewer,
    DeployUnwritten,
)
from dpf_edge.host.installing import Machine
from dpf_edge.level import Level
from tests.unit.deploy import standing_in
from tests.unit.deploy.standing_in import TOKEN, container, ground, left, prepare, recipe

if TYPE_CHECKING:
    from pathlib import Path

    from dpf_edge.deploy.step import Recipe

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
# More than any of these has changes: what is not killed by then is through.
MOST_CHANGES = 60


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine to install on."""
    prepare(tmp_path)
    monkeypatch.setenv("PATH", f"{tmp_path}/bin:{os.environ['PATH']}")
    return tmp_path


def calls(root: Path) -> list[str]:
    """What systemctl was told."""
    return (root / "calls").read_text().splitlines()


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


def without_docker(root: Path) -> list[str]:
    """What stands there, but for the engine's stand-in."""
    return [each for each in left(root) if each != "bin/docker"]


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


@pytest.mark.skipif(os.geteuid() != 0, reason="a disk of one's own needs root")
@pytest.mark.parametrize("which", ["etc", "units"])
def test_a_disk_that_cannot_be_written_is_named_and_nothing_is_half_done(
    root: Path, which: str
) -> None:
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


def test_an_older_install_is_upgraded(root: Path) -> None:
    install.install(ground(root, version="1.9"), recipe(root))
    install.install(ground(root, version="1.10"), recipe(root))

    found = install.found(ground(root))
    assert found is not None
    assert found.version == "1.10"


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


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives a file away")
def test_a_journal_of_another_user_is_not_gone_by(root: Path) -> None:
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
