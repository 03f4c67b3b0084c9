"""Says to the supervisor how the service does: systemd's notification protocol, sd_notify(3)."""

from __future__ import annotations

import contextlib
import os
import socket

READY, STOPPING, ALIVE = "READY=1", "STOPPING=1", "WATCHDOG=1"


def is_supervised() -> bool:
    """Whether somebody wants to be told."""
    return bool(os.environ.get("NOTIFY_SOCKET"))


def watchdog_seconds() -> float | None:
    """Within how many seconds a sign of life is wanted each time; None where none is."""
    told, meant = os.environ.get("WATCHDOG_USEC", ""), os.environ.get("WATCHDOG_PID", "")
    if not told.isdecimal() or int(told) <= 0 or (meant and meant != str(os.getpid())):
        return None
    return int(told) / 1e6


def notify(state: str) -> None:
    """Send one state to the supervisor; nothing where there is none, or it does not listen."""
    path = os.environ.get("NOTIFY_SOCKET", "")
    if not path.startswith(("/", "@")) or not hasattr(socket, "AF_UNIX"):
        return
    # An abstract socket's name begins with a NUL (unix(7)), and is written with an @.
    address = "\0" + path[1:] if path.startswith("@") else path
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
        sender.connect(address)
        sender.sendall(state.encode())
