"""``make dist``: everything that is handed out, into ``dist``, with its sums.

Arguments name parts of it: ``wheel``, ``linux``, ``windows``; without any it is all of them.
"""

from __future__ import annotations

import hashlib
import sys
import time
from typing import TYPE_CHECKING

from tools.dist import program, wheels
from tools.dist.places import DIST, CannotBuild, say

if TYPE_CHECKING:
    from pathlib import Path

PARTS = ("wheel", "linux", "windows")
SUMS = "SHA256SUMS"


def make(part: str, into: Path) -> list[Path]:
    """Make one part.

    :returns: its files.
    """
    if part == "wheel":
        return list(wheels.build(into))
    return [program.linux(into) if part == "linux" else program.windows(into)]


def sums(folder: Path) -> str:
    """The SHA-256 sums of a folder's files, as sha256sum prints and checks them."""
    files = sorted(path for path in folder.iterdir() if path.is_file() and path.name != SUMS)
    return "".join(
        f"{hashlib.sha256(file.read_bytes()).hexdigest()}  {file.name}\n" for file in files
    )


def main(parts: list[str]) -> None:
    """Make some parts or all; the sums are those of all that stands there."""
    if unknown := set(parts) - set(PARTS):
        sys.exit(f"make dist: no such part: {', '.join(sorted(unknown))}; {', '.join(PARTS)}")
    DIST.mkdir(exist_ok=True)
    # Those of before would tell of files that are made anew.
    (DIST / SUMS).unlink(missing_ok=True)
    try:
        for part in parts or PARTS:
            began = time.monotonic()
            for file in make(part, DIST):
                size = file.stat().st_size / 2**20
                say(f"{file.relative_to(DIST.parent)}, {size:.1f} MiB")
            say(f"  {part}: {time.monotonic() - began:.0f} s")
    except CannotBuild as failed:
        sys.exit(f"make dist: {failed}")
    (DIST / SUMS).write_text(sums(DIST), encoding="ascii")


if __name__ == "__main__":
    main(sys.argv[1:])
