"""Engines that are there, are not, are elsewhere, hang or lie: told by programs that play them."""

from __future__ import annotations

import json
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest

from dpf_edge.errors import Absent, CaptureError, CaptureMalformed, CaptureVersion, Failed
from dpf_edge.host import commands, engines
from dpf_edge.host.engines import Engine, Unasked

from .spaces import run

if TYPE_CHECKING:
    from pathlib import Path

ENGINE = Engine("default", ("docker", "--context", "default"), "Debian GNU/Linux 12", "28.2.2")
DOCKER_INFO = {
    "OperatingSystem": "Debian GNU/Linux 12",
    "ServerVersion": "28.2.2",
    "HttpProxy": "http://me:hunter2@proxy",
}
PODMAN_INFO = {"host": {"os": "linux"}, "version": {"Version": "4.3.1"}}
UNREACHABLE = {"ServerVersion": "", "ServerErrors": ["Cannot connect to the daemon\nat all"]}


class Programs:
    """The only programs that there are: what they answer, and what they were asked."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._log = folder / "asked.log"

    def play(self, name: str, *cases: tuple[str, str]) -> None:
        """Install a program that runs the script of the first pattern that fits its arguments."""
        arms = "\n".join(f"{pattern}) {script} ;;" for pattern, script in cases)
        self.write(name, f'case "$*" in\n{arms}\n*) exit 125 ;;\nesac')

    def write(self, name: str, script: str) -> None:
        """Install a program that notes its arguments and runs a script."""
        path = self.folder / name
        note = f'/usr/bin/printf "%s\\n" "{name} $*" >>{self._log}'
        path.write_text(f"#!/bin/sh\n{note}\nPATH=/usr/sbin:/usr/bin:/sbin:/bin\n{script}\n")
        path.chmod(0o755)

    def says(self, answer: object) -> str:
        """A script that prints something: an object as JSON, a text as it is."""
        text = answer if isinstance(answer, str) else json.dumps(answer)
        path = self.folder / f"answer-{len(list(self.folder.iterdir()))}"
        path.write_text(f"{text}\n")
        return f"cat {path}"

    def lists(self, *contexts: tuple[str, str]) -> tuple[str, str]:
        """The case of `docker context ls` that lists these names and endpoints."""
        lines = [json.dumps({"Name": name, "DockerEndpoint": at}) for name, at in contexts]
        return ("'context ls '*", self.says("\n".join(lines)))

    def asked(self) -> list[str]:
        """Every command line so far."""
        return self._log.read_text().splitlines() if self._log.exists() else []


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Programs:
    """A PATH with nothing on it yet."""
    folder = tmp_path / "programs"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    for name in ("CONTAINER_HOST", "CONTAINER_CONNECTION"):
        monkeypatch.delenv(name, raising=False)
    return Programs(folder)


@pytest.fixture
def socket(tmp_path: Path) -> str:
    """The path of an engine's socket."""
    path = tmp_path / "docker.sock"
    path.touch()
    return str(path)


def info(answer: str, name: str = "*") -> tuple[str, str]:
    """The case of `docker --context NAME info`."""
    return (f"'--context '{name}' info '*", answer)


def test_where_there_is_no_engine_none_is_found(programs: Programs) -> None:
    assert ([], []) == engines.engines()
    assert [] == programs.asked()


def test_an_engine_that_answers_is_found(programs: Programs, socket: str) -> None:
    programs.play(
        "docker",
        programs.lists(("default", f"unix://{socket}")),
        info(programs.says(DOCKER_INFO)),
    )
    programs.play("podman", ("'info '*", programs.says(PODMAN_INFO)))

    found, unasked = engines.engines()

    assert [
        ENGINE,
        Engine("podman", ("podman",), "linux", "4.3.1"),
    ] == found
    assert [] == unasked
    assert [
        "docker context ls --format {{json .}}",
        "docker --context default info --format {{json .}}",
        "podman info --format {{json .}}",
    ] == programs.asked()


