"""macOS as a host, on tools that print what a Mac's print: nothing of it was run on a Mac."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from dpf_edge.errors import Absent, HostError
from dpf_edge.host import capture, darwin, darwin_network
from dpf_edge.host.darwin import DarwinHost
from dpf_edge.model import Answer, Vantage
from dpf_edge.vantage.diagnose import diagnose

from .test_darwin_text import ARP, IFCONFIG, NDP, NETSTAT, PORTS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

TOOLS = {"IFCONFIG": IFCONFIG, "PORTS": PORTS, "ROUTES": NETSTAT, "ARP": ARP, "NDP": NDP}


@pytest.fixture
def tool(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], None]:
    """Puts a script in the place of one of macOS' tools."""

    def put(name: str, script: str) -> None:
        path = tmp_path / name
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)
        where = darwin if name == "SW_VERS" else darwin_network
        monkeypatch.setattr(where, name, (str(path), *getattr(where, name)[1:]))

    return put


@pytest.fixture
def mac(tool: Callable[[str, str], None], tmp_path: Path) -> DarwinHost:
    """A Mac on Wi-Fi at home, with a VPN."""
    for name, text in TOOLS.items():
        (tmp_path / f"{name}.txt").write_text(text)
        tool(name, f"cat {tmp_path}/{name}.txt")
    tool("SW_VERS", '[ "$*" = -productVersion ] && echo 15.1.1')
    return DarwinHost()


def test_it_says_its_system_and_version(mac: DarwinHost) -> None:
    told = mac.machine()

    assert ("Darwin", "macOS 15.1.1") == (told.system, told.version)


def test_its_own_card_is_on_the_lan_and_it_is_never_surer_than_four_fifths(
    mac: DarwinHost,
) -> None:
    """Whether the Local Network permission was given, nothing that can be read tells."""
    found = diagnose(mac)

    assert (Vantage.MACOS_NATIVE, Answer.YES) == (found.vantage, found.lan.answer)
    assert ("en0", "192.168.1.9") == (found.lan.interface, found.lan.address)
    assert found.lan.confidence <= 0.8
    assert "macos-local-network" in [each.code for each in found.advice]


def test_a_capture_of_it_is_judged_as_it_is(mac: DarwinHost) -> None:
    taken = capture.encode(capture.record(mac, time="2026-11-23T00:00:00Z"))

    replayed = capture.Replay(capture.decode(taken, "taken"))

    assert diagnose(mac) == diagnose(replayed)
    assert 6 == len(replayed.neighbours())


def test_nothing_of_linux_is_read_there(mac: DarwinHost) -> None:
    for path in ("/proc/version", "/etc/os-release", "/.dockerenv"):
        with pytest.raises(Absent):
            mac.read(path)
    with pytest.raises(Absent):
        mac.run("wslinfo", "--version")
    assert not mac.is_dir("/run/WSL")
    assert () == mac.rules()


@pytest.mark.parametrize(
    "script", ["exit 1", "exec sleep 60", "cat /dev/zero", "printf '\\377\\0'"]
)
def test_a_tool_that_fails_hangs_or_floods_costs_its_table_and_no_more(
    mac: DarwinHost,
    tool: Callable[[str, str], None],
    monkeypatch: pytest.MonkeyPatch,
    script: str,
) -> None:
    monkeypatch.setattr(darwin_network, "SECONDS", 0.5)
    for name in ("ARP", "NDP", "ROUTES", "PORTS", "SW_VERS"):
        tool(name, script)

    taken = capture.record(mac)

    assert ((), ()) == (taken.neighbours, taken.routes)
    assert "192.168.1.9/24" in [
        address.address for each in taken.interfaces for address in each.addresses
    ]
    assert diagnose(capture.Replay(taken)).vantage is Vantage.MACOS_NATIVE


def test_without_ifconfig_it_cannot_be_told(
    mac: DarwinHost, tool: Callable[[str, str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(darwin_network, "IFCONFIG", ("/nowhere/ifconfig",))

    with pytest.raises(HostError):
        mac.interfaces()
    assert diagnose(mac).lan.answer is not Answer.YES
