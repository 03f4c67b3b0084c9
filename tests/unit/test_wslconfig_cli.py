"""``dpf-edge wslconfig`` as somebody meets it, and that nothing else touches the file."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import click
import pytest

from dpf_edge.cli import program
from dpf_edge.host.wslconfig_file import BACKUP, RECORD
from tests.test_cases import CASES, schema
from tests.unit.test_cli import run

SOURCE = Path(__file__).parents[2] / "src" / "dpf_edge"
SEED = "[wsl2]\nnetworkingMode=mirrored\nfirewall=true\ndnsTunneling=true\nautoProxy=true\n"
OTHERS = "firewall=true\ndnsTunneling=true\nautoProxy=true\n"
OLD = f"\ufeff[wsl2]\n# mine\nnetworkingMode=nat # so far\n{OTHERS}".encode()
NEW = OLD.replace(b"nat", b"mirrored")


def wslconfig(*arguments: str, **more: Any) -> subprocess.CompletedProcess[str]:
    """Run ``dpf-edge wslconfig``."""
    return run("wslconfig", *arguments, **more)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A file in nat mode."""
    path = tmp_path / ".wslconfig"
    path.write_bytes(OLD)
    return path


def flat(text: str) -> str:
    """A text without its line breaks."""
    return " ".join(text.split())


def test_help_tells_the_five_and_what_they_are_for() -> None:
    for arguments in ((), ("--help",)):
        done = wslconfig(*arguments)

        assert (0, "") == (done.returncode, done.stderr)
        for name in ("lint", "show", "plan", "apply", "undo"):
            assert f"dpf-edge wslconfig {name}" in done.stdout
            assert 0 == wslconfig(name, "--help").returncode


@pytest.mark.parametrize("name", ["lint", "show", "plan", "apply", "undo"])
def test_on_another_system_a_file_must_be_named(name: str) -> None:
    done = wslconfig(name)

    assert (64, "") == (done.returncode, done.stdout)
    error, hint = done.stderr.splitlines()
    assert error.startswith("error[wslconfig-where]: ")
    assert "hint: name one: --file FILE" == hint


def test_lint_fits_its_contract(file: Path) -> None:
    done = wslconfig("lint", "--json", "--file", str(file))

    assert (0, "") == (done.returncode, done.stderr)
    document = json.loads(done.stdout)
    schema("wslconfig-1").validate(document)
    assert 4 == len(document["settings"])


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (SEED, 0),
        ("", 0),
        ("[experimental]\nautoProxy=true\n", 0),
        ("[wsl2]\nmemory=4gb\n", 1),
        ("[wsl2]\nfirewall=0\nfirewall=1\nswapFile=C:\\temp\n", 1),
        ("[wsl2]\nswapFile=C:\\temp\n", 2),
    ],
    ids=["clean", "empty", "info", "error", "both", "warning"],
)
def test_lint_ends_with_what_it_found(tmp_path: Path, text: str, code: int) -> None:
    path = tmp_path / "any name"
    path.write_text(text)

    done = wslconfig("lint", "--file", str(path))

    assert code == done.returncode
    assert done.stdout
    assert code == wslconfig("lint", "--json", "--file", str(path)).returncode


def test_lint_points_at_lines_as_compilers_do(tmp_path: Path) -> None:
    path = tmp_path / "f"
    path.write_text("[wsl2]\nmemory=4gb\n")

    done = wslconfig("lint", "--file", str(path))

    assert done.stdout.startswith(f"{path}:2: error[invalid-size]: wsl2.memory: ")


def test_lint_judges_for_another_machine(file: Path) -> None:
    file.write_text(SEED)

    for_windows_10 = wslconfig("lint", "--file", str(file), "--windows-build", "19045")
    for_old_wsl = wslconfig("lint", "--file", str(file), "--wsl-version", "2.0.0")
    nonsense = wslconfig("lint", "--file", str(file), "--wsl-version", "new")

    assert (1, 1, 64) == (
        for_windows_10.returncode,
        for_old_wsl.returncode,
        nonsense.returncode,
    )


def test_lint_of_a_file_that_is_not_there_says_so(tmp_path: Path) -> None:
    done = wslconfig("lint", "--file", str(tmp_path / "no"))

    assert (66, "") == (done.returncode, done.stdout)
    assert done.stderr.startswith("error[wslconfig-missing]: ")