def test_no_engine_on_another_machine_is_ever_asked(programs: Programs, socket: str) -> None:
    programs.play(
        "docker",
        programs.lists(
            ("default", "tcp://192.0.2.7:2376"),
            ("nas", "ssh://me@nas.example"),
            ("odd", "nonsense"),
            ("empty", ""),
            ("here", f"unix://{socket}"),
        ),
        info(programs.says(DOCKER_INFO)),
    )

    found, unasked = engines.engines()

    assert ["here"] == [engine.name for engine in found]
    assert {
        "default": "its engine is on another machine (tcp)",
        "nas": "its engine is on another machine (ssh)",
        "odd": "its engine is on another machine (nonsense)",
        "empty": "its engine is on another machine ()",
    } == {each.name: each.why for each in unasked}
    assert ["docker --context here info --format {{json .}}"] == programs.asked()[1:]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CONTAINER_HOST", "ssh://me@nas.example/run/podman.sock"),
        ("CONTAINER_HOST", "tcp://192.0.2.7:8080"),
        ("CONTAINER_CONNECTION", "nas"),
    ],
)
def test_podman_is_not_asked_where_it_would_ask_another_machine(
    programs: Programs, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    programs.play("podman", ("'info '*", programs.says(PODMAN_INFO)))
    monkeypatch.setenv(name, value)

    found, unasked = engines.engines()

    assert [] == found
    assert "podman" == unasked[0].name
    assert unasked[0].why.startswith("its engine is on another machine (")
    assert [] == programs.asked()


def test_podman_by_a_socket_of_this_machine_is_asked(
    programs: Programs, monkeypatch: pytest.MonkeyPatch
) -> None:
    programs.play("podman", ("'info '*", programs.says(PODMAN_INFO)))
    monkeypatch.setenv("CONTAINER_HOST", "unix:///run/podman/podman.sock")

    assert ["podman"] == [engine.name for engine in engines.engines()[0]]


def test_two_contexts_of_one_socket_are_one_engine(
    programs: Programs, socket: str, tmp_path: Path
) -> None:
    """A link to the socket is the socket."""
    link = tmp_path / "link.sock"
    link.symlink_to(socket)
    programs.play(
        "docker",
        programs.lists(
            ("default", f"unix://{socket}"), ("again", f"unix://{socket}"), ("link", f"unix://{link}")
        ),
        info(programs.says(DOCKER_INFO)),
    )  # fmt: skip

    found, unasked = engines.engines()

    assert (["default"], []) == ([engine.name for engine in found], unasked)
    assert 2 == len(programs.asked())


def test_a_context_without_a_socket_is_told_unless_it_is_the_default(
    programs: Programs, tmp_path: Path
) -> None:
    missing = f"unix://{tmp_path}/missing.sock"
    programs.play(
        "docker", programs.lists(("default", missing), ("other", f"{missing}2")), info("exit 1")
    )

    assert (
        [],
        [
            Unasked(
                "other",
                f"there is no socket at {tmp_path}/missing.sock2",
                ("docker", "--context", "other"),
            )
        ],
    ) == engines.engines()
    assert 1 == len(programs.asked())


def test_a_socket_in_a_folder_that_may_not_be_entered_is_not_there(
    root: None, programs: Programs, tmp_path: Path
) -> None:
    hidden = tmp_path / "hidden"
    hidden.mkdir(mode=0o700)
    (hidden / "docker.sock").touch()
    program = f"""
import os
from dpf_edge.host import engines
from dpf_edge.model import Ran
os.setresuid(65534, 65534, 65534)
listed = '{{"Name": "other", "DockerEndpoint": "unix://{hidden}/docker.sock"}}'
def run(argv, *, seconds, stdin=b""):
    if argv[1] == "context":
        return Ran(argv, 0, listed)
    raise engines.Absent("podman")
print(engines.engines(run)[1][0].why)
"""
    done = run(sys.executable, "-c", program)

    assert (0, b"") == (done.returncode, done.stderr)
    assert f"there is no socket at {hidden}/docker.sock\n" == done.stdout.decode()


@pytest.mark.parametrize(
    ("answer", "version"),
    [
        ("echo 'Docker Desktop 4.37.1 (178610)'", "4.37.1 (178610)"),
        ("echo 'Docker Engine - Community'", None),
        ("echo 'Docker Desktop'", None),
        ("echo", None),
        ("exit 1", None),
    ],
)
def test_docker_desktops_version_is_what_its_engine_calls_its_platform(
    programs: Programs, answer: str, version: str | None
) -> None:
    """Debian's engine names no platform, Docker's own its edition."""
    programs.play("docker", ("*'version '*", answer))
    engine = Engine("default", ("docker", "--context", "default"), "Docker Desktop", "27.4.0")

    assert version == engines.desktop_version(engine)


@pytest.mark.parametrize("status", [0, 1])
def test_an_engine_that_does_not_answer_is_told_by_what_its_client_says(
    programs: Programs, socket: str, status: int
) -> None:
    """`docker info` prints its own half either way, with status 0 or 1 by its version."""
    programs.play(
        "docker",
        programs.lists(("default", f"unix://{socket}")),
        info(
            f"{programs.says(UNREACHABLE)}; echo 'errors pretty printing info' >&2; exit {status}"
        ),
    )

    client = ("docker", "--context", "default")
    assert ([], [Unasked("default", "Cannot connect to the daemon", client)]) == engines.engines()


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        ("", "its answer is no JSON"),
        ("nonsense", "its answer is no JSON"),
        ('["ServerVersion"]', "its answer is no JSON"),
        ("null", "its answer is no JSON"),
        ("[" * 100_000, "its answer is no JSON"),
        ('{"a":' * 50_000, "its answer is no JSON"),
        ('{"ServerVersion":"\\ud800"}', "its answer is no JSON"),
        ('{"ServerVersion":5}', "it does not answer"),
        ('{"ServerVersion":["1"],"OperatingSystem":{}}', "it does not answer"),
        ('{"host":5,"version":[]}', "it does not answer"),
        ('{"ServerErrors":[]}', "it does not answer"),
        ('{"ServerErrors":[{"a":1}]}', "{'a': 1}"),
        ("x" * (2 << 20), "printed more than 1048576 bytes"),
    ],
    ids=[
        "empty",
        "text",
        "list",
        "null",
        "deep",
        "deeper",
        "surrogate",
        "number",
        "types",
        "podman-types",
        "no-errors",
        "odd-error",
        "flood",
    ],
)
def test_an_engine_that_answers_nonsense_is_not_found(
    programs: Programs, socket: str, answer: str, why: str
) -> None:
    programs.play(
        "docker",
        programs.lists(("default", f"unix://{socket}")),
        info(programs.says(answer)),
    )

    found, unasked = engines.engines()

    assert [] == found
    assert unasked[0].why.endswith(why)


