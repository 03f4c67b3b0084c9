"""The program as somebody meets it: what it prints, where, and what it ends with."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

import click
import pytest

from dpf_edge import __version__
from dpf_edge.cli.program import Commands, program
from tests.test_cases import CASES, schema

if TYPE_CHECKING:
    from collections.abc import Mapping

PROGRAM = (sys.executable, "-m", "dpf_edge")
COMMANDS = Commands().list_commands(click.Context(program))


def words_of(command: click.Command, *words: str) -> list[tuple[str, ...]]:
    """A command's words, and those of everything below it."""
    below = command.commands.items() if isinstance(command, click.Group) else ()
    return [words, *(one for name, each in below for one in words_of(each, *words, name))]


HELPED = [
    words
    for name in COMMANDS
    for command in [Commands().get_command(click.Context(program), name)]
    if command is not None
    for words in words_of(command, name)
]


def run(
    *arguments: str, stdin: str = "", env: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run the program."""
    return subprocess.run(
        [*PROGRAM, *arguments],
        input=stdin,
        env={**os.environ, **(env or {})},
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )


def capture_of(case: str) -> str:
    """The capture of a case."""
    return str(CASES / case / "capture.json")


def test_help_names_every_command_and_where_to_start() -> None:
    done = run("--help")

    assert (0, "") == (done.returncode, done.stderr)
    assert "Start with `dpf-edge diagnose`" in done.stdout
    for command in COMMANDS:
        assert re.search(rf"^  {command} +\S", done.stdout, re.MULTILINE)


@pytest.mark.parametrize("words", HELPED, ids=" ".join)
def test_every_help_is_shown_and_none_of_its_lines_is_cut_short(words: tuple[str, ...]) -> None:
    done = run(*words, "--help")

    assert (0, "") == (done.returncode, done.stderr)
    assert done.stdout.startswith(f"Usage: {' '.join(('dpf-edge', *words))} ")
    assert not re.search(r"^ .*\.\.\.$", done.stdout, re.MULTILINE)


def test_version() -> None:
    assert __version__ == metadata.version("dpf-edge")
    assert f"dpf-edge {__version__}\n" == run("--version").stdout


def test_diagnose_of_this_machine_fits_its_contract_and_leaves_stderr_alone() -> None:
    done = run("diagnose", "--json")

    assert (0, "") == (done.returncode, done.stderr)
    schema("diagnosis-1").validate(json.loads(done.stdout))


def test_the_quick_way_and_the_long_way_say_the_same(tmp_path: Path) -> None:
    """`diagnose --json` alone goes round the command-line library; a capture does not."""
    captured = tmp_path / "this.json"
    assert 0 == run("capture", "-o", str(captured)).returncode

    quick = json.loads(run("diagnose", "--json").stdout)
    long = json.loads(run("diagnose", "--json", "--capture", str(captured)).stdout)

    assert quick["vantage"] == long["vantage"]
    assert quick["lan"] == long["lan"]
    assert quick["interfaces"] == long["interfaces"]


@pytest.mark.parametrize(
    ("case", "code"), [("linux-host-docker", 0), ("wsl2-nat", 1), ("unknown-single-veth", 2)]
)
def test_check_ends_with_the_answer(case: str, code: int) -> None:
    done = run("diagnose", "--check", "--capture", capture_of(case))

    assert code == done.returncode
    assert done.stdout
    assert 0 == run("diagnose", "--capture", capture_of(case)).returncode


def test_a_report_answers_first_and_then_says_why_and_what_to_do() -> None:
    done = run("diagnose", "--capture", capture_of("docker-desktop-host"))

    lines = done.stdout.splitlines()
    assert lines[0].startswith("No: this process does not see the LAN.")
    assert "docker-desktop-host" in done.stdout
    order = ["Interfaces", "How this is known", "What to do", "Where the node belongs"]
    assert order == [line for line in lines if line in order]
    assert "\x1b" not in done.stdout, "no colour in a pipe"
    assert max(map(len, lines)) <= 160


def test_a_capture_may_come_by_standard_input() -> None:
    text = Path(capture_of("wsl2-nat")).read_text()

    done = run("diagnose", "--json", "--capture", "-", stdin=text)

    assert "wsl2-nat" == json.loads(done.stdout)["vantage"]


def test_what_a_machine_says_cannot_steer_a_terminal() -> None:
    done = run("diagnose", "--capture", capture_of("wsl2-mirrored-wslinfo-babbles"))

    assert "\\x1b[31m" in done.stdout
    assert "\x1b" not in done.stdout


@pytest.mark.parametrize(
    "arguments",
    [
        ("nonsense",),
        ("diagnose", "--nonsense"),
        ("diagnose", "--capture"),
        ("diagnose", "surplus"),
        ("compare", "--json", "--markdown"),
    ],
)
def test_a_wrong_command_line_is_one_line_a_hint_and_64(arguments: tuple[str, ...]) -> None:
    done = run(*arguments)

    assert (64, "") == (done.returncode, done.stdout)
    error, hint = done.stderr.splitlines()
    assert error.startswith("error[usage]: ")
    assert "hint: dpf-edge --help" == hint


def test_a_capture_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    done = run("capture", "-o", str(tmp_path / "no" / "such" / "folder.json"))

    assert (73, "") == (done.returncode, done.stdout)
    assert done.stderr.startswith("error[output-failed]: ")
    assert 1 == len(done.stderr.splitlines())


def test_a_reader_that_leaves_early_is_no_error() -> None:
    done = subprocess.run(
        ["sh", "-c", f"'{sys.executable}' -m dpf_edge capture | head -c 1; echo; true"],
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )

    assert "" == done.stderr


def test_colour_is_for_terminals_only_and_no_color_is_kept() -> None:
    """Run under a pseudo-terminal, by script(1)'s means: pty.fork."""
    probe = """
import os, pty, sys
out = []
def read(fd):
    data = os.read(fd, 65536)
    out.append(data)
    return data
os.environ.update(TERM="xterm-256color", COLUMNS="100")
sys.stdout.flush()
null = os.open(os.devnull, os.O_WRONLY)
os.dup2(null, 1)
pty.spawn(sys.argv[1:], read)
os.write(2, b"".join(out))
"""
    arguments = ["-m", "dpf_edge", "diagnose", "--capture", capture_of("linux-host-docker")]

    def on_a_terminal(**env: str) -> bytes:
        done = subprocess.run(
            [sys.executable, "-c", probe, sys.executable, *arguments],
            env={**os.environ, **env},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            timeout=30,
        )
        return done.stderr

    assert b"\x1b[" in on_a_terminal()
    assert b"\x1b[" not in on_a_terminal(NO_COLOR="1")


def test_an_error_of_our_own_is_one_line_too(tmp_path: Path) -> None:
    """A file that breaks an import stands for any defect: 70, and no traceback."""
    (tmp_path / "msgspec.py").write_text("raise ZeroDivisionError('broken on purpose')\n")

    done = run("diagnose", "--json", env={"PYTHONPATH": str(tmp_path)})

    assert (70, "") == (done.returncode, done.stdout)
    assert "error[internal]: ZeroDivisionError: broken on purpose" == done.stderr.splitlines()[0]
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("script", "told"),
    [
        ("echo mirrored", None),
        ("echo yes; echo no", "answered 'yes\\nno'"),
        ("exit 3", "ended with status 3"),
        ("exec yes", "printed more than 1048576 bytes"),
        ("exec sleep 60", "no answer within 3 s"),
    ],
    ids=["lies", "babbles", "fails", "floods", "hangs"],
)
def test_a_command_that_is_no_use_costs_its_one_signal(
    tmp_path: Path, script: str, told: str | None
) -> None:
    """Asked live, by the program itself: the answer stands, and what was wrong is evidence."""
    program = tmp_path / "wslinfo"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    without = json.loads(run("diagnose", "--json").stdout)

    done = run("diagnose", "--json", env={"PATH": f"{tmp_path}:{os.environ['PATH']}"})

    found = json.loads(done.stdout)
    assert (0, "") == (done.returncode, done.stderr)
    assert (without["vantage"], without["lan"]) == (found["vantage"], found["lan"])
    said = [each for each in found["evidence"] if "wslinfo" in each["source"]]
    assert said
    assert told is None or any(told in each["value"] for each in said)


