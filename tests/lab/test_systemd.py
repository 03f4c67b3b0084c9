"""The node in a real systemd: started, watched, hardened, and removed without a rest."""

from __future__ import annotations

import contextlib
import json
import re
import time
from typing import TYPE_CHECKING

import pytest

from dpf_edge.deploy import compose
from tests.left_out import left_out

from . import systemd_machine
from .state import LabUnavailable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .systemd_machine import Machine

pytestmark = [pytest.mark.lab, pytest.mark.timeout(900)]

TOKEN = "dpfboot_000G40R40M30E209185GR38E1W8124GK2GAHC5R"  # noqa: S105 -- the contract's example
INSTALL = (
    *("install", "--mode", "native", "--even-if-blind", "--yes"),
    *("--authority", "https://127.0.0.1:9", "--token-file", "-"),
)
UNIT = "dpf-edge-node.service"
# CAP_NET_RAW is number 13 (capabilities(7)).
NET_RAW = 1 << 13
# The unit waits ten seconds before it starts the node anew.
AGAIN_SECONDS = 60.0


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    """A machine with a systemd; nothing is installed on it."""
    try:
        yield from systemd_machine.machine(tmp_path_factory.mktemp("systemd"))
    except LabUnavailable as reason:
        left_out(str(reason))


@pytest.fixture
def installed(machine: Machine) -> Iterator[Machine]:
    """The machine with the node installed at level `listen`."""
    done = machine.dpf_edge(*INSTALL, stdin=TOKEN)
    assert done.returncode == 0, done.stderr
    yield machine
    machine.dpf_edge("uninstall", "--yes", "--purge")


def shown(machine: Machine, name: str) -> str:
    """One property of the service."""
    return machine.must("systemctl", "show", "--value", "--property", name, UNIT).strip()


def capabilities(machine: Machine) -> list[int]:
    """The node's capability sets."""
    text = machine.must("cat", f"/proc/{shown(machine, 'MainPID')}/status")
    return [int(line.split()[1], 16) for line in text.splitlines() if line.startswith("Cap")]


def test_it_runs_as_a_user_of_its_own_without_any_capability(installed: Machine) -> None:
    text = installed.must("cat", f"/proc/{shown(installed, 'MainPID')}/status")
    uid = next(line.split()[1] for line in text.splitlines() if line.startswith("Uid:"))

    assert (shown(installed, "ActiveState"), shown(installed, "UnitFileState")) == (
        "active",
        "enabled",
    )
    # systemd.exec(5): DynamicUser= takes from this range.
    assert 61184 <= int(uid) <= 65519
    assert set(capabilities(installed)) == {0}


def test_it_has_its_token_though_the_file_is_roots_alone(installed: Machine) -> None:
    held = installed.must("stat", "--format=%a %u", "/etc/dpf-edge/bootstrap-token").strip()
    said = installed.must("journalctl", "--no-pager", "--unit", UNIT)

    assert held == "600 0"
    # It is on its way to the Authority, which is nowhere: so it has a token.
    assert "authority-unreachable" in said
    assert TOKEN not in said


def test_at_probe_it_has_the_one_capability(installed: Machine) -> None:
    done = installed.dpf_edge(*INSTALL, "--level", "probe", stdin=TOKEN)

    assert done.returncode == 0, done.stderr
    assert NET_RAW in capabilities(installed)
    assert max(capabilities(installed)) == NET_RAW


def test_status_says_what_is_installed_and_how_it_does(installed: Machine) -> None:
    done = installed.dpf_edge("status")

    assert "systemd, " in done.stdout
    assert "active (running)" in done.stdout
    assert "the node is enrolling" in done.stdout


def test_one_that_is_killed_is_started_again(installed: Machine) -> None:
    installed.must("systemctl", "kill", "--signal=KILL", UNIT)

    deadline = time.monotonic() + AGAIN_SECONDS
    while shown(installed, "NRestarts") == "0" or shown(installed, "ActiveState") != "active":
        assert time.monotonic() < deadline
        time.sleep(0.5)


@contextlib.contextmanager
def set_to(machine: Machine, *settings: str) -> Iterator[None]:
    """The service with some settings changed, as an administrator changes them, and started."""
    folder = f"/etc/systemd/system/{UNIT}.d"
    text = "\n".join(("[Service]", *settings, ""))
    machine.must("mkdir", folder)
    machine.must("tee", f"{folder}/test.conf", stdin=text)
    machine.must("systemctl", "daemon-reload")
    machine.must("systemctl", "restart", UNIT)
    try:
        yield
    finally:
        machine.must("rm", "-r", folder)
        machine.must("systemctl", "daemon-reload")


