"""A node whose disk is full: a real one, a small tmpfs in a mount namespace of the test's own."""

from __future__ import annotations

import contextlib
import os
import shlex
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.left_out import left_out
from tests.node.processes import Zygote
from tests.node.scripted import RUNS, Scripted, page
from tests.node.servers import Server, until

if TYPE_CHECKING:
    from collections.abc import Iterator

# An outbox with its log and some runs, and the node's other files.
SIZE_BYTES = 1 << 20


def why_not() -> str | None:
    """Why there can be no such disk here; None where there can."""
    if os.getuid() != 0 or shutil.which("unshare") is None:
        return "mounting a tmpfs takes root and unshare(1)"
    tried = subprocess.run(
        ["unshare", "-m", "mount", "-t", "tmpfs", "none", "/mnt"], capture_output=True, check=False
    )
    return None if tried.returncode == 0 else "a tmpfs cannot be mounted here"


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[tuple[Zygote, Path, str]]:
    """Nodes with a small disk of their own; that disk as it is seen from here, and from there."""
    reason = why_not()
    if reason is not None:
        left_out(reason)
    there = tmp_path / "disk"
    there.mkdir()
    mount = f"mount -t tmpfs -o size={SIZE_BYTES},mode=0700 none {shlex.quote(str(there))}"
    zygote = Zygote("unshare", "-m", "sh", "-c", f'{mount} && exec "$@"', "sh")
    seen = Path(f"/proc/{zygote.process}/root{there}")
    try:
        until(lambda: size_of(seen) == SIZE_BYTES)
        yield zygote, seen, str(there)
    finally:
        zygote.end()


def size_of(disk: Path) -> int:
    """How large a disk is."""
    told = os.statvfs(disk)
    return told.f_frsize * told.f_blocks


def fill(disk: Path) -> Path:
    """Leave no room on a small disk."""
    assert SIZE_BYTES == size_of(disk), "this is not the disk that was made for it"
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as file:
        for size in (1 << 16, 1 << 12):
            with contextlib.suppress(OSError):
                for _ in range(SIZE_BYTES // size):
                    file.write(b"x" * size)
    return filler


def test_a_full_disk_loses_no_run_that_was_taken(
    disk: tuple[Zygote, Path, str], authority: Scripted, server: Server
) -> None:
    """While it is full runs are taken, held in memory and delivered; when it is not any more, they
    are written down."""
    zygote, here, there = disk
    child = zygote.start(url=server.url, folder=there, token=authority.issue())
    until(lambda: authority.run_keys())
    authority.always[RUNS] = page(503)
    filler = fill(here)
    until(lambda: any("memory holds the runs" in line["text"] for line in zygote.of("outbox")))
    taken = len(zygote.of("taken"))
    until(lambda: len(zygote.of("taken")) >= taken + 3)
    del authority.always[RUNS]
    held = [line["run"] for line in zygote.of("taken")]
    until(lambda: set(held) <= set(authority.run_keys()))
    filler.unlink()
    until(lambda: any("is writable again" in line["text"] for line in zygote.of("outbox")))
    authority.always[RUNS] = page(503)
    taken = len(zygote.of("taken"))
    until(lambda: len(zygote.of("taken")) >= taken + 3)
    zygote.kill(child)
    last = [line["run"] for line in zygote.of("taken")]
    del authority.always[RUNS]

    zygote.start(url=server.url, folder=there)
    until(lambda: set(last) <= set(authority.run_keys()))

    assert [] == zygote.of("dropped")


def test_a_disk_that_is_full_from_the_start_spends_no_token(
    disk: tuple[Zygote, Path, str], authority: Scripted, server: Server
) -> None:
    """W7: the folder is proven first."""
    zygote, here, there = disk
    (here / "state").mkdir(mode=0o700)
    filler = fill(here)
    child = zygote.start(url=server.url, folder=there, token=authority.issue())
    assert 70 == os.waitstatus_to_exitcode(zygote.ended())
    assert [] == authority.calls
    filler.unlink()

    again = zygote.start(url=server.url, folder=there, token=authority.issue())
    until(lambda: authority.run_keys())

    assert again != child
