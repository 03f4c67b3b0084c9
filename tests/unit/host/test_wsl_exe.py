"""Windows' programs as a distribution sees them, by programs of their names in a test's folder."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from dpf_edge.errors import WslConfigWhere, WslUnavailable
from dpf_edge.host import wsl_exe

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], None]:
    """Puts a shell script on PATH under a program's name."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")

    def put(name: str, script: str) -> None:
        path = folder / name
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)

    return put


@pytest.fixture
def inside(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that takes itself to run in WSL."""
    monkeypatch.setattr(wsl_exe, "is_wsl", lambda: True)


def test_outside_of_windows_and_wsl_there_is_no_file_of_this_machine_s() -> None:
    assert not wsl_exe.is_wsl()
    with pytest.raises(WslConfigWhere):
        wsl_exe.default_path()


@pytest.mark.usefixtures("inside")
def test_inside_wsl_windows_is_asked_whose_file_it_is(install: Callable[[str, str], None]) -> None:
    """In UTF-16, as cmd.exe /u writes into a pipe: a name may hold what no code page has."""
    install("cmd.exe", r"printf 'C:\\Users\\Jürgen 李\r\n' | iconv -f UTF-8 -t UTF-16LE")
    install("wslpath", r'[ "$2" = "C:\Users\Jürgen 李" ] && echo "/mnt/c/Users/Jürgen 李"')

    assert "/mnt/c/Users/Jürgen 李/.wslconfig" == wsl_exe.default_path()


@pytest.mark.usefixtures("inside")
@pytest.mark.parametrize(
    ("cmd", "wslpath"),
    [
        ("exit 1", "echo /mnt/c/Users/her"),
        ("echo %UserProfile%", "echo /mnt/c/Users/her"),
        ("true", "echo /mnt/c/Users/her"),
        (r"echo 'C:\Users\her'", "exit 1"),
    ],
    ids=["fails", "does not know", "says nothing", "no path"],
)
def test_where_windows_does_not_say_a_file_must_be_named(
    install: Callable[[str, str], None], cmd: str, wslpath: str
) -> None:
    install("cmd.exe", cmd)
    install("wslpath", wslpath)

    with pytest.raises(WslConfigWhere) as refused:
        wsl_exe.default_path()

    assert "--file" in (refused.value.hint or "")


@pytest.mark.usefixtures("inside")
def test_without_interop_a_file_must_be_named() -> None:
    with pytest.raises(WslConfigWhere):
        wsl_exe.default_path()


@pytest.mark.parametrize("codec", ["UTF-16LE", "UTF-8"])
def test_the_distributions_that_run_are_read_in_both_encodings(
    install: Callable[[str, str], None], codec: str
) -> None:
    install(
        "wsl.exe",
        rf"printf 'Ubuntu 24.04\r\r\ndocker-desktop\r\r\n\r\n' | iconv -f UTF-8 -t {codec}",
    )

    assert ("Ubuntu 24.04", "docker-desktop") == wsl_exe.running()


def test_a_sentence_that_none_runs_is_no_distribution(install: Callable[[str, str], None]) -> None:
    install("wsl.exe", "echo Es werden keine Distributionen ausgeführt.; exit 255")

    assert () == wsl_exe.running()


def test_no_wsl_at_all_is_said_so() -> None:
    with pytest.raises(WslUnavailable):
        wsl_exe.available()
    with pytest.raises(WslUnavailable):
        wsl_exe.running()
    with pytest.raises(WslUnavailable):
        wsl_exe.shut_down()


def test_containers_are_named_and_an_engine_that_does_not_answer_is_not_an_empty_one(
    install: Callable[[str, str], None],
) -> None:
    install("docker", "echo one; echo two")
    assert ("one", "two") == wsl_exe.containers()

    install("docker", "true")
    assert () == wsl_exe.containers()

    install("docker", "exit 1")
    assert wsl_exe.containers() is None


def test_the_names_of_proxy_variables_are_told_and_never_their_values(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in wsl_exe.PROXY_VARIABLES:
        monkeypatch.delenv(name, raising=False)
    assert () == wsl_exe.proxy_variables()

    monkeypatch.setenv("https_proxy", "http://her:secret@proxy:3128")

    assert ("https_proxy",) == wsl_exe.proxy_variables()


def test_the_kernel_says_when_it_started() -> None:
    started = wsl_exe.started_at()

    assert started is not None
    assert started <= Path("/proc/self").stat().st_ctime + 1
