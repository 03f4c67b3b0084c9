"""What the tests ask of a place: what `ip` tells there, and whom it reaches."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .commands import Done
    from .lab import Place


def ip(place: Place, *words: str) -> list[dict[str, Any]]:
    """What `ip -j` tells in a place."""
    return read(place.run(["ip", "-d", "-j", *words]))


def read(done: Done) -> list[dict[str, Any]]:
    assert done.returncode == 0, done.stderr
    # An empty list comes as nothing at all where `ip` had nothing to tell; so do empty records.
    return [record for record in json.loads(done.stdout or "[]") if record]


# A host that refuses a connection is there. Not an echo: Podman's containers may not send any. The
# port is discard's, where nothing listens; a second is a thousand times what an answer takes here.
REACH = """
import socket, sys
try:
    socket.create_connection((sys.argv[1], 9), timeout=1)
except ConnectionRefusedError:
    sys.exit(0)
except OSError:
    sys.exit(1)
"""


def reaches(place: Place, address: str) -> bool:
    return place.run(["python3", "-c", REACH, address]).returncode == 0
