"""The lab keeps to itself: no way out, nothing of the machine's own in it, no trace after it."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from . import commands, net, traces
from .asking import read
from .conftest import KEEP
from .stage import down
from .state import CHECKOUT, LabUnavailable, only_one

if TYPE_CHECKING:
    from .lab import Lab


def test_this_machine_s_own_files_are_untouched(lab: Lab) -> None:
    assert "microsoft" not in Path("/proc/sys/kernel/osrelease").read_text()
    for path in ("/usr/bin/wslinfo", "/run/WSL", "/mnt/wsl", "/mnt/docker-desktop-disk"):
        assert not Path(path).exists(), path


def test_nothing_of_the_lab_has_the_machine_s_own_adapter_or_address(lab: Lab) -> None:
    own = read(commands.run(["ip", "-d", "-j", "addr"]))
    adapters = {link["address"] for link in own if link["ifname"] != "lo" and "address" in link}
    addresses = {a["local"] for link in own if link["ifname"] != "lo" for a in link["addr_info"]}
    for name in traces.namespaces():
        for link in read(commands.run(["ip", "-n", name, "-d", "-j", "addr"])):
            assert link.get("address") not in adapters - {""}, (name, link["ifname"])
            assert not {a["local"] for a in link["addr_info"]} & addresses, (name, link["ifname"])


def test_no_link_of_the_lab_ends_on_the_machine(lab: Lab) -> None:
    # A way out of a namespace is a link whose other end lies in another one. The machine's own
    # links that have such an end, by the lab's names or by MAC, would be the lab's.
    macs = {
        link["address"]
        for name in traces.namespaces()
        for link in read(commands.run(["ip", "-n", name, "-j", "link"]))
        if link["ifname"] != "lo"
    }
    for link in read(commands.run(["ip", "-d", "-j", "link"])):
        assert not str(link.get("link_netns", "")).startswith(net.PREFIX), link
        assert link["ifname"] == "lo" or link.get("address") not in macs, link


def test_the_router_leads_nowhere(lab: Lab) -> None:
    routes = read(commands.run([*lab.router.where.argv, "ip", "-j", "route"]))

    assert [route["dst"] for route in routes] == ["192.168.0.0/24"]


def test_no_engine_runs_in_the_machine_s_own_network(lab: Lab) -> None:
    own = Path("/proc/self/ns/net").stat().st_ino
    for pid in traces.processes():
        assert Path(f"/proc/{pid}/ns/net").stat().st_ino != own, pid


def test_a_place_runs_with_environment_and_input(lab: Lab) -> None:
    for name in ("linux-host", "linux-host/bridge", "linux-host/nested/bridge"):
        done = lab.places[name].run(["sh", "-c", "cat; echo $GIVEN"], env={"GIVEN": "b"}, stdin="a")
        assert done.stdout == "ab\n", name


def test_a_place_ends_what_takes_too_long(lab: Lab) -> None:
    with pytest.raises(commands.TooSlow):
        lab.places["linux-host/bridge"].run(["sleep", "60"], timeout=0.5)


def test_there_is_only_one_lab(lab: Lab) -> None:
    with pytest.raises(LabUnavailable, match="only one lab at a time"), only_one():
        pass


def test_status_is_told_to_another_process(lab: Lab) -> None:
    words = [sys.executable, "-m", "tests.lab", "enter", "docker-desktop/host", "hostname"]
    done = commands.run(["env", "-C", str(CHECKOUT), *words])

    assert done.stdout == "docker-desktop\n", done.stderr


@pytest.mark.lab_last
def test_down_leaves_no_trace(lab: Lab) -> None:
    if os.environ.get(KEEP):
        pytest.skip(f"{KEEP} is set: the lab is to stay")
    down()

    assert traces.traces() == []
    assert "dpf-edge-lab" not in Path("/proc/self/mountinfo").read_text()
    down()  # with nothing standing it is quiet
