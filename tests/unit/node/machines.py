"""Machines made for tests: a card on a LAN, and what its tables hold."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from dpf_edge.discovery import sweep as discovery
from dpf_edge.discovery.asked import Asked
from dpf_edge.discovery.items import Own
from dpf_edge.discovery.sweep import Machine as Where
from dpf_edge.host.capture import Capture, Replay
from dpf_edge.host.hardware import Hardware
from dpf_edge.model import Address, Interface, Machine, Neighbour, Route
from dpf_edge.node.looking import Sight, look
from dpf_edge.node.sweeps import Sweep, run_of
from tests.unit.discovery.nets import QuietNetwork

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dpf_edge.discovery.job import Collector

OWN = Own("host:linux:ebd9a7c0bfa4624e", "linux", "f" * 64)
AT = 1_767_323_045.0
LISTENING = Asked(listen=0.0, settings={"hardware": Hardware(4, 8 << 30)})
CARD = Interface(
    name="enp3s0",
    addresses=(Address("192.168.50.7/24"), Address("fd00:50::7/64"), Address("fe80::7/64")),
    index=2,
    mac="24:5a:4c:00:00:07",
    mtu=1500,
    up=True,
    kind="ether",
    bus="pci",
    hardware=True,
)
LOOPBACK = Interface(
    name="lo", addresses=(Address("127.0.0.1/8"),), index=1, kind="loopback", up=True
)
BRIDGE = Interface(
    name="docker0",
    addresses=(Address("172.17.0.1/16"),),
    index=3,
    mac="02:42:ac:11:00:01",
    kind="bridge",
    up=True,
)
GATEWAY = Neighbour("192.168.50.1", "24:5a:4c:00:00:01", "enp3s0", "reachable")
DEFAULT = Route("default", via="192.168.50.1", dev="enp3s0")


def captured(
    neighbours: Sequence[Neighbour] = (GATEWAY,),
    routes: Sequence[Route] = (DEFAULT,),
    interfaces: Sequence[Interface] = (LOOPBACK, CARD, BRIDGE),
    hostname: str | None = "warehouse-2",
) -> Capture:
    """A machine with a card of matter on 192.168.50.0/24."""
    return Capture(
        capture=1,
        machine=Machine(
            system="Linux", release="6.8.0-45", architecture="x86_64", hostname=hostname, uid=0
        ),
        interfaces=tuple(interfaces),
        routes=tuple(routes),
        neighbours=tuple(neighbours),
        files={"/etc/os-release": 'NAME=Debian\nPRETTY_NAME="Debian GNU/Linux 12"\n'},
    )


def sight(capture: Capture | None = None, own: Own = OWN) -> Sight:
    """One look at it."""
    return look(Replay(capture or captured()), own)


def swept(capture: Capture | None = None) -> Sweep:
    """The run of a sweep of it that listens for no time."""
    return seen_from(sight(capture))


def seen_from(
    seen: Sight, collectors: Mapping[str, Collector] | None = None, asked: Asked = LISTENING
) -> Sweep:
    """The run of a sweep from somewhere, on a network where nobody answers."""
    place = Where(lambda: seen.host, QuietNetwork(), lambda: 0.0, lambda: AT, lambda: 0.5)
    sweep = discovery.Sweep(place, seen.diagnosis, asked, collectors=collectors)
    for _ in sweep.events():
        pass
    return run_of(sweep.swept(), seen.own, AT)


def renamed(capture: Capture, hostname: str) -> Capture:
    """The same machine with another name."""
    machine = msgspec.structs.replace(capture.machine, hostname=hostname)
    return msgspec.structs.replace(capture, machine=machine)