def test_plan_prints_the_diff_and_writes_nothing(file: Path) -> None:
    before = file.stat()

    done = wslconfig("plan", "--file", str(file))

    assert 0 == done.returncode
    assert "-networkingMode=nat # so far\n+networkingMode=mirrored # so far\n" in done.stdout
    assert "see the LAN" in done.stderr
    assert (OLD, before.st_mtime_ns) == (file.read_bytes(), file.stat().st_mtime_ns)
    assert [file] == [*file.parent.iterdir()]


def test_apply_makes_the_plan_and_a_backup_and_says_what_it_gives(file: Path) -> None:
    done = wslconfig("apply", "--yes", "--file", str(file))

    assert 0 == done.returncode
    assert NEW == file.read_bytes()
    assert OLD == Path(f"{file}{BACKUP}").read_bytes()
    before, after = flat(done.stderr), flat(done.stdout)
    for said in (before, after):
        assert "WSL distributions see the LAN" in said
        assert "no container of Docker Desktop sees the LAN" in said
        assert "native program" in said
        assert "`wsl --shutdown` and a restart of Docker Desktop are due" in said


def test_a_second_apply_writes_nothing_the_backup_included(file: Path) -> None:
    wslconfig("apply", "--yes", "--file", str(file))
    before = {path: (path.stat().st_mtime_ns, path.stat().st_ino) for path in file.parent.iterdir()}

    done = wslconfig("apply", "--yes", "--file", str(file))

    assert 0 == done.returncode
    assert "nothing to change" in done.stdout
    assert before == {
        path: (path.stat().st_mtime_ns, path.stat().st_ino) for path in file.parent.iterdir()
    }


@pytest.mark.parametrize("stdin", ["y\n", "YES\n"])
def test_apply_asks_and_takes_a_yes(file: Path, stdin: str) -> None:
    assert 0 == wslconfig("apply", "--file", str(file), stdin=stdin).returncode
    assert NEW == file.read_bytes()


@pytest.mark.parametrize("stdin", ["", "\n", "n\n", "maybe\n"])
def test_apply_asks_and_takes_nothing_else_for_a_yes(file: Path, stdin: str) -> None:
    done = wslconfig("apply", "--file", str(file), stdin=stdin)

    assert 75 == done.returncode
    assert "error[declined]: nothing was written" in done.stderr
    assert OLD == file.read_bytes()
    assert [file] == [*file.parent.iterdir()]


def test_undo_brings_the_former_file_back(file: Path) -> None:
    wslconfig("apply", "--yes", "--file", str(file))

    done = wslconfig("undo", "--yes", "--file", str(file))

    assert 0 == done.returncode
    assert OLD == file.read_bytes()
    assert [file] == [*file.parent.iterdir()]
    assert "wslconfig-no-undo" in wslconfig("undo", "--yes", "--file", str(file)).stderr


def test_undo_removes_a_file_that_apply_made(tmp_path: Path) -> None:
    path = tmp_path / ".wslconfig"
    wslconfig("apply", "--yes", "--file", str(path))
    assert SEED == path.read_text()

    done = wslconfig("undo", "--yes", "--file", str(path))

    assert 0 == done.returncode
    assert "removed" in done.stdout
    assert [] == [*tmp_path.iterdir()]


def test_undo_leaves_a_file_alone_that_was_changed_since(file: Path) -> None:
    wslconfig("apply", "--yes", "--file", str(file))
    file.write_bytes(NEW + b"memory=4GB\n")

    done = wslconfig("undo", "--yes", "--file", str(file))

    assert (73, "") == (done.returncode, done.stdout)
    assert done.stderr.startswith("error[wslconfig-changed]: ")
    assert NEW + b"memory=4GB\n" == file.read_bytes()


def test_json_tells_what_was_done(file: Path) -> None:
    planned = json.loads(wslconfig("plan", "--json", "--file", str(file)).stdout)
    applied = json.loads(wslconfig("apply", "--yes", "--json", "--file", str(file)).stdout)
    undone = json.loads(wslconfig("undo", "--yes", "--json", "--file", str(file)).stdout)

    change = {"key": "wsl2.networkingMode", "before": "nat", "after": "mirrored", "line": 3}
    assert [change] == planned["changes"] == applied["changes"]
    assert [False, True, True] == [each["written"] for each in (planned, applied, undone)]
    assert planned["diff"] == applied["diff"]


