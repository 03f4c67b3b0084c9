"""Network namespaces and the links between them.

A link is made inside the namespace it belongs to and never passes through the machine's own one,
where a network manager or an mDNS daemon would take it up and talk on it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .commands import must
from .state import NETNS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

# Tells the lab's namespaces from everybody else's; the sweep takes away whatever bears it.
PREFIX = "dpfl-"

_MAC = re.compile(r"[0-9a-f]{2}(:[0-9a-f]{2}){5}")


@dataclass(frozen=True)
class Namespace:
    """A network namespace of the lab, by its full name (`dpfl-…`)."""

    name: str

    @property
    def path(self) -> Path:
        """The file that keeps it alive and by which it is entered."""
        return NETNS / self.name

    @property
    def argv(self) -> tuple[str, ...]:
        """What to put before a command so that it runs in here."""
        return ("nsenter", f"--net={self.path}", "--")

    def ip(self, *lines: str) -> None:
        """Carry out lines of `ip` in here, in one process; raise LabError at the first refusal."""
        must(["ip", "-n", self.name, "-batch", "-"], stdin="\n".join(lines) + "\n")

    def sysctl(self, **values: int | str) -> None:
        """Set settings below /proc/sys/net, `__` for the slash: `ipv4__ip_forward=1`.

        They belong to this namespace: the machine's own stay as they are.
        """
        script = "".join(
            f"echo {value} > /proc/sys/net/{key.replace('__', '/')}\n"
            for key, value in values.items()
        )
        must([*self.argv, "sh", "-eu"], stdin=script)


def namespace(name: str) -> Namespace:
    """Make a network namespace, its loopback up."""
    made = Namespace(PREFIX + name)
    must(["ip", "netns", "add", made.name])
    made.ip("link set lo up")
    return made


@dataclass(frozen=True)
class End:
    """One end of a veth pair: the namespace it is in, its name there and its MAC."""

    where: Namespace
    name: str
    mac: str
    mtu: int = 1500  # Ethernet's; Docker Desktop's is another


def veth(one: End, other: End) -> None:
    """Join two namespaces by a veth pair, both ends still down."""
    for end in (one, other):
        if not _MAC.fullmatch(end.mac):
            raise ValueError(f"not a MAC: {end.mac}")
    one.where.ip(
        f"link add {one.name} address {one.mac} mtu {one.mtu} type veth"
        f" peer name {other.name} address {other.mac} mtu {other.mtu} netns {other.where.name}"
    )


def bridge(where: Namespace, name: str, mac: str) -> None:
    """A switch: a bridge with no address of its own, which says nothing by itself."""
    # Router solicitations and MLD reports of the switch's own ports would be seen on the LAN as
    # hosts that are not there.
    where.sysctl(ipv6__conf__default__disable_ipv6=1, ipv6__conf__all__disable_ipv6=1)
    # A MAC that is set stays; else the bridge takes the lowest of its ports'. Without the
    # forwarding delay a port passes frames at once, not after 15 s.
    where.ip(
        f"link add {name} address {mac} type bridge forward_delay 0 mcast_snooping 0",
        f"link set {name} up",
    )


@dataclass(frozen=True)
class Device:
    """A host on the lab's LAN that only answers: a namespace with one address."""

    name: str
    address: str
    mac: str
    maker: str
    where: Namespace


def plug(switch: Namespace, bridge_name: str, end: End, port: int, port_mac: str) -> None:
    """Put a cable between a namespace's new link and the switch's port of that number, all up."""
    veth(end, End(switch, f"port{port}", port_mac, end.mtu))
    switch.ip(f"link set port{port} master {bridge_name} up")
    end.where.ip(f"link set {end.name} up")


def ping(argv: Sequence[str], addresses: Iterable[str]) -> None:
    """Exchange one echo with each address, from where `argv` leads.

    This is how neighbour tables come by their entries; a host that stays silent leaves a FAILED
    one and is no error. `busybox` is in every place, the image included.
    """
    # All at once, each with a second: an answer inside one kernel takes microseconds.
    pings = "".join(f"busybox ping -c 1 -W 1 {address} >/dev/null & " for address in addresses)
    must([*argv, "sh", "-c", f"{pings} wait"])
