"""The lines of /proc/self/mountinfo (proc(5)) that tell where a process stands."""

from __future__ import annotations

import re
from typing import NamedTuple

# An engine's own files over the container's: Docker keeps them under containers/<id>, Podman
# under overlay-containers/<id>/userdata.
ENGINE_FILE = r"/containers/[0-9a-f]{64}/|/overlay-containers/[0-9a-f]{64}/userdata/"
ENGINE_STORES = ("docker", "containerd", "/containers/storage", "podman", "buildkit")
ENGINE_FILES = frozenset({"/etc/hosts", "/etc/hostname", "/etc/resolv.conf"})


class Mount(NamedTuple):
    """One mount: the path inside its file system, where it is mounted, and what it is."""

    root: str
    point: str
    kind: str
    source: str
    options: str


def parse(text: str) -> tuple[Mount, ...]:
    """The mounts of a mountinfo file; lines that are no mount are left out.

    The options of a 9p mount of WSL hold unescaped blanks, so a line is cut at its separator
    first, and the options are whatever follows the source.
    """
    mounts = []
    for line in text.split("\n"):
        before, dash, after = line.partition(" - ")
        fields, rest = before.split(" "), after.split(" ", 2)
        if dash and len(fields) >= 5 and len(rest) >= 2:
            options = rest[2] if len(rest) > 2 else ""
            mounts.append(Mount(fields[3], fields[4], rest[0], rest[1], options))
    return tuple(mounts)


def root(mounts: tuple[Mount, ...]) -> Mount | None:
    """What is mounted at ``/``: the last such line covers the others."""
    return next((mount for mount in reversed(mounts) if mount.point == "/"), None)


def engine_root(mounts: tuple[Mount, ...]) -> Mount | None:
    """The root, where an engine's store made it.

    Only the line for ``/`` counts: a Docker host's own mountinfo lists the roots of all its
    containers.
    """
    top = root(mounts)
    if top and any(word in f"{top.root} {top.options}" for word in ENGINE_STORES):
        return top
    return None


def engine_file(mounts: tuple[Mount, ...]) -> Mount | None:
    """The first of the three files that an engine lays over a container's own."""
    for mount in mounts:
        if mount.point in ENGINE_FILES and re.search(ENGINE_FILE, mount.root):
            return mount
    return None
