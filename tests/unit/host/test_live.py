"""What this machine's files, variables and names give, and what they may not do to us."""

from __future__ import annotations

import json
import os
import stat
import sys
from typing import TYPE_CHECKING

import pytest

from dpf_edge.errors import Absent, Failed
from dpf_edge.host import allowed, live
from dpf_edge.host.live import LinuxHost

from .spaces import run

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

# Becomes somebody without a privilege, after all that it needs has been imported.
AS_NOBODY = """
import os
from dpf_edge.host import allowed, capture, commands, engines, linux, live, netlink
os.setgroups([])
os.setresgid(65534, 65534, 65534)
os.setresuid(65534, 65534, 65534)
"""


def descriptors() -> int:
    """How many files this process holds open."""
    return len(os.listdir("/proc/self/fd"))  # noqa: PTH208


def test_a_file_is_read_whole_and_what_is_no_utf_8_replaced(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"\xef\xbb\xbfa\r\n\0\xffb\xc3")

    assert "\ufeffa\r\n\0�b�" == live.read_text(str(path))


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda path: os.mkfifo(path), "not a regular file"),
        (lambda path: path.mkdir(), "not a regular file"),
        (lambda path: path.symlink_to("/dev/zero"), "not a regular file"),
        (lambda path: path.symlink_to(path), "symbolic links"),
        (lambda path: path.write_bytes(bytes(allowed.FILE_BYTES + 1)), "longer than 1048576 bytes"),
        (lambda path: os.truncate(sparse(path), 1 << 40), "longer than 1048576 bytes"),
    ],
    ids=["pipe", "folder", "device", "loop", "long", "endless"],
)
def test_what_stands_under_a_known_name_and_is_no_text_is_failed(
    tmp_path: Path, make: Callable[[Path], object], says: str
) -> None:
    """Docker makes a folder of a file that was to be mounted and was not there."""
    path = tmp_path / "file"
    make(path)
    before = descriptors()

    with pytest.raises(Failed, match=says):
        live.read_text(str(path))

    assert before == descriptors()


def sparse(path: Path) -> Path:
    """A file that is there."""
    path.touch()
    return path


def test_the_longest_file_that_is_read(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"x" * allowed.FILE_BYTES)

    assert allowed.FILE_BYTES == len(live.read_text(str(path)))


@pytest.mark.parametrize("name", ["missing", "file/below"])
def test_what_is_not_there_is_absent(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(Absent):
        live.read_text(str(tmp_path / name))


def test_what_may_not_be_read_is_denied(root: None, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("secret")
    path.chmod(stat.S_IRUSR)
    tmp_path.chmod(0o755)
    program = f"""{AS_NOBODY}
try:
    print(live.read_text({str(path)!r}))
except live.Denied as refusal:
    print("denied", refusal)
"""
    # The folders above belong to root alone, which is another way not to be let in.
    for place in (str(path), "/proc/1/environ"):
        done = run(sys.executable, "-c", program.replace(str(path), place))
        assert f"denied {place}\n" == done.stdout.decode(), done.stderr.decode()


def test_a_plain_user_gets_a_capture_with_what_he_may_not_read_marked(root: None) -> None:
    program = f"""{AS_NOBODY}
print(capture.encode(capture.record(live.live())).decode())
"""
    done = run(sys.executable, "-c", program)

    assert (0, b"") == (done.returncode, done.stderr)
    captured = json.loads(done.stdout)
    assert 65534 == captured["machine"]["uid"]
    assert {"denied": True} == captured["files"]["/proc/1/environ"]
    assert "lo" == captured["interfaces"][0]["name"]


def test_folders_that_may_not_be_entered_are_not_there(root: None) -> None:
    """In a mount namespace of the test's own, where /mnt and /run are root's alone."""
    program = f"""{AS_NOBODY}
host = live.LinuxHost()
print([path for path in allowed.DIRECTORIES if host.is_dir(path)])
for question in (("docker", "info", "--format", "json"), ("wslinfo", "--version")):
    try:
        host.run(*question)
    except live.Absent as refusal:
        print("absent")
"""
    hide = "mount -t tmpfs -o mode=700 hidden /mnt && mount -t tmpfs -o mode=700 hidden /run"
    make = "mkdir -p /mnt/wsl /run/WSL /run/docker.sock"
    script = f'{hide} && {make} && exec "$0" -c "$1"'
    done = run("unshare", "--mount", "sh", "-c", script, sys.executable, program)

    assert (0, b"[]\nabsent\nabsent\n", b"") == (done.returncode, done.stdout, done.stderr)


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("192.168.65.254 host.docker.internal", ("192.168.65.254",)),
        ("\t192.168.65.254\t \thost.docker.internal  nas\r", ("192.168.65.254",)),
        ("192.168.65.254 a host.docker.internal#b", ("192.168.65.254",)),
        ("192.168.65.254 a # host.docker.internal", ()),
        ("#192.168.65.254 host.docker.internal", ()),
        ("host.docker.internal", ()),
        ("192.168.65.254 host.docker.internals xhost.docker.internal", ()),
        ("192.168.65.254 hostxdocker.internal", ()),
        (
            "10.0.0.1 host.docker.internal\n\nfdc4::2 host.docker.internal\n"
            "10.0.0.1 host.docker.internal host.docker.internal",
            ("10.0.0.1", "fdc4::2"),
        ),
        ("10.0.0.1 a\x0bhost.docker.internal", ("10.0.0.1",)),
        ("", ()),
        ("\0\n \n#\n", ()),
    ],
)  # fmt: skip
def test_the_names_of_a_hosts_file(text: str, address: tuple[str, ...]) -> None:
    assert address == live.hosts(text).get("host.docker.internal", ())


