"""The charter's filters: what they keep, and that nothing that is planted gets past them."""

from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING

import pytest

from dpf_edge.host import allowed
from dpf_edge.host.engines import probe
from tests.test_cases import CONTRACTS

from .spaces import run

if TYPE_CHECKING:
    from pathlib import Path

PLANTED = "hunter2"

OVERLAY = (
    "600 500 0:60 / / rw,relatime - overlay overlay "
    "rw,lowerdir=/var/lib/docker/overlay2/l/A,upperdir=/var/lib/docker/overlay2/x/diff"
)
DRIVE = (
    "75 70 0:40 / /mnt/c rw,noatime - 9p C:\\134 "
    "rw,aname=drvfs;path=C:\\;uid=1000;symlinkroot=/mnt/,trans=fd,rfd=6,wfd=6"
)
RESOLVER = "804 640 254:1 /docker/containers/3f/resolv.conf /etc/resolv.conf rw - ext4 /dev/vda1 rw"


@pytest.mark.parametrize(
    ("block", "kept"),
    [
        (f"PATH=/bin\0TOKEN={PLANTED}\0container=lxc\0HOME=/\0", "container=lxc"),
        (f"container={PLANTED[:0]}\0", "container="),
        (f"mycontainer={PLANTED}\0containers={PLANTED}\0xcontainer={PLANTED}\0", ""),
        (f"TOKEN=\ncontainer={PLANTED}\0", ""),
        ("container=podman", "container=podman"),
        ("", ""),
        ("\0\0\0", ""),
    ],
)
def test_of_an_environment_its_container_entry_is_kept(block: str, kept: str) -> None:
    assert kept == allowed.container_entry(block)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("processor\t: 0\nflags\t\t: fpu vmx\n\nflags\t\t: other\n", "flags\t\t: fpu vmx\n"),
        ("processor\t: 0\nFeatures\t: fp\nSerial\t\t: 00hunter2\n", "Features\t: fp\n"),
        (f"Serial\t: {PLANTED}\n", ""),
        (f"vmx flags\t: {PLANTED}\nflags2: {PLANTED}\n", ""),
        ("", ""),
    ],
)
def test_of_the_processors_the_first_ones_flags_are_kept(text: str, kept: str) -> None:
    assert kept == allowed.flags_line(text)


@pytest.mark.parametrize("line", [OVERLAY, DRIVE, RESOLVER])
def test_mounts_that_tell_where_a_process_stands_are_kept_whole(line: str) -> None:
    others = f"40 27 0:50 / /mnt/nas rw - cifs //nas/share rw,username={PLANTED}\n"

    assert f"{line}\n" == allowed.telling_mounts(f"{others}{line}\n{others}")


@pytest.mark.parametrize(
    "line",
    [
        f"40 27 0:50 / /mnt/nas rw - cifs //nas/share rw,username={PLANTED},domain=corp",
        f"40 27 0:50 / /mnt/{PLANTED} rw - nfs4 nas:/export rw,clientaddr=10.0.0.5",
        f"40 27 0:50 / /mnt/x rw - fuse.sshfs {PLANTED}@nas:/ rw,user_id=0",
        f"40 27 0:50 / /mnt/x rw - fuse curlftpfs#ftp://me:{PLANTED}@nas/ rw",
        f"40 27 0:50 / /etc/hosts.{PLANTED} rw - ext4 /dev/sda1 rw",
        f"40 27 0:50 / /mnt/9p rw - cifs //nas/9p rw,username={PLANTED}",
        f"40 27 0:50 /9p /{PLANTED} rw - ext4 9p rw",
        f"/ / / / / {PLANTED}",
        f"40 27 0:50 / /mnt/a\x0cb rw - cifs //nas/x rw,username={PLANTED}",
        f"40 27 0:50 / /mnt/a\u2028b rw - cifs //nas/x rw,username={PLANTED}",
        "",
    ],
)
def test_other_mounts_are_dropped(line: str) -> None:
    assert "" == allowed.telling_mounts(f"{line}\n")
    assert f"{OVERLAY}\n" == allowed.telling_mounts(f"{OVERLAY}\n{line}\n")


@pytest.mark.parametrize("point", ["/", "/etc/hosts", "/etc/resolv.conf", "/Docker/host"])
def test_a_network_file_system_where_the_mount_is_kept_loses_its_options(point: str) -> None:
    line = f"40 27 0:50 / {point} rw - cifs //nas/root rw,username={PLANTED},domain=corp\n"

    assert f"40 27 0:50 / {point} rw - cifs //nas/root rw\n" == allowed.telling_mounts(line)