@pytest.mark.parametrize("name", ["lint", "show", "plan", "apply"])
@pytest.mark.parametrize(
    ("kind", "code", "exit_code"),
    [
        ("folder", "wslconfig-unreadable", 74),
        ("100 MB", "wslconfig-too-large", 65),
        ("below a file", "wslconfig-unreadable", 74),
    ],
)
def test_bad_input_is_one_line_and_a_documented_code(
    tmp_path: Path, name: str, kind: str, code: str, exit_code: int
) -> None:
    path = tmp_path / ".wslconfig"
    if kind == "folder":
        path.mkdir()
    elif kind == "100 MB":
        path.touch()
        os.truncate(path, 100 << 20)
    else:
        path.touch()
        path = path / "below"
    arguments = ["--yes"] if name == "apply" else []

    done = wslconfig(name, "--file", str(path), *arguments)

    assert (exit_code, "") == (done.returncode, done.stdout)
    assert done.stderr.startswith(f"error[{code}]: ")
    assert 1 == len(done.stderr.splitlines())
    page = (SOURCE.parents[1] / "docs" / "reference" / "exit-codes.md").read_text()
    assert f"| `{code}` | {exit_code} |" in page


@pytest.mark.parametrize("name", ["plan", "apply"])
def test_a_file_that_wsl_cannot_read_is_not_added_to(tmp_path: Path, name: str) -> None:
    path = tmp_path / ".wslconfig"
    path.write_bytes(OLD.decode().encode("utf-16-be"))

    done = wslconfig(name, "--file", str(path))

    assert (65, "") == (done.returncode, done.stdout)
    assert done.stderr.startswith("error[wslconfig-encoding]: ")


def test_apply_refuses_a_link_and_a_read_only_file(file: Path) -> None:
    link = file.with_name("link")
    link.symlink_to(file)
    at_link = wslconfig("apply", "--yes", "--file", str(link))
    file.chmod(0o444)
    at_file = wslconfig("apply", "--yes", "--file", str(file))

    assert (73, 77) == (at_link.returncode, at_file.returncode)
    assert "error[wslconfig-link]" in at_link.stderr
    assert "error[wslconfig-read-only]" in at_file.stderr
    assert OLD == file.read_bytes()
    assert {file, link} == {*file.parent.iterdir()}


def test_what_a_file_says_cannot_steer_a_terminal(tmp_path: Path) -> None:
    path = tmp_path / ".wslconfig"
    path.write_bytes(
        b"[wsl2]\n\x1b[31m=1\nnetworkingMode=\x1b[2Jnat\nx\x9b=\nmemory=\x1b]0;t\x07\n"
    )

    said = [wslconfig(each, "--file", str(path)) for each in ("lint", "show", "plan")]
    said.append(wslconfig("apply", "--yes", "--file", str(path)))

    for done in said:
        assert not {"\x1b", "\x9b", "\x07"} & {*done.stdout, *done.stderr}


# --- show, on this machine and on a capture's


def capture_with(tmp_path: Path, case: str, text: str) -> str:
    """A case's capture with a .wslconfig in it."""
    document = json.loads((CASES / case / "capture.json").read_text())
    document["files"]["/mnt/c/Users/her/.wslconfig"] = text
    path = tmp_path / "capture.json"
    path.write_text(json.dumps(document))
    return str(path)


def test_show_judges_a_capture_with_its_own_file(tmp_path: Path) -> None:
    capture = capture_with(tmp_path, "wsl2-nat", SEED)

    done = wslconfig("show", "--json", "--capture", capture)

    document = json.loads(done.stdout)
    mode = document["settings"][0]
    assert document["file"].endswith(".wslconfig")
    assert ("mirrored", "nat") == (mode["intended"], mode["in_force"])
    text = wslconfig("show", "--capture", capture).stdout
    assert "intended    mirrored" in text
    assert "in force    nat" in text
    assert "wslinfo --networking-mode" in text


def test_show_outside_of_wsl_says_what_cannot_be_told(file: Path) -> None:
    done = wslconfig("show", "--json", "--file", str(file), env={"http_proxy": "http://secret@x"})

    rows = json.loads(done.stdout)["settings"]
    assert {None} == {each["in_force"] for each in rows}
    assert all(each["why"] for each in rows)


def test_lint_takes_a_capture_s_policies(tmp_path: Path) -> None:
    capture = Path(capture_with(tmp_path, "wsl2-nat", SEED))
    document = json.loads(capture.read_text())
    policy = "HKLM\\Software\\Policies\\WSL\\AllowNetworkingModeUserSetting"
    capture.write_text(json.dumps(document | {"registry": {policy: 0}}))

    done = wslconfig("lint", "--capture", str(capture))

    assert 1 == done.returncode
    assert "AllowNetworkingModeUserSetting" in done.stdout


# --- restarting WSL: by programs of that name in a folder of the test's own