def test_one_that_hangs_is_ended_and_started_again_by_the_watchdog(installed: Machine) -> None:
    # As in the unit, in shorter times; a stopped process dies of nothing but SIGKILL.
    with set_to(installed, "WatchdogSec=3", "TimeoutAbortSec=1", "RestartSec=1"):
        hung = shown(installed, "MainPID")
        installed.must("systemctl", "kill", "--signal=STOP", UNIT)

        deadline = time.monotonic() + AGAIN_SECONDS
        while shown(installed, "NRestarts") == "0" or shown(installed, "ActiveState") != "active":
            assert time.monotonic() < deadline
            time.sleep(0.5)

        assert shown(installed, "MainPID") != hung
        said = installed.must("journalctl", "--no-pager", "--unit", UNIT)
        assert "Watchdog timeout" in said


def test_one_that_only_waits_is_left_alone_by_the_watchdog(installed: Machine) -> None:
    # Its Authority is nowhere, and it is well: several times the watchdog's span go by.
    with set_to(installed, "WatchdogSec=2"):
        first = shown(installed, "MainPID")
        seen = {shown(installed, "WatchdogTimestampMonotonic")}
        deadline = time.monotonic() + AGAIN_SECONDS
        while len(seen) < 6:
            assert time.monotonic() < deadline
            seen.add(shown(installed, "WatchdogTimestampMonotonic"))
            time.sleep(0.2)

        assert (shown(installed, "MainPID"), shown(installed, "NRestarts")) == (first, "0")


def test_a_health_check_fails_while_the_node_hangs_and_no_longer(installed: Machine) -> None:
    """W40: the very words of a container's health check, within the time that they are given."""
    (limit,) = re.findall(r"timeout: (\d+)s", compose.HEALTH)

    def check() -> int:
        live = ("python3", "-P", "-m", "dpf_edge", "status", "--live")
        return installed.run("timeout", limit, *live).returncode

    with set_to(installed, "WatchdogSec=0"):
        assert check() == 0
        installed.must("systemctl", "kill", "--signal=STOP", UNIT)
        # Its file is young at first: three rounds of writing may be missed.
        deadline = time.monotonic() + 2 * AGAIN_SECONDS
        codes = [check()]
        while codes[-1] == 0:
            assert time.monotonic() < deadline
            time.sleep(1)
            codes.append(check())
        installed.must("systemctl", "kill", "--signal=CONT", UNIT)
        deadline = time.monotonic() + AGAIN_SECONDS
        after = [check()]
        while after[-1] != 0:
            assert time.monotonic() < deadline
            time.sleep(1)
            after.append(check())

    # 2 is "down"; 124 would be timeout's own.
    assert codes[-1] == 2
    assert shown(installed, "NRestarts") == "0"


def test_the_token_is_in_no_process_list_no_log_and_no_file_but_its_own(
    installed: Machine,
) -> None:
    folders = ("/etc", "/var", "/run/log", "/run/systemd", "/usr/lib/systemd")
    held = installed.run("grep", "-rlF", "-f", "-", *folders, stdin=TOKEN).stdout.split()
    shown_to_all = installed.run(
        "sh", "-c", "cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ 2>/dev/null"
    )

    assert held == ["/etc/dpf-edge/bootstrap-token"]
    assert TOKEN not in shown_to_all.stdout
    assert "dpf_edge" in shown_to_all.stdout


def test_it_listens_on_no_port_so_none_can_be_taken(installed: Machine) -> None:
    # proc(5): 0A is LISTEN; a UDP socket that is bound and not connected has 07.
    told = installed.must("cat", "/proc/net/tcp", "/proc/net/tcp6", "/proc/net/udp")
    states = [line.split()[3] for line in told.splitlines() if ":" in line.split()[0]]

    assert not {"0A", "07"} & set(states)


def test_a_later_install_keeps_what_it_is_not_told(installed: Machine) -> None:
    done = installed.dpf_edge("install", "--yes", "--name", "till-3")
    settings = installed.must("cat", "/etc/dpf-edge/node.toml")

    assert done.returncode == 0, done.stderr
    assert 'name = "till-3"' in settings
    assert 'authority-url = "https://127.0.0.1:9"' in settings
    assert "LoadCredential=" in installed.must("systemctl", "cat", UNIT)


