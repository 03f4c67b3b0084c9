"""Network namespaces of a test's own, and the programs that are run in them."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dpf_edge.host import capture
from dpf_edge.host.engines import probe

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from dpf_edge.host.capture import Capture

# The longest that anything in these tests may take; what it runs answers in milliseconds.
SECONDS = 20


def run(
    *argv: str | bytes | Path, stdin: bytes = b"", env: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[bytes]:
    """Run one program to its end; one that does not come ends with all that it started."""
    pipe = subprocess.PIPE
    process = subprocess.Popen(
        argv, stdin=pipe, stdout=pipe, stderr=pipe, env=env, start_new_session=True
    )
    try:
        out, err = process.communicate(stdin, SECONDS)
    except BaseException:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        raise
    return subprocess.CompletedProcess(argv, process.returncode, out, err)


class Space:
    """A network namespace that lives as long as the process that holds it.

    A program enters it as nsenter(1) does, so its /sys is still this machine's.
    """

    def __init__(self, pid: int) -> None:
        self.pid = pid

    def run(
        self, *argv: str | bytes | Path, stdin: bytes = b"", env: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[bytes]:
        """Run one program inside."""
        enter = ("nsenter", f"--net=/proc/{self.pid}/ns/net")
        return run(*enter, *argv, stdin=stdin, env=env)

    def do(self, *lines: str) -> None:
        """Run commands inside, each of which must succeed."""
        for line in lines:
            done = self.run(*line.split())
            assert 0 == done.returncode, f"{line}: {done.stderr.decode()}"

    def asked(self, line: str) -> list[dict[str, Any]]:
        """What a command of iproute2's prints as JSON."""
        done = self.run(*line.split())
        assert 0 == done.returncode, f"{line}: {done.stderr.decode()}"
        told: list[dict[str, Any]] = json.loads(done.stdout or b"[]")
        return told

    def captured(self) -> Capture:
        """What `dpf-edge capture` writes down inside."""
        done = self.run(sys.executable, "-m", "dpf_edge", "capture")
        assert (0, b"") == (done.returncode, done.stderr)
        return capture.decode(done.stdout, "live")

    def probed(self, shell: tuple[str, ...], env: Mapping[str, str] | None = None) -> Capture:
        """What the probe prints inside, fed to a shell as an engine's container is."""
        done = self.run(*shell, "-s", stdin=probe(), env=env)
        assert (0, b"") == (done.returncode, done.stderr)
        return capture.decode(done.stdout, "probe")


@contextlib.contextmanager
def space() -> Iterator[Space]:
    """A network namespace with nothing in it but a loopback that is down."""
    holder = subprocess.Popen(["unshare", "--net", "sleep", "600"])
    try:
        for _ in range(SECONDS * 100):
            with contextlib.suppress(FileNotFoundError):
                if net(holder.pid) != net(os.getpid()):
                    break
            time.sleep(0.01)
        yield Space(holder.pid)
    finally:
        holder.kill()
        holder.wait(SECONDS)


def net(pid: int) -> str:
    """The network namespace of a process."""
    return str(Path(f"/proc/{pid}/ns/net").readlink())


def fill(inside: Space, outside: Space) -> None:
    """Put one of everything into a namespace; the other holds the far end of a pair."""
    # Duplicate address detection would have the addresses change while they are read.
    for each in (inside, outside):
        each.run("sh", "-c", "echo 0 >/proc/sys/net/ipv6/conf/default/accept_dad")
    inside.do(
        "ip link set lo up",
        "ip link add br0 type bridge",
        "ip link add v0 type veth peer name v1",
        "ip link set v1 master br0",
        f"ip link add eth0 type veth peer name far netns {outside.pid}",
        "ip link add mv0 link v0 type macvlan mode bridge",
        "ip link add mvt0 link v0 type macvtap",
        "ip tuntap add tun0 mode tun",
        "ip tuntap add tun1 mode tun user 1 group 2",
        "ip tuntap add tap0 mode tap",
        "ip link add vx0 type vxlan id 4 dstport 4789",
        "ip link set v0 alias an-alias",
        "ip link set v0 mtu 1400",
        *(f"ip link set {name} up" for name in ("br0", "v0", "v1", "eth0", "mv0", "tun0")),
        "ip addr add 10.1.0.1/24 dev v0",
        "ip addr add 10.1.0.5/24 dev v0 noprefixroute",
        "ip addr add 10.2.0.5/16 dev eth0 valid_lft 3000 preferred_lft 2000",
        "ip addr add 10.3.0.1/24 dev mv0 preferred_lft 0",
        "ip addr add 10.4.0.1 peer 10.4.0.2/32 dev tun0",
        "ip addr add 10.5.0.1 peer 10.5.0.9/24 dev br0",
        "ip addr add 10.6.0.1/32 dev lo",
        "ip -6 addr add fd00:1::1/64 dev v0 nodad",
        "ip -6 addr add fd00:2::5/64 dev eth0 nodad valid_lft 3000 preferred_lft 0",
        "ip -6 addr add fd00:3::1/128 dev mv0 nodad noprefixroute",
    )
    outside.do("ip link set far up", "ip addr add 10.2.0.1/16 dev far")
    inside.do(
        "ip route add default via 10.2.0.1 dev eth0 metric 100 proto dhcp",
        "ip route add 10.70.0.0/16 proto static metric 7"
        " nexthop via 10.1.0.2 dev v0 weight 1 nexthop via 10.2.0.2 dev eth0 weight 2",
        "ip route add 10.71.0.0/24 via inet6 fd00:1::9 dev v0",
        "ip route add 10.72.0.7/32 dev v0 scope link proto bird",
        "ip route add 10.73.0.0/24 dev v0 proto 77 table 100",
        "ip route add default via 10.1.0.2 dev v0 table 1000",
        "ip route add blackhole 10.74.0.0/24",
        "ip route add unreachable 10.75.0.0/24 table 100",
        "ip route add 10.76.0.0/24 via 10.1.0.2 dev v0 onlink proto zebra",
        "ip -6 route add default via fd00:1::2 dev v0 metric 50 proto ra",
        "ip -6 route add fd00:70::/32 nexthop via fd00:1::2 dev v0 nexthop via fd00:1::3 dev v0",
        "ip -6 route add fd00:71::7/128 dev eth0 table 100 proto static",
        "ip -6 route add blackhole fd00:72::/64",
        "ip rule add pref 100 iif v0 lookup 100",
        "ip rule add pref 101 ipproto tcp lookup 1000",
        "ip rule add pref 102 iif lo ipproto udp lookup default",
        "ip rule add pref 103 from 10.99.0.0/16 blackhole",
        "ip rule add pref 104 from 10.98.0.0/16 goto 32766",
        "ip neigh add 10.1.0.2 lladdr 02:00:00:00:00:02 dev v0 nud permanent",
        "ip neigh add 10.1.0.3 lladdr 02:00:00:00:00:03 dev v0 nud stale",
        "ip neigh add 10.1.0.4 lladdr 02:00:00:00:00:04 dev v0 nud stale protocol static",
        "ip neigh add 10.2.0.77 lladdr 02:00:00:00:00:77 dev eth0 nud noarp",
        "ip -6 neigh add fd00:1::2 lladdr 02:00:00:00:00:02 dev v0 nud stale router",
        "ip -6 neigh add fd00:1::3 lladdr 02:00:00:00:00:05 dev v0 nud permanent",
    )