COLLECTORS = {
    *("host", "neighbours", "routes", "heard"),
    *("mdns", "ssdp", "wsd", "netbios", "llmnr", "ptr", "snmp", "unifi", "engines"),
    *("arp", "nudge", "icmp", "ndp", "tcp"),
}


def test_list_shows_every_capability_with_its_question() -> None:
    listed = json.loads(run("list", "--json").stdout)
    shown = run("list").stdout

    by_kind = {
        kind: {each["name"] for each in listed if each["kind"] == kind}
        for kind in {each["kind"] for each in listed}
    }
    assert {"detector", "collector", "exporter"} == by_kind.keys()
    assert "wsl-mode" in by_kind["detector"]
    assert COLLECTORS == by_kind["collector"]
    assert "csv" in by_kind["exporter"]
    for each in listed:
        assert each["asks"].endswith("." if each["kind"] == "exporter" else "?")
        assert f"{each['kind']} {each['name']}" in shown
        assert ("nothing" == each["sends"]) == (each.get("level", "listen") == "listen")


@pytest.mark.parametrize("module", ["dpf_edge.__main__", "dpf_edge.cli.program", "dpf_edge.cli"])
def test_a_module_can_be_imported_alone(module: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", f"import {module}"], capture_output=True, check=False, timeout=30
    )

    assert (0, b"", b"") == (done.returncode, done.stdout, done.stderr)


def test_diagnose_imports_neither_the_command_line_library_nor_rich() -> None:
    """What a diagnosis does not need it does not load: that is its budget."""
    told = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "dpf_edge", "diagnose", "--json"],
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    ).stderr
    loaded = {line.rpartition("|")[2].strip() for line in told.splitlines()}

    assert not loaded & {"click", "rich", "subprocess", "asyncio", "http", "ssl", "json.decoder"}