@pytest.mark.parametrize(
    "listed",
    [
        "",
        "nonsense",
        "[]\nnull\n5\n",
        '{"Name":5,"DockerEndpoint":"unix:///x"}',
        '{"Name":"x"}',
        "[" * 100_000,
        '{"Name":"\\ud800","DockerEndpoint":"unix:///"}',
    ],
    ids=["empty", "text", "types", "name", "endpoint", "deep", "surrogate"],
)
def test_contexts_that_are_none_are_passed_over(programs: Programs, listed: str) -> None:
    programs.play("docker", ("'context ls '*", programs.says(listed)), info("exit 9"))

    assert ([], []) == engines.engines()
    assert 1 == len(programs.asked())


def test_a_context_whose_names_no_command_line_takes_is_told(
    programs: Programs, socket: str
) -> None:
    programs.play(
        "docker",
        programs.lists(("a\0b", f"unix://{socket}"), ("path", "unix:///run/a\0b")),
        info("exit 9"),
    )

    found, unasked = engines.engines()

    assert [] == found
    assert ["a\0b", "path"] == [each.name for each in unasked]
    assert "its endpoint is no path" == unasked[1].why


def test_docker_that_lists_no_contexts_is_told(programs: Programs) -> None:
    programs.play("docker", ("'context ls '*", "echo; echo '  broken config' >&2; exit 1"))

    assert ([], [Unasked("docker", "broken config")]) == engines.engines()


