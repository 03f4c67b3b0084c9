"""``make image``: the container image, from wheels, by whatever engine stands here."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from typing import TYPE_CHECKING

from tools.dist import carried, notices, wheels
from tools.dist.locked import requirements
from tools.dist.places import BUILD, PACKAGING, ROOT, UV, VERSION, CannotBuild, must, say

if TYPE_CHECKING:
    from pathlib import Path

CONTEXT = ROOT / "build" / "image"
# Debian 12's: what the Dockerfile's base has.
PYTHON = "3.11"
TAGS = (f"dpf-edge:{VERSION}", "dpf-edge:latest")


def context(folder: Path = CONTEXT) -> Path:
    """Lay out what the Dockerfile copies in.

    :returns: the folder.
    """
    shutil.rmtree(folder, ignore_errors=True)
    own = folder / "wheels"
    own.mkdir(parents=True)
    wheel, source = wheels.build(own)
    source.unlink()
    wheels.download(requirements(BUILD / "image.txt", building=False), own, PYTHON)
    installed = wheels.metadata(own, BUILD / "image-metadata")
    bundled = [
        *notices.of_packages(installed, but=("dpf-edge",)),
        *carried.of_files(wheels.libraries(own)),
    ]
    text = notices.whole(bundled, "what this image adds to its base")
    (folder / "NOTICES.txt").write_text(text, encoding="utf-8")
    shutil.copy(ROOT / "LICENSE", folder)
    shutil.copy(UV, folder)
    for name in ("Dockerfile", "entry.py"):
        shutil.copy(PACKAGING / name, folder)
    say(f"{wheel.name} and the {len(list(own.iterdir())) - 1} wheels it runs on, in {own}")
    return folder


def build(engine: list[str], more: list[str]) -> None:
    """Build the image and give it its names.

    :param engine: the engine's command line, as ``docker --host …`` or ``podman``.
    :param more: further arguments of its ``build``.
    """
    folder = context()
    tags = [word for tag in TAGS for word in ("--tag", tag)]
    must([*engine, "build", *tags, *more, folder], log=BUILD / "image.log")
    say(f"built {' and '.join(TAGS)}")


def main() -> None:
    """Build with the engine that ``DOCKER`` names; the arguments are handed to its ``build``."""
    try:
        build(shlex.split(os.environ.get("DOCKER") or "docker"), sys.argv[1:])
    except CannotBuild as failed:
        sys.exit(f"make image: {failed}")


if __name__ == "__main__":
    main()
