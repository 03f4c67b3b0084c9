"""Windows' seam on a Windows that runs: its tables, registry, access lists and local socket."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from dpf_edge.errors import Absent, Failed
from dpf_edge.host import (
    capture,
    hardware,
    local_socket,
    network_tables,
    private_file,
    windows_acl,
)
from dpf_edge.host.live import live
from dpf_edge.vantage.diagnose import diagnose

if TYPE_CHECKING:
    from pathlib import Path

VERSION = "HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion"


def test_the_loopback_is_there_and_is_no_hardware() -> None:
    found = [each for each in live().interfaces() if each.kind == "loopback"]
    assert [each.hardware for each in found] == [False]
    assert "127.0.0.1/8" in {address.address for address in found[0].addresses}


def test_every_link_is_found_by_its_name_as_by_its_number() -> None:
    for number, name in network_tables.link_names().items():
        assert network_tables.link_names()[network_tables.index(name)] == name
        assert number > 0
    with pytest.raises(OSError, match="no such interface"):
        network_tables.index("nowhere")


def test_every_route_leaves_by_a_link_that_is_there() -> None:
    host = live()
    names = {each.name for each in host.interfaces()}
    assert {each.dev for each in host.routes()} <= names


def test_the_machine_is_windows_and_says_its_build() -> None:
    machine = live().machine()
    assert machine.system == "Windows"
    assert machine.release is not None
    assert len(machine.release.split(".")) == 3
    assert machine.hostname


def test_of_the_registry_the_list_is_read_and_nothing_else() -> None:
    host = live()
    assert f"{VERSION}\\CurrentBuild" in host.registry_values(VERSION)
    assert str(host.registry(f"{VERSION}\\CurrentBuild")).isdecimal()
    with pytest.raises(Absent, match="not on the list"):
        host.registry("HKLM\\SOFTWARE\\Microsoft\\Cryptography\\MachineGuid")


def test_no_file_of_linux_is_looked_for() -> None:
    with pytest.raises(Absent):
        live().read("/proc/version")
    assert not live().is_dir("/mnt/wsl")


def test_a_capture_of_it_is_read_back_and_judged_alike() -> None:
    host = live()
    taken = capture.record(host)
    replayed = capture.Replay(capture.decode(capture.encode(taken), "taken"))
    assert replayed.interfaces() == host.interfaces()
    assert replayed.registry_values(VERSION) == host.registry_values(VERSION)
    assert diagnose(replayed) == diagnose(host)


def test_a_new_private_folder_is_given_to_this_account_and_files_are_kept_in_it(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "state"
    private_file.prepare(str(folder))
    private_file.write(str(folder / "secret"), b"well")
    assert private_file.read(str(folder / "secret")) == b"well"
    assert windows_acl.own_sid() in windows_acl.private(windows_acl.own_sid())
    with pytest.raises(Failed):
        windows_acl.protect(str(tmp_path / "nowhere"))


def test_the_local_socket_speaks_to_whoever_has_the_key_and_to_nobody_else(tmp_path: Path) -> None:
    path = tmp_path / "node.sock"

    async def go() -> tuple[bytes | None, bytes]:
        async with local_socket.said_at(str(path), lambda: b"well"):
            heard = await asyncio.to_thread(local_socket.heard_at, str(path), 5.0)
            port = int(path.read_text().split()[0])
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(b"0" * 64)
            try:
                stranger = await reader.read()
            except ConnectionError:
                stranger = b""
            writer.close()
            return heard, stranger

    assert asyncio.run(go()) == (b"well", b"")
    assert not path.exists()


def test_the_machine_tells_its_memory_and_has_a_name_of_its_own() -> None:
    assert (hardware.memory_bytes() or 0) > 1 << 20
    told = hardware.machine_fingerprint()
    assert told is None or len(told) == 64
