"""The probe under every shell that it may meet: what it prints fits, and is what we would read."""

from __future__ import annotations

import ipaddress
import json
import os
import shutil
import sys
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from dpf_edge.host import allowed, capture
from dpf_edge.host.engines import probe
from tests.left_out import left_out
from tests.test_cases import schema

from .spaces import run

if TYPE_CHECKING:
    from pathlib import Path

    from dpf_edge.host.capture import Capture
    from dpf_edge.model import Interface

    from .spaces import Space

SHELLS = {"dash": ("dash",), "busybox": ("busybox", "sh"), "bash": ("bash", "--posix")}
# All that the probe starts but ip and wslinfo. BusyBox's shell has these built in, and ip too.
PROGRAMS = ("cat", "sed", "tr", "wc", "readlink", "uname", "id")


# BusyBox's shell brings its own ip wherever it is.
PLACES = [
    (shell, ip) for shell in SHELLS for ip in ("ip", "no-ip") if (shell, ip) != ("busybox", "no-ip")
]


def found(name: str) -> tuple[str, ...]:
    """A shell's command line; what is not installed is skipped, dash never and nothing in CI."""
    argv = SHELLS[name]
    if shutil.which(argv[0]) is None:
        if name == "dash":
            pytest.fail("dash is not installed", pytrace=False)
        left_out(f"{argv[0]} is not installed")
    return argv


