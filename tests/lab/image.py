"""The image that every container of the lab runs, made without a registry, and its cache.

Nothing can be pulled, so Debian's own debootstrap makes the root, and an engine of the lab takes it
in once. What that engine then has on disk is the template that each engine of each run starts from.
"""

from __future__ import annotations

import hashlib
import platform
import shutil
from typing import TYPE_CHECKING

from .commands import CALL_SECONDS, must
from .state import LabUnavailable, cache

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

NAME = "debian:bookworm-slim"
NESTED_NAME = "dpf-edge-lab/engine"

_SUITE = "bookworm"
_PACKAGES = "python3,iproute2,busybox"
# The engine within a container: the same engine, as a layer above the image that the others run.
_NESTED_PACKAGES = "docker.io iptables"

# The Python of Debian 12, and a glibc no newer than the one it runs on.
_TARGET = "3.11"
_PLATFORM = f"{platform.machine()}-manylinux_2_28"

# debootstrap took 33 s and apt 15 s here; ten times that is a slow mirror, more is a broken one.
_DOWNLOAD_SECONDS = 500.0
# Reading 170 MB into an engine took 4 s.
_IMPORT_SECONDS = 120.0

# What Debian's slim images leave out too, and what apt keeps for itself.
_SLIM = "usr/share/doc usr/share/man usr/share/info usr/share/locale var/lib/apt/lists var/cache"


def once(folder: Path, make: Callable[[Path], None]) -> Path:
    """Give the folder, made by `make` in a place beside it if it is not there yet.

    The rename at the end is what makes it exist, so an aborted run leaves no half of it.
    """
    if not folder.exists():
        fresh = folder.with_name(folder.name + ".part")
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(parents=True)
        make(fresh)
        fresh.rename(folder)
        _prune(folder)
    return folder


def _prune(newest: Path) -> None:
    # Two of a kind stay, so that two branches of a checkout do not take turns at building theirs.
    kind = newest.name.partition("-")[0]
    found = sorted(newest.parent.glob(f"{kind}-*"), key=lambda path: path.stat().st_mtime)
    for folder in found[:-2]:
        must(["rm", "-rf", str(folder)])


def _key(*parts: str) -> str:
    # Twelve hex digits: a handful of versions ever meet in one cache.
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:12]


def tars() -> Path:
    """A folder with `image.tar`, a whole root, and `nested.tar`, the layer with an engine in it."""
    return once(cache() / f"image-{_key(_SCRIPT)}", _debootstrap)


def template(fill: Callable[[Path, Path], None]) -> Path:
    """An engine's data-root with both images in it.

    `fill(data_root, tars)` starts an engine, has it take the images in, and ends it; it is called
    only where the cache has no template for this engine's version.
    """
    engine = must(["dockerd", "--version"])
    made = tars()

    def make(fresh: Path) -> None:
        fill(fresh, made)
        for entry in fresh.iterdir():
            # Layers and what the engine knows of them; all else is that one run's.
            if entry.name not in ("overlay2", "image"):
                must(["rm", "-rf", str(entry)])

    return once(cache() / f"engine-{_key(engine, made.name, _IMPORT)}", make)


def data_root(made: Path, where: Path) -> Path:
    """Lay out a data-root for one engine of this run from the template, in some 0.2 s.

    A layer's files are never written once they are there (containers write to layers of their own),
    so they are shared with the template by hard links; the engine's own records are copied.
    """
    where.mkdir(mode=0o711, parents=True)
    must(["cp", "-a", "--link", str(made / "overlay2"), str(where)])
    must(["cp", "-a", str(made / "image"), str(where)])
    return where


def take_in(docker: tuple[str, ...], made: Path) -> None:
    """Have an engine read the images in; `docker` is its command line."""
    must([*docker, "import", str(made / "image.tar"), NAME], timeout=_IMPORT_SECONDS)
    must(
        [*docker, "build", "--tag", NESTED_NAME, "--file", "-", str(made)],
        stdin=_IMPORT,
        # The builder that 20.10 has built in; BuildKit would want a plug-in.
        env={"DOCKER_BUILDKIT": "0"},
        timeout=_IMPORT_SECONDS,
    )


_IMPORT = f"FROM {NAME}\nADD nested.tar /\n"


