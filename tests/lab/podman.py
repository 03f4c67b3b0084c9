"""Podman on the Linux host, run by root: the other engine's containers.

All that it has to be told stands in that machine's /etc, so a plain `podman` works there too.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from . import image
from .commands import must
from .engine import ENVIRONMENT, IDLE, PROGRAM, Stock
from .lab import Place
from .machine import machine
from .net import PREFIX, namespace

if TYPE_CHECKING:
    from pathlib import Path

    from .machine import Machine

_GRAPH_ROOT = "/var/lib/containers/storage"
# Where Podman's own manual puts a store of images that is only read.
_IMAGES = "/var/lib/shared"
_HOOKS = "/etc/containers/oci/hooks.d"

# In turn: Podman raises its limits unless told some, which a machine without CAP_SYS_RESOURCE
# refuses. Its monitor processes would found a control group outside of the lab's. Its makers use
# netavark; Debian's default is the older CNI plug-ins. runc is what Docker uses too: crun refuses
# a machine with both versions of control groups, and no systemd and no journal need be there. The
# usual kind of lock is one file in /dev/shm, which this machine has in common with the real one.
_CONTAINERS = f"""\
[containers]
default_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]
cgroups = "no-conmon"

[network]
network_backend = "netavark"

[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "none"
lock_type = "file"
hooks_dir = ["{_HOOKS}"]
"""

_STORAGE = f"""\
[storage]
driver = "overlay"
graphroot = "{_GRAPH_ROOT}"
runroot = "/run/containers/storage"

[storage.options]
additionalimagestores = ["{_IMAGES}"]
"""

# No setting names the control group above all containers; a hook may change what the runtime is
# given. With this one they stand in a group of the lab's own, by which a sweep finds them.
_GROUP = {
    "version": "1.0.0",
    "hook": {
        "path": "/usr/bin/sed",
        "args": ["sed", f's,"cgroupsPath":"/,&{PREFIX}podman/,'],
    },
    "when": {"always": True},
    "stages": ["precreate"],
}

ETC = {
    "containers/containers.conf": _CONTAINERS,
    "containers/storage.conf": _STORAGE,
    f"{_HOOKS.removeprefix('/etc/')}/group.json": json.dumps(_GROUP),
}

# An overlay cannot lie on another one, as the machine's /var/lib is.
_MOUNT = f"""\
mkdir -p {_GRAPH_ROOT} {_IMAGES}
mount -n --bind $1 {_GRAPH_ROOT}
mount -n --bind -o ro $2 {_IMAGES}
"""

_SAYS = {
    "podman-bridge": "A container on Podman's default bridge, behind the host's NAT.",
    "podman-host": "A Podman container with the host's own network.",
}


def places(host: Machine, stock: Stock) -> list[Place]:
    """Give Podman on that machine its folders, start its containers, and give their places."""
    own = stock.work / "podman"
    own.mkdir()
    must([*host.argv, "sh", "-eu", "-s", str(own), str(_store())], stdin=_MOUNT)
    cli = (*host.argv, "podman")
    volumes = [f"--volume={out}:{inner}:ro" for out, inner in stock.mounts.items()]
    networks = {"podman-bridge": "--network=bridge", "podman-host": "--network=host"}
    for name, network in networks.items():
        words = ("run", "--detach", "--pull=never", "--name", name, network)
        must([*cli, *words, *volumes, *ENVIRONMENT, image.NAME, *IDLE])
    return [
        Place(f"linux-host/{name}", "real", says, (*cli, "exec", "-i", name), PROGRAM)
        for name, says in _SAYS.items()
    ]


def _store() -> Path:
    """The images as Podman has them on disk, read by every run and written by none."""

    def fill(store: Path, tar: Path) -> None:
        # A machine with no link at all: nothing that is built here can reach anything.
        etc = {"containers/containers.conf": _CONTAINERS, "resolv.conf": "\n"}
        where = machine(namespace("podman-build"), "build", etc)
        # What it unpacks on the way would lie in the real machine's /var/tmp.
        beside = (*where.argv, "env", f"TMPDIR={store}")
        cli = (*beside, "podman", f"--root={store}", "--storage-driver=overlay")
        image.podman_take_in(cli, tar)

    return image.podman_store(fill)
