"""The locked dependencies, for this machine or another, with the lock's hashes."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from tools.dist.places import UV, must

if TYPE_CHECKING:
    from pathlib import Path

# What runs `make` points uv at the checkout's own environment, which is not the one meant here.
ELSEWHERE = {"UV_SYSTEM_CERTS": "true", "UV_LINK_MODE": "copy"}


def requirements(path: Path, *, building: bool) -> Path:
    """Write what the program runs on as a requirements file, each line with its hashes.

    :param building: whether what builds programs (the group ``dist``) is among it.
    """
    group = ("--group", "dist") if building else ()
    export = [UV, "export", "--quiet", "--frozen", "--no-default-groups", *group]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(must([*export, "--no-emit-project", "--no-header", "--no-annotate"]))
    return path


def environment(folder: Path) -> Path:
    """Make an environment for this machine with what the program runs on and is built by.

    :returns: its interpreter.
    """
    groups = ("--no-default-groups", "--group", "dist", "--no-install-project")
    own = {**ELSEWHERE, "UV_PROJECT_ENVIRONMENT": str(folder)}
    must([UV, "sync", "--quiet", "--locked", *groups], env={**own, "UV_PYTHON": sys.executable})
    return folder / "bin" / "python"


def for_windows(folder: Path, wanted: Path, version: str) -> None:
    """Lay wheels for Windows out in a folder, where that Python finds them by PYTHONPATH."""
    target = ("--python-version", version, "--python-platform", "x86_64-pc-windows-msvc")
    into = ("--target", folder, "--only-binary", ":all:", "--requirements", wanted)
    must([UV, "pip", "install", "--quiet", *target, *into], env=ELSEWHERE)
