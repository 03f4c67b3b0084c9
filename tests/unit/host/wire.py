"""The active checks in namespaces of the tests' own: a machine, and a peer that is all the rest."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from dpf_edge.model import Neighbour, Probe

from . import peer
from .spaces import SECONDS, Space, space

if TYPE_CHECKING:
    from collections.abc import Iterator

OWN, GATEWAY, OTHER = "10.9.0.20", "10.9.0.1", "10.9.0.100"
WRITTEN = "10.9.0.66"
ALIVE = {GATEWAY, OTHER, peer.HONEST, peer.HUGE, peer.CHATTY, peer.GARBLED}
MAC, GATEWAY_MAC = "a0:36:9f:00:00:02", "3c:a6:2f:00:00:01"

# What `diagnose --active` does, with everything that the checks gave.
CHECK = """
import json, sys
import msgspec
from dpf_edge.host import active
from dpf_edge.host.live import live
said = []
host = active.check(live(), sys.argv[1:], said.append)
told = {"said": said, "probes": host.probes(), "neighbours": host.neighbours()}
print(json.dumps(msgspec.to_builtins(told)))
"""

# As Linux before 5.7 has it, where only root may bind a socket to an interface.
OLD_KERNEL = """
import socket
class Old(socket.socket):
    def setsockopt(self, level, option, *value):
        if (level, option) == (socket.SOL_SOCKET, socket.SO_BINDTODEVICE):
            raise PermissionError(1, "Operation not permitted")
        super().setsockopt(level, option, *value)
socket.socket = Old
"""

# The kernel's own idea of what a run may do: no capability at all.
POWERLESS = ("setpriv", "--bounding-set=-all", "--inh-caps=-all")


class Told(NamedTuple):
    """What one run gave."""

    said: str
    probes: tuple[Probe, ...]
    neighbours: tuple[Neighbour, ...]

    def of(self, check: str) -> list[Probe]:
        """The probes of one check."""
        return [probe for probe in self.probes if probe.check == check]

    def results(self, check: str) -> dict[str | None, str]:
        """What one check gave for each address that was asked."""
        return {probe.to: probe.result for probe in self.of(check)}


def checked(here: Space, *names: str, before: str = "") -> Told:
    """Make the active checks in a namespace, after some lines of Python."""
    done = here.run(*POWERLESS, sys.executable, "-c", before + CHECK, *names)
    assert (0, b"") == (done.returncode, done.stderr)
    told: dict[str, Any] = json.loads(done.stdout)
    (said,) = told["said"]
    return Told(
        said,
        msgspec.convert(told["probes"], tuple[Probe, ...]),
        msgspec.convert(told["neighbours"], tuple[Neighbour, ...]),
    )


@contextlib.contextmanager
def beside(there: Space, *argv: str) -> Iterator[list[Any]]:
    """Run a program in a namespace, from its `ready` to the end of its standard input.

    The list is filled with what it printed, which is JSON, when the block ends.
    """
    enter = ("nsenter", f"--net=/proc/{there.pid}/ns/net")
    pipe = subprocess.PIPE
    process = subprocess.Popen([*enter, *argv], stdin=pipe, stdout=pipe)
    try:
        assert process.stdout is not None
        assert b"ready\n" == process.stdout.readline()
        printed: list[Any] = []
        yield printed
        out, _ = process.communicate(b"", SECONDS)
        printed += json.loads(out)
    finally:
        process.kill()
        process.communicate()


def watching(
    there: Space, interface: str, *behaviours: str
) -> contextlib.AbstractContextManager[list[Any]]:
    """Run the peer in a namespace; the list is filled with the frames that it got."""
    return beside(there, sys.executable, peer.__file__, interface, *behaviours)


@contextlib.contextmanager
def link() -> Iterator[tuple[Space, Space]]:
    """A machine on a link, and all that is on the other end of it."""
    with space() as there, space() as here:
        for each in (there, here):
            # The kernel's own IPv6 packets would be counted with ours.
            for scope in ("all", "default"):
                setting = f"/proc/sys/net/ipv6/conf/{scope}/disable_ipv6"
                each.run("sh", "-c", f"echo 1 > {setting}")
            each.do("ip link set lo up")
        here.do(
            f"ip link add eth0 address {MAC} type veth"
            f" peer name far address {GATEWAY_MAC} netns {there.pid}",
            f"ip link add eth1 type veth peer name aside netns {there.pid}",
            "ip link set eth0 up",
            "ip link set eth1 up",
            f"ip addr add {OWN}/24 dev eth0",
            "ip addr add 10.7.0.20/24 dev eth1",
            f"ip route add default via {GATEWAY} dev eth0",
            "ip route add default via 10.7.0.1 dev eth1 metric 50",
        )
        there.do(
            "ip link set far up",
            "ip link set aside up",
            *(f"ip addr add {each}/24 dev far" for each in sorted(ALIVE)),
            f"ip addr add {peer.FOREIGN}/32 dev lo",
            "ip addr add 10.7.0.1/24 dev aside",
            # A way on for what comes by, so that it runs out of hops and is not just refused.
            "ip link add on0 type veth peer name on1",
            "ip link set on0 up",
            "ip link set on1 up",
            "ip addr add 10.6.0.1/24 dev on0",
            "ip route add default via 10.6.0.2 dev on0",
        )
        # ICMP errors are held to six at once and one a second, which would make this a lottery.
        there.run("sh", "-c", "echo 1 > /proc/sys/net/ipv4/ip_forward")
        there.run("sh", "-c", "echo 0 > /proc/sys/net/ipv4/icmp_ratemask")
        yield here, there