@pytest.fixture
def fake(tmp_path: Path) -> dict[str, str]:
    """A wsl.exe and a docker that write down what they were asked."""
    folder = tmp_path / "bin"
    folder.mkdir()
    log = tmp_path / "asked"
    told = "Ubuntu\\r\\r\\ndocker-desktop\\r\\r\\n"
    programs = {
        "wsl.exe": f'echo "wsl.exe $*" >>{log}\n'
        f"[ \"$1\" = --list ] && printf '{told}' | iconv -t UTF-16LE; exit 0",
        "docker": f"echo \"docker $*\" >>{log}; printf 'web\\nscan\\033[31mner\\n'",
    }
    for name, script in programs.items():
        path = folder / name
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)
    return {"PATH": f"{folder}:{os.environ['PATH']}", "LOG": str(log)}


def asked(fake: dict[str, str]) -> list[str]:
    """What the programs were asked, in order."""
    log = Path(fake["LOG"])
    return log.read_text().splitlines() if log.exists() else []


def test_without_the_flag_no_program_is_run(file: Path, fake: dict[str, str]) -> None:
    wslconfig("apply", "--yes", "--file", str(file), env=fake, stdin="y\ny\n")
    wslconfig("undo", "--yes", "--file", str(file), env=fake, stdin="y\ny\n")

    assert [] == asked(fake)


def test_a_restart_names_what_will_stop_and_waits_for_a_yes(
    file: Path, fake: dict[str, str]
) -> None:
    done = wslconfig("apply", "--yes", "--restart-wsl", "--file", str(file), env=fake, stdin="y\n")

    assert 0 == done.returncode
    assert "Ubuntu, docker-desktop" in flat(done.stderr)
    assert "web, scan\\x1b[31mner" in flat(done.stderr)
    assert [
        "wsl.exe --list --running --quiet",
        "docker ps --format {{.Names}}",
        "wsl.exe --shutdown",
    ] == asked(fake)


@pytest.mark.parametrize("stdin", ["", "n\n"])
def test_a_yes_to_the_file_is_no_yes_to_the_restart(
    file: Path, fake: dict[str, str], stdin: str
) -> None:
    done = wslconfig("apply", "--yes", "--restart-wsl", "--file", str(file), env=fake, stdin=stdin)

    assert 75 == done.returncode
    assert "error[declined]: WSL was not restarted" in done.stderr
    assert NEW == file.read_bytes()
    assert "wsl.exe --shutdown" not in asked(fake)


def test_where_there_is_no_wsl_to_restart_nothing_is_written_either(file: Path) -> None:
    done = wslconfig("apply", "--yes", "--restart-wsl", "--file", str(file))

    assert (69, "") == (done.returncode, done.stdout)
    assert done.stderr.startswith("error[wsl-unavailable]: ")
    assert OLD == file.read_bytes()


def test_a_shutdown_that_fails_is_said_to_have_failed(file: Path, fake: dict[str, str]) -> None:
    program_ = Path(fake["PATH"].partition(":")[0]) / "wsl.exe"
    program_.write_text('#!/bin/sh\n[ "$1" = --shutdown ] && { echo no >&2; exit 3; }\nexit 1\n')

    done = wslconfig("apply", "--yes", "--restart-wsl", "--file", str(file), env=fake, stdin="y\n")

    assert 69 == done.returncode
    assert "wsl.exe --shutdown ended with 3: no" in done.stderr
    assert "none runs" in done.stderr


# --- nothing else touches the file

CONTEXT = click.Context(program.program)
COMMANDS = sorted({*program.Commands().list_commands(CONTEXT)} - {"wslconfig"})
# What a command needs to be run at all; nothing here sends anything or starts an engine.
# What would not end by itself is given something that it refuses.
ARGUMENTS = {
    "authority": ("--store", "none:none"),
    "compare": ("--image", "none:none"),
    "run": ("--authority", "none:none"),
    "up": ("--listen", "none:none"),
}


@pytest.mark.parametrize("name", COMMANDS)
def test_no_other_command_writes_a_wslconfig(tmp_path: Path, name: str) -> None:
    home = tmp_path / "home"
    home.mkdir()
    (home / ".wslconfig").write_bytes(OLD)
    before = (home / ".wslconfig").stat()
    env = {"HOME": str(home), "USERPROFILE": str(home), "PATH": str(tmp_path)}

    done = run(name, *ARGUMENTS.get(name, ()), env=env)

    after = (home / ".wslconfig").stat()
    assert OLD == (home / ".wslconfig").read_bytes()
    assert (before.st_mtime_ns, before.st_ino) == (after.st_mtime_ns, after.st_ino)
    assert not {f".wslconfig{BACKUP}", f".wslconfig{RECORD}"} & {*os.listdir(home)}  # noqa: PTH208
    assert done.returncode != 70, done.stderr