@pytest.mark.parametrize("which", ["contexts", "info", "podman"])
def test_an_engine_that_hangs_is_told_after_the_time_it_has(
    programs: Programs, socket: str, monkeypatch: pytest.MonkeyPatch, which: str
) -> None:
    monkeypatch.setattr(engines, "ASK_SECONDS", 0.3)
    hang = "exec sleep 60"
    listed = programs.lists(("default", f"unix://{socket}"))
    programs.play(
        "docker",
        (listed[0], hang if which == "contexts" else listed[1]),
        info(hang if which == "info" else programs.says(DOCKER_INFO)),
    )
    programs.play("podman", ("'info '*", hang if which == "podman" else programs.says(PODMAN_INFO)))
    started = time.monotonic()

    found, unasked = engines.engines()

    name = {"contexts": "docker", "info": "default", "podman": "podman"}[which]
    assert [name] == [each.name for each in unasked]
    assert unasked[0].why.endswith("no answer within 0.3 s")
    assert time.monotonic() - started < 30  # a minute, had it been waited for
    assert (which != "podman") == any(each.name == "podman" for each in found)


def test_the_image_is_the_one_asked_for_or_the_nodes_own(programs: Programs) -> None:
    there = engines.NODE_IMAGES[1]
    programs.play("docker", (f"*'image inspect {there}'", "echo []"), ("*", "exit 1"))

    assert there == engines.image_for(ENGINE, None)
    assert there == engines.image_for(ENGINE, there)


@pytest.mark.parametrize(
    ("wanted", "says"),
    [
        (None, "the node's image is not there; --image names another that is"),
        ("debian:12", "image debian:12 is not there, and nothing is pulled"),
        ("--help", "--help is no image's name"),
    ],
)
def test_an_image_that_is_not_there_is_absent_and_nothing_is_pulled(
    programs: Programs, wanted: str | None, says: str
) -> None:
    programs.play("docker", ("*--help", "echo usage"), ("*", "echo no such image >&2; exit 1"))

    with pytest.raises(Absent) as refusal:
        engines.image_for(ENGINE, wanted)

    assert says == str(refusal.value)
    assert all(line.split()[3:5] == ["image", "inspect"] for line in programs.asked())


def test_an_engine_that_hangs_over_an_image_is_absent(
    programs: Programs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engines, "ASK_SECONDS", 0.2)
    programs.play("docker", ("*", "exec sleep 60"))

    with pytest.raises(Absent, match=r"^default: docker --context: no answer within 0\.2 s$"):
        engines.image_for(ENGINE, "debian:12")


def test_a_look_is_a_capture_from_a_container_that_can_do_nothing_else(programs: Programs) -> None:
    """The stand-in runs what it is given on standard input by the shell that it is told."""
    programs.play("docker", ("*' run '*", "exec /bin/sh -s"))

    seen = engines.look(ENGINE, "node:1", "bridge")

    assert 1 == seen.capture
    (line,) = programs.asked()
    words = line.split()
    assert ["docker", "--context", "default", "run"] == words[:4]
    assert ["node:1", "-s"] == words[-2:]
    name = next(word for word in words if word.startswith("--name="))
    assert len("--name=dpf-edge-look-") + 12 == len(name)
    assert {
        "--rm",
        "--interactive",
        "--pull=never",
        "--network=bridge",
        "--cap-drop=ALL",
        "--security-opt=no-new-privileges",
        "--entrypoint=/bin/sh",
        f"--label={engines.LABEL}",
        name,
    } == set(words[4:-2])
    assert "pull" not in words


def container_of(programs: Programs) -> str:
    """The name of the container that was started first."""
    return next(word.partition("=")[2] for word in programs.asked()[0].split() if "--name=" in word)


@pytest.mark.parametrize(
    ("script", "says"),
    [
        ("echo; echo ' no such image' >&2; echo more >&2; exit 125", "no such image"),
        ("cat >/dev/null; exit 7", "ended with status 7"),
        ("kill -9 $$", "ended with status -9"),
    ],
)
def test_a_container_that_fails_is_removed_by_name(
    programs: Programs, script: str, says: str
) -> None:
    programs.play("docker", ("*' run '*", script), ("*' rm '*", "exit 1"))

    with pytest.raises(Failed) as failure:
        engines.look(ENGINE, "node:1", "host")

    assert f"default: {says}" == str(failure.value)
    assert [f"docker --context default rm --force {container_of(programs)}"] == programs.asked()[1:]


