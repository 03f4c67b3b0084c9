"""BRIDGE-MIB and Q-BRIDGE-MIB of a Linux bridge, for snmpd's ``pass_persist``.

``python -m tests.lab.home.bridge_mib BRIDGE``, run by snmpd beside the bridge. What it tells
is what ``bridge`` and ``ip`` tell of the real bridge at that moment (RFC 4188, RFC 4363); its ports
are numbered by the interfaces' names (``port7`` is 7), and all are in one VLAN, 1.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from typing import Any

BRIDGE_MIB = (1, 3, 6, 1, 2, 1, 17)
Oid = tuple[int, ...]
LEARNED, SELF = 3, 4  # dot1dTpFdbStatus


def tables(bridge: str) -> dict[Oid, tuple[str, str]]:
    """All objects: OID to type and value, as pass_persist writes them."""
    links = _told("ip", "-j", "link", "show", "master", bridge)
    own = _told("ip", "-j", "link", "show", bridge)[0]["address"]
    ports = {link["ifname"]: int(link["ifname"].removeprefix("port")) for link in links}
    found: dict[Oid, tuple[str, str]] = {
        (*BRIDGE_MIB, 1, 1, 0): ("octet", own.replace(":", " ")),
        (*BRIDGE_MIB, 1, 2, 0): ("integer", str(len(ports))),
        (*BRIDGE_MIB, 1, 3, 0): ("integer", "2"),  # transparent only
    }
    for link in links:
        port = ports[link["ifname"]]
        found[*BRIDGE_MIB, 1, 4, 1, 1, port] = ("integer", str(port))
        found[*BRIDGE_MIB, 1, 4, 1, 2, port] = ("integer", str(link["ifindex"]))
    for entry in _told("bridge", "-j", "fdb", "show", "br", bridge):
        mac = entry["mac"]
        if entry["ifname"] not in ports or int(mac[:2], 16) & 1:
            continue
        port = ports[entry["ifname"]]
        at = tuple(int(byte, 16) for byte in mac.split(":"))
        status = str(SELF if entry.get("state") == "permanent" else LEARNED)
        found[*BRIDGE_MIB, 4, 3, 1, 1, *at] = ("octet", mac.replace(":", " "))
        found[*BRIDGE_MIB, 4, 3, 1, 2, *at] = ("integer", str(port))
        found[*BRIDGE_MIB, 4, 3, 1, 3, *at] = ("integer", status)
        found[*BRIDGE_MIB, 7, 1, 2, 2, 1, 2, 1, *at] = ("integer", str(port))
        found[*BRIDGE_MIB, 7, 1, 2, 2, 1, 3, 1, *at] = ("integer", status)
    return found


def _told(*words: str) -> list[dict[str, Any]]:
    told = subprocess.run(words, capture_output=True, check=True, timeout=5).stdout
    listed: list[dict[str, Any]] = json.loads(told or b"[]")
    return listed


def main(bridge: str) -> None:
    """Answer ``get`` and ``getnext`` until there is no more to read."""
    read_at = -1.0
    known: dict[Oid, tuple[str, str]] = {}
    order: list[Oid] = []
    for line in sys.stdin:
        command = line.strip()
        if command == "PING":
            _say("PONG")
            continue
        asked = tuple(int(part) for part in sys.stdin.readline().strip().strip(".").split("."))
        if time.monotonic() - read_at > 1:
            known, read_at = tables(bridge), time.monotonic()
            order = sorted(known)
        found: Oid | None = asked if asked in known else None
        if command == "getnext":
            found = next((oid for oid in order if oid > asked), None)
        if found is None:
            _say("NONE")
            continue
        _say("." + ".".join(map(str, found)), *known[found])


def _say(*lines: str) -> None:
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