def test_only_names_of_the_list_are_kept() -> None:
    told = live.hosts("10.0.0.1 nas.example host.docker.internal db.example")

    assert {"host.docker.internal": ("10.0.0.1",)} == told


@pytest.mark.parametrize("path", ["/etc/shadow", "/proc/self/environ", "", "/etc/../etc/hostname"])
def test_no_file_is_read_that_the_list_does_not_name(path: str) -> None:
    host = LinuxHost()

    with pytest.raises(Absent, match="not on the list"):
        host.read(path)
    with pytest.raises(Absent):
        host.link(path)
    assert not host.is_dir("/etc")


@pytest.mark.parametrize("argv", [("true",), ("docker", "ps"), ("wslinfo",), ()])
def test_no_program_is_run_that_the_list_does_not_name(argv: tuple[str, ...]) -> None:
    with pytest.raises(Absent, match="not on the list"):
        LinuxHost().run(*argv)


def test_no_variable_is_read_that_the_list_does_not_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DPF_HOST_VANTAGE", "container-host")

    assert "container-host" == LinuxHost().env("DPF_HOST_VANTAGE")
    for name in ("PATH", "WSL_INTEROP"):
        with pytest.raises(Absent):
            LinuxHost().env(name)


def test_variables_and_names_that_are_no_text_still_make_a_capture(
    root: None, tmp_path: Path
) -> None:
    """A variable, the host's name and a link's target may be any bytes; JSON holds text."""
    script = (
        "mount -t tmpfs made /etc && "
        'ln -s "$(printf "/run/\\377")" /etc/resolv.conf && '
        'printf "\\377vm" >/proc/sys/kernel/hostname && '
        'exec env "container=$(printf "\\377lxc")" "$0" -m dpf_edge capture'
    )
    done = run("unshare", "--mount", "--uts", "sh", "-c", script, sys.executable)

    assert (0, b"") == (done.returncode, done.stderr)
    captured = json.loads(done.stdout)
    assert "�vm" == captured["machine"]["hostname"]
    assert "�lxc" == captured["env"]["container"]
    assert "/run/�" == captured["links"]["/etc/resolv.conf"]


def test_a_command_that_is_not_installed_is_absent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(Absent, match="wslinfo: no such program"):
        LinuxHost().run("wslinfo", "--networking-mode")


def test_a_command_gives_its_status_and_stdout_and_never_its_stderr(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "wslinfo"
    path.write_text('#!/bin/sh\necho "mode $*"; echo secret >&2; exit 3\n')
    path.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)

    ran = LinuxHost().run("wslinfo", "--networking-mode")

    assert (3, "mode --networking-mode\n", "") == (ran.status, ran.stdout, ran.stderr)


def test_a_command_that_hangs_is_failed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "wslinfo"
    path.write_text("#!/bin/sh\nexec sleep 60\n")
    path.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    monkeypatch.setattr(live, "COMMAND_SECONDS", 0.2)

    with pytest.raises(Failed, match="no answer within"):
        LinuxHost().run("wslinfo", "--version")


def test_linux_has_no_registry() -> None:
    with pytest.raises(Absent):
        LinuxHost().registry("HKCU\\Software")


def test_the_time_is_written_as_rfc_3339_has_it() -> None:
    assert 20 == len(live.now())
    assert live.now().endswith("Z")
