"""What the program prints, through a pipe: Windows' code page holds neither tick nor cross."""

from __future__ import annotations

import json
import subprocess
import sys

SECONDS = 60


def printed(*arguments: str) -> bytes:
    """What the program prints into a pipe."""
    done = subprocess.run(
        [sys.executable, "-m", "dpf_edge", *arguments],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=SECONDS,
        check=False,
    )
    assert 0 == done.returncode, done.stderr.decode()
    return done.stdout


def test_a_plan_with_its_ticks_is_utf8() -> None:
    assert {"✓", "✗"} & set(printed("plan").decode("utf-8"))


def test_a_diagnosis_as_json_is_utf8_and_names_windows() -> None:
    assert "windows-native" == json.loads(printed("diagnose", "--json").decode("utf-8"))["vantage"]
