"""Captures that are none, and what the program says of each: one line, one code, no traceback."""

from __future__ import annotations

import contextlib
import io
import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from dpf_edge import __main__
from dpf_edge.errors import (
    Absent,
    CaptureError,
    CaptureInvalid,
    CaptureMalformed,
    CaptureMissing,
    CaptureTooLarge,
    CaptureUnreadable,
    CaptureVersion,
    Denied,
)
from dpf_edge.host import capture
from dpf_edge.host.capture import Capture, DeniedFile, Replay
from dpf_edge.host.live import live
from dpf_edge.model import Interface, Machine, Ran
from tests.test_cases import CASES, schema

from .spaces import SECONDS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

LEAST: dict[str, Any] = {"capture": 1, "machine": {"system": "Linux"}, "interfaces": []}
LINK: dict[str, Any] = {"name": "eth0", "addresses": []}


def having(**members: Any) -> bytes:
    """The least capture there is, and these members."""
    return json.dumps({**LEAST, **members}).encode()


def judged(*arguments: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    """Run `dpf-edge diagnose --capture`."""
    return subprocess.run(
        [sys.executable, "-m", "dpf_edge", "diagnose", "--capture", *arguments],
        input=stdin,
        capture_output=True,
        check=False,
        timeout=SECONDS,
    )


def refused(done: subprocess.CompletedProcess[bytes], error: type[CaptureError]) -> str:
    """The one line that a refusal is, after everything else about it was checked."""
    assert b"" == done.stdout
    line, *hint = done.stderr.decode().splitlines()
    assert (error.exit_code, f"error[{error.code}]") == (done.returncode, line.partition(": ")[0])
    assert all(each.startswith("hint: ") for each in hint)
    assert len(hint) <= 1
    assert line.isprintable()
    return line


def test_what_the_live_machine_gives_fits_the_contract_and_comes_back_whole() -> None:
    recorded = capture.record(live(), time="2026-01-02T03:04:05Z", note="this machine")

    text = capture.encode(recorded)

    schema("capture-1").validate(json.loads(text))
    assert recorded == capture.decode(text, "this machine")
    assert text.endswith(b"\n}\n")


def test_the_replay_of_a_capture_makes_the_same_capture() -> None:
    """Whatever is asked of the machine is answered by what was written down of it."""
    recorded = capture.record(live())

    assert recorded == capture.record(Replay(recorded))


@pytest.mark.parametrize("case", sorted(each.name for each in CASES.iterdir() if each.is_dir()))
def test_every_recorded_case_comes_back_whole(case: str) -> None:
    recorded = capture.load(str(CASES / case / "capture.json"))

    text = capture.encode(recorded)

    schema("capture-1").validate(json.loads(text))
    assert recorded == capture.decode(text, case)


def test_a_replay_answers_what_is_listed_and_refuses_the_rest() -> None:
    host = Replay(
        Capture(
            machine=Machine("Windows"),
            interfaces=(Interface("eth0", ()),),
            capture=1,
            env={"container": "lxc"},
            files={"/etc/hostname": "vm\n", "/proc/1/environ": DeniedFile()},
            directories=("/run/WSL",),
            links={"/etc/resolv.conf": "/run/x"},
            names={"host.docker.internal": ("10.0.0.1",)},
            commands=(Ran(("wslinfo", "--version"), 0, "2.5"),),
            registry={"HKCU\\A\\B": 5},
        )
    )

    assert "lxc" == host.env("container")
    assert "vm\n" == host.read("/etc/hostname")
    assert "/run/x" == host.link("/etc/resolv.conf")
    assert ("10.0.0.1",) == host.names("host.docker.internal")
    assert () == host.names("host.lima.internal")
    assert "2.5" == host.run("wslinfo", "--version").stdout
    assert 5 == host.registry("HKCU\\A\\B")
    assert (True, False) == (host.is_dir("/run/WSL"), host.is_dir("/mnt/wsl"))
    with pytest.raises(Denied):
        host.read("/proc/1/environ")
    for ask, *of in (
        (host.read, "/etc/wsl.conf"),
        (host.env, "WSL_INTEROP"),
        (host.link, "/etc/hostname"),
        (host.run, "wslinfo"),
        (host.registry, "HKCU\\A"),
    ):
        with pytest.raises(Absent):
            ask(*of)


BAD: dict[str, tuple[bytes, type[CaptureError], str]] = {
    "empty": (b"", CaptureMalformed, ""),
    "blank": (b" \n", CaptureMalformed, ""),
    "text": (b"hello", CaptureMalformed, ""),
    "yaml": (b"capture: 1\n", CaptureMalformed, ""),
    "two": (having() + having(), CaptureMalformed, "trailing"),
    "list": (b"[]", CaptureInvalid, "object"),
    "null": (b"null", CaptureInvalid, "object"),
    "utf-16": (having().decode().encode("utf-16"), CaptureMalformed, ""),
    "utf-16-be": (having().decode().encode("utf-16-be"), CaptureMalformed, ""),
    "latin-1": (having(note="\xe4").replace(b"\\u00e4", b"\xe4"), CaptureMalformed, "utf-8"),
    "surrogate": (having(note="\ud800"), CaptureMalformed, ""),
    "raw-surrogate": (having(note="@").replace(b"@", b"\xed\xa0\x80"), CaptureMalformed, "utf-8"),
    "unread-surrogate": (having(unknown="\udfff"), CaptureMalformed, "surrogate"),
    "control": (having(note="@").replace(b"@", b"\x1b[31m"), CaptureMalformed, ""),
    "brackets": (b"[" * 1_000_000, CaptureMalformed, "recursion"),
    "closed-brackets": (b"[" * 500_000 + b"]" * 500_000, CaptureMalformed, "recursion"),
    "braces": (b'{"a":' * 200_000, CaptureMalformed, "recursion"),
    "deep-version": (b'{"capture":' + b"[" * 400 + b"]" * 400 + b"}", CaptureVersion, "$.capture"),
    "nan": (having(index=float("nan")), CaptureMalformed, ""),
    "infinity": (having(index=float("inf")), CaptureMalformed, ""),
    "huge-float": (having(x=0).replace(b'"x": 0', b'"x": 1e999'), CaptureMalformed, "range"),
    "huge-number": (having(x=0).replace(b'"x": 0', b'"x": ' + b"9" * 5000), CaptureMalformed, ""),
    "version-missing": (b"{}", CaptureVersion, "$.capture is missing"),
    "version-null": (b'{"capture":null}', CaptureVersion, "$.capture is missing"),
    "version-2": (b'{"capture":2}', CaptureVersion, "$.capture is 2"),
    "version-text": (b'{"capture":"1"}', CaptureVersion, "$.capture is '1'"),
    "version-true": (b'{"capture":true}', CaptureVersion, "$.capture is True"),
    "version-half": (b'{"capture":1.5}', CaptureVersion, "$.capture is 1.5"),
    "version-long": (b'{"capture":"' + b"x" * 100_000 + b'"}', CaptureVersion, "$.capture is 'xx"),
    "no-machine": (b'{"capture":1,"interfaces":[]}', CaptureInvalid, "`machine`"),
    "no-interfaces": (
        b'{"capture":1,"machine":{"system":"Linux"}}',
        CaptureInvalid,
        "`interfaces`",
    ),
    "machine": (having(machine=[]), CaptureInvalid, "$.machine"),
    "system": (having(machine={"system": "Plan 9"}), CaptureInvalid, "$.machine.system"),
    "uid": (having(machine={"system": "Linux", "uid": "0"}), CaptureInvalid, "$.machine.uid"),
    "interfaces": (having(interfaces={}), CaptureInvalid, "$.interfaces"),
    "interface": (having(interfaces=["eth0"]), CaptureInvalid, "$.interfaces[0]"),
    "no-name": (having(interfaces=[{"addresses": []}]), CaptureInvalid, "$.interfaces[0]"),
    "index": (having(interfaces=[{**LINK, "index": 1.5}]), CaptureInvalid, "$.interfaces[0].index"),
    "mac": (having(interfaces=[{**LINK, "mac": "00:1"}]), CaptureInvalid, "$.interfaces[0].mac"),
    "up": (having(interfaces=[{**LINK, "up": 1}]), CaptureInvalid, "$.interfaces[0].up"),
    "kind": (having(interfaces=[{**LINK, "kind": "x"}]), CaptureInvalid, "$.interfaces[0].kind"),
    "bus": (having(interfaces=[{**LINK, "bus": "isa"}]), CaptureInvalid, "$.interfaces[0].bus"),
    "address": (
        having(interfaces=[LINK, {"name": "b", "addresses": ["10.0.0.1/8"]}]),
        CaptureInvalid,
        "$.interfaces[1].addresses[0]",
    ),
    "env": (having(env={"container": 1}), CaptureInvalid, "$.env[...]"),
    "file": (having(files={"/etc/hostname": 5}), CaptureInvalid, "$.files[...]"),
    "not-denied": (having(files={"/x": {"denied": False}}), CaptureInvalid, "$.files[...].denied"),
    "directories": (having(directories=[1]), CaptureInvalid, "$.directories[0]"),
    "links": (having(links={"/etc/resolv.conf": None}), CaptureInvalid, "$.links[...]"),
    "route": (having(routes=[{"to": None}]), CaptureInvalid, "$.routes[0].to"),
    "metric": (having(routes=[{"to": "default", "metric": "1"}]), CaptureInvalid, "$.routes[0].me"),
    "rule": (having(rules=[{"iif": "lo"}]), CaptureInvalid, "$.rules[0]"),
    "neighbour": (having(neighbours=[{"address": 1}]), CaptureInvalid, "$.neighbours[0].address"),
    "names": (having(names={"host.docker.internal": "10.0.0.1"}), CaptureInvalid, "$.names[...]"),
    "argv": (having(commands=[{"argv": "x", "status": 0}]), CaptureInvalid, "$.commands[0].argv"),
    "status": (having(commands=[{"argv": [], "status": ""}]), CaptureInvalid, "$.commands[0].stat"),
    "registry": (having(registry={"K\\V": 1.5}), CaptureInvalid, "$.registry[...]"),
    "probe": (having(probes=[{"check": "x", "result": "silent"}]), CaptureInvalid, "$.probes[0].c"),
    "two-interfaces": (having(interfaces=[LINK, LINK]), CaptureInvalid, "interface 'eth0'"),
    "two-paths": (
        having(files={"/run/WSL": ""}, directories=["/run/WSL"]),
        CaptureInvalid,
        "path '/run/WSL'",
    ),
    "two-folders": (having(directories=["/mnt/wsl"] * 2), CaptureInvalid, "path '/mnt/wsl'"),
    "two-commands": (
        having(commands=[{"argv": ["wslinfo", "--version"], "status": 0}] * 2),
        CaptureInvalid,
        "command 'wslinfo --version'",
    ),
    "two-keys": (b'{"capture":1,' + having()[1:], CaptureInvalid, "key 'capture'"),
    "two-files": (
        having(files={}).replace(b"{}", b'{"/.dockerenv": "", "/.dockerenv": "a"}'),
        CaptureInvalid,
        "key '/.dockerenv'",
    ),
    "two-hidden-keys": (having(x=[]).replace(b"[]}", b'{"a":1,"a":2}}'), CaptureInvalid, "key 'a'"),
    "hostile-key": (b'{"\\u001b[31m\\n":1,"\\u001b[31m\\n":1}', CaptureInvalid, "twice"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_what_is_no_capture_is_one_line_that_names_the_place(name: str, tmp_path: Path) -> None:
    data, error, says = BAD[name]
    path = tmp_path / "capture.json"
    path.write_bytes(data)

    line = refused(judged(str(path)), error)

    assert line.startswith(f"error[{error.code}]: {path}: ")
    assert says in line
    assert len(line) < 400


@pytest.mark.parametrize("depth", range(900, 1010, 5))
def test_whatever_the_depth_what_is_wrong_with_a_capture_is_a_capture_error(depth: int) -> None:
    """Near the bound of what can be read at all, what was read must still be spoken of."""
    for opening, closing in ((b"[", b"]"), (b'{"a":', b"}")):
        nested = opening * depth + b"1" + closing * depth
        with pytest.raises((CaptureVersion, CaptureMalformed)):
            capture.decode(b'{"capture":' + nested + b"}", "deep")
        with pytest.raises((CaptureInvalid, CaptureMalformed)):
            capture.decode(having(machine="@").replace(b'"@"', nested), "deep")


@pytest.mark.parametrize("name", ["empty", "version-2", "two-interfaces"])
def test_what_is_no_capture_on_standard_input(name: str) -> None:
    data, error, says = BAD[name]

    line = refused(judged("-", stdin=data), error)

    assert line.startswith(f"error[{error.code}]: -: ")
    assert says in line


def looping(path: Path) -> None:
    """A link that leads to itself."""
    path.symlink_to(path)


@pytest.mark.parametrize(
    ("make", "error", "says"),
    [
        (lambda path: None, CaptureMissing, "no such file"),
        (lambda path: path.symlink_to("nowhere"), CaptureMissing, "no such file"),
        (lambda path: path.mkdir(), CaptureUnreadable, "directory"),
        (looping, CaptureUnreadable, "symbolic links"),
        (lambda path: path.symlink_to("/dev/zero"), CaptureTooLarge, "longer than 16 MiB"),
    ],
    ids=["missing", "dangling", "directory", "loop", "endless"],
)
def test_what_is_no_file(
    tmp_path: Path, make: Callable[[Path], None], error: type[CaptureError], says: str
) -> None:
    path = tmp_path / "capture.json"
    make(path)

    assert says in refused(judged(str(path)), error)


def test_a_hostile_name_cannot_steer_a_terminal(tmp_path: Path) -> None:
    refused(judged(str(tmp_path / "\x1b[31m\n\udcff")), CaptureMissing)


def test_a_file_that_may_not_be_read(root: None, tmp_path: Path) -> None:
    """Run as nobody, after all that is needed has been imported."""
    path = tmp_path / "capture.json"
    path.write_bytes(having())
    path.chmod(0o600)
    program = f"""
import os, sys
from dpf_edge import __main__
from dpf_edge.cli import answer, diagnose, program
from dpf_edge.host import capture
from dpf_edge.vantage import diagnose
os.setresuid(65534, 65534, 65534)
sys.exit(__main__.run(["diagnose", "--capture", {str(path)!r}]))
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, check=False, timeout=SECONDS
    )

    assert "Permission denied" in refused(done, CaptureUnreadable)


def test_a_closed_standard_input_is_unreadable() -> None:
    done = subprocess.run(
        ["sh", "-c", 'exec "$0" -m dpf_edge diagnose --capture - <&-', sys.executable],
        capture_output=True,
        check=False,
        timeout=SECONDS,
    )

    refused(done, CaptureUnreadable)


# A process that is forked counts what its parent held as its own peak, until it runs another
# program; so one that holds next to nothing stands between the tests and the program.
MEASURED = """
import json, resource, subprocess, sys
words = [sys.executable, "-m", "dpf_edge", "diagnose", "--capture", sys.argv[1]]
done = subprocess.run(words, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, timeout=30)
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(json.dumps([done.returncode, done.stderr.decode(), used.ru_maxrss]))
"""


def peak_of(path: Path) -> tuple[int, str, int]:
    """What judging a file ends with, its stderr, and the most memory that it took, in KiB."""
    done = subprocess.run(
        [sys.executable, "-c", MEASURED, path], capture_output=True, check=True, timeout=40
    )
    code, stderr, kib = json.loads(done.stdout)
    return code, stderr, kib


def test_a_file_of_200_mb_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "capture.json"
    path.touch()
    os.truncate(path, 200 << 20)

    code, stderr, kib = peak_of(path)

    assert CaptureTooLarge.exit_code == code
    assert stderr.startswith("error[capture-too-large]: ")
    assert kib < 100 << 10


def test_the_largest_file_is_read_in_bounded_memory(tmp_path: Path) -> None:
    """Sixteen MiB of the costliest values there are, in something that is not even looked at."""
    path = tmp_path / "capture.json"
    values = b"[]," * (((16 << 20) - 200) // 3)
    path.write_bytes(having(x=[]).replace(b'"x": []}', b'"x": [' + values + b"0]}"))

    code, stderr, kib = peak_of(path)

    assert (0, "") == (code, stderr)
    assert kib < 600 << 10


def test_a_capture_that_breaks_off_is_malformed_wherever_it_does(tmp_path: Path) -> None:
    """Cut at every 37th byte: all through the command line, in this process to save the time."""
    whole = (CASES / "docker-desktop-bridge" / "capture.json").read_bytes()
    path = tmp_path / "capture.json"
    cut_at = range(0, len(whole.rstrip()), 37)

    for size in cut_at:
        path.write_bytes(whole[:size])
        with (
            contextlib.redirect_stdout(io.StringIO()) as out,
            contextlib.redirect_stderr(io.StringIO()) as err,
        ):
            code = __main__.run(["diagnose", "--capture", str(path)])
        told = subprocess.CompletedProcess(
            [], code, out.getvalue().encode(), err.getvalue().encode()
        )
        refused(told, CaptureMalformed)

    assert len(cut_at) > 50


@pytest.mark.parametrize(
    "data",
    [
        b"\xef\xbb\xbf" + having(),
        having(capture=1.0),
        having(machine={"system": "Linux", "uid": 0.0}),
        having(interfaces=[{**LINK, "unknown": {"a": [1, {}]}}], unknown=None),
        having(interfaces=[{**LINK, "index": 10**30}]),
        having(
            commands=[
                {"argv": ["docker", "info"], "status": 0},
                {"argv": ["docker info"], "status": 0},
            ]
        ),
        having(files={"/etc/resolv.conf": ""}, links={"/etc/resolv.conf": "/run/x"}),
        b"\r\n\t " + having() + b"\r\n\r\n",
    ],
    ids=["mark", "float", "uid", "unknown", "huge", "argv", "link", "blanks"],
)
def test_what_is_odd_and_still_a_capture(data: bytes, tmp_path: Path) -> None:
    path = tmp_path / "capture.json"
    path.write_bytes(data)

    done = judged(str(path))

    assert (0, b"") == (done.returncode, done.stderr)
    assert done.stdout
