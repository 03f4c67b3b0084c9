"""An Authority on the office's edge, and a node there that reports to it: both as installed."""

from __future__ import annotations

import contextlib
import time
from typing import TYPE_CHECKING

from tests.lab.commands import wait_until
from tests.lab.lab import INSTALLED

from .office import EDGE, SNMP_FILE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from .office import Office

AUTHORITY = "127.0.0.1:18470"
AUTHORITY_LOG, NODE_LOG = "/run/authority.log", "/run/node.log"
STORE_FILE = "/run/authority.db"
STORE = f"sqlite:///{STORE_FILE}"
# What starting, enrolling and delivering takes (some seconds), with much to spare.
PATIENCE = 30.0


@contextlib.contextmanager
def authority(where: Office) -> Iterator[dict[str, str]]:
    """A real Authority on the edge itself; given is what a node needs to enrol there."""
    with started(where, AUTHORITY_LOG, f"authority --listen {AUTHORITY} --store {STORE}"):
        end = time.monotonic() + PATIENCE
        token = ""
        while not token and time.monotonic() < end:
            issued = where.dpf_edge("token", "issue", "--auto-approve", "--store", STORE)
            token = issued.stdout.split()[-1] if issued.returncode == 0 else ""
        assert token, issued.stderr
        yield {
            "DPF_AUTHORITY_URL": f"http://{AUTHORITY}",
            "DPF_BOOTSTRAP_TOKEN": token,
            "DPF_EDGE_STATE_DIR": "/run/node",
            "DPF_EDGE_LOG_DIR": "/run/node-log",
            "DPF_EDGE_SNMP_CONFIG": SNMP_FILE,
        }


@contextlib.contextmanager
def node(where: Office, settings: Mapping[str, str]) -> Iterator[None]:
    """A node that sweeps and delivers meanwhile."""
    given = " ".join(f"{name}={value}" for name, value in settings.items())
    with started(where, NODE_LOG, "run", given):
        yield


@contextlib.contextmanager
def started(where: Office, log: str, words: str, given: str = "") -> Iterator[None]:
    """A program in the background; it has ended when this has."""
    command = " ".join(["env", "HOME=/run", given, *INSTALLED, words])
    number = where.capsule.sh(f"{command} >{log} 2>&1 </dev/null & echo $!", place=EDGE).strip()
    try:
        yield
    finally:
        where.capsule.sh(f"kill {number} 2>/dev/null || :", place=EDGE)
        assert wait_until(lambda: has_ended(where, number), seconds=PATIENCE), f"{words} goes on"


def has_ended(where: Office, number: str) -> bool:
    """Whether a process is gone, or nothing of it is left but that nobody asked how it ended."""
    state = where.capsule.sh(f"cat /proc/{number}/stat 2>/dev/null || :").rpartition(") ")[2]
    return state[:1] in {"", "Z"}


def devices(where: Office) -> str:
    """What the Authority's store lists."""
    return where.dpf_edge("devices", "list", "--store", STORE).stdout


def store(where: Office) -> Path:
    """The store's file, to be read once the Authority has ended."""
    return where.capsule.file(STORE_FILE)