@pytest.fixture(params=PLACES, ids="-".join)
def shell(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[str, ...]:
    """A shell, with ip(8) on its PATH or without."""
    name, ip = request.param
    argv = found(name)
    if ip == "ip":
        return argv
    for program in PROGRAMS:
        (tmp_path / program).symlink_to(str(shutil.which(program)))
    return ("env", f"PATH={tmp_path}", str(shutil.which(argv[0])), *argv[1:])


def has_details(shell: tuple[str, ...]) -> bool:
    """Whether the shell finds iproute2's ip, which tells all there is."""
    return shell[0] in {"dash", "bash"}


def checked(text: bytes) -> Capture:
    """What the probe printed, after it was held against the contract."""
    schema("capture-1").validate(json.loads(text))
    return capture.decode(text, "probe")


def members(value: Any) -> dict[str, Any]:
    """The fields of a value that are known: what could not be read says nothing."""
    return {name: got for name, got in msgspec.structs.asdict(value).items() if got is not None}


def agrees(probed: Any, live: Any) -> bool:
    """Whether all that the probe knows of a thing is so."""
    return members(probed).items() <= members(live).items()


def plain(text: str) -> str:
    """A text as the probe writes it: a ? for each byte that is not ASCII."""
    return "".join(each if each.isascii() else "?" * len(each.encode()) for each in text)


def addresses(interface: Interface) -> dict[Any, tuple[bool, bool, bool]]:
    """Each address with its flags: without ip, IPv6 addresses are written in full."""
    return {
        ipaddress.ip_interface(each.address): (each.dynamic, each.noprefixroute, each.deprecated)
        for each in interface.addresses
    }


def compare(probed: Capture, live: Capture, shell: tuple[str, ...]) -> None:
    """Hold what the probe printed against the live capture of the same place."""
    assert agrees(probed.machine, live.machine)
    assert probed.env == live.env
    assert probed.directories == live.directories
    assert probed.links == live.links
    assert probed.names == live.names
    assert probed.files.keys() == live.files.keys()
    for path, text in live.files.items():
        # The processes and the moment are different ones.
        assert probed.files[path] == (plain(text) if isinstance(text, str) else text), path

    assert [each.name for each in probed.interfaces] == [each.name for each in live.interfaces]
    for interface, told in zip(probed.interfaces, live.interfaces, strict=True):
        known = {**members(interface), "addresses": told.addresses}
        if not (has_details(shell) or interface.peer_elsewhere):
            del known["peer_elsewhere"]  # what was not seen is not written
        assert known.items() <= members(told).items()
        own, there = addresses(interface), addresses(told)
        if has_details(shell):
            assert own == there
        for address, flags in own.items():
            # Of a flag only its presence is told.
            assert all(not flag or so for flag, so in zip(flags, there[address], strict=True))

    pairs = (
        (probed.routes, live.routes),
        (probed.rules, live.rules),
        (probed.neighbours, live.neighbours),
    )
    for some, every in pairs:
        for each in some:
            assert any(agrees(each, told) for told in every), each
        if has_details(shell):
            assert len(some) == len(every)


def test_it_prints_a_capture_of_where_it_runs(busy: Space, shell: tuple[str, ...]) -> None:
    live, done = busy.captured(), busy.run(*shell, "-s", stdin=probe())

    assert (0, b"") == (done.returncode, done.stderr)
    compare(checked(done.stdout), live, shell)


def test_what_it_leaves_out_is_known(busy: Space, shell: tuple[str, ...]) -> None:
    """With iproute2's ip it knows all; without, what /proc tells of addresses and routes."""
    live, probed = busy.captured(), busy.probed(shell)

    if has_details(shell):
        for interface, told in zip(probed.interfaces, live.interfaces, strict=True):
            other = told.kind == "other"
            assert other or (told.kind, told.up, told.index, told.peer_index, told.hardware) == (
                interface.kind,
                interface.up,
                interface.index,
                interface.peer_index,
                interface.hardware,
            )
            assert told.peer_elsewhere == interface.peer_elsewhere
    own = {each.name: addresses(each) for each in probed.interfaces}
    assert ipaddress.ip_interface("127.0.0.1/8") in own["lo"]
    assert ipaddress.ip_interface("10.2.0.5/16") in own["eth0"]
    assert (True, False, True) == own["eth0"][ipaddress.ip_interface("fd00:2::5/64")]
    assert ("default", "10.2.0.1", "eth0") in {(r.to, r.via, r.dev) for r in probed.routes}
    assert ("10.1.0.3", "02:00:00:00:00:03", "v0") in {
        (each.address, each.mac, each.dev) for each in probed.neighbours
    }


def test_a_namespace_with_nothing_in_it(empty: Space, shell: tuple[str, ...]) -> None:
    compare(empty.probed(shell), empty.captured(), shell)


def test_in_a_place_of_its_own_it_knows_a_link_by_what_sys_says(
    root: None, shell: tuple[str, ...]
) -> None:
    """With /sys mounted anew, as in a container: no link is another namespace's."""
    script = """
mount -t sysfs sys /sys && ip link set lo up &&
echo 0 >/proc/sys/net/ipv6/conf/default/accept_dad &&
ip link add eth0 address 02:00:00:00:00:01 mtu 1400 type veth peer name far &&
ip link add br0 type bridge && ip tuntap add tap0 mode tap && ip tuntap add tun0 mode tun &&
ip link set eth0 up && ip link set far up && ip addr add 10.9.0.1/24 dev eth0 &&
"$0" -m dpf_edge capture && printf '\\036' && exec "$@" -s
"""
    names = ("unshare", "--mount", "--net", "sh", "-c", script, sys.executable)
    done = run(*names, *shell, stdin=probe())

    assert (0, b"") == (done.returncode, done.stderr)
    first, second = done.stdout.split(b"\x1e")
    live, probed = capture.decode(first, "live"), checked(second)
    compare(probed, live, shell)
    known = {each.name: each for each in probed.interfaces}
    eth0 = known["eth0"]
    assert ("02:00:00:00:00:01", 1400, True, False) == (eth0.mac, eth0.mtu, eth0.up, eth0.hardware)
    assert eth0.index == next(each.index for each in live.interfaces if each.name == "eth0")
    assert ("bridge", "tap") == (known["br0"].kind, known["tap0"].kind)


def test_a_namesake_of_a_card_is_not_taken_for_it(
    empty: Space, shell: tuple[str, ...], card: str
) -> None:
    """Entered by nsenter(1), /sys shows this machine's card by the name, index and MAC of ours."""
    name = card
    index, mac = (
        run("cat", f"/sys/class/net/{name}/{each}").stdout.decode().strip()
        for each in ("ifindex", "address")
    )
    empty.do(
        f"ip link add name {name} index {index} address {mac} type veth peer name other",
        f"ip link set {name} up",
        "ip link set other up",
        f"ip addr add 10.9.0.1/24 dev {name}",
    )

    seen = next(each for each in empty.probed(shell).interfaces if each.name == name)

    assert seen.hardware is not True
    assert (None, None) == (seen.driver, seen.bus)
    assert seen.kind in {"veth", None}


HOSTILE = {
    "os-release": b'NAME="a \\"b\\" \\\\ c\\"\n\\\nPRETTY_NAME=\'x\'\n$(id)`id`%s%n\\n\\u0041\n',
    "resolv.conf": b"\xff\xfe\xc3\xa4\x80\nnameserver 10.0.0.1\r\n\x1b[31m\x07\x7f\0end",
    "hostname": b"no-line-feed",
    "wsl.conf": b"\n\n  [wsl2]\t\n\n" + b"x" * 200_000 + b"\n" + b'"' * 5_000,
    "hosts": (
        b"\xef\xbb\xbf127.0.0.1 localhost\n"
        b" \t192.168.65.254 \t host.docker.internal\t\tother # host.lima.internal\n"
        b"192.168.65.254 host.docker.internal\r\n"
        b"fdc4:f303:9324::254 a.host.docker.internal host.docker.internal#x\n"
        b"# 10.0.0.9 host.orb.internal\n"
        b"host.orb.internal\n"
        b"10.0.0.7 gatewayxdocker.internal\n"
        b'"\\\x1b\xff*$(id) gateway.docker.internal\n'
        + b"10.0.0.8 "
        + b"a " * 5_000
        + b"host.containers.internal\n"
        b"10.0.0.10 host.rancher-desktop.internal"
    ),
}


def expected(data: bytes) -> str:
    """A file's text as the probe writes it."""
    kept = bytes(byte for byte in data if byte in b"\t\n\r" or 32 <= byte != 127)
    return "".join(chr(byte) if byte < 128 else "?" for byte in kept)


def test_whatever_the_files_hold_it_prints_json(
    root: None, tmp_path: Path, shell: tuple[str, ...]
) -> None:
    folder = tmp_path / "hostile"
    folder.mkdir()
    for name, data in HOSTILE.items():
        (folder / name).write_bytes(data)
    script = f'mount -t tmpfs made /etc && cp {folder}/* /etc/ && exec "$@" -s'
    env = {**os.environ, "container": 'a"b\\c\n\x1b\t', "WSL_INTEROP": "$(id) *"}
    names = ("unshare", "--mount", "--net", "sh", "-c", script, "sh")
    done = run(*names, *shell, stdin=probe(), env=env)

    assert (0, b"") == (done.returncode, done.stderr)
    told = checked(done.stdout)
    for name, data in HOSTILE.items():
        if name != "hosts":
            assert expected(data) == told.files[f"/etc/{name}"]
    assert {"container": 'a"b\\c\n\t', "WSL_INTEROP": "$(id) *"} == told.env
    assert {
        "host.docker.internal": ("192.168.65.254", "fdc4:f303:9324::254"),
        "gateway.docker.internal": ('"\\?*$(id)',),
        "host.containers.internal": ("10.0.0.8",),
        "host.rancher-desktop.internal": ("10.0.0.10",),
    } == told.names


def test_what_is_no_file_holds_nothing_up(
    root: None, tmp_path: Path, shell: tuple[str, ...]
) -> None:
    """A pipe, a folder, a device and an endless file under known names, and no hosts file."""
    script = """
mount -t tmpfs made /etc && mkfifo /etc/hostname /etc/hosts && mkdir /etc/resolv.conf &&
ln -s /dev/zero /etc/os-release && : >/etc/wsl.conf && truncate -s 3000000 /etc/wsl.conf &&
exec "$@" -s
"""
    done = run("unshare", "--mount", "--net", "sh", "-c", script, "sh", *shell, stdin=probe())

    assert (0, b"") == (done.returncode, done.stderr)
    told = checked(done.stdout)
    assert not [path for path in told.files if path.startswith("/etc/")]
    assert {} == told.names


def test_a_link_may_be_called_anything(empty: Space, shell: tuple[str, ...]) -> None:
    names = [b"*", b'a"b\\c', b"\x1b[31m", b"$(id)", b"\xff1", b"a@b", b"-o", b"~"]
    for name in names:
        done = empty.run("ip", "link", "add", b"name", name, "type", "bridge")
        assert 0 == done.returncode, done.stderr
    done = empty.run(*shell, "-s", stdin=probe())

    assert (0, b"") == (done.returncode, done.stderr)
    told = checked(done.stdout)
    assert ["lo", *(expected(name) for name in names)] == [each.name for each in told.interfaces]


def test_it_asks_wslinfo_without_giving_it_the_script_to_read(
    tmp_path: Path, shell: tuple[str, ...]
) -> None:
    folder = tmp_path / "wsl"
    folder.mkdir()
    wslinfo = folder / "wslinfo"
    wslinfo.write_text('#!/bin/sh\n/bin/cat\necho "mode $*"; echo noise >&2; exit 3\n')
    wslinfo.chmod(0o755)
    path = next(
        (each.removeprefix("PATH=") for each in shell if each.startswith("PATH=")),
        os.environ["PATH"],
    )
    words = [each for each in shell if each != "env" and not each.startswith("PATH=")]
    done = run("env", f"PATH={folder}:{path}", *words, "-s", stdin=probe())

    assert (0, b"") == (done.returncode, done.stderr)
    (ran,) = checked(done.stdout).commands
    assert (("wslinfo", "--networking-mode"), 3, "mode --networking-mode\n", "") == (
        ran.argv,
        ran.status,
        ran.stdout,
        ran.stderr,
    )


def test_its_lists_are_those_of_the_live_host() -> None:
    """The shell cannot import them, so the two are held together here."""
    script = probe().decode()
    words = set(script.replace("\\\n", " ").replace(";", " ").split())

    assert {*allowed.FILES, *allowed.DIRECTORIES, *allowed.NAMES, *allowed.VARIABLES} <= words
    for point in allowed.MOUNT_POINTS:
        assert f"$at{point.replace('.', chr(92) * 2 + '.')} #b told" in script
    for kind in allowed.MOUNT_TYPES | allowed.LAYERED_TYPES:
        assert f"/ - {kind.replace('.', chr(92) + '.')} /{{p;d;}}" in script


@pytest.mark.parametrize("name", SHELLS)
def test_its_filters_keep_what_the_live_ones_keep(name: str, tmp_path: Path) -> None:
    """Each filter by itself, on texts of every sort that it tells apart."""
    argv = found(name)
    mounts = "".join(
        f"36 35 98:0 {at} {point} rw,noatime master:1 - {kind} source rw,user=x,y=- 9p z\n"
        for at in ("/", "/docker/x")
        for point in (*sorted(allowed.MOUNT_POINTS), "/etc/hosts2", "/mnt/c", "/etc/resolvxconf")
        for kind in (*sorted(allowed.MOUNT_TYPES | allowed.LAYERED_TYPES), "cifs", "ext4", "9px")
    )
    texts = {
        "telling_mounts": (
            allowed.telling_mounts,
            mounts + "short\n1 2 3:4 / / rw - ext4 /dev/x\n",
        ),
        "flags_line": (allowed.flags_line, "vendor: x\nflags2: no\nflags\t\t: fpu\nflags: other\n"),
        "container_entry": (allowed.container_entry, "A=1\0container=lxc\0xcontainer=no\0"),
    }
    functions = probe().decode().partition("\n# iproute2's ip tells")[0]
    for function, (keep, text) in texts.items():
        path = tmp_path / function
        path.write_text(text)
        script = tmp_path / "script"
        script.write_text(f"{functions}\nfile {path} {function}\n")
        printed = run(*argv, str(script)).stdout.decode()

        assert keep(text) == json.loads("{" + printed + "}")[str(path)]
