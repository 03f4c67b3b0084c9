"""Windows' programs as a distribution sees them, by programs of their names in a test's folder."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from dpf_edge.errors import Failed, WslConfigWhere, WslUnavailable
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
        rf"printf 'Ubuntu-24.04\r\r\ndocker-desktop\r\r\n\r\n' | iconv -f UTF-8 -t {codec}",
    )

    assert ("Ubuntu-24.04", "docker-desktop") == wsl_exe.running()


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


def test_the_distributions_are_those_that_wsl_lists(install: Callable[[str, str], None]) -> None:
    install(
        "wsl.exe",
        '[ "$*" = "--list --quiet" ] || exit 9\n'
        r"printf 'Ubuntu\r\r\ndocker-desktop\r\r\n' | iconv -f UTF-8 -t UTF-16LE",
    )

    assert ("Ubuntu", "docker-desktop") == wsl_exe.distributions()


def test_a_distribution_without_a_shell_is_passed_over(
    install: Callable[[str, str], None],
) -> None:
    install("wsl.exe", "echo docker-desktop-data; echo docker-desktop")

    assert ("docker-desktop",) == wsl_exe.distributions()


STUB = (
    "Copyright (c) Microsoft Corporation. All rights reserved.\\r\\n\\r\\n"
    "Usage: wsl.exe [Argument] [Options...] [CommandLine]\\r\\n\\r\\nOptions:\\r\\n"
    "    --exec, -e <CommandLine>\\r\\n    --\\r\\n"
    "        Pass the remaining command line as is.\\r\\n"
)
MISSING = (
    "The Windows Subsystem for Linux is not installed. You can install by running"
    " 'wsl.exe --install'.\\r\\n\\r\\nPress any key to install Windows Subsystem for Linux.\\r\\n"
)


@pytest.mark.parametrize("codec", ["UTF-16LE", "UTF-16", "UTF-8"])
@pytest.mark.parametrize(
    ("said", "status", "why"),
    [
        # Without WSL, or without a distribution: words in Windows' language, and a status.
        (r"Für das Subsystem sind keine Distributionen installiert.\r\r\n", 1, "Für das Subsystem"),
        (r"适用于Linux的Windows子系统没有已安装的分发版。\r\n", 255, "适用于Linux"),
        # An older Windows' own wsl.exe does not know the words, and prints its usage with either.
        (STUB, 0, "Copyright (c)"),
        (STUB, 255, "Copyright (c)"),
        (MISSING.replace("'", "’"), 50, "The Windows Subsystem for Linux is not installed"),
        # One word without a space, as some languages write a sentence.
        (r"没有已安装的分发版\r\n", 0, "没有已安装的分发版"),
        ("", 0, ""),
    ],
    ids=["none", "none in Chinese", "usage", "usage and 255", "no WSL", "one word", "nothing"],
)
def test_what_is_no_name_of_a_distribution_is_not_taken_for_one_and_is_passed_on(
    install: Callable[[str, str], None], codec: str, said: str, status: int, why: str
) -> None:
    install("wsl.exe", f"printf '{said}' | iconv -f UTF-8 -t {codec}; exit {status}")

    told = wsl_exe.listed()

    assert () == told.names == wsl_exe.distributions()
    assert told.why.startswith("wsl.exe lists no distribution")
    assert why in told.why
    assert "\n" not in told.why
    assert len(told.why) < 300
    assert wsl_exe.version() is None


def test_escapes_and_options_are_no_names(install: Callable[[str, str], None]) -> None:
    install("wsl.exe", r"printf '%b' 'a\0033[2Jb\n--help\n-e\na b\nUbuntu\n'")

    assert ("Ubuntu",) == wsl_exe.distributions()


def test_an_offer_to_install_wsl_that_waits_for_a_key_gets_none_and_is_ended(
    install: Callable[[str, str], None], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """It reads what it is given, which is nothing at all, and then would wait for a minute."""
    monkeypatch.setattr(wsl_exe, "ASK_SECONDS", 0.5)
    got = tmp_path / "got"
    install("wsl.exe", f"printf 'Press any key.'; cat >{got}; exec sleep 60")

    told = wsl_exe.listed()

    assert ((), "wsl.exe --list: no answer within 0.5 s") == told
    assert wsl_exe.version() is None
    with pytest.raises(WslUnavailable):
        wsl_exe.running()
    assert b"" == got.read_bytes()


def test_without_wsl_exe_there_is_nothing_to_say_of_it() -> None:
    assert ((), "") == wsl_exe.listed()


def test_a_thousand_distributions_are_not_all_looked_from(
    install: Callable[[str, str], None],
) -> None:
    install("wsl.exe", "seq --format=d%g 1000")

    assert wsl_exe.MOST_DISTRIBUTIONS == len(wsl_exe.distributions())


@pytest.mark.parametrize(
    ("said", "version"),
    [
        (r"WSL version: 2.6.3.0\r\nKernel version: 6.6.87.2-1\r\n", "2.6.3.0"),
        (r"WSL 版本： 2.0.9.0\r\r\n内核版本： 5.15.133.1-1\r\r\n", "2.0.9.0"),
        (r"Version WSL : 2.5.7.0\r\n", "2.5.7.0"),
        (r"Invalid command line option: --version\r\n", None),
        ("", None),
    ],
)
def test_wsls_version_is_read_in_any_language(
    install: Callable[[str, str], None], said: str, version: str | None
) -> None:
    install("wsl.exe", f"printf '{said}' | iconv -f UTF-8 -t UTF-16LE")

    assert version == wsl_exe.version()


def test_a_look_runs_the_probe_in_the_distribution(install: Callable[[str, str], None]) -> None:
    install(
        "wsl.exe",
        '[ "$1 $2 $3" = "--distribution Ubuntu --exec" ] || exit 9\nshift 3; exec "$@"',
    )

    assert "Linux" == wsl_exe.look("Ubuntu").machine.system


def test_a_distribution_that_cannot_be_entered_says_why_on_stdout(
    install: Callable[[str, str], None],
) -> None:
    install(
        "wsl.exe",
        r"printf 'Kein Zugriff.\r\r\nError code: Wsl/Service/E_ACCESSDENIED\r\r\n'"
        " | iconv -f UTF-8 -t UTF-16LE; exit 255",
    )

    with pytest.raises(Failed, match=r"Kein Zugriff\. Error code: Wsl/Service/E_ACCESSDENIED"):
        wsl_exe.look("Ubuntu")