def podman_store(fill: Callable[[Path, Path], None]) -> Path:
    """A store of Podman's with the image in it; `fill(store, tar)` has one take the image in.

    It is called only where the cache has no store for this version of Podman.
    """
    podman = must(["podman", "--version"])
    made = tars()

    def make(fresh: Path) -> None:
        fill(fresh, made / "image.tar")
        for entry in fresh.iterdir():
            # Layers and images; all else is that one run's.
            if entry.name not in ("overlay", "overlay-images", "overlay-layers"):
                must(["rm", "-rf", str(entry)])

    return once(cache() / f"podman-{_key(podman, made.name)}", make)


def podman_take_in(podman: tuple[str, ...], tar: Path) -> None:
    """Have Podman read the image in; `podman` is its command line."""
    # What a pull would name it, and what Podman takes the short name for.
    full = f"docker.io/library/{NAME}"
    must([*podman, "import", str(tar), full], timeout=_IMPORT_SECONDS)


def root_of(made: Path) -> Path:
    """The image's root as a folder, in the template."""
    for layer in (made / "overlay2").iterdir():
        # The lowest layer is the only one with nothing below it.
        if (layer / "diff").is_dir() and not (layer / "lower").exists():
            return layer / "diff"
    raise LabUnavailable(f"the image's lowest layer is not in {made}; remove that folder")


# The services of the packages must not start there either, hence the policy.
_SCRIPT = f"""
root=$1/root diff=$1/diff
export LIBMOUNT_UTAB=$1/utab
debootstrap --variant=minbase --include={_PACKAGES} {_SUITE} $root >&2
mkdir -p $diff $1/work $1/both
mount -n -t overlay -o lowerdir=$root,upperdir=$diff,workdir=$1/work overlay $1/both
mount -n -t proc proc $1/both/proc
printf '#!/bin/sh\\nexit 101\\n' > $1/both/usr/sbin/policy-rc.d
chmod 755 $1/both/usr/sbin/policy-rc.d
DEBIAN_FRONTEND=noninteractive chroot $1/both \
    apt-get install -q -y --no-install-recommends {_NESTED_PACKAGES} >&2
umount -n $1/both/proc $1/both
find $diff -type c -delete
rm -f $diff/usr/sbin/policy-rc.d
for tree in $root $diff; do (cd $tree && rm -rf {_SLIM} && mkdir -p var/cache/apt); done
tar -C $root --one-file-system --exclude=./dev/* -cf $1/image.tar .
tar -C $diff -cf $1/nested.tar .
rm -rf $root $diff $1/work $1/both
"""


# A module that does not compile (packages ship templates and tests of other versions) is no loss.
_COMPILE = "mount -n --bind $1 $2/mnt; chroot $2 python3 -m compileall -q /mnt || true\n"


def _alone(script: str, *arguments: Path, timeout: float) -> None:
    """Run shell lines with mounts and processes of their own, which end with them or with us."""
    must(
        [
            *("setpriv", "--pdeathsig=KILL"),
            *("unshare", "--mount", "--pid", "--fork", "--kill-child=KILL"),
            *("sh", "-eu", "-s", *map(str, arguments)),
        ],
        stdin=script,
        timeout=timeout,
    )


def _debootstrap(fresh: Path) -> None:
    _alone(_SCRIPT, fresh, timeout=_DOWNLOAD_SECONDS)


def program(checkout: Path, root: Path) -> Path:
    """The folder of the locked runtime dependencies as the image's Python can load them.

    The checkout's own .venv may have another Python. `root` is the image's root: its interpreter
    compiles the modules, for the containers get them read-only and would compile them each time.
    """
    lock = checkout / "uv.lock"
    own = checkout / ".venv" / "bin" / "uv"
    uv = str(own) if own.exists() else shutil.which("uv")
    if uv is None or not lock.exists():
        raise LabUnavailable("the checkout has no .venv/bin/uv or no uv.lock: run `make` first")

    def make(fresh: Path) -> None:
        runtime_only = ("--frozen", "--no-dev", "--no-emit-project")
        wanted = must([uv, "export", "--quiet", *runtime_only, "--directory", str(checkout)])
        target = ("--python-version", _TARGET, "--python-platform", _PLATFORM)
        into = ("--target", str(fresh), "--only-binary=:all:", "--requirements", "-")
        must(
            [uv, "pip", "install", "--quiet", *target, *into],
            stdin=wanted,
            timeout=_DOWNLOAD_SECONDS,
        )
        _alone(_COMPILE, fresh, root, timeout=CALL_SECONDS * 2)

    return once(cache() / f"program-{_key(lock.read_text(), _TARGET, _PLATFORM)}", make)
