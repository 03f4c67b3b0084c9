"""A LAN of many hosts that only answer, for measuring: a bridge, namespaces, one scanner."""

from __future__ import annotations

import ipaddress
import random
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .capsule import Capsule, capsule

if TYPE_CHECKING:
    from collections.abc import Iterator

SCANNER = "scanner"
_BRIDGE = "br-crowd"
# Hosts have a maker's MAC each (Dell), the scanner Intel's: a LAN of virtual ones is distrusted.
_HOST_MAC = "00:14:22:77:{:02x}:{:02x}"
_SCANNER_MAC = "a0:36:9f:77:00:01"
_PORT_MAC = "9c:3d:cf:77:{:02x}:{:02x}"


@dataclass(frozen=True)
class Crowd:
    """A LAN that stands: its network, and who is there, address to MAC."""

    capsule: Capsule
    network: str
    own: str
    hosts: dict[str, str]


@contextmanager
def crowd(network: str, count: int) -> Iterator[Crowd]:
    """Set up so many hosts at random addresses of a network; the first is the gateway."""
    net = ipaddress.IPv4Network(network)
    luck = random.Random(network)
    chosen = luck.sample(range(2, net.num_addresses - 2), count)
    places = [str(net[1]), *(str(net[number]) for number in chosen[1:])]
    hosts = {place: _HOST_MAC.format(*divmod(n, 256)) for n, place in enumerate(places)}
    own = str(net[net.num_addresses - 2])
    with capsule() as made:
        made.sh(_script(net, own, hosts))
        ping = " ".join(f"busybox ping -c 1 -W 2 {place} >/dev/null &" for place in places[:3])
        made.sh(f"{ping} wait", place=SCANNER)
        yield Crowd(made, network, own, hosts)


def _script(net: ipaddress.IPv4Network, own: str, hosts: dict[str, str]) -> str:
    """All of it in two runs of `ip`, and one shell for what `ip` cannot set."""
    names = {f"h{number}": place for number, place in enumerate(hosts)}
    lines = [f"ip netns add {name}" for name in ("wire", SCANNER, *names)]
    quiet = "echo 1 >/proc/sys/net/ipv6/conf/all/disable_ipv6"
    lines += [
        f"nsenter --net=/run/netns/{name} sh -c '{quiet}; echo 1 >{_DEFAULT}'"
        for name in ("wire", SCANNER, *names)
    ]
    cables = [
        f"link add {_BRIDGE} address {_PORT_MAC.format(255, 0)} type bridge forward_delay 0"
        " mcast_snooping 0",
        f"link set {_BRIDGE} up",
    ]
    ends = [(SCANNER, _SCANNER_MAC), *((name, hosts[place]) for name, place in names.items())]
    for number, (name, mac) in enumerate(ends):
        cables += [
            f"link add p{number} address {_PORT_MAC.format(*divmod(number, 256))} type veth"
            f" peer name eth0 address {mac} netns {name}",
            f"link set p{number} master {_BRIDGE} up",
        ]
    lines.append(_batch("wire", cables))
    for name, place in {SCANNER: own, **names}.items():
        up = ["link set lo up", "link set eth0 up", f"addr add {place}/{net.prefixlen} dev eth0"]
        if name == SCANNER:
            up.append(f"route add default via {next(iter(hosts))}")
        lines.append(_batch(name, up))
    return "\n".join(lines)


_DEFAULT = "/proc/sys/net/ipv6/conf/default/disable_ipv6"


def _batch(name: str, lines: list[str]) -> str:
    return f"ip -n {name} -batch - <<'END'\n{chr(10).join(lines)}\nEND"
