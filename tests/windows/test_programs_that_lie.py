"""wsl.exe and docker.exe in all that they print, and what is made of it on Windows itself."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from dpf_edge.errors import Absent, Failed
from dpf_edge.host import engines, windows, wsl_exe
from dpf_edge.host.live import fresh

from .programs import Programs, only_these

if TYPE_CHECKING:
    from pathlib import Path

SECONDS = 60
INFO = ("docker", "info", "--format", "json")
CONTEXT = {"Name": "desktop-linux", "DockerEndpoint": "npipe:////./pipe/dockerDesktopLinuxEngine"}


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Programs:
    """A PATH with nothing on it yet."""
    folder = tmp_path / "programs"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    for name in ("CONTAINER_HOST", "CONTAINER_CONNECTION"):
        monkeypatch.delenv(name, raising=False)
    return Programs(folder)


def prints(data: bytes, status: int = 0) -> str:
    """A program that prints something and ends."""
    return f"say({data!r})\nsys.exit({status})\n"


@pytest.mark.parametrize(
    "data",
    [
        "Ubuntu-24.04\r\r\ndocker-desktop\r\r\n".encode("utf-16-le"),
        "\ufeffUbuntu-24.04\r\ndocker-desktop\r\n".encode("utf-16-le"),
        b"\xef\xbb\xbfUbuntu-24.04\r\ndocker-desktop\r\n",
        b"Ubuntu-24.04\ndocker-desktop\n",
    ],
    ids=["utf-16", "utf-16 with a mark", "utf-8 with a mark", "utf-8"],
)
def test_the_distributions_are_read_in_each_encoding(programs: Programs, data: bytes) -> None:
    programs.install("wsl", prints(data))

    assert ("Ubuntu-24.04", "docker-desktop") == wsl_exe.distributions()


@pytest.mark.parametrize(
    ("data", "status", "why"),
    [
        ("Für WSL ist keine Distribution da.\r\n".encode("utf-16-le"), 0xFFFFFFFF, "Für WSL ist"),
        # In the console's own code page, as programs print that know neither.
        ("No hay distribución.\r\n".encode("oem"), 1, "No hay distribución."),
        (b"Usage: wsl.exe [Argument]\r\n\r\n    --exec, -e <CommandLine>\r\n", 0, "Usage: wsl.exe"),
        (b"\0\1\xff\xfe\x80" * 50, 0, ""),
        (b"", 3, ""),
    ],
    ids=["German", "code page", "usage", "binary", "nothing"],
)
def test_a_windows_without_wsl_has_no_distribution_and_says_why(
    programs: Programs, data: bytes, status: int, why: str
) -> None:
    programs.install("wsl", prints(data, status))

    told = wsl_exe.listed()

    assert () == told.names
    assert told.why.startswith("wsl.exe lists no distribution")
    assert why in told.why
    assert wsl_exe.version() is None


def test_an_offer_to_install_wsl_gets_no_key_and_is_ended(
    programs: Programs, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    got = tmp_path / "got"
    script = f"say(b'Press any key'); open({str(got)!r}, 'wb').write(sys.stdin.buffer.read())"
    programs.install("wsl", f"{script}; time.sleep({SECONDS})")
    monkeypatch.setattr(wsl_exe, "ASK_SECONDS", 8.0)

    assert ((), "wsl.exe --list: no answer within 8 s") == wsl_exe.listed()
    assert b"" == got.read_bytes()


def test_a_distribution_that_cannot_be_entered_is_told_in_windows_words(
    programs: Programs,
) -> None:
    said = "Zugriff verweigert.\r\nFehlercode: Wsl/E_ACCESSDENIED\r\n".encode("utf-16-le")
    programs.install("wsl", prints(said, 0xFFFFFFFF))

    with pytest.raises(Failed, match=r"Zugriff verweigert\. Fehlercode: Wsl/E_ACCESSDENIED"):
        wsl_exe.look("Ubuntu")


NONSENSE = {
    "no JSON": prints(b"nonsense\n"),
    "an error with status 0": prints(b"error during connect: this error may indicate ...\n"),
    "binary": prints(bytes(range(256)) * 8),
    "a list": prints(b"[1, 2]\n"),
    "deep": prints(b"[" * 100_000),
    "huge": "say(b'x' * (2 << 20))",
    "hangs": f"time.sleep({SECONDS})",
    "fails": "print('broken config', file=sys.stderr); sys.exit(1)",
}


@pytest.mark.parametrize("what", NONSENSE)
def test_a_docker_that_answers_nonsense_is_told_with_why(
    programs: Programs, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    monkeypatch.setattr(engines, "ASK_SECONDS", 1.0 if what == "hangs" else SECONDS)
    listed = json.dumps(CONTEXT).encode() + b"\n"
    script = f"if words[0] == 'context':\n    say({listed!r})\n    sys.exit(0)\n"
    programs.install("docker", script + NONSENSE[what])

    found, unasked = engines.engines()

    assert [] == found
    assert ["desktop-linux"] == [each.name for each in unasked], unasked
    why = {
        "huge": "printed more than 1048576 bytes",
        "hangs": "no answer within 1 s",
        "fails": "broken config",
    }
    assert why.get(what, "its answer is no JSON") in unasked[0].why


@pytest.mark.parametrize("what", ["no JSON", "binary", "huge"])
def test_the_seam_keeps_nothing_of_such_an_answer(
    programs: Programs, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    # The pipe of an engine is there; Wine has none.
    monkeypatch.setattr(windows, "is_pipe", lambda path: True)
    monkeypatch.setattr(windows, "COMMAND_SECONDS", float(SECONDS))
    programs.install("docker", NONSENSE[what])

    if what == "huge":
        with pytest.raises(Failed, match="printed more than"):
            fresh().run(*INFO)
    else:
        assert "" == fresh().run(*INFO).stdout


def test_docker_is_not_asked_where_no_engine_has_a_pipe(programs: Programs) -> None:
    programs.install("docker", NONSENSE["hangs"])

    with pytest.raises(Absent, match="none of"):
        fresh().run(*INFO)


def compared(programs: Programs) -> tuple[dict[str, Any], str]:
    """What `compare --json` prints on stdout and stderr; it ends with 0."""
    done = subprocess.run(
        [sys.executable, "-m", "dpf_edge", "compare", "--json"],
        env=only_these(programs.folder),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=SECONDS,
        check=False,
    )
    assert 0 == done.returncode, done.stderr.decode()
    return json.loads(done.stdout), done.stderr.decode()


def test_a_comparison_with_such_programs_is_one_of_the_host_and_says_why(
    programs: Programs,
) -> None:
    programs.install("wsl", prints(b"Ubuntu\r\n") + "")
    programs.install("docker", NONSENSE["binary"])

    told, said = compared(programs)

    assert ["Windows host", "Ubuntu WSL distro"] == [row["name"] for row in told["vantages"]]
    assert "Ubuntu: " in told["vantages"][1]["error"]
    assert "Traceback" not in said
