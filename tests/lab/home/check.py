"""Whether this machine can have the office; it needs no engine, and none of the stage's images."""

from __future__ import annotations

import os
import shutil
import sys

from tests.lab.state import CHECKOUT, LabUnavailable

# What the office's devices are, by their programs; deps.sh installs the packages.
PROGRAMS = (
    *("unshare", "nsenter", "setpriv", "ip", "bridge", "ss", "busybox", "iptables", "ip6tables"),
    *("avahi-daemon", "dnsmasq", "lldpd", "minidlnad", "mosquitto", "nginx", "nmbd", "snmpd"),
    *("sshd", "ssh-keygen", "wsdd"),
)


def check(*more: str) -> None:
    """Raise LabUnavailable, in one line, where this machine cannot have the office.

    `more` are other programs that have to be there.
    """
    if sys.platform != "linux":
        raise LabUnavailable("the lab needs Linux")
    if os.geteuid() != 0:
        raise LabUnavailable("the lab needs root; run `make lab-deps` and `make test` as root")
    path = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"
    missing = [name for name in (*PROGRAMS, *more) if shutil.which(name, path=path) is None]
    if missing:
        raise LabUnavailable(f"the lab needs {' '.join(missing)}; run `make lab-deps`")
    if not (CHECKOUT / ".venv" / "bin" / "dpf-edge").exists():
        raise LabUnavailable("the checkout has no .venv/bin/dpf-edge: run `make` first")
