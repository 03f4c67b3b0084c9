"""The packaged program: PyInstaller's folder with what has to lie beside it, in one archive."""

from __future__ import annotations

import platform
import re
import shutil
import sys
import sysconfig
import tarfile
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

from tools.dist import carried, notices, wine
from tools.dist.locked import environment, for_windows, requirements
from tools.dist.places import BUILD, PACKAGING, ROOT, VERSION, CannotBuild, must, say

if TYPE_CHECKING:
    from collections.abc import Iterable

NAME = "dpf-edge"
SPEC = PACKAGING / "dpf-edge.spec"
# Installed beside the program's own while it is built, and not in it: see `excludes` in the spec.
# Of PyInstaller the bootloader is in it, under its exception.
BUILDERS = (
    "altgraph",
    "packaging",
    "pefile",
    "pywin32-ctypes",
    "pyinstaller-hooks-contrib",
    "setuptools",
)
NOT_BUNDLED = (*BUILDERS, "pygments", "pip", "dpf-edge")

README = """\
dpf-edge {version} for {system}: a test build.

It is not signed, so {system} or a virus scanner may warn of it. {seen}
Keep the folder whole: `{program}` needs what lies beside it. Start with

    {program} diagnose

NOTICES.txt has the terms of everything that is in it. psycopg is under the LGPL: its files lie
unpacked in _internal, and may be exchanged for another build of the same version.
"""


def linux(into: Path) -> Path:
    """Build the program for this machine's own kind of Linux.

    :returns: the archive. Its glibc is this machine's: it runs on that version and later ones.
    """
    python = environment(BUILD / "linux-environment")
    folder = BUILD / "linux"
    work = ("--distpath", folder, "--workpath", BUILD / "linux-work")
    log = BUILD / "linux.log"
    must([python, "-m", "PyInstaller", "--noconfirm", *work, SPEC], log=log)
    must_be_whole(log)
    made = folder / NAME
    [site] = (BUILD / "linux-environment" / "lib").glob("python3.*/site-packages")
    terms = Path(sysconfig.get_path("stdlib")) / "LICENSE.txt"
    if not terms.exists():  # Debian's Python has it elsewhere
        terms = carried.DOC / f"python3.{sys.version_info.minor}" / "copyright"
    bundled = [
        notices.of_python(platform.python_version(), terms),
        *notices.of_packages(site, NOT_BUNDLED),
        *map(carried.notice, carried.PYTHON),
        *libraries(made / "_internal"),
        *carried.of_files(
            file.name for file in made.glob("_internal/*.libs/*") if not file.is_symlink()
        ),
    ]
    furnish(made, bundled, "Linux", f"./{NAME}", "It was tried on the machine that built it.")
    libc = "".join(platform.libc_ver())
    archive = into / f"{NAME}-{VERSION}-linux-{platform.machine()}-{libc}-test-build.tar.gz"
    with tarfile.open(archive, "w:gz") as packed:
        packed.add(made, archive.name.removesuffix(".tar.gz"))
    return archive


def windows(into: Path) -> Path:
    """Build the program for Windows, by a Windows Python under Wine.

    :returns: the archive.
    :raises CannotBuild: there is no Wine.
    """
    with wine.prefix() as where:
        wanted = requirements(BUILD / "windows.txt", building=True)
        # Where an installer puts it: pywin32's modules are found by what it says there.
        for_windows(where.site, wanted, wine.PYTHON)
        folder = BUILD / "windows"
        words = ["-m", "PyInstaller", "--noconfirm", "--distpath", wine.path(folder)]
        words += ["--workpath", wine.path(BUILD / "windows-work"), wine.path(SPEC)]
        log = BUILD / "windows.log"
        must(where.python(*words), env=where.env, log=log)
        must_be_whole(log)
        python = notices.of_python(wine.PYTHON_RELEASE, where.python_folder / "LICENSE.txt")
        packages = notices.of_packages(where.site, NOT_BUNDLED)
    made = folder / NAME
    bundled = [
        python,
        *map(carried.notice, carried.WINDOWS_PYTHON),
        *packages,
        *carried.of_files(file.name for file in made.rglob("*.dll")),
    ]
    seen = "It was built and tried under Wine alone, never on Windows itself."
    furnish(made, bundled, "Windows", f"{NAME}.exe", seen)
    archive = into / f"{NAME}-{VERSION}-windows-x86_64-test-build.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
        for file in sorted(made.rglob("*")):
            packed.write(file, Path(archive.stem) / file.relative_to(made))
    return archive


def must_be_whole(log: Path) -> None:
    """Make sure that PyInstaller found what the spec names: else it goes on without.

    :raises CannotBuild: it did not.
    """
    text = log.read_text(encoding="utf-8")
    if missing := re.findall(r"ERROR: Hidden import '(\S+)' not found", text):
        raise CannotBuild(f"not found: {', '.join(missing)}; see {log}")


def furnish(
    made: Path, bundled: Iterable[notices.Notice], system: str, program: str, seen: str
) -> None:
    """Put beside the program what has to go with it."""
    text = notices.whole(bundled, f"the program for {system}, a test build")
    (made / "NOTICES.txt").write_text(text, encoding="utf-8")
    shutil.copy(ROOT / "LICENSE", made)
    readme = README.format(version=VERSION, system=system, program=program, seen=seen)
    (made / "README.txt").write_text(readme, encoding="utf-8")


def libraries(internal: Path) -> list[notices.Notice]:
    """The system's libraries that PyInstaller took along, by their Debian packages.

    :raises CannotBuild: one is of no package, or its package states no terms.
    """
    found: dict[str, notices.Notice] = {}
    for library in sorted(internal.glob("lib*.so*")):
        if library.name.startswith("libpython") or library.is_symlink():
            continue  # the interpreter's own, or a wheel's
        listed = must(["dpkg", "-S", f"*/{library.name}"]).splitlines()
        package = listed[0].partition(":")[0]
        terms = carried.DOC / package / "copyright"
        if not terms.exists():
            raise CannotBuild(f"{library.name} of {package}: its terms are not in {terms}")
        version = must(["dpkg-query", "-W", "-f", "${Version}", package])
        text = terms.read_text(encoding="utf-8", errors="replace").strip()
        kinds = list(dict.fromkeys(re.findall(r"^License: *(\S.*)$", text, re.MULTILINE)))
        named = ", ".join(kinds[:3]) or "as its text says"
        found[package] = notices.Notice(package, version, named, (text,))
    say(f"of the system: {', '.join(found) or 'no library'}")
    return list(found.values())
