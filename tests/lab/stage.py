"""The stage: what stands where. Each box is a network namespace of its own.

    LAN 192.168.0.0/24, a switch
     ├─ .1    router
     ├─ .10 … .16   nas · printer · tv · access-point · speaker · pi · lamps
     ├─ .20   linux-host            a native dockerd: host, bridge, user-bridge, none, siblings,
     │         │                    nested (with nested/host, nested/bridge); Podman
     │         └─ .60   linux-host/macvlan
     ├─ .200  docker-desktop-distro      the stand-in for Docker's WSL distro, mirrored
     ├─ .200  windows-host               Wine (tests/lab/windows), plugged in while a test uses it
     └─ .201  vpnkit ── NAT ── 192.168.65.3  docker-desktop     Docker Desktop's engine, staged:
                                             host, bridge, user-bridge, none

There is no way out: the router routes nowhere, and no namespace has a link to the real machine's.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from . import docker_desktop, linux_host, podman, wsl_distro
from .commands import LabError, run
from .engine import stock
from .lab import Lab, Place
from .lan import lan
from .state import CHECKOUT, LabUnavailable, begin
from .traces import sweep, traces

Say = Callable[[str], None]


def check() -> None:
    """Raise LabUnavailable, in one line, where this machine cannot have the lab."""
    if sys.platform != "linux":
        raise LabUnavailable("the lab needs Linux")
    if os.geteuid() != 0:
        raise LabUnavailable("the lab needs root; run `make lab-deps` and `make test` as root")
    missing = run(["sh", str(Path(__file__).with_name("deps.sh")), "--check"])
    if missing.returncode != 0:
        names = " ".join((missing.stdout or missing.stderr).split())
        raise LabUnavailable(f"the lab needs these packages: {names}; run `make lab-deps`")
    if not (CHECKOUT / ".venv" / "bin" / "dpf-edge").exists():
        raise LabUnavailable("the checkout has no .venv/bin/dpf-edge: run `make` first")


def up(say: Say = lambda _: None) -> Lab:
    """Set up the whole stage, after sweeping what an aborted run left; the caller holds the lock.

    `say` gets a line for each thing that stands. Raises LabUnavailable or LabError; nothing stands
    then.
    """
    check()
    began = time.monotonic()
    try:
        sweep()
        built = _build(lambda text: say(f"{time.monotonic() - began:5.1f} s  {text}"))
    except BaseException:
        sweep()
        raise
    return built


def _build(say: Say) -> Lab:
    began = time.monotonic()
    state = begin()
    given = stock(Path(state.work))
    say("the image")
    wire = lan()
    host = linux_host.linux_host(wire)
    vm = docker_desktop.docker_desktop(wire)
    say("the LAN and its machines")
    with ThreadPoolExecutor(2) as pool:
        native = pool.submit(linux_host.places, host, wire, given)
        desktop = pool.submit(docker_desktop.places, vm, given)
        found: list[Place] = desktop.result()
        say("Docker Desktop's engine")
        other = pool.submit(podman.places, host, given)
        found.insert(0, wsl_distro.place(wsl_distro.wsl_distro(wire), wire))
        say("Docker's WSL distro")
        found = [*native.result(), *other.result(), *found]
        say("the Linux host with its engines")
    lab = Lab(
        {place.name: place for place in found},
        wire.devices,
        round(time.monotonic() - began, 1),
    )
    state.places, state.devices = lab.records()
    state.seconds = lab.seconds
    state.whole = True
    state.write()
    return lab


def down() -> None:
    """Take everything away; quiet where nothing stands. The caller holds the lock."""
    if traces():
        sweep()


__all__ = ["LabError", "LabUnavailable", "check", "down", "up"]
