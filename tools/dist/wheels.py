"""Wheel and sdist of the project, and the wheels of what it runs on."""

from __future__ import annotations

import hashlib
import platform
import shutil
import sys
import zipfile
from typing import TYPE_CHECKING

from tools.dist.places import ROOT, UV, VERSION, cache, must

if TYPE_CHECKING:
    from pathlib import Path

# glibc's versions that wheels are made for, from Debian 12's own down to the oldest there is.
NEWEST_GLIBC, OLDEST_GLIBC = 36, 5


def build(into: Path) -> tuple[Path, Path]:
    """Build wheel and sdist from the checkout, by the locked builder.

    :returns: the two files.
    """
    must([UV, "build", "--quiet", "--no-build-isolation", "--out-dir", into, ROOT])
    stem = f"dpf_edge-{VERSION}"
    (into / ".gitignore").unlink(missing_ok=True)
    return into / f"{stem}-py3-none-any.whl", into / f"{stem}.tar.gz"


def download(wanted: Path, into: Path, python: str) -> None:
    """Put the wheels of locked requirements for a Linux with glibc into a folder; kept once had.

    :param wanted: a requirements file with hashes.
    :param python: the Python that they are for, as 3.11.
    """
    key = hashlib.sha256(f"{wanted.read_text()} {python}".encode()).hexdigest()[:12]
    kept = cache() / f"wheels-{key}"
    if not kept.exists():
        fresh = kept.with_suffix(".part")
        shutil.rmtree(fresh, ignore_errors=True)
        _fetch(wanted, fresh, python)
        fresh.rename(kept)
    shutil.copytree(kept, into, dirs_exist_ok=True)


def _fetch(wanted: Path, into: Path, python: str) -> None:
    machine = platform.machine()
    platforms = [
        f"--platform=manylinux_2_{minor}_{machine}"
        for minor in range(NEWEST_GLIBC, OLDEST_GLIBC - 1, -1)
    ]
    platforms += [f"--platform=manylinux2014_{machine}"]
    target = ("--only-binary=:all:", "--implementation=cp", f"--python-version={python}")
    pip = ("-m", "pip", "download", "--quiet", "--no-deps")
    must(
        [
            sys.executable,
            *pip,
            "--require-hashes",
            *platforms,
            *target,
            "--dest",
            into,
            "--requirement",
            wanted,
        ]
    )


def metadata(wheels: Path, into: Path) -> Path:
    """Unpack the metadata of every wheel in a folder, as an installed package has it."""
    for wheel in sorted(wheels.glob("*.whl")):
        with zipfile.ZipFile(wheel) as archive:
            inside = [name for name in archive.namelist() if ".dist-info/" in name]
            archive.extractall(into, inside)
    return into


def libraries(wheels: Path) -> list[str]:
    """The files of the libraries that the wheels in a folder carry, as auditwheel lays them out."""
    found: list[str] = []
    for wheel in sorted(wheels.glob("*.whl")):
        with zipfile.ZipFile(wheel) as archive:
            parts = [name.split("/") for name in archive.namelist()]
        found += [name[-1] for name in parts if len(name) == 2 and name[0].endswith(".libs")]
    return found
