"""axe-core, from npm by the lock's hash: fetched once, and kept in the cache."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from pathlib import Path

WEB = Path(__file__).parents[2] / "web"
FILES = ("package.json", "package-lock.json")
# Three packages took a second; a slow mirror takes a minute.
SECONDS = 120


class Unavailable(Exception):
    """It cannot be had here, and why."""


def script() -> str:
    """The script, as a browser takes it.

    :raises Unavailable: there is no npm, or the registry is away.
    """
    return (packages() / "axe-core" / "axe.min.js").read_text()


def packages() -> Path:
    """The folder of all packages of the lock.

    :raises Unavailable: there is no npm, or the registry is away.
    """
    digest = hashlib.sha256(b"".join((WEB / name).read_bytes() for name in FILES)).hexdigest()[:16]
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = home / "dpf-edge" / "web" / digest
    found = folder / "node_modules"
    if not (found / "axe-core" / "axe.min.js").is_file():
        fetch(folder)
    return found


def fetch(folder: Path) -> None:
    """Install what the lock names, scripts of packages left out."""
    npm = shutil.which("npm")
    if npm is None:
        raise Unavailable("there is no npm here, which fetches axe-core")
    folder.mkdir(parents=True, exist_ok=True)
    for name in FILES:
        shutil.copy(WEB / name, folder / name)
    argv = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"]
    try:
        subprocess.run(argv, cwd=folder, check=True, timeout=SECONDS, capture_output=True)
    except (subprocess.SubprocessError, OSError) as error:
        raise Unavailable(f"npm did not fetch axe-core: {error}") from error