def test_a_disk_that_cannot_be_written_is_one_line_and_nothing_is_half_done(
    machine: Machine,
) -> None:
    machine.must("mount", "-t", "tmpfs", "-o", "ro", "tmpfs", "/etc/systemd/system")
    try:
        done = machine.dpf_edge(*INSTALL, stdin=TOKEN)
    finally:
        machine.must("umount", "/etc/systemd/system")

    error, hint = done.stderr.splitlines()[-2:]
    assert done.returncode == 73
    assert error.startswith("error[deploy-unwritten]: /etc/systemd/system/")
    assert "Read-only file system" in error
    assert "writable" in hint
    assert machine.run("ls", "/etc/dpf-edge").returncode != 0


STORE = ("--store", "sqlite:////var/lib/authority.db")


def test_on_a_single_host_without_any_network_it_enrols_and_is_trusted(machine: Machine) -> None:
    """W46: enrolment on the Authority's own host is a report that published nodes still want.

    All of it under the unit's hardening, and nothing but loopback is there: also an air gap's.
    """
    run = ("python3", "-P", "-m", "dpf_edge")
    listen = (*run, "authority", "--listen", "127.0.0.1:8470", *STORE)
    machine.must("systemd-run", "--unit=authority", "--quiet", *listen)
    try:
        issued = machine.dpf_edge("token", "issue", "--auto-approve", *STORE)
        assert issued.returncode == 0, issued.stderr
        machine.must("tee", "/root/token", stdin=issued.stdout.split()[-1])
        machine.must("chmod", "600", "/root/token")
        done = machine.dpf_edge(
            *("install", "--mode", "native", "--even-if-blind", "--yes"),
            *("--authority", "http://127.0.0.1:8470", "--token-file", "/root/token"),
        )
        assert done.returncode == 0, done.stderr

        deadline = time.monotonic() + AGAIN_SECONDS
        while True:
            node = json.loads(machine.dpf_edge("status", "--json").stdout)["node"]
            if node and node["mode"] == "trusted" and "worked" in node["turns"]["heartbeat"]:
                break
            assert time.monotonic() < deadline, node
            time.sleep(1)
        listed = machine.dpf_edge("nodes", "list", *STORE)
    finally:
        machine.dpf_edge("uninstall", "--yes", "--purge")
        machine.must("systemctl", "stop", "authority")
        machine.must(
            "sh", "-c", "rm -rf /root/token /var/lib/authority.db* /var/lib/dpf-edge-auth*"
        )

    assert node["nodeId"] in listed.stdout


def test_systemd_rates_the_running_service_ok_or_better(installed: Machine) -> None:
    installed.must("systemd-analyze", "security", "--no-pager", "--threshold=50", UNIT)


def test_an_uninstall_leaves_the_state_and_a_purge_not_that_either(installed: Machine) -> None:
    assert installed.dpf_edge("uninstall", "--yes").returncode == 0
    after = installed.run(
        "sh", "-c", "ls -d /etc/dpf-edge /etc/systemd/system/*dpf* /var/log/*dpf*"
    )
    kept = installed.must("ls", "/var/lib/private/dpf-edge-node/")

    assert after.stdout == ""
    assert "memory.json" in kept
    assert installed.dpf_edge("uninstall", "--yes", "--purge").returncode == 0
    assert installed.run("sh", "-c", "ls -d /var/lib/*dpf* /var/lib/private/*dpf*").stdout == ""
    assert installed.dpf_edge("uninstall", "--yes", "--purge").returncode == 66


def test_what_does_not_start_is_not_installed(machine: Machine) -> None:
    machine.must("mkdir", "-p", "/var/lib/private")
    machine.must("sh", "-c", "echo broken > /var/lib/private/dpf-edge-node")
    try:
        done = machine.dpf_edge(*INSTALL, stdin=TOKEN)
    finally:
        machine.must("rm", "-f", "/var/lib/private/dpf-edge-node")

    assert done.returncode == 71, done.stderr
    error, hint = done.stderr.splitlines()[-2:]
    assert error.startswith("error[deploy-failed]")
    assert "journalctl --unit dpf-edge-node" in hint
    # Taken back as it is, its reason still stands there.
    assert UNIT in machine.must("journalctl", "--no-pager", "--unit", UNIT)
    assert machine.run("ls", "/etc/dpf-edge").returncode != 0