INFO = {
    "ID": PLANTED,
    "Name": "docker-desktop",
    "OperatingSystem": "Docker Desktop",
    "OSType": "linux",
    "KernelVersion": "6.6.87.2-microsoft-standard-WSL2",
    "ServerVersion": "28.0.4",
    "SecurityOptions": ["name=seccomp,profile=unconfined", "name=cgroupns"],
    "HttpProxy": f"http://me:{PLANTED}@proxy:3128",
    "HttpsProxy": f"http://me:{PLANTED}@proxy:3128",
    "NoProxy": PLANTED,
    "RegistryConfig": {"IndexConfigs": {"r": {"Name": f"{PLANTED}.example"}}},
    "Labels": ["com.docker.desktop.address=unix:///x.sock", f"token={PLANTED}", {"a": PLANTED}],
    "Swarm": {"NodeID": PLANTED, "RemoteManagers": [{"Addr": PLANTED}]},
    "Warnings": [PLANTED],
    "Plugins": {"Authorization": [PLANTED]},
}


def test_of_an_engines_answer_the_listed_fields_are_kept() -> None:
    kept = json.loads(allowed.engine_fields(json.dumps(INFO)))

    assert {field: INFO[field] for field in allowed.ENGINE_FIELDS} | {
        "Labels": ["com.docker.desktop.address=unix:///x.sock"]
    } == kept


@pytest.mark.parametrize(
    "text",
    [
        f"{PLANTED}",
        json.dumps([INFO]),
        json.dumps(PLANTED),
        json.dumps(INFO)[:-1],
        f"warning\n{json.dumps(INFO)}",
        "",
        "[" * 1_000_000,
        '{"a":' * 100_000,
        '{"Name": "\\ud800", "Token": "hunter2"}',
        '{"Name": NaN, "Token": "hunter2"}',
    ],
    ids=["text", "list", "string", "cut", "two", "empty", "deep", "deeper", "surrogate", "nan"],
)
def test_of_an_answer_that_is_no_object_nothing_is_kept(text: str) -> None:
    assert "" == allowed.engine_fields(text)


def test_a_listed_field_that_holds_something_else_is_not_kept() -> None:
    """What is nested could hold anything, and a detector wants texts."""
    odd = {
        "Name": {"proxy": PLANTED},
        "OSType": 10**30,
        "KernelVersion": None,
        "SecurityOptions": ["name=rootless", {"secret": PLANTED}, 5],
        "Labels": f"com.docker.desktop.x={PLANTED}",
    }

    assert {"SecurityOptions": ["name=rootless"]} == json.loads(
        allowed.engine_fields(json.dumps(odd))
    )


def test_the_lists_are_those_of_the_contract() -> None:
    """Each name stands in the description that the published schema gives of its place."""
    schema = json.loads((CONTRACTS / "capture-1.schema.json").read_text())["properties"]

    for place, names in (
        ("env", allowed.VARIABLES),
        ("directories", allowed.DIRECTORIES),
        ("names", allowed.NAMES),
    ):
        assert all(name in schema[place]["description"] for name in names)
    told = schema["files"]["description"].replace("WSLInterop-late", "")
    for path in allowed.FILES:
        if path.startswith("/sys/class/dmi/id/"):
            path = "/sys/class/dmi/id/*"
        assert path.removesuffix("-late") in told


def test_a_secret_in_every_source_is_in_no_capture(root: None, tmp_path: Path) -> None:
    """Variables of ours and of the first process, mounts, an engine's answer, a hosts file."""
    folder = tmp_path / "programs"
    folder.mkdir()
    (tmp_path / "info.json").write_text(json.dumps(INFO))
    (tmp_path / "probe.sh").write_bytes(probe())
    docker = folder / "docker"
    docker.write_text(f"#!/bin/sh\ncat {tmp_path}/info.json; echo {PLANTED} >&2\n")
    docker.chmod(0o755)
    script = f"""
mount -t tmpfs -o mode=755 made /etc && mount -t tmpfs made /run && : >/run/docker.sock &&
echo '10.0.0.1 {PLANTED}.example host.docker.internal # {PLANTED}' >/etc/hosts &&
echo {PLANTED} >/etc/shadow &&
mkdir /run/nas && mount -t tmpfs '//me:{PLANTED}@nas/share' /run/nas && "$0" -m dpf_edge capture &&
sh -s <{tmp_path}/probe.sh
"""
    env = {
        **os.environ,
        "PATH": f"{folder}:{os.environ['PATH']}",
        "DPF_EDGE_TOKEN": PLANTED,
        "AWS_SECRET_ACCESS_KEY": PLANTED,
        **dict.fromkeys(("got", "name", "value", "comma", "found", "line", "status"), PLANTED),
        "container": "lxc",
    }
    names = ("unshare", "--mount", "--net", "--pid", "--fork", "--mount-proc")
    done = run(*names, "sh", "-c", script, sys.executable, env=env)

    assert (0, b"") == (done.returncode, done.stderr)
    live, _, probed = done.stdout.decode().rpartition('{"capture":1')
    for text in (live, f'{{"capture":1{probed}'):
        captured = json.loads(text)
        assert "lxc" == captured["env"]["container"]
        assert "container=lxc" == captured["files"]["/proc/1/environ"]
        assert {"host.docker.internal": ["10.0.0.1"]} == captured["names"]
        assert PLANTED not in text
    assert "Docker Desktop" in live
