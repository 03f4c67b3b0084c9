"""The LAN: a switch, a router and devices that do nothing but answer, three also to multicast."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

from .commands import start_daemon
from .net import Device, End, Namespace, bridge, namespace, plug
from .state import LOGS

ROUTER = "192.168.0.1"
PREFIX_LENGTH = 24

# Name, address, MAC, maker. The makers' own blocks, for whoever judges a LAN by its neighbours has
# to distrust locally administered addresses and hypervisors' ones.
DEVICES = (
    ("router", ROUTER, "3c:a6:2f:10:00:01", "AVM"),
    ("nas", "192.168.0.10", "00:11:32:10:00:10", "Synology"),
    ("printer", "192.168.0.11", "3c:d9:2b:10:00:11", "Hewlett Packard"),
    ("tv", "192.168.0.12", "8c:79:f5:10:00:12", "Samsung"),
    ("access-point", "192.168.0.13", "78:8a:20:10:00:13", "Ubiquiti"),
    ("speaker", "192.168.0.14", "5c:aa:fd:10:00:14", "Sonos"),
    ("pi", "192.168.0.15", "dc:a6:32:10:00:15", "Raspberry Pi Trading"),
    ("lamps", "192.168.0.16", "00:17:88:10:00:16", "Philips Lighting"),
)

# Who answers the questions to everybody, and which of them.
ANSWERS = {"nas": "mdns", "printer": "mdns", "tv": "ssdp"}
RESPONDER = Path(__file__).with_name("responder.py")

# A NETGEAR switch. Its ports count on from there, as on the real thing.
_SWITCH_MAC = "9c:3d:cf:10:00:00"


@dataclass
class Lan:
    """The switch with what is plugged in so far."""

    switch: Namespace
    devices: dict[str, Device]
    ports: int = 0

    def plug(self, end: End) -> None:
        """Connect a new link of some namespace to the next free port, and bring it up."""
        self.ports += 1
        plug(self.switch, _BRIDGE, end, self.ports, f"{_SWITCH_MAC[:-2]}{self.ports:02x}")

    def addresses(self) -> list[str]:
        """The addresses of the router and the devices."""
        return [device.address for device in self.devices.values()]


_BRIDGE = "br-lan"


def lan() -> Lan:
    """Build the LAN with its router and devices."""
    made = Lan(namespace("lan"), {})
    bridge(made.switch, _BRIDGE, _SWITCH_MAC)
    for name, address, mac, maker in DEVICES:
        where = namespace(name)
        made.plug(End(where, "eth0", mac))
        where.ip(f"addr add {address}/{PREFIX_LENGTH} brd + dev eth0")
        made.devices[name] = Device(name, address, mac, maker, where)
        if name in ANSWERS:
            script = (sys.executable, str(RESPONDER), address, ANSWERS[name])
            start_daemon([*where.argv, *script], log=LOGS / f"{name}.log")
    return made
