"""The lab's Windows host itself: that it stands where the seed's does, and is what it says."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import pytest

from tests.lab.commands import run
from tests.test_cases import schema

if TYPE_CHECKING:
    from .host import WindowsHost

TELL = """
import json, platform, socket, sys
print(json.dumps([sys.platform, platform.release(), platform.machine(), socket.gethostname()]))
"""


def test_windows_own_python_runs_there(windows_host: WindowsHost) -> None:
    done = windows_host.python("-c", TELL)

    assert ["win32", "10", "AMD64", "DESKTOP-7Q2K9"] == json.loads(done.stdout), done.stderr


def test_exit_codes_and_standard_input_pass(windows_host: WindowsHost) -> None:
    script = "import sys; sys.exit(len(sys.stdin.read()))"

    assert 7 == windows_host.python("-c", script, stdin="ü" * 7).returncode


def test_wsl_exe_speaks_utf16_unless_it_is_told_otherwise(windows_host: WindowsHost) -> None:
    script = (
        "import subprocess as s; print(s.run(['wsl.exe', '-l', '-q'], capture_output=True).stdout)"
    )

    old = windows_host.python("-c", script)
    new = windows_host.python("-c", script, env={"WSL_UTF8": "1"})

    assert repr("docker-desktop\r\n".encode("utf-16-le")) == old.stdout.strip(), old.stderr
    assert repr(b"docker-desktop\r\n") == new.stdout.strip()


def test_wsl_exe_enters_the_distro(windows_host: WindowsHost) -> None:
    done = windows_host.run(
        ["wsl.exe", "-d", "docker-desktop", "-e", "wslinfo", "--networking-mode"]
    )

    assert "mirrored\n" == done.stdout, done.stderr


def test_docker_exe_reaches_the_engine_by_either_of_its_contexts(
    windows_host: WindowsHost,
) -> None:
    for context in ("default", "desktop-linux"):
        done = windows_host.run(
            ["docker", "--context", context, "info", "--format", "{{.OperatingSystem}}"]
        )
        assert "Docker Desktop\n" == done.stdout, done.stderr


def judged(capture: str) -> dict[str, Any]:
    """What this machine, a Linux one, says of a capture."""
    done = run(
        [sys.executable, "-m", "dpf_edge", "diagnose", "--capture", "-", "--json"], stdin=capture
    )
    told: dict[str, Any] = json.loads(done.stdout)
    return told


@pytest.fixture(scope="module")
def capture(windows_host: WindowsHost) -> str:
    """A capture of the Windows host."""
    done = windows_host.dpf_edge("capture")
    schema("capture-1").validate(json.loads(done.stdout))
    return done.stdout


def test_a_capture_taken_there_is_judged_here_as_it_is_there(
    windows_host: WindowsHost, capture: str
) -> None:
    there = json.loads(windows_host.dpf_edge("diagnose", "--json").stdout)

    assert ("windows-native", "yes") == (there["vantage"], there["lan"]["answer"])
    assert there == judged(capture)


def test_redacted_it_is_judged_alike_and_tells_nothing(
    windows_host: WindowsHost, capture: str
) -> None:
    redacted = windows_host.dpf_edge("capture", "--redact").stdout

    there, here = judged(capture), judged(redacted)
    assert (there["vantage"], there["lan"]["answer"]) == (here["vantage"], here["lan"]["answer"])
    for told in ("192.168.0.200", "192.168.0.1", "04:ec:d8:10:02:02", "DESKTOP-7Q2K9"):
        assert told in capture
        assert told not in redacted


def test_a_capture_says_that_this_windows_is_wine(capture: str) -> None:
    """What is seen under Wine is not to be taken for what was seen on Windows."""
    assert ", Wine " in json.loads(capture)["machine"]["version"]
