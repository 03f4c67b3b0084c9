"""What somebody types first on Windows: it answers, in Windows' words for places, and in UTF-8."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from .host import WindowsHost

INSTALL = ("install", "--dry-run", "--authority", "https://authority.example:8470")
FIRST = {
    "diagnose": (("diagnose",), 0, "Yes: this process sees the LAN."),
    "plan": (("plan",), 0, "A native program, on this machine."),
    "status": (("status",), 2, "C:\\ProgramData\\dpf-edge-node"),
    "sweep": (("sweep", "--level", "listen"), 0, "192.168.0.200"),
    "wslconfig": (("wslconfig", "show"), 0, "C:\\users\\root\\.wslconfig: not there"),
    "preflight": (("preflight",), 1, "windows-native"),
    "no token": ((*INSTALL, "--token-file", "C:\\none", "--yes"), 64, "C:\\none is not there"),
    "no service": (("uninstall", "--yes"), 66, "no node is installed"),
    "no capture": (("diagnose", "--capture", "C:\\none.json"), 66, "C:\\none.json: no such file"),
}


@pytest.mark.parametrize("what", FIRST)
def test_it_answers_as_on_any_system(windows_host: WindowsHost, what: str) -> None:
    words, status, says = FIRST[what]

    done = windows_host.dpf_edge(*words)

    said = done.stdout + done.stderr
    assert says in said
    assert status == done.returncode, said
    for sign in ("Traceback", "internal", "\ufffd", "/var/", "/etc/", "/proc/"):
        assert sign not in said
