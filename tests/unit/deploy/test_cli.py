"""`install` and `uninstall` as somebody types them: nothing here changes the machine."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from dpf_edge.__main__ import run as run_program
from tests.left_out import left_out
from tests.unit.test_cli import run

if TYPE_CHECKING:
    import subprocess

TOKEN = "dpfboot_000G40R40M30E209185GR38E1W8124GK2GAHC5R"  # noqa: S105 -- the contract's example
WORDS = (
    *("install", "--dry-run", "--mode", "container", "--even-if-blind"),
    *("--authority", "https://authority.example:8470"),
)
NOTHING_INSTALLED = pytest.mark.skipif(
    Path("/etc/dpf-edge/installed.json").exists(), reason="a node is installed on this machine"
)
pytestmark = NOTHING_INSTALLED


@pytest.fixture
def engine(tmp_path: Path) -> dict[str, str]:
    """An environment whose docker has Compose, and says no more than that."""
    return with_docker(tmp_path, "echo 2.20.3")


def with_docker(folder: Path, says: str) -> dict[str, str]:
    """An environment with a docker of a few words."""
    for name in ("docker", "docker-compose"):
        program = folder / name
        program.write_text(f"#!/bin/sh\n{says}\n")
        program.chmod(0o755)
    return {"PATH": f"{folder}:{os.environ['PATH']}"}


def dry(env: dict[str, str], *words: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    """A dry run."""
    return run(*WORDS, *words, env=env, stdin=stdin)


def test_a_dry_run_prints_every_file_and_command_and_no_token(engine: dict[str, str]) -> None:
    done = dry(engine, "--token-file", "-", stdin=TOKEN + "\n")

    assert done.returncode == 0, done.stderr
    assert "file    /etc/dpf-edge/compose.yaml (0644)" in done.stdout
    assert "run     docker compose -p dpf-edge-node" in done.stdout
    assert 'network_mode: "host"' in done.stdout
    assert "bootstrap-token (0400, user 8470)" in done.stdout
    assert TOKEN not in done.stdout + done.stderr
    assert not Path("/etc/dpf-edge").exists()


NEARLY = TOKEN[8:-2]
TOKENS = {
    "is empty": b"",
    "has a blank line alone": b"\n",
    "is something else": b"hunter2-and-more",
    "is a node's token": b"dpfedge_" + TOKEN[8:].encode(),
    "is cut off": f"dpfboot_{NEARLY}".encode(),
    "holds two": f"{TOKEN}\n{TOKEN}\n".encode(),
    "is too large": TOKEN.encode() + b"\n" * 5000,
    "is no text": b"\xff\xfe\x00",
}


@pytest.mark.parametrize("what", TOKENS)
@pytest.mark.parametrize("way", ["file", "stdin"])
def test_a_token_file_that_is_none_is_refused_and_not_repeated(
    engine: dict[str, str], tmp_path: Path, what: str, way: str
) -> None:
    secret = tmp_path / "token"
    secret.write_bytes(TOKENS[what])
    text = TOKENS[what].decode("latin-1") if way == "stdin" else ""

    done = dry(engine, "--token-file", "-" if way == "stdin" else str(secret), stdin=text)

    said = done.stderr.splitlines()
    assert (done.returncode, done.stdout) == (64, "")
    assert len(said) == 2
    assert "--token-file" in said[0]
    assert "standard input" in said[0] or str(secret) in said[0]
    assert "hunter2" not in done.stderr
    assert NEARLY not in done.stderr


@pytest.mark.parametrize("name", ["missing", "folder", "fifo", "folder/x/y"])
def test_a_token_file_that_cannot_be_read_is_named(
    engine: dict[str, str], tmp_path: Path, name: str
) -> None:
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "fifo")

    done = dry(engine, "--token-file", str(tmp_path / name))

    assert done.returncode == 64
    assert f"--token-file: {tmp_path / name}" in done.stderr.splitlines()[0]


@pytest.mark.parametrize(
    "data",
    [
        f"{TOKEN}\r\n".encode(),
        f"  {TOKEN}\n\n".encode(),
        # What > writes in Windows PowerShell 5, and Set-Content -Encoding utf8.
        f"{TOKEN}\r\n".encode("utf-16"),
        f"{TOKEN}\r\n".encode("utf-8-sig"),
    ],
)
def test_a_token_is_taken_however_its_file_was_written(
    engine: dict[str, str], tmp_path: Path, data: bytes
) -> None:
    secret = tmp_path / "token"
    secret.write_bytes(data)
    secret.chmod(0o644)

    done = dry(engine, "--token-file", str(secret))

    assert done.returncode == 0, done.stderr
    assert done.stderr == (
        f"{secret} can be read by others; remove it once the node has enrolled\n"
    )
    assert TOKEN not in done.stdout
    secret.chmod(0o600)
    assert dry(engine, "--token-file", str(secret)).stderr == ""


def test_a_certificate_that_is_named_is_carried_into_the_container(
    engine: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "ca.pem").write_text("-----BEGIN CERTIFICATE-----\nMAA=\n")

    done = dry(engine, "--ca-file", str(tmp_path / "ca.pem"))

    assert "file    /etc/dpf-edge/authority-ca.pem (0644)" in done.stdout
    assert 'DPF_AUTHORITY_CA_FILE: "/run/secrets/authority-ca.pem"' in done.stdout


@pytest.mark.parametrize(
    ("text", "what"),
    [
        (None, "is not there"),
        ("", "no certificate"),
        ("-----BEGIN CERTIFICATE-----\n-----BEGIN PRIVATE KEY-----\nS3CR3T", "a private key"),
    ],
)
def test_a_certificate_file_that_is_none_is_refused(
    engine: dict[str, str], tmp_path: Path, text: str | None, what: str
) -> None:
    if text is not None:
        (tmp_path / "ca.pem").write_text(text)

    done = dry(engine, "--ca-file", str(tmp_path / "ca.pem"))

    assert done.returncode == 64
    assert what in done.stderr.splitlines()[0]
    assert "S3CR3T" not in done.stderr


def test_standard_input_is_not_asked_for_two_things() -> None:
    done = run("install", "--token-file", "-", "--authority", "https://a.example", stdin=TOKEN)

    assert done.returncode == 64
    assert "--yes" in done.stderr


@pytest.mark.parametrize(
    ("words", "what"),
    [
        (("--authority", "http://authority.example"), "--authority-url"),
        (("--level", "shout"), "--level"),
        (("--name", "x" * 201), "--name"),
    ],
)
def test_settings_that_cannot_be_used_are_refused_before_anything_is_done(
    engine: dict[str, str], words: tuple[str, ...], what: str
) -> None:
    done = dry(engine, *words)

    assert done.returncode == 78
    assert done.stderr.startswith(f"error[settings-invalid]: {what}")


def test_an_authority_is_needed_the_first_time() -> None:
    done = run("install", "--dry-run")

    assert done.returncode == 78
    assert done.stderr.startswith("error[settings-invalid]: --authority is not given: ")
    assert "https://" in done.stderr


def test_what_is_said_of_plain_http_names_this_commands_own_option(
    engine: dict[str, str],
) -> None:
    done = dry(engine, "--authority", "http://authority.example")

    assert "--allow-http" in done.stderr
    assert "DPF_EDGE_ALLOW_HTTP" not in done.stderr
    assert dry(engine, "--authority", "http://a.example", "--allow-http").returncode == 0


@pytest.mark.parametrize(
    "says",
    [
        "echo '<html>nonsense</html>'",
        "exit 0",
        "echo 'docker: no such command' >&2; exit 1",
        "head -c 3000000 /dev/zero",
        "printf '\\377\\376'",
    ],
)
def test_a_docker_that_answers_nonsense_is_no_compose(tmp_path: Path, says: str) -> None:
    done = dry(with_docker(tmp_path, says))

    assert done.returncode == 69
    assert done.stderr.startswith("error[deploy-unavailable]")


def test_a_link_of_its_own_names_what_it_needs(engine: dict[str, str]) -> None:
    done = run(
        *("install", "--dry-run", "--mode", "macvlan", "--even-if-blind"),
        *("--authority", "https://a.example"),
        env=engine,
    )

    assert done.returncode == 78
    assert "--address" in done.stderr


LINK = ("--parent", "eth0", "--subnet", "192.168.0.0/24", "--gateway", "192.168.0.1")


@pytest.mark.parametrize(
    ("more", "what"),
    [
        (("--address", "192.168.0.x"), "--address 192.168.0.x: no address of 192.168.0.0/24"),
        (("--address", "10.0.0.7"), "--address 10.0.0.7: no address of 192.168.0.0/24"),
        (("--address", "192.168.0.1"), "--address 192.168.0.1: not free"),
        (("--address", "192.168.0.255"), "--address 192.168.0.255: not free"),
        (("--address", "192.168.0.7", "--subnet", "a/b"), "--subnet a/b"),
        (("--address", "192.168.0.7", "--gateway", "fe80::1"), "--gateway fe80::1"),
    ],
)
def test_an_address_that_no_engine_would_take_is_refused_first(
    engine: dict[str, str], more: tuple[str, ...], what: str
) -> None:
    words = ("install", "--dry-run", "--mode", "macvlan", "--even-if-blind")

    done = run(*words, "--authority", "https://a.example", *LINK, *more, env=engine)

    assert (done.returncode, done.stdout) == (78, "")
    assert done.stderr.startswith(f"error[deploy-elsewhere]: {what}")


def test_an_engine_without_the_image_is_told_how_to_get_one(tmp_path: Path) -> None:
    says = 'case "$*" in *inspect*) echo "No such image" >&2; exit 1;; esac; echo 2.20.3'

    own = dry(with_docker(tmp_path, says))
    named = dry(with_docker(tmp_path, says), "--image", "registry.example/dpf-edge:1")

    assert own.returncode == 69
    assert "No such image" in own.stderr
    assert "make image" in own.stderr
    assert named.returncode == 0, named.stderr


def test_there_is_nothing_to_remove_where_nothing_is_installed() -> None:
    done = run("uninstall", "--dry-run")

    assert done.returncode == 66
    assert done.stderr.startswith("error[deploy-missing]")


@pytest.mark.parametrize("doing", ["install", "uninstall"])
def test_without_an_administrators_rights_nothing_is_begun(
    doing: str, capfd: pytest.CaptureFixture[str]
) -> None:
    if os.geteuid() != 0:
        left_out("root drops its rights for this; others have none")
    child = os.fork()
    if child == 0:
        code = 1
        try:
            os.setuid(65534)
            sys.argv = ["/opt/dpf-edge/bin/dpf-edge", doing]
            code = run_program([doing])
        finally:
            os._exit(code)

    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 77
    said = capfd.readouterr()
    assert said.out == ""
    assert said.err.startswith(f"error[deploy-denied]: {doing}: takes an administrator\n")
    assert f"sudo /opt/dpf-edge/bin/dpf-edge {doing}" in said.err
