"""Honest devices of the office, and on the same LAN some that mean harm."""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING

from .devices import COMMUNITY, Runs, daemon, program
from .office import SNMP_FILE, office, snmp_targets
from .truth import PROBE, THINGS, Thing, facts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .office import Office

HONEST = ("edge", "router", "switch", "nas", "printer", "tv", "pc", "web", "phone", "camera")

# Who means harm, by script and role; a mark of TCP or UDP says when it waits.
_ROLES = {
    "mdns": ("datagrams", "udp/5353"),
    "ssdp": ("datagrams", "udp/1900"),
    "wsd": ("datagrams", "udp/3702"),
    "netbios": ("datagrams", "udp/137"),
    "dns": ("datagrams", "udp/53"),
    "snmp-endless": ("datagrams", "udp/161"),
    "snmp-loop": ("datagrams", "udp/161"),
    "snmp-garbage": ("datagrams", "udp/161"),
    "web": ("pages", "tcp/80"),
    "babble": ("pages", "tcp/22"),
    "frames": ("frames", ""),
}
_ADDRESS = "192.168.40.{}"
_FIRST = 130
# Realtek's.
_MAC = "00:e0:4c:40:00:{:02x}"


def strangers() -> dict[str, tuple[Thing, Runs]]:
    """Each that means harm, and what runs on it; the one of descriptions has the pages to them."""
    found = {}
    for number, (role, (script, port)) in enumerate(_ROLES.items(), _FIRST):
        address = _ADDRESS.format(number)
        thing = Thing(
            macs=facts(PROBE, _MAC.format(number)), addresses=facts(PROBE, address), maker="REALTEK"
        )
        start = [daemon(script, program(f"hostile.{script}", role, address))]
        ports = [port] if port else []
        if role == "ssdp":
            start.append(daemon("pages", program("hostile.pages", "web", address)))
            ports.append("tcp/80")
        found[f"hostile-{role}"] = thing, Runs(tuple(start), {}, tuple(ports))
    return found


STRANGERS = strangers()


@contextmanager
def street() -> Iterator[Office]:
    """Set it up, and take it away whole."""
    with office(HONEST, STRANGERS) as made:
        agents = [
            {"host": thing.address, "version": "2c", "community": COMMUNITY}
            for name, (thing, _) in STRANGERS.items()
            if "snmp" in name
        ]
        targets = [each for each in snmp_targets() if each["host"] == THINGS["switch"].address]
        made.capsule.file(SNMP_FILE).write_text(json.dumps({"targets": agents + targets}))
        yield made