def imports(path: Path) -> set[str]:
    """The modules and names that a source file imports, by their full names."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {each.name for each in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module} | {f"{node.module}.{each.name}" for each in node.names}
    return found


def test_only_the_wslconfig_command_reaches_what_writes_the_file() -> None:
    """And what it reaches it through is the one module that renames a file into its place."""
    reaching = {
        str(path.relative_to(SOURCE))
        for path in SOURCE.rglob("*.py")
        if imports(path) & {"dpf_edge.host.wslconfig_file", "dpf_edge.host.whole_file"}
    }

    assert {"cli/wslconfig.py", "host/wslconfig_file.py"} == reaching


def test_without_a_standard_input_nothing_is_written(file: Path) -> None:
    done = subprocess.run(
        [
            *("sh", "-c", 'exec "$@" <&-', "sh", sys.executable, "-m", "dpf_edge"),
            *("wslconfig", "apply", "--file", str(file)),
        ],
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )

    assert done.returncode == 75
    assert "error[declined]" in done.stderr
    assert file.read_bytes() == OLD


SAFE = "[wsl2]\nsafeMode=true\n"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (SAFE, "safe mode has no network"),
        ("[experimental]\ndnsTunnelingIpAddress=foo\n", "switches dnsTunneling off"),
        ("[wsl2]\nlocalhostForwarding=true\n", "localhostForwarding does nothing"),
        ("[wsl2]\ndnsProxy=true\n", "dnsProxy does nothing"),
    ],
)
@pytest.mark.parametrize("subcommand", ["plan", "apply"])
def test_what_is_in_the_way_is_said_beside_what_it_gives(
    file: Path, text: str, says: str, subcommand: str
) -> None:
    file.write_text(text)

    done = wslconfig(subcommand, "--file", str(file), stdin="y\n")

    assert done.returncode == 0
    assert "In the way of it:" in flat(done.stderr)
    assert says in flat(done.stderr)


def test_a_file_with_nothing_in_the_way_says_nothing_of_it(file: Path) -> None:
    done = wslconfig("apply", "--yes", "--file", str(file))

    assert "In the way" not in done.stderr


def test_what_is_in_the_way_of_a_file_that_is_right_is_said_too(file: Path) -> None:
    file.write_text(SEED.replace("[wsl2]\n", SAFE))

    done = wslconfig("apply", "--yes", "--file", str(file), "--json")

    assert [each["line"] for each in json.loads(done.stdout)["in_the_way"]]
    assert "safe mode" in flat(done.stderr)


def test_an_older_copy_is_kept_when_a_newer_one_takes_its_name(file: Path) -> None:
    wslconfig("apply", "--yes", "--file", str(file))
    file.write_bytes(NEW.replace(b"mirrored", b"bridged"))

    done = wslconfig("apply", "--yes", "--file", str(file))

    older = file.with_name(f".wslconfig{BACKUP}.1")
    assert older.read_bytes() == OLD
    assert str(older) in done.stderr.replace("\n", "")


def test_the_only_copy_is_kept_where_the_file_itself_has_gone(file: Path) -> None:
    wslconfig("apply", "--yes", "--file", str(file))
    file.unlink()

    wslconfig("apply", "--yes", "--file", str(file))

    assert file.with_name(f".wslconfig{BACKUP}.1").read_bytes() == OLD


@pytest.mark.parametrize("subcommand", ["lint", "show"])
def test_a_file_that_could_not_be_read_when_the_capture_was_taken_is_not_an_absent_one(
    tmp_path: Path, subcommand: str
) -> None:
    document = json.loads((CASES / "windows-native" / "capture.json").read_text())
    document["files"] = {"C:\\Users\\a\\.wslconfig": {"denied": True}}
    path = tmp_path / "capture.json"
    path.write_text(json.dumps(document))

    done = wslconfig(subcommand, "--capture", str(path))

    assert done.returncode == 74
    assert "could not be read" in done.stderr


def test_a_second_apply_says_that_a_restart_may_still_be_due(file: Path) -> None:
    wslconfig("apply", "--yes", "--file", str(file))

    done = wslconfig("apply", "--yes", "--file", str(file))

    assert "are due" in flat(done.stderr + done.stdout)


@pytest.mark.parametrize("command", ["lint", "show", "plan", "apply", "undo"])
def test_an_empty_name_is_no_file(command: str) -> None:
    assert wslconfig(command, "--file", "").returncode == 64
