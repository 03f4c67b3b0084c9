"""The suite's Windows tests, run by Windows' own Python on the lab's LAN."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.lab.state import CHECKOUT

from .prefix import windows_path

if TYPE_CHECKING:
    from .host import WindowsHost

# Nothing that copies files by shutil: Wine 8 has no CopyFile2, and ends a Python that calls it.
# What needs Windows; what judges Windows' machines, for the verdict must not depend on the system
# that it is reached on; of the rest what deals with files, texts and the registry's list; and what
# is killed there by TerminateProcess.
CHOSEN = (
    ("tests/windows", "-k", "not programs and not commands"),
    ("tests/windows", "-k", "programs or commands"),
    ("tests/test_cases.py", "-k", "windows"),
    (
        "tests/unit/host/test_log_file.py",
        "tests/unit/host/test_once.py",
        "tests/unit/host/test_redact_text.py",
        "tests/unit/host/test_windows_registry.py",
    ),
    ("tests/unit/test_outbox.py", "-k", "after_a_kill"),
)
# Each takes a minute at most; more is a busy machine.
SECONDS = 140.0


@pytest.mark.parametrize("chosen", CHOSEN, ids=["windows", "programs", "cases", "units", "kills"])
def test_the_windows_tests_pass_on_windows(
    windows_host: WindowsHost, chosen: tuple[str, ...]
) -> None:
    done = windows_host.python(
        *("-m", "pytest", "-q", "-p", "no:cacheprovider"),
        f"--rootdir={windows_path(CHECKOUT)}",
        *("-c", windows_path(CHECKOUT / "pyproject.toml")),
        *(windows_path(CHECKOUT / word) if word.startswith("tests/") else word for word in chosen),
        timeout=SECONDS,
    )

    assert 0 == done.returncode, done.stdout + done.stderr
    # "12 passed in 8.1s", or with others left out by -k; never "no tests ran" or a skip.
    assert re.search(r"^\d+ passed(, \d+ deselected)? in ", done.stdout, re.MULTILINE), done.stdout