def test_a_container_that_hangs_is_removed_by_name(
    programs: Programs, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killing the client leaves the container running."""
    monkeypatch.setattr(engines, "LOOK_SECONDS", 0.3)
    programs.play("docker", ("*' run '*", "exec sleep 60"), ("*' rm '*", "exec true"))

    with pytest.raises(Failed, match=r"no answer within 0\.3 s"):
        engines.look(ENGINE, "node:1", "host")

    assert f"docker --context default rm --force {container_of(programs)}" == programs.asked()[-1]


def test_a_look_that_is_interrupted_removes_its_container(programs: Programs) -> None:
    """Somebody presses Ctrl-C while the container runs."""
    programs.play("docker", ("*' rm '*", "exec true"))
    asked: list[tuple[str, ...]] = []

    def interrupted(argv: tuple[str, ...], *, seconds: float, stdin: bytes = b"") -> Any:
        asked.append(argv)
        if "run" in argv:
            raise KeyboardInterrupt
        return commands.run(argv, seconds=seconds, stdin=stdin)

    with pytest.raises(KeyboardInterrupt):
        engines.look(ENGINE, "node:1", "host", interrupted)

    name = next(word.partition("=")[2] for word in asked[0] if word.startswith("--name="))
    assert [f"docker --context default rm --force {name}"] == programs.asked()


def test_removing_that_hangs_does_not_hide_why(
    programs: Programs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engines, "ASK_SECONDS", 0.2)
    programs.play("docker", ("*' run '*", "echo why >&2; exit 1"), ("*' rm '*", "exec sleep 60"))

    with pytest.raises(Failed, match="why"):
        engines.look(ENGINE, "node:1", "host")


@pytest.mark.parametrize(
    ("printed", "error"),
    [
        ("", CaptureMalformed),
        ("sh: 1: Syntax error", CaptureMalformed),
        ('{"capture":1,"machine":', CaptureMalformed),
        ("[" * 100_000, CaptureMalformed),
        ("{}", CaptureVersion),
        ('{"capture":2}', CaptureVersion),
        ('{"capture":1}', CaptureError),
        ("\0\1\2", CaptureError),
    ],
)
def test_a_probe_that_prints_garbage_is_a_capture_error(
    programs: Programs, printed: str, error: type[CaptureError]
) -> None:
    programs.play("docker", ("*' run '*", f"cat >/dev/null; {programs.says(printed)}"))

    with pytest.raises(error, match=r"^default, bridge: "):
        engines.look(ENGINE, "node:1", "bridge")


def test_the_probe_fits_into_a_pipe() -> None:
    """It is written to the container before anything is read from it."""
    assert len(engines.probe()) < 1 << 16


def test_what_is_shown_is_the_short_form_of_what_is_run() -> None:
    shown = engines.command_line(ENGINE, "node:1", "host")

    assert "docker --context default run --rm -i --network host node:1 sh" == " ".join(shown)


def test_one_engine_under_two_endpoints_is_found_once(programs: Programs) -> None:
    """Docker Desktop on Windows has two pipes, and lists a context for each."""
    programs.play(
        "docker",
        programs.lists(
            ("default", "npipe:////./pipe/docker_engine"),
            ("desktop-linux", "npipe:////./pipe/dockerDesktopLinuxEngine"),
        ),
        info(programs.says({**DOCKER_INFO, "ID": "33e51f1b-2ec7"})),
    )

    found, unasked = engines.engines()

    assert ["default"] == [engine.name for engine in found]
    assert [] == unasked


def test_an_engine_of_windows_containers_is_not_looked_from(programs: Programs) -> None:
    programs.play(
        "docker",
        programs.lists(("desktop-windows", "npipe:////./pipe/dockerDesktopWindowsEngine")),
        info(programs.says({**DOCKER_INFO, "OSType": "windows"})),
    )

    found, unasked = engines.engines()

    assert [] == found
    assert ["it runs Windows containers"] == [each.why for each in unasked]


def test_two_engines_with_one_id_are_two_where_they_have_two_sockets(
    programs: Programs, tmp_path: Path
) -> None:
    """Docker before 23 keeps its ID in /etc/docker/key.json, which two engines may share."""
    for name in ("a", "b"):
        (tmp_path / name).touch()
    programs.play(
        "docker",
        programs.lists(("default", f"unix://{tmp_path}/a"), ("other", f"unix://{tmp_path}/b")),
        info(programs.says({**DOCKER_INFO, "ID": "33e51f1b-2ec7"})),
    )

    assert ["default", "other"] == [engine.name for engine in engines.engines()[0]]
